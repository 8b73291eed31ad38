//! The state of a run at one step, reduced to what every quantity can be computed from.

use crate::Result;
use crate::math::{Scalar, fused};
use crate::rule::Feedback;

use super::Weights;
use crate::stage::{Listener, unstopped};

/// Parts of a snapshot that are wanted; the others are not computed.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let needs = Needs { output_movement: true, ..Needs::default() };
/// let mut network = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
/// network.step();
/// let state = network.snapshot(needs);
/// assert!(state.output_movement.is_some() && state.hidden_movement.is_none());
/// ```
#[allow(clippy::struct_excessive_bools, reason = "a set of independent wants")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// W(t) - W(0), for movement, conservation and held-out loss: C is accumulated.
    pub coefficients: bool,
    /// Movement of beta.
    pub output_movement: bool,
    /// Movement of W.
    pub hidden_movement: bool,
    /// The conservation law.
    pub conservation: bool,
    /// Held-out residual.
    pub held_out: bool,
    /// Shares of beta by (B.5), where the engine has them.
    pub shares: bool,
    /// Single hidden units (maxima).
    pub units: bool,
    /// G.
    pub feature_kernel: bool,
    /// H.
    pub feedback_kernel: bool,
}

impl Needs {
    /// Needs of no part but those that every snapshot has.
    pub(crate) const NONE: Self = Self {
        coefficients: false,
        output_movement: false,
        hidden_movement: false,
        conservation: false,
        held_out: false,
        shares: false,
        units: false,
        feature_kernel: false,
        feedback_kernel: false,
    };

    /// The needs of either.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            coefficients: self.coefficients || other.coefficients,
            output_movement: self.output_movement || other.output_movement,
            hidden_movement: self.hidden_movement || other.hidden_movement,
            conservation: self.conservation || other.conservation,
            held_out: self.held_out || other.held_out,
            shares: self.shares || other.shares,
            units: self.units || other.units,
            feature_kernel: self.feature_kernel || other.feature_kernel,
            feedback_kernel: self.feedback_kernel || other.feedback_kernel,
        }
    }
}

/// Parts of |beta|^2 by (B.5), which add up to 1.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem, Start};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let needs = Needs { shares: true, ..Needs::default() };
/// let mut network = Linear::new(&problem, LinearStart::Weights(start), needs);
/// network.step();
/// let shares = network.snapshot(needs).shares.unwrap();
/// assert!((shares.initial + shares.hidden + shares.feedback - 1.0).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Part in the span of beta(0).
    pub initial: f64,
    /// Part in the span of W(0)X'.
    pub hidden: f64,
    /// Part in the span of b.
    pub feedback: f64,
}

/// Movement over units: the largest norm (where single units exist) and the sum of squares.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let needs = Needs { output_movement: true, ..Needs::default() };
/// let mut network = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
/// network.step();
/// let state = network.snapshot(needs);
/// let moved = state.output_movement.unwrap();
/// assert!(moved.max > 0.0 && moved.max.powi(2) <= moved.sum_squares);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Movement {
    /// Largest norm over units; NaN under the Gram draw.
    pub max: f64,
    /// Sum of squared norms over units.
    pub sum_squares: f64,
}

impl Movement {
    pub(super) fn include(&mut self, square: f64) {
        self.max = self.max.max(square.sqrt());
        self.sum_squares += square;
    }
}

/// One step, without dropout. Small matrices are row-major.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let needs = Needs { output_movement: true, ..Needs::default() };
/// let mut network = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
/// network.step();
/// let state = network.snapshot(needs);
/// assert_eq!(state.residual.len(), 6); // (samples, outputs)
/// let cosine = state.cross_gram[0] / (state.output_gram[0] * state.feedback_gram[0]).sqrt();
/// assert!(cosine.abs() <= 1.0); // of beta and b, one output
/// ```
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// e, (samples, outputs).
    pub residual: Vec<f64>,
    /// beta' beta, (outputs, outputs).
    pub output_gram: Vec<f64>,
    /// b' b.
    pub feedback_gram: Vec<f64>,
    /// b' beta.
    pub cross_gram: Vec<f64>,
    /// beta(t) - beta(0).
    pub output_movement: Option<Movement>,
    /// beta(t) - `P_t` beta(0).
    pub decayed_movement: Option<Movement>,
    /// W(t) - W(0).
    pub hidden_movement: Option<Movement>,
    /// Sum of squares over units of the change of `b_r` . `beta_r` - |`w_r|^2/2`.
    pub conservation: Option<f64>,
    /// Residual on the held-out samples.
    pub held_out_residual: Option<Vec<f64>>,
    /// G = psi(Z) psi(Z)'/p, (samples, samples).
    pub feature_kernel: Option<Vec<f64>>,
    /// H, (samples outputs, samples outputs): output a of sample i has index i k + a.
    pub feedback_kernel: Option<Vec<f64>>,
    /// Parts of |beta|^2: linear engine, fixed feedback.
    pub shares: Option<Shares>,
}

