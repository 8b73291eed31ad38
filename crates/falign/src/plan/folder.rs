//! Run folders as whole things: their files besides results, and reading them back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Map, json};

use super::belongs::{self, write_origin};
use super::result_file::{self, RESULTS, WEIGHTS};
use super::run_rows::runs_csv;
use super::run_table::{RunTable, SettingRuns};
use super::summary::summary_csv;
use super::{Job, Plan};
use crate::config::setting::SaveWeights;
use crate::config::{Experiment, Overrides};
use crate::file::lock::FolderLock;
use crate::file::{Folder, read_text, write_atomic, write_own};
use crate::math::simd;
use crate::network::TensorFile;
use crate::rule::Registry;
use crate::simulate::{RunResult, RunRows, SavedWeights};
use crate::{Error, Result};

/// The experiment of a run folder, with every key written out.
pub const EXPERIMENT: &str = "experiment.toml";

/// The jobs of a run folder, one a line.
pub const PLAN: &str = "plan.jsonl";

/// The numerics version of each family of engines that an experiment runs, by its name.
pub fn numerics_versions(experiment: &Experiment) -> BTreeMap<&'static str, u32> {
    let settings = experiment.settings.iter();
    settings
        .map(|one| one.setting.family())
        .map(|family| (family.name(), family.numerics_version()))
        .collect()
}

/// Table of means over runs, with which a folder is finished.
pub const SUMMARY: &str = "summary.csv";

/// File that says from the start of what versions and inputs a folder is made.
pub const ORIGIN: &str = "origin.json";

/// File that says what made a finished folder, and how its runs ended.
pub const META: &str = "meta.json";

/// The experiment of a run folder, checked; `rules` are those that it may name.
///
/// # Errors
/// [`Error::Record`] if the folder is no run folder; as [`Experiment::load`].
pub fn experiment(folder: &Path, rules: &Registry) -> Result<Experiment> {
    let file = folder.join(EXPERIMENT);
    if !file.exists() {
        let reason = format!("is no run folder: it has no {EXPERIMENT}");
        return Err(Error::record(folder, reason));
    }
    Experiment::load_with(&file, &Overrides::none(), rules)
}

/// Facts that a finished folder tells of itself.
pub(crate) fn said(folder: &Path) -> Option<serde_json::Value> {
    serde_json::from_str(&read_text(&folder.join(META)).ok()?).ok()
}

/// Version of falign that finished a folder.
pub fn version(folder: &Path) -> Option<String> {
    Some(said(folder)?["version"].as_str()?.to_owned())
}

