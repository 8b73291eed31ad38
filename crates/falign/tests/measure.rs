//! Measurements of networks: angles known by construction or by hand, and no dependence on
//! chunks.

use falign::math::simd::Element;
use falign::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use falign::mlp::{
    Architecture, DenseInput, FeedbackShape, Initialisation, Measured, Measurement, Network,
    OptimiserKind, StepOptions, Wanted, draw_feedback, draw_layers,
};
use falign::observe::{LayerMeasure, Quantity};
use falign::rule::{
    Composed, Composition, FeedbackLearning, LastLayerOnly, Layer, LearningRule, Magnitude,
    NodePerturbation, WeightPerturbation,
};
use ndarray::{Array1, Array2, Axis, array};

use crate::support::normals;

const DIM: usize = 7;
const CLASSES: usize = 3;
const SAMPLES: usize = 60;
const TOP_K: usize = 2;
const LOSS: Loss = Loss::SoftmaxCrossEntropy;
/// Degrees: the arc cosine of 1 less a rounding error or two.
const NO_ANGLE: f64 = 1e-5;

fn noise() -> Stream {
    Streams::new(3, 0).open(StreamName::Dropout)
}

/// Samples with a class each.
struct Task<T> {
    inputs: Array2<T>,
    labels: Vec<usize>,
    targets: Array2<T>,
}

fn task<T: Element>(samples: usize) -> Task<T> {
    let labels: Vec<usize> = (0..samples).map(|i| i * i % CLASSES).collect();
    Task {
        inputs: normals(5, samples, DIM).mapv(T::from_f64),
        targets: Array2::from_shape_fn((samples, CLASSES), |(i, c)| {
            T::from_f64(f64::from(u8::from(labels[i] == c)))
        }),
        labels,
    }
}

fn composed<T: Element>(composition: Composition, feedback: Vec<Array2<T>>) -> Box<Composed<T>> {
    let learning = FeedbackLearning {
        step_size: 0.05,
        decay: None,
    };
    Box::new(Composed::new(composition, feedback, learning))
}

fn layers<T: Element>(hidden: &[usize], activation: Activation) -> Vec<Layer<T>> {
    let mut architecture = Architecture::new(DIM, hidden, CLASSES, activation).unwrap();
    architecture.has_biases = true;
    draw_layers(
        &architecture,
        Initialisation::UniformFanIn,
        Streams::new(2, 0),
    )
}

fn named<T: Element>(rule: &str, layers: Vec<Layer<T>>) -> Network<T> {
    let composition = Composition::named(rule).unwrap();
    let feedback = draw_feedback(
        composition,
        &layers,
        Initialisation::UniformFanIn,
        FeedbackShape::default(),
        Streams::new(2, 0),
    );
    Network::new(layers, composed(composition, feedback), OptimiserKind::Sgd)
}

fn everything() -> Vec<Quantity> {
    let per_layer = LayerMeasure::ALL.map(|measure| [1, 2].map(|l| Quantity::OfLayer(measure, l)));
    let plain = Quantity::ALL.into_iter().filter(|q| q.is_deep());
    plain.chain(per_layer.into_iter().flatten()).collect()
}

/// All measures on the samples, `chunk` at a time.
fn measure_in_chunks<T: Element>(
    network: &mut Network<T>,
    task: &Task<T>,
    chunk: usize,
    noise: &mut Stream,
) -> Measured {
    let mut measurement = Measurement::new(network, Wanted::of(&everything(), TOP_K));
    let rows =
        |m: &Array2<T>, from: usize, to: usize| m.slice(ndarray::s![from..to, ..]).to_owned();
    for from in (0..task.labels.len()).step_by(chunk) {
        let to = task.labels.len().min(from + chunk);
        let input = DenseInput(rows(&task.inputs, from, to));
        let targets = rows(&task.targets, from, to);
        let labels = Some(&task.labels[from..to]);
        measurement.include(network, &input, &targets, labels, LOSS, noise);
    }
    measurement.finish(network)
}

