//! Feedback weights that learn, against their own rules.

use ndarray::Array2;

use super::compare::{EXACT, ROUNDING, largest, move_difference, ratio, size};
use super::definition::shapes;
use super::plain::{self, Pass};
use super::report::{Check, Question};
use super::subject::{Claim, Purpose, Subject};
use super::watch::Step;
use crate::rule::{Adaptation, FeedbackNumbers, FeedbackPlace, FeedbackWeights, SignalPath};

/// The three kinds share a name, so that a report has the same rows for every rule.
const NAME: &str = "feedback_learning";

const KOLEN_POLLACK: Question = Question {
    name: NAME,
    meaning: "feedback weights change as the forward weights do, so that their difference \
              shrinks by the ridge factor in each step",
};

const HEBBIAN: Question = Question {
    name: NAME,
    meaning: "feedback weights change by their step size times the layer's factor times the \
              activity above times the activity below, reduced as the loss is",
};

const MIRROR: Question = Question {
    name: NAME,
    meaning: "the expected change of the feedback weights is their step size times the forward \
              weights",
};

/// Samples of mirror noise.
const MIRROR_SAMPLES: usize = 4096;

/// Largest distance of a mirrored weight, in standard errors: one in 1e9 by chance.
const STANDARD_ERRORS: f64 = 6.0;

pub(super) fn check(subject: &Subject<'_>, steps: &[Step]) -> Check {
    let Claim::Family {
        composition,
        learning,
    } = subject.claim
    else {
        return KOLEN_POLLACK.not_applicable("the claim names no feedback weights that learn");
    };
    let question = match composition.feedback {
        FeedbackWeights::KolenPollack => KOLEN_POLLACK,
        FeedbackWeights::Hebbian => HEBBIAN,
        FeedbackWeights::WeightMirror => MIRROR,
        _ => return KOLEN_POLLACK.not_applicable("its feedback weights do not learn"),
    };
    if subject.hidden() == 0 {
        return question.not_applicable("there is no hidden layer to teach");
    }
    let wanted = shapes(SignalPath::Layerwise, &subject.layers);
    let are_shown = steps.iter().all(|step| {
        [&step.feedback_before, &step.feedback_after]
            .iter()
            .all(|b| {
                let shapes = b.as_ref().map(|b| b.iter().map(Array2::dim).collect());
                shapes.as_ref() == Some(&wanted)
            })
    });
    if !are_shown {
        return question.decided(false, "it shows no feedback weights of the right shapes");
    }
    let numbers = |l: usize, activity: f64| {
        let place = FeedbackPlace {
            units: subject.layers[l + 1].inputs(),
            factor: subject.layers[l + 1].factor,
            samples: subject.targets.nrows(),
            reduction: subject.reduction_factor(),
            activity,
        };
        learning.numbers(composition.feedback, place)
    };
    if composition.feedback == FeedbackWeights::WeightMirror {
        let numbers: Vec<_> = (0..subject.hidden()).map(|l| numbers(l, 0.0)).collect();
        return mirror(&question, subject, &numbers);
    }
    let numbers = &numbers;
    let errors = steps.iter().flat_map(move |step| {
        let before = step.feedback_before.iter().flatten();
        let pairs = before.zip(step.feedback_after.iter().flatten());
        let pairs: Vec<_> = pairs.enumerate().collect();
        pairs.into_iter().map(move |(l, (before, after))| {
            let factor = subject.factors[l + 1];
            let keep = |of: FeedbackNumbers| of.decay.map_or(factor, |decay| 1.0 - decay);
            let (kept, change, terms) = if composition.feedback == FeedbackWeights::KolenPollack {
                let forward_kept = factor * &step.before[l + 1].weights;
                let change = &step.after[l + 1].weights - &forward_kept;
                // The change is known as far as the forward weights are not rounded.
                let kept = keep(numbers(l, 0.0)) * before;
                (kept, change, ROUNDING * size(&forward_kept))
            } else {
                let (learning, change, terms) = hebbian(subject, numbers, step, l);
                (keep(learning) * before, change, terms)
            };
            move_difference(after, &(&kept + &change), &kept, terms)
        })
    });
    let note = format!("all hidden layers in {} steps", steps.len());
    question.within(largest(errors), EXACT, note)
}

