//! The slow-time limit: ridge-regularised feedback alignment at infinite width, on the time
//! scale tau = eta t / sqrt(p) on which features move.
//!
//! With ridge, beta forgets its start and follows the hidden units: `beta_r` = `bhat_r`/sqrt(p)
//! with bhat = alpha' psi(z), where alpha solves a kernel regression with the moving feature
//! kernel G. The hidden units move along their feedback weights b:
//!
//! ```text
//! dz/dtau = -K (psi'(z) o (E b)),   lambda F + G E(F) = 0,   G = E psi(z) psi(z)'
//! ```
//!
//! A heuristic limit, derived here and checked by simulation; *not* a theorem, and not the
//! paper's. It needs eta lambda t well above (1/2) log p. Alignment and loss depend on
//! (lambda, tau) alone. For the neighbouring mean-field theory see Bordelon & Pehlevan (2023).
//!
//! An output scale alpha only stretches time, tau = eta t / (alpha sqrt p); centred outputs
//! f - f(0) shift the targets by f(0). Feedback weights that are correlated with beta(0) have
//! the same limit: ridge destroys the correlation first. From the end of a cutoff on the
//! hidden units stay, and the outputs go to the regression without ridge.

mod draw;
mod law;
mod limit;
mod linear;
mod particles;
mod quasi_static;
mod ridge;
mod stepping;

use ndarray::Array2;

pub use law::FeedbackLaw;
pub use limit::{Estimate, SlowEstimate, SlowProblem, slow_time_limit};
pub(crate) use limit::{replicate_memory, slow_time_limit_with_listener, states_memory};
pub use linear::LinearSlowTime;
pub use particles::SlowTime;
pub use ridge::SlowRidge;

/// Second moments over hidden units of feedback weights b and quasi-static output weights bhat,
/// each (outputs, outputs).
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// E b b'.
    pub feedback: Array2<f64>,
    /// E bhat bhat'.
    pub output: Array2<f64>,
    /// E b bhat'.
    pub cross: Array2<f64>,
}

/// State of the limit at one tau.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowState {
    /// E = the derivative of the loss by the outputs, (samples, outputs).
    pub residual: Array2<f64>,
    /// The loss, summed over samples.
    pub loss: f64,
    /// G, (samples, samples).
    pub feature_kernel: Array2<f64>,
    /// Moments of b and bhat.
    pub moments: Moments,
}

impl SlowState {
    /// The mean over samples of the cosine between what backpropagation and feedback alignment
    /// send to the hidden units: between bhat e and b e. For one output, cos(b, beta).
    ///
    /// A sample without residual is left out; NaN where none is left.
    pub fn alignment_per_sample(&self) -> f64 {
        self.alignment_with(&self.moments)
    }

    /// The alignment under other moments of the weights, such as those of [`Moments::composite`].
    pub(crate) fn alignment_with(&self, moments: &Moments) -> f64 {
        let m = moments;
        let cosines = self.residual.rows().into_iter().filter_map(|e| {
            let form = |matrix: &Array2<f64>| {
                let each = matrix.indexed_iter().map(|((a, c), m)| m * e[a] * e[c]);
                each.sum::<f64>()
            };
            let scale = (form(&m.feedback) * form(&m.output)).sqrt();
            (scale > 0.0).then(|| form(&m.cross) / scale)
        });
        let (sum, count) = cosines.fold((0.0, 0.0), |(s, n), c| (s + c, n + 1.0));
        sum / count
    }
}

impl Moments {
    /// The cosine of all of b with all of beta; for one output, cos(b, beta).
    pub fn alignment(&self) -> f64 {
        let trace = |m: &Array2<f64>| m.diag().sum();
        trace(&self.cross) / (trace(&self.feedback) * trace(&self.output)).sqrt()
    }

    /// The cosine at a finite width p and short times, where beta(0) is not forgotten: of b with
    /// beta = `P_t` beta(0) + bhat/sqrt(p).
    ///
    /// `remaining` is `P_t`, the product of (1 - eta lambda); `correlation` is rho, that of b and
    /// beta(0), both of unit variance. The terms in rho are derived, not checked by simulation.
    ///
    /// # Example
    /// ```
    /// use falign::internal::theory::Moments;
    /// use ndarray::array;
    /// let m = Moments { feedback: array![[1.0]], output: array![[4.0]], cross: array![[1.0]] };
    /// assert_eq!(m.alignment(), 0.5);
    /// assert_eq!(m.composite_alignment(100.0, 0.0, 0.0), 0.5); // beta(0) is forgotten
    /// assert!(m.composite_alignment(100.0, 1.0, 0.0) < 0.1);
    /// ```
    pub fn composite_alignment(&self, width: f64, remaining: f64, correlation: f64) -> f64 {
        self.composite(width, remaining, correlation).alignment()
    }

    /// The moments behind [`Self::composite_alignment`], with beta for bhat. With an output
    /// scale alpha give `alpha^2 width`.
    #[must_use]
    pub fn composite(&self, width: f64, remaining: f64, correlation: f64) -> Self {
        let root = width.sqrt();
        let one = Array2::<f64>::eye(self.feedback.nrows());
        // E beta(0) bhat' = rho E b bhat'.
        let mixed = (&self.cross + &self.cross.t()) * (correlation * remaining / root);
        Self {
            feedback: self.feedback.clone(),
            output: &one * (remaining * remaining) + mixed + &self.output / width,
            cross: one * (correlation * remaining) + &self.cross / root,
        }
    }
}
