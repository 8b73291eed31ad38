//! Networks that must be equal: in both layouts, said as operators or as a list, saved and restored.

use std::sync::Arc;

use falign::internal::measure::{Measured, Measurement, Wanted};
use falign::internal::network::{
    Initialisation, Network, OptimiserKind, StepOptions, draw_operators,
};
use falign::internal::network::{Part, TensorFile};
use falign::layer::{Dense, Layout, Operator};
use falign::math::{Activation, Loss, Streams};
use falign::measure::Quantity;
use falign::rule::Layer;

use super::networks::*;

/// Rounding of some steps, of which trials are differences of losses divided by a thousandth.
const ROUNDING: f64 = 1e-9;

#[test]
fn samples_in_lanes_train_the_same_network() {
    for (name, rule) in all_rules() {
        let [rows, lanes] = [Layout::Rows, Layout::Lanes(16)].map(|layout| {
            let mut network = network(&*rule, layout);
            let options = StepOptions {
                dropout: 0.2,
                ..options(&NO_RIDGE)
            };
            train(&mut network, 20, options)
        });
        for (a, b) in rows.iter().zip(&lanes) {
            assert!((a / b - 1.0).abs() < ROUNDING, "{name}: {a} {b}");
        }
    }
}

/// A list of dense layers, said as operators, is that list.
#[test]
fn dense_operators_train_as_the_dense_list_does() {
    let sizes = [INPUTS, 9, 7, OUTPUTS];
    let operators: Vec<Arc<dyn Operator<f64>>> = sizes
        .windows(2)
        .map(|w| Arc::new(Dense::new(w[0], w[1], 1.0)) as Arc<dyn Operator<f64>>)
        .collect();
    let start = Initialisation::Ntk;
    let streams = Streams::new(2, 0);
    let of_operators = draw_operators(&operators, Activation::Tanh, true, start, streams);
    let list: Vec<Layer<f64>> = of_operators
        .iter()
        .map(|l| {
            let dense = Layer::dense(l.weights.clone(), l.activation);
            dense
                .with_factor(l.factor)
                .with_bias(l.bias.clone().unwrap())
        })
        .collect();
    // Weights are shaken in their order in memory, which differs.
    let is_compared = |name: &str| name != "weight_perturbation";
    for (name, rule) in all_rules().into_iter().filter(|r| is_compared(r.0)) {
        let [mut wired, mut dense] = [&of_operators, &list]
            .map(|layers| Network::new(layers.clone(), rule(layers), OptimiserKind::ADAM));
        let options = StepOptions {
            step_size: 0.01,
            ..options(&[0.99; 3])
        };
        let losses = train(&mut wired, 20, options);
        for (a, b) in losses.iter().zip(train(&mut dense, 20, options)) {
            assert!((a / b - 1.0).abs() < ROUNDING, "{name}: {a} {b}");
        }
        let pairs = wired.deltas().iter().zip(dense.deltas());
        for (a, b) in pairs.flat_map(|(a, b)| a.iter().zip(b)) {
            assert!((a - b).abs() < ROUNDING, "{name}: {a} {b}");
        }
    }
}

#[test]
fn a_saved_state_goes_on_with_the_same_bits() {
    for (name, rule) in all_rules() {
        let fresh = || {
            let layers = layers(1);
            let rule = rule(&layers);
            Network::wired(
                layers,
                wiring(Layout::Rows, true),
                rule,
                OptimiserKind::ADAM,
            )
        };
        let options = StepOptions {
            dropout: 0.3,
            step_size: 0.01,
            ..options(&NO_RIDGE)
        };
        let mut network = fresh();
        train(&mut network, 7, options);
        let mut file = TensorFile::default();
        network.save(Part::Everything, &mut file);
        let (shape, mean) = file.get("maps.2.running_mean").unwrap();
        assert!(shape == [1] && mean[0].abs() > 0.0, "{name}");
        assert_eq!(file.get("layers.0.weight").unwrap().0, [4, 1, 3, 2]);
        let whole = train(&mut network, 5, options);
        let mut other = fresh();
        other.restore(Part::Everything, 7, &file).unwrap();
        assert_eq!(train(&mut other, 5, options), whole, "{name}");
        for (other, layer) in other.layers().iter().zip(network.layers()) {
            assert_eq!(
                (&other.weights, &other.bias),
                (&layer.weights, &layer.bias),
                "{name}"
            );
        }
        // Means that stand where they stood at the start make another network.
        let mut weights = TensorFile::default();
        network.save(Part::Weights, &mut weights);
        let ((x, y), mut restored) = (data(), fresh());
        let loss = |network: &mut Network<f64>| loss_of(network, &x, &y).to_bits();
        assert_ne!(loss(&mut restored), loss(&mut network), "{name}");
        restored.restore(Part::Weights, 0, &weights).unwrap();
        assert_eq!(loss(&mut restored), loss(&mut network), "{name}");
    }
}

#[test]
fn signals_and_gradients_are_measured_whatever_the_layers_are() {
    let (x, y) = data();
    let wanted = Wanted::of(
        &[
            Quantity::Alignment,
            Quantity::UpdateAngle,
            Quantity::WeightAngle,
        ],
        1,
    );
    let measure = |name: &str| {
        let mut network = network(|layers| composed(name, layers), Layout::Lanes(8));
        let mut measurement = Measurement::new(&network, wanted);
        let loss = Loss::SquaredError;
        measurement.include(&mut network, &x, &y, None, loss, &mut noise());
        let found = measurement.finish(&network);
        let alone = loss_of(&mut network, &x, &y);
        assert!(
            (found.loss_per_sample / alone - 1.0).abs() < 1e-12,
            "{name}"
        );
        wanted_values(&found)
    };
    let [alignment, update, weights] = measure("backpropagation");
    assert!((alignment - 1.0).abs() < 1e-12 && update < 1e-5 && weights < 1e-5);
    let [alignment, update, weights] = measure("fixed_random_sign_symmetry");
    assert!(alignment > 0.2 && alignment < 0.99, "{alignment}");
    assert!(update > 5.0 && update < 80.0, "{update}");
    assert!(weights > 5.0 && weights < 80.0, "{weights}");
    let [_, _, weights] = measure("direct_feedback_alignment");
    assert!(weights.is_nan(), "no product of weights is what lies above");
}

fn wanted_values(found: &Measured) -> [f64; 3] {
    [
        Quantity::Alignment,
        Quantity::UpdateAngle,
        Quantity::WeightAngle,
    ]
    .map(|quantity| found.value(quantity).unwrap())
}
