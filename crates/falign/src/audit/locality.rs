//! Whether forward weights above take part in a teaching signal.

use ndarray::Array2;

use super::compare::{difference, largest, size};
use super::report::{Check, Question};
use super::subject::{Audited, Claim, Purpose};
use crate::math::Stream;
use crate::rule::{FeedbackWeights, Layer, Trace};

const QUESTION: Question = Question {
    name: "locality",
    meaning: "with activities and residual held, forward weights above a hidden layer play no \
              part in its teaching signal",
};

/// How the weights above are changed.
#[derive(Clone, Copy, PartialEq)]
enum Perturbation {
    /// Weights drawn anew.
    Redrawn,
    /// Multiplied by positive numbers: signs stay.
    Rescaled,
}

pub(super) fn check(subject: &Audited<'_>) -> Check {
    if subject.hidden() == 0 {
        return QUESTION.not_applicable("there is no hidden layer to teach");
    }
    let change = |perturbation| change(subject, perturbation);
    match subject.claim {
        Claim::NodePerturbation { .. } => QUESTION.not_applicable(
            "its trials run the layers above forward; nothing travels back through them",
        ),
        Claim::WeightPerturbation { .. } => {
            QUESTION.not_applicable("no signals are sent: one number, the change of the loss, is")
        }
        Claim::Family { composition, .. } => match composition.feedback {
            FeedbackWeights::Transpose => {
                let found = change(Perturbation::Redrawn);
                let is_seen = found > 0.0;
                let note = if is_seen {
                    "not local, as backpropagation should be: signals change with the weights above"
                } else {
                    "signals do not change with the weights above: not the transpose"
                };
                let mut check = QUESTION.decided(is_seen, note);
                check.value = Some(found);
                check
            }
            FeedbackWeights::Sign(_) => QUESTION.within(
                change(Perturbation::Rescaled),
                0.0,
                "weights above rescaled with their signs kept: the rule knows the signs",
            ),
            _ => QUESTION.within(
                change(Perturbation::Redrawn),
                0.0,
                "weights above drawn anew",
            ),
        },
        Claim::LastLayerOnly => QUESTION.within(
            change(Perturbation::Redrawn),
            0.0,
            "weights above drawn anew",
        ),
        Claim::Private => {
            let found = change(Perturbation::Redrawn);
            if found == 0.0 {
                return QUESTION.within(found, 0.0, "weights above drawn anew");
            }
            if change(Perturbation::Rescaled) == 0.0 {
                let note = "signals see the signs of the weights above, and nothing else of them";
                return QUESTION.within(0.0, 0.0, note);
            }
            let note = "signals change with the weights above: weights are transported, as in \
                        backpropagation";
            QUESTION.within(found, 0.0, note)
        }
    }
}

/// Largest relative change of a hidden layer's signal when the layers above it are changed.
fn change(subject: &Audited<'_>, perturbation: Perturbation) -> f64 {
    let network = subject.begun();
    let trace = network.trace();
    let mut draws = Purpose::Perturbation.open();
    let changes = (0..subject.hidden()).map(|at| {
        let mut layers = subject.layers.clone();
        // Gains belong to the norm before them, which signals cross as it is.
        for layer in layers[at + 1..].iter_mut().filter(|layer| !layer.is_gain()) {
            perturb(layer, perturbation, &mut draws);
        }
        let still = taught(subject, &subject.layers, trace, at);
        let moved = taught(subject, &layers, trace, at);
        let pairs = still.iter().zip(&moved);
        largest(pairs.map(|(still, moved)| difference(moved, still)))
    });
    largest(changes)
}

/// The signals of hidden layer `at` in two lessons in a row: a rule that keeps the weights of
/// the lesson before shows in the second.
fn taught(
    subject: &Audited<'_>,
    layers: &[Layer<f64>],
    trace: &Trace<f64>,
    at: usize,
) -> [Array2<f64>; 2] {
    let mut rule = (subject.rule)();
    let mut noise = Purpose::Steps.open();
    let mut signals: Vec<_> = trace.activities.iter().map(|a| a * 0.0).collect();
    [0, 1].map(|_| {
        rule.teach(layers, trace, &mut signals, &mut noise);
        signals[at].clone()
    })
}

fn perturb(layer: &mut Layer<f64>, perturbation: Perturbation, draws: &mut Stream) {
    match perturbation {
        Perturbation::Redrawn => {
            let top = size(&layer.weights);
            let scale = if top > 0.0 { top } else { 1.0 };
            layer.weights.mapv_inplace(|_| scale * draws.normal());
            if let Some(bias) = &mut layer.bias {
                bias.mapv_inplace(|_| scale * draws.normal());
            }
        }
        Perturbation::Rescaled => {
            let mut factor = || 0.5 + 1.5 * draws.uniform();
            layer.weights.mapv_inplace(|w| w * factor());
            if let Some(bias) = &mut layer.bias {
                bias.mapv_inplace(|b| b * factor());
            }
        }
    }
}
