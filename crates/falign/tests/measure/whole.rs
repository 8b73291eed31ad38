//! Measuring in chunks, while training, and after divergence.

use falign::internal::network::{DenseInput, Network, OptimiserKind, StepOptions};
use falign::internal::rule::{Composition, Magnitude, NodePerturbation};
use falign::math::{Activation, Reduction, StreamName, Streams};
use falign::measure::{LayerMeasure, Quantity};

use super::{
    LOSS, SAMPLES, everything, layers, measure, measure_in_chunks, measure_some, named, noise,
    task, value,
};

#[test]
fn chunks_add_up_to_the_whole() {
    let task = task::<f64>(SAMPLES);
    for (rule, composition) in Composition::all() {
        // Draws other magnitudes for every chunk.
        if composition.feedback
            == falign::internal::rule::FeedbackWeights::Sign(Magnitude::BatchRandom)
        {
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

/// Alignments have the same bits whether samples are compared whole or some at a time.
#[test]
fn alignments_are_the_same_bits_whatever_else_is_wanted() {
    let alignments = [
        LayerMeasure::Alignment,
        LayerMeasure::AlignmentFlattened,
        LayerMeasure::AlignmentSummed,
        LayerMeasure::NormRatio,
    ];
    let quantities = alignments.map(|measure| Quantity::OfLayer(measure, 1));
    for (rule, _) in Composition::all() {
        for hidden in [&[90][..], &[9, 8]] {
            for samples in [1, 50, 129, 200] {
                let task = task::<f32>(samples);
                let found = [&quantities[..], &everything()].map(|quantities| {
                    let mut network = named(rule, layers(hidden, Activation::Relu));
                    let mut draws = noise();
                    let found = measure_some(&mut network, &task, quantities, 150, &mut draws);
                    // As much was drawn.
                    let values = alignments.map(|measure| found.layers[0].value(measure));
                    (values.map(f64::to_bits), draws.uniform().to_bits())
                });
                assert_eq!(found[0], found[1], "{rule} {hidden:?} {samples}");
            }
        }
    }
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
    for rule in Composition::all().map(|(name, _)| Some(name)).chain([None]) {
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
