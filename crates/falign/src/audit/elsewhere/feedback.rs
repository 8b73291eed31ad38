//! Feedback weights after the step: fixed ones stay, and those that learn follow their rule.

use super::rounding::Rounding;
use super::{Kind, PartFinding, Updates};
use crate::audit::compare::{is_within, largest, ratio, size};
use crate::audit::definition::is_unit;
use crate::audit::report::Verdict;
use crate::rule::{FeedbackWeights, Magnitude};

impl Updates {
    /// Whether the claimed rule's feedback weights learn.
    pub(super) fn learns_feedback(&self) -> bool {
        use FeedbackWeights::{Hebbian, KolenPollack, WeightMirror};
        let feedback = self.rule.composition().map(|one| one.feedback);
        matches!(feedback, Some(KolenPollack | WeightMirror | Hebbian))
    }

    /// Whether fixed feedback weights stay, and those of Kolen and Pollack follow the forward ones.
    pub(super) fn feedback_findings(&self, rounding: &Rounding) -> Vec<PartFinding> {
        let feedback = self.rule.composition().map(|one| one.feedback);
        let pairs = self.feedback.iter().zip(&self.feedback_after).enumerate();
        let finding = |l: usize, verdict, error, allowed, instead: Option<&str>| PartFinding {
            layer: l + 1,
            kind: Kind::Feedback,
            verdict,
            error,
            allowed,
            instead: instead.map(str::to_owned),
        };
        let is_unit = self.feedback.iter().all(is_unit);
        if feedback == Some(FeedbackWeights::Sign(Magnitude::Unit)) && !is_unit {
            let why = "the sizes of the feedback weights are not all the same";
            return vec![finding(0, Verdict::Failed, 1.0, 0.0, Some(why))];
        }
        pairs
            .filter_map(|(l, (before, after))| match feedback {
                Some(FeedbackWeights::Random) => {
                    let moved = size(&(after - before));
                    let is_fixed = moved == 0.0;
                    Some(finding(
                        l,
                        decided(is_fixed),
                        ratio(moved, size(before)),
                        0.0,
                        (!is_fixed).then_some("the feedback weights move"),
                    ))
                }
                Some(FeedbackWeights::KolenPollack) => {
                    let kept = 1.0 - self.step_size * self.ridge[l + 1];
                    let (w, w_after) = (&self.layers[l + 1].weights, &self.after[l + 1].0);
                    let change = w_after - &(kept * w);
                    let gap = size(&(after - &(kept * before) - &change));
                    let top = largest([before, after, w, w_after].map(size));
                    let allowed = rounding.of(top, top, 0.0);
                    let is_same = is_within(gap, allowed);
                    let scale = size(&change);
                    Some(finding(
                        l,
                        decided(is_same),
                        ratio(gap, scale),
                        ratio(allowed, scale),
                        (!is_same)
                            .then_some("the feedback weights do not change as the forward ones do"),
                    ))
                }
                _ => None,
            })
            .collect()
    }
}

fn decided(is_passed: bool) -> Verdict {
    if is_passed {
        Verdict::Passed
    } else {
        Verdict::Failed
    }
}