/// The numbers of the feedback weights of hidden layer l, their change `eta_b` c (reduction)
/// `sum_i f_ik h_ij`, and its largest sum of absolute terms.
fn hebbian(
    subject: &Subject<'_>,
    numbers: impl Fn(usize, f64) -> FeedbackNumbers,
    step: &Step,
    l: usize,
) -> (FeedbackNumbers, Array2<f64>, f64) {
    let layers = &step.before;
    let pass = Pass::new(layers, &subject.input.0);
    let h = pass.activities(layers);
    let above = h.get(l + 1).unwrap_or_else(|| pass.outputs());
    let mean_square = |a: &Array2<f64>| a.iter().map(|a| a * a).sum::<f64>() / a.len() as f64;
    let activity = (mean_square(above) * mean_square(&h[l])).sqrt();
    let learning = numbers(l, activity);
    let c = learning.step_size * layers[l + 1].factor * subject.reduction_factor();
    let terms = plain::gradient(c, &plain::absolute(above), &plain::absolute(&h[l]));
    (learning, plain::gradient(c, above, &h[l]), size(&terms))
}

/// The mean change over many mirror phases. One sample of noise n gives `(W n) n'`, whose mean is
/// W and whose entries have variance `|w_k|^2 + w_kj^2`.
fn mirror(question: &Question, subject: &Subject<'_>, learning: &[FeedbackNumbers]) -> Check {
    if learning.iter().any(|of| of.step_size == 0.0) {
        return question.not_applicable("its feedback step size is 0");
    }
    let mut network = subject.network();
    let mut noise = Purpose::Mirror.open();
    subject.step(&mut network, &mut noise);
    let (layers, trace) = (network.layers().to_vec(), network.trace().clone());
    let (deltas, changes) = (network.deltas().to_vec(), network.changes().to_vec());
    let phases = MIRROR_SAMPLES.div_ceil(trace.batch());
    let mut means: Vec<Array2<f64>> = layers[1..].iter().map(|l| 0.0 * &l.weights).collect();
    let mut rule = (subject.rule)();
    for _ in 0..phases {
        let before = rule.feedback().map(<[_]>::to_vec);
        rule.adapt(&mut Adaptation {
            layers: &layers,
            trace: &trace,
            deltas: &deltas,
            changes: &changes,
            factors: &subject.factors,
            noise: &mut noise,
        });
        let pairs = before
            .iter()
            .flatten()
            .zip(rule.feedback().into_iter().flatten());
        let numbers = learning.iter().zip(&subject.factors[1..]);
        for ((mean, (before, after)), (learning, factor)) in
            means.iter_mut().zip(pairs).zip(numbers)
        {
            let keep = learning.decay.map_or(*factor, |decay| 1.0 - decay);
            let change = (after - &(keep * before)) / learning.step_size;
            *mean += &(change / phases as f64);
        }
    }
    let samples = (phases * trace.batch()) as f64;
    // What the feedback weights' own rounding leaves of a change.
    let top = largest(rule.feedback().into_iter().flatten().map(size));
    let least = learning.iter().map(|of| of.step_size.abs());
    let rounding = 1e-15 * top / least.fold(f64::INFINITY, f64::min);
    let distances = means.iter().zip(&layers[1..]).flat_map(|(mean, layer)| {
        let rows = mean.rows().into_iter().zip(layer.weights.rows());
        rows.flat_map(move |(mean, w)| {
            let square = w.dot(&w);
            let pairs: Vec<(f64, f64)> = mean.iter().copied().zip(w.iter().copied()).collect();
            pairs.into_iter().map(move |(mean, w)| {
                let error = ((square + w * w) / samples).sqrt();
                ratio((mean - w).abs(), error + rounding)
            })
        })
    });
    let note = format!("every feedback weight, in standard errors of {samples} samples of noise");
    question.within(largest(distances), STANDARD_ERRORS, note)
}
