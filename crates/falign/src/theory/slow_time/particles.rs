//! Any activation: hidden units as particles.

use ndarray::{Array2, s};

use super::quasi_static::coefficients;
use super::{Moments, SlowState};
use crate::Result;
use crate::math::{Activation, Loss, Reduction, StreamName, Streams, activate, multiply};
use crate::theory::matrix::{check_columns, check_shape, products};

/// The slow-time limit of a network with any activation, by M particles.
///
/// A particle is a hidden unit: its preactivations z in R^n and its feedback weights b. The
/// error is that of the sample, of order 1/sqrt(M) (estimate it by a second seed), and of the
/// midpoint rule, of order step^2 (halve the step); the cost does not depend on a width or a
/// number of training steps: O(M n (n + k)) per step and, for cross-entropy, (n k)^3.
///
/// Sums use a dense product: equal bits on one machine, not on all.
///
/// # Example
/// ```
/// use falign::math::{Activation, Loss, Streams};
/// use falign::theory::SlowTime;
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.0], [0.0, 1.0]], array![[1.0], [-1.0]]);
/// let mut limit =
///     SlowTime::draw(Activation::Tanh, Loss::SquaredError, &x, &y, 500, Streams::new(1, 0))?;
/// assert!(limit.state(1.0)?.moments.alignment().abs() < 1e-12); // particles come in fours
/// for _ in 0..20 {
///     limit.advance(|_tau| 1.0, 0.05)?;
/// }
/// assert!(limit.state(1.0)?.moments.alignment() > 0.5);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SlowTime {
    activation: Activation,
    loss: Loss,
    kernel: Array2<f64>,
    targets: Array2<f64>,
    /// z, (M, n).
    z: Array2<f64>,
    /// b, (M, k).
    b: Array2<f64>,
    alpha: Array2<f64>,
    tau: f64,
}

impl SlowTime {
    /// Particles as at a network's start: z ~ N(0, K), b ~ N(0, I), in `fours` fours (+-z, +-b),
    /// which cancel the sample's error in everything odd. `inputs` (n, d), `targets` (n, k).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if there is not one row of targets per input.
    pub fn draw(
        activation: Activation,
        loss: Loss,
        inputs: &Array2<f64>,
        targets: &Array2<f64>,
        fours: usize,
        streams: Streams,
    ) -> Result<Self> {
        let mut stream = streams.open(StreamName::Particles);
        let mut normal = || stream.normal();
        let w = Array2::from_shape_simple_fn((fours, inputs.ncols()), &mut normal);
        let b = Array2::from_shape_simple_fn((fours, targets.ncols()), normal);
        let z = products(&w, inputs);
        let in_fours = |x: &Array2<f64>, signs: [f64; 4]| {
            let mut all = Array2::zeros((4 * fours, x.ncols()));
            for (i, sign) in signs.into_iter().enumerate() {
                let mut part = all.slice_mut(s![i * fours..(i + 1) * fours, ..]);
                part.scaled_add(sign, x);
            }
            all
        };
        let z = in_fours(&z, [1.0, 1.0, -1.0, -1.0]);
        let b = in_fours(&b, [1.0, -1.0, 1.0, -1.0]);
        Self::new(activation, loss, inputs, targets, &z, &b)
    }

    /// Given particles, of any law: `preactivations` (M, n), `feedback_weights` (M, k).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) naming the array that does not fit.
    pub fn new(
        activation: Activation,
        loss: Loss,
        inputs: &Array2<f64>,
        targets: &Array2<f64>,
        preactivations: &Array2<f64>,
        feedback_weights: &Array2<f64>,
    ) -> Result<Self> {
        let (n, k) = (inputs.nrows(), targets.ncols());
        check_shape("targets", targets, (n, k))?;
        check_columns("preactivations", preactivations, n)?;
        let shape = (preactivations.nrows(), k);
        check_shape("feedback_weights", feedback_weights, shape)?;
        Ok(Self {
            activation,
            loss,
            kernel: products(inputs, inputs),
            targets: targets.clone(),
            z: preactivations.as_standard_layout().into_owned(),
            b: feedback_weights.clone(),
            alpha: Array2::zeros((n, k)),
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
        let first = self.velocity(&self.z, ridge(self.tau))?.0;
        let mut half = self.z.clone();
        half.scaled_add(0.5 * step, &first);
        let (second, alpha) = self.velocity(&half, ridge(self.tau + 0.5 * step))?;
        self.z.scaled_add(step, &second);
        self.alpha = alpha;
        self.tau += step;
        Ok(())
    }

    /// The state under the ridge lambda. After a cutoff, with lambda = 0 and the squared error,
    /// the particles stay where they are and bhat is psi(z) `G^{-1} Y`.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn state(&self, ridge: f64) -> Result<SlowState> {
        let (psi, _) = self.units(&self.z);
        let feature_kernel = mean_product(&psi, &psi);
        let alpha = self.coefficients(&feature_kernel, ridge)?;
        let outputs = feature_kernel.dot(&alpha);
        let mut residual = Array2::zeros(outputs.dim());
        let loss = self
            .loss
            .residual(&outputs, &self.targets, Reduction::Sum, &mut residual);
        let bhat = psi.dot(&alpha);
        let moments = Moments {
            feedback: mean_product(&self.b, &self.b),
            output: mean_product(&bhat, &bhat),
            cross: mean_product(&self.b, &bhat),
        };
        Ok(SlowState {
            residual,
            loss,
            feature_kernel,
            moments,
        })
    }

    /// dz/dtau and the alpha behind it.
    fn velocity(&self, z: &Array2<f64>, ridge: f64) -> Result<(Array2<f64>, Array2<f64>)> {
        let (psi, dpsi) = self.units(z);
        let alpha = self.coefficients(&mean_product(&psi, &psi), ridge)?;
        // lambda alpha is -E: the two signs cancel.
        let mut pushed = self.b.dot(&alpha.t()) * ridge;
        pushed *= &dpsi;
        let mut velocity = psi;
        let out = &mut velocity.view_mut();
        multiply(0.0, out, 1.0, &pushed.view(), &self.kernel.view());
        Ok((velocity, alpha))
    }

    fn coefficients(&self, feature_kernel: &Array2<f64>, ridge: f64) -> Result<Array2<f64>> {
        coefficients(feature_kernel, &self.targets, self.loss, ridge, &self.alpha)
    }

    fn units(&self, z: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        let mut psi = z.clone();
        let mut dpsi = Array2::zeros(z.dim());
        let contiguous = "particles are kept in rows";
        activate(
            self.activation,
            psi.as_slice_mut().expect(contiguous),
            dpsi.as_slice_mut().expect(contiguous),
        );
        (psi, dpsi)
    }
}

/// The mean over particles of a b'.
fn mean_product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut c = Array2::zeros((a.ncols(), b.ncols()));
    let factor = 1.0 / a.nrows() as f64;
    multiply(0.0, &mut c.view_mut(), factor, &a.t(), &b.view());
    c
}
