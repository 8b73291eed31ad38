//! Two fresh copies of the rule make the same steps.

use ndarray::Array2;

use super::compare::is_same;
use super::report::{Check, Question};
use super::subject::{Audited, Purpose};
use crate::network::Network;
use crate::rule::Layer;

const QUESTION: Question = Question {
    name: "determinism",
    meaning: "two fresh copies of the rule make the same steps, to the bit",
};

const STEPS: usize = 5;

pub(super) fn check(subject: &Audited<'_>) -> Check {
    let run = || {
        let mut network = subject.network();
        let mut noise = Purpose::Steps.open();
        for _ in 0..STEPS {
            subject.step(&mut network, &mut noise);
        }
        network
    };
    let (one, other) = (run(), run());
    let (layers, feedback) = (
        has_same_layers(&one, &other),
        has_same_feedback(&one, &other),
    );
    let note = match (layers, feedback) {
        (true, true) => "weights, biases and feedback weights",
        (false, _) => "weights or biases differ: the rule draws from elsewhere than its noise",
        (true, false) => "feedback weights differ: they are not drawn alike at every call",
    };
    QUESTION.decided(layers && feedback, format!("{note}, after {STEPS} steps"))
}

/// Whether two networks have the same weights, biases, feedback weights and states of maps, to the bit.
pub(super) fn is_same_state(a: &Network<f64>, b: &Network<f64>) -> bool {
    has_same_layers(a, b) && has_same_feedback(a, b)
}

fn has_same_layers(a: &Network<f64>, b: &Network<f64>) -> bool {
    let bits = |network: &Network<f64>| -> Vec<u64> {
        let states = network.states();
        states
            .flat_map(|(_, state)| state.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            .collect()
    };
    let mut pairs = a.layers().iter().zip(b.layers());
    pairs.all(|(a, b)| is_same_layer(a, b)) && bits(a) == bits(b)
}

fn has_same_feedback(a: &Network<f64>, b: &Network<f64>) -> bool {
    let [a, b] = [a, b].map(|network| network.rule().feedback().unwrap_or_default());
    is_same_feedback(a, b)
}

fn is_same_layer(a: &Layer<f64>, b: &Layer<f64>) -> bool {
    let biases = match (&a.bias, &b.bias) {
        (Some(a), Some(b)) => is_same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    biases && is_same(&a.weights, &b.weights)
}

/// Whether two sets of feedback weights hold the same bits.
pub(super) fn is_same_feedback(a: &[Array2<f64>], b: &[Array2<f64>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
}
