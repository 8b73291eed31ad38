//! Propositions on random inputs.

use ndarray::array;

use super::Setup;
use super::data::Facts;
use super::line::{Basis, Group, Line};
use super::start::short;
use super::statement::{Condition, Met, Statement, Verdict};
use super::theorems::DELTA;
use crate::math::Activation;
use crate::theory::{infinite_feature_kernel, infinite_slope_kernel};

pub(super) fn statements(setup: &Setup<'_>, facts: &Facts) -> Vec<Statement> {
    vec![proposition_3_3(setup, facts), proposition_4_5(setup, facts)]
}

fn law(setup: &Setup<'_>) -> Condition {
    let (met, there) = match setup.normal_over_dim {
        Some(true) => (Met::Yes, "they were"),
        Some(false) => (Met::No, "drawn otherwise"),
        None => (Met::Open, "given, so their law is not known"),
    };
    Condition::new("law_of_inputs", met, "inputs drawn from N(0, I/d)", there)
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
    let mut statement = Statement {
        key: "proposition_3_3",
        name: "Proposition 3.3",
        says: "Gbar has a least eigenvalue above a constant, whatever n and d",
        constants: "d >= n for d = Omega(n)",
        conditions: vec![
            law(setup),
            Condition::new(
                "tanh_or_sigmoid",
                named,
                "psi tanh or sigmoid",
                setup.activation.name(),
            ),
        ],
        sufficient: Condition::new(
            "sufficient_dim",
            facts.d >= facts.n,
            format!("d >= n = {}", facts.n),
            facts.d.to_string(),
        ),
        lines,
    };
    if statement.verdict() == Verdict::Met && facts.gamma < corrected {
        statement.contradicted(format!(
            "gamma = {}, where it promises {}",
            short(facts.gamma),
            short(corrected)
        ));
    }
    statement
}

/// a at which (1 + a)^2 = (1 + 4 epsilon)(1 - epsilon) with epsilon = 2a - a^2: the root of
/// 1 - 5a + 4a^2 - a^3. With a larger one X is not (1 - epsilon, 4 epsilon)-isometric.
const LARGEST: f64 = 0.245_122_333_753_307_24;

/// The proposition with the bound of Davidson & Szarek in place of the printed one, of which no
/// constant makes a theorem: eigenvalues of X X' fill (1 -+ sqrt(n/d))^2, so that those above
/// 1 - epsilon need d of order n/epsilon^2, and not n log(1/epsilon)/epsilon.
fn proposition_4_5(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let Facts { n, d, .. } = *facts;
    let tail = (2.0 * libm::log(2.0 / DELTA)).sqrt();
    // Singular values are within 1 -+ a with probability 1 - delta.
    let a = (n.sqrt() + tail) / d.sqrt();
    let epsilon = a * (2.0 - a);
    let granted = a <= LARGEST;
    let needed = ((n.sqrt() + tail) / LARGEST).powi(2);
    let measured = short(facts.isometry());
    let line = Line::new(
        Group::Data,
        "isometry_promised",
        "eps of X that d allows, 4 epsilon",
        4.0 * epsilon,
        Basis::Theorem,
    );
    let line = if granted {
        line.note(format!("delta = 0.1; measured {measured}"))
    } else {
        line.none(format!(
            "d is too small to promise any; measured {measured}"
        ))
    };
    let holds = facts.inputs.gamma >= 1.0 - epsilon
        && facts.inputs.max <= (1.0 + 4.0 * epsilon) * (1.0 - epsilon);
    let refuted = granted && !holds;
    let there = format!(
        "eigenvalues from {} to {}, where it promises {} to {}",
        short(facts.inputs.gamma),
        short(facts.inputs.max),
        short(1.0 - epsilon),
        short((1.0 + 4.0 * epsilon) * (1.0 - epsilon))
    );
    let mut law = law(setup);
    if refuted && law.met == Met::Open {
        law = Condition {
            met: Met::No,
            there: format!("given, and {there}"),
            ..law
        };
    }
    let mut statement = Statement {
        key: "proposition_4_5",
        name: "Proposition 4.5",
        says: "X is (1 - epsilon, 4 epsilon)-isometric with probability 1 - delta. (The printed bound on d is false \
               for small epsilon; this is Davidson & Szarek's.)",
        constants: "delta = 0.1",
        conditions: vec![law],
        sufficient: Condition::new(
            "sufficient_dim",
            granted,
            format!(
                "a = (sqrt n + sqrt(2 log(2/delta)))/sqrt d <= 0.245, d >= {}; epsilon = 2a - a^2",
                needed.ceil()
            ),
            format!("a = {}, d = {d}", short(a)),
        ),
        lines: vec![line],
    };
    if refuted && statement.verdict() == Verdict::Met {
        statement.contradicted(format!("{there}: one of the draws that it leaves out"));
    }
    statement
}