/// Writes what a run folder starts with: `experiment.toml`, `plan.jsonl` and `origin.json`, which
/// says of which numerics version and of which data it is made.
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn write_start(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<()> {
    let text = experiment.resolved_toml();
    write_atomic(&folder.join(EXPERIMENT), text.as_bytes())?;
    write_atomic(&folder.join(PLAN), plan.to_jsonl().as_bytes())?;
    write_origin(experiment, plan, folder)
}

/// Removes the results of jobs that longer ones have taken the place of (see
/// [`Belonging`](super::belongs::Belonging)).
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn remove_superseded(folder: &Path, ids: &[String]) -> Result<()> {
    let results = folder.join(RESULTS);
    let Some(open) = Folder::find_own(&results)? else {
        return Ok(());
    };
    for id in ids {
        let name = result_file::name_of(id);
        match open.remove(name.as_ref()) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(Error::io(results.join(name), source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes what a run folder ends with: `summary.csv`, `runs.csv` where it is asked for, and
/// `meta.json`. `seconds` is how long the runs took, `threads` how many were asked for.
///
/// # Errors
/// [`Error::Io`] naming the file.
pub fn write_tables(
    experiment: &Experiment,
    table: &RunTable,
    folder: &Path,
    seconds: f64,
    threads: Option<u16>,
) -> Result<()> {
    write_atomic(&folder.join(SUMMARY), summary_csv(table).as_bytes())?;
    if experiment.settings.iter().any(|s| s.setting.per_run_table) {
        write_atomic(&folder.join("runs.csv"), runs_csv(table).as_bytes())?;
    }
    let meta = meta(experiment, table, seconds, threads);
    write_atomic(&folder.join(META), meta.as_bytes())
}

/// The text of `meta.json`: what made a folder, and how its runs ended.
fn meta(experiment: &Experiment, table: &RunTable, seconds: f64, threads: Option<u16>) -> String {
    let outcomes = || table.settings.iter().flat_map(|s| &s.outcomes);
    let count = |name: &str| outcomes().filter(|o| o.name() == name).count();
    let seeds: BTreeSet<u64> = experiment.settings.iter().map(|s| s.setting.seed).collect();
    let meta = json!({
        "name": experiment.name,
        "version": env!("CARGO_PKG_VERSION"),
        "numerics_version": numerics_versions(experiment),
        "seeds": seeds,
        "wall_seconds": seconds,
        "threads": threads,
        "machine": {
            "architecture": std::env::consts::ARCH,
            "system": std::env::consts::OS,
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "instruction_set": simd::best_path().name(),
        },
        "runs": {
            "finished": count("finished"),
            "converged": count("converged"),
            "stalled": count("stalled"),
            "diverged": count("diverged"),
        },
    });
    format!("{meta:#}\n")
}

/// Writes runs that were made in memory as the run folder that the program would have made of
/// them, but for the picture (`falign plot` draws it). Jobs of which a run is missing are left
/// out, with the tables: `falign run --resume` goes on with such a folder. Data in memory must
/// lie where the experiment says (see [`given`](crate::simulate::given)).
///
/// # Errors
/// [`Error::Record`] if the folder is not empty; [`Error::Io`]; [`Error::Config`] naming an
/// input file that cannot be read.
pub fn save(
    experiment: &Experiment,
    runs: &[Vec<Option<RunResult>>],
    folder: &Path,
    seconds: f64,
) -> Result<()> {
    let plan = Plan::new(experiment)?;
    std::fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
    let _lock = FolderLock::acquire(folder)?;
    if folder.join(EXPERIMENT).exists() {
        return Err(Error::record(
            folder,
            "is a run folder already; choose another",
        ));
    }
    Folder::make_own(&folder.join(RESULTS))?;
    let mut tables: Vec<Vec<RunRows>> = vec![Vec::new(); experiment.settings.len()];
    let mut is_complete = true;
    for job in &plan.jobs {
        let Some(finished) = of_job(runs, job) else {
            is_complete = false;
            continue;
        };
        let mut weights = Map::new();
        for (run, result) in job.runs.clone().zip(&finished) {
            result_file::save_weights(folder, job, run, result, &mut weights)?;
        }
        let bytes = result_file::encode(experiment, job, &finished, weights);
        write_own(&result_file::result_path(folder, job), &bytes)?;
        tables[job.setting_index].extend(finished.into_iter().map(|run| run.rows));
    }
    write_start(experiment, &plan, folder)?;
    if !is_complete {
        return Ok(());
    }
    let settings = experiment.settings.iter().zip(&tables);
    let settings = settings
        .map(|(one, runs)| SettingRuns::new(one, runs))
        .collect();
    write_tables(experiment, &RunTable { settings }, folder, seconds, None)
}

/// Results of all runs of a job, if they are there.
fn of_job(runs: &[Vec<Option<RunResult>>], job: &Job) -> Option<Vec<RunResult>> {
    let of_setting = runs.get(job.setting_index)?;
    let one = |run: u64| of_setting.get(usize::try_from(run).ok()?)?.clone();
    job.runs.clone().map(one).collect()
}

/// Reads a run folder, the program's or one of [`save`]: its experiment, and its runs with the
/// weights that it keeps. `rules` are those that it may name. Runs of jobs without a result are `None`.
///
/// # Errors
/// [`Error::Io`] if there is no `experiment.toml`; [`Error::Record`] for a damaged result;
/// [`Error::Config`] where the experiment's data are no longer where it says; [`Error::Record`] where
/// they have changed, or the folder is of another numerics version.
pub fn load(folder: &Path, rules: &Registry) -> Result<(Experiment, Vec<Vec<Option<RunResult>>>)> {
    let file = folder.join(EXPERIMENT);
    let experiment = Experiment::load_with(&file, &Overrides::none(), rules)?;
    let plan = Plan::new(&experiment)?;
    belongs::check(&experiment, &plan, folder)?;
    let mut runs: Vec<Vec<Option<RunResult>>> = vec![Vec::new(); experiment.settings.len()];
    for job in &plan.jobs {
        let path = result_file::result_path(folder, job);
        let of_setting = &mut runs[job.setting_index];
        match result_file::read(&experiment, job, &path) {
            Ok(results) => {
                result_file::check_weights(&experiment, folder, job)?;
                for (run, mut result) in job.runs.clone().zip(results) {
                    result.weights = weights(&experiment, folder, job, run)?;
                    of_setting.push(Some(result));
                }
            }
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                of_setting.extend(job.runs.clone().map(|_| None));
            }
            Err(other) => return Err(other),
        }
    }
    Ok((experiment, runs))
}

/// The weights that a run has kept.
fn weights(
    experiment: &Experiment,
    folder: &Path,
    job: &Job,
    run: u64,
) -> Result<[Option<SavedWeights>; 2]> {
    let save = experiment.settings[job.setting_index].setting.save_weights;
    if save == SaveWeights::None {
        return Ok([None, None]);
    }
    let read = |name: &str| {
        let stem = result_file::weights_stem(job, run, name);
        let file = |ending: &str| folder.join(WEIGHTS).join(format!("{stem}.{ending}"));
        let (arrays, tensors) = (file("npz"), file("safetensors"));
        if arrays.exists() {
            let weights = crate::data::load_weights(&arrays)?;
            return Ok(Some(SavedWeights::TwoLayer(weights)));
        }
        if tensors.exists() {
            return Ok(Some(SavedWeights::Deep(TensorFile::load(&tensors)?)));
        }
        Ok(None)
    };
    Ok([read("initial")?, read("final")?])
}
