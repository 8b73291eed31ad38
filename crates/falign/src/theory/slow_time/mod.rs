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

mod linear;
mod particles;
mod quasi_static;

use ndarray::Array2;

pub use linear::LinearSlowTime;
pub use particles::SlowTime;

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

/// What the limit says at one tau.
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
        let m = &self.moments;
        let cosines = self.residual.rows().into_iter().filter_map(|e| {
            let form = |matrix: &Array2<f64>| e.dot(&matrix.dot(&e));
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
    /// use falign::theory::Moments;
    /// use ndarray::array;
    /// let m = Moments { feedback: array![[1.0]], output: array![[4.0]], cross: array![[1.0]] };
    /// assert_eq!(m.alignment(), 0.5);
    /// assert_eq!(m.composite_alignment(100.0, 0.0, 0.0), 0.5); // beta(0) is forgotten
    /// assert!(m.composite_alignment(100.0, 1.0, 0.0) < 0.1);
    /// ```
    pub fn composite_alignment(&self, width: f64, remaining: f64, correlation: f64) -> f64 {
        let trace = |m: &Array2<f64>| m.diag().sum();
        let root = width.sqrt();
        let outputs = self.feedback.nrows() as f64;
        let cross = trace(&self.cross) / root;
        let along = cross + correlation * remaining * outputs;
        let square = outputs * remaining * remaining
            + 2.0 * correlation * remaining * cross
            + trace(&self.output) / width;
        along / (trace(&self.feedback) * square).sqrt()
    }
}
