//! A plan is carried out: jobs over threads, one sealed result file a job, and the tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ndarray::Array2;
use rayon::prelude::*;
use serde_json::{Map, Value};

use super::config::Experiment;
use super::plan::{Job, Plan};
use super::resolve::Resolved;
use super::setting::{Ridge, SaveWeights, Setting, StepSize, Steps};
use super::simulate::{RunResult, simulate};
use crate::data::content_hash;
use crate::record::run_table::{RunTable, SettingRuns};
use crate::record::store::{seal, unseal, write_atomic};
use crate::two_layer::{NUMERICS_VERSION, Outcome};
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

/// Values stored per run before its rows.
const RUN_HEAD: usize = 7;

/// Where a job's result lies.
pub fn result_path(folder: &Path, job: &Job) -> PathBuf {
    folder.join("results").join(format!("{}.bin", job.id))
}

/// Steps of a run, guessed where they depend on its data.
fn expected_steps(s: &Setting) -> f64 {
    const GUESS: f64 = 1e4;
    match (s.steps, s.step_size, s.ridge) {
        (Steps::Number(steps), _, _) => steps as f64,
        (Steps::Tau(tau), StepSize::Number(eta), _) => tau * (s.width as f64).sqrt() / eta,
        (Steps::EtaLambdaT(x), StepSize::Number(eta), Ridge::Number(ridge)) if ridge > 0.0 => {
            x / (eta * ridge)
        }
        (Steps::Tau(_) | Steps::EtaLambdaT(_), _, _) => GUESS,
    }
}

/// Estimated work of one run of a setting, in multiply-adds: a cost for progress and order.
pub fn cost(experiment: &Experiment, job: &Job) -> f64 {
    let s = &experiment.settings[job.setting_index].setting;
    let steps = expected_steps(s);
    let (n, k) = (s.samples as f64, s.outputs as f64);
    let width = match s.resolved_engine() {
        crate::two_layer::Engine::Linear => 3.0,
        crate::two_layer::Engine::Reference => 20.0 * s.width as f64,
        _ if matches!(
            s.activation,
            crate::math::Activation::Linear | crate::math::Activation::Relu
        ) =>
        {
            s.width as f64
        }
        _ => 2.0 * s.width as f64,
    };
    let start = if s.resolved_draw() == crate::two_layer::Draw::Gram {
        n
    } else {
        s.width as f64
    };
    let per_run = steps * width * n * (n + k) + 2.0 * start * n * s.input_dim as f64;
    per_run * (job.runs.end - job.runs.start) as f64
}

