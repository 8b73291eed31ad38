//! The state of a run at one step, reduced to what every quantity can be computed from.

use crate::Result;
use crate::math::Scalar;
use crate::rule::Feedback;

use super::{Problem, Weights};
use crate::measure::{Listener, Quantity, unstopped};

/// Parts of a snapshot that are wanted; the others are not computed.
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
    /// Needs of these quantities; `weights` if final weights will be asked for.
    pub fn of(quantities: &[Quantity], weights: bool) -> Self {
        let any = |list: &[Quantity]| quantities.iter().any(|q| list.contains(q));
        Self {
            coefficients: weights || quantities.iter().any(|q| q.needs_coefficients()),
            output_movement: any(&[
                Quantity::OutputMovementMax,
                Quantity::OutputMovementRms,
                Quantity::DecayedMovementMax,
                Quantity::DecayedMovementRms,
            ]),
            hidden_movement: any(&[Quantity::HiddenMovementMax, Quantity::HiddenMovementRms]),
            conservation: any(&[Quantity::ConservationDrift]),
            held_out: any(&[Quantity::HeldOutLoss]),
            shares: quantities.iter().any(|q| q.is_share()),
            units: quantities.iter().any(|q| q.needs_units()),
            feature_kernel: quantities.iter().any(|q| q.is_of_feature_kernel()),
            feedback_kernel: quantities.iter().any(|q| q.is_of_feedback_kernel()),
        }
    }
}

/// Movement over units: the largest norm (where single units exist) and the sum of squares.
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
    /// Shares of beta in the span of beta(0), of W(0)X' and of b: linear engine, fixed feedback.
    pub shares: Option<[f64; 3]>,
}

