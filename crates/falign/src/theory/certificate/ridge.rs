//! How much ridge the theorems allow, and when it is spent.

use super::Setup;
use super::data::Facts;
use super::line::{Basis, Group, Line};
use super::start::short;
use super::time::is_smooth_and_bounded;

/// More steps than any run has.
const NEVER: u64 = 9_000_000_000_000_000;

/// `S_lambda` of Theorem 4.3 with `c_S` = 1: the unit of cutoffs, whatever the activation.
pub(super) fn unit(facts: &Facts) -> f64 {
    let Facts { n, p, eta, .. } = *facts;
    let (gamma, max) = (facts.gamma, facts.max);
    gamma * (gamma * p).sqrt() / (eta * n.sqrt() * max)
}

/// `S_lambda` of Theorem 4.3 for linear networks and of Theorem 4.2 for smooth, bounded ones, with
/// constants 1; `None` where neither speaks.
pub(super) fn budget(setup: &Setup<'_>, facts: &Facts) -> Option<f64> {
    let Facts {
        n, p, eta, gamma, ..
    } = *facts;
    if facts.is_linear {
        Some(unit(facts))
    } else if is_smooth_and_bounded(setup.activation) {
        Some(gamma * gamma * p.sqrt() / (eta * n * n * facts.log_width().sqrt()))
    } else {
        None
    }
}

/// The number of steps whose ridges sum to at most the budget; `None`: all.
fn steps_within(setup: &Setup<'_>, budget: f64) -> Option<u64> {
    if setup.schedule.sum(NEVER) <= budget {
        return None;
    }
    let (mut within, mut beyond) = (0, NEVER);
    while beyond - within > 1 {
        let middle = within + (beyond - within) / 2;
        if setup.schedule.sum(middle) <= budget {
            within = middle;
        } else {
            beyond = middle;
        }
    }
    Some(within)
}

pub(super) fn lines(setup: &Setup<'_>, facts: &Facts) -> Vec<Line> {
    let line = |key, label: &str, value, basis| Line::new(Group::Ridge, key, label, value, basis);
    let in_run = setup.schedule.sum(setup.steps);
    let mut lines = vec![
        line(
            "ridge_over_gamma",
            "L = max lambda / gamma",
            facts.ridge / facts.gamma,
            Basis::Theorem,
        )
        .note("3 or more in Theorem 4.6"),
        line(
            "ridge_total",
            "sum of lambda(t) over all t",
            setup.schedule.total(),
            Basis::Theorem,
        )
        .note(format!("{} within the run", short(in_run))),
    ];
    let label = if facts.is_linear {
        "S_lambda = gamma sqrt(gamma p) / (eta sqrt(n) M)"
    } else {
        "S_lambda = gamma^2 sqrt(p) / (eta n^2 sqrt(log p))"
    };
    let allowed = line("ridge_budget", label, f64::NAN, Basis::Theorem);
    let Some(budget) = budget(setup, facts) else {
        let name = setup.activation.name();
        lines.push(Line {
            label: "S_lambda".to_owned(),
            ..allowed.none(format!("no theorem speaks of {name} networks"))
        });
        return lines;
    };
    lines.push(Line {
        value: Some(budget),
        note: if facts.is_linear {
            "Theorem 4.3, c_S = 1"
        } else {
            "Theorem 4.2, c_S = 1"
        }
        .to_owned(),
        ..allowed
    });
    if facts.ridge > 0.0 {
        if facts.is_linear {
            let cutoff = (budget / facts.ridge).floor();
            lines.push(
                line(
                    "cutoff_step",
                    "T = S_lambda / lambda, the cutoff",
                    cutoff,
                    Basis::Theorem,
                )
                .note("Theorem 4.6, c_S = 1"),
            );
        }
        let spent = line(
            "budget_spent_step",
            "step at which S_lambda is spent",
            f64::NAN,
            Basis::Theorem,
        );
        lines.push(match steps_within(setup, budget) {
            None => spent.none("never: the theorem speaks of all steps"),
            Some(step) => Line {
                value: Some(step as f64),
                note: if step >= setup.steps {
                    "after the run's end".to_owned()
                } else {
                    "the theorem ends there".to_owned()
                },
                ..spent
            },
        });
    }
    lines
}