/// Carries out every job of `plan` that has no valid result in `folder`.
///
/// Jobs are spread over the current rayon pool; where fewer jobs than threads remain, wide
/// networks are spread inside. Results do not depend on either.
///
/// # Errors
/// The first error of a job; finished jobs stay.
pub fn execute(
    experiment: &Experiment,
    plan: &Plan,
    folder: &Path,
    watch: &Watch,
) -> Result<Execution> {
    let results = folder.join("results");
    fs::create_dir_all(&results).map_err(|source| Error::io(&results, source))?;
    let mut pending = Vec::new();
    let mut redone = Vec::new();
    let mut kept = 0;
    for job in &plan.jobs {
        let path = result_path(folder, job);
        match read_job(experiment, job, &path).and_then(|_| check_weights(experiment, folder, job))
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
    let complete = AtomicBool::new(true);
    pending
        .par_iter()
        .with_max_len(1)
        .try_for_each(|job| -> Result<()> {
            if watch.stop.load(Ordering::Relaxed) {
                complete.store(false, Ordering::Relaxed);
                return Ok(());
            }
            match run_job(experiment, job, parallel, watch)? {
                Some(runs) => {
                    // The result comes last: a stored one means that all of the job is.
                    let mut weights = Map::new();
                    for (run, result) in job.runs.clone().zip(&runs) {
                        save_weights(folder, job, run, result, &mut weights)?;
                    }
                    let path = result_path(folder, job);
                    write_atomic(&path, &encode(experiment, job, &runs, weights))?;
                    watch.jobs_done.fetch_add(1, Ordering::Relaxed);
                }
                None => complete.store(false, Ordering::Relaxed),
            }
            Ok(())
        })?;
    Ok(Execution {
        complete: complete.into_inner(),
        kept,
        redone,
    })
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
    parallel: bool,
    watch: &Watch,
) -> Result<Option<Vec<RunResult>>> {
    let setting = &experiment.settings[job.setting_index].setting;
    let per_run = cost(experiment, job) / (job.runs.end - job.runs.start) as f64;
    let steps = expected_steps(setting).max(1.0);
    let mut runs = Vec::new();
    for run in job.runs.clone() {
        let mut reported = 0.0;
        let result = simulate(setting, run, parallel, &mut |step| {
            if step % 64 == 0 {
                let share = per_run * (step as f64 / steps).min(1.0);
                add_work(watch, share - reported);
                reported = share;
            }
            !watch.stop.load(Ordering::Relaxed)
        })?;
        let Some(result) = result else {
            return Ok(None);
        };
        add_work(watch, per_run - reported);
        runs.push(result);
    }
    Ok(Some(runs))
}

fn header(experiment: &Experiment, job: &Job) -> Map<String, Value> {
    let quantities: Vec<&str> = experiment.settings[job.setting_index]
        .setting
        .quantities
        .iter()
        .map(|q| q.name())
        .collect();
    [
        ("job".to_owned(), Value::from(job.id.as_str())),
        ("numerics_version".to_owned(), Value::from(NUMERICS_VERSION)),
        ("quantities".to_owned(), Value::from(quantities)),
        (
            "runs".to_owned(),
            Value::from(vec![job.runs.start, job.runs.end]),
        ),
    ]
    .into_iter()
    .collect()
}

/// The part of a header that names the job's weights files, each with its SHA-256.
const WEIGHTS: &str = "weights";

fn encode(
    experiment: &Experiment,
    job: &Job,
    runs: &[RunResult],
    weights: Map<String, Value>,
) -> Vec<u8> {
    let mut payload = Vec::new();
    for run in runs {
        let code = match run.outcome {
            Outcome::Finished => 0.0,
            Outcome::Converged { .. } => 1.0,
            Outcome::Diverged { .. } => 2.0,
        };
        let r = &run.resolved;
        payload.extend([
            run.steps.len() as f64,
            code,
            run.outcome.step().unwrap_or(0) as f64,
            r.step_size,
            r.ridge,
            r.gamma,
            r.kernel_max,
        ]);
        for (step, values) in run.steps.iter().zip(&run.values) {
            payload.push(*step as f64);
            payload.extend_from_slice(values);
        }
    }
    let mut header = header(experiment, job);
    if !weights.is_empty() {
        header.insert(WEIGHTS.to_owned(), Value::Object(weights));
    }
    seal(&header, &payload)
}

/// A stored result, if the file is whole and this job's.
fn read_job(experiment: &Experiment, job: &Job, path: &Path) -> Result<Vec<RunResult>> {
    let (mut found, payload) = unseal(path)?;
    found.remove(WEIGHTS);
    if found != header(experiment, job) {
        return Err(Error::record(
            path,
            "the result of another job or numerics version",
        ));
    }
    let short = || Error::record(path, "fewer values than its runs need");
    let setting = &experiment.settings[job.setting_index].setting;
    let q = setting.quantities.len();
    let mut rest = payload.as_slice();
    let mut take = |count: usize| -> Option<&[f64]> {
        let (head, tail) = rest.split_at_checked(count)?;
        rest = tail;
        Some(head)
    };
    let mut runs = Vec::new();
    for _ in job.runs.clone() {
        let head = take(RUN_HEAD).ok_or_else(short)?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole numbers were written"
        )]
        let (rows, at) = (head[0] as usize, head[2] as u64);
        let outcome = match head[1].to_bits() {
            bits if bits == 1.0f64.to_bits() => Outcome::Converged { step: at },
            bits if bits == 2.0f64.to_bits() => Outcome::Diverged { step: at },
            _ => Outcome::Finished,
        };
        let resolved = Resolved {
            step_size: head[3],
            ridge: head[4],
            steps: 0,
            gamma: head[5],
            kernel_max: head[6],
        };
        let body = take(rows * (q + 1)).ok_or_else(short)?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole numbers were written"
        )]
        let steps: Vec<u64> = body.chunks(q + 1).map(|row| row[0] as u64).collect();
        let values = body.chunks(q + 1).map(|row| row[1..].to_vec()).collect();
        let resolved = Resolved {
            steps: steps.last().copied().unwrap_or(0),
            ..resolved
        };
        runs.push(RunResult {
            steps,
            values,
            outcome,
            resolved,
            weights: [None, None],
        });
    }
    Ok(runs)
}

