//! The three kinds of direct feedback, and gains that every rule crosses.

use falign::internal::layer::{BatchNorm, Gain, Wiring};
use falign::internal::network::{
    FeedbackShape, Initialisation, Network, OptimiserKind, Part, TensorFile, draw_feedback,
    draw_operators,
};
use falign::internal::rule::{
    Composed, Composition, DirectFeedback, FeedbackLearning, LastLayerOnly,
};
use falign::layer::{Dense, Layout, Operator};
use falign::math::{Activation, Streams};
use falign::rule::Layer;
use ndarray::{Array1, Array2};
use std::sync::Arc;

use super::members::convolution;
use super::networks::*;

fn direct(direct: DirectFeedback) -> Composition {
    Composition {
        direct,
        ..Composition::named("direct_feedback_alignment").unwrap()
    }
}

fn drawn(composition: Composition, layers: &[Layer<f64>], scale: f64) -> Vec<Array2<f64>> {
    let shape = FeedbackShape {
        scale,
        ..FeedbackShape::default()
    };
    draw_feedback(composition, layers, START, shape, Streams::new(3, 0))
}

fn rule(composition: Composition, layers: &[Layer<f64>]) -> Rule {
    let feedback = drawn(composition, layers, 1.0);
    let learning = FeedbackLearning::default();
    Box::new(Composed::new(composition, feedback, learning))
}

