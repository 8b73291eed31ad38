//! What names mean, and what to cite: the facts that the program prints.

use std::path::PathBuf;

use falign::internal::config::builtin::{BUILTIN, find};
use falign::internal::config::cite::bibliography;
use falign::internal::config::explain as names;
use falign::internal::config::keys::nearest;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::folder;
use falign::rule::Registry;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{OrRaise, config};
use crate::train::experiment;

/// Name, kind, and labels with their texts.
type Explanation = (String, &'static str, Vec<(&'static str, String)>);

/// Explanations of all that goes by a name.
#[pyfunction]
pub(crate) fn explain(name: &str) -> PyResult<Vec<Explanation>> {
    let all = names::explain(name, &Registry::built_in()).or_raise()?;
    let parts = |one: names::Explanation| (one.name, one.kind, one.parts);
    Ok(all.into_iter().map(parts).collect())
}

/// BibTeX of the paper, of the sources of a run folder, of an experiment, as a flat dict, or of what has that
/// name (a built-in experiment or a rule), and of falign.
#[pyfunction]
pub(crate) fn cite(
    run: Option<PathBuf>,
    flat: Option<&Bound<'_, PyDict>>,
    name: Option<&str>,
) -> PyResult<String> {
    if let Some(run) = run {
        let experiment = folder::experiment(&run, &Registry::built_in()).or_raise()?;
        let version = folder::version(&run);
        return Ok(bibliography(Some(&experiment), &[], version.as_deref()));
    }
    if let Some(flat) = flat {
        let (experiment, _) = experiment(flat, None)?;
        return Ok(bibliography(Some(&experiment), &[], None));
    }
    let Some(name) = name else {
        return Ok(bibliography(None, &[], None));
    };
    let rules = Registry::built_in();
    if let Some(rule) = rules.get(name) {
        return Ok(bibliography(None, std::slice::from_ref(rule), None));
    }
    if let Some(found) = find(name) {
        let experiment = Experiment::parse(found.text, &Overrides::none()).or_raise()?;
        return Ok(bibliography(Some(&experiment), &[], None));
    }
    let [_, rules] = names::overview(&rules);
    let rules = rules.iter().map(|(name, _)| name.as_str());
    let hint = match nearest(name, BUILTIN.iter().map(|one| one.name).chain(rules)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "no rule and no built-in experiment has this name".to_owned(),
    };
    Err(config("cite", name, &hint))
}
