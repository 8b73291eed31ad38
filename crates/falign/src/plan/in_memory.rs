//! An experiment without a folder: its runs come back as values.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use super::execute::{place, run_one};
use super::share::{Share, hand_out};
use super::work::Work;
use super::{Job, need};
use crate::Result;
use crate::config::Experiment;
use crate::fault::caught;
use crate::simulate::sources::Sources;
use crate::simulate::watch::Watch;
use crate::simulate::{Context, RunResult};

/// Runs of each setting as one thread makes them. Each is kept once it is finished.
fn jobs(experiment: &Experiment, share: Share) -> Vec<Job> {
    let settings = experiment.settings.iter().enumerate();
    settings
        .flat_map(|(setting_index, one)| {
            let parts = share.parts(&one.setting, 0..one.setting.runs);
            parts.map(move |runs| Job {
                id: String::new(),
                setting_index,
                runs,
            })
        })
        .collect()
}

/// Runs every setting over the current rayon pool. The numbers are those of
/// [`execute`](super::execute::execute), bit for bit, whatever the number of threads.
///
/// Setting [`Watch::stop`] stops at the next step: runs that are finished come back.
///
/// # Errors
/// The first error of a run, as [`simulate`](crate::simulate::simulate), or its panic
/// ([`Error::Fault`](crate::Error::Fault)), which stops the others; what the files that
/// the settings name lack, as [`inputs::check`](super::inputs::check) for them; more memory than can
/// be had, as [`need::check`].
///
/// Returns the runs of each setting, in order; `None` where a run was not finished.
///
/// # Example
/// ```
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// use falign::internal::plan::in_memory;
/// let flat = "width = 50\nsteps = 20\nruns = 2\nsweep = { ridge = [0, 1] }".parse().unwrap();
/// let experiment = Experiment::from_flat(&flat, None)?;
/// let runs = in_memory::run(&experiment, &Sources::default(), &Default::default())?;
/// assert_eq!((runs.len(), runs[1].len()), (2, 2)); // settings, runs
/// # Ok::<(), falign::Error>(())
/// ```
pub fn run(
    experiment: &Experiment,
    sources: &Sources,
    watch: &Watch,
) -> Result<Vec<Vec<Option<RunResult>>>> {
    let runs = Mutex::new(unfinished(experiment));
    let put = |setting: usize, run: usize, result| {
        runs.lock().unwrap_or_else(PoisonError::into_inner)[setting][run] = Some(result);
    };
    run_each(experiment, sources, watch, &put)?;
    Ok(runs.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The runs of an experiment before any of them is finished.
pub fn unfinished(experiment: &Experiment) -> Vec<Vec<Option<RunResult>>> {
    let counts = experiment.settings.iter().map(|one| one.setting.runs);
    counts
        .map(|runs| (0..runs).map(|_| None).collect())
        .collect()
}

/// Runs as [`run`](fn@run) does, but hands every run over once it is finished, from whichever thread made
/// it: for callers that do not wait for the last one. `report` learns of the index of the setting, the
/// number of the run, both from 0, and the result.
///
/// # Errors
/// As [`run`](fn@run).
///
/// # Panics
/// Never: there are no more runs than can be counted in memory.
pub fn run_each(
    experiment: &Experiment,
    sources: &Sources,
    watch: &Watch,
    report: &(dyn Fn(usize, usize, RunResult) + Sync),
) -> Result<()> {
    need::check(experiment, sources, 1)?;
    super::inputs::files(experiment, sources)?;
    let needed = need::needed(experiment, sources, rayon::current_num_threads())?;
    needed.fits()?;
    let jobs = jobs(experiment, needed.share);
    let work = Work::new(experiment, &jobs, sources, watch);
    let make = |job: &Job, context| -> Result<()> {
        for run in job.runs.clone() {
            if watch.stop.load(Ordering::Relaxed) {
                break;
            }
            let Some(result) = run_one(experiment, job, run, context, &work, watch)? else {
                break;
            };
            let number = usize::try_from(run).expect("a run of a list in memory");
            report(job.setting_index, number, result);
            watch.jobs_done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    hand_out(&jobs, |job, parallel| {
        let context = Context {
            parallel,
            ..Context::new(sources)
        };
        let place = || place(experiment, job.setting_index, &job.runs);
        if let Err(error) = caught(place, || make(job, context)) {
            watch.fail(error);
        }
    });
    watch.take_failure().map_or(Ok(()), Err)
}
