//! Step sizes that are small enough, and until when.

use super::data::Facts;
use super::growth::{Growth, late_divergence};
use super::line::{Basis, Group, Line};
use super::start::short;
use super::{LazyFeedback, Setup};
use crate::Result;
use crate::stage::Listener;

pub(super) fn lines(setup: &Setup<'_>, facts: &Facts, listener: Listener<'_>) -> Result<Vec<Line>> {
    let line =
        |key, label: &str, value, basis| Line::new(Group::StepSize, key, label, value, basis);
    let sum = facts.training_max + facts.ridge;
    let share = facts.eta * sum;
    // The proofs are about feedback that is independent of beta(0).
    let basis = if setup.feedback == (LazyFeedback::Fixed { correlation: 0.0 }) {
        Basis::Theorem
    } else {
        Basis::Asymptotic
    };
    let mut lines = Vec::new();
    if facts.share > 0.0 {
        lines.push(
            line(
                "training_kernel_max",
                "M of Gbar + h K o Gdot",
                facts.training_max,
                Basis::Asymptotic,
            )
            .note(format!("h = {}", short(facts.share))),
        );
    }
    lines.push(
        line("step_bound", "1 / (M + max lambda)", 1.0 / sum, basis).note(if facts.share > 0.0 {
            "no mode overshoots"
        } else {
            "used in the proofs"
        }),
    );
    lines.push(
        line(
            "divergence_bound",
            "2 / (M + max lambda)",
            2.0 / sum,
            Basis::Asymptotic,
        )
        .note("beyond: diverges at once"),
    );
    lines.push(
        line(
            "step_share",
            "eta (M + max lambda)",
            share,
            Basis::Asymptotic,
        )
        .note(if share <= 1.0 {
            "within both bounds"
        } else if share <= 2.0 {
            "stable, beyond the proofs"
        } else {
            "diverges at once"
        }),
    );
    let late = line(
        "late_divergence_step",
        "step at which eta (lambda + max G) passes 2",
        f64::NAN,
        Basis::Asymptotic,
    );
    lines.push(match late_divergence(setup, facts, listener)? {
        Growth::Passes { step, spread } => Line {
            value: Some(step),
            note: spread.map_or_else(
                || "G grows on the slow time".to_owned(),
                |s| format!("G grows on the slow time; +- {} by sampling", short(s)),
            ),
            ..late
        },
        Growth::Stays { largest } => late.none(format!(
            "not within the run: eta (lambda + max G) reaches {}",
            short(largest)
        )),
        Growth::Unknown { why } => late.none(why),
    });
    Ok(lines)
}
