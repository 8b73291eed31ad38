//! Networks of any depth: golden values, derivatives, locality, and every rule on a task.

use falign::internal::math::simd::Element;
use falign::internal::network::{
    Architecture, DenseInput, Initialisation, Network, OptimiserKind, StepOptions, accuracy,
    draw_connections, draw_feedback, draw_layers,
};
use falign::internal::network::{FeedbackShape, Part, TensorFile};
use falign::internal::rule::{
    Composed, Composition, FeedbackDecay, FeedbackLearning, LastLayerOnly, NodePerturbation,
    WeightPerturbation,
};
use falign::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use falign::measure::alignment;
use falign::rule::{Layer, LearningRule};
use ndarray::Array2;
use serde_json::Value;

use crate::support::relative;

fn noise() -> Stream {
    Streams::new(3, 0).open(StreamName::Dropout)
}

fn matrix<T: Element>(rows: &Value) -> Array2<T> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).unwrap();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| {
        T::from_f64(rows[i][j])
    })
}

fn doubles<T: Element>(values: &Array2<T>) -> Vec<f64> {
    values.iter().map(|x| x.to_f64()).collect()
}

fn one_hot<T: Element>(labels: &[usize], classes: usize) -> Array2<T> {
    Array2::from_shape_fn((labels.len(), classes), |(i, c)| {
        if labels[i] == c { T::ONE } else { T::ZERO }
    })
}

fn composed<T: Element>(name: &str, feedback: Vec<Array2<T>>) -> Box<Composed<T>> {
    let learning = FeedbackLearning {
        step_size: Some(0.05),
        decay: FeedbackDecay::Ridge,
        ..FeedbackLearning::default()
    };
    Box::new(Composed::new(
        Composition::named(name).unwrap(),
        feedback,
        learning,
    ))
}

/// The golden classification runs (40-digit arithmetic), in one precision.
fn golden<T: Element>(tolerance: f64) {
    let root: Value = serde_json::from_str(include_str!("golden/golden.json")).unwrap();
    let data = &root["classification"];
    let labels: Vec<usize> = serde_json::from_value(data["labels"].clone()).unwrap();
    let (eta, ridge) = (root["eta"].as_f64().unwrap(), root["lam"].as_f64().unwrap());
    let input = DenseInput(matrix::<T>(&data["X"]));
    let targets = one_hot::<T>(&labels, 3);
    for (activation, act) in [(Activation::Relu, "relu"), (Activation::Tanh, "tanh")] {
        for (rule, name) in [("feedback_alignment", "fa"), ("backpropagation", "bp")] {
            for reduction in [Reduction::Mean, Reduction::Sum] {
                let key = if reduction == Reduction::Mean {
                    "mean"
                } else {
                    "sum"
                };
                let expected = &data["runs"][act][name][key];
                let (hidden, output) = (matrix::<T>(&data["W0"]), matrix::<T>(&data["beta0"]));
                let p = hidden.nrows() as f64;
                let layer = |weights, factor: f64, activation| {
                    Layer::dense(weights, activation).with_factor(T::from_f64(factor))
                };
                let layers = vec![
                    layer(hidden, 1.0, activation),
                    layer(
                        output.t().as_standard_layout().into_owned(),
                        1.0 / p.sqrt(),
                        Activation::Linear,
                    ),
                ];
                // Measured against fixed feedback; backpropagation has no separate ones.
                let feedback = matrix::<T>(&data["b"])
                    .t()
                    .as_standard_layout()
                    .into_owned();
                let mut network =
                    Network::new(layers, composed(rule, vec![feedback]), OptimiserKind::Sgd);
                for step in 0..=10 {
                    network.forward(&input);
                    let loss = network.loss(&targets, Loss::SoftmaxCrossEntropy, reduction);
                    let found = expected.get(step.to_string());
                    if let Some(wanted) = found {
                        let what = format!("{act} {name} {key} step {step}");
                        let close = |x: f64, key: &str| {
                            let y = wanted[key].as_f64().unwrap();
                            assert!(
                                (x - y).abs() < tolerance * (1.0 + y.abs()),
                                "{what} {key} {x} {y}"
                            );
                        };
                        close(loss, "loss");
                        let hits = accuracy(&network.trace().outputs, &labels, 1);
                        close(hits, "accuracy");
                        if name == "fa" {
                            let angle = network.signal_alignment(&mut noise())[0];
                            close(angle.per_sample, "align_mean_per_example");
                            close(angle.flattened, "align_flat");
                            close(angle.summed, "align_sum");
                        }
                        if step == 10 {
                            let [w, beta] = network.layers() else {
                                unreachable!()
                            };
                            let expected_w = doubles(&matrix::<f64>(&wanted["W"]));
                            let transposed = beta.weights.t().as_standard_layout().into_owned();
                            let expected_beta = doubles(&matrix::<f64>(&wanted["beta"]));
                            assert!(
                                relative(&doubles(&w.weights), &expected_w) < tolerance,
                                "{what}"
                            );
                            assert!(relative(&doubles(&transposed), &expected_beta) < tolerance);
                        }
                    }
                    let options = StepOptions {
                        loss: Loss::SoftmaxCrossEntropy,
                        reduction,
                        step_size: eta,
                        factors: &[1.0, 1.0 - eta * ridge],
                        dropout: 0.0,
                    };
                    network.step(&input, &targets, options, &mut noise());
                }
            }
        }
    }
}

