//! Points of figures, for matplotlib.

use falign::internal::config::figure::Figure;
use falign::internal::plan::run_table::RunTable;
use falign::internal::plan::setting_runs;
use falign::internal::plan::summary::summary_csv;
use falign_figure::{Options, Table};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::Value;

use crate::convert::table;
use crate::error::config_error;
use crate::fitted::{Fitted, without_data};
use crate::runs::{RecordIn, result};

/// A setting as [`crate::runs::setting`] gives it, with facts of the data that were given as arrays: flat
/// keys, facts, case, swept keys with their texts, finished runs.
type Setting<'py> = (
    Bound<'py, PyDict>,
    Option<PyRef<'py, Fitted>>,
    String,
    Vec<(String, String)>,
    Vec<RecordIn<'py>>,
);

/// The points of a figure and what is drawn of them, as CSV and JSON.
#[pyfunction]
pub(crate) fn figure(
    asked: &Bound<'_, PyDict>,
    settings: Vec<Setting<'_>>,
) -> PyResult<(String, String)> {
    let asked = Value::Table(table(asked)?).try_into::<Figure>();
    let asked = asked.map_err(|error| config_error(&format!("figure: {}", error.message())))?;
    let settings = settings
        .into_iter()
        .map(|(flat, fitted, case, axes, records)| {
            let (experiment, _) = without_data(&flat, fitted.as_deref())?;
            let mut labelled = experiment.settings.into_iter().next().expect("one setting");
            (labelled.case, labelled.axes) = (case, axes);
            let rows = records.into_iter().map(|record| Ok(result(record)?.rows));
            let rows = rows.collect::<PyResult<Vec<_>>>()?;
            Ok(setting_runs(&labelled, &rows))
        })
        .collect::<PyResult<_>>()?;
    let summary = summary_csv(&RunTable { settings });
    let drawn = Table::parse(summary.as_bytes(), "the table of runs")
        .and_then(|table| falign_figure::points(&asked, &table, &Options::default()));
    let points = drawn.map_err(|error| config_error(&format!("figure: {error:#}")))?;
    Ok((points.figure, points.csv))
}
