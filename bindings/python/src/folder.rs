//! Run folders of the program.

use std::path::PathBuf;

use falign::internal::archive::{archive as put, beside};
use falign::internal::config::{Experiment, flat_table};
use falign::internal::plan::folder;
use falign::internal::simulate::given;
use falign::rule::Registry;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{dict, table};
use crate::data::Data;
use crate::error::{OrRaise, detached};
use crate::runs::{RecordIn, SettingOut, result, setting};

/// Writes a run folder. Data in memory lie at `data_path` already.
#[pyfunction]
pub(crate) fn save(
    py: Python<'_>,
    path: PathBuf,
    flat: &Bound<'_, PyDict>,
    data: Option<(PyRef<'_, Data>, PathBuf)>,
    runs: Vec<Vec<Option<RecordIn<'_>>>>,
    seconds: f64,
) -> PyResult<()> {
    let flat = table(flat)?;
    let experiment = if let Some((data, path)) = &data {
        given::experiment(flat, &data.given, path, &Registry::built_in())
            .or_raise()?
            .0
    } else {
        let here = std::env::current_dir()?;
        Experiment::from_flat(&flat, Some(&here)).or_raise()?
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
) -> PyResult<(Bound<'_, PyDict>, Vec<SettingOut<'_>>)> {
    let (experiment, runs) = detached(py, || folder::load(&path, &Registry::built_in()))?;
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