#[test]
fn the_golden_classification_values_are_reproduced() {
    golden::<f64>(1e-12);
    golden::<f32>(1e-5);
}

/// A small task: two noisy classes a direction, separable by a nonlinear network.
struct Task {
    input: DenseInput<f64>,
    labels: Vec<usize>,
    targets: Array2<f64>,
}

const SAMPLES: usize = 60;
const DIM: usize = 12;
const CLASSES: usize = 3;

fn task() -> Task {
    let mut stream = Streams::new(9, 0).open(StreamName::Data);
    let labels: Vec<usize> = (0..SAMPLES).map(|i| i % CLASSES).collect();
    let mut x = Array2::from_shape_simple_fn((SAMPLES, DIM), || 0.6 * stream.normal());
    for (i, &label) in labels.iter().enumerate() {
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        x[(i, label)] += 2.0 * sign;
        x[(i, 3)] += sign;
    }
    Task {
        targets: one_hot(&labels, CLASSES),
        input: DenseInput(x),
        labels,
    }
}

fn network(rule: &str, hidden: &[usize], seed: u64) -> Network<f64> {
    let mut architecture = Architecture::new(DIM, hidden, CLASSES, Activation::Tanh).unwrap();
    architecture.has_biases = true;
    let streams = Streams::new(seed, 0);
    let layers = draw_layers(&architecture, Initialisation::UniformFanIn, streams);
    let composition = Composition::named(rule).unwrap();
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(
        composition,
        &layers,
        Initialisation::UniformFanIn,
        shape,
        streams,
    );
    Network::new(layers, composed(rule, feedback), OptimiserKind::Sgd)
}

fn options(factors: &[f64]) -> StepOptions<'_> {
    StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: 0.3,
        factors,
        dropout: 0.0,
    }
}

#[test]
fn every_rule_learns_a_small_task() {
    let task = task();
    for (rule, _) in Composition::all() {
        let mut network = network(rule, &[40, 30], 1);
        let mut noise = noise();
        let mut last = f64::NAN;
        for _ in 0..1500 {
            let options = StepOptions {
                // The sign of the error and bare targets carry no size: smaller steps.
                step_size: if rule.contains("direct_") { 0.1 } else { 0.3 },
                ..options(&[1.0; 3])
            };
            last = network.step(&task.input, &task.targets, options, &mut noise);
        }
        let hits = accuracy(network.forward(&task.input), &task.labels, 1);
        assert!(
            hits > 0.9 && last < 0.4,
            "{rule}: accuracy {hits}, loss {last}"
        );
    }
}

