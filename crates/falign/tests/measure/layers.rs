//! Measures of layers that share weights, by hand.

use std::sync::Arc;

use falign::internal::layer::{Image, Window, Windowed, Windows, Wiring};
use falign::internal::network::{
    FeedbackShape, Initialisation, Network, OptimiserKind, draw_feedback, draw_operators,
};
use falign::internal::rule::Composition;
use falign::layer::{Dense, Operator};
use falign::math::{Activation, Streams};
use ndarray::{Array2, array};

use super::{
    CLASSES, NO_ANGLE, Task, composed, is_equal, layers, measure, measure_in_chunks, named, noise,
    task, value,
};

/// Two convolutions of kernels of 2 over a sequence of 4 places, two channels each, and a dense layer.
fn network(rule: &str) -> Network<f64> {
    let convolution = |channels, width| {
        let input = Image {
            channels,
            height: 1,
            width,
        };
        let along = Window {
            size: 2,
            ..Window::POINT
        };
        let windows = Windows {
            input,
            down: Window::POINT,
            along,
        };
        Windowed::convolution(windows, 2)
    };
    let operators: [Arc<dyn Operator<f64>>; 3] = [
        Arc::new(convolution(1, 4)),
        Arc::new(convolution(2, 3)),
        Arc::new(Dense::new(4, CLASSES, 1.0)),
    ];
    let (start, streams) = (Initialisation::UniformFanIn, Streams::new(2, 0));
    let layers = draw_operators(&operators, Activation::Relu, true, start, streams);
    let composition = Composition::named(rule).unwrap();
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(composition, &layers, start, shape, streams);
    let rule = composed(composition, feedback);
    let mut wiring = Wiring::new(4);
    let first = wiring.layer(wiring.input());
    let second = wiring.layer(first);
    wiring.layer(second);
    Network::wired(layers, wiring, rule, OptimiserKind::Sgd)
}

/// Sequences whose first number is negative, and whose others are positive.
fn sequences() -> Task<f64> {
    let sign = |(_, place): (usize, usize), x: f64| if place == 0 { -x.abs() } else { x.abs() };
    let mut task = task::<f64>(30);
    task.inputs = Array2::from_shape_fn((30, 4), |at| sign(at, task.inputs[at]));
    task
}

#[test]
fn kernels_are_compared_pair_by_pair() {
    let mut network = network("feedback_alignment");
    // (channel above, place and channel below): kernels (1, 0) and (0, 2), then (3, 4) and (1, 1).
    let w = array![[1.0, 0.0, 0.0, 2.0], [3.0, 1.0, 4.0, 1.0]];
    // Kernels (1, 1) and (0, -3), then (4, -3) and none: 45, 180 and 90 degrees.
    let b = array![[1.0, 0.0, 1.0, -3.0], [4.0, 0.0, -3.0, 0.0]];
    network.layers_mut()[1].weights.assign(&w);
    let above = network.layers()[2].weights.clone();
    let feedback = network.rule_mut().feedback_mut().unwrap();
    feedback[0].assign(&b);
    feedback[1].assign(&(-3.0 * above));
    let found = measure(&mut network, &sequences());
    let of = |name: &str| value(&found, name);
    assert!((of("kernel_angle_layer_1") - 105.0).abs() < 1e-12);
    assert!(of("kernel_angle_layer_2").is_nan());
    // |B|^2 = 36, |W|^2 = 32, and their product is -5.
    let size = 32f64.sqrt();
    assert!((of("weight_norm_ratio_layer_1") - 6.0 / size).abs() < 1e-14);
    assert!((of("weight_norm_ratio_layer_2") - 3.0).abs() < 1e-14);
    let angle = (-5.0 / (6.0 * size)).acos().to_degrees();
    assert!((of("weight_angle_layer_1") - angle).abs() < 1e-12);
    assert!((of("weight_angle_layer_2") - 180.0).abs() < NO_ANGLE);
}

