//! Whether the loss falls.

use super::report::{Check, Question, Verdict};
use super::subject::{Audited, Claim, Purpose};

const QUESTION: Question = Question {
    name: "descent",
    meaning: "the loss of the batch falls in some steps without ridge",
};

const STEPS: usize = 50;

/// Divisor of the step size where a gradient step is too long for the loss.
const SHORTER: f64 = 1000.0;

/// Exact gradients must lower the loss if steps are short enough. No theorem says so of random
/// feedback, of trials or of bare targets: there, a loss that rises is reported, not judged.
pub(super) fn check(subject: &Audited<'_>) -> Check {
    let eta = subject.step_size;
    let (start, end) = run(subject, eta);
    let mut found = format!("from {start:.6} to {end:.6} in {STEPS} steps");
    let mut ratio = end / start;
    let is_exact = subject.claim.is_backpropagation() || subject.claim == Claim::LastLayerOnly;
    // Of another network in each step nothing is said.
    let must_fall = is_exact && !subject.net.is_drawn();
    let mut check = if end < start {
        QUESTION.decided(true, found)
    } else if must_fall {
        let (start, end) = run(subject, eta / SHORTER);
        ratio = end / start;
        found = format!(
            "{found} of the step size given, which is too long; from {start:.6} to {end:.6} in \
             {STEPS} steps shorter by {SHORTER}"
        );
        QUESTION.decided(end <= start, found)
    } else {
        QUESTION.not_applicable(format!("{found}; no theorem says that it must fall"))
    };
    check.value = Some(ratio);
    check.bound = (check.verdict != Verdict::NotApplicable).then_some(1.0);
    check
}

/// The loss before and after.
fn run(subject: &Audited<'_>, step_size: f64) -> (f64, f64) {
    let mut network = subject.network();
    let mut noise = Purpose::Steps.open();
    let no_ridge = vec![1.0; subject.layers.len()];
    let mut step = |network: &mut _| subject.step_of(network, step_size, &no_ridge, &mut noise);
    // A step says the loss before it.
    let start = step(&mut network);
    for _ in 1..STEPS {
        step(&mut network);
    }
    let end = step(&mut network);
    (start, end)
}
