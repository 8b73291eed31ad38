//! Losses, their residuals, and how they are reduced over a batch.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::Scalar;
use super::exponentials;

/// A loss of outputs f and targets y.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// 1/2 sum (f - y)^2.
    SquaredError,
    /// 1/2 sum (s(f) - y)^2 with the logistic s: squared errors of logistic outputs.
    SquaredErrorLogistic,
    /// -sum y log softmax(f), for one-hot y.
    SoftmaxCrossEntropy,
    /// -sum y log s(f) + (1 - y) log(1 - s(f)) with the logistic s, output by output.
    Logistic,
}

/// How samples of a batch are combined.
///
/// # Example
/// ```
/// use falign::math::Reduction;
/// assert_eq!((Reduction::Mean.factor(4), Reduction::Sum.factor(4)), (0.25, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Divided by the batch's size.
    Mean,
    /// Added.
    Sum,
}

impl Reduction {
    /// Factor of every sample's loss.
    pub fn factor(self, batch: usize) -> f64 {
        match self {
            Self::Mean => 1.0 / batch as f64,
            Self::Sum => 1.0,
        }
    }
}

impl Loss {
    /// The loss of one sample, in `f64`.
    ///
    /// # Panics
    /// If there are not as many targets as outputs.
    pub(crate) fn of_sample(self, outputs: &[f64], targets: &[f64]) -> f64 {
        assert_eq!(outputs.len(), targets.len(), "one target per output");
        let shape = (1, outputs.len());
        let row = |x: &[f64]| Array2::from_shape_fn(shape, |(_, c)| x[c]);
        let mut unused = Array2::zeros(shape);
        self.residual(&row(outputs), &row(targets), Reduction::Sum, &mut unused)
    }

    /// The reduced loss, and in `residual` its derivative by the outputs, (batch, outputs).
    /// Computed in `f64` through the pure-Rust libm, sample by sample in order.
    ///
    /// # Panics
    /// If the shapes differ.
    ///
    /// # Example
    /// ```
    /// use falign::math::{Loss, Reduction};
    /// use ndarray::{Array2, array};
    /// let (f, y) = (array![[0.0, 0.0]], array![[1.0, 0.0]]);
    /// let mut e = Array2::zeros((1, 2));
    /// let loss = Loss::SoftmaxCrossEntropy.residual(&f, &y, Reduction::Mean, &mut e);
    /// assert!((loss - 2f64.ln()).abs() < 1e-15);
    /// assert_eq!(e, array![[-0.5, 0.5]]);
    /// ```
    pub fn residual<T: Scalar>(
        self,
        outputs: &Array2<T>,
        targets: &Array2<T>,
        reduction: Reduction,
        residual: &mut Array2<T>,
    ) -> f64 {
        assert_eq!(outputs.dim(), targets.dim(), "one target per output");
        assert_eq!(outputs.dim(), residual.dim(), "one residual per output");
        let mut reduced = Reduced {
            factor: reduction.factor(outputs.nrows()),
            total: 0.0,
        };
        match self {
            Self::SquaredError => reduced.each(outputs, targets, residual, squared_error),
            Self::SquaredErrorLogistic => {
                reduced.each(outputs, targets, residual, squared_error_logistic);
            }
            Self::SoftmaxCrossEntropy => reduced.softmax(outputs, targets, residual),
            Self::Logistic => reduced.each(outputs, targets, residual, logistic),
        }
        reduced.total
    }

    /// Predictions in place of outputs f, (samples, outputs): the softmax or the logistic function of
    /// them, or themselves, which the loss compares with targets.
    pub(crate) fn predictions<T: Scalar>(self, outputs: &mut Array2<T>) {
        let kind = match self {
            Self::SquaredErrorLogistic => Self::Logistic,
            other => other,
        };
        let sums = outputs.clone();
        let nothing = Array2::from_elem(sums.dim(), T::ZERO);
        // The residual is prediction - target.
        kind.residual(&sums, &nothing, Reduction::Sum, outputs);
    }

    /// The largest second derivative of one sample's loss along any direction of the outputs, for
    /// targets from 0 to 1: 1, 1/2 for the softmax, 1/4 for the logistic loss, and the maximum of
    /// s^2 (1 - s)(2 - 3s), 0.0770, for squared errors of logistic outputs.
    pub(crate) fn curvature(self) -> f64 {
        match self {
            Self::SquaredError => 1.0,
            Self::SquaredErrorLogistic => 0.077_029,
            Self::SoftmaxCrossEntropy => 0.5,
            Self::Logistic => 0.25,
        }
    }
}

/// A loss of one output, and its derivative.
fn squared_error(f: f64, y: f64) -> (f64, f64) {
    (0.5 * (f - y) * (f - y), f - y)
}

