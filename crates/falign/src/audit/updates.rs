//! Changes of weights and biases against the delivered deltas.

use super::compare::{EXACT, largest, move_difference, size};
use super::net::layer;
use super::plain;
use super::report::{Check, Question};
use super::subject::{Audited, Claim};
use super::watch::Step;

const QUESTION: Question = Question {
    name: "updates",
    meaning: "weights shrink by their ridge factor and change by minus the step size times \
              the delivered delta (signal x psi') times the activity below, biases likewise",
};

pub(super) fn check(subject: &Audited<'_>, steps: &[Step]) -> Check {
    let has_estimated = steps.iter().any(|step| step.seen.has_estimated);
    match subject.claim {
        Claim::WeightPerturbation { .. } => {
            return QUESTION.not_applicable("weights change by trial, not by signals");
        }
        Claim::Private if has_estimated => {
            return QUESTION.not_applicable("it estimates gradients by trial, in its own way");
        }
        _ if has_estimated => {
            let note = "it writes gradients itself, which the claimed rule does not";
            return QUESTION.decided(false, note);
        }
        _ => {}
    }
    let errors = steps.iter().map(|step| error(subject, step));
    let note = format!("all layers in {} steps", steps.len());
    QUESTION.within(largest(errors), EXACT, note)
}

/// Largest relative error of a step's changes.
fn error(subject: &Audited<'_>, step: &Step) -> f64 {
    let (eta, layers) = (subject.step_size, &step.before);
    let pass = step.pass(subject);
    let (y, reduction) = (&subject.targets, subject.reduction_factor());
    let e = plain::residual(subject.loss, pass.outputs(), y, reduction);
    let e_sizes = plain::residual_sizes(&e, y, reduction);
    let pairs = layers.iter().zip(&step.after).enumerate();
    let errors = pairs.map(|(l, (before, after))| {
        let (d, d_sizes) = match step.deltas.get(l) {
            Some(d) => (d.clone(), plain::absolute(d)),
            None => (e.clone(), e_sizes.clone()),
        };
        let below = &pass.values[subject.net.read_by(l)];
        let c = eta * before.factor;
        let kept = &before.weights * subject.factors[l];
        let expected = &kept - &layer::gradient(before, c, &d, below);
        let terms = size(&layer::gradient(
            before,
            c,
            &d_sizes,
            &plain::absolute(below),
        ));
        let weights = move_difference(&after.weights, &expected, &kept, terms);
        let biases = match (&before.bias, &after.bias) {
            (Some(before), Some(after)) => {
                let expected = before - &(eta * layer::bias_gradient(&d, before.len()));
                let terms = eta * size(&layer::bias_gradient(&d_sizes, before.len()));
                move_difference(after, &expected, before, terms)
            }
            _ => 0.0,
        };
        largest([weights, biases])
    });
    largest(errors)
}
