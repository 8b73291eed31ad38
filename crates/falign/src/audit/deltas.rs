//! Every way to ask a rule for its deltas gives the same numbers.

use ndarray::Array2;

use super::compare::{EXACT, largest, scaled_difference, size};
use super::plain::{self, Pass};
use super::report::{Check, Question};
use super::subject::{Purpose, Subject};
use crate::math::Stream;
use crate::rule::LearningRule;

const QUESTION: Question = Question {
    name: "deltas",
    meaning: "what changes a hidden layer is its teaching signal x psi', whether the rule is asked \
              for signals, for deltas, or for all deltas but the first",
};

pub(super) fn check(subject: &Subject<'_>) -> Check {
    if subject.hidden() == 0 {
        return QUESTION.not_applicable("there is no hidden layer to teach");
    }
    let layers = &subject.layers;
    let mut network = subject.network();
    network.forward(&subject.input);
    network.loss(&subject.targets, subject.loss, subject.reduction);
    let trace = network.trace();
    // A fresh rule and the same noise for each question.
    let ask = |question: &mut Asked<'_>| {
        let mut found = trace.activities.clone();
        let is_answered = question(
            (subject.rule)().as_mut(),
            &mut found,
            &mut Purpose::Steps.open(),
        );
        is_answered.then_some(found)
    };
    let signals = ask(&mut |rule, found, noise| {
        rule.teach(layers, trace, found, noise);
        true
    });
    let deltas = ask(&mut |rule, found, noise| {
        rule.teach_deltas(layers, trace, found, noise);
        true
    });
    let unmade = ask(&mut |rule, found, noise| {
        let is_left = rule.teach_upper_deltas(layers, trace, found, noise);
        if let (true, Some((first, upper))) = (is_left, found.split_first_mut()) {
            // A product that it does not know after all is one of wrong numbers.
            first.fill(f64::NAN);
            if let Some(product) = rule.first_delta(layers, trace, upper) {
                product.write(&mut first.view_mut());
            }
        }
        is_left
    });
    let slopes = Pass::new(layers, &subject.input.0).slopes(layers);
    let slope_sizes = plain::slope_sizes(&slopes);
    let answers = [&deltas, &unmade].into_iter().flatten();
    let errors = answers.flat_map(|deltas| {
        let pairs = deltas.iter().zip(signals.iter().flatten()).enumerate();
        let error = |(l, (delta, signal)): (usize, (&Array2<f64>, &Array2<f64>))| {
            let scale = size(&(signal * &slope_sizes[l]));
            scaled_difference(delta, &(signal * &slopes[l]), scale)
        };
        pairs.map(error).collect::<Vec<_>>()
    });
    let note = if unmade.is_some() {
        "signals, deltas, and deltas without the first"
    } else {
        "signals and deltas"
    };
    QUESTION.within(largest(errors), EXACT, note)
}

/// Writes what a rule answers; `false` where it does not know.
type Asked<'a> =
    dyn FnMut(&mut dyn LearningRule<f64>, &mut [Array2<f64>], &mut Stream) -> bool + 'a;
