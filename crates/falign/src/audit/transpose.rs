//! With its feedback weights set to the forward weights, a rule is backpropagation.

use ndarray::Array2;

use super::compare::{EXACT, is_same, largest, move_difference};
use super::definition::shapes;
use super::report::{Check, Question};
use super::subject::{Audited, Purpose};
use crate::layer::Node;
use crate::rule::{
    Composed, Composition, DirectFeedback, FeedbackWeights, Gate, Magnitude, Sent, SignalPath,
};

const QUESTION: Question = Question {
    name: "transpose",
    meaning: "with feedback weights set to the forward weights, a step is backpropagation's",
};

const STEPS: usize = 3;

pub(super) fn check(subject: &Audited<'_>) -> Check {
    let hidden = subject.hidden();
    let Some(composition) = subject.claim.composition() else {
        return QUESTION.not_applicable("its definition has no feedback weights to set");
    };
    if hidden == 0 {
        return QUESTION.not_applicable("there is no hidden layer to teach");
    }
    if composition.gate != Gate::Derivative {
        return QUESTION.not_applicable("another function stands in the place of psi'");
    }
    if composition.sent != Sent::Error {
        return QUESTION.not_applicable("what it sends is not the derivative of the loss");
    }
    match composition.feedback {
        FeedbackWeights::Transpose => {
            return QUESTION.not_applicable("it is backpropagation: see `gradient`");
        }
        FeedbackWeights::Sign(Magnitude::BatchRandom) => {
            return QUESTION.not_applicable("its magnitudes are drawn again for every batch");
        }
        _ => {}
    }
    let is_direct = composition.path == SignalPath::Direct;
    let exact_layers = exact_layers(subject, composition);
    if exact_layers == [hidden] {
        return QUESTION.not_applicable(
            "no forward weights join the output to where its signals arrive: maps are between them",
        );
    }
    let mut network = subject.network();
    let mut exact = subject.network_with(Box::new(Composed::backpropagation()));
    let (mut worst, mut is_bitwise) = (0.0, true);
    let mut noise = Purpose::Steps.open();
    for _ in 0..STEPS {
        let layers = network.layers().to_vec();
        exact.layers_mut().clone_from_slice(&layers);
        let Some(feedback) = network.rule_mut().feedback_mut() else {
            return QUESTION.not_applicable("its feedback weights cannot be set from outside");
        };
        // The claim's shapes; others would break the rule's own products.
        if feedback.iter().map(Array2::dim).ne(shapes(
            composition.path,
            composition.direct,
            &layers,
        )) {
            return QUESTION.decided(false, "its feedback weights do not have the claimed shapes");
        }
        if is_direct {
            let carrier = match composition.direct {
                DirectFeedback::Kernel => hidden - 1,
                _ => exact_layers[0],
            };
            feedback[carrier].clone_from(&layers[hidden].weights);
        } else {
            let pairs = feedback.iter_mut().zip(&layers[1..]);
            for (b, layer) in pairs.filter(|(_, layer)| !layer.is_gain()) {
                b.clone_from(&layer.weights);
            }
        }
        subject.step(&mut network, &mut noise.clone());
        subject.step(&mut exact, &mut noise);
        for &l in &exact_layers {
            let start = &layers[l];
            let (found, wanted) = (&network.layers()[l], &exact.layers()[l]);
            let weights = (&found.weights, &wanted.weights);
            worst = largest([
                worst,
                move_difference(weights.0, weights.1, &start.weights, 0.0),
            ]);
            is_bitwise &= is_same(weights.0, weights.1);
            if let (Some(a), Some(b), Some(start)) = (&found.bias, &wanted.bias, &start.bias) {
                worst = largest([worst, move_difference(a, b, start, 0.0)]);
                is_bitwise &= is_same(a, b);
            }
        }
    }
    let how = if is_bitwise {
        "bit for bit"
    } else {
        "to rounding"
    };
    let which = if is_direct && hidden > 1 {
        ", the last hidden layer and the output: none of the forward weights reach further"
    } else {
        ""
    };
    QUESTION.within(worst, EXACT, format!("{how} in {STEPS} steps{which}"))
}

/// Layers whose changes are exact where the feedback weights of their signals are the forward weights: all of
/// them on the layerwise path. On the direct one no forward weights join the output to layers below the last but
/// where its signals arrive at what the last layer reads.
fn exact_layers(subject: &Audited<'_>, composition: Composition) -> Vec<usize> {
    let (net, last) = (&subject.net, subject.hidden());
    if composition.path == SignalPath::Layerwise {
        return (0..=last).collect();
    }
    let read = net.read_by(last);
    let has_landed = |layer: usize| match composition.direct {
        DirectFeedback::Kernel => true,
        _ => net.wiring().landing(net.node_of(layer)).0 == read,
    };
    let mut exact = vec![last];
    let mut gains = Vec::new();
    let mut value = read;
    while let Some(node) = value.checked_sub(1) {
        match &net.nodes()[node] {
            Node::Map(_, from) if from.len() == 1 => value = from[0].0,
            Node::Map(..) => break,
            Node::Layer(from) => {
                let layer = net.layer_of(node);
                if subject.layers[layer].is_gain() {
                    gains.push(layer);
                    value = from.0;
                    continue;
                }
                if has_landed(layer) {
                    exact.extend(gains);
                    exact.push(layer);
                }
                break;
            }
        }
    }
    exact.sort_unstable();
    exact
}
