//! Any activation: hidden units as particles.

use ndarray::{Array2, s};

use super::draw::{feedback_weights, preactivations};
use super::law::FeedbackLaw;
use super::quasi_static::coefficients;
use super::stepping::integrate;
use super::{Moments, SlowProblem, SlowRidge, SlowState};
use crate::Result;
use crate::math::{Activation, Loss, Reduction, StreamName, Streams, activate};
use crate::stage::{Listener, Stage, Work};
use crate::theory::matrix::{
    check_columns, check_shape, product, products, products_of, transposed,
};

/// Shortest step along a kink in E b z', relative to the size of z at the start, as a multiple of the
/// tolerance. Away from kinks steps are longer, of the order of the tolerance's root.
const SLIDING: f64 = 2.0;

/// Longest such step, however large the tolerance.
const LONGEST_SLIDE: f64 = 0.05;

/// The slow-time limit of a network with any activation, by M particles.
///
/// A particle is a hidden unit: its preactivations z in R^n and its feedback weights b. The
/// error is that of the sample, of order 1/sqrt(M), and of the steps;
/// [`slow_time_limit`](super::slow_time_limit) controls and states both. The cost does not
/// depend on a width or a number of training steps: O(M n (n + k)) per slope and, for
/// cross-entropy, (n k)^3.
///
/// Sums run in a fixed order: with the squared error and up to 1000 samples the same bits on
/// every machine.
///
/// # Example
/// ```
/// use falign::math::{Activation, Loss, Streams};
/// use falign::internal::theory::SlowTime;
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.0], [0.0, 1.0]], array![[1.0], [-1.0]]);
/// let mut limit =
///     SlowTime::draw(Activation::Tanh, Loss::SquaredError, &x, &y, 500, Streams::new(1, 0))?;
/// assert!(limit.state(1.0)?.moments.alignment().abs() < 1e-12); // +-b cancel
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
    /// The next step to try.
    step: f64,
}

impl SlowTime {
    /// Particles as at a network's start, z ~ N(0, K) and b ~ N(0, I): see
    /// [`Self::draw_with_law`]. `inputs` (n, d), `targets` (n, k).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if there is not one row of targets per input.
    pub fn draw(
        activation: Activation,
        loss: Loss,
        inputs: &Array2<f64>,
        targets: &Array2<f64>,
        groups: usize,
        streams: Streams,
    ) -> Result<Self> {
        let law = &FeedbackLaw::Gaussian;
        let problem = SlowProblem {
            activation,
            loss,
            inputs,
            targets,
            law,
        };
        Self::draw_with_law(problem, groups, streams)
    }