/// s(f), and e^-|f|.
fn logistic_share(f: f64) -> (f64, f64) {
    let tail = libm::exp(-f.abs());
    let share = if f > 0.0 {
        1.0 / (1.0 + tail)
    } else {
        tail / (1.0 + tail)
    };
    (share, tail)
}

/// Loss and derivative, as [`squared_error`] gives them.
fn squared_error_logistic(f: f64, y: f64) -> (f64, f64) {
    let (share, tail) = logistic_share(f);
    let error = share - y;
    // s (1 - s), without a difference that cancels.
    let slope = tail / ((1.0 + tail) * (1.0 + tail));
    (0.5 * error * error, error * slope)
}

/// Loss and derivative, as [`squared_error`] gives them.
fn logistic(f: f64, y: f64) -> (f64, f64) {
    let (share, tail) = logistic_share(f);
    (f.max(0.0) - f * y + libm::log1p(tail), share - y)
}

/// A loss on its way through a batch.
struct Reduced {
    /// Factor of every sample's loss.
    factor: f64,
    total: f64,
}

impl Reduced {
    /// Adds the loss of output `f`, and returns its reduced derivative.
    fn include<T: Scalar>(&mut self, f: f64, (loss, slope): (f64, f64)) -> T {
        // `max` drops a NaN, which must be seen.
        self.total += if f.is_nan() { f } else { self.factor * loss };
        T::from_f64(self.factor * slope)
    }

    /// A loss of which every output has its own.
    fn each<T: Scalar>(
        &mut self,
        outputs: &Array2<T>,
        targets: &Array2<T>,
        residual: &mut Array2<T>,
        loss: impl Fn(f64, f64) -> (f64, f64),
    ) {
        for ((f, y), e) in outputs.iter().zip(targets).zip(residual) {
            let f = f.to_f64();
            *e = self.include(f, loss(f, y.to_f64()));
        }
    }

