//! Feedback weights against forward weights and their pseudoinverses.

use falign::internal::network::{DenseInput, Network};
use falign::math::{Activation, Reduction};
use ndarray::{Array2, array};

use super::{CLASSES, LOSS, NO_ANGLE, SAMPLES, angle, layers, measure, named, task, value};

#[test]
fn feedback_set_to_the_pseudoinverse_has_no_pseudoinverse_angle() {
    let task = task::<f64>(SAMPLES);
    let mut network = named("feedback_alignment", layers(&[4], Activation::Tanh));
    // Orthogonal rows: the pseudoinverse has the same rows over their squared norms.
    let rows = array![
        [1.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 3.0, 0.0],
        [0.0, 0.0, 0.0, -0.5]
    ];
    let inverse = array![
        [0.5, 0.5, 0.0, 0.0],
        [0.0, 0.0, 1.0 / 3.0, 0.0],
        [0.0, 0.0, 0.0, -2.0]
    ];
    network.layers_mut()[1].weights.assign(&rows);
    let mut angle_of = |b: &Array2<f64>| {
        network.rule_mut().feedback_mut().unwrap()[0].assign(b);
        value(&measure(&mut network, &task), "pseudoinverse_angle")
    };
    assert!(angle_of(&inverse) < NO_ANGLE);
    assert!((angle_of(&-inverse) - 180.0).abs() < NO_ANGLE);
    // The transpose itself, from the definition.
    let of_transpose = angle_of(&rows);
    network.forward(&DenseInput(task.inputs.clone()));
    network.loss(&task.targets, LOSS, Reduction::Sum);
    let expected = network.trace().residual.rows().into_iter().map(|e| {
        let sent = |weights: [f64; 4]| {
            let [a, b, c, d] = weights;
            [a * e[0], b * e[0], c * e[1], d * e[2]]
        };
        let (ideal, delivered) = ([0.5, 0.5, 1.0 / 3.0, -2.0], [1.0, 1.0, 3.0, -0.5]);
        angle(&sent(ideal), &sent(delivered))
    });
    let expected = expected.sum::<f64>() / SAMPLES as f64;
    assert!((of_transpose - expected).abs() < 1e-9);
}

/// Two hidden layers of which the upper is square, so that shapes do not tell the path.
fn square_network(rule: &str) -> Network<f64> {
    let mut layers = layers::<f64>(&[5, CLASSES], Activation::Tanh);
    // Orthogonal rows again, and a top layer that scales: their product is as easy.
    layers[1].weights = array![
        [2.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.25]
    ];
    layers[2].weights = array![[0.5, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 3.0, 0.0]];
    named(rule, layers)
}

#[test]
fn direct_feedback_stands_for_all_layers_above_together() {
    let task = task(SAMPLES);
    // W3 W2, and its pseudoinverse.
    let product = array![
        [1.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.5],
        [0.0, 3.0, 3.0, 0.0, 0.0]
    ];
    let inverse = array![
        [1.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 2.0],
        [0.0, 1.0 / 6.0, 1.0 / 6.0, 0.0, 0.0]
    ];
    for (rule, is_direct) in [
        ("direct_feedback_alignment", true),
        ("feedback_alignment", false),
    ] {
        let mut network = square_network(rule);
        let top = network.layers()[2].weights.clone();
        let set = |network: &mut Network<f64>, lower: &Array2<f64>, upper: &Array2<f64>| {
            let feedback = network.rule_mut().feedback_mut().unwrap();
            feedback.clone_from_slice(&[lower.clone(), upper.clone()]);
        };
        set(&mut network, &product, &top);
        let found = measure(&mut network, &task);
        assert!(value(&found, "weight_angle_layer_2") < NO_ANGLE);
        let lower = value(&found, "weight_angle_layer_1");
        assert_eq!(lower < NO_ANGLE, is_direct, "{rule} {lower}");

        let upper = array![[2.0, 0.0, 0.0], [0.0, 0.0, 0.5], [0.0, 1.0 / 3.0, 0.0]];
        set(&mut network, &inverse, &upper);
        let found = measure(&mut network, &task);
        assert!(value(&found, "pseudoinverse_angle_layer_2") < NO_ANGLE);
        let lower = value(&found, "pseudoinverse_angle_layer_1");
        assert_eq!(lower < NO_ANGLE, is_direct, "{rule} {lower}");
    }
    // Layer by layer, the pseudoinverse of the next layer alone is what counts.
    let mut network = square_network("feedback_alignment");
    network.rule_mut().feedback_mut().unwrap()[0] = array![
        [0.5, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.5, 0.5, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 4.0]
    ];
    let found = measure(&mut network, &task);
    assert!(value(&found, "pseudoinverse_angle_layer_1") < NO_ANGLE);
}

#[test]
fn sign_feedback_is_measured_with_its_signs() {
    for rule in [
        "uniform_sign_symmetry",
        "fixed_random_sign_symmetry",
        "batch_random_sign_symmetry",
    ] {
        let mut network = named::<f64>(rule, layers(&[40, 30], Activation::Tanh));
        let found = measure(&mut network, &task(SAMPLES));
        for layer in ["weight_angle_layer_1", "weight_angle_layer_2"] {
            let angle = value(&found, layer);
            // Of uniform laws: arccos(3/4), 41 degrees, for independent magnitudes, and
            // arccos(sqrt(3/4)), 30 degrees, for equal ones.
            assert!((20.0..60.0).contains(&angle), "{rule} {layer} {angle}");
        }
        // Equal magnitudes by hand.
        network.rule_mut().feedback_mut().unwrap()[1].fill(-0.3);
        if rule.starts_with("uniform") {
            let found = measure(&mut network, &task(SAMPLES));
            let w = &network.layers()[2].weights;
            let sum: f64 = w.iter().map(|w| w.abs()).sum();
            let squares: f64 = w.iter().map(|w| w * w).sum();
            let expected = (sum / (squares * w.len() as f64).sqrt()).acos();
            let error = value(&found, "weight_angle_layer_2") - expected.to_degrees();
            assert!(error.abs() < 1e-9, "{error:e}");
        }
    }
}
