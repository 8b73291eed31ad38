//! Losses, their residuals, and how they are reduced over a batch.

use ndarray::Array2;

use serde::{Deserialize, Serialize};

use super::Scalar;

/// A loss of outputs f and targets y.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// 1/2 sum (f - y)^2.
    SquaredError,
    /// -sum y log softmax(f), for one-hot y.
    SoftmaxCrossEntropy,
    /// -sum y log s(f) + (1 - y) log(1 - s(f)) with the logistic s, output by output.
    Logistic,
}

/// How samples of a batch are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Divided by the batch's size.
    Mean,
    /// Added.
    Sum,
}

impl Reduction {
    /// What multiplies every sample's loss.
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
    pub fn of_sample(self, outputs: &[f64], targets: &[f64]) -> f64 {
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
        let factor = reduction.factor(outputs.nrows());
        let mut total = 0.0;
        let rows = outputs.rows().into_iter().zip(targets.rows());
        for ((f, y), mut e) in rows.zip(residual.rows_mut()) {
            let numbers = || {
                f.iter()
                    .zip(y.iter())
                    .map(|(f, y)| (f.to_f64(), y.to_f64()))
            };
            // max and log-sum-exp, where they are needed.
            let (top, log_sum) = if self == Self::SoftmaxCrossEntropy {
                let top = numbers().fold(f64::NEG_INFINITY, |m, (f, _)| m.max(f));
                let sum: f64 = numbers().map(|(f, _)| libm::exp(f - top)).sum();
                (top, libm::log(sum))
            } else {
                (0.0, 0.0)
            };
            for ((f, y), e) in numbers().zip(e.iter_mut()) {
                let (loss, slope) = match self {
                    Self::SquaredError => (0.5 * (f - y) * (f - y), f - y),
                    Self::SoftmaxCrossEntropy => {
                        let log_share = f - top - log_sum;
                        // Absent classes add nothing, even where their share vanishes.
                        let loss = if y == 0.0 { 0.0 } else { -y * log_share };
                        (loss, libm::exp(log_share) - y)
                    }
                    Self::Logistic => {
                        let tail = libm::exp(-f.abs());
                        let share = if f > 0.0 {
                            1.0 / (1.0 + tail)
                        } else {
                            tail / (1.0 + tail)
                        };
                        (f.max(0.0) - f * y + libm::log1p(tail), share - y)
                    }
                };
                // `max` drops a NaN, which must be seen.
                total += if f.is_nan() { f } else { factor * loss };
                *e = T::from_f64(factor * slope);
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const ALL: [Loss; 3] = [
        Loss::SquaredError,
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
    fn huge_outputs_stay_finite_and_nan_is_seen() {
        let y = array![[1.0, 0.0]];
        for loss in ALL {
            let mut e = Array2::zeros((1, 2));
            let value = loss.residual(&array![[-900.0, 900.0]], &y, Reduction::Sum, &mut e);
            assert!(value.is_finite() && value > 100.0, "{loss:?} {value}");
            assert!(e.iter().all(|x: &f64| x.is_finite()));
            let value = loss.residual(&array![[f64::NAN, 0.0]], &y, Reduction::Sum, &mut e);
            assert!(value.is_nan(), "{loss:?}");
        }
    }
}
