//! `train` and `sweep`: all runs of an experiment, in memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use falign::internal::config::Experiment;
use falign::internal::plan::in_folder::run;
use falign::internal::plan::in_memory;
use falign::internal::plan::notes::of_data;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::simulate::{RunResult, given};
use falign::internal::study::divergence::step_bound as step_bound_of;
use falign::rule::Registry;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::{Table, Value};

use crate::convert::table;
use crate::data::Data;
use crate::error::{OrRaise, warn};
use crate::rule::{PythonRule, RuleName, with_own};
use crate::runs::{SettingOut, setting};
use crate::supervise::{Progress, interruptible, supervise};

/// Runs of each setting; `None` where one is not finished.
type Runs = Vec<Vec<Option<RunResult>>>;

/// Name of data in memory.
pub(crate) const GIVEN: &str = "given";

/// The experiment of a flat dict, on `data` where there are some. Relative paths are relative to
/// the current folder.
pub(crate) fn experiment(
    flat: &Bound<'_, PyDict>,
    data: Option<&Data>,
) -> PyResult<(Experiment, Sources)> {
    let data = data.map(in_memory_only);
    experiment_of(table(flat)?, data, &Registry::built_in())
}

/// Data without a file of their own.
pub(crate) fn in_memory_only(data: &Data) -> (&Data, &Path) {
    (data, Path::new(GIVEN))
}

/// As [`experiment`], with rules that it may name.
pub(crate) fn experiment_of(
    flat: Table,
    data: Option<(&Data, &Path)>,
    rules: &Registry,
) -> PyResult<(Experiment, Sources)> {
    if let Some((data, path)) = data {
        return given::experiment(flat, &data.given, path, rules).or_raise();
    }
    let here = std::env::current_dir()?;
    let experiment = Experiment::from_flat_with(&flat, Some(&here), rules).or_raise()?;
    Ok((experiment, Sources::default()))
}

/// Rule of one's own: what makes it for a run, name and version.
pub(crate) type OwnRule = (Py<PyAny>, RuleName);

/// The experiment of a flat dict, on data that lie at a path, taught by a rule that Python makes where there is one,
/// and that rule.
pub(crate) fn own_experiment(
    flat: &Bound<'_, PyDict>,
    data: Option<(&Data, &Path)>,
    rule: Option<OwnRule>,
    watch: &Arc<Watch>,
) -> PyResult<(Experiment, Sources, Option<Arc<PythonRule>>)> {
    let mut flat = table(flat)?;
    let (rules, rule) = match rule {
        None => (Registry::built_in(), None),
        Some((make, name)) => {
            let rule = Arc::new(PythonRule::new(make, watch));
            flat.insert("rule".to_owned(), Value::String(name.0.clone()));
            (with_own(name, Some(&rule))?, Some(rule))
        }
    };
    let (experiment, sources) = experiment_of(flat, data, &rules)?;
    Ok((experiment, sources, rule))
}

/// Trains all settings, and returns their runs, and the exception that stopped them, if one did; `notes` on the
/// data become warnings.
#[pyfunction]
pub(crate) fn train<'py>(
    py: Python<'py>,
    flat: &Bound<'py, PyDict>,
    data: Option<&Data>,
    rule: Option<OwnRule>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
    notes: bool,
) -> PyResult<(Vec<SettingOut<'py>>, Option<PyErr>)> {
    let watch = Arc::new(Watch::default());
    let (experiment, sources, rule) = own_experiment(flat, data.map(in_memory_only), rule, &watch)?;
    if notes {
        let found = py.detach(|| of_data(&experiment, &sources));
        for note in found.or_raise()? {
            // Past `_run`, and `train` or `sweep`.
            warn(py, &note, 3)?;
        }
    }
    let experiment = Arc::new(experiment);
    let progress = Progress { callback: progress };
    let runs = Arc::new(Mutex::new(in_memory::unfinished(&experiment)));
    let work = {
        let (experiment, watch) = (Arc::clone(&experiment), Arc::clone(&watch));
        let runs = Arc::clone(&runs);
        move || {
            in_memory::run_each(&experiment, &sources, &watch, &|setting, run, result| {
                // Without a place once the runs have been taken.
                let mut runs = locked(&runs);
                if let Some(place) = runs.get_mut(setting).and_then(|runs| runs.get_mut(run)) {
                    *place = Some(result);
                }
            })
        }
    };
    let (ended, interruption) = supervise(py, threads, &watch, &progress, work)?;
    ended.transpose().or_raise()?;
    let interruption = rule.and_then(|rule| rule.failure()).or(interruption);
    let runs = std::mem::take(&mut *locked(&runs));
    let settings = experiment.settings.iter().zip(runs);
    let settings = settings
        .map(|(labelled, runs)| setting(py, labelled, runs))
        .collect::<PyResult<_>>()?;
    Ok((settings, interruption))
}

/// Trains all settings in a run folder, or goes on with what is left of it there; gives the exception that stopped it,
/// if one did. Data in memory lie at the path beside them already.
#[pyfunction]
pub(crate) fn train_in_folder(
    py: Python<'_>,
    flat: &Bound<'_, PyDict>,
    data: Option<(PyRef<'_, Data>, PathBuf)>,
    rule: Option<OwnRule>,
    out: (PathBuf, bool),
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Option<PyErr>> {
    let watch = Arc::new(Watch::default());
    let at = data.as_ref().map(|(data, path)| (&**data, &**path));
    let (experiment, sources, rule) = own_experiment(flat, at, rule, &watch)?;
    for note in py.detach(|| of_data(&experiment, &sources)).or_raise()? {
        warn(py, &note, 3)?;
    }
    let progress = Progress { callback: progress };
    let own = Arc::clone(&watch);
    let work = move || run(&experiment, &sources, &out.0, out.1, &own);
    let (ended, interruption) = supervise(py, threads, &watch, &progress, work)?;
    ended.transpose().or_raise()?;
    Ok(rule.and_then(|rule| rule.failure()).or(interruption))
}

/// Multiply-adds that an explanation may cost: a moment.
const EXPLAINED: f64 = 1e9;

/// Why a setting diverged: its step size beside the bound of its data, and whether it is beyond. `None` where that
/// is not known in a moment.
#[pyfunction]
pub(crate) fn step_bound(
    py: Python<'_>,
    flat: &Bound<'_, PyDict>,
    data: Option<&Data>,
) -> PyResult<Option<(bool, String)>> {
    let (experiment, sources) = experiment(flat, data)?;
    let found = interruptible(py, move |watch| {
        step_bound_of(&experiment, 0, &sources, EXPLAINED, Some(watch))
    })?;
    Ok(found.map(|bound| (bound.ratio() > 1.0, bound.to_string())))
}

fn locked(runs: &Mutex<Runs>) -> MutexGuard<'_, Runs> {
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}