#[test]
fn each_kind_has_weights_of_its_own_shape_and_law() {
    let layers = layers(1);
    let shapes = |kind| -> Vec<(usize, usize)> {
        let all = drawn(direct(kind), &layers, 1.0);
        all.iter().map(Array2::dim).collect()
    };
    assert_eq!(shapes(DirectFeedback::Dense), [(3, 24), (3, 12)]);
    // Kernels of the layers above: one place of 4 channels, and a dense layer of 12 inputs.
    assert_eq!(shapes(DirectFeedback::Kernel), [(3, 4), (3, 12)]);
    assert_eq!(shapes(DirectFeedback::Shared), [(3, 24), (3, 12)]);
    let shared = drawn(direct(DirectFeedback::Shared), &layers, 1.0);
    assert_eq!(shared[0].slice(ndarray::s![.., ..12]), shared[1]);
    let largest = shared[0].iter().fold(0.0f64, |top, b| top.max(b.abs()));
    let bound = 1.0 / 24f64.sqrt();
    assert!(
        largest < bound && largest > 0.9 * bound,
        "{largest} {bound}"
    );
    for kind in [
        DirectFeedback::Dense,
        DirectFeedback::Kernel,
        DirectFeedback::Shared,
    ] {
        let pairs = drawn(direct(kind), &layers, 1.0).into_iter();
        for (one, twice) in pairs.zip(drawn(direct(kind), &layers, 2.0)) {
            assert!(
                (2.0 * one - twice).iter().all(|x| x.abs() < 1e-15),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn every_kind_teaches_what_the_last_layer_alone_cannot_learn() {
    let last = |rule: &dyn Fn(&[Layer<f64>]) -> Rule| {
        let mut network = network(rule, Layout::Rows);
        *train(&mut network, 400, options(&NO_RIDGE)).last().unwrap()
    };
    let baseline = last(&|_| Box::new(LastLayerOnly));
    for kind in [
        DirectFeedback::Dense,
        DirectFeedback::Kernel,
        DirectFeedback::Shared,
    ] {
        let share = last(&|layers| rule(direct(kind), layers)) / baseline;
        assert!(share < 0.75, "{kind:?}: {share} of the loss is left");
    }
}

/// A kernel is a dense matrix where no layer has places.
#[test]
fn kernels_of_dense_layers_are_dense_feedback() {
    let operators: [Arc<dyn Operator<f64>>; 3] = [
        Arc::new(Dense::new(INPUTS, 9, 1.0)),
        Arc::new(Dense::new(9, 7, 1.0)),
        Arc::new(Dense::new(7, OUTPUTS, 1.0)),
    ];
    let start = Initialisation::Ntk;
    let layers = draw_operators(
        &operators,
        Activation::Tanh,
        true,
        start,
        Streams::new(2, 0),
    );
    let [dense, kernel] = [DirectFeedback::Dense, DirectFeedback::Kernel].map(|kind| {
        let rule = rule(direct(kind), &layers);
        let mut network = Network::new(layers.clone(), rule, OptimiserKind::Sgd);
        train(&mut network, 10, options(&NO_RIDGE))
    });
    for (a, b) in dense.iter().zip(&kernel) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
}

/// A convolution, a norm with gains, and a dense layer.
pub(super) fn normed(layout: Layout) -> (Vec<Layer<f64>>, Wiring<f64>) {
    let [channels, places] = [4, 6];
    let operators: [Arc<dyn Operator<f64>>; 3] = [
        Arc::new(convolution(8, [2, channels], 3, 1)),
        Arc::new(Gain { channels, places }),
        Arc::new(Dense::new(channels * places, OUTPUTS, 1.0)),
    ];
    let streams = Streams::new(1, 0);
    let mut layers = draw_operators(&operators, Activation::Tanh, false, START, streams);
    layers[0].activation = Activation::Linear;
    let mut wiring = Wiring::new(INPUTS).with_layout(layout);
    let sums = wiring.layer(wiring.input());
    let norm = BatchNorm {
        channels,
        places,
        epsilon: 1e-5,
        momentum: 0.1,
    };
    let normal = wiring.map(Arc::new(norm), &[sums]);
    let activity = wiring.layer(normal);
    wiring.land(sums, activity);
    wiring.layer(activity);
    (layers, wiring)
}

#[test]
fn gains_start_at_one_learn_under_every_rule_and_need_no_feedback_weights() {
    for (name, composition) in Composition::all() {
        let (layers, wiring) = normed(Layout::Lanes(16));
        let gain = &layers[1];
        assert_eq!(gain.weights, Array2::<f64>::ones((4, 1)));
        assert_eq!(gain.bias, Some(Array1::<f64>::zeros(4)));
        let fresh = || {
            let rule = rule(composition, &layers);
            Network::wired(layers.clone(), wiring.clone(), rule, OptimiserKind::Sgd)
        };
        let mut network = fresh();
        let options = options(&[0.99; 3]);
        let losses = train(&mut network, 60, options);
        assert!(losses[59] < losses[0], "{name}: {losses:?}");
        let learned = &network.layers()[1];
        assert!(
            learned.weights.iter().all(|w| (w - 1.0).abs() > 0.0),
            "{name}"
        );
        assert!(
            learned.bias.as_ref().unwrap().iter().all(|b| *b != 0.0),
            "{name}"
        );
        let empty = network.rule().feedback().unwrap_or_default().iter();
        let empty = empty.filter(|b| b.is_empty()).count();
        assert_eq!(empty, usize::from(name != "backpropagation"), "{name}");
        // What is empty is in no file.
        let mut file = TensorFile::default();
        network.save(Part::Everything, &mut file);
        let mut other = fresh();
        other.restore(Part::Everything, 60, &file).unwrap();
        assert_eq!(
            train(&mut other, 3, options),
            train(&mut network, 3, options),
            "{name}"
        );
    }
}

/// A signal crosses a norm and its gains by their own slopes: feedback weights that are the forward ones give backpropagation.
#[test]
fn feedback_alignment_through_a_norm_is_backpropagation_where_weights_are_equal() {
    let (layers, wiring) = normed(Layout::Rows);
    let composition = Composition::named("feedback_alignment").unwrap();
    let feedback = vec![Array2::default((0, 0)), layers[2].weights.clone()];
    let learning = FeedbackLearning::default();
    let rules: [Rule; 2] = [
        Box::new(Composed::new(composition, feedback, learning)),
        Box::new(Composed::backpropagation()),
    ];
    let [fa, bp] = rules.map(|rule| {
        let mut network = Network::wired(layers.clone(), wiring.clone(), rule, OptimiserKind::Sgd);
        train(&mut network, 1, options(&NO_RIDGE));
        network.layers().to_vec()
    });
    assert_eq!(fa, bp);
}