    /// Draws particles with feedback weights of any law.
    ///
    /// Particles come in `groups` groups: (z, b) and (z, -b), for an activation that is not odd
    /// also (-z, b) and (-z, -b), which cancel the sample's error in everything odd. What is
    /// drawn is then transformed linearly so that the second moments of z and b are exact, which
    /// makes a linear network's limit exact.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for arrays, [`Error::Config`](crate::Error::Config)
    /// for a law that does not fit.
    pub fn draw_with_law(
        problem: SlowProblem<'_>,
        groups: usize,
        streams: Streams,
    ) -> Result<Self> {
        let SlowProblem {
            inputs,
            targets,
            law,
            ..
        } = problem;
        law.check(targets.ncols())?;
        let mut stream = streams.open(StreamName::Particles);
        let z = preactivations(inputs, groups, &mut stream);
        let b = feedback_weights(law, groups, targets.ncols(), &mut stream);
        let signs = signs(problem.activation);
        let repeated = |x: &Array2<f64>, sign: fn(&(f64, f64)) -> f64| {
            let mut all = Array2::zeros((signs.len() * groups, x.ncols()));
            for (i, signs) in signs.iter().enumerate() {
                let mut part = all.slice_mut(s![i * groups..(i + 1) * groups, ..]);
                part.scaled_add(sign(signs), x);
            }
            all
        };
        let z = repeated(&z, |signs| signs.0);
        let b = repeated(&b, |signs| signs.1);
        Self::new(problem.activation, problem.loss, inputs, targets, &z, &b)
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
            b: feedback_weights.as_standard_layout().into_owned(),
            alpha: Array2::zeros((n, k)),
            tau: 0.0,
            step: 1e-2,
        })
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
        let first = self.velocity(&self.z, ridge(self.tau), &unwatched())?.0;
        let mut half = self.z.clone();
        half.scaled_add(0.5 * step, &first);
        let (second, alpha) = self.velocity(&half, ridge(self.tau + 0.5 * step), &unwatched())?;
        self.z.scaled_add(step, &second);
        self.alpha = alpha;
        self.tau += step;
        Ok(())
    }

    /// Advances to `tau`, with steps as short as the tolerance asks for: what their errors may add up
    /// to per unit of tau in E b z', relative to the size of z at the start. Particles that are held
    /// at the kink of ReLU add an error of that order, whatever the time. Beyond the ridge's
    /// end the particles stay where they are.
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
        let b = transposed(&self.b) / self.b.nrows() as f64;
        let along_b = |e: &Array2<f64>| {
            let sums = product(&b, e);
            sums.iter().map(|x| x * x).sum::<f64>().sqrt() / scale
        };
        let mut z = std::mem::take(&mut self.z);
        let mut step = self.step;
        let limits = (tolerance, (SLIDING * tolerance).min(LONGEST_SLIDE));
        let moved = integrate(&mut z, ends, &mut step, limits, along_b, |z, tau| {
            look(tau)?;
            let (velocity, alpha) = self.velocity(z, ridge.moving(tau), work)?;
            self.alpha = alpha;
            Ok(velocity)
        });
        (self.z, self.step) = (z, step);
        moved?;
        self.tau = self.tau.max(tau);
        Ok(())
    }

    /// The state under the ridge lambda. After a cutoff, with lambda = 0 and the squared error,
    /// the particles stay where they are and bhat is psi(z) `G^{-1} Y`.
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
        let (psi, _) = self.units(&self.z);
        let feature_kernel = mean_product_of(&psi, &psi, work)?;
        let alpha = self.coefficients(&feature_kernel, ridge, work)?;
        let outputs = product(&feature_kernel, &alpha);
        let mut residual = Array2::zeros(outputs.dim());
        let loss = self
            .loss
            .residual(&outputs, &self.targets, Reduction::Sum, &mut residual);
        let bhat = product(&psi, &alpha);
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
    fn velocity(
        &self,
        z: &Array2<f64>,
        ridge: f64,
        work: &Work<'_>,
    ) -> Result<(Array2<f64>, Array2<f64>)> {
        let (psi, dpsi) = self.units(z);
        let alpha = self.coefficients(&mean_product_of(&psi, &psi, work)?, ridge, work)?;
        // lambda alpha is -E: the two signs cancel.
        let mut pushed = products(&self.b, &alpha);
        pushed.zip_mut_with(&dpsi, |x, slope| *x *= ridge * slope);
        Ok((products_of(&pushed, &self.kernel, work)?, alpha))
    }

    fn coefficients(
        &self,
        feature_kernel: &Array2<f64>,
        ridge: f64,
        work: &Work<'_>,
    ) -> Result<Array2<f64>> {
        let (targets, guess) = (&self.targets, &self.alpha);
        coefficients(feature_kernel, targets, self.loss, ridge, guess, work)
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

/// Signs of z and b in a group of particles.
fn signs(activation: Activation) -> &'static [(f64, f64)] {
    if activation.facts().is_odd {
        &[(1.0, 1.0), (1.0, -1.0)]
    } else {
        &[(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)]
    }
}

/// Number of particles in so many groups.
pub(super) fn particles(activation: Activation, groups: usize) -> usize {
    groups * signs(activation).len()
}

/// The mean over particles of a b'.
pub(super) fn mean_product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    products(&transposed(a), &transposed(b)) / a.nrows() as f64
}

/// [`mean_product`], as a part of some work.
fn mean_product_of(a: &Array2<f64>, b: &Array2<f64>, work: &Work<'_>) -> Result<Array2<f64>> {
    Ok(products_of(&transposed(a), &transposed(b), work)? / a.nrows() as f64)
}

/// Work that nobody follows.
pub(super) fn unwatched() -> Work<'static> {
    Work::new(Listener::NOBODY, 0.0, &Stage::weights)
}