#[test]
fn backpropagation_is_the_gradient() {
    let task = task();
    let mut exact = network("backpropagation", &[7, 6], 2);
    let start = exact.layers().to_vec();
    exact.step(&task.input, &task.targets, options(&[1.0; 3]), &mut noise());
    for (at, layer) in start.iter().enumerate() {
        for place in [(0, 0), (1, 3), (2, 5)] {
            let loss_at = |shift: f64| {
                let mut layers = start.clone();
                layers[at].weights[place] += shift;
                let rule = composed("backpropagation", Vec::new());
                let mut network = Network::new(layers, rule, OptimiserKind::Sgd);
                network.forward(&task.input);
                network.loss(&task.targets, Loss::SoftmaxCrossEntropy, Reduction::Mean)
            };
            let slope = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
            let change = exact.layers()[at].weights[place] - layer.weights[place];
            assert!((change + 0.3 * slope).abs() < 1e-9, "layer {at} {place:?}");
        }
    }
}

#[test]
fn feedback_set_to_the_transpose_is_backpropagation_bit_for_bit() {
    let task = task();
    let mut exact = network("backpropagation", &[8, 9], 5);
    let mut random = network("feedback_alignment", &[8, 9], 5);
    for _ in 0..30 {
        let forward: Vec<_> = random.layers()[1..]
            .iter()
            .map(|l| l.weights.clone())
            .collect();
        random
            .rule_mut()
            .feedback_mut()
            .unwrap()
            .clone_from_slice(&forward);
        exact.step(&task.input, &task.targets, options(&[1.0; 3]), &mut noise());
        random.step(&task.input, &task.targets, options(&[1.0; 3]), &mut noise());
        for (a, b) in exact.layers().iter().zip(random.layers()) {
            assert!(
                a.weights
                    .iter()
                    .zip(&b.weights)
                    .all(|(a, b)| a.to_bits() == b.to_bits())
            );
        }
    }
}

/// A hidden layer's signal does not depend on forward weights above where the residual is held.
#[test]
fn rules_with_their_own_feedback_are_local() {
    let task = task();
    for (rule, composition) in Composition::all() {
        let mut network = network(rule, &[8, 9], 6);
        network.forward(&task.input);
        network.loss(&task.targets, Loss::SoftmaxCrossEntropy, Reduction::Mean);
        let before = network.teach(&mut noise()).to_vec();
        for layer in &mut network.layers_mut()[1..] {
            layer.weights.mapv_inplace(|w| -2.0 * w);
        }
        let after = network.teach(&mut noise()).to_vec();
        let is_same = before == after;
        let sees_weights = matches!(
            composition.feedback,
            falign::internal::rule::FeedbackWeights::Transpose
                | falign::internal::rule::FeedbackWeights::Sign(_)
        );
        assert_eq!(is_same, !sees_weights, "{rule}");
    }
}

#[test]
fn kolen_pollack_closes_the_gap_by_the_ridge_factor() {
    let task = task();
    let mut network = network("kolen_pollack", &[8, 9], 7);
    let factors = [1.0, 0.9, 0.8];
    let gap = |network: &Network<f64>, at: usize| {
        let b = &network.rule().feedback().unwrap()[at];
        (b - &network.layers()[at + 1].weights)
            .mapv(|x| x * x)
            .sum()
            .sqrt()
    };
    for _ in 0..20 {
        let before = [gap(&network, 0), gap(&network, 1)];
        network.step(&task.input, &task.targets, options(&factors), &mut noise());
        for at in 0..2 {
            let ratio = gap(&network, at) / before[at];
            assert!((ratio - factors[at + 1]).abs() < 1e-10, "{ratio}");
        }
    }
}

#[test]
fn a_weight_mirror_grows_towards_the_forward_weights() {
    let task = task();
    let mut network = network("weight_mirror", &[30, 20], 8);
    let cosine = |network: &Network<f64>| {
        let b = &network.rule().feedback().unwrap()[1];
        let w = &network.layers()[2].weights;
        let dot = (b * w).sum();
        dot / (b.mapv(|x| x * x).sum() * w.mapv(|x| x * x).sum()).sqrt()
    };
    let before = cosine(&network);
    let mut noise = noise();
    for _ in 0..300 {
        network.step(&task.input, &task.targets, options(&[1.0; 3]), &mut noise);
    }
    let after = cosine(&network);
    assert!(before.abs() < 0.4 && after > 0.9, "{before} to {after}");
}

