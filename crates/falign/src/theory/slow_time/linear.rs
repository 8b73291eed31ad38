//! Linear networks: the hidden units stay Gaussian, and the limit is an equation in R^n.

use ndarray::Array2;

use super::quasi_static::coefficients;
use super::{Moments, SlowState};
use crate::Result;
use crate::math::{Loss, Reduction};
use crate::theory::matrix::{check_shape, products};

/// The slow-time limit of a linear network, exactly.
///
/// With U the integral of E over tau, a unit is at z = z(0) - K U b, so that the feature kernel
/// is A = K + K U U' K and
///
/// ```text
/// dU/dtau = E = -lambda alpha,   alpha = (lambda I + A)^{-1} Y,   E b bhat' = -U' K alpha
/// ```
///
/// (squared error; other losses with their own alpha), for b ~ N(0, I). Cost: O(n^3) per step.
///
/// # Example
/// ```
/// use falign::math::Loss;
/// use falign::theory::LinearSlowTime;
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.0], [0.0, 1.0]], array![[1.0], [-1.0]]);
/// let mut limit = LinearSlowTime::new(&x, &y, Loss::SquaredError)?;
/// assert_eq!(limit.state(3.0)?.moments.alignment(), 0.0);
/// for _ in 0..40 {
///     limit.advance(|_tau| 3.0, 0.05)?;
/// }
/// assert!(limit.state(3.0)?.moments.alignment() > 0.8);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: derived here; it gives the final alignment of Theorem 4.6 of Song, Xu & Lafferty
/// (2021) to three or four digits.
#[derive(Debug, Clone)]
pub struct LinearSlowTime {
    kernel: Array2<f64>,
    targets: Array2<f64>,
    loss: Loss,
    /// U.
    moved: Array2<f64>,
    alpha: Array2<f64>,
    tau: f64,
}

impl LinearSlowTime {
    /// The limit at tau = 0. `inputs` (n, d), `targets` (n, k).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if there is not one row of targets per input.
    pub fn new(inputs: &Array2<f64>, targets: &Array2<f64>, loss: Loss) -> Result<Self> {
        check_shape("targets", targets, (inputs.nrows(), targets.ncols()))?;
        Ok(Self {
            kernel: products(inputs, inputs),
            targets: targets.clone(),
            loss,
            moved: Array2::zeros(targets.dim()),
            alpha: Array2::zeros(targets.dim()),
            tau: 0.0,
        })
    }

    /// tau.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// By one step of the explicit midpoint rule, under the ridge lambda(tau).
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) where cross-entropy has no ridge.
    pub fn advance(&mut self, ridge: impl Fn(f64) -> f64, step: f64) -> Result<()> {
        let (first, middle) = (ridge(self.tau), ridge(self.tau + 0.5 * step));
        let slope = self.solve(&self.moved, first)?.1 * -first;
        let half = &self.moved + &(slope * (0.5 * step));
        self.alpha = self.solve(&half, middle)?.1;
        self.moved.scaled_add(-middle * step, &self.alpha);
        self.tau += step;
        Ok(())
    }

    /// The state under the ridge lambda. After a cutoff, with lambda = 0, U stays where it is and
    /// alpha is `A^{-1} Y`.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn state(&self, ridge: f64) -> Result<SlowState> {
        let (feature_kernel, alpha) = self.solve(&self.moved, ridge)?;
        let outputs = feature_kernel.dot(&alpha);
        let mut residual = Array2::zeros(outputs.dim());
        let loss = self
            .loss
            .residual(&outputs, &self.targets, Reduction::Sum, &mut residual);
        let moments = Moments {
            feedback: Array2::eye(self.targets.ncols()),
            output: alpha.t().dot(&outputs),
            cross: self.moved.t().dot(&self.kernel.dot(&alpha)) * -1.0,
        };
        Ok(SlowState {
            residual,
            loss,
            feature_kernel,
            moments,
        })
    }

    /// A and alpha for this U.
    fn solve(&self, moved: &Array2<f64>, ridge: f64) -> Result<(Array2<f64>, Array2<f64>)> {
        let along = self.kernel.dot(moved);
        let feature = &self.kernel + &along.dot(&along.t());
        let alpha = coefficients(&feature, &self.targets, self.loss, ridge, &self.alpha)?;
        Ok((feature, alpha))
    }
}
