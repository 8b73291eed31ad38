//! An experiment in a run folder, as the program carries it out, without its words and its picture.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::belongs::{Belonging, belonging};
use super::execute::{CHECKPOINTS, RESULTS, WEIGHTS, Writing, collect, execute_with};
use super::folder::{EXPERIMENT, remove_superseded, write_start, write_tables};
use super::{Plan, inputs};
use crate::config::Experiment;
use crate::file::Folder;
use crate::file::lock::FolderLock;
use crate::simulate::sources::Sources;
use crate::simulate::watch::Watch;
use crate::{Error, Result};

/// Runs an experiment in a folder, or with `goes_on` what is left of it there. Gives whether all is done, and then
/// writes the tables; else the watch has stopped it, and what is finished is kept.
///
/// # Errors
/// [`Error::Record`] where the folder is another experiment's, or holds runs although nothing is to go on; as
/// [`execute`](fn@super::execute::execute).
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::plan::in_folder::run;
/// use falign::internal::simulate::{sources::Sources, watch::Watch};
/// let flat = "name = \"mine\"\nsamples = 5\ninput_dim = 3\nwidth = 8\nsteps = 4\nruns = 2".parse().unwrap();
/// let experiment = Experiment::from_flat(&flat, None)?;
/// let dir = std::env::temp_dir().join(format!("falign-in-folder-{}", std::process::id()));
/// let (sources, watch) = (Sources::default(), Watch::default());
/// assert!(run(&experiment, &sources, &dir, false, &watch)?);
/// assert!(run(&experiment, &sources, &dir, false, &watch).is_err());
/// assert!(run(&experiment, &sources, &dir, true, &watch)?);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), falign::Error>(())
/// ```
pub fn run(
    experiment: &Experiment,
    sources: &Sources,
    dir: &Path,
    goes_on: bool,
    watch: &Watch,
) -> Result<bool> {
    let start = Instant::now();
    let plan = Plan::new(experiment)?;
    fits(experiment, &plan, dir, goes_on)?;
    inputs::check(experiment, sources)?;
    std::fs::create_dir_all(dir).map_err(|source| Error::io(dir, source))?;
    let open = Folder::named(dir)?;
    let lock = FolderLock::acquire_in(&open)?;
    // Again: another program may have filled it before the lock was ours.
    let superseded = fits(experiment, &plan, dir, goes_on)?;
    let writing = Writing {
        mix: false,
        is_alone: lock.is_held(),
    };
    remove_leftovers(&open, dir, writing.is_alone)?;
    write_start(experiment, &plan, dir)?;
    let execution = execute_with(experiment, &plan, dir, sources, watch, writing)?;
    if !execution.complete || watch.stop.load(Ordering::Relaxed) {
        return Ok(false);
    }
    remove_superseded(dir, &superseded)?;
    let table = collect(experiment, &plan, dir)?;
    write_tables(experiment, &table, dir, start.elapsed().as_secs_f64(), None)?;
    Ok(true)
}

/// Removes what writes that were cut short have left in a run folder, opened as `open`, where no other program writes
/// it (`is_alone`).
///
/// # Errors
/// [`Error::Io`] naming the file; [`Error::Record`] where a folder of its own is a link, alone or not.
pub fn remove_leftovers(open: &Folder, dir: &Path, is_alone: bool) -> Result<()> {
    if is_alone {
        open.remove_leftovers()?;
    }
    for folder in [RESULTS, WEIGHTS, CHECKPOINTS] {
        let open = Folder::find_own(&dir.join(folder))?;
        if let (Some(open), true) = (open, is_alone) {
            open.remove_leftovers()?;
        }
    }
    Ok(())
}

/// Ids of jobs in a folder that have become parts of longer ones, where it is this experiment's or none's.
fn fits(experiment: &Experiment, plan: &Plan, dir: &Path, goes_on: bool) -> Result<Vec<String>> {
    if !dir.join(EXPERIMENT).exists() {
        return Ok(Vec::new());
    }
    if !goes_on {
        return Err(Error::record(
            dir,
            "has runs already: go on with them, or choose another folder",
        ));
    }
    match belonging(experiment, plan, dir)? {
        Belonging::Same { superseded } => Ok(superseded),
        Belonging::Other(why) => Err(Error::record(dir, format!("{why}; choose another folder"))),
    }
}
