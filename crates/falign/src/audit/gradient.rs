//! The step against finite differences of the loss.

use ndarray::Array2;

use super::compare::largest;
use super::plain::{self, Pass};
use super::report::{Check, Question};
use super::subject::{Claim, Purpose, Subject};
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

/// How often `SHIFT` is divided by ten to stay on one side of every kink.
const RETRIES: u32 = 2;

/// Largest relative error, against the largest gradient of the layer. Differences near kinks
/// are as rough as 1e-8; wrong updates are off by far more.
const TOLERANCE: f64 = 1e-6;

/// Steps after which the gradient is compared once more, so that stale weights show.
const LATER: usize = 3;

pub(super) fn check(subject: &Subject<'_>, steps: &[Step]) -> Check {
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
    let (mut worst, mut compared, mut skipped) = (0.0, 0, 0);
    let mut places = Purpose::Places.open();
    for done in [0, LATER] {
        let mut noise = Purpose::Steps.open();
        let mut network = subject.network();
        for _ in 0..done {
            subject.step(&mut network, &mut noise);
        }
        let before = network.layers().to_vec();
        // A step of size 1 without ridge is minus the gradient.
        let no_ridge = vec![1.0; before.len()];
        subject.step_of(&mut network, 1.0, &no_ridge, &mut noise);
        let pass = Pass::new(&before, &subject.input.0);
        for at in from..=last {
            let slopes = Slopes::new(subject, &before, &pass, at, &mut places);
            worst = largest([worst, slopes.error(&before[at], &network.layers()[at])]);
            compared += slopes.found.len();
            skipped += slopes.skipped;
        }
    }
    if compared == 0 {
        return QUESTION.not_applicable("every sampled weight sits at a kink of the activation");
    }
    let which = if is_exact {
        "all layers"
    } else {
        "the output layer"
    };
    let note = format!(
        "{which}: {compared} weights and biases, at the start and after {LATER} steps; \
         {skipped} at a kink left out"
    );
    QUESTION.within(worst, TOLERANCE, note)
}

/// A weight (with its input) or a bias (without) of a unit.
#[derive(Clone, Copy)]
struct Place {
    unit: usize,
    input: Option<usize>,
}

/// Derivatives of the loss by some weights of one layer.
struct Slopes {
    /// Place, derivative, and the size below which rounding rules.
    found: Vec<(Place, f64, f64)>,
    skipped: usize,
}

impl Slopes {
    fn new(
        subject: &Subject<'_>,
        layers: &[Layer<f64>],
        pass: &Pass,
        at: usize,
        places: &mut Stream,
    ) -> Self {
        let (units, inputs) = layers[at].weights.dim();
        let biases = if layers[at].bias.is_some() { BIASES } else { 0 };
        let below = match at {
            0 => subject.input.0.clone(),
            _ => plain::activity(&layers[at - 1], &pass.z[at - 1]),
        };
        let mut slopes = Self {
            found: Vec::new(),
            skipped: 0,
        };
        for which in 0..WEIGHTS + biases {
            let place = Place {
                unit: places.below(units),
                input: (which < WEIGHTS).then(|| places.below(inputs)),
            };
            let line = Line::new(subject, layers, pass, at, &below, place);
            match line.slope() {
                Some((slope, floor)) => slopes.found.push((place, slope, floor)),
                None => slopes.skipped += 1,
            }
        }
        slopes
    }

    /// Largest error of a step of size 1 that led from one layer to the other.
    fn error(&self, before: &Layer<f64>, after: &Layer<f64>) -> f64 {
        let scale = largest(self.found.iter().map(|(_, slope, _)| slope.abs()));
        largest(
            self.found
                .iter()
                .map(|&(Place { unit, input }, slope, floor)| {
                    let weight = |layer: &Layer<f64>| match (input, &layer.bias) {
                        (Some(input), _) => layer.weights[(unit, input)],
                        (None, Some(bias)) => bias[unit],
                        (None, None) => unreachable!("biases are sampled where there are some"),
                    };
                    let change = weight(after) - weight(before);
                    // The change itself is rounded as the weight it was added to.
                    let rounding = 1e-9 * weight(before).abs();
                    (change + slope).abs() / (scale + floor + rounding)
                }),
        )
    }
}

