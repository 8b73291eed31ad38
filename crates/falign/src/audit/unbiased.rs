//! Rules that learn by trial: the mean of many trials is the gradient.
//!
//! A trial with noise of standard deviation sigma estimates, without any bias, the gradient of
//! the loss averaged over that noise (Stein's identity: `E[xi L(a + sigma xi)]/sigma` equals
//! `E[grad L(a + sigma xi)]`). The right side is measured here by finite differences at noise
//! of this check's own, so that the comparison holds at any sigma.

use ndarray::Array2;

use super::compare::largest;
use super::net::{self, Draws, Pass, Way, layer};
use super::plain;
use super::report::{Check, Question};
use super::subject::{Audited, Claim, Purpose};
use crate::layer::PlainMap;
use crate::math::Stream;
use crate::rule::Layer;

const QUESTION: Question = Question {
    name: "unbiased",
    meaning: "averaged over many trials, the estimate is the gradient of the loss, along the \
              gradient itself and along random directions",
};

const NODE_TRIALS: usize = 2000;
const WEIGHT_TRIALS: usize = 4000;

/// Noise at which the true derivative is measured.
const SMOOTHING: usize = 64;

/// Random directions besides the gradient.
const RANDOM: usize = 3;

/// Largest distance in standard errors; some ten comparisons pass by chance with probability
/// above 1 - 1e-5.
const STANDARD_ERRORS: f64 = 5.0;

/// Shift of a finite difference along a direction of length 1 per coordinate.
const SHIFT: f64 = 1e-4;

pub(super) fn check(subject: &Audited<'_>) -> Check {
    let (compared, trials, what) = match subject.claim {
        Claim::NodePerturbation { .. } if subject.net.plain_maps().any(PlainMap::joins_samples) => {
            return QUESTION.not_applicable(
                "a norm over the batch lets each sample's loss depend on the others' noise",
            );
        }
        Claim::NodePerturbation { sigma } if subject.hidden() > 0 => (
            nodes(subject, sigma),
            NODE_TRIALS,
            "every hidden layer's signal",
        ),
        Claim::NodePerturbation { .. } => {
            return QUESTION.not_applicable("there is no hidden layer to teach");
        }
        Claim::WeightPerturbation { .. } if subject.net.is_drawn() => {
            return QUESTION.not_applicable("dropout draws another network for each trial");
        }
        Claim::WeightPerturbation { sigma } => {
            let what = "the gradient of all weights and biases";
            (weights(subject, sigma), WEIGHT_TRIALS, what)
        }
        _ => return QUESTION.not_applicable("it does not learn by trial"),
    };
    let worst = largest(compared.iter().map(|c| c.standard_errors));
    let precision = 100.0 * largest(compared.iter().map(|c| c.precision));
    let note = format!(
        "{what}, in standard errors of {trials} trials; one of them is at most {precision:.1} % \
         of the gradient"
    );
    QUESTION.within(worst, STANDARD_ERRORS, note)
}

/// A mean of trials and the number it must be.
struct Compared {
    /// Distance in standard errors.
    standard_errors: f64,
    /// Standard error over the size of the gradient.
    precision: f64,
}

/// Mean and squared standard error, as they come.
#[derive(Default, Clone)]
struct Mean {
    count: f64,
    value: f64,
    squares: f64,
}

impl Mean {
    fn include(&mut self, x: f64) {
        self.count += 1.0;
        let step = x - self.value;
        self.value += step / self.count;
        self.squares += step * (x - self.value);
    }

    fn variance_of_mean(&self) -> f64 {
        self.squares / (self.count * (self.count - 1.0))
    }
}

fn compare(found: &Mean, truth: &Mean, gradient: f64) -> Compared {
    let distance = (found.value - truth.value).abs();
    let error = (found.variance_of_mean() + truth.variance_of_mean()).sqrt();
    let ratio = |x: f64, y: f64| if x == 0.0 { 0.0 } else { x / y };
    Compared {
        standard_errors: ratio(distance, error),
        precision: ratio(error, gradient),
    }
}

fn dot<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    a.into_iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Unit vectors: the gradient's own direction, then random ones.
fn directions(gradient: &[f64]) -> Vec<Vec<f64>> {
    let mut draws = Purpose::Directions.open();
    let random = (0..RANDOM).map(|_| gradient.iter().map(|_| draws.normal()).collect());
    std::iter::once(gradient.to_vec())
        .chain(random)
        .filter_map(|mut v: Vec<f64>| {
            let norm = dot(&v, &v).sqrt();
            for x in &mut v {
                *x /= norm;
            }
            (norm > 0.0).then_some(v)
        })
        .collect()
}

/// The mean slope along each direction of `loss`, a function of a point given by its distance
/// from the start, over noise of standard deviation `sigma`.
fn smoothed(directions: &[Vec<f64>], sigma: f64, loss: &mut dyn FnMut(&[f64]) -> f64) -> Vec<Mean> {
    let mut draws = Purpose::Trials.open();
    let mut means = vec![Mean::default(); directions.len()];
    let dim = directions.first().map_or(0, Vec::len);
    // Coordinates of a unit vector shrink with their number.
    let t = SHIFT * (dim as f64).sqrt();
    for _ in 0..SMOOTHING {
        let xi: Vec<f64> = (0..dim).map(|_| sigma * draws.normal()).collect();
        for (u, mean) in directions.iter().zip(&mut means) {
            let mut at = |t: f64| -> f64 {
                let point: Vec<f64> = xi.iter().zip(u).map(|(xi, u)| xi + t * u).collect();
                loss(&point)
            };
            mean.include((at(t) - at(-t)) / (2.0 * t));
        }
    }
    means
}

