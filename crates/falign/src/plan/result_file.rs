//! Result files: the runs of one job, sealed, and the weights files they name.

use crate::simulate::arithmetic::other_arithmetic;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Job;
use crate::config::Experiment;
use crate::config::setting::SaveWeights;
use crate::file::Folder;
use crate::file::sealed::{seal, unseal};
use crate::simulate::resolve::Resolved;
use crate::simulate::{Outcome, RunResult, RunRows, SavedWeights};
use crate::{Error, Result};

/// Values stored per run before its rows.
const RUN_HEAD: usize = 7;

/// Folder of results in a run folder.
pub const RESULTS: &str = "results";

/// Folder of the weights that runs keep.
pub const WEIGHTS: &str = "weights";

/// Path of a job's result.
pub fn result_path(folder: &Path, job: &Job) -> PathBuf {
    folder.join(RESULTS).join(name_of(&job.id))
}

/// Name of the result's file, from a job's id.
pub(super) fn name_of(id: &str) -> String {
    format!("{id}.bin")
}

/// Header that tells a job's result from any other.
fn header(experiment: &Experiment, job: &Job) -> Map<String, Value> {
    let setting = &experiment.settings[job.setting_index].setting;
    let quantities: Vec<_> = setting.quantities.iter().map(|q| q.name()).collect();
    let version = setting.family().numerics_version();
    [
        ("job".to_owned(), Value::from(job.id.as_str())),
        ("numerics_version".to_owned(), Value::from(version)),
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
const WEIGHTS_ENTRY: &str = "weights";

/// The part of a header that says how the machine that made it rounds, where that matters. Results
/// of earlier versions do not say it.
const ARITHMETIC: &str = "arithmetic";

/// The bytes of a job's result file.
pub(super) fn encode(
    experiment: &Experiment,
    job: &Job,
    runs: &[RunResult],
    weights: Map<String, Value>,
) -> Vec<u8> {
    let mut payload = Vec::new();
    for run in runs {
        let code = match run.rows.outcome {
            Outcome::Finished => 0.0,
            Outcome::Converged { .. } => 1.0,
            Outcome::Diverged { .. } => 2.0,
            Outcome::Stalled { .. } => 3.0,
        };
        let r = &run.resolved;
        payload.extend([
            run.rows.steps.len() as f64,
            code,
            run.rows.outcome.step().unwrap_or(0) as f64,
            r.step_size,
            r.ridge,
            r.gamma.unwrap_or(f64::NAN),
            r.kernel_max.unwrap_or(f64::NAN),
        ]);
        for (step, values) in run.rows.steps.iter().zip(&run.rows.values) {
            payload.push(*step as f64);
            payload.extend_from_slice(values);
        }
    }
    let mut header = header(experiment, job);
    let setting = &experiment.settings[job.setting_index].setting;
    if let Some(arithmetic) = setting.family().arithmetic() {
        header.insert(ARITHMETIC.to_owned(), arithmetic.into());
    }
    if !weights.is_empty() {
        header.insert(WEIGHTS_ENTRY.to_owned(), Value::Object(weights));
    }
    seal(&header, &payload)
}

/// A number of a file that writes NaN where there is none.
fn known(x: f64) -> Option<f64> {
    (!x.is_nan()).then_some(x)
}

/// A stored result, if the file is whole and this job's.
pub(crate) fn read(experiment: &Experiment, job: &Job, path: &Path) -> Result<Vec<RunResult>> {
    Ok(read_with_origin(experiment, job, path)?.0)
}

/// Reads a stored result, with [`other_arithmetic`] of the machine that made it.
pub(super) fn read_with_origin(
    experiment: &Experiment,
    job: &Job,
    path: &Path,
) -> Result<(Vec<RunResult>, Option<String>)> {
    let (mut found, payload) = unseal(path)?;
    found.remove(WEIGHTS_ENTRY);
    let arithmetic = found.remove(ARITHMETIC).unwrap_or_default();
    let family = experiment.settings[job.setting_index].setting.family();
    let other = other_arithmetic(family, &arithmetic);
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
            bits if bits == 3.0f64.to_bits() => Outcome::Stalled { step: at },
            _ => Outcome::Finished,
        };
        let resolved = Resolved {
            step_size: head[3],
            ridge: head[4],
            steps: 0,
            gamma: known(head[5]),
            kernel_max: known(head[6]),
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
            rows: RunRows {
                steps,
                values,
                outcome,
            },
            resolved,
            weights: [None, None],
        });
    }
    Ok((runs, other))
}

/// The name of a weights file without its ending; `name` is `initial` or `final`.
pub(super) fn weights_stem(job: &Job, run: u64, name: &str) -> String {
    format!("setting{:04}-run{run:04}-{name}", job.setting_index)
}

/// Writes a run's weights, and adds each file and its hash to `written`.
pub(super) fn save_weights(
    folder: &Path,
    job: &Job,
    run: u64,
    result: &RunResult,
    written: &mut Map<String, Value>,
) -> Result<()> {
    for (weights, name) in result.weights.iter().zip(["initial", "final"]) {
        if let Some(weights) = weights {
            let folder = Folder::make_own(&folder.join(WEIGHTS))?;
            let ending = match weights {
                SavedWeights::TwoLayer(_) => "npz",
                SavedWeights::Deep(_) => "safetensors",
            };
            let file = format!("{}.{ending}", weights_stem(job, run, name));
            let bytes = match weights {
                SavedWeights::TwoLayer(weights) => weights.encode(&folder.path().join(&file))?,
                SavedWeights::Deep(tensors) => tensors.encode(),
            };
            folder.write(file.as_ref(), &bytes)?;
            let hash = folder.hash(file.as_ref())?;
            written.insert(file, Value::from(hash));
        }
    }
    Ok(())
}

/// Whether the weights that a valid result names are there as they were written.
pub(super) fn check_weights(experiment: &Experiment, folder: &Path, job: &Job) -> Result<()> {
    if experiment.settings[job.setting_index].setting.save_weights == SaveWeights::None {
        return Ok(());
    }
    let (header, _) = unseal(&result_path(folder, job))?;
    let files = header.get(WEIGHTS_ENTRY).and_then(Value::as_object);
    for (file, hash) in files.into_iter().flatten() {
        let folder = folder.join(WEIGHTS);
        let path = folder.join(file);
        match Folder::own(&folder).and_then(|folder| folder.hash(file.as_ref())) {
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
