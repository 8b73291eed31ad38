//! Long work without the interpreter lock: Ctrl-C stops it, progress is shown.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use falign::internal::fault::caught;
use falign::internal::simulate::watch::Watch;
use pyo3::prelude::*;

use crate::error::{OrRaise, raise};
use crate::pool::{forget, pool};

/// How often signals are looked for.
const TICK: Duration = Duration::from_millis(50);

/// How long work may take to stop. With a tick before it, less than what a user notices.
const GRACE: Duration = Duration::from_millis(100);

/// Receiver of progress, and its unit.
pub(crate) struct Progress {
    /// Called with the share done, from 0 to 1, and the runs done.
    pub(crate) callback: Option<Py<PyAny>>,
}

impl Progress {
    fn tell(&self, py: Python<'_>, watch: &Watch) -> PyResult<()> {
        if let Some(callback) = &self.callback {
            let [done, total] =
                [&watch.done, &watch.total].map(|work| work.load(Ordering::Relaxed));
            let share = (done as f64 / total.max(1) as f64).min(1.0);
            callback.call1(py, (share, watch.jobs_done.load(Ordering::Relaxed)))?;
        }
        Ok(())
    }
}

/// Does `work` on a pool of `threads` threads while this thread notices signals, and gives its
/// value, or the exception that stopped it: `KeyboardInterrupt`, or what the callback raised.
/// `work` should end soon once `watch.stop` is set. Where it does not, because one step of a large
/// network takes long, nobody waits for it: it ends by itself, and there is no value.
pub(crate) fn supervise<T: Send + 'static>(
    py: Python<'_>,
    threads: Option<usize>,
    watch: &Watch,
    progress: &Progress,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<(Option<T>, Option<PyErr>)> {
    let pool = pool(threads)?;
    let (send, receive) = channel();
    pool.spawn(move || {
        let value = caught(|| "falign".to_owned(), || Ok(work()));
        // Nobody listens any more where it took too long to stop.
        let _ = send.send(value);
    });
    let (value, interruption) = py.detach(move || listen(&receive, watch, progress));
    match value {
        Some(Ok(value)) => Ok((Some(value), interruption)),
        Some(Err(fault)) => Err(raise(&fault)),
        None => {
            forget(&pool);
            Ok((None, interruption))
        }
    }
}

/// Does `work` as [`supervise`] does, on as many threads as there are cores and without progress, for work that gives
/// nothing unless it ends.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&Watch) -> falign::Result<T> + Send + 'static,
) -> PyResult<T> {
    let watch = Arc::new(Watch::default());
    let silent = Progress { callback: None };
    let own = Arc::clone(&watch);
    match supervise(py, None, &watch, &silent, move || work(&own))? {
        (Some(value), None) => value.or_raise(),
        (_, exception) => Err(exception.expect("without one there is a value")),
    }
}

fn listen<T>(
    receive: &Receiver<T>,
    watch: &Watch,
    progress: &Progress,
) -> (Option<T>, Option<PyErr>) {
    loop {
        match receive.recv_timeout(TICK) {
            Ok(value) => return (Some(value), None),
            Err(RecvTimeoutError::Disconnected) => unreachable!("a value comes, or a panic"),
            Err(RecvTimeoutError::Timeout) => {
                let told = Python::attach(|py| {
                    py.check_signals()?;
                    progress.tell(py, watch)
                });
                if let Err(exception) = told {
                    watch.stop.store(true, Ordering::Relaxed);
                    return (receive.recv_timeout(GRACE).ok(), Some(exception));
                }
            }
        }
    }
}
