//! What the machine, the build and Python are, and what is missing.

use std::collections::BTreeMap;

use falign::internal::doctor::{Caller, examine};
use pyo3::prelude::*;

use crate::error::detached;
use crate::pool::wanted;

/// A heading with its facts, each a label and a text.
type Section = (String, Vec<(String, String)>);

/// The report as JSON, and its sections for readers.
#[pyfunction]
pub(crate) fn doctor(
    py: Python<'_>,
    columns: Option<usize>,
    python: BTreeMap<String, Option<String>>,
) -> PyResult<(String, Vec<Section>)> {
    let caller = Caller {
        // Where the variable is no number, the report says so.
        threads: wanted(None).ok().map(Ok),
        columns,
        has_colours: false,
        python: Some(python),
    };
    let report = detached(py, || Ok(examine(&caller)))?;
    let sections = report.sections.iter().map(|section| {
        let facts = section.facts.iter();
        let facts = facts.map(|fact| (fact.label(), fact.text.clone()));
        (section.key.to_owned(), facts.collect())
    });
    Ok((report.json().to_string(), sections.collect()))
}