/// Writes a run's weights, and adds each file and its hash to `written`.
fn save_weights(
    folder: &Path,
    job: &Job,
    run: u64,
    result: &RunResult,
    written: &mut Map<String, Value>,
) -> Result<()> {
    for (weights, name) in result.weights.iter().zip(["initial", "final"]) {
        if let Some(weights) = weights {
            let path = folder.join("weights");
            fs::create_dir_all(&path).map_err(|source| Error::io(&path, source))?;
            let file = format!("setting{:04}-run{run:04}-{name}.npz", job.setting_index);
            let path = path.join(&file);
            crate::data::save_weights(&path, weights)?;
            written.insert(file, Value::from(content_hash(&path)?));
        }
    }
    Ok(())
}

/// Whether the weights that a valid result names are there as they were written.
fn check_weights(experiment: &Experiment, folder: &Path, job: &Job) -> Result<()> {
    if experiment.settings[job.setting_index].setting.save_weights == SaveWeights::None {
        return Ok(());
    }
    let (header, _) = unseal(&result_path(folder, job))?;
    let files = header.get(WEIGHTS).and_then(Value::as_object);
    for (file, hash) in files.into_iter().flatten() {
        let path = folder.join("weights").join(file);
        match content_hash(&path) {
            Ok(found) if *hash == found => {}
            Ok(_) => return Err(Error::record(path, "truncated or altered")),
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::record(path, "missing"));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// All stored results of a complete plan, as one table.
///
/// # Errors
/// [`Error::Io`] or [`Error::Record`] naming the first result that is missing or damaged.
pub fn collect(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<RunTable> {
    let mut by_setting: BTreeMap<usize, Vec<RunResult>> = BTreeMap::new();
    for job in &plan.jobs {
        let runs = read_job(experiment, job, &result_path(folder, job))?;
        by_setting
            .entry(job.setting_index)
            .or_default()
            .extend(runs);
    }
    let settings = by_setting
        .into_iter()
        .map(|(index, runs)| {
            let labelled = &experiment.settings[index];
            let rows = runs.iter().map(|r| r.steps.len()).min().unwrap_or(0);
            let mean_step = |row: usize| {
                let sum: u128 = runs.iter().map(|r| u128::from(r.steps[row])).sum();
                let count = runs.len() as u128;
                u64::try_from((sum + count / 2) / count).unwrap_or(u64::MAX)
            };
            let values = labelled
                .setting
                .quantities
                .iter()
                .enumerate()
                .map(|(at, &q)| {
                    let array = Array2::from_shape_fn((runs.len(), rows), |(run, row)| {
                        runs[run].values[row][at]
                    });
                    (q, array)
                })
                .collect();
            SettingRuns {
                case: labelled.case.clone(),
                axes: labelled.axes.clone(),
                columns: labelled
                    .columns()
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect(),
                steps: (0..rows).map(mean_step).collect(),
                values,
                outcomes: runs.iter().map(|r| r.outcome).collect(),
            }
        })
        .collect();
    Ok(RunTable { settings })
}
