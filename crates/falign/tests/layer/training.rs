//! Every rule trains layers of any kind, by the engine of dense lists.

use std::sync::Arc;

use falign::internal::layer::Wiring;
use falign::internal::network::{Network, OptimiserKind, StepOptions, TokenInput, draw_operators};
use falign::internal::rule::{
    Composed, Composition, FeedbackDecay, FeedbackLearning, LastLayerOnly, MirrorResponse,
    NodePerturbation, WeightPerturbation,
};
use falign::layer::{Dense, Layout, Operator};
use falign::math::{Activation, Stream, StreamName, Streams};
use falign::rule::{Layer, LearningRule, Trace};
use ndarray::Array2;

use super::members::Embedding;
use super::networks::*;

#[test]
fn backpropagation_is_the_gradient_of_the_loss() {
    for layout in [Layout::Rows, Layout::Lanes(16)] {
        let mut network = network(|_| Box::new(Composed::backpropagation()), layout);
        let (x, y) = data();
        let start = network.layers().to_vec();
        network.step(&x, &y, options(&NO_RIDGE), &mut noise());
        let end = network.layers().to_vec();
        let mut draws = Streams::new(7, 0).open(StreamName::Data);
        for at in 0..start.len() {
            let along = start[at].weights.mapv(|_| draws.normal());
            let along_bias = start[at].bias.as_ref().unwrap().mapv(|_| draws.normal());
            let mut at_distance = |h: f64| {
                network.layers_mut().clone_from_slice(&start);
                network.layers_mut()[at].weights.scaled_add(h, &along);
                let bias = network.layers_mut()[at].bias.as_mut().unwrap();
                bias.scaled_add(h, &along_bias);
                loss_of(&mut network, &x, &y)
            };
            let h = 1e-5;
            let wanted = (at_distance(h) - at_distance(-h)) / (2.0 * h);
            let changes = (&end[at].weights - &start[at].weights) * &along;
            let of_bias = end[at].bias.as_ref().unwrap() - start[at].bias.as_ref().unwrap();
            let found = (changes.sum() + (of_bias * along_bias).sum()) / -0.1;
            let error = (found - wanted).abs();
            assert!(
                error < 1e-8 && wanted.abs() > 1e-3,
                "{layout:?} {at}: {found} {wanted}"
            );
        }
    }
}

/// Steps of a training.
const STEPS: usize = 400;
/// Largest share that may be left of the loss that training the last layer alone leaves.
const LEARNED: f64 = 0.75;

#[test]
fn every_rule_teaches_what_the_last_layer_alone_cannot_learn() {
    let last = |rule: &dyn Fn(&[Layer<f64>]) -> Rule| {
        let mut network = network(rule, Layout::Rows);
        *train(&mut network, STEPS, options(&NO_RIDGE))
            .last()
            .unwrap()
    };
    let baseline = last(&|_| Box::new(LastLayerOnly));
    for (name, _) in Composition::all() {
        let share = last(&|layers| composed(name, layers)) / baseline;
        assert!(share < LEARNED, "{name}: {share} of the loss is left");
    }
}

/// Means over draws of noise are the gradient, about.
#[test]
fn trials_of_the_same_pass_estimate_the_gradient() {
    let (x, y) = data();
    let exact = {
        let mut network = network(|_| Box::new(Composed::backpropagation()), Layout::Rows);
        network.step(&x, &y, options(&NO_RIDGE), &mut noise());
        network.changes().to_vec()
    };
    for (name, trials) in [("nodes", 300_u64), ("weights", 2000)] {
        let rule = || -> Rule {
            match name {
                "nodes" => Box::new(NodePerturbation::new(1e-4)),
                _ => Box::new(WeightPerturbation::new(1e-4)),
            }
        };
        let start = network(|_| rule(), Layout::Rows).layers().to_vec();
        let mut mean: Vec<Array2<f64>> = exact.iter().map(|g| 0.0 * g).collect();
        let (mut network, mut noise) = (network(|_| rule(), Layout::Rows), noise());
        for trial in 0..trials {
            network.layers_mut().clone_from_slice(&start);
            noise.enter(0, trial);
            network.step(&x, &y, options(&NO_RIDGE), &mut noise);
            for (mean, change) in mean.iter_mut().zip(network.changes()) {
                *mean += change;
            }
        }
        let cosine = cosine(mean.iter().flatten(), exact.iter().flatten());
        assert!(cosine > 0.95, "{name}: {cosine}");
    }
}

#[test]
fn feedback_of_kolen_and_pollack_comes_to_its_operators_weights() {
    const KEEP: f64 = 0.9995;
    let mut network = network(|layers| composed("kolen_pollack", layers), Layout::Rows);
    let apart = |network: &Network<f64>| -> Vec<f64> {
        let feedback = network.rule().feedback().unwrap().iter().flatten();
        let weights = network.layers()[1..].iter().flat_map(|l| &l.weights);
        feedback.zip(weights).map(|(b, w)| b - w).collect()
    };
    let before = apart(&network);
    train(&mut network, 100, options(&[1.0, KEEP, KEEP]));
    // Both get the same changes, and keep the same share.
    for (before, after) in before.iter().zip(apart(&network)) {
        let wanted = KEEP.powi(100) * before;
        assert!((after - wanted).abs() < 1e-12, "{after} {wanted}");
    }
}

