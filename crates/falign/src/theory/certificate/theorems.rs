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

/// Relative differences below this, and shares of |y|, are rounding.
const ROUNDING: f64 = 1e-6;

/// L of Theorem 4.6 that counts as large, and eps that counts as small: with these the alignment
/// was measured to be there.
const LARGE_RIDGE: f64 = 3.0;
const SMALL_EPS: f64 = 1.0;

pub(super) fn statements(setup: &Setup<'_>, facts: &Facts) -> Vec<Statement> {
    vec![
        theorem_3_2(setup, facts),
        theorem_4_2(setup, facts),
        theorem_4_3(setup, facts),
        theorem_4_6(setup, facts),
    ]
}

/// The conditions of every theorem of the paper on the training.
fn training(setup: &Setup<'_>, facts: &Facts) -> Vec<Condition> {
    let k = facts.k;
    let feedback = match setup.feedback {
        LazyFeedback::Transpose => "it is beta itself".to_owned(),
        LazyFeedback::Fixed { correlation } => format!("correlation {correlation}"),
    };
    let share = facts.eta * (facts.max + facts.ridge);
    let mut conditions = vec![
        Condition::new("one_output", k == 1, "one output", k.to_string()),
        Condition::new(
            "independent_feedback",
            setup.feedback == LazyFeedback::Fixed { correlation: 0.0 },
            "b independent of beta(0)",
            feedback,
        ),
        Condition::new(
            "small_step",
            share <= 1.0,
            "eta (M + max lambda) <= 1, as the proof asks",
            short(share),
        ),
    ];
    if !setup.departures.is_empty() {
        conditions.push(Condition::new(
            "as_in_the_paper",
            false,
            "training as in the paper",
            setup.departures.join(", "),
        ));
    }
    conditions
}

fn smooth(setup: &Setup<'_>) -> Condition {
    Condition::new(
        "smooth_and_bounded",
        is_smooth_and_bounded(setup.activation),
        "psi smooth, and bounded with two derivatives",
        setup.activation.name(),
    )
}

fn positive(facts: &Facts) -> Condition {
    Condition::new(
        "positive_kernel",
        facts.is_positive(),
        "Gbar positive definite",
        format!("rank {} of {}", facts.rank, facts.n),
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
    let asks = format!("{symbol} >= {formula} = {}", short(needed));
    let line = Line::new(Group::Time, key, formula, needed, Basis::Theorem)
        .note("constants 1, delta = 0.1");
    (
        Condition::new(key, there >= needed, asks, short(there)),
        line,
    )
}

fn theorem_3_2(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let mut conditions = vec![
        smooth(setup),
        positive(facts),
        Condition::new(
            "no_ridge",
            facts.ridge <= 0.0,
            "lambda = 0 (else Theorem 4.2)",
            format!("max lambda = {}", short(facts.ridge)),
        ),
    ];
    conditions.extend(training(setup, facts));
    let (sufficient, line) = nonlinear_width(facts);
    Statement {
        key: "theorem_3_2",
        name: "Theorem 3.2",
        says: "|e(t+1)| <= (1 - eta gamma/4) |e(t)| at every step, and weights stay near their start",
        constants: "C_1 = C_2 = 1, delta = 0.1",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_3_2_sufficient_width",
            ..line
        }],
    }
}

/// Whether the ridge of all steps is within `S_lambda` with `c_S` = 1: a finite sum is for some
/// `c_S`. The paper's own cutoff at T = floor(`S_lambda`/lambda) has T + 1 steps with ridge; it counts
/// as within.
fn within_budget(setup: &Setup<'_>, facts: &Facts) -> Condition {
    let total = setup.schedule.total();
    let Some(budget) = budget(setup, facts) else {
        let asks = "S_lambda for this activation";
        return Condition::new("ridge_budget", false, asks, "there is none");
    };
    if total.is_infinite() {
        let asks = "a finite sum of lambda(t)";
        return Condition::new("ridge_budget", false, asks, "infinite");
    }
    let counted = match setup.schedule {
        Schedule::Cutoff { ridge, .. } => total - ridge,
        _ => total,
    };
    let (met, there) = if counted <= budget * (1.0 + ROUNDING) {
        (Met::Yes, short(total))
    } else {
        let needed = short(counted / budget);
        (
            Met::Open,
            format!("{}, which needs c_S = {needed}", short(total)),
        )
    };
    let asks = format!("sum of lambda(t) <= S_lambda = {} (c_S = 1)", short(budget));
    Condition::new("ridge_budget", met, asks, there)
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
        constants: "c_S = C_1 = C_2 = 1, delta = 0.1",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_4_2_sufficient_width",
            ..line
        }],
    }
}

