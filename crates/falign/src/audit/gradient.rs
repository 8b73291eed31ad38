//! The step against finite differences of the loss.

use ndarray::{Array1, Array2};

use super::compare::largest;
use super::net::{Draws, Pass, layer};
use super::plain;
use super::report::{Check, Question};
use super::subject::{Audited, Claim, Purpose};
use super::watch::Step;
use crate::math::Stream;
use crate::rule::Layer;

const QUESTION: Question = Question {
    name: "gradient",
    meaning: "the step is minus the step size times the gradient of the loss, found by finite \
              differences: in every layer for backpropagation, in the output layer for others",
};

/// Weights and biases of a layer that are compared.
const WEIGHTS: usize = 24;
const BIASES: usize = 8;

/// Shift of a preactivation in a difference of fourth order: the error is near 1e-12,
/// and that of rounding below 1e-12 of the loss.
const SHIFT: f64 = 1e-3;

/// Largest relative error, against the largest gradient of the layer; wrong updates are off by far more.
const TOLERANCE: f64 = 1e-6;

/// Steps after which the gradient is compared once more, so that stale weights show.
const LATER: usize = 3;

pub(super) fn check(subject: &Audited<'_>, steps: &[Step]) -> Check {
    let has_estimated = steps.iter().any(|step| step.seen.has_estimated);
    match subject.claim {
        Claim::WeightPerturbation { .. } => {
            return QUESTION.not_applicable("it learns by trial: see `unbiased`");
        }
        Claim::Private if has_estimated => {
            return QUESTION.not_applicable("it estimates gradients by trial, in its own way");
        }
        _ => {}
    }
    let last = subject.hidden();
    let is_exact = subject.claim.is_backpropagation();
    let from = if is_exact { 0 } else { last };
    let (mut worst, mut compared) = (0.0, 0);
    let mut places = Purpose::Places.open();
    for done in [0, LATER] {
        let mut noise = Purpose::Steps.open();
        let mut network = subject.network();
        for _ in 0..done {
            subject.step(&mut network, &mut noise);
        }
        let before = network.layers().to_vec();
        let draws = Draws {
            noise: noise.clone(),
            step: network.steps_done(),
        };
        let pass = subject.pass(&before, draws);
        // A step of size 1 without ridge is minus the gradient.
        let no_ridge = vec![1.0; before.len()];
        subject.step_of(&mut network, 1.0, &no_ridge, &mut noise);
        for at in from..=last {
            let slopes = Slopes::new(subject, &before, &pass, at, &mut places);
            worst = largest([worst, slopes.error(&before[at], &network.layers()[at])]);
            compared += slopes.found.len();
        }
    }
    let which = if is_exact {
        "all layers"
    } else {
        "the output layer"
    };
    let note =
        format!("{which}: {compared} weights and biases, at the start and after {LATER} steps");
    QUESTION.within(worst, TOLERANCE, note)
}

/// A weight or a bias of a layer, by its number in the layer's own order.
#[derive(Clone, Copy)]
enum Place {
    Weight(usize),
    Bias(usize),
}

/// Derivatives of the loss by some weights of one layer.
struct Slopes {
    /// Place, derivative, and the size below which rounding rules.
    found: Vec<(Place, f64, f64)>,
}

impl Slopes {
    fn new(
        subject: &Audited<'_>,
        layers: &[Layer<f64>],
        pass: &Pass,
        at: usize,
        places: &mut Stream,
    ) -> Self {
        let weights = layers[at].weights.len();
        let biases = layers[at].bias.as_ref().map_or(0, Array1::len);
        let places = (0..WEIGHTS + if biases > 0 { BIASES } else { 0 }).map(|which| {
            if which < WEIGHTS {
                Place::Weight(places.below(weights))
            } else {
                Place::Bias(places.below(biases))
            }
        });
        let found = places.map(|place| {
            let line = Line::new(subject, layers, pass, at, place);
            let (slope, floor) = line.slope();
            (place, slope, floor)
        });
        Self {
            found: found.collect(),
        }
    }

    /// Largest error of a step of size 1 that led from one layer to the other.
    fn error(&self, before: &Layer<f64>, after: &Layer<f64>) -> f64 {
        let scale = largest(self.found.iter().map(|(_, slope, _)| slope.abs()));
        largest(self.found.iter().map(|&(place, slope, floor)| {
            let weight = |layer: &Layer<f64>| match (place, &layer.bias) {
                (Place::Weight(at), _) => layer.weights[at_of(layer, at)],
                (Place::Bias(at), Some(bias)) => bias[at],
                (Place::Bias(_), None) => unreachable!("biases are sampled where there are some"),
            };
            let change = weight(after) - weight(before);
            // The change itself is rounded as the weight it was added to.
            let rounding = 1e-9 * weight(before).abs();
            (change + slope).abs() / (scale + floor + rounding)
        }))
    }
}

/// Row and column of weight `at`.
fn at_of(layer: &Layer<f64>, at: usize) -> (usize, usize) {
    let columns = layer.weights.ncols();
    (at / columns, at % columns)
}

