//! Units at rest or on the tails, and what is classified rightly.

use falign::internal::network::DenseInput;
use falign::math::Activation;
use ndarray::{Array1, Axis};

use super::{
    CLASSES, SAMPLES, TOP_K, is_equal, layers, measure, measure_in_chunks, named, noise, task,
    value,
};

#[test]
fn units_that_never_fire_are_dead() {
    let task = task::<f64>(SAMPLES);
    let mut network = named("feedback_alignment", layers(&[8, 5], Activation::Relu));
    let before = measure(&mut network, &task);
    assert!(is_equal(value(&before, "dead_fraction"), 0.0));
    let first = &mut network.layers_mut()[0];
    for dead in [1, 4] {
        first.weights.row_mut(dead).fill(0.0);
        first.bias.as_mut().unwrap()[dead] = 0.0;
    }
    let found = measure_in_chunks(&mut network, &task, 7, &mut noise());
    assert!(is_equal(value(&found, "dead_fraction_layer_1"), 0.25));
    assert!(is_equal(value(&found, "dead_fraction_layer_2"), 0.0));
    assert!(is_equal(value(&found, "dead_fraction"), 0.125));
    // Slopes of piecewise linear activations have no tail.
    assert!(value(&found, "saturated_fraction").is_nan());
}

#[test]
fn activities_on_the_tails_are_saturated() {
    for (activation, far) in [
        // Slope 0.01 at z = 2.993, 0.0025 at 5.984, 0.0113 at 2.146.
        (Activation::Tanh, 3.1),
        (Activation::Sigmoid, 6.1),
        (Activation::Erf, 2.2),
    ] {
        let mut network = named("backpropagation", layers::<f64>(&[4], activation));
        let first = &mut network.layers_mut()[0];
        // z of the four units is 1, -1, 0 and 0.5 times the first input.
        first.weights.fill(0.0);
        for (unit, weight) in [1.0, -1.0, 0.0, 0.5].into_iter().enumerate() {
            first.weights[(unit, 0)] = weight;
        }
        first.bias = Some(Array1::zeros(4));
        let mut task = task::<f64>(4);
        for (i, x) in [far, 1000.0, 0.9 * far, 0.0].into_iter().enumerate() {
            task.inputs[(i, 0)] = x;
        }
        let found = measure(&mut network, &task);
        // Two units for `far`, three for 1000, of 16.
        let share = value(&found, "saturated_fraction");
        assert!(is_equal(share, 5.0 / 16.0), "{activation:?}");
        assert!(is_equal(value(&found, "dead_fraction"), 0.0));
    }
}

#[test]
fn accuracies_and_loss_are_those_of_plain_loops() {
    let task = task::<f64>(SAMPLES);
    let mut network = named("backpropagation", layers(&[9, 8], Activation::Tanh));
    let found = measure_in_chunks(&mut network, &task, 13, &mut noise());
    let outputs = network.forward(&DenseInput(task.inputs.clone())).clone();
    let (mut first, mut second, mut loss) = (0.0, 0.0, 0.0);
    for (f, &label) in outputs.axis_iter(Axis(0)).zip(&task.labels) {
        let mut order: Vec<usize> = (0..CLASSES).collect();
        order.sort_by(|&i, &j| f[j].total_cmp(&f[i]));
        first += f64::from(u8::from(order[0] == label));
        second += f64::from(u8::from(order[..TOP_K].contains(&label)));
        let sum: f64 = f.iter().map(|f| f.exp()).sum();
        loss -= (f[label].exp() / sum).ln();
    }
    let n = SAMPLES as f64;
    assert!(is_equal(found.accuracy, first / n));
    assert!(is_equal(value(&found, "test_top_k_accuracy"), second / n));
    assert!(first < second && second < n);
    assert!((found.loss_per_sample - loss / n).abs() < 1e-13);
}
