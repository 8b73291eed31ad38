//! How far numbers may be off by rounding alone: each by the errors of all that it is made of, which add
//! up as independent ones do.

use ndarray::{Array2, Zip};

use super::Updates;
use crate::audit::plain::{self, Pass};
use crate::math::{Loss, Precision};
use crate::rule::Layer;

/// Relative errors of one number and of sums.
pub(super) struct Rounding {
    pub(super) precision: Precision,
    /// Half the distance of 1 and the next number.
    unit: f64,
    /// Error of one product or sum.
    sums: f64,
}

/// Standard deviations that are allowed: one number in 10^9 is further off by chance.
const DEVIATIONS: f64 = 6.0;

/// Variance of an activation or of its slope as a library computes it, in squared units.
const LIBRARY: f64 = 16.0;

impl Rounding {
    /// Rounding of the precision that the weights after the step have.
    pub(super) fn new(updates: &Updates, tolerance: Option<f64>) -> Self {
        let biases = updates
            .after
            .iter()
            .flat_map(|(_, bias)| bias.iter().flatten());
        let weights = updates.after.iter().flat_map(|(weights, _)| weights);
        let numbers = weights.chain(biases);
        let precision = if numbers.copied().all(is_single) {
            Precision::F32
        } else {
            Precision::F64
        };
        let unit = match precision {
            Precision::F32 => f64::from(f32::EPSILON) / 2.0,
            Precision::F64 => f64::EPSILON / 2.0,
        };
        Self {
            precision,
            unit,
            sums: tolerance.unwrap_or(unit),
        }
    }

    /// Error of a number that was changed by one of this variance, in squared units.
    pub(super) fn of(&self, before: f64, after: f64, variance: f64) -> f64 {
        2.0 * self.unit * (before.abs() + after.abs()) + self.reach() * variance.sqrt()
    }

    /// Largest error of a number whose variance is 1 squared unit.
    pub(super) fn reach(&self) -> f64 {
        DEVIATIONS * self.sums
    }
}

/// Whether single precision can hold it.
#[allow(clippy::cast_possible_truncation, reason = "that is the question")]
fn is_single(x: f64) -> bool {
    f64::from(x as f32).to_bits() == x.to_bits()
}

/// x^2, entry by entry.
pub(super) fn squares(x: &Array2<f64>) -> Array2<f64> {
    x.mapv(|x| x * x)
}

/// Variances of the numbers of a pass, in squared units of rounding.
pub(super) struct Spread {
    /// Variances of what each layer reads, (batch, inputs).
    pub(super) below: Vec<Array2<f64>>,
    /// Variances of psi' of each hidden layer.
    pub(super) slopes: Vec<Array2<f64>>,
    /// Variances of the residual.
    pub(super) residual: Array2<f64>,
}

impl Spread {
    pub(super) fn new(updates: &Updates, pass: &Pass, rounding: &Rounding) -> Self {
        let layers = &updates.layers;
        let mut below = vec![0.0 * &updates.inputs];
        let (mut slopes, mut sums) = (Vec::new(), Array2::zeros((0, 0)));
        for (l, layer) in layers.iter().enumerate() {
            sums = of_sums(layer, &updates.below(l, pass), &below[l]);
            if l + 1 == layers.len() {
                break;
            }
            let z = &pass.z[l];
            let h = Zip::from(z).and(&sums).map_collect(|&z, &variance| {
                let slope = layer.activation.derivative(z);
                let value = layer.activation.value(z);
                slope * slope * variance + LIBRARY * value * value
            });
            below.push(h);
            let is_kinked = layer.activation.facts().is_piecewise_linear;
            slopes.push(Zip::from(z).and(&sums).map_collect(|&z, &variance| {
                let is_unsure = z.abs() <= rounding.reach() * variance.sqrt();
                match (is_kinked, is_unsure) {
                    // No slope changes faster than by 1.
                    (false, _) => variance + LIBRARY,
                    (true, false) => 0.0,
                    // On either side of the kink.
                    (true, true) => rounding.reach().powi(-2),
                }
            }));
        }
        Self {
            below,
            slopes,
            residual: residual(updates, pass, &sums),
        }
    }
}

/// Variances of a layer's sums of what it reads, `h`, of the variance `spread`: each of the terms is
/// rounded, and so is what is added up before it.
fn of_sums(layer: &Layer<f64>, h: &Array2<f64>, spread: &Array2<f64>) -> Array2<f64> {
    let terms = h.ncols() as f64;
    let mut squared = layer.clone();
    squared.weights.mapv_inplace(|w| w * w);
    squared.factor = layer.factor * layer.factor;
    if let Some(bias) = &mut squared.bias {
        bias.mapv_inplace(|bias| bias * bias);
    }
    plain::sums(&squared, &(spread + &(terms * &squares(h))))
}

/// Variances of the residual, by those of the outputs.
fn residual(updates: &Updates, pass: &Pass, sums: &Array2<f64>) -> Array2<f64> {
    let p = plain::predictions(updates.loss, pass.outputs());
    let factor = updates.reduction.factor(updates.inputs.nrows());
    let top = |i: usize| sums.row(i).iter().copied().fold(0.0, f64::max);
    Array2::from_shape_fn(p.dim(), |(i, k)| {
        let (p, y) = (p[(i, k)], updates.targets[(i, k)]);
        let slope = match updates.loss {
            Loss::SquaredError | Loss::SquaredErrorLogistic => 1.0,
            Loss::SoftmaxCrossEntropy => 2.0 * p * (1.0 - p),
            Loss::Logistic => p * (1.0 - p),
        };
        factor * factor * (slope * slope * top(i) + LIBRARY * (p * p + y * y))
    })
}

/// Variances of signals that come down by weights `b`: of what is told above, of the variance `spread`.
pub(super) fn of_signals(
    factor: f64,
    told: &Array2<f64>,
    spread: &Array2<f64>,
    b: &Array2<f64>,
) -> Array2<f64> {
    let terms = told.ncols() as f64;
    let each = spread + &(terms * &squares(told));
    factor * factor * each.dot(&squares(b))
}