/// The loss along the line of one weight.
struct Line<'a> {
    subject: &'a Subject<'a>,
    layers: &'a [Layer<f64>],
    pass: &'a Pass,
    at: usize,
    unit: usize,
    /// Gain of the unit's weighted sum per unit of the weight, sample by sample.
    gain: Vec<f64>,
}

impl<'a> Line<'a> {
    fn new(
        subject: &'a Subject<'a>,
        layers: &'a [Layer<f64>],
        pass: &'a Pass,
        at: usize,
        below: &Array2<f64>,
        place: Place,
    ) -> Self {
        let gain = match place.input {
            Some(k) => below.column(k).mapv(|h| layers[at].factor * h).to_vec(),
            None => vec![1.0; below.nrows()],
        };
        Self {
            subject,
            layers,
            pass,
            at,
            unit: place.unit,
            gain,
        }
    }

    /// The derivative and its floor of rounding; `None` at a kink.
    fn slope(&self) -> Option<(f64, f64)> {
        let reach = largest(self.gain.iter().map(|g| g.abs()));
        let mut h = SHIFT / if reach > 0.0 { reach } else { 1.0 };
        for _ in 0..=RETRIES {
            let (far_up, up) = (self.at_shift(2.0 * h), self.at_shift(h));
            let (far_down, down) = (self.at_shift(-2.0 * h), self.at_shift(-h));
            if let (Some(far_up), Some(up), Some(down), Some(far_down)) =
                (far_up, up, down, far_down)
            {
                let slope = (8.0 * (up - down) - (far_up - far_down)) / (12.0 * h);
                return Some((slope, 1e-9 * up.abs() / h));
            }
            h /= 10.0;
        }
        None
    }

    /// The loss with the weight moved by `shift`; `None` if a unit crossed a kink.
    fn at_shift(&self, shift: f64) -> Option<f64> {
        let mut z = self.pass.z[self.at].clone();
        for (z, gain) in z.column_mut(self.unit).iter_mut().zip(&self.gain) {
            *z += shift * gain;
        }
        let z = plain::climb(self.layers, self.at, z);
        for (l, (moved, still)) in z.iter().zip(&self.pass.z[self.at..]).enumerate() {
            let kinks = self.layers[self.at + l].activation.facts().kinks;
            let crossed = |kink: &f64| {
                let mut pairs = moved.iter().zip(still);
                pairs.any(|(a, b)| (a > kink) != (b > kink))
            };
            if kinks.iter().any(crossed) {
                return None;
            }
        }
        let f = &z[z.len() - 1];
        let (kind, y) = (self.subject.loss, &self.subject.targets);
        Some(plain::loss(kind, f, y, self.subject.reduction_factor()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;

    /// The plain loops agree with themselves: their gradient is the slope of their loss.
    #[test]
    fn plain_gradients_are_slopes_of_the_plain_loss() {
        use crate::audit::compare::size;
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
            let layers = &subject.layers;
            let pass = Pass::new(layers, &subject.input.0);
            let (f, factor) = (pass.outputs(), subject.reduction_factor());
            let e = plain::residual(loss, f, &subject.targets, factor);
            let d = &plain::exact_signals(layers, &pass, &e)[0] * &pass.slopes(layers)[0];
            let g = plain::gradient(0.5, &d, &subject.input.0);
            let slopes = Slopes::new(&subject, layers, &pass, 0, &mut Purpose::Places.open());
            for (place, slope, _) in slopes.found {
                let exact = g[(place.unit, place.input.unwrap())];
                assert!(
                    (slope - exact).abs() < 1e-9 * size(&g),
                    "{loss:?} {slope} {exact}"
                );
            }
        }
    }
}
