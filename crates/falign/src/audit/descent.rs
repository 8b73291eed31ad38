//! Whether the loss falls.

use super::report::{Check, Question, Verdict};
use super::subject::{Claim, Purpose, Subject};

const QUESTION: Question = Question {
    name: "descent",
    meaning: "the loss of the batch falls in some steps without ridge",
};

const STEPS: usize = 50;

/// Divisor of the step size where a gradient step is too long for the loss.
const SHORTER: f64 = 1000.0;

/// Exact gradients must lower the loss if steps are short enough. No theorem says so of random
/// feedback, of trials or of bare targets: there, a loss that rises is reported, not judged.
pub(super) fn check(subject: &Subject<'_>) -> Check {
    let eta = subject.step_size;
    let (start, end) = run(subject, eta);
    let mut found = format!("from {start:.6} to {end:.6} in {STEPS} steps");
    let mut ratio = end / start;
    let must_fall = subject.claim.is_backpropagation() || subject.claim == Claim::LastLayerOnly;
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
fn run(subject: &Subject<'_>, step_size: f64) -> (f64, f64) {
    let mut network = subject.network();
    let mut noise = Purpose::Steps.open();
    let no_ridge = vec![1.0; subject.layers.len()];
    network.forward(&subject.input);
    let start = network.loss(&subject.targets, subject.loss, subject.reduction);
    for _ in 0..STEPS {
        subject.step_of(&mut network, step_size, &no_ridge, &mut noise);
    }
    network.forward(&subject.input);
    let end = network.loss(&subject.targets, subject.loss, subject.reduction);
    (start, end)
}
