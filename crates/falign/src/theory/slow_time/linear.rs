//! Linear networks: the hidden units stay Gaussian, and the limit is an equation in R^n.

use ndarray::Array2;

use super::particles::unwatched;
use super::quasi_static::coefficients;
use super::stepping::integrate;
use super::{Moments, SlowRidge, SlowState};
use crate::Result;
use crate::math::{Loss, Reduction};
use crate::stage::Work;
use crate::theory::matrix::{check_shape, product, products, products_of, transposed};

/// The slow-time limit of a linear network, exactly.
///
/// With U the integral of E over tau, a unit is at z = z(0) - K U b, so that the feature kernel
/// is A = K + K U S U' K with S = E b b' and
///
/// ```text
/// dU/dtau = E = -lambda alpha,   alpha = (lambda I + A)^{-1} Y,   E b bhat' = -S U' K alpha
/// ```
///
/// (squared error; other losses with their own alpha). Only S matters of the law of b; it is I
/// unless said otherwise. Cost: O(n^3) per slope.
///
/// # Example
/// ```
/// use falign::math::Loss;
/// use falign::internal::theory::{LinearSlowTime, SlowRidge};
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.0], [0.0, 1.0]], array![[1.0], [-1.0]]);
/// let mut limit = LinearSlowTime::new(&x, &y, Loss::SquaredError)?;
/// assert_eq!(limit.state(3.0)?.moments.alignment(), 0.0);
/// limit.advance_to(2.0, &SlowRidge::constant(3.0), 1e-6)?;
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
    /// S.
    feedback: Array2<f64>,
    /// K U.
    moved: Array2<f64>,
    alpha: Array2<f64>,
    tau: f64,
    /// The next step to try.
    step: f64,
}

impl LinearSlowTime {
    /// The limit at tau = 0. `inputs` (n, d), `targets` (n, k).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if there is not one row of targets per input.
    pub fn new(inputs: &Array2<f64>, targets: &Array2<f64>, loss: Loss) -> Result<Self> {
        Self::new_of(inputs, targets, loss, &unwatched())
    }

    /// [`Self::new`], as a part of some work.
    ///
    /// # Errors
    /// As there; [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn new_of(
        inputs: &Array2<f64>,
        targets: &Array2<f64>,
        loss: Loss,
        work: &Work<'_>,
    ) -> Result<Self> {
        check_shape("targets", targets, (inputs.nrows(), targets.ncols()))?;
        Ok(Self {
            kernel: products_of(inputs, inputs, work)?,
            targets: targets.clone(),
            loss,
            feedback: Array2::eye(targets.ncols()),
            moved: Array2::zeros(targets.dim()),
            alpha: Array2::zeros(targets.dim()),
            tau: 0.0,
            step: 1e-2,
        })
    }

    /// Replaces E b b', the second moment of the feedback weights, (k, k).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if it is not (outputs, outputs).
    pub fn with_feedback_moment(mut self, moment: Array2<f64>) -> Result<Self> {
        let k = self.targets.ncols();
        check_shape("feedback moment", &moment, (k, k))?;
        self.feedback = moment;
        Ok(self)
    }

    /// tau.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// Advances by one step of the explicit midpoint rule, under the ridge lambda(tau).
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) where cross-entropy has no ridge.
    pub fn advance(&mut self, ridge: impl Fn(f64) -> f64, step: f64) -> Result<()> {
        let (first, middle) = (ridge(self.tau), ridge(self.tau + 0.5 * step));
        let mut half = self.moved.clone();
        let work = unwatched();
        half.scaled_add(0.5 * step, &self.slope(&self.moved, first, &work)?.0);
        let (slope, alpha) = self.slope(&half, middle, &work)?;
        self.moved.scaled_add(step, &slope);
        self.alpha = alpha;
        self.tau += step;
        Ok(())
    }

    /// Advances to `tau`, with steps as short as the tolerance asks for: what their errors may add up
    /// to per unit of tau in K U, relative to the size of z at the start. Beyond the ridge's end
    /// the units stay where they are.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn advance_to(&mut self, tau: f64, ridge: &SlowRidge, tolerance: f64) -> Result<()> {
        self.advance_before(&|_| Ok(()), &unwatched(), tau, ridge, tolerance)
    }

    /// [`Self::advance_to`]; `look` is called with tau before every slope, and may end it, as may
    /// `work`, of which a slope is a part.
    ///
    /// # Errors
    /// As there, and those of `look`; [`Error::Stopped`](crate::Error::Stopped).
    pub(super) fn advance_before(
        &mut self,
        look: &dyn Fn(f64) -> Result<()>,
        work: &Work<'_>,
        tau: f64,
        ridge: &SlowRidge,
        tolerance: f64,
    ) -> Result<()> {
        let ends = (self.tau, tau.min(ridge.end().unwrap_or(tau)));
        let scale = self.kernel.diag().sum().sqrt();
        let norm = |e: &Array2<f64>| e.iter().map(|x| x * x).sum::<f64>().sqrt() / scale;
        let mut moved = std::mem::take(&mut self.moved);
        let mut step = self.step;
        // The slope of a linear network has no jumps.
        let limits = (tolerance, 0.0);
        let done = integrate(&mut moved, ends, &mut step, limits, norm, |at, tau| {
            look(tau)?;
            let (slope, alpha) = self.slope(at, ridge.moving(tau), work)?;
            self.alpha = alpha;
            Ok(slope)
        });
        (self.moved, self.step) = (moved, step);
        done?;
        self.tau = self.tau.max(tau);
        Ok(())
    }

    /// The state under the ridge lambda. After a cutoff, with lambda = 0, U stays where it is and
    /// alpha is `A^{-1} Y`.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn state(&self, ridge: f64) -> Result<SlowState> {
        self.state_of(ridge, &unwatched())
    }

    /// [`Self::state`], as a part of some work.
    ///
    /// # Errors
    /// As there; [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn state_of(&self, ridge: f64, work: &Work<'_>) -> Result<SlowState> {
        let (feature_kernel, alpha) = self.solve(&self.moved, ridge, work)?;
        let outputs = product(&feature_kernel, &alpha);
        let mut residual = Array2::zeros(outputs.dim());
        let loss = self
            .loss
            .residual(&outputs, &self.targets, Reduction::Sum, &mut residual);
        let along = product(&transposed(&self.moved), &alpha) * -1.0;
        let moments = Moments {
            feedback: self.feedback.clone(),
            output: product(&transposed(&alpha), &outputs),
            cross: product(&self.feedback, &along),
        };
        Ok(SlowState {
            residual,
            loss,
            feature_kernel,
            moments,
        })
    }

    /// d(K U)/dtau and alpha.
    fn slope(
        &self,
        moved: &Array2<f64>,
        ridge: f64,
        work: &Work<'_>,
    ) -> Result<(Array2<f64>, Array2<f64>)> {
        let alpha = self.solve(moved, ridge, work)?.1;
        Ok((product(&self.kernel, &alpha) * -ridge, alpha))
    }

    /// A and alpha for this K U.
    fn solve(
        &self,
        moved: &Array2<f64>,
        ridge: f64,
        work: &Work<'_>,
    ) -> Result<(Array2<f64>, Array2<f64>)> {
        let feature = &self.kernel + &products(&product(moved, &self.feedback), moved);
        let (targets, guess) = (&self.targets, &self.alpha);
        let alpha = coefficients(&feature, targets, self.loss, ridge, guess, work)?;
        Ok((feature, alpha))
    }
}
