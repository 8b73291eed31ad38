//! What theory says of an experiment.

use std::sync::Arc;

use falign::simulate::watch::Watch;
use falign::study::certificate::{Question, certify_settings};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Data;
use crate::error::OrRaise;
use crate::supervise::{Progress, supervise};
use crate::train::experiment;

/// Of each certificate: the page to read, and everything as JSON. `folder`: a finished run
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
    let watch = Arc::new(Watch::default());
    let heard = Arc::clone(&watch);
    let silent = Progress {
        callback: None,
        total: 0.0,
    };
    let (found, interruption) = supervise(py, None, &watch, &silent, move || {
        let question = Question {
            folder: folder.as_deref(),
            every_setting,
            alignment,
            watch: Some(&heard),
        };
        certify_settings(&experiment, &sources, question)
    })?;
    let found = match (found, interruption) {
        (Some(found), None) => found.or_raise()?,
        (_, exception) => return Err(exception.expect("without one there is a value")),
    };
    Ok(found
        .iter()
        .map(|one| (one.page(), one.to_json().to_string()))
        .collect())
}