/// The loss along the line of one weight.
struct Line<'a> {
    subject: &'a Audited<'a>,
    layers: &'a [Layer<f64>],
    pass: &'a Pass,
    at: usize,
    /// Gain of the weighted sums per unit of the weight, (batch, units).
    gain: Array2<f64>,
}

impl<'a> Line<'a> {
    fn new(
        subject: &'a Audited<'a>,
        layers: &'a [Layer<f64>],
        pass: &'a Pass,
        at: usize,
        place: Place,
    ) -> Self {
        let layer = &layers[at];
        let below = &pass.values[subject.net.read_by(at)];
        let gain = match (place, &layer.bias) {
            (Place::Weight(weight), _) => {
                let (row, column) = at_of(layer, weight);
                if layer.is_dense() {
                    let mut gain = Array2::zeros(pass.z[at].dim());
                    let inputs = below.column(column);
                    gain.column_mut(row)
                        .assign(&inputs.mapv(|h| layer.factor * h));
                    gain
                } else {
                    let mut one = Array2::zeros(layer.weights.dim());
                    one[(row, column)] = 1.0;
                    layer::forward(layer, &one, below)
                }
            }
            (Place::Bias(bias), Some(biases)) => {
                let is_moved = |unit: usize| unit % biases.len() == bias;
                let gain = |(_, unit)| f64::from(u8::from(is_moved(unit)));
                Array2::from_shape_fn(pass.z[at].dim(), gain)
            }
            (Place::Bias(_), None) => unreachable!("biases are sampled where there are some"),
        };
        Self {
            subject,
            layers,
            pass,
            at,
            gain,
        }
    }

    /// The derivative and its floor of rounding.
    fn slope(&self) -> (f64, f64) {
        let reach = largest(self.gain.iter().map(|g| g.abs()));
        let h = SHIFT / if reach > 0.0 { reach } else { 1.0 };
        let (far_up, up) = (self.at_shift(2.0 * h), self.at_shift(h));
        let (far_down, down) = (self.at_shift(-2.0 * h), self.at_shift(-h));
        let slope = (8.0 * (up - down) - (far_up - far_down)) / (12.0 * h);
        (slope, 1e-9 * up.abs() / h)
    }

    /// The loss with the weight moved by `shift`, on the branch of the pass: what a unit at a kink, or a maximum
    /// that changes places, would do beyond it is not part of the derivative.
    fn at_shift(&self, shift: f64) -> f64 {
        let z = &self.pass.z[self.at] + &(shift * &self.gain);
        let (net, layers) = (&self.subject.net, self.layers);
        let f = net.outputs_of_sums(layers, self.pass, self.at, z);
        let (kind, y) = (self.subject.loss, &self.subject.targets);
        plain::loss(kind, &f, y, self.subject.reduction_factor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;

    /// The plain loops agree with themselves: their gradient is the slope of their loss.
    #[test]
    fn plain_gradients_are_slopes_of_the_plain_loss() {
        use crate::audit::Subject;
        use crate::audit::compare::size;
        use crate::audit::net::{self, Way};
        use crate::math::{Loss, Reduction};
        use crate::network::DenseInput;
        use crate::rule::Composed;
        let mut stream = Purpose::Trials.open();
        let mut draw =
            |rows, columns| Array2::from_shape_simple_fn((rows, columns), || stream.normal());
        let layer = |weights, activation| Layer::dense(weights, activation).with_factor(0.5);
        for loss in [
            Loss::SquaredError,
            Loss::SquaredErrorLogistic,
            Loss::SoftmaxCrossEntropy,
            Loss::Logistic,
        ] {
            let layers = vec![
                layer(draw(4, 3), Activation::Softplus),
                layer(draw(2, 4), Activation::Linear),
            ];
            let subject = Subject {
                layers,
                rule: &|| Box::new(Composed::backpropagation()),
                claim: Claim::Private,
                input: DenseInput(draw(5, 3)),
                targets: Array2::from_shape_fn((5, 2), |(i, k)| f64::from(u8::from(i % 2 == k))),
                loss,
                reduction: Reduction::Mean,
                step_size: 1.0,
                factors: vec![1.0; 2],
            };
            let subject = Audited::chain(&subject).unwrap();
            let layers = &subject.layers;
            let pass = subject.first_pass();
            let slopes = net::slopes(layers, &pass);
            let way = Way {
                layers,
                pass: &pass,
                slopes: &slopes,
                is_of_sizes: false,
            };
            let (f, factor) = (pass.outputs(), subject.reduction_factor());
            let e = plain::residual(loss, f, &subject.targets, factor);
            let d = &subject.net.exact_signals(&e, way)[0] * &slopes[0];
            let g = plain::gradient(0.5, &d, &subject.input.0);
            let slopes = Slopes::new(&subject, layers, &pass, 0, &mut Purpose::Places.open());
            for (place, slope, _) in slopes.found {
                let Place::Weight(at) = place else {
                    panic!("there are no biases")
                };
                let exact = g[at_of(&layers[0], at)];
                assert!(
                    (slope - exact).abs() < 1e-9 * size(&g),
                    "{loss:?} {slope} {exact}"
                );
            }
        }
    }
}
