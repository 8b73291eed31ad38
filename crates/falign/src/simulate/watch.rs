//! Progress of runs that go on, and how it stops them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::measure::Quantity;
use crate::stage::{Listener, Stage};
use crate::{Error, Result};

/// Progress that a caller follows, and its means to stop, while a plan runs.
#[derive(Debug, Default)]
pub struct Watch {
    /// Set to stop, by the caller or by a job that failed: jobs in hand are dropped at their
    /// next step, or in the midst of a long one; finished ones are kept.
    pub stop: AtomicBool,
    /// Work of all jobs, in estimated multiply-adds. Known once they begin, and better known once
    /// they have their data.
    pub total: AtomicU64,
    /// Work done so far, in the same unit.
    pub done: AtomicU64,
    /// Jobs finished so far.
    pub jobs_done: AtomicU64,
    /// Steps taken so far, of all runs.
    pub steps: AtomicU64,
    /// Runs that have ended because they diverged.
    pub diverged: AtomicU64,
    /// Record of the run that has recorded last.
    last: Mutex<Option<LastRecord>>,
    /// Long computations that go on just now, and what one of them was last at.
    preparing: Mutex<(usize, Option<Stage>)>,
    notice: Option<Notice>,
    failure: Mutex<Option<Error>>,
}

/// Values of a recorded step, of those that are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LastRecord {
    /// The loss.
    pub loss: Option<f64>,
    /// The alignment.
    pub alignment: Option<f64>,
}

/// Receiver of every stage, which answers whether to go on.
struct Notice(Box<dyn Fn(Stage) -> bool + Send + Sync>);

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notice")
    }
}

impl Watch {
    /// A watch that tells `notice` of every [`Stage`].
    /// The whole plan stops where it answers `false`, as with [`stop`](Self::stop). It is called
    /// from the threads that compute, which wait for its answer.
    pub fn with_notice(notice: impl Fn(Stage) -> bool + Send + Sync + 'static) -> Self {
        Self {
            notice: Some(Notice(Box::new(notice))),
            ..Self::default()
        }
    }

    /// Keeps the first error of a job, and stops the others.
    pub(crate) fn fail(&self, error: Error) {
        self.failure().get_or_insert(error);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The first error of a job, for callers that do not wait until all jobs have stopped. Whoever
    /// takes it first has it.
    pub fn take_failure(&self) -> Option<Error> {
        self.failure().take()
    }

    /// Values of the step that was recorded last, by any run.
    pub fn last_record(&self) -> Option<LastRecord> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the values of a recorded step, unless another run does so just now.
    pub(crate) fn saw(&self, quantities: &[Quantity], values: &[f64]) {
        let value = |wanted| {
            let at = quantities.iter().position(|quantity| *quantity == wanted)?;
            values.get(at).copied().filter(|value| value.is_finite())
        };
        if let Ok(mut last) = self.last.try_lock() {
            *last = Some(LastRecord {
                loss: value(Quantity::Loss),
                alignment: value(Quantity::Alignment),
            });
        }
    }

    /// Stage of a run that does something long: kernels of its data, say, before its first step, or a
    /// step of a large network.
    pub fn preparing(&self) -> Option<Stage> {
        self.preparations().1
    }

    /// Does `work`, and tells of it where it takes long.
    ///
    /// # Errors
    /// Those of `work`, which is [`Error::Stopped`] where it was stopped.
    pub(crate) fn prepare<T>(&self, work: impl FnOnce(Listener<'_>) -> Result<T>) -> Result<T> {
        // What has nothing to tell, such as a short step, costs next to nothing.
        let has_told = AtomicBool::new(false);
        let note = |stage| {
            let mut now = self.preparations();
            now.0 += usize::from(!has_told.swap(true, Ordering::Relaxed));
            now.1 = Some(stage);
            drop(now);
            if let Some(Notice(goes_on)) = &self.notice
                && !goes_on(stage)
            {
                self.stop.store(true, Ordering::Relaxed);
            }
            !self.stop.load(Ordering::Relaxed)
        };
        let prepared = work(Listener::new(&note));
        if has_told.into_inner() {
            let mut now = self.preparations();
            now.0 -= 1;
            if now.0 == 0 {
                now.1 = None;
            }
        }
        prepared
    }

    fn preparations(&self) -> MutexGuard<'_, (usize, Option<Stage>)> {
        let preparing = self.preparing.lock();
        preparing.unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self) -> MutexGuard<'_, Option<Error>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prepares as [`Watch::prepare`] does, where there is a watch.
pub(crate) fn prepare<T>(
    watch: Option<&Watch>,
    work: impl FnOnce(Listener<'_>) -> Result<T>,
) -> Result<T> {
    match watch {
        Some(watch) => watch.prepare(work),
        None => work(Listener::NOBODY),
    }
}