/// The dynamics of one run, whatever engine computes it.
pub trait Dynamics {
    /// Advances by one step.
    fn step(&mut self);
    /// Steps done so far.
    fn steps_done(&self) -> u64;
    /// |e| of the training residual (with dropout, where there is any); not finite once the
    /// run has diverged.
    fn residual_norm(&self) -> f64;
    /// Measures; `needs` must be covered by what the engine was made with.
    fn snapshot(&mut self, needs: Needs) -> Snapshot;
    /// The current weights, where the engine has single units. Drawn ones are drawn again, which
    /// the listener follows.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where the listener says so.
    fn weights_heard(&mut self, listener: Listener<'_>) -> Result<Option<Weights>>;
    /// The current weights, where nothing stops their drawing.
    fn weights(&mut self) -> Option<Weights> {
        unstopped(|nobody| self.weights_heard(nobody))
    }
}

/// a' b for row-major (width, k) matrices, as a k x k matrix.
pub(super) fn gram<T: Scalar>(a: &[T], b: &[T], k: usize) -> Vec<f64> {
    let mut out = vec![0.0; k * k];
    for (a, b) in a.chunks(k).zip(b.chunks(k)) {
        for (c, &u) in a.iter().enumerate() {
            for (g, &v) in b.iter().enumerate() {
                out[c * k + g] = u.to_f64().mul_add(v.to_f64(), out[c * k + g]);
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

/// The quantities that are a function of one snapshot.
///
/// `None` for those that depend on the history (contraction, `T_c`, ridge spent) on parts
/// that were not asked for, for those of deep networks only, and for those of kernels, whose
/// arithmetic is that of [`theory`](crate::theory).
pub fn quantity(
    problem: &Problem,
    snapshot: &Snapshot,
    step: u64,
    quantity: Quantity,
) -> Option<f64> {
    let k = problem.outputs();
    let trace = |m: &[f64]| (0..k).map(|c| m[c * k + c]).sum::<f64>();
    let half_square = |e: &[f64]| 0.5 * e.iter().map(|x| x * x).sum::<f64>();
    let rms = |m: &Movement| (m.sum_squares / problem.width as f64).sqrt();
    let loss = || half_square(&snapshot.residual);
    Some(match quantity {
        Quantity::Loss => loss(),
        Quantity::RegularisedLoss => {
            let alpha = problem.output_scale;
            let ridge = problem.schedule.value(step);
            loss() + 0.5 * alpha * alpha * ridge * trace(&snapshot.output_gram)
        }
        Quantity::ResidualNorm => (2.0 * loss()).sqrt(),
        Quantity::Alignment => alignment(snapshot, k),
        Quantity::AlignmentFlattened => alignment_flattened(snapshot, k),
        Quantity::AlignmentSummed => alignment_summed(snapshot, k),
        Quantity::AlignmentAngle => {
            libm::acos(alignment(snapshot, k).clamp(-1.0, 1.0)).to_degrees()
        }
        Quantity::AlignmentToBound => {
            let (n, p) = (problem.inputs.nrows() as f64, problem.width as f64);
            alignment(snapshot, k).abs() * p.sqrt() / n
        }
        Quantity::OutputNorm => trace(&snapshot.output_gram).sqrt(),
        Quantity::OutputMovementMax => snapshot.output_movement.as_ref()?.max,
        Quantity::OutputMovementRms => rms(snapshot.output_movement.as_ref()?),
        Quantity::DecayedMovementMax => snapshot.decayed_movement.as_ref()?.max,
        Quantity::DecayedMovementRms => rms(snapshot.decayed_movement.as_ref()?),
        Quantity::HiddenMovementMax => snapshot.hidden_movement.as_ref()?.max,
        Quantity::HiddenMovementRms => rms(snapshot.hidden_movement.as_ref()?),
        Quantity::ConservationDrift => (snapshot.conservation? / problem.width as f64).sqrt(),
        Quantity::HeldOutLoss => half_square(snapshot.held_out_residual.as_ref()?),
        Quantity::FeedbackGap => {
            let cross = trace(&snapshot.cross_gram);
            let square =
                trace(&snapshot.output_gram) + trace(&snapshot.feedback_gram) - 2.0 * cross;
            square.max(0.0).sqrt()
        }
        Quantity::ShareInitial => snapshot.shares?[0],
        Quantity::ShareHidden => snapshot.shares?[1],
        Quantity::ShareFeedback => snapshot.shares?[2],
        Quantity::Tau => problem.step_size * step as f64 / problem.root_width(),
        // Those of the run's history, of kernels, theorems, and of deep networks; predictions.
        _ => return None,
    })
}

/// u' m v for a k x k row-major m.
fn form(u: &[f64], m: &[f64], v: &[f64]) -> f64 {
    let k = v.len();
    u.iter()
        .enumerate()
        .map(|(c, &x)| {
            x * m[c * k..(c + 1) * k]
                .iter()
                .zip(v)
                .map(|(a, b)| a * b)
                .sum::<f64>()
        })
        .sum()
}

/// (b u . beta u, |b u|, |beta u|) for one error vector u.
fn parts(s: &Snapshot, u: &[f64]) -> (f64, f64, f64) {
    (
        form(u, &s.cross_gram, u),
        form(u, &s.feedback_gram, u),
        form(u, &s.output_gram, u),
    )
}

fn cosine((cross, b, beta): (f64, f64, f64)) -> f64 {
    let norms = b.sqrt() * beta.sqrt();
    if norms == 0.0 {
        f64::NAN
    } else {
        cross / norms
    }
}

/// cos(b, beta) for k = 1, which the errors drop out of; else the mean over samples.
fn alignment(s: &Snapshot, k: usize) -> f64 {
    if k == 1 {
        return cosine((s.cross_gram[0], s.feedback_gram[0], s.output_gram[0]));
    }
    let cosines: Vec<f64> = s
        .residual
        .chunks(k)
        .map(|e| cosine(parts(s, e)))
        .filter(|c| !c.is_nan())
        .collect();
    cosines.iter().sum::<f64>() / cosines.len() as f64
}

fn alignment_flattened(s: &Snapshot, k: usize) -> f64 {
    if k == 1 {
        return alignment(s, 1);
    }
    let sum = s
        .residual
        .chunks(k)
        .map(|e| parts(s, e))
        .fold((0.0, 0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    cosine(sum)
}

fn alignment_summed(s: &Snapshot, k: usize) -> f64 {
    if k == 1 {
        return alignment(s, 1);
    }
    let mut sum = vec![0.0; k];
    for e in s.residual.chunks(k) {
        for (total, x) in sum.iter_mut().zip(e) {
            *total += x;
        }
    }
    cosine(parts(s, &sum))
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
