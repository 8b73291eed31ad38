//! Delivered deltas against the rule's definition.

use ndarray::{Array2, Zip};

use super::compare::{EXACT, is_within, largest, scaled_difference, size};
use super::net::{self, Pass, Way};
use super::plain;
use super::report::{Check, Question};
use super::subject::{Audited, Claim};
use super::watch::Step;
use crate::rule::{
    Composition, DirectFeedback, FeedbackWeights, Layer, Magnitude, Sent, SignalPath,
};

const QUESTION: Question = Question {
    name: "definition",
    meaning: "what changes every hidden layer, its signal x psi' (or what stands in its place), is that of the rule's definition",
};

pub(super) fn check(subject: &Audited<'_>, steps: &[Step]) -> Check {
    if subject.hidden() == 0 {
        return QUESTION.not_applicable("there is no hidden layer to teach");
    }
    let composition = match subject.claim {
        Claim::Family { composition, .. } => Some(composition),
        Claim::LastLayerOnly => None,
        Claim::NodePerturbation { .. } | Claim::WeightPerturbation { .. } => {
            return QUESTION.not_applicable("what it delivers is random: see `unbiased`");
        }
        Claim::Private => {
            return QUESTION.not_applicable("a private rule has no definition to compare with");
        }
    };
    let mut worst = 0.0;
    let mut note = format!("all hidden layers in {} steps", steps.len());
    for (t, step) in steps.iter().enumerate() {
        let expected = match composition {
            Some(composition) => match Expected::new(subject, composition, step) {
                Ok(expected) => expected,
                Err(reason) => return QUESTION.decided(false, reason),
            },
            None => Expected::nothing(step),
        };
        for (l, found) in step.deltas.iter().enumerate() {
            let scale = size(&expected.sizes[l]);
            let error = scaled_difference(found, &expected.deltas[l], scale);
            // The first place that is wrong says most.
            if is_within(worst, EXACT) && !is_within(error, EXACT) {
                note = format!("hidden layer {} in step {}", l + 1, t + 1);
            }
            worst = largest([worst, error]);
        }
    }
    QUESTION.within(worst, EXACT, note)
}

/// The definition's deltas in a step.
struct Expected {
    deltas: Vec<Array2<f64>>,
    /// Sums of the terms' absolute values: rounding is measured against them.
    sizes: Vec<Array2<f64>>,
}

impl Expected {
    /// Deltas of the definition, or the reason why they are unknown.
    fn new(subject: &Audited<'_>, composition: Composition, step: &Step) -> Result<Self, String> {
        let layers = &step.before;
        let b = carriers(composition, step)?;
        let pass = step.pass(subject);
        let sent = sent(subject, composition.sent, &pass, step)?;
        let slopes = net::slopes(layers, &pass);
        let gates = net::gates(layers, &pass, composition.gate);
        let (y, factor) = (&subject.targets, subject.reduction_factor());
        let sent_sizes = plain::residual_sizes(&sent, y, factor);
        let b_sizes: Vec<_> = b.iter().map(plain::absolute).collect();
        let slope_sizes = plain::slope_sizes(&slopes);
        let gate_sizes = plain::slope_sizes(&gates);
        let deltas = |sent: &_, b: &[_], slopes: &[_], gates: &[Array2<f64>], is_of_sizes| {
            let way = Way {
                layers,
                pass: &pass,
                slopes,
                is_of_sizes,
            };
            let signals = subject.net.signals(composition, sent, b, way);
            let pairs = signals.iter().zip(gates);
            pairs.map(|(signal, gate)| signal * gate).collect()
        };
        Ok(Self {
            deltas: deltas(&sent, &b, &slopes, &gates, false),
            sizes: deltas(&sent_sizes, &b_sizes, &slope_sizes, &gate_sizes, true),
        })
    }

    /// Zeros, exactly.
    fn nothing(step: &Step) -> Self {
        let zeros = || step.deltas.iter().map(|d| 0.0 * d).collect();
        Self {
            deltas: zeros(),
            sizes: zeros(),
        }
    }
}