/// Node perturbation: the signals of each hidden layer.
fn nodes(subject: &Audited<'_>, sigma: f64) -> Vec<Compared> {
    let layers = &subject.layers;
    let pass = subject.first_pass();
    let (y, factor) = (&subject.targets, subject.reduction_factor());
    let (_, exact, _) = exact(subject, &pass);
    let along: Vec<Vec<Vec<f64>>> = exact
        .iter()
        .map(|g| directions(&g.iter().copied().collect::<Vec<_>>()))
        .collect();
    let mut found: Vec<Vec<Mean>> = along
        .iter()
        .map(|u| vec![Mean::default(); u.len()])
        .collect();
    let mut network = subject.begun();
    let mut noise = Purpose::Steps.open();
    for _ in 0..NODE_TRIALS {
        let signals = network.teach(&mut noise);
        for ((signal, along), found) in signals.iter().zip(&along).zip(&mut found) {
            for (u, mean) in along.iter().zip(found) {
                mean.include(dot(signal, u));
            }
        }
    }
    let mut all = Vec::new();
    for (l, found) in found.iter().enumerate() {
        let truth = smoothed(&along[l], sigma, &mut |shift| {
            let mut h = pass.values[subject.net.node_of(l) + 1].clone();
            h.iter_mut().zip(shift).for_each(|(h, shift)| *h += shift);
            let f = subject.net.outputs_of_activity(layers, &pass, l, h);
            plain::loss(subject.loss, &f, y, factor)
        });
        let norm = dot(&exact[l], &exact[l]).sqrt();
        let pairs = found.iter().zip(&truth);
        all.extend(pairs.map(|(found, truth)| compare(found, truth, norm)));
    }
    all
}

/// Weight perturbation: the step of all weights and biases as one long vector.
fn weights(subject: &Audited<'_>, sigma: f64) -> Vec<Compared> {
    let layers = &subject.layers;
    let gradient = exact_gradient(subject);
    let along = directions(&gradient);
    let start = flat(layers);
    let no_ridge = vec![1.0; layers.len()];
    let mut network = subject.network();
    let mut noise: Stream = Purpose::Steps.open();
    let mut found = vec![Mean::default(); along.len()];
    for _ in 0..WEIGHT_TRIALS {
        network.layers_mut().clone_from_slice(layers);
        subject.step_of(&mut network, 1.0, &no_ridge, &mut noise);
        let end = flat(network.layers());
        let estimate: Vec<f64> = start.iter().zip(&end).map(|(a, b)| a - b).collect();
        for (u, mean) in along.iter().zip(&mut found) {
            mean.include(dot(&estimate, u));
        }
    }
    let mut moved = layers.clone();
    let truth = smoothed(&along, sigma, &mut |shift| {
        moved.clone_from_slice(layers);
        let weights = moved.iter_mut().flat_map(|layer| {
            let bias = layer.bias.iter_mut().flatten();
            layer.weights.iter_mut().chain(bias)
        });
        weights.zip(shift).for_each(|(w, shift)| *w += shift);
        let pass = subject.pass(&moved, Draws::none());
        let factor = subject.reduction_factor();
        plain::loss(subject.loss, pass.outputs(), &subject.targets, factor)
    });
    let norm = dot(&gradient, &gradient).sqrt();
    let pairs = found.iter().zip(&truth);
    pairs
        .map(|(found, truth)| compare(found, truth, norm))
        .collect()
}

/// Layer by layer: weights row by row, then biases.
fn flat(layers: &[Layer<f64>]) -> Vec<f64> {
    let values = layers
        .iter()
        .flat_map(|layer| layer.weights.iter().chain(layer.bias.iter().flatten()));
    values.copied().collect()
}

/// The gradient of the loss in the order of [`flat`].
fn exact_gradient(subject: &Audited<'_>) -> Vec<f64> {
    let layers = &subject.layers;
    let pass = subject.pass(layers, Draws::none());
    let (e, s, slopes) = exact(subject, &pass);
    let mut all = Vec::new();
    for (l, layer) in layers.iter().enumerate() {
        let d: Array2<f64> = s.get(l).map_or_else(|| e.clone(), |s| s * &slopes[l]);
        let below = &pass.values[subject.net.read_by(l)];
        all.extend(layer::gradient(layer, layer.factor, &d, below));
        if let Some(bias) = &layer.bias {
            all.extend(layer::bias_gradient(&d, bias.len()));
        }
    }
    all
}

/// The residual, the exact signals and psi' of hidden layers.
fn exact(subject: &Audited<'_>, pass: &Pass) -> (Array2<f64>, Vec<Array2<f64>>, Vec<Array2<f64>>) {
    let (layers, y) = (&subject.layers, &subject.targets);
    let e = plain::residual(subject.loss, pass.outputs(), y, subject.reduction_factor());
    let slopes = net::slopes(layers, pass);
    let way = Way {
        layers,
        pass,
        slopes: &slopes,
        is_of_sizes: false,
    };
    let signals = subject.net.exact_signals(&e, way);
    (e, signals, slopes)
}