    /// Cross-entropy of the softmax, some samples at a time so that exponentials have company.
    fn softmax<T: Scalar>(
        &mut self,
        outputs: &Array2<T>,
        targets: &Array2<T>,
        residual: &mut Array2<T>,
    ) {
        /// Outputs at a time. More classes than these are rare, and need separate space.
        const SPACE: usize = 1024;
        let classes = outputs.ncols().max(1);
        let mut spaces = [[0.0; SPACE]; 2];
        let mut own: [Vec<f64>; 2];
        let [shifted, exp] = if classes <= SPACE {
            spaces.each_mut().map(<[f64; SPACE]>::as_mut_slice)
        } else {
            own = [vec![0.0; classes], vec![0.0; classes]];
            own.each_mut().map(Vec::as_mut_slice)
        };
        let at_a_time = (SPACE / classes).max(1);
        let chunks = outputs.axis_chunks_iter(Axis(0), at_a_time);
        let chunks = chunks.zip(targets.axis_chunks_iter(Axis(0), at_a_time));
        let residuals = residual.axis_chunks_iter_mut(Axis(0), at_a_time);
        for ((outputs, targets), residual) in chunks.zip(residuals) {
            let [shifted, exp] = [&mut shifted[..outputs.len()], &mut exp[..outputs.len()]];
            for (row, shifted) in outputs.rows().into_iter().zip(shifted.chunks_mut(classes)) {
                let numbers = row.iter().map(|f| f.to_f64());
                let top = numbers.clone().fold(f64::NEG_INFINITY, f64::max);
                for (shifted, f) in shifted.iter_mut().zip(numbers) {
                    *shifted = f - top;
                }
            }
            exponentials(shifted, exp);
            for (exp, shifted) in exp.chunks(classes).zip(shifted.chunks_mut(classes)) {
                let log_sum = libm::log(exp.iter().sum());
                // From here on logarithms of shares.
                for x in shifted {
                    *x -= log_sum;
                }
            }
            exponentials(shifted, exp);
            let shares = shifted.iter().zip(&*exp);
            let numbers = outputs.iter().zip(targets).zip(residual);
            for (((f, y), e), (log_share, share)) in numbers.zip(shares) {
                let y = y.to_f64();
                // Absent classes add nothing, even where their share vanishes.
                let loss = if y == 0.0 { 0.0 } else { -y * log_share };
                *e = self.include(f.to_f64(), (loss, share - y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{StreamName, Streams};
    use ndarray::array;

    const ALL: [Loss; 4] = [
        Loss::SquaredError,
        Loss::SquaredErrorLogistic,
        Loss::SoftmaxCrossEntropy,
        Loss::Logistic,
    ];

    #[test]
    fn residuals_are_derivatives() {
        let f = array![[0.3, -1.2, 2.0], [4.0, 0.0, -0.5]];
        let y = array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
        for loss in ALL {
            for reduction in [Reduction::Mean, Reduction::Sum] {
                let mut e = Array2::zeros(f.dim());
                let mut scratch = e.clone();
                loss.residual(&f, &y, reduction, &mut e);
                for at in [(0, 0), (0, 2), (1, 0), (1, 1)] {
                    let mut at_shifted = |h: f64| {
                        let mut f = f.clone();
                        f[at] += h;
                        loss.residual(&f, &y, reduction, &mut scratch)
                    };
                    let slope = (at_shifted(1e-6) - at_shifted(-1e-6)) / 2e-6;
                    assert!(
                        (slope - e[at]).abs() < 1e-9,
                        "{loss:?} {reduction:?} {at:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn squared_errors_of_logistic_outputs_by_hand() {
        // s(0) = 1/2 with slope 1/4; s(log 3) = 3/4 with slope 3/16.
        let (f, y) = (array![[0.0, 3f64.ln()]], array![[1.0, 0.0]]);
        let mut e = Array2::zeros((1, 2));
        let loss = Loss::SquaredErrorLogistic.residual(&f, &y, Reduction::Sum, &mut e);
        assert!((loss - 0.5 * (0.25 + 0.5625)).abs() < 1e-15);
        assert!((e[(0, 0)] + 0.125).abs() < 1e-15 && (e[(0, 1)] - 0.140_625).abs() < 1e-15);
    }

    #[test]
    fn curvatures_are_the_largest_second_derivatives() {
        for loss in ALL {
            // Along one output, and along the difference of two for the softmax.
            let direction = match loss {
                Loss::SoftmaxCrossEntropy => [0.5f64.sqrt(), -(0.5f64.sqrt())],
                _ => [1.0, 0.0],
            };
            let mut top: f64 = 0.0;
            for y in [0.0, 0.5, 1.0] {
                for place in -800..=800 {
                    let at = |h: f64| {
                        let f = f64::from(place) * 0.01 + h;
                        loss.of_sample(&[direction[0] * f, direction[1] * f], &[y, 1.0 - y])
                    };
                    let h = 1e-3;
                    top = top.max((at(h) - 2.0 * at(0.0) + at(-h)) / (h * h));
                }
            }
            let wanted = loss.curvature();
            assert!((top / wanted - 1.0).abs() < 1e-3, "{loss:?} {top} {wanted}");
        }
    }

    #[test]
    fn huge_outputs_stay_finite_and_nan_is_seen() {
        let y = array![[1.0, 0.0]];
        for loss in ALL {
            let mut e = Array2::zeros((1, 2));
            let value = loss.residual(&array![[-900.0, 900.0]], &y, Reduction::Sum, &mut e);
            // Squared errors of logistic outputs are bounded: each is 1/2 where all is wrong.
            let least = if loss == Loss::SquaredErrorLogistic {
                0.99
            } else {
                100.0
            };
            assert!(value.is_finite() && value > least, "{loss:?} {value}");
            assert!(e.iter().all(|x: &f64| x.is_finite()));
            let value = loss.residual(&array![[f64::NAN, 0.0]], &y, Reduction::Sum, &mut e);
            assert!(value.is_nan(), "{loss:?}");
        }
    }

    #[test]
    fn softmax_is_its_definition_bit_for_bit_however_many_samples_and_classes() {
        let mut stream = Streams::new(3, 0).open(StreamName::Data);
        for (samples, classes) in [(1, 1), (7, 10), (205, 10), (3, 700), (2, 1025), (0, 4)] {
            let f = Array2::from_shape_fn((samples, classes), |_| 30.0 * stream.uniform());
            let y = Array2::from_shape_fn(f.dim(), |(i, c)| f64::from(u8::from(c == i % classes)));
            let (mut e, mut total) = (Array2::zeros(f.dim()), 0.0);
            let found = Loss::SoftmaxCrossEntropy.residual(&f, &y, Reduction::Mean, &mut e);
            let factor = Reduction::Mean.factor(samples);
            for ((f, y), e) in f.rows().into_iter().zip(y.rows()).zip(e.rows()) {
                let top = f.fold(f64::NEG_INFINITY, |m, f| m.max(*f));
                let sum: f64 = f.iter().map(|f| libm::exp(f - top)).sum();
                for ((f, y), e) in f.iter().zip(y).zip(e) {
                    let log_share = f - top - libm::log(sum);
                    total += factor * if *y == 0.0 { 0.0 } else { -y * log_share };
                    let wanted: f64 = factor * (libm::exp(log_share) - y);
                    assert_eq!(e.to_bits(), wanted.to_bits(), "{samples} {classes}");
                }
            }
            assert_eq!(found.to_bits(), total.to_bits(), "{samples} {classes}");
        }
    }
}
