//! Feedback weights that must stay, and those that must move.

use super::determinism::is_same_feedback;
use super::report::{Check, Question, Verdict};
use super::subject::{Audited, Claim};
use super::watch::Step;
use crate::rule::{FeedbackDecay, FeedbackWeights, Magnitude};

const QUESTION: Question = Question {
    name: "fixed_feedback",
    meaning: "fixed feedback weights are unchanged to the bit, those that learn or are redrawn \
              change",
};

/// `learning_check` is the check of the feedback weights' own rule: where it holds, and there is
/// nothing to learn from, feedback weights that stay are right.
pub(super) fn check(subject: &Audited<'_>, steps: &[Step], learning_check: &Check) -> Check {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
        return QUESTION.not_applicable("no step was watched");
    };
    let shown = (&first.feedback_before, &last.feedback_after);
    let (Some(start), Some(end)) = shown else {
        let note = "it shows no feedback weights";
        return match subject.claim {
            Claim::Family { composition, .. }
                if composition.feedback != FeedbackWeights::Transpose =>
            {
                QUESTION.decided(false, note)
            }
            _ => QUESTION.not_applicable(note),
        };
    };
    let is_fixed = is_same_feedback(start, end);
    let count = steps.len();
    let found = if is_fixed { "unchanged" } else { "changed" };
    let note = format!("{found} in {count} steps");
    let Claim::Family {
        composition,
        learning,
    } = subject.claim
    else {
        let reason = "the claim says nothing of feedback weights";
        return QUESTION.not_applicable(format!("{reason}; they were {note}"));
    };
    if subject.hidden() == 0 {
        return QUESTION.not_applicable("there is no hidden layer to teach");
    }
    match composition.feedback {
        FeedbackWeights::Transpose => {
            QUESTION.not_applicable("backpropagation has no separate feedback weights")
        }
        FeedbackWeights::Random
        | FeedbackWeights::Sign(Magnitude::Unit | Magnitude::FixedRandom) => {
            QUESTION.decided(is_fixed, note)
        }
        FeedbackWeights::Sign(Magnitude::BatchRandom) => {
            // Every batch must have had different magnitudes.
            let used: Vec<_> = steps.iter().map(|s| s.seen.feedback.as_deref()).collect();
            let is_redrawn = used.windows(2).all(|pair| match pair {
                [Some(a), Some(b)] => !is_same_feedback(a, b),
                _ => false,
            });
            QUESTION.decided(
                is_redrawn,
                format!("magnitudes of {count} batches in a row"),
            )
        }
        FeedbackWeights::WeightMirror | FeedbackWeights::Hebbian
            if learning.step_size == Some(0.0) && learning.decay == FeedbackDecay::Number(0.0) =>
        {
            QUESTION.not_applicable(format!("its feedback step size is 0; they were {note}"))
        }
        FeedbackWeights::KolenPollack
        | FeedbackWeights::WeightMirror
        | FeedbackWeights::Hebbian
            if is_fixed && learning_check.verdict == Verdict::Passed =>
        {
            QUESTION.not_applicable("there is nothing to learn from: the rule's own change is 0")
        }
        FeedbackWeights::KolenPollack
        | FeedbackWeights::WeightMirror
        | FeedbackWeights::Hebbian => QUESTION.decided(!is_fixed, note),
    }
}
