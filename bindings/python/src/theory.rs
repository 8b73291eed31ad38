//! Certificates of an experiment.

use falign::internal::study::certificate::{Question, certify_settings};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Data;
use crate::supervise::interruptible;
use crate::train::experiment;

/// Columns of a page.
const PAGE: usize = 100;

/// Page to read of each certificate, and everything as JSON. `folder`: a finished run
/// folder that adds what was observed; `every_setting` and `alignment` as in `Question`.
#[pyfunction]
pub(crate) fn theory(
    py: Python<'_>,
    flat: &Bound<'_, PyDict>,
    data: Option<&Data>,
    folder: Option<std::path::PathBuf>,
    every_setting: bool,
    alignment: Option<f64>,
) -> PyResult<Vec<(String, String)>> {
    let (experiment, sources) = experiment(flat, data)?;
    let found = interruptible(py, move |watch| {
        let question = Question {
            folder: folder.as_deref(),
            every_setting,
            alignment,
            watch: Some(watch),
        };
        certify_settings(&experiment, &sources, question)
    })?;
    Ok(found
        .iter()
        .map(|one| (one.page(PAGE), one.to_json().to_string()))
        .collect())
}
