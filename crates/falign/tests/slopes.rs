//! psi' in a network's trace: where units are rectified it is not kept, and the same.

use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, DenseInput, Initialisation, Network, OptimiserKind, StepOptions, draw_feedback,
    draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackLearning};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use ndarray::Array2;

const SAMPLES: usize = 30;
const DIM: usize = 7;
const UNITS: usize = 6;
const CLASSES: usize = 3;

fn network(activation: Activation, has_biases: bool) -> Network<f64> {
    let mut architecture = Architecture::new(DIM, &[UNITS, 5], CLASSES, activation).unwrap();
    architecture.has_biases = has_biases;
    let (streams, law) = (Streams::new(4, 0), Initialisation::UniformFanIn);
    let layers = draw_layers(&architecture, law, streams);
    let composition = Composition::named("feedback_alignment").unwrap();
    let feedback = draw_feedback(composition, &layers, law, FeedbackShape::default(), streams);
    let learning = FeedbackLearning::default();
    let rule = Composed::new(composition, feedback, learning);
    Network::new(layers, Box::new(rule), OptimiserKind::Sgd)
}

fn check(activation: Activation, has_biases: bool) {
    let mut stream = Streams::new(9, 0).open(StreamName::Data);
    let x = Array2::from_shape_simple_fn((SAMPLES, DIM), || stream.normal());
    let targets = Array2::from_shape_fn((SAMPLES, CLASSES), |(i, c)| f64::from(i % CLASSES == c));
    let mut network = network(activation, has_biases);
    let mut noise = Streams::new(4, 0).open(StreamName::Dropout);
    // From one kind to the other and back.
    for dropout in [0.0, 0.5, 0.0] {
        let first = network.layers()[0].clone();
        let options = StepOptions {
            loss: Loss::SoftmaxCrossEntropy,
            reduction: Reduction::Mean,
            step_size: 0.3,
            factors: &[1.0; 3],
            dropout,
        };
        network.step(&DenseInput(x.clone()), &targets, options, &mut noise);
        let trace = network.trace();
        let mut z = x.dot(&first.weights.t()) * first.factor;
        if let Some(bias) = &first.bias {
            z += bias;
        }
        let (activities, slopes) = (&trace.activities[0], trace.derivatives(0));
        let mut silent = 0;
        for ((sample, unit), &z) in z.indexed_iter() {
            let (a, slope) = (activities[(sample, unit)], slopes[(sample, unit)]);
            if dropout > 0.0 && a == 0.0 && slope == 0.0 {
                silent += 1;
                continue;
            }
            let sent = 1.0 / (1.0 - dropout);
            let (value, derivative) = (activation.value(z), activation.derivative(z));
            assert!((a - sent * value).abs() < 1e-12, "{activation:?}");
            assert!((slope - sent * derivative).abs() < 1e-12, "{activation:?}");
        }
        assert!(silent < SAMPLES * UNITS, "not all of them");
    }
}

#[test]
fn slopes_are_those_of_the_activation_with_and_without_dropout() {
    for activation in Activation::ALL {
        check(activation, true);
        check(activation, false);
    }
}
