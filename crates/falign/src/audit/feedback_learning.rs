//! Feedback weights that learn, against their own rules.

use ndarray::Array2;

use super::compare::{EXACT, ROUNDING, largest, move_difference, ratio, size};
use super::definition::shapes;
use super::net::layer;
use super::plain;
use super::report::{Check, Question};
use super::subject::{Audited, Claim, Purpose};
use super::watch::Step;
use crate::math::Stream;
use crate::rule::{
    Adaptation, FeedbackNumbers, FeedbackPlace, FeedbackWeights, Layer, MirrorResponse,
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

pub(super) fn check(subject: &Audited<'_>, steps: &[Step]) -> Check {
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
    let wanted = shapes(composition.path, composition.direct, &subject.layers);
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
        let above = &subject.layers[l + 1];
        let place = FeedbackPlace {
            units: above.weight().fan_in,
            factor: above.factor,
            // At each place at which the layer above uses its weights.
            samples: subject.targets.nrows() * above.places(),
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
        // Gains have none to learn, and what hands nothing down is left as it is, but by Kolen and Pollack.
        let has_changed = |l: usize| {
            let is_copied = composition.feedback == FeedbackWeights::KolenPollack;
            !subject.layers[l + 1].is_gain() && (is_copied || subject.net.hands_down(l + 1))
        };
        let pairs: Vec<_> = pairs.enumerate().filter(|(l, _)| has_changed(*l)).collect();
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
    subject: &Audited<'_>,
    numbers: impl Fn(usize, f64) -> FeedbackNumbers,
    step: &Step,
    l: usize,
) -> (FeedbackNumbers, Array2<f64>, f64) {
    let layers = &step.before;
    let (pass, net) = (step.pass(subject), &subject.net);
    let above = &pass.values[net.node_of(l + 1) + 1];
    let below = &pass.values[net.read_by(l + 1)];
    let mean_square = |a: &Array2<f64>| a.iter().map(|a| a * a).sum::<f64>() / a.len() as f64;
    let activity = (mean_square(above) * mean_square(below)).sqrt();
    let learning = numbers(l, activity);
    let layer = &layers[l + 1];
    let c = learning.step_size * layer.factor * subject.reduction_factor();
    let product = |above: &_, below: &_| layer::gradient(layer, c, above, below);
    let terms = product(&plain::absolute(above), &plain::absolute(below));
    (learning, product(above, below), size(&terms))
}

/// Mean and variance of each mirrored weight's change by one sample of noise.
struct Expected {
    mean: Array2<f64>,
    /// Variance of it; none where weights are used at several places, whose noise is partly the same.
    variance: Option<Array2<f64>>,
    /// Means of `samples` that are compared: one, or that of the expectation too.
    means: f64,
}

impl Expected {
    /// Mean and variance for the weights of hidden layer `l`.
    fn new(
        subject: &Audited<'_>,
        layers: &[Layer<f64>],
        l: usize,
        response: MirrorResponse,
        samples: usize,
        stream: &mut Stream,
    ) -> Self {
        let layer = &layers[l + 1];
        let places = layer.places() as f64;
        match response {
            // Windows over the border see less noise.
            MirrorResponse::Linear if !layer.is_dense() => {
                let ones = |numbers| Array2::ones((1, numbers));
                let (above, below) = (ones(layer.units()), ones(layer.inputs()));
                let seen = layer::gradient(layer, 1.0 / places, &above, &below);
                Self {
                    mean: seen * &layer.weights,
                    variance: None,
                    means: 1.0,
                }
            }
            // (W n) n' has the mean W, and entries of variance |w_k|^2 + w_kj^2.
            MirrorResponse::Linear => Self {
                mean: layer.weights.clone(),
                variance: Some(Array2::from_shape_fn(layer.weights.dim(), |(k, j)| {
                    let w = layer.weights.row(k);
                    w.dot(&w) + w[j] * w[j]
                })),
                means: 1.0,
            },
            // As many samples again say what the mean is, and both means scatter alike.
            MirrorResponse::Activation { noise } => {
                let shape = (samples, layer.inputs());
                let fired = Array2::from_shape_simple_fn(shape, || noise * stream.normal());
                let z = layer::sums(layer, &fired);
                let answer = if l + 1 == subject.hidden() {
                    plain::predictions(subject.loss, &z)
                } else {
                    z.mapv(|z| layer.activation.value(z))
                };
                let n = samples as f64;
                let mean = layer::gradient(layer, 1.0 / (n * places), &answer, &fired);
                if !layer.is_dense() {
                    return Self {
                        mean,
                        variance: None,
                        means: 2.0,
                    };
                }
                let square = |a: &Array2<f64>| a.mapv(|a| a * a);
                let squares = plain::gradient(1.0 / n, &square(&answer), &square(&fired));
                Self {
                    variance: Some(squares - square(&mean)),
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
    fn scatter_distance(
        &self,
        variance: &Array2<f64>,
        squares: &Array2<f64>,
        phases: usize,
        batch: usize,
    ) -> f64 {
        let wanted = variance / batch as f64 + &self.mean * &self.mean;
        let of_inputs = 4.0 / (phases * squares.ncols()) as f64;
        let of_samples = 10.0 / (phases * batch) as f64;
        let error = (of_inputs + of_samples).sqrt();
        ratio((squares.sum() / wanted.sum() - 1.0).abs(), error)
    }
}

/// The mean change over many mirror phases.
fn mirror(
    question: &Question,
    subject: &Audited<'_>,
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
    let mut rule = (subject.rule)();
    let start = rule.feedback().unwrap_or_default();
    let mut means: Vec<Array2<f64>> = start.iter().map(|b| 0.0 * b).collect();
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
    let is_mirrored = |l: usize| !layers[l + 1].is_gain() && subject.net.hands_down(l + 1);
    let distances = distances.filter(|(l, _)| is_mirrored(*l));
    let distances = distances.flat_map(|(l, (mean, squares))| {
        let batch = trace.batch();
        let expected = Expected::new(subject, &layers, l, response, samples, &mut noise);
        let share = expected.means / samples as f64;
        // What the changes themselves scatter, where that is not known otherwise.
        let found = (squares - &(mean * mean)) * batch as f64;
        let variance = expected.variance.as_ref().unwrap_or(&found);
        let numbers = mean.iter().zip(&expected.mean).zip(variance);
        let mut distances: Vec<f64> = numbers
            .map(|((mean, wanted), variance)| {
                ratio((mean - wanted).abs(), (share * variance).sqrt() + rounding)
            })
            .collect();
        if let (MirrorResponse::Activation { .. }, Some(variance)) = (response, &expected.variance)
        {
            distances.push(expected.scatter_distance(variance, squares, phases, batch));
        }
        distances
    });
    let note = format!("every feedback weight, in standard errors of {samples} samples of noise");
    question.within(largest(distances), STANDARD_ERRORS, note)
}
