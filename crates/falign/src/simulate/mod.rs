//! One run of one setting, from its streams to its recorded rows.

pub(crate) mod arithmetic;
mod deep;
mod family;
mod fitted;
pub mod given;
mod observe;
mod outcome;
pub mod resolve;
mod rows;
pub(crate) mod run_data;
pub(crate) mod shapes;
pub mod sources;
mod two_layer;
pub mod watch;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::sources::Sources;
use self::watch::Watch;
use crate::config::setting::{Record, Setting};
use crate::{Error, Result};

pub(super) use self::deep::{
    composition, feedback_learning, network_work, parts, rule, scaler, sizes_of_dense,
    sizes_of_list, start_curvature, weights_of_run,
};
pub use self::family::EngineFamily;
pub use self::fitted::{Fitted, InputKind};
pub use self::observe::Look;
pub use self::outcome::Outcome;
pub use self::rows::{RunResult, RunRows};
pub use self::two_layer::{Recording, Stop, run_engine};
pub(super) use self::two_layer::{engine, final_slow_time, predict, remaining, slow_time_of};
pub use self::weights::{SavedWeights, WeightArray};

/// A deep run's checkpoint.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoint<'a> {
    /// The file.
    pub path: &'a Path,
    /// The job that the run is of: the checkpoint of another job or run is not taken for it.
    pub job: &'a str,
    /// Whether to go on from one of a machine that rounds products in another way.
    pub mix: bool,
    /// Files that were not as they should be, such as a checkpoint.
    pub notes: &'a Mutex<Notes>,
}

/// Files of a run folder that were not as they should be, each with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Damaged or foreign: what they held has been done again.
    pub redone: Vec<(PathBuf, String)>,
    /// Files of a machine that rounds products in another way, used all the same.
    pub mixed: Vec<(PathBuf, String)>,
}

impl Checkpoint<'_> {
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Surroundings of a run, besides its setting; none of them changes a number.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Data sets that were read before.
    pub sources: &'a Sources,
    /// Spreads a wide two-layer network over rayon's threads (same bits).
    pub parallel: bool,
    /// The checkpoint that a deep run keeps, and looks for to go on from.
    pub checkpoint: Option<Checkpoint<'a>>,
    /// Learns of what takes long, and may stop it there, as `progress` may at a step.
    pub watch: Option<&'a Watch>,
    /// Number of steps of the run, set before the first.
    pub length: Option<&'a AtomicU64>,
}

impl<'a> Context<'a> {
    /// Tells how many steps the run has.
    fn tell_length(&self, steps: u64) {
        if let Some(length) = self.length {
            length.store(steps, Ordering::Relaxed);
        }
    }

    /// One thread, no checkpoint, nobody who watches.
    pub fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            parallel: false,
            checkpoint: None,
            watch: None,
            length: None,
        }
    }
}

/// Steps of run 0 of a setting, and when it records, in steps.
pub(super) fn steps_and_record(setting: &Setting, sources: &Sources) -> Result<(u64, Record)> {
    match setting {
        Setting::Network(setting) => deep::steps_and_record(setting, sources),
        Setting::TwoLayer(setting) => two_layer::steps_and_record(setting, sources),
    }
}

/// Runs run number `run_number` of a checked setting. `progress` learns of every step and may
/// stop the run by answering `false`, which gives `None`.
///
/// # Errors
/// As [`resolve`](self::resolve::resolve); [`Shape`](crate::Error::Shape) for given weights
/// that do not fit; [`Io`](crate::Error::Io) for a checkpoint that cannot be written;
/// [`Record`](crate::Error::Record) for one of a machine that rounds products in another way.
pub fn simulate(
    setting: &Setting,
    run_number: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<RunResult>> {
    watched(setting, run_number, context, progress, &mut |_| {})
}

/// Simulates as [`simulate`] does; `observe` may look inside at each recorded step.
///
/// # Errors
/// As [`simulate`].
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::Look;
/// use falign::internal::simulate::{Context, watched};
/// use falign::internal::simulate::sources::Sources;
/// let flat = "width = 30\nsteps = 40\nrecord = { every = 20 }\nsave_weights = \"final\"".parse().unwrap();
/// let setting = &Experiment::from_flat(&flat, None)?.settings[0].setting;
/// let sources = Sources::default();
/// let mut seen = Vec::new();
/// let mut observe = |look: Look<'_>| seen.push((look.step, (look.weights)().is_some()));
/// watched(setting, 0, Context::new(&sources), &mut |_| true, &mut observe)?;
/// assert_eq!(seen, [(0, true), (20, true), (40, true)]);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn watched(
    setting: &Setting,
    run_number: u64,
    context: Context<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
    observe: &mut dyn FnMut(Look<'_>),
) -> Result<Option<RunResult>> {
    let result = match setting {
        Setting::Network(setting) => {
            deep::simulate(setting, run_number, context, progress, observe)
        }
        Setting::TwoLayer(setting) => {
            two_layer::simulate(setting, run_number, context, progress, observe)
        }
    };
    match result {
        // While it prepared something.
        Err(Error::Stopped) => Ok(None),
        result => result,
    }
}