/// The dynamics of one run, whatever engine computes it.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Linear, LinearStart, Needs, Problem, SampleSpace, Start, Threads};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let needs = Needs::default();
/// let linear = Linear::new(&problem, LinearStart::Weights(start.clone()), needs);
/// let fast = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
/// let mut engines: [Box<dyn Dynamics>; 2] = [Box::new(linear), Box::new(fast)];
/// engines.iter_mut().for_each(|engine| engine.step());
/// assert!((engines[0].residual_norm() / engines[1].residual_norm() - 1.0).abs() < 1e-12);
/// ```
pub trait Dynamics: Listening {
    /// Advances by one step.
    fn step(&mut self) {
        unstopped(|nobody| self.step_with_listener(nobody));
    }
    /// Steps done so far.
    fn steps_done(&self) -> u64;
    /// |e| of the training residual (with dropout, where there is any); not finite once the
    /// run has diverged.
    fn residual_norm(&self) -> f64;
    /// Measures; `needs` must be covered by what the engine was made with.
    fn snapshot(&mut self, needs: Needs) -> Snapshot {
        unstopped(|nobody| self.snapshot_with_listener(needs, nobody))
    }
    /// The current weights, where the engine has single units.
    fn weights(&mut self) -> Option<Weights> {
        unstopped(|nobody| self.weights_with_listener(nobody))
    }
}

/// Steps and measures that a listener follows where they take long. Engines of this library alone have
/// it.
pub trait Listening {
    /// Advances by one step.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where the listener says so: what is left is no state
    /// of the run any more.
    fn step_with_listener(&mut self, listener: Listener<'_>) -> Result<()>;
    /// Measures; `needs` must be covered by what the engine was made with.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where the listener says so.
    fn snapshot_with_listener(&mut self, needs: Needs, listener: Listener<'_>) -> Result<Snapshot>;
    /// The current weights, where the engine has single units. Drawn ones are drawn again.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where the listener says so.
    fn weights_with_listener(&mut self, listener: Listener<'_>) -> Result<Option<Weights>>;
}

/// a' b for row-major (width, k) matrices, as a k x k matrix.
pub(super) fn gram<T: Scalar>(a: &[T], b: &[T], k: usize) -> Vec<f64> {
    let mut out = vec![0.0; k * k];
    for (a, b) in a.chunks(k).zip(b.chunks(k)) {
        for (c, &u) in a.iter().enumerate() {
            for (g, &v) in b.iter().enumerate() {
                out[c * k + g] = fused(u.to_f64(), v.to_f64(), out[c * k + g]);
            }
        }
    }
    out
}

/// Movements of beta against its start and against the shrunken start.
pub(super) fn output_movements<T: Scalar>(
    beta: &[T],
    start: &[T],
    shrink: f64,
    k: usize,
) -> (Movement, Movement) {
    let (mut plain, mut decayed) = (Movement::default(), Movement::default());
    for (now, before) in beta.chunks(k).zip(start.chunks(k)) {
        let (mut a, mut b) = (0.0, 0.0);
        for (&x, &x0) in now.iter().zip(before) {
            let (x, x0) = (x.to_f64(), x0.to_f64());
            a += (x - x0) * (x - x0);
            b += (x - shrink * x0) * (x - shrink * x0);
        }
        plain.include(a);
        decayed.include(b);
    }
    (plain, decayed)
}

/// The new feedback weight of one unit and output: `product` is the sum over samples of its
/// teaching signal times the hidden activity (the residual for Kolen-Pollack, the output for
/// Hebbian rules), `power` the sum of squared outputs (Oja).
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside the kernels of every engine")]
pub(super) fn oja_term(feedback: Feedback, power: f64, root_width: f64) -> f64 {
    if feedback == Feedback::Oja {
        power / root_width
    } else {
        0.0
    }
}
