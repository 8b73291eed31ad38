//! Angles of signals and updates: none for backpropagation, right for others.

use falign::internal::math::simd::Element;
use falign::internal::measure::{Measurement, Wanted};
use falign::internal::network::{DenseInput, Network, OptimiserKind, StepOptions};
use falign::internal::rule::{Composed, Composition, LastLayerOnly, WeightPerturbation};
use falign::math::{Activation, Loss, Reduction};
use falign::measure::{LayerMeasure, Quantity};
use falign::rule::{Layer, LearningRule};
use ndarray::array;

use super::{
    DIM, LOSS, NO_ANGLE, SAMPLES, angle, composed, everything, layers, measure, named, noise, task,
    value,
};

/// Values of a rule that is backpropagation, within `cosine` of 1 and `degrees` of 0.
fn is_exact<T: Element>(network: &mut Network<T>, cosine: f64, degrees: f64) {
    let found = measure(network, &task::<T>(SAMPLES));
    for layer in &found.layers {
        for measure in [
            LayerMeasure::Alignment,
            LayerMeasure::AlignmentFlattened,
            LayerMeasure::AlignmentSummed,
            LayerMeasure::NormRatio,
        ] {
            assert!((layer.value(measure) - 1.0).abs() < cosine, "{found:?}");
        }
        for measure in [
            LayerMeasure::AlignmentAngle,
            LayerMeasure::WeightAngle,
            LayerMeasure::UpdateAngle,
        ] {
            assert!(layer.value(measure) < degrees, "{found:?}");
        }
        assert!(layer.value(LayerMeasure::PseudoinverseAngle) > 1.0);
    }
    assert!(found.update_angle < degrees, "{found:?}");
}

#[test]
fn backpropagation_is_aligned_with_itself() {
    let hidden = [9, 8];
    is_exact(
        &mut named::<f64>("backpropagation", layers(&hidden, Activation::Tanh)),
        1e-14,
        NO_ANGLE,
    );
    is_exact(
        &mut named::<f32>("backpropagation", layers(&hidden, Activation::Relu)),
        1e-14,
        NO_ANGLE,
    );
}

#[test]
fn feedback_set_to_the_transpose_has_no_angle() {
    let mut network = named::<f64>("feedback_alignment", layers(&[9, 8], Activation::Tanh));
    let before = measure(&mut network, &task(SAMPLES));
    assert!(before.update_angle > 10.0 && value(&before, "weight_angle") > 45.0);
    let forward: Vec<_> = network.layers()[1..]
        .iter()
        .map(|layer| layer.weights.clone())
        .collect();
    let feedback = network.rule_mut().feedback_mut().unwrap();
    feedback.clone_from_slice(&forward);
    is_exact(&mut network, 1e-14, NO_ANGLE);
}

#[test]
fn random_feedback_of_wide_layers_is_orthogonal() {
    let task = task::<f64>(20);
    for rule in ["feedback_alignment", "direct_feedback_alignment"] {
        let mut network = named(rule, layers(&[1500, 1000], Activation::Tanh));
        let wanted = Wanted::of(&[Quantity::WeightAngle, Quantity::Alignment], 1);
        let mut measurement = Measurement::new(&network, wanted);
        let input = DenseInput(task.inputs.clone());
        let targets = &task.targets;
        measurement.include(&mut network, &input, targets, None, LOSS, &mut noise());
        let found = measurement.finish(&network);
        for layer in &found.layers {
            // The cosine has a standard deviation of 1/sqrt(3000), a degree.
            let angle = layer.value(LayerMeasure::WeightAngle);
            assert!((angle - 90.0).abs() < 4.0, "{rule} {angle}");
            assert!(layer.value(LayerMeasure::Alignment).abs() < 0.1, "{rule}");
            // Not wanted, so not computed.
            assert!(layer.value(LayerMeasure::UpdateAngle).is_nan());
        }
        assert!(found.update_angle.is_nan() && found.accuracy.is_nan());
    }
}