#[test]
fn feedback_equal_to_the_forward_weights_is_backpropagation_in_every_measure() {
    let mut network = network("feedback_alignment");
    for at in 0..2 {
        let w = network.layers()[at + 1].weights.clone();
        network.rule_mut().feedback_mut().unwrap()[at].assign(&w);
    }
    let found = measure(&mut network, &sequences());
    for layer in 1..=2 {
        let of = |name: &str| value(&found, &format!("{name}_layer_{layer}"));
        for one in ["alignment", "norm_ratio", "weight_norm_ratio"] {
            assert!((of(one) - 1.0).abs() < 1e-12, "{one}");
        }
        for none in ["alignment_angle", "weight_angle", "update_angle"] {
            assert!(of(none) < NO_ANGLE, "{none}");
        }
    }
    assert!(value(&found, "kernel_angle") < NO_ANGLE);
}

#[test]
fn a_channel_is_dead_where_all_its_places_are() {
    let mut network = network("backpropagation");
    let first = &mut network.layers_mut()[0];
    // Each place of the first channel is its left input; the second channel never responds.
    first.weights.assign(&array![[1.0, 0.0], [1.0, 1.0]]);
    first.bias = Some(array![0.0, -1e3]);
    let found = measure_in_chunks(&mut network, &sequences(), 7, &mut noise());
    // Of 6 units, 3 of the second channel and the first place of the first.
    assert!(is_equal(value(&found, "dead_fraction_layer_1"), 4.0 / 6.0));
    assert!(is_equal(
        value(&found, "dead_channel_fraction_layer_1"),
        0.5
    ));
}

#[test]
fn a_direct_signal_has_no_factor_of_the_layers_that_it_passes() {
    let mut layers = layers::<f64>(&[5, 4], Activation::Tanh);
    layers[1].factor = 0.25;
    let product = layers[2].weights.dot(&layers[1].weights);
    let mut network = named("direct_feedback_alignment", layers);
    network.rule_mut().feedback_mut().unwrap()[0].assign(&product);
    let found = measure(&mut network, &task::<f64>(9));
    assert!(value(&found, "weight_angle_layer_1") < NO_ANGLE);
    assert!((value(&found, "weight_norm_ratio_layer_1") - 4.0).abs() < 1e-12);
}

#[test]
fn a_layer_that_passes_its_inputs_on_has_their_rank_and_what_they_tell() {
    let mut layers = layers::<f64>(&[2, 2], Activation::Linear);
    for layer in &mut layers[..2] {
        layer.weights.fill(0.0);
        layer.bias.as_mut().unwrap().fill(0.0);
    }
    // The first layer shows the first two inputs, the second one of them.
    layers[0].weights[(0, 0)] = 1.0;
    layers[0].weights[(1, 1)] = 1.0;
    layers[1].weights[(0, 1)] = 1.0;
    let mut network = named("feedback_alignment", layers);
    let mut task = task::<f64>(8);
    task.labels = vec![0, 0, 0, 0, 1, 1, 1, 1];
    task.targets = Array2::from_shape_fn((8, CLASSES), |(i, c)| f64::from(u8::from(c == i / 4)));
    // The first input tells the class; the second does for two of four samples that are classified.
    for (i, [x, y]) in [[-2.0, 1.0], [-1.0, 1.0], [-2.0, -1.0], [-1.0, -1.0]]
        .into_iter()
        .enumerate()
    {
        for (at, x, y) in [(i, x, y), (i + 4, -x, y)] {
            task.inputs[(at, 0)] = x;
            task.inputs[(at, 1)] = y;
        }
    }
    let found = measure_in_chunks(&mut network, &task, 3, &mut noise());
    let of = |name: &str| value(&found, name);
    // Variances are 5/2 and 1, and there is no covariance.
    assert!((of("effective_rank_layer_1") - 3.5 * 3.5 / 7.25).abs() < 1e-14);
    assert!((of("effective_rank_layer_2") - 1.0).abs() < 1e-14);
    assert!(is_equal(of("probe_accuracy_layer_1"), 1.0));
    assert!(is_equal(of("probe_accuracy_layer_2"), 0.5));
    assert!(is_equal(of("probe_accuracy"), 0.75));
}