#[test]
fn mirrors_see_the_weights_of_their_operators() {
    for mirror_response in [
        MirrorResponse::Linear,
        MirrorResponse::Activation { noise: 0.3 },
    ] {
        let learning = FeedbackLearning {
            step_size: Some(0.03),
            decay: FeedbackDecay::Number(0.03),
            mirror_response,
        };
        let mut network = network(
            |layers| composed_with("weight_mirror", layers, learning),
            Layout::Rows,
        );
        let cosines = |network: &Network<f64>| -> Vec<f64> {
            let pairs = network.layers()[1..].iter();
            let pairs = pairs.zip(network.rule().feedback().unwrap());
            pairs.map(|(layer, b)| cosine(&layer.weights, b)).collect()
        };
        assert!(cosines(&network).iter().all(|c| c.abs() < 0.7));
        let options = StepOptions {
            step_size: 1e-6,
            ..options(&NO_RIDGE)
        };
        train(&mut network, 400, options);
        let after = cosines(&network);
        assert!(
            after.iter().all(|c| *c > 0.9),
            "{mirror_response:?} {after:?}"
        );
        if mirror_response == MirrorResponse::Linear {
            // As large as the weights, whatever the number of places.
            let feedback = network.rule().feedback().unwrap();
            let length = |m: &Array2<f64>| (m * m).sum().sqrt();
            for (layer, b) in network.layers()[1..].iter().zip(feedback) {
                let ratio = length(b) / length(&layer.weights);
                assert!((ratio - 1.0).abs() < 0.15, "{ratio}");
            }
        }
    }
}

/// Feedback alignment in a researcher's own words.
struct HandedDown(Vec<Array2<f64>>);

impl LearningRule<f64> for HandedDown {
    fn teach(
        &mut self,
        layers: &[Layer<f64>],
        trace: &Trace<f64>,
        signals: &mut [Array2<f64>],
        _: &mut Stream,
    ) {
        trace.pull_back(layers, &self.0, &trace.residual, signals);
    }
}

#[test]
fn a_rule_of_three_lines_crosses_layers_of_any_kind() {
    let mut library = network(
        |layers| composed("feedback_alignment", layers),
        Layout::Lanes(8),
    );
    let mut own = network(
        |layers| {
            let rule = composed("feedback_alignment", layers);
            Box::new(HandedDown(rule.feedback().unwrap().to_vec()))
        },
        Layout::Lanes(8),
    );
    let losses = train(&mut library, 30, options(&NO_RIDGE));
    assert_eq!(train(&mut own, 30, options(&NO_RIDGE)), losses);
    assert!(losses[29] < 0.5 * losses[0], "{losses:?}");
}

#[test]
fn tokens_are_embedded_and_taught() {
    let embedding = Embedding {
        vocabulary: 6,
        width: 4,
        context: 3,
    };
    let operators: [Arc<dyn Operator<f64>>; 3] = [
        Arc::new(embedding),
        Arc::new(Dense::new(12, 8, 1.0)),
        Arc::new(Dense::new(8, 2, 1.0)),
    ];
    let mut layers = draw_operators(
        &operators,
        Activation::Tanh,
        false,
        START,
        Streams::new(1, 0),
    );
    layers[0].activation = Activation::Linear;
    let tokens = Array2::from_shape_fn((30, 3), |(i, j)| {
        u32::try_from((i * (j + 2) + j) % 6).unwrap()
    });
    // Whether a token comes twice.
    let y = Array2::from_shape_fn((30, 2), |(i, class)| {
        let row = tokens.row(i);
        let is_twice = row[0] == row[1] || row[1] == row[2] || row[0] == row[2];
        f64::from(u8::from(usize::from(is_twice) == class))
    });
    for layout in [Layout::Rows, Layout::Lanes(8)] {
        let wiring = {
            let mut wiring = Wiring::new(3).with_layout(layout);
            let embedded = wiring.layer(wiring.input());
            let hidden = wiring.layer(embedded);
            wiring.layer(hidden);
            wiring
        };
        let rule = composed("feedback_alignment", &layers);
        let mut network = Network::wired(layers.clone(), wiring, rule, OptimiserKind::Sgd);
        let before = network.layers()[0].weights.clone();
        let input = TokenInput(tokens.clone());
        let mut losses = Vec::new();
        for _ in 0..300 {
            losses.push(network.step(&input, &y, options(&NO_RIDGE), &mut noise()));
        }
        assert!(
            losses[299] < 0.3 * losses[0],
            "{} {}",
            losses[0],
            losses[299]
        );
        assert_ne!(
            network.layers()[0].weights,
            before,
            "the first layer learns"
        );
    }
}