fn measure<T: Element>(network: &mut Network<T>, task: &Task<T>) -> Measured {
    measure_in_chunks(network, task, usize::MAX / 2, &mut noise())
}

fn value(found: &Measured, name: &str) -> f64 {
    found.value(Quantity::from_name(name).unwrap()).unwrap()
}

/// For shares, which are quotients of small numbers.
fn is_equal(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-15
}

/// The angle between two long vectors, in degrees.
fn angle(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}

#[test]
fn chunks_add_up_to_the_whole() {
    let task = task::<f64>(SAMPLES);
    for (rule, composition) in Composition::NAMED {
        // Draws other magnitudes for every chunk.
        if composition.feedback == falign::rule::FeedbackWeights::Sign(Magnitude::BatchRandom) {
            continue;
        }
        for activation in [Activation::Tanh, Activation::Relu] {
            let mut network = named(rule, layers(&[9, 8], activation));
            let whole = measure(&mut network, &task);
            // 25, 25 and 10 samples.
            let chunked = measure_in_chunks(&mut network, &task, 25, &mut noise());
            assert_eq!((whole.samples, chunked.samples), (SAMPLES, SAMPLES));
            for quantity in everything() {
                let (a, b) = (whole.value(quantity), chunked.value(quantity));
                let (Some(mut a), Some(mut b)) = (a, b) else {
                    assert_eq!(a, b);
                    continue;
                };
                if quantity.name().contains("angle") {
                    // Angles near 0 magnify rounding: compare their cosines.
                    (a, b) = (a.to_radians().cos(), b.to_radians().cos());
                }
                let is_close = (a - b).abs() < 1e-12 * (1.0 + b.abs()) || a.is_nan() && b.is_nan();
                assert!(is_close, "{rule} {activation:?} {quantity}: {a} {b}");
            }
        }
    }
}

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
        Layer {
            weights: array![[w11, w12], [w21, w22]],
            bias: Some(array![c1, c2]),
            factor: 1.0,
            activation: Activation::Tanh,
        },
        Layer {
            weights: array![[v1, v2]],
            bias: Some(array![c]),
            factor,
            activation: Activation::Linear,
        },
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

#[test]
fn looking_at_a_network_does_not_change_its_training() {
    let task = task::<f64>(SAMPLES);
    let other = self::task::<f64>(11);
    let input = DenseInput(task.inputs.clone());
    let hidden = [9, 8];
    let perturbed = || {
        let layers = layers::<f64>(&hidden, Activation::Tanh);
        let rule = Box::new(NodePerturbation::new(1e-3));
        Network::new(layers, rule, OptimiserKind::ADAM)
    };
    for rule in Composition::NAMED
        .iter()
        .map(|(name, _)| Some(*name))
        .chain([None])
    {
        let start = || match rule {
            Some(name) => named::<f64>(name, layers(&hidden, Activation::Tanh)),
            None => perturbed(),
        };
        let train = |is_watched: bool| {
            let (mut network, mut draws) = (start(), noise());
            let mut others = Streams::new(8, 0).open(StreamName::Dropout);
            for _ in 0..5 {
                if is_watched {
                    measure_in_chunks(&mut network, &other, 4, &mut others);
                }
                let options = StepOptions {
                    loss: LOSS,
                    reduction: Reduction::Mean,
                    step_size: 0.1,
                    factors: &[1.0, 0.99, 0.98],
                    dropout: 0.2,
                };
                network.step(&input, &task.targets, options, &mut draws);
            }
            network.layers().to_vec()
        };
        assert_eq!(train(false), train(true), "{rule:?}");
    }
}

#[test]
fn a_diverged_network_is_measured_as_nan() {
    let task = task::<f64>(SAMPLES);
    let mut network = named("feedback_alignment", layers(&[9, 8], Activation::Tanh));
    network.layers_mut()[2].weights[(0, 0)] = f64::NAN;
    let found = measure(&mut network, &task);
    for name in [
        "test_loss",
        "update_angle",
        "pseudoinverse_angle_layer_2",
        "weight_angle_layer_2",
    ] {
        assert!(value(&found, name).is_nan(), "{name}");
    }
}