/// One sample, two inputs, two hidden units, one output, squared error: the true gradient by
/// central differences of the loss, the rule's from its definition.
#[test]
fn the_update_angle_of_a_tiny_network_is_right() {
    let (x, y, b) = ([0.7, -1.1], 0.4, [1.5, -0.5]);
    let factor = 0.8;
    // w11, w12, w21, w22, bias 1, bias 2; v1, v2, bias.
    let start = [0.3, -0.2, 0.9, 0.5, 0.1, -0.3, 1.2, 0.7, 0.05];
    let hidden = |p: &[f64; 9]| {
        let z = |r: usize| p[2 * r] * x[0] + p[2 * r + 1] * x[1] + p[4 + r];
        [z(0).tanh(), z(1).tanh()]
    };
    let output = |p: &[f64; 9]| {
        let a = hidden(p);
        factor * (p[6] * a[0] + p[7] * a[1]) + p[8]
    };
    let gradient: Vec<f64> = (0..9)
        .map(|at| {
            let loss = |shift: f64| {
                let mut p = start;
                p[at] += shift;
                0.5 * (output(&p) - y).powi(2)
            };
            (loss(1e-5) - loss(-1e-5)) / 2e-5
        })
        .collect();
    let (a, e) = (hidden(&start), output(&start) - y);
    let delta = [0, 1].map(|r| factor * b[r] * e * (1.0 - a[r] * a[r]));
    let delivered = [
        delta[0] * x[0],
        delta[0] * x[1],
        delta[1] * x[0],
        delta[1] * x[1],
        delta[0],
        delta[1],
        factor * e * a[0],
        factor * e * a[1],
        e,
    ];

    let [w11, w12, w21, w22, c1, c2, v1, v2, c] = start;
    let layers = vec![
        Layer::dense(array![[w11, w12], [w21, w22]], Activation::Tanh).with_bias(array![c1, c2]),
        Layer::dense(array![[v1, v2]], Activation::Linear)
            .with_bias(array![c])
            .with_factor(factor),
    ];
    let composition = Composition::named("feedback_alignment").unwrap();
    let rule = composed(composition, vec![array![[b[0], b[1]]]]);
    let mut network = Network::new(layers, rule, OptimiserKind::Sgd);
    let mut measurement = Measurement::new(&network, Wanted::of(&everything(), 1));
    measurement.include(
        &mut network,
        &DenseInput(array![[x[0], x[1]]]),
        &array![[y]],
        None,
        Loss::SquaredError,
        &mut noise(),
    );
    let found = measurement.finish(&network);
    // Central differences are good to 1e-10.
    let close = |name: &str, expected: f64| {
        let error = (value(&found, name) - expected).abs();
        assert!(error < 1e-6, "{name}: {error:e}");
    };
    close("update_angle", angle(&delivered, &gradient));
    close(
        "update_angle_layer_1",
        angle(&delivered[..6], &gradient[..6]),
    );
    close("weight_angle", angle(&b, &[v1, v2]));
    close("alignment_angle", angle(&b, &[v1, v2]));
    close("norm_ratio", (2.5f64).sqrt() / (v1 * v1 + v2 * v2).sqrt());
    close("test_loss", 0.5 * e * e);
    close("output_norm", (v1 * v1 + v2 * v2).sqrt());
}

#[test]
fn rules_that_learn_by_trial_are_measured_by_their_estimate() {
    let task = task::<f64>(SAMPLES);
    let start = layers::<f64>(&[6], Activation::Tanh);
    let network =
        |rule: Box<dyn LearningRule<f64>>| Network::new(start.clone(), rule, OptimiserKind::Sgd);
    let mut shaken = network(Box::new(WeightPerturbation::new(1e-3)));
    let found = measure(&mut shaken, &task);
    // The same draw in a step of size 1, and the exact one.
    let step = |mut network: Network<f64>| {
        let options = StepOptions {
            loss: LOSS,
            reduction: Reduction::Sum,
            step_size: 1.0,
            factors: &[1.0; 2],
            dropout: 0.0,
        };
        let input = DenseInput(task.inputs.clone());
        network.step(&input, &task.targets, options, &mut noise());
        let mut changes = Vec::new();
        for (now, before) in network.layers().iter().zip(&start) {
            changes.extend(&now.weights - &before.weights);
            let bias = |layer: &Layer<f64>| layer.bias.clone().unwrap();
            changes.extend(bias(now) - bias(before));
        }
        changes
    };
    let estimate = step(network(Box::new(WeightPerturbation::new(1e-3))));
    let exact = step(network(Box::new(Composed::backpropagation())));
    let error = value(&found, "update_angle") - angle(&estimate, &exact);
    assert!(error.abs() < 1e-6, "{error:e}");
    let hidden = (DIM + 1) * 6;
    let expected = angle(&estimate[..hidden], &exact[..hidden]);
    assert!((value(&found, "update_angle_layer_1") - expected).abs() < 1e-6);
    // No signal reaches its hidden layers, and there is no feedback.
    for nothing in ["alignment", "weight_angle", "pseudoinverse_angle"] {
        assert!(value(&found, nothing).is_nan(), "{nothing}");
    }

    // A rule that leaves hidden layers alone: the angle that the missing part makes.
    let found = measure(&mut network(Box::new(LastLayerOnly)), &task);
    assert!(value(&found, "update_angle_layer_1").is_nan());
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let expected = (norm(&exact[hidden..]) / norm(&exact)).acos().to_degrees();
    assert!((value(&found, "update_angle") - expected).abs() < 1e-9);
}