#[test]
fn sign_feedback_has_the_signs_of_the_forward_weights() {
    let task = task();
    let mut network = network("uniform_sign_symmetry", &[6], 3);
    network.forward(&task.input);
    network.loss(&task.targets, Loss::SoftmaxCrossEntropy, Reduction::Mean);
    let signal = network.teach(&mut noise())[0].clone();
    let magnitude = network.rule().feedback().unwrap()[0].clone();
    let trace = network.trace();
    let weights = &network.layers()[1].weights;
    let row = |m: &Array2<f64>, i: usize| -> Vec<f64> { m.row(i).to_vec() };
    for i in 0..SAMPLES {
        let e = row(&trace.residual, i);
        for j in 0..6 {
            let expected: f64 = (0..CLASSES)
                .map(|c| e[c] * magnitude[(c, j)].abs() * weights[(c, j)].signum())
                .sum();
            assert!((signal[(i, j)] - expected).abs() < 1e-14);
        }
    }
}

#[test]
fn the_last_layer_alone_learns_on_frozen_features() {
    let task = task();
    let layers = network("backpropagation", &[50], 4).layers().to_vec();
    let mut network = Network::new(layers.clone(), Box::new(LastLayerOnly), OptimiserKind::ADAM);
    for _ in 0..300 {
        let options = StepOptions {
            step_size: 0.02,
            ..options(&[1.0; 2])
        };
        network.step(&task.input, &task.targets, options, &mut noise());
    }
    assert_eq!(network.layers()[0].weights, layers[0].weights);
    let hits = accuracy(network.forward(&task.input), &task.labels, 1);
    assert!(hits > 0.8, "{hits}");
}

/// Adam's moments are corrected by the number of its steps, which is part of its state too.
#[test]
fn a_state_that_does_not_fit_changes_nothing() {
    let adam = OptimiserKind::Adam {
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 1e-8,
    };
    let start = || {
        let architecture = Architecture::new(3, &[5], 2, Activation::Tanh).unwrap();
        let layers = draw_layers(&architecture, Initialisation::Xavier, Streams::new(5, 0));
        Network::new(layers, Box::new(Composed::<f64>::backpropagation()), adam)
    };
    let input = DenseInput(Array2::from_shape_fn((4, 3), |(i, j)| {
        ((3 * i + 2 * j) as f64).cos()
    }));
    let targets = one_hot::<f64>(&[0, 1, 1, 0], 2);
    let step = |network: &mut Network<f64>| {
        network.step(&input, &targets, options(&[1.0; 2]), &mut noise());
    };
    let mut trained = start();
    (0..7).for_each(|_| step(&mut trained));
    let mut file = TensorFile::new(Value::Null);
    trained.save(Part::Everything, &mut file);
    file.put("optimiser.1.second".to_owned(), &[1], &[0.5]);
    let (mut refused, mut untouched) = (start(), start());
    let misfit = refused.restore(Part::Everything, 7, &file).unwrap_err();
    assert!(
        misfit.to_string().contains("optimiser.1.second"),
        "{misfit}"
    );
    for network in [&mut refused, &mut untouched] {
        (0..2).for_each(|_| step(network));
    }
    for (a, b) in refused.layers().iter().zip(untouched.layers()) {
        assert_eq!(a.weights, b.weights);
    }
}

#[test]
fn absent_connections_stay_absent_whatever_pushes_them() {
    let task = task();
    for (optimiser, step_size) in [(OptimiserKind::Sgd, 0.3), (OptimiserKind::ADAM, 0.01)] {
        let layers = network("feedback_alignment", &[40, 30], 4)
            .layers()
            .to_vec();
        let mut network = Network::new(
            layers.clone(),
            composed("backpropagation", Vec::new()),
            optimiser,
        );
        let drawn = draw_connections(&network.shapes(), &[0.0, 0.5, 0.8], Streams::new(4, 0));
        network.set_connections(drawn.clone());
        let last = (0..600)
            .map(|_| {
                let options = StepOptions {
                    step_size,
                    ..options(&[1.0; 3])
                };
                network.step(&task.input, &task.targets, options, &mut noise())
            })
            .last();
        assert!(last.unwrap() < 0.5, "{last:?}");
        assert!(drawn[0].is_none(), "all of the first layer's exist");
        for (at, connections) in drawn.iter().enumerate().skip(1) {
            let weights = &network.layers()[at].weights;
            for ((place, exists), was) in connections
                .as_ref()
                .unwrap()
                .indexed_iter()
                .zip(&layers[at].weights)
            {
                // What exists has learned, if it has a way to the outputs.
                let moved = (weights[place] - was).abs() > 0.0;
                assert!(
                    if *exists > 0.0 {
                        moved || at == 1
                    } else {
                        weights[place] == 0.0
                    },
                    "{place:?}"
                );
            }
        }
    }
}

