//! Functions in the place of psi': augmented direct feedback alignment.

use falign::audit::{Claim, Subject, Verdict, audit};
use falign::internal::layer::Wiring;
use falign::internal::network::{
    DenseInput, FeedbackShape, Initialisation, Network, OptimiserKind, StepOptions, draw_feedback,
};
use falign::internal::rule::{Composed, Composition, FeedbackLearning, Gate};
use falign::layer::Layout;
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use falign::rule::{Layer, LearningRule};
use ndarray::{Array2, array};
use serde_json::Value;

use crate::support::relative;

/// Five steps on numbers of order one.
const ROUNDING: f64 = 1e-11;
const GATES: [Gate; 4] = [Gate::Step, Gate::Sin, Gate::Cos, Gate::Identity];

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn augmented(gate: Gate) -> Composition {
    Composition {
        gate,
        ..Composition::named("direct_feedback_alignment").unwrap()
    }
}

fn options(step_size: f64, dropout: f64) -> StepOptions<'static> {
    StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size,
        factors: &[1.0; 3],
        dropout,
    }
}

fn one_hot(labels: &Value, classes: usize) -> Array2<f64> {
    let labels: Vec<usize> = serde_json::from_value(labels.clone()).unwrap();
    Array2::from_shape_fn((labels.len(), classes), |(i, class)| {
        f64::from(u8::from(labels[i] == class))
    })
}

/// A tanh network of the file, and the values of one of its rules.
fn start(golden: &Value) -> (Vec<Layer<f64>>, DenseInput<f64>, Array2<f64>) {
    let layers = (0..3).map(|at| {
        let activation = [Activation::Tanh, Activation::Tanh, Activation::Linear][at];
        Layer::dense(matrix(&golden["w"][at]), activation)
    });
    let layers: Vec<_> = layers.collect();
    let targets = one_hot(&golden["labels"], layers[2].units());
    (layers, DenseInput(matrix(&golden["x"])), targets)
}

#[test]
fn three_functions_learn_as_in_another_program() {
    let golden: Value = serde_json::from_str(include_str!("golden/augmented.json")).unwrap();
    let step_size = golden["lr"].as_f64().unwrap();
    let rules = [
        ("augmented_dfa_step", Gate::Step),
        ("augmented_dfa_sin", Gate::Sin),
        ("augmented_dfa_identity", Gate::Identity),
    ];
    for (name, gate) in rules {
        let values = &golden["rules"][name];
        let feedback: Vec<_> = ["b1", "b2"]
            .map(|b| matrix(&values[b]).t().as_standard_layout().into_owned())
            .to_vec();
        let (layers, input, targets) = start(&golden);
        let rule = Composed::new(augmented(gate), feedback, FeedbackLearning::default());
        let mut network = Network::new(layers, Box::new(rule), OptimiserKind::Sgd);
        let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
        let losses: Vec<f64> = serde_json::from_value(values["loss"].clone()).unwrap();
        for (step, loss) in losses.iter().enumerate() {
            let found = network.step(&input, &targets, options(step_size, 0.0), noise);
            assert!((found - loss).abs() < ROUNDING, "{name}: {found} {loss}");
            let Some(weights) = values["weights"].get((step + 1).to_string()) else {
                continue;
            };
            for (at, layer) in network.layers().iter().enumerate() {
                let found: Vec<f64> = layer.weights.iter().copied().collect();
                let wanted: Vec<f64> = matrix(&weights[at]).iter().copied().collect();
                let error = relative(&found, &wanted);
                assert!(
                    error < ROUNDING,
                    "{name} layer {at} after {step}: {error:e}"
                );
            }
        }
    }
}

/// Layers of rectified units with biases.
fn layers(activation: Activation) -> Vec<Layer<f64>> {
    let wave = |rows, columns, phase: f64| {
        Array2::from_shape_fn((rows, columns), |(i, j)| {
            (1.3 * i as f64 - 0.7 * j as f64 + phase).sin()
        })
    };
    let biased = |weights: Array2<f64>, activation| {
        let bias = weights.column(0).mapv(|w| 0.3 * w);
        Layer::dense(weights, activation).with_bias(bias)
    };
    vec![
        biased(wave(7, 5, 0.1), activation),
        biased(wave(6, 7, 0.4), activation),
        biased(wave(3, 6, 0.8), Activation::Linear),
    ]
}

fn rule(gate: Gate, layers: &[Layer<f64>]) -> Box<dyn LearningRule<f64>> {
    let (law, shape) = (Initialisation::Xavier, FeedbackShape::default());
    let feedback = draw_feedback(augmented(gate), layers, law, shape, Streams::new(3, 0));
    let learning = FeedbackLearning::default();
    Box::new(Composed::new(augmented(gate), feedback, learning))
}

