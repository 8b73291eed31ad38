//! The convergence and alignment theorems, condition by condition.

use super::data::Facts;
use super::line::{Basis, Group, Line};
use super::ridge::budget;
use super::start::short;
use super::statement::{Condition, Met, Statement};
use super::time::is_smooth_and_bounded;
use super::{LazyFeedback, Setup};
use crate::rule::Schedule;

/// The probability with which a theorem may fail.
pub(super) const DELTA: f64 = 0.1;

/// Shares of |y| below this are rounding.
const ROUNDING: f64 = 1e-6;

pub(super) fn statements(setup: &Setup<'_>, facts: &Facts) -> Vec<Statement> {
    vec![
        theorem_3_2(setup, facts),
        theorem_4_2(setup, facts),
        theorem_4_3(setup, facts),
        theorem_4_6(setup, facts),
    ]
}

/// What every theorem of the paper assumes of the training.
fn training(setup: &Setup<'_>, facts: &Facts) -> Vec<Condition> {
    let k = facts.k;
    let feedback = match setup.feedback {
        LazyFeedback::Transpose => "backpropagation has none of its own".to_owned(),
        LazyFeedback::Fixed { correlation } => format!("correlation {correlation}"),
    };
    let share = facts.eta * (facts.max + facts.ridge);
    let mut conditions = vec![
        Condition::new("one_output", k == 1, format!("one output; there are {k}")),
        Condition::new(
            "independent_feedback",
            setup.feedback == LazyFeedback::Fixed { correlation: 0.0 },
            format!("feedback weights independent of beta(0): {feedback}"),
        ),
        Condition::new(
            "small_step",
            share <= 1.0,
            format!(
                "eta (M + max lambda) <= 1, used in the proof: {}",
                short(share)
            ),
        ),
    ];
    if !setup.departures.is_empty() {
        conditions.push(Condition::new(
            "as_in_the_paper",
            false,
            format!("training as in the paper: {}", setup.departures.join(", ")),
        ));
    }
    conditions
}

fn smooth(setup: &Setup<'_>) -> Condition {
    Condition::new(
        "smooth_and_bounded",
        is_smooth_and_bounded(setup.activation),
        format!(
            "psi smooth, with psi, psi', psi'' bounded: {}",
            setup.activation.name()
        ),
    )
}

fn positive(facts: &Facts) -> Condition {
    Condition::new(
        "positive_kernel",
        facts.is_positive(),
        format!("Gbar positive definite: rank {} of {}", facts.rank, facts.n),
    )
}

/// p against n^2/(delta gamma^2) and n^4 log p/gamma^4.
fn nonlinear_width(facts: &Facts) -> (Condition, Line) {
    let Facts { n, p, gamma, .. } = *facts;
    let first = n * n / (DELTA * gamma * gamma);
    let second = n.powi(4) * facts.log_width() / gamma.powi(4);
    enough(
        first.max(second),
        p,
        (
            "sufficient_width",
            "max(n^2/(delta gamma^2), n^4 log p/gamma^4)",
        ),
    )
}

fn enough(
    needed: f64,
    there: f64,
    (key, formula): (&'static str, &'static str),
) -> (Condition, Line) {
    let symbol = if key == "sufficient_width" { "p" } else { "d" };
    let text = format!(
        "{symbol} >= {formula} = {}: {}",
        short(needed),
        short(there)
    );
    let line = Line::new(Group::Time, key, formula, needed, Basis::Theorem)
        .note("constants 1, delta = 0.1");
    (Condition::new(key, there >= needed, text), line)
}

fn theorem_3_2(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let mut conditions = vec![
        smooth(setup),
        positive(facts),
        Condition::new(
            "no_ridge",
            facts.ridge <= 0.0,
            format!(
                "no ridge (Theorem 4.2 has one): max lambda {}",
                short(facts.ridge)
            ),
        ),
    ];
    conditions.extend(training(setup, facts));
    let (sufficient, line) = nonlinear_width(facts);
    Statement {
        key: "theorem_3_2",
        name: "Theorem 3.2",
        says: "|e(t+1)| <= (1 - eta gamma/4) |e(t)| at every step, and weights stay near their start",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_3_2_sufficient_width",
            ..line
        }],
    }
}

/// Whether the ridge of all steps is within `S_lambda`: a finite sum may be, for some `c_S`.
fn within_budget(setup: &Setup<'_>, facts: &Facts) -> Condition {
    let total = setup.schedule.total();
    let Some(budget) = budget(setup, facts) else {
        return Condition::new("ridge_budget", false, "no S_lambda for this activation");
    };
    let (met, note) = if total <= budget {
        (Met::Yes, String::new())
    } else if total.is_finite() {
        (
            Met::Open,
            format!(", which needs c_S = {}", short(total / budget)),
        )
    } else {
        (Met::No, ", at some step it is spent".to_owned())
    };
    let text = format!(
        "sum of lambda(t) <= S_lambda = {}: {}{note}",
        short(budget),
        short(total)
    );
    Condition::new("ridge_budget", met, text)
}

