//! How long things take, and how far weights move meanwhile.

use super::Setup;
use super::data::Facts;
use super::line::{Basis, Group, Line};
use super::start::short;

/// Whether Theorem 3.2 and 4.2 can speak of an activation: smooth and bounded, with its first
/// two derivatives.
pub(super) fn is_smooth_and_bounded(activation: crate::math::Activation) -> bool {
    let facts = activation.facts();
    facts.is_smooth() && facts.is_bounded
}

/// The share of eta gamma by which a step must contract: 1/4 in Theorems 3.2 and 4.2, 1/2 in 4.3
/// for linear networks; `None` where no theorem speaks.
pub(super) fn rate(setup: &Setup<'_>, facts: &Facts) -> Option<f64> {
    if facts.is_linear {
        Some(0.5)
    } else {
        is_smooth_and_bounded(setup.activation).then_some(0.25)
    }
}

pub(super) fn lines(setup: &Setup<'_>, facts: &Facts) -> Vec<Line> {
    let line = |key, label: &str, value, basis| Line::new(Group::Time, key, label, value, basis);
    let Facts {
        n, p, eta, gamma, ..
    } = *facts;
    let mut lines = vec![
        line(
            "fastest_steps",
            "1 / (eta M): fastest mode, in steps",
            1.0 / (eta * facts.training_max),
            Basis::Asymptotic,
        ),
        line(
            "slowest_steps",
            "1 / (eta gamma): slowest mode, in steps",
            1.0 / (eta * gamma),
            Basis::Asymptotic,
        )
        .note(format!("the run: {}", setup.steps)),
    ];
    if let Some(rate) = rate(setup, facts) {
        let label = if facts.is_linear {
            "1 - eta gamma / 2: |e(t+1)| / |e(t)| at most"
        } else {
            "1 - eta gamma / 4: |e(t+1)| / |e(t)| at most"
        };
        let source = if facts.is_linear {
            "Theorem 4.3, where lambda(t) = 0"
        } else {
            "Theorem 3.2, where lambda(t) = 0"
        };
        lines.push(
            line(
                "contraction_bound",
                label,
                1.0 - rate * eta * gamma,
                Basis::Theorem,
            )
            .note(source),
        );
    }
    if facts.ridge > 0.0 {
        lines.push(
            line(
                "ridge_steps",
                "1 / (eta lambda): beta(0) falls to 1/e, in steps",
                1.0 / (eta * facts.ridge),
                Basis::Asymptotic,
            )
            .note("of the largest ridge"),
        );
    }
    let tau = eta * setup.steps as f64 / p.sqrt();
    lines.push(
        line(
            "slow_time_steps",
            "sqrt(p) / eta: features move, in steps",
            p.sqrt() / eta,
            Basis::Asymptotic,
        )
        .note(format!("run ends at tau = {}", short(tau))),
    );
    if is_smooth_and_bounded(setup.activation) {
        let log = facts.log_width();
        lines.push(
            line(
                "hidden_movement_scale",
                "n sqrt(log p) / (gamma sqrt p): |w_r(t) - w_r(0)|",
                n * log.sqrt() / (gamma * p.sqrt()),
                Basis::Theorem,
            )
            .note("(3.2), constant 1"),
        );
        lines.push(
            line(
                "output_movement_scale",
                "n / (gamma sqrt p): |beta_r(t) - beta_r(0)|",
                n / (gamma * p.sqrt()),
                Basis::Theorem,
            )
            .note("(3.2), constant 1"),
        );
        lines.push(
            line(
                "alignment_scale",
                "n / sqrt p: |cos(b, beta(t))| without ridge",
                n / p.sqrt(),
                Basis::Theorem,
            )
            .note(if n < p.sqrt() {
                "Section 4.1, constant 1"
            } else {
                "says nothing above 1"
            }),
        );
    }
    lines
}