/// Averaged over many trials, node perturbation is the derivative of the loss.
#[test]
fn node_perturbation_is_unbiased() {
    const TRIALS: usize = 4000;
    let task = task();
    let layers = network("backpropagation", &[6, 5], 2).layers().to_vec();
    let mut draws = Streams::new(12, 0).open(StreamName::Dropout);
    let mut rule = NodePerturbation::new(1e-3);
    let exact_rule = composed("backpropagation", Vec::new());
    let mut network = Network::new(layers.clone(), exact_rule, OptimiserKind::Sgd);
    network.forward(&task.input);
    network.loss(&task.targets, Loss::SoftmaxCrossEntropy, Reduction::Mean);
    let exact = network.teach(&mut noise()).to_vec();
    let mut mean: Vec<Array2<f64>> = exact.iter().map(|s| s * 0.0).collect();
    for _ in 0..TRIALS {
        let mut signals = exact.clone();
        rule.teach(&layers, network.trace(), &mut signals, &mut draws);
        for (sum, signal) in mean.iter_mut().zip(&signals) {
            *sum += &(signal / TRIALS as f64);
        }
    }
    for (mean, exact) in mean.iter().zip(&exact) {
        // Relative variance of one trial is about the number of units.
        let found = alignment(mean, exact);
        assert!(found.flattened > 0.99, "{found:?}");
        assert!((found.norm_ratio - 1.0).abs() < 0.02, "{found:?}");
    }
}

/// Averaged over many trials, the changes of weight perturbation are those of gradient descent.
#[test]
fn weight_perturbation_is_unbiased() {
    const TRIALS: usize = 20_000;
    let task = task();
    let layers = network("backpropagation", &[4], 2).layers().to_vec();
    let options = StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: 0.0,
        factors: &[1.0; 2],
        dropout: 0.0,
    };
    let changes = |rule: Box<dyn LearningRule<f64>>, trials: usize| {
        let mut network = Network::new(layers.clone(), rule, OptimiserKind::Sgd);
        // The change of a step of size 1, taken back by starting from the same layers.
        let options = StepOptions {
            step_size: 1.0,
            ..options
        };
        let mut draws = Streams::new(12, 0).open(StreamName::Dropout);
        let mut mean: Vec<Array2<f64>> = layers.iter().map(|l| &l.weights * 0.0).collect();
        for _ in 0..trials {
            network.layers_mut().clone_from_slice(&layers);
            network.step(&task.input, &task.targets, options, &mut draws);
            for (sum, change) in mean.iter_mut().zip(network.changes()) {
                *sum += &(change / trials as f64);
            }
        }
        mean
    };
    let mean = changes(Box::new(WeightPerturbation::new(1e-3)), TRIALS);
    let exact = changes(composed("backpropagation", Vec::new()), 1);
    for (mean, exact) in mean.iter().zip(&exact) {
        // Relative variance of one trial is about the number of weights.
        let found = alignment(mean, exact);
        assert!(found.flattened > 0.98, "{found:?}");
        assert!((found.norm_ratio - 1.0).abs() < 0.05, "{found:?}");
    }
}

/// A summed batch weighs as many times more as it has samples, whatever is sent.
#[test]
fn signals_are_reduced_as_the_loss_is() {
    let task = task();
    for (rule, _) in Composition::all() {
        let signal = |reduction| {
            let mut network = network(rule, &[6], 3);
            network.forward(&task.input);
            network.loss(&task.targets, Loss::SoftmaxCrossEntropy, reduction);
            network.teach(&mut noise())[0].clone()
        };
        let (mean, sum) = (signal(Reduction::Mean), signal(Reduction::Sum));
        let found = alignment(&sum, &mean);
        assert!((found.flattened - 1.0).abs() < 1e-12, "{rule}");
        assert!((found.norm_ratio - SAMPLES as f64).abs() < 1e-9, "{rule}");
    }
}
