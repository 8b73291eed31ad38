//! A plan is carried out: jobs over threads, one sealed result file a job, and the tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;
use serde_json::Map;

use super::config::Experiment;
pub use super::cost::cost;
use super::cost::expected_steps;
use super::plan::{Job, Plan};
use super::result_file;
pub use super::result_file::result_path;
use super::simulate::{Context, RunResult, simulate};
use super::sources::Sources;
use super::tables::{RunRows, setting_runs};
use crate::record::run_table::RunTable;
use crate::record::store::{own_folder, write_atomic};
use crate::{Error, Result};

/// What a caller hears and can say while a plan runs.
#[derive(Debug, Default)]
pub struct Watch {
    /// Set to stop: jobs in hand are given up, finished ones are kept.
    pub stop: AtomicBool,
    /// Work done so far, in estimated multiply-adds.
    pub done: AtomicU64,
    /// Jobs finished so far.
    pub jobs_done: AtomicU64,
}

/// How the execution of a plan ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// Every job of the plan has a valid result.
    pub complete: bool,
    /// Jobs whose stored result was valid.
    pub kept: usize,
    /// Files of results or weights that were damaged or foreign, and whose jobs have been done
    /// again: file and reason.
    pub redone: Vec<(PathBuf, String)>,
}

/// Carries out every job of `plan` that has no valid result in `folder`.
///
/// Jobs are spread over the current rayon pool; where fewer jobs than threads remain, wide
/// networks are spread inside. Results do not depend on either. `sources` may hold data sets
/// that were read before.
///
/// # Errors
/// The first error of a job; finished jobs stay.
pub fn execute(
    experiment: &Experiment,
    plan: &Plan,
    folder: &Path,
    sources: &Sources,
    watch: &Watch,
) -> Result<Execution> {
    let results = folder.join("results");
    own_folder(&results)?;
    let mut pending = Vec::new();
    let mut redone = Vec::new();
    let mut kept = 0;
    for job in &plan.jobs {
        let path = result_path(folder, job);
        match result_file::read(experiment, job, &path)
            .and_then(|_| result_file::check_weights(experiment, folder, job))
        {
            Ok(()) => {
                kept += 1;
                watch.jobs_done.fetch_add(1, Ordering::Relaxed);
                add_work(watch, cost(experiment, job));
            }
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                pending.push(job);
            }
            Err(Error::Record { path, reason }) => {
                redone.push((path, reason));
                pending.push(job);
            }
            Err(other) => return Err(other),
        }
    }
    let parallel = pending.len() < rayon::current_num_threads();
    let checkpoints = folder.join(CHECKPOINTS);
    own_folder(&checkpoints)?;
    let complete = AtomicBool::new(true);
    pending
        .par_iter()
        .with_max_len(1)
        .try_for_each(|job| -> Result<()> {
            if watch.stop.load(Ordering::Relaxed) {
                complete.store(false, Ordering::Relaxed);
                return Ok(());
            }
            let context = Context {
                parallel,
                ..Context::new(sources)
            };
            match run_job(experiment, job, folder, context, watch)? {
                Some(runs) => {
                    // The result comes last: a stored one means that all of the job is.
                    let mut weights = Map::new();
                    for (run, result) in job.runs.clone().zip(&runs) {
                        result_file::save_weights(folder, job, run, result, &mut weights)?;
                    }
                    let path = result_path(folder, job);
                    write_atomic(&path, &result_file::encode(experiment, job, &runs, weights))?;
                    for run in job.runs.clone() {
                        let _ = fs::remove_file(checkpoint(folder, job, run));
                    }
                    watch.jobs_done.fetch_add(1, Ordering::Relaxed);
                }
                None => complete.store(false, Ordering::Relaxed),
            }
            Ok(())
        })?;
    let complete = complete.into_inner();
    // Gone when all is done, with what a kill left there; it stays where a run waits to go on.
    if complete {
        let _ = fs::remove_dir_all(&checkpoints);
    } else {
        let _ = fs::remove_dir(&checkpoints);
    }
    Ok(Execution {
        complete,
        kept,
        redone,
    })
}

/// Folder of the states of unfinished deep runs.
pub const CHECKPOINTS: &str = "checkpoints";

/// Where a run of a job keeps its checkpoint.
fn checkpoint(folder: &Path, job: &Job, run: u64) -> PathBuf {
    folder
        .join(CHECKPOINTS)
        .join(format!("{}-run{run:04}.safetensors", job.id))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
fn add_work(watch: &Watch, work: f64) {
    watch.done.fetch_add(work as u64, Ordering::Relaxed);
}

fn run_job(
    experiment: &Experiment,
    job: &Job,
    folder: &Path,
    context: Context<'_>,
    watch: &Watch,
) -> Result<Option<Vec<RunResult>>> {
    let mut runs = Vec::new();
    for run in job.runs.clone() {
        let checkpoint = checkpoint(folder, job, run);
        let context = Context {
            checkpoint: Some(&checkpoint),
            ..context
        };
        match run_one(experiment, job, run, context, watch)? {
            Some(result) => runs.push(result),
            None => return Ok(None),
        }
    }
    Ok(Some(runs))
}

/// One run of a job, which tells `watch` of its steps; `None` if it was stopped.
pub(super) fn run_one(
    experiment: &Experiment,
    job: &Job,
    run: u64,
    context: Context<'_>,
    watch: &Watch,
) -> Result<Option<RunResult>> {
    let setting = &experiment.settings[job.setting_index].setting;
    let per_run = cost(experiment, job) / (job.runs.end - job.runs.start) as f64;
    let steps = expected_steps(setting).max(1.0);
    let mut reported = 0.0;
    let result = simulate(setting, run, context, &mut |step| {
        if step % 64 == 0 {
            let share = per_run * (step as f64 / steps).min(1.0);
            add_work(watch, share - reported);
            reported = share;
        }
        !watch.stop.load(Ordering::Relaxed)
    })?;
    if result.is_some() {
        add_work(watch, per_run - reported);
    }
    Ok(result)
}

/// All stored results of a complete plan, as one table.
///
/// # Errors
/// [`Error::Io`] or [`Error::Record`] naming the first result that is missing or damaged.
pub fn collect(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<RunTable> {
    let mut by_setting: BTreeMap<usize, Vec<RunRows>> = BTreeMap::new();
    for job in &plan.jobs {
        let runs = result_file::read(experiment, job, &result_path(folder, job))?;
        let of_setting = by_setting.entry(job.setting_index).or_default();
        of_setting.extend(runs.into_iter().map(RunRows::from));
    }
    let settings = by_setting
        .into_iter()
        .map(|(index, runs)| setting_runs(&experiment.settings[index], &runs))
        .collect();
    Ok(RunTable { settings })
}
