//! Run folders of the program.

use std::path::PathBuf;

use falign::internal::archive::{archive as put, beside};
use falign::internal::config::{Experiment, flat_table};
use falign::internal::plan::folder;
use falign::internal::simulate::given;
use falign::rule::Registry;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::Value;

use crate::convert::{dict, table};
use crate::data::Data;
use crate::error::{OrRaise, detached};
use crate::rule::{RuleName, with_own};
use crate::runs::{RecordIn, SettingOut, result, setting};

/// The rules that a folder may name: the built-in ones, and one of a user's own.
fn rules(own: Option<RuleName>) -> PyResult<Registry> {
    own.map_or_else(|| Ok(Registry::built_in()), |name| with_own(name, None))
}

/// Writes a run folder. Data in memory lie at `data_path` already.
#[pyfunction]
pub(crate) fn save(
    py: Python<'_>,
    path: PathBuf,
    flat: &Bound<'_, PyDict>,
    data: Option<(PyRef<'_, Data>, PathBuf)>,
    runs: Vec<Vec<Option<RecordIn<'_>>>>,
    seconds: f64,
    rule: Option<RuleName>,
) -> PyResult<()> {
    let mut flat = table(flat)?;
    if let Some((name, _)) = &rule {
        flat.insert("rule".to_owned(), Value::String(name.clone()));
    }
    let rules = rules(rule)?;
    let experiment = if let Some((data, path)) = &data {
        let given = given::experiment(flat, &data.given, path, &rules);
        given.or_raise()?.0
    } else {
        let here = std::env::current_dir()?;
        Experiment::from_flat_with(&flat, Some(&here), &rules).or_raise()?
    };
    let one = |run: Option<RecordIn<'_>>| run.map(result).transpose();
    let runs = runs
        .into_iter()
        .map(|of_setting| of_setting.into_iter().map(one).collect())
        .collect::<PyResult<Vec<_>>>()?;
    detached(py, || folder::save(&experiment, &runs, &path, seconds))
}

/// Reads a run folder: its experiment as a flat dict, its settings with their runs.
#[pyfunction]
pub(crate) fn load(
    py: Python<'_>,
    path: PathBuf,
    rule: Option<RuleName>,
) -> PyResult<(Bound<'_, PyDict>, Vec<SettingOut<'_>>)> {
    let rules = rules(rule)?;
    let (experiment, runs) = detached(py, || folder::load(&path, &rules))?;
    let flat = flat_table(&experiment.resolved_toml(), Some(&path)).or_raise()?;
    let settings = experiment.settings.iter().zip(runs);
    let settings = settings
        .map(|(labelled, runs)| setting(py, labelled, runs))
        .collect::<PyResult<Vec<_>>>()?;
    Ok((dict(py, &flat)?, settings))
}

/// Puts a finished run folder into one file, beside it unless `out` is given; gives the file's path.
#[pyfunction]
pub(crate) fn archive(
    py: Python<'_>,
    path: PathBuf,
    out: Option<PathBuf>,
    with_data: bool,
) -> PyResult<PathBuf> {
    let out = out.unwrap_or_else(|| beside(&path));
    detached(py, || put(&path, &out, with_data, &Registry::built_in()))?;
    Ok(out)
}
