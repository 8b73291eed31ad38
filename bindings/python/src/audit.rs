//! Is a rule the rule it is called?

use std::path::PathBuf;
use std::sync::Arc;

use falign::audit::{Check, Verdict};
use falign::internal::audit::{Findings, Kind, PartFinding, Updates};
use falign::internal::data::Entry;
use falign::internal::simulate::watch::Watch;
use falign::internal::study::audit::{Limits, RuleAudit, audit_rules};
use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Data;
use crate::error::{OrRaise, detached};
use crate::rule::taught;
use crate::supervise::{Progress, supervise};
use crate::train::experiment;

/// Name, meaning, verdict, found, allowed, note.
type CheckOut = (
    &'static str,
    String,
    &'static str,
    Option<f64>,
    Option<f64>,
    String,
);

/// Case, rule, units of each layer, samples, step size, checks, verdict.
type AuditOut = (
    String,
    String,
    Vec<usize>,
    usize,
    f64,
    Vec<CheckOut>,
    String,
);

/// Layer, kind, verdict, error, allowed, what is found instead.
type PartOut = (usize, &'static str, &'static str, f64, f64, Option<String>);

/// Rule, units of each layer, samples, precision, parts, the rule that it is instead, others that it could be,
/// verdict.
type UpdatesOut = (
    String,
    Vec<usize>,
    usize,
    &'static str,
    Vec<PartOut>,
    Option<&'static str>,
    Vec<&'static str>,
    String,
);

#[pyfunction]
pub(crate) fn audit(
    py: Python<'_>,
    flat: &Bound<'_, PyDict>,
    data: Option<&Data>,
    rule: Option<Py<PyAny>>,
    width: usize,
    samples: usize,
) -> PyResult<Vec<AuditOut>> {
    let (experiment, sources) = experiment(flat, data)?;
    let watch = Arc::new(Watch::default());
    let (experiment, rule) = taught(experiment, rule, &watch)?;
    let silent = Progress { callback: None };
    let limits = Limits { width, samples };
    let own = Arc::clone(&watch);
    let (audits, interruption) = supervise(py, None, &watch, &silent, move || {
        audit_rules(&experiment, &sources, limits, Some(&own))
    })?;
    let failure = rule.and_then(|rule| rule.failure());
    match (audits, failure.or(interruption)) {
        (Some(audits), None) => Ok(audits.or_raise()?.into_iter().map(out).collect()),
        (_, exception) => Err(exception.expect("without one there is a value")),
    }
}

fn out(one: RuleAudit) -> AuditOut {
    let verdict = one.verdict();
    let checks = one.report.checks.into_iter().map(check).collect();
    let rule = one.rule.name().to_owned();
    (
        one.case,
        rule,
        one.sizes,
        one.samples,
        one.report.step_size,
        checks,
        verdict,
    )
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotApplicable => "not_applicable",
    }
}

fn check(check: Check) -> CheckOut {
    (
        check.name,
        check.meaning,
        word(check.verdict),
        check.value,
        check.bound,
        check.note,
    )
}

/// A value of an NPZ file.
#[derive(FromPyObject)]
pub(crate) enum Value<'py> {
    Text(String),
    Numbers(PyReadonlyArrayDyn<'py, f64>),
}

/// Updates of another program: those of the file `path`, or these arrays under that name.
#[pyfunction]
pub(crate) fn audit_updates(
    py: Python<'_>,
    path: PathBuf,
    arrays: Option<Vec<(String, Value<'_>)>>,
    tolerance: Option<f64>,
) -> PyResult<UpdatesOut> {
    let arrays = arrays.map(|arrays| {
        let entries = arrays.into_iter().map(|(name, value)| {
            let entry = match value {
                Value::Text(text) => Entry::Text(text),
                Value::Numbers(numbers) => Entry::Numbers(numbers.as_array().to_owned()),
            };
            (name, entry)
        });
        entries.collect()
    });
    let findings = detached(py, move || {
        let updates = match arrays {
            Some(entries) => Updates::of(entries, &path),
            None => Updates::load(&path),
        };
        updates.map(|updates| updates.audit(tolerance))
    });
    findings.map(updates_out)
}

fn updates_out(found: Findings) -> UpdatesOut {
    (
        found.rule.name().to_owned(),
        found.sizes,
        found.samples,
        found.precision.name(),
        found.parts.into_iter().map(part).collect(),
        found.explained_by,
        found.also,
        found.verdict,
    )
}

fn part(one: PartFinding) -> PartOut {
    let kind = match one.kind {
        Kind::Weights => "weights",
        Kind::Biases => "biases",
        Kind::Feedback => "feedback",
    };
    (
        one.layer,
        kind,
        word(one.verdict),
        one.error,
        one.allowed,
        one.instead,
    )
}