/// The signal that the output sends: the residual, its sign, or the target, reduced as the loss is.
fn sent(
    subject: &Audited<'_>,
    sent: Sent,
    pass: &Pass,
    step: &Step,
) -> Result<Array2<f64>, String> {
    let (y, factor) = (&subject.targets, subject.reduction_factor());
    let e = plain::residual(subject.loss, pass.outputs(), y, factor);
    Ok(match sent {
        Sent::Error => e,
        Sent::Target => factor * y,
        Sent::SignOfError => {
            let shown = &step.seen.residual;
            if !is_within(size(&(shown - &e)), EXACT * (size(&e) + factor)) {
                return Err("the residual is not the derivative of the loss".to_owned());
            }
            // A sign within rounding of zero is the engine's to choose.
            let tiny = EXACT * factor;
            Zip::from(&e).and(shown).map_collect(|&own, &shown| {
                let e = if own.abs() > tiny { own } else { shown };
                factor * sign(e)
            })
        }
    })
}

/// The feedback weights this step's signals travelled through.
fn carriers(composition: Composition, step: &Step) -> Result<Vec<Array2<f64>>, String> {
    let above = &step.before[1..];
    let forward = || above.iter().map(|layer| layer.weights.clone());
    if composition.feedback == FeedbackWeights::Transpose {
        return Ok(forward().collect());
    }
    let shown = match composition.feedback {
        FeedbackWeights::Sign(Magnitude::BatchRandom) => &step.seen.feedback,
        _ => &step.feedback_before,
    };
    let Some(shown) = shown else {
        return Err("it shows no feedback weights (`feedback`) to compare with".to_owned());
    };
    let expected = shapes(composition.path, composition.direct, &step.before);
    let found: Vec<_> = shown.iter().map(Array2::dim).collect();
    if found != expected {
        return Err(format!(
            "its feedback weights have shapes {found:?}, expected {expected:?}"
        ));
    }
    let FeedbackWeights::Sign(magnitude) = composition.feedback else {
        return Ok(shown.clone());
    };
    if magnitude == Magnitude::Unit && !shown.iter().all(is_unit) {
        return Err("magnitudes within a layer are not all equal".to_owned());
    }
    let signed = |(b, w): (&Array2<f64>, Array2<f64>)| {
        if b.is_empty() {
            return b.clone();
        }
        Zip::from(b).and(&w).map_collect(|b, &w| b.abs() * sign(w))
    };
    Ok(shown.iter().zip(forward()).map(signed).collect())
}

/// (rows, columns) of each hidden layer's feedback weights: none of gains, which are not taught through any, or
/// through which signals go as they are.
pub(super) fn shapes(
    path: SignalPath,
    direct: DirectFeedback,
    layers: &[Layer<f64>],
) -> Vec<(usize, usize)> {
    let last = layers.len() - 1;
    let outputs = layers[last].units();
    let shape = |l: usize| {
        let is_direct_to_activity = path == SignalPath::Direct && direct != DirectFeedback::Kernel;
        // The layer whose weights would carry the signal.
        let carrier = if is_direct_to_activity { l } else { l + 1 };
        match (path, direct) {
            _ if layers[carrier].is_gain() => (0, 0),
            (SignalPath::Layerwise, _) => layers[l + 1].weights.dim(),
            (SignalPath::Direct, DirectFeedback::Kernel) => {
                layers[l + 1].with_channels(outputs, 1.0).weights.dim()
            }
            (SignalPath::Direct, _) => (outputs, layers[l].units()),
        }
    };
    (0..last).map(shape).collect()
}

/// -1, 0 or 1.
pub(super) fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// Whether all magnitudes are equal; weights that were cut are 0.
pub(super) fn is_unit(b: &Array2<f64>) -> bool {
    let top = size(b);
    b.iter()
        .all(|b| *b == 0.0 || b.abs().to_bits() == top.to_bits())
}
