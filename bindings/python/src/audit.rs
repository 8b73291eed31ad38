//! Is a rule the rule it is called?

use std::sync::Arc;

use falign::audit::{Check, Verdict};
use falign::internal::simulate::watch::Watch;
use falign::internal::study::audit::{Limits, RuleAudit, audit_rules};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Data;
use crate::error::OrRaise;
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

/// Case, rule, units of each layer, samples, step size, checks.
type AuditOut = (String, String, Vec<usize>, usize, f64, Vec<CheckOut>);

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
    let checks = one.report.checks.into_iter().map(check).collect();
    let rule = one.rule.name().to_owned();
    (
        one.case,
        rule,
        one.sizes,
        one.samples,
        one.report.step_size,
        checks,
    )
}

fn check(check: Check) -> CheckOut {
    let verdict = match check.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotApplicable => "not_applicable",
    };
    (
        check.name,
        check.meaning,
        verdict,
        check.value,
        check.bound,
        check.note,
    )
}