/// The conditions of Theorem 4.3, and of 4.6 with it.
fn linear(setup: &Setup<'_>, facts: &Facts) -> Vec<Condition> {
    let (n, d, rank) = (facts.n, facts.d, facts.inputs_rank as f64);
    let range = if rank >= n {
        Condition::new(
            "positive_kernel",
            true,
            "X X' positive definite",
            format!("rank {rank} of {n}"),
        )
    } else {
        Condition::new(
            "positive_kernel",
            rank >= d,
            "X of full rank",
            format!("rank {rank}, n = {n}, d = {d}"),
        )
    };
    let mut conditions = vec![
        Condition::new(
            "linear",
            facts.is_linear,
            "psi the identity",
            setup.activation.name(),
        ),
        range,
        Condition::new(
            "targets",
            facts.target_norm > 0.0,
            "|y| = Theta(sqrt n)",
            format!("|y|/sqrt n = {}", short(facts.target_norm / n.sqrt())),
        ),
    ];
    if facts.is_linear {
        conditions.push(within_budget(setup, facts));
    }
    conditions.extend(training(setup, facts));
    conditions
}

/// Condition that targets lie in the range of X. Off it nothing moves, so that alignment is that of the
/// projection; the whole residual keeps what is off.
fn in_range(facts: &Facts, whole: Met) -> Option<Condition> {
    (facts.is_linear && facts.out_of_reach > ROUNDING).then(|| {
        Condition::new(
            "targets_in_range",
            whole,
            "y in the range of X, or its projection",
            format!("{} of |y| is off the range", short(facts.out_of_reach)),
        )
    })
}

fn theorem_4_3(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let Facts { d, p, inputs, .. } = *facts;
    let mut conditions = linear(setup, facts);
    conditions.extend(in_range(facts, Met::Open));
    let needed = inputs.max * d * libm::log(d / DELTA) / inputs.gamma;
    let (sufficient, line) = enough(needed, p, ("sufficient_width", "M d log(d/delta)/gamma"));
    Statement {
        key: "theorem_4_3",
        name: "Theorem 4.3",
        says: "|e(t+1)| <= (1 - eta gamma/2 - eta lambda(t)) |e(t)| + eta lambda(t) |y|",
        constants: "c_S = 1, constant 1 before the width, delta = 0.1",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_4_3_sufficient_width",
            ..line
        }],
    }
}

fn theorem_4_6(setup: &Setup<'_>, facts: &Facts) -> Statement {
    let Facts { d, p, .. } = *facts;
    let mut conditions = linear(setup, facts);
    conditions.extend(in_range(facts, Met::Yes));
    let eps = facts.isometry();
    conditions.push(Condition::new(
        "isometry",
        if eps <= SMALL_EPS {
            Met::Yes
        } else {
            Met::Open
        },
        "X (gamma, eps)-isometric with small eps, at most 1",
        format!("eps = {}", short(eps)),
    ));
    let l = facts.ridge / facts.gamma;
    conditions.push(Condition::new(
        "large_ridge",
        if l >= LARGE_RIDGE * (1.0 - ROUNDING) {
            Met::Yes
        } else if l > 0.0 {
            Met::Open
        } else {
            Met::No
        },
        "lambda = L gamma with large L, at least 3",
        format!("L = {}", short(l)),
    ));
    let schedule = match setup.schedule {
        Schedule::Cutoff { .. } => (Met::Yes, "a cutoff"),
        Schedule::InverseSquare { .. } | Schedule::Exponential { .. } => (
            Met::Open,
            "a decay, of which a remark says the same without a proof",
        ),
        Schedule::Constant { .. } => (Met::No, "constant"),
        Schedule::Table { .. } => (Met::Open, "a table"),
    };
    conditions.push(Condition::new(
        "cutoff",
        schedule.0,
        "a ridge with a cutoff",
        schedule.1,
    ));
    // The proof drops what is left of beta(0), "when p/n is large".
    if l > 0.0 {
        let decay = facts.initial_decay;
        let wanted = facts.decay_wanted();
        conditions.push(Condition::new(
            "initial_forgotten",
            if decay >= wanted { Met::Yes } else { Met::Open },
            format!(
                "beta(0) forgotten, -log P_T >= (1/2) log(p/n) + 1 = {}",
                short(wanted)
            ),
            short(decay),
        ));
    }
    let (sufficient, line) = enough(
        d * libm::log(d / DELTA),
        p,
        ("sufficient_width", "d log(d/delta)"),
    );
    Statement {
        key: "theorem_4_6",
        name: "Theorem 4.6",
        says: "cos(b, beta(t)) >= c > 0 from some step on, c independent of n, d, p and eta",
        constants: "c_S = 1, L >= 3, eps <= 1, constant 1 before the width, delta = 0.1",
        conditions,
        sufficient,
        lines: vec![Line {
            key: "theorem_4_6_sufficient_width",
            ..line
        }],
    }
}
