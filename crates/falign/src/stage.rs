//! How far a long computation is, for whoever waits for it and may stop it.

mod apart;
mod work;

pub(crate) use self::apart::apart;
pub(crate) use self::work::{DRAW, Work, rows_at_once};
use crate::{Error, Result};

/// Stage of a long computation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    /// Data that are generated: inputs, and the targets of a teacher.
    Data {
        /// The share that is done, from 0 to 1.
        share: f64,
    },
    /// Weights that are drawn, with what they give of the training inputs.
    Weights {
        /// The share that is done, from 0 to 1.
        share: f64,
    },
    /// A kernel, row by row or unit by unit.
    Kernel {
        /// Inputs, the rows of the kernel.
        samples: usize,
        /// The share that is done, from 0 to 1.
        share: f64,
    },
    /// The eigenvalues of a kernel, or a linear system with it, which come all at once.
    Eigenvalues {
        /// Rows of the kernel.
        samples: usize,
    },
    /// The largest curvature of a loss at a network's start.
    Curvature {
        /// The share of the batches that is done, from 0 to 1.
        share: f64,
    },
    /// The slow-time limit.
    SlowTime {
        /// Groups of particles in each sample of them; 0 for linear networks, which need none.
        groups: usize,
        /// The share that is done with as many groups, from 0 to 1.
        share: f64,
    },
    /// One step of a run, where it takes long.
    Step {
        /// Number of the step, from 1 on.
        step: u64,
        /// The share that is done, from 0 to 1, where it is known.
        share: Option<f64>,
    },
    /// Measures of a recorded step, where they take long.
    Measures {
        /// Steps done.
        step: u64,
        /// The share that is done, from 0 to 1, where it is known.
        share: Option<f64>,
    },
    /// Starts that are drawn and followed to foretell a run.
    Forecast {
        /// The share of the starts that is done, from 0 to 1.
        share: f64,
    },
    /// Checks of an audit.
    Audit {
        /// The share of the checks that is done, from 0 to 1.
        share: f64,
    },
    /// Inequalities of lemmas, width by width.
    Lemmas {
        /// The share of the runs that is done, from 0 to 1.
        share: f64,
    },
}

impl Stage {
    /// Generated data at a share of them.
    pub(crate) fn data(share: f64) -> Self {
        Self::Data { share }
    }

    /// A step at a share of it.
    pub(crate) fn step(step: u64, share: f64) -> Self {
        let share = Some(share);
        Self::Step { step, share }
    }

    /// Measures at a share of them.
    pub(crate) fn measures(step: u64, share: f64) -> Self {
        let share = Some(share);
        Self::Measures { step, share }
    }

    /// Drawn weights at a share of them.
    pub(crate) fn weights(share: f64) -> Self {
        Self::Weights { share }
    }
}

/// Multiply-adds of a step that takes long: hundredths of a second, and more in plain loops.
const LONG: f64 = (1_u64 << 27) as f64;

/// Whether so many multiply-adds take long.
pub(crate) fn is_long(work: f64) -> bool {
    work >= LONG
}

/// Receiver of every stage, which answers whether to go on.
#[derive(Clone, Copy)]
pub struct Listener<'a> {
    notice: Option<&'a (dyn Fn(Stage) -> bool + Sync)>,
    /// Multiply-adds from which a step or its measures tell of themselves.
    long: f64,
}

impl<'a> Listener<'a> {
    /// A listener that stops nothing.
    pub const NOBODY: Self = Self {
        notice: None,
        long: LONG,
    };

    /// Listener of a function that answers `false` to stop.
    pub fn new(notice: &'a (dyn Fn(Stage) -> bool + Sync)) -> Self {
        Self {
            notice: Some(notice),
            ..Self::NOBODY
        }
    }

    /// Hears of short steps too.
    #[cfg(test)]
    pub(crate) fn of_short_steps(self) -> Self {
        Self { long: 0.0, ..self }
    }

    /// The listener of a step, or of its measures, of so many multiply-adds: nobody where it is short.
    pub(crate) fn of_step(self, work: f64) -> Self {
        if work < self.long { Self::NOBODY } else { self }
    }

    /// Whether so many multiply-adds, which nothing interrupts, are better done apart.
    pub(crate) fn leaves(self, work: f64) -> bool {
        self.is_there() && is_long(work)
    }

    /// Whether anybody can stop what is done.
    pub(crate) fn is_there(self) -> bool {
        self.notice.is_some()
    }

    /// Whether to go on.
    pub(crate) fn goes_on(self, stage: Stage) -> bool {
        self.notice.is_none_or(|notice| notice(stage))
    }

    /// Tells of a stage.
    ///
    /// # Errors
    /// [`Error::Stopped`] where it is to stop.
    pub(crate) fn tell(self, stage: Stage) -> Result<()> {
        if self.goes_on(stage) {
            Ok(())
        } else {
            Err(Error::Stopped)
        }
    }
}

impl std::fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_there() {
            "Listener"
        } else {
            "Listener::NOBODY"
        })
    }
}

/// The value of what nobody stops.
pub(crate) fn whole<T>(work: impl FnOnce(Listener<'static>) -> Option<T>) -> T {
    work(Listener::NOBODY).expect("nobody stops it")
}

/// The value of what can fail only by being stopped, and is not.
pub(crate) fn unstopped<T>(work: impl FnOnce(Listener<'static>) -> Result<T>) -> T {
    work(Listener::NOBODY).expect("nobody stops it, and nothing else fails")
}

/// Times at which work is stopped in a test, at most.
#[cfg(test)]
const STOPS: usize = 40;

/// Does `work` to its end, and then stops it at each of the times that it tells of itself, or at
/// [`STOPS`] of many. Gives what was told.
///
/// # Panics
/// If it does not end at once where it is stopped, or tells something else than before.
#[cfg(test)]
pub(crate) fn stopped_at_each_stage<T>(work: impl Fn(Listener<'_>) -> Result<T>) -> Vec<Stage> {
    let told_until = |most: usize| {
        let told = std::sync::Mutex::new(Vec::new());
        let notice = |stage| {
            let mut told = told.lock().unwrap();
            told.push(stage);
            told.len() <= most
        };
        let ended = work(Listener::new(&notice).of_short_steps());
        (ended, told.into_inner().unwrap())
    };
    let (ended, all) = told_until(usize::MAX);
    assert!(ended.is_ok(), "nobody stopped it");
    for most in (0..all.len()).step_by(all.len().div_ceil(STOPS).max(1)) {
        let (ended, told) = told_until(most);
        assert!(
            matches!(ended, Err(Error::Stopped)),
            "at {most} of {}",
            all.len()
        );
        assert_eq!(told, all[..=most]);
    }
    all
}
