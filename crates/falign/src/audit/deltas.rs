//! Every way to ask a rule for its deltas gives the same numbers.

use ndarray::Array2;

use super::compare::{EXACT, largest, scaled_difference, size};
use super::net;
use super::plain;
use super::report::{Check, Question};
use super::subject::{Audited, Purpose};
use crate::network::Network;

const QUESTION: Question = Question {
    name: "deltas",
    meaning: "what changes a hidden layer is its teaching signal x psi', whether the rule is asked \
              for signals, or trains a network, or one that does not keep its first layer's changes",
};

pub(super) fn check(subject: &Audited<'_>) -> Check {
    if subject.hidden() == 0 {
        return QUESTION.not_applicable("there is no hidden layer to teach");
    }
    let steps = [true, false].map(|keep| step(subject, keep));
    let [kept, not_kept] = &steps;
    let mut answers = vec![kept.deltas().to_vec()];
    let mut of_changes = 0.0;
    if not_kept.changes_on_the_way() {
        // Its deltas are nowhere to be seen, but what they change is.
        let pairs = kept.changes().iter().zip(not_kept.changes());
        let errors = pairs.map(|(a, b)| scaled_difference(b, a, size(a)));
        of_changes = largest(errors);
    } else {
        answers.push(not_kept.deltas().to_vec());
    }
    compare(subject, &signals(subject), &answers, of_changes)
}

/// Signals that a fresh rule says it sends.
fn signals(subject: &Audited<'_>) -> Vec<Array2<f64>> {
    let mut network = subject.begun();
    network.teach(&mut Purpose::Steps.open()).to_vec()
}

/// Network after a step, with the deltas that the rule trains by.
fn step(subject: &Audited<'_>, keeps_first_changes: bool) -> Network<f64> {
    let mut network = subject.network();
    network.keep_first_changes(keeps_first_changes);
    subject.step(&mut network, &mut Purpose::Steps.open());
    network
}

fn compare(
    subject: &Audited<'_>,
    signals: &[Array2<f64>],
    answers: &[Vec<Array2<f64>>],
    of_changes: f64,
) -> Check {
    let layers = &subject.layers;
    let pass = subject.first_pass();
    let slopes = net::gates(layers, &pass, subject.claim.gate());
    let slope_sizes = plain::slope_sizes(&slopes);
    let errors = answers.iter().flat_map(|deltas| {
        let pairs = deltas.iter().zip(signals).enumerate();
        let error = |(l, (delta, signal)): (usize, (&Array2<f64>, &Array2<f64>))| {
            let scale = size(&(signal * &slope_sizes[l]));
            scaled_difference(delta, &(signal * &slopes[l]), scale)
        };
        pairs.map(error).collect::<Vec<_>>()
    });
    let note = "signals, deltas, and deltas where the first layer's changes are not kept";
    QUESTION.within(largest(errors.chain([of_changes])), EXACT, note)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Claim, Subject, Verdict};
    use crate::math::{Activation, Loss, Reduction, StreamName, Streams};
    use crate::network::{Architecture, DenseInput, Initialisation, draw_layers};
    use crate::rule::{Composed, Composition, FeedbackLearning, LearningRule};

    /// An audit looks at what a rule trains by, not only at what it says it sends.
    #[test]
    fn deltas_that_are_not_the_signals_are_caught() {
        let mut stream = Streams::new(2, 0).open(StreamName::Data);
        let mut draw =
            |rows, columns| Array2::from_shape_simple_fn((rows, columns), || stream.normal());
        let architecture = Architecture::new(4, &[6, 5], 3, Activation::Tanh).unwrap();
        let streams = Streams::new(1, 0);
        let claim = Claim::Family {
            composition: Composition::named("backpropagation").unwrap(),
            learning: FeedbackLearning::default(),
        };
        let subject = Subject {
            layers: draw_layers(&architecture, Initialisation::Xavier, streams),
            rule: &|| -> Box<dyn LearningRule<f64>> { Box::new(Composed::backpropagation()) },
            claim,
            input: DenseInput(draw(7, 4)),
            targets: draw(7, 3),
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
            step_size: 0.1,
            factors: vec![1.0; 3],
        };
        let subject = Audited::chain(&subject).unwrap();
        let deltas = |keep| step(&subject, keep).deltas().to_vec();
        let (signals, right) = (signals(&subject), deltas(true));
        assert_eq!(right, deltas(false));
        let verdict =
            |answers: &[Vec<Array2<f64>>]| compare(&subject, &signals, answers, 0.0).verdict;
        assert_eq!(verdict(&[right.clone(), right.clone()]), Verdict::Passed);
        for road in 0..2 {
            for layer in 0..2 {
                let mut answers = [right.clone(), right.clone()];
                answers[road][layer] *= 1.1;
                assert_eq!(verdict(&answers), Verdict::Failed, "{road} {layer}");
            }
        }
    }
}
