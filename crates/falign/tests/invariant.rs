//! The linear invariant of Lillicrap et al. (2016): under feedback alignment a linear network
//! y = W W0 x keeps B W + W'B' - W0 W0'.
//!
//! One step adds -eta e h' to W and -eta B e x' to W0, so that `B dW + dW'B' = dW0 W0' + W0 dW0'`, and
//! the whole matrix over hidden units changes by `-dW0 dW0'` alone: second order in the step.
//! The check `conservation` of the audit is its diagonal, for every activation with a kink at 0.

use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, DenseInput, Initialisation, Network, OptimiserKind, StepOptions, draw_feedback,
    draw_layers,
};
use falign::internal::rule::{Composed, Composition, FeedbackLearning};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use ndarray::Array2;

use crate::support::normals;

const SAMPLES: usize = 40;
const STREAMS: (u64, u64) = (6, 0);
/// Rounding of a few thousand additions of numbers near 1.
const ROUNDING: f64 = 1e-12;

/// The paper's linear task in shape: 30-20-10, here with squared errors on a random map.
fn network(rule: &str) -> Network<f64> {
    let architecture = Architecture::new(30, &[20], 10, Activation::Linear).unwrap();
    let streams = Streams::new(STREAMS.0, STREAMS.1);
    let law = Initialisation::UniformFanIn;
    let layers = draw_layers(&architecture, law, streams);
    let composition = Composition::named(rule).unwrap();
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(composition, &layers, law, shape, streams);
    let learning = FeedbackLearning::default();
    let rule = Composed::new(composition, feedback, learning);
    Network::new(layers, Box::new(rule), OptimiserKind::Sgd)
}

fn largest(m: &Array2<f64>) -> f64 {
    m.iter().fold(0.0, |most, x| x.abs().max(most))
}

/// B W + W'B' - W0 W0', (hidden, hidden), with the feedback weights of the start.
fn conserved(network: &Network<f64>, feedback: &Array2<f64>) -> Array2<f64> {
    let [hidden, output] = [0, 1].map(|l| &network.layers()[l].weights);
    let product = feedback.t().dot(output);
    &product + &product.t() - hidden.dot(&hidden.t())
}

/// How far the matrix drifts over time 2, with and without the term of second order, and how
/// far W0 W0' itself moves.
fn drift(rule: &str, step_size: f64) -> [f64; 3] {
    let mut network = network(rule);
    let feedback = match network.rule().feedback() {
        Some(b) => b[0].clone(),
        None => network.layers()[1].weights.clone(),
    };
    let inputs = normals(9, SAMPLES, 30);
    let targets = inputs.dot(&normals(10, 30, 10)) / 5.0;
    let input = DenseInput(inputs);
    let mut noise = Streams::new(1, 0).open(StreamName::Dropout);
    let start = network.layers()[0].weights.clone();
    let before = conserved(&network, &feedback);
    let mut second_order = Array2::zeros((20, 20));
    let mut time = 0.0;
    while time < 2.0 {
        let old = network.layers()[0].weights.clone();
        let options = StepOptions {
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
            step_size,
            factors: &[1.0; 2],
            dropout: 0.0,
        };
        network.step(&input, &targets, options, &mut noise);
        let change = &network.layers()[0].weights - &old;
        second_order += &change.dot(&change.t());
        time += step_size;
    }
    let drift = conserved(&network, &feedback) - before;
    let now = &network.layers()[0].weights;
    let moved = now.dot(&now.t()) - start.dot(&start.t());
    [&drift + &second_order, drift, moved].map(|m| largest(&m))
}

#[test]
fn a_linear_network_keeps_its_matrix_of_feedback_and_forward_weights() {
    let [exact, coarse, moved] = drift("feedback_alignment", 0.02);
    assert!(exact < ROUNDING, "{exact:e}");
    // The weights do learn, and the drift of the finite step is small compared with it.
    assert!(moved > 0.1 && coarse < 0.1 * moved, "{coarse} of {moved}");
    // First order in the step: a tenth of the step, a tenth of the drift.
    let [_, fine, _] = drift("feedback_alignment", 0.002);
    let ratio = coarse / fine;
    assert!((9.0..11.0).contains(&ratio), "{ratio}");
}

#[test]
fn backpropagation_does_not_keep_it_with_the_weights_of_the_start_as_feedback() {
    let [exact, ..] = drift("backpropagation", 0.02);
    assert!(exact > 1e-3, "{exact:e}");
}
