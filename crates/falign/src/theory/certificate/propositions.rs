//! What random inputs are promised to be.

use ndarray::array;

use super::Setup;
use super::data::Facts;
use super::line::{Basis, Group, Line};
use super::start::short;
use super::statement::{Condition, Met, Statement};
use super::theorems::DELTA;
use crate::math::Activation;
use crate::theory::{infinite_feature_kernel, infinite_slope_kernel};

pub(super) fn statements(setup: &Setup<'_>, facts: &Facts) -> Vec<Statement> {
    vec![proposition_3_3(setup, facts), proposition_4_5(setup, facts)]
}

fn law(setup: &Setup<'_>) -> Condition {
    let (met, there) = match setup.normal_over_dim {
        Some(true) => (Met::Yes, "they were"),
        Some(false) => (Met::No, "they were drawn otherwise"),
        None => (Met::Open, "not known of given data"),
    };
    Condition::new(
        "law_of_inputs",
        met,
        format!("inputs drawn from N(0, I/d): {there}"),
    )
}

fn proposition_3_3(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let named = matches!(setup.activation, Activation::Tanh | Activation::Sigmoid);
    // Of two orthonormal inputs: independent preactivations N(0, 1).
    let unit = array![[1.0, 0.0], [0.0, 1.0]];
    let values = infinite_feature_kernel(setup.activation, &unit);
    let slope = infinite_slope_kernel(setup.activation, &unit)[(0, 1)];
    let printed = 0.5 * (values[(0, 0)] - slope);
    let corrected = 0.5 * (values[(0, 0)] - values[(0, 1)] - slope);
    let line = |key, label, value| Line::new(Group::Data, key, label, value, Basis::Theorem);
    let lines = if named {
        vec![
            line("gamma_printed", "gamma, (E psi^2 - (E psi')^2)/2", printed)
                .note("as the paper prints it"),
            line(
                "gamma_promised",
                "gamma, (Var psi - (E psi')^2)/2",
                corrected,
            )
            .note(format!("corrected; measured {}", short(facts.gamma))),
        ]
    } else {
        Vec::new()
    };
    Statement {
        key: "proposition_3_3",
        name: "Proposition 3.3",
        says: "Gbar has a least eigenvalue above a constant, whatever n and d",
        conditions: vec![
            law(setup),
            Condition::new(
                "tanh_or_sigmoid",
                named,
                format!("psi tanh or sigmoid: {}", setup.activation.name()),
            ),
        ],
        sufficient: Condition::new(
            "sufficient_dim",
            facts.d >= facts.n,
            format!("d >= n = {}: {}", facts.n, facts.d),
        ),
        lines,
    }
}

fn proposition_4_5(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let Facts { n, d, .. } = *facts;
    let needed = |eps: f64| (n / DELTA).ln() / eps + n / eps * (1.0 / eps).ln();
    let promised = smallest(|eps| needed(eps) <= d);
    let eps_there = facts.inputs.max / facts.inputs.gamma - 1.0;
    let line = Line::new(
        Group::Data,
        "isometry_promised",
        "eps of X that d allows, 4 epsilon",
        promised.map_or(f64::NAN, |eps| 4.0 * eps),
        Basis::Theorem,
    );
    let line = if promised.is_some() {
        line.note(format!(
            "constants 1, delta = 0.1; measured {}",
            short(eps_there)
        ))
    } else {
        line.none("none below 2: d is too small with constants 1")
    };
    Statement {
        key: "proposition_4_5",
        name: "Proposition 4.5",
        says: "X is (1 - epsilon, 4 epsilon)-isometric",
        conditions: vec![law(setup)],
        sufficient: Condition::new(
            "sufficient_dim",
            promised.is_some(),
            format!(
                "d >= log(n/delta)/epsilon + n log(1/epsilon)/epsilon for an epsilon < 1/2, that is {}: {}",
                short(needed(0.5)),
                short(d)
            ),
        ),
        lines: vec![line],
    }
}

/// The least epsilon in (0, 1/2) that holds, for a condition that larger ones ease.
fn smallest(holds: impl Fn(f64) -> bool) -> Option<f64> {
    let (mut no, mut yes) = (0.0, 0.5);
    if !holds(yes) {
        return None;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(no, yes);
        if holds(middle) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    Some(yes)
}
