//! Verdicts on the claims of an experiment, as they are printed.

use anyhow::Result;
use falign::internal::claim::Verdict;
use falign::internal::config::Experiment;
use falign::internal::plan::run_table::RunTable;
use serde_json::{Value, json};

use crate::output;

/// How many claims of an experiment share the level of a check.
pub(super) fn levels(experiment: &Experiment) -> usize {
    let claims = experiment.claims.iter();
    claims.filter(|claim| claim.has_level()).count()
}

/// The verdict on every claim of an experiment, in a check with so many [`levels`].
pub(super) fn of(experiment: &Experiment, table: &RunTable, levels: usize) -> Vec<Verdict> {
    let claims = experiment.claims.iter();
    claims
        .map(|claim| claim.evaluate_among(table, levels))
        .collect()
}

pub(super) fn as_json(verdicts: &[Verdict]) -> Value {
    verdicts
        .iter()
        .map(|v| {
            json!({
                "id": v.id, "verdict": v.name(), "passed": v.passed, "undecidable": v.undecidable,
                "measured": v.measured, "wanted": v.wanted,
                "margin": v.margin.is_finite().then_some(v.margin),
            })
        })
        .collect()
}

pub(super) fn print(verdicts: &[Verdict], experiment: &Experiment) -> Result<()> {
    for v in verdicts {
        let word = match v.name() {
            "passed" => "pass",
            "failed" => "FAIL",
            _ => "UNDECIDED",
        };
        output::line(format!("{word:9} {}", v.id))?;
        if let Some(claim) = experiment.claims.iter().find(|claim| claim.id == v.id) {
            output::line(format!("          {}", claim.text))?;
        }
        output::line(format!("          measured: {}", v.measured))?;
        output::line(format!("          wanted:   {}", v.wanted))?;
        if let Some(reason) = &v.undecidable {
            output::line(format!("          not decidable: {reason}"))?;
        }
    }
    left_out(experiment)
}

/// More claims than this, left out for one reason, are counted rather than named.
const NAMED: usize = 3;

/// The claims that overrides, or the choice of cases, leave nothing to check of.
fn left_out(experiment: &Experiment) -> Result<()> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for (id, reason) in &experiment.left_out {
        match by_reason.iter_mut().find(|(known, _)| known == reason) {
            Some((_, ids)) => ids.push(id),
            None => by_reason.push((reason, vec![id])),
        }
    }
    for (reason, ids) in by_reason {
        let which = if ids.len() > NAMED {
            format!("{} claims", ids.len())
        } else {
            ids.join(", ")
        };
        output::line(format!("left out  {which}: {reason}"))?;
    }
    Ok(())
}
