//! Whole experiments: a TOML file, or the same keys as text, becomes runs, tables and verdicts.
//!
//! [`Experiment`] is a checked file. [`run`] carries it out in memory; [`run_in`] does so in a folder, where every run
//! that is finished is kept. Numbers depend on neither, nor on the number of threads. [`check`] tests the
//! experiment's claims on what came out. `falign keys` and `docs/config.md` explain every key.
//!
//! ```
//! use falign::experiment::{Experiment, Overrides, check, run};
//! use falign::measure::Quantity;
//! let text = r#"
//! name = "ridges"
//! [network]
//! width = 50
//! [learning]
//! step_size = 1e-3
//! [run]
//! steps = 200
//! runs = 5
//! [sweep]
//! "learning.ridge" = [0, 20]
//! [[claim]]
//! id = "ridge_aligns"
//! text = "Alignment grows with ridge."
//! source = "Section 4 of Song, Xu & Lafferty (2021)"
//! quantity = "alignment"
//! kind = "increasing_in"
//! over = "ridge"
//! "#;
//! let experiment = Experiment::parse(text, &Overrides::none())?;
//! let table = run(&experiment)?;
//! for setting in &table.settings {
//!     let loss = &setting.values[&Quantity::Loss]; // (runs, recorded steps)
//!     assert_eq!(loss.dim(), (5, setting.steps.len()));
//! }
//! assert!(check(&experiment, &table).iter().all(|verdict| verdict.passed));
//! # Ok::<(), falign::Error>(())
//! ```

use std::path::Path;

pub use crate::claim::Verdict;
pub use crate::config::{Experiment, Overrides};
pub use crate::plan::run_table::{RunTable, SettingRuns};
pub use crate::simulate::Outcome;

use crate::file::lock::FolderLock;
use crate::plan::execute::Writing;
use crate::plan::{Plan, execute, in_memory};
use crate::simulate::RunRows;
use crate::simulate::sources::Sources;
use crate::simulate::watch::Watch;
use crate::{Error, Result};

/// Runs every setting, spread over the current rayon pool, and returns what was recorded.
///
/// # Errors
/// The first error of a run, or its panic ([`Error::Fault`]); a file that cannot be read; more memory
/// than can be had. A run that diverges is no error: see [`SettingRuns::outcomes`].
///
/// # Panics
/// Never: nobody stops it, so that every run is finished.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, run};
/// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20";
/// let table = run(&Experiment::parse(text, &Overrides::none())?)?;
/// assert_eq!((table.settings.len(), table.settings[0].runs()), (1, 2));
/// # Ok::<(), falign::Error>(())
/// ```
pub fn run(experiment: &Experiment) -> Result<RunTable> {
    let runs = in_memory::run(experiment, &Sources::default(), &Watch::default())?;
    let settings = experiment.settings.iter().zip(runs);
    let settings = settings.map(|(setting, runs)| {
        let finished = runs.into_iter().map(|run| run.expect("nobody stopped it"));
        let rows: Vec<RunRows> = finished.map(|run| run.rows).collect();
        SettingRuns::new(setting, &rows)
    });
    Ok(RunTable {
        settings: settings.collect(),
    })
}

/// Runs as [`run`] does, with every result kept in `folder` as it comes: the same call finds it there, and only what
/// is missing is run. The program's run folders (`falign run --out`) hold more: tables and figures.
///
/// # Errors
/// As [`run`]; a file of the folder that cannot be read or written.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, run, run_in};
/// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20";
/// let experiment = Experiment::parse(text, &Overrides::none())?;
/// let folder = std::env::temp_dir().join(format!("falign-doc-run-in-{}", std::process::id()));
/// assert_eq!(run_in(&experiment, &folder)?, run(&experiment)?);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_in(experiment: &Experiment, folder: &Path) -> Result<RunTable> {
    let plan = Plan::new(experiment)?;
    std::fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
    let lock = FolderLock::acquire(folder)?;
    let writing = Writing {
        is_alone: lock.is_held(),
        ..Writing::default()
    };
    let (sources, watch) = (Sources::default(), Watch::default());
    execute::execute_with(experiment, &plan, folder, &sources, &watch, writing)?;
    execute::collect(experiment, &plan, folder)
}

/// Tests each claim of the experiment on what was recorded. Where several have a level, the chance that any of them
/// fails although all are true is at most that level.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, check, run};
/// let text = "name = \"short\"\nrun.steps = 10\nrun.runs = 2\nnetwork.width = 20";
/// let experiment = Experiment::parse(text, &Overrides::none())?;
/// assert!(check(&experiment, &run(&experiment)?).is_empty()); // it claims nothing
/// # Ok::<(), falign::Error>(())
/// ```
pub fn check(experiment: &Experiment, table: &RunTable) -> Vec<Verdict> {
    let levels = experiment.claims.iter().filter(|claim| claim.has_level());
    let levels = levels.count();
    let claims = experiment.claims.iter();
    claims
        .map(|claim| claim.evaluate_among(table, levels))
        .collect()
}
