//! Feedback weights that learn, against their own rules.

use ndarray::Array2;

use super::compare::{EXACT, ROUNDING, largest, move_difference, ratio, size};
use super::definition::shapes;
use super::plain::{self, Pass};
use super::report::{Check, Question};
use super::subject::{Claim, Purpose, Subject};
use super::watch::Step;
use crate::math::Stream;
use crate::rule::{
    Adaptation, FeedbackNumbers, FeedbackPlace, FeedbackWeights, Layer, MirrorResponse, SignalPath,
};

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

const UNCENTRED_MIRROR: Question = Question {
    name: NAME,
    meaning: "the expected change of the feedback weights is their step size times the mean \
              product of the units' own response and the noise that they answer, and they scatter \
              as that product does",
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
        FeedbackWeights::WeightMirror => match learning.mirror_response {
            MirrorResponse::Linear => MIRROR,
            MirrorResponse::Activation { .. } => UNCENTRED_MIRROR,
        },
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
        return mirror(&question, subject, &numbers, learning.mirror_response);
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

/// Mean and variance of each mirrored weight's change by one sample of noise.
struct Expected {
    mean: Array2<f64>,
    variance: Array2<f64>,
    /// Means of `samples` that are compared: one, or that of the expectation too.
    means: f64,
}

impl Expected {
    /// Mean and variance for the weights of hidden layer `l`.
    fn new(
        subject: &Subject<'_>,
        layers: &[Layer<f64>],
        l: usize,
        response: MirrorResponse,
        samples: usize,
        stream: &mut Stream,
    ) -> Self {
        let layer = &layers[l + 1];
        match response {
            // (W n) n' has the mean W, and entries of variance |w_k|^2 + w_kj^2.
            MirrorResponse::Linear => Self {
                mean: layer.weights.clone(),
                variance: Array2::from_shape_fn(layer.weights.dim(), |(k, j)| {
                    let w = layer.weights.row(k);
                    w.dot(&w) + w[j] * w[j]
                }),
                means: 1.0,
            },
            // As many samples again say what the mean is, and both means scatter alike.
            MirrorResponse::Activation { noise } => {
                let shape = (samples, layer.inputs());
                let fired = Array2::from_shape_simple_fn(shape, || noise * stream.normal());
                let z = plain::sums(layer, &fired);
                let answer = if l + 1 == subject.hidden() {
                    plain::predictions(subject.loss, &z)
                } else {
                    plain::activity(layer, &z)
                };
                let n = samples as f64;
                let mean = plain::gradient(1.0 / n, &answer, &fired);
                let square = |a: &Array2<f64>| a.mapv(|a| a * a);
                let squares = plain::gradient(1.0 / n, &square(&answer), &square(&fired));
                Self {
                    variance: squares - square(&mean),
                    mean,
                    means: 2.0,
                }
            }
        }
    }

    /// How far the mean squares of a layer's changes in `phases` of `batch` samples are from what
    /// they should be, all weights together, in standard errors. Few independent numbers are
    /// behind them: what one input fires moves all of its weights, and what one sample's units
    /// respond all of theirs.
    fn scatter_distance(&self, squares: &Array2<f64>, phases: usize, batch: usize) -> f64 {
        let wanted = &self.variance / batch as f64 + &self.mean * &self.mean;
        let of_inputs = 4.0 / (phases * squares.ncols()) as f64;
        let of_samples = 10.0 / (phases * batch) as f64;
        let error = (of_inputs + of_samples).sqrt();
        ratio((squares.sum() / wanted.sum() - 1.0).abs(), error)
    }
}

/// The mean change over many mirror phases.
fn mirror(
    question: &Question,
    subject: &Subject<'_>,
    learning: &[FeedbackNumbers],
    response: MirrorResponse,
) -> Check {
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
    let mut squares = means.clone();
    for _ in 0..phases {
        let before = rule.feedback().map(<[_]>::to_vec);
        rule.adapt(&mut Adaptation {
            layers: &layers,
            trace: &trace,
            deltas: &deltas,
            changes: &changes,
            first_changes: None,
            factors: &subject.factors,
            noise: &mut noise,
        });
        let pairs = before
            .iter()
            .flatten()
            .zip(rule.feedback().into_iter().flatten());
        let numbers = learning.iter().zip(&subject.factors[1..]);
        let sums = means.iter_mut().zip(&mut squares);
        for (((mean, square), (before, after)), (learning, factor)) in sums.zip(pairs).zip(numbers)
        {
            let keep = learning.decay.map_or(*factor, |decay| 1.0 - decay);
            let change = (after - &(keep * before)) / learning.step_size;
            *square += &(&change * &change / phases as f64);
            *mean += &(change / phases as f64);
        }
    }
    let samples = phases * trace.batch();
    // What the feedback weights' own rounding leaves of a change.
    let top = largest(rule.feedback().into_iter().flatten().map(size));
    let least = learning.iter().map(|of| of.step_size.abs());
    let rounding = 1e-15 * top / least.fold(f64::INFINITY, f64::min);
    let distances = means.iter().zip(&squares).enumerate();
    let distances = distances.flat_map(|(l, (mean, squares))| {
        let expected = Expected::new(subject, &layers, l, response, samples, &mut noise);
        let share = expected.means / samples as f64;
        let numbers = mean.iter().zip(&expected.mean).zip(&expected.variance);
        let mut distances: Vec<f64> = numbers
            .map(|((mean, wanted), variance)| {
                ratio((mean - wanted).abs(), (share * variance).sqrt() + rounding)
            })
            .collect();
        if response != MirrorResponse::Linear {
            distances.push(expected.scatter_distance(squares, phases, trace.batch()));
        }
        distances
    });
    let note = format!("every feedback weight, in standard errors of {samples} samples of noise");
    question.within(largest(distances), STANDARD_ERRORS, note)
}