fn data() -> (DenseInput<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((9, 5), |(i, j)| (2.1 * i as f64 + 0.9 * j as f64).cos());
    let y = Array2::from_shape_fn((9, 3), |(i, k)| f64::from(u8::from(i % 3 == k)));
    (DenseInput(x), y)
}

#[test]
fn every_engine_has_the_function_also_where_units_are_silenced() {
    let (x, y) = data();
    for activation in [Activation::Relu, Activation::Tanh] {
        for gate in GATES {
            let train = |mut network: Network<f64>, keep| {
                network.keep_first_changes(keep);
                let mut noise = Streams::new(6, 0).open(StreamName::Dropout);
                let step = |_| network.step(&x, &y, options(0.2, 0.0), &mut noise);
                (0..5).map(step).collect::<Vec<f64>>()
            };
            let layers = layers(activation);
            let list = || Network::new(layers.clone(), rule(gate, &layers), OptimiserKind::Sgd);
            let kept = train(list(), true);
            assert_eq!(train(list(), false), kept);
            for layout in [Layout::Rows, Layout::Lanes(4)] {
                let mut wiring = Wiring::new(5).with_layout(layout);
                let mut value = wiring.input();
                for _ in &layers {
                    value = wiring.layer(value);
                }
                let own = rule(gate, &layers);
                let wired = Network::wired(layers.clone(), wiring, own, OptimiserKind::Sgd);
                for (a, b) in train(wired, true).iter().zip(&kept) {
                    assert!((a - b).abs() < ROUNDING, "{activation:?} {gate:?}: {a} {b}");
                }
            }
            // A silent unit changes nothing below it.
            let mut network = list();
            let mut noise = Streams::new(6, 0).open(StreamName::Dropout);
            network.step(&x, &y, options(0.2, 0.5), &mut noise);
            for (deltas, activities) in network.deltas().iter().zip(&network.trace().activities) {
                let silent = deltas.iter().zip(activities);
                let silent: Vec<_> = silent.filter(|(_, a)| **a == 0.0).collect();
                assert!(!silent.is_empty(), "{activation:?} {gate:?}");
                let is_tanh = activation == Activation::Tanh;
                assert!(!is_tanh || silent.iter().all(|(delta, _)| **delta == 0.0));
            }
        }
    }
}

fn verdicts(claimed: Gate, own: Gate) -> Vec<(&'static str, Verdict)> {
    let layers = layers(Activation::Tanh);
    let ((input, targets), composition) = (data(), augmented(claimed));
    let subject = Subject {
        rule: &|| rule(own, &layers),
        claim: Claim::Family {
            composition,
            learning: FeedbackLearning::default(),
        },
        input,
        targets,
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size: 0.1,
        factors: vec![1.0; 3],
        layers: layers.clone(),
    };
    let checks = audit(&subject).unwrap().checks;
    checks
        .iter()
        .map(|check| (check.name, check.verdict))
        .collect()
}

#[test]
fn the_audit_tells_one_function_from_another() {
    for gate in GATES {
        let all = verdicts(gate, gate);
        assert!(
            all.iter().all(|(_, v)| *v != Verdict::Failed),
            "{gate:?} {all:?}"
        );
        let passed = |name| all.contains(&(name, Verdict::Passed));
        assert!(
            ["definition", "deltas", "updates"].into_iter().all(passed),
            "{all:?}"
        );
    }
    for (claimed, own) in [
        (Gate::Sin, Gate::Derivative),
        (Gate::Derivative, Gate::Sin),
        (Gate::Step, Gate::Identity),
    ] {
        let found = verdicts(claimed, own);
        assert!(
            found.contains(&("definition", Verdict::Failed)),
            "{found:?}"
        );
    }
}

#[test]
fn functions_are_what_their_names_say() {
    let z = array![-1.5, 0.0, 0.25];
    let values = |gate: Gate| z.mapv(|z| gate.value(z));
    assert_eq!(values(Gate::Step), array![0.0, 0.0, 1.0]);
    assert_eq!(values(Gate::Identity), array![1.0, 1.0, 1.0]);
    let squares = values(Gate::Sin).mapv(|s| s * s) + values(Gate::Cos).mapv(|c| c * c);
    assert!(squares.iter().all(|one| (one - 1.0).abs() < 1e-15));
    assert!((values(Gate::Sin)[2] - 0.25f64.sin()).abs() < 1e-15);
}