fn theorem_4_2(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let mut conditions = vec![smooth(setup), positive(facts)];
    if is_smooth_and_bounded(setup.activation) {
        conditions.push(within_budget(setup, facts));
    }
    conditions.extend(training(setup, facts));
    let (sufficient, line) = nonlinear_width(facts);
    Statement {
        key: "theorem_4_2",
        name: "Theorem 4.2",
        says: "|e(t+1)| <= (1 - eta gamma/4 - eta lambda(t)) |e(t)| + eta lambda(t) |y|",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_4_2_sufficient_width",
            ..line
        }],
    }
}

/// What Theorem 4.3 assumes, and 4.6 with it.
fn linear(setup: &Setup<'_>, facts: &Facts) -> Vec<Condition> {
    let (n, d, rank) = (facts.n, facts.d, facts.inputs_rank as f64);
    let range = if rank >= n {
        Condition::new(
            "positive_kernel",
            true,
            format!("X X' positive definite: rank {rank} of {n}"),
        )
    } else {
        Condition::new(
            "positive_kernel",
            rank >= d,
            format!(
                "X X' positive definite, or X of full column rank (large samples): rank {rank}, n = {n}, d = {d}"
            ),
        )
    };
    let mut conditions = vec![
        Condition::new(
            "linear",
            facts.is_linear,
            format!("psi the identity: {}", setup.activation.name()),
        ),
        range,
        Condition::new(
            "targets",
            facts.target_norm > 0.0,
            format!(
                "|y| = Theta(sqrt n): |y|/sqrt n = {}",
                short(facts.target_norm / n.sqrt())
            ),
        ),
    ];
    if facts.is_linear && facts.out_of_reach > ROUNDING {
        conditions.push(Condition::new(
            "targets_in_range",
            Met::Open,
            format!(
                "y in the range of X (the theorem speaks of its projection): {} of |y| is not",
                short(facts.out_of_reach)
            ),
        ));
    }
    if facts.is_linear {
        conditions.push(within_budget(setup, facts));
    }
    conditions.extend(training(setup, facts));
    conditions
}

fn theorem_4_3(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let Facts { d, p, inputs, .. } = *facts;
    let needed = inputs.max * d * (d / DELTA).ln() / inputs.gamma;
    let (sufficient, line) = enough(needed, p, ("sufficient_width", "M d log(d/delta)/gamma"));
    Statement {
        key: "theorem_4_3",
        name: "Theorem 4.3",
        says: "|e(t+1)| <= (1 - eta gamma/2 - eta lambda(t)) |e(t)| + eta lambda(t) |y|",
        conditions: linear(setup, facts),
        sufficient,
        lines: vec![Line {
            key: "theorem_4_3_sufficient_width",
            ..line
        }],
    }
}

fn theorem_4_6(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let Facts { d, p, inputs, .. } = *facts;
    let mut conditions = linear(setup, facts);
    let eps = inputs.max / inputs.gamma - 1.0;
    conditions.push(Condition::new(
        "isometry",
        Met::Open,
        format!("X (gamma, eps)-isometric with small eps: {}", short(eps)),
    ));
    let l = facts.ridge / facts.gamma;
    conditions.push(Condition::new(
        "large_ridge",
        if l > 0.0 { Met::Open } else { Met::No },
        format!("lambda = L gamma with large L: {}", short(l)),
    ));
    let schedule = match setup.schedule {
        Schedule::Cutoff { .. } => (Met::Yes, "cutoff"),
        Schedule::InverseSquare { .. } | Schedule::Exponential { .. } => {
            (Met::Open, "a decay, as the remark after the theorem allows")
        }
        Schedule::Constant { .. } => (Met::No, "constant"),
        Schedule::Table { .. } => (Met::Open, "a table"),
    };
    conditions.push(Condition::new(
        "cutoff",
        schedule.0,
        format!(
            "a ridge with a cutoff at T = S_lambda/lambda: {}",
            schedule.1
        ),
    ));
    let (sufficient, line) = enough(
        d * (d / DELTA).ln(),
        p,
        ("sufficient_width", "d log(d/delta)"),
    );
    Statement {
        key: "theorem_4_6",
        name: "Theorem 4.6",
        says: "cos(b, beta(t)) >= c > 0 from some step on, c independent of n, d, p and eta",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_4_6_sufficient_width",
            ..line
        }],
    }
}
