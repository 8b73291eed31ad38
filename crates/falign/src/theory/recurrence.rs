//! The exact recurrences of linear feedback alignment: Lemma B.1, (B.4) and (B.5).
//!
//! An implementation of the paper's formulas from arrays alone, next to the engines and without
//! them: tests compare the two. Letters: K = X X', B = b'b, V = X W(0)' b / sqrt(p).

use ndarray::Array2;

use super::matrix::{check_columns, check_shape, product, products, transposed};
use crate::Result;
use crate::rule::{RidgeForm, Schedule};

/// A linear network at its start: the arrays that Lemma B.1 is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearNetwork<'a> {
    /// X, (samples, `input_dim`).
    pub inputs: &'a Array2<f64>,
    /// Y, (samples, outputs).
    pub targets: &'a Array2<f64>,
    /// W(0), (width, `input_dim`).
    pub hidden_weights: &'a Array2<f64>,
    /// beta(0), (width, outputs).
    pub output_weights: &'a Array2<f64>,
    /// b, (width, outputs).
    pub feedback_weights: &'a Array2<f64>,
}

/// Residuals of a linear network under feedback alignment with ridge, exactly, by the
/// recurrence in the residuals alone.
///
/// ```text
/// e(t+1) = [r(t) I - (eta/p) X W(0)'W(0) X' - eta (J1 + J2 + J3)(t)] e(t) - (1 - r(t)) y
/// beta(t) = P_t beta(0) - (eta/sqrt p) W(0)X' s^(t-1) + (eta^2/p) b S^(t-1)
/// ```
///
/// with the ridge factor r(t) = 1 - eta lambda(t), its products `P_t`, and sums over past
/// residuals that obey separate recursions:
///
/// ```text
/// s(t) = s(t-1) + e(t),  s^(t) = r(t) s^(t-1) + e(t),  S^(t) = r(t) S^(t-1) + s(t-1)' K e(t)
/// ```
///
/// all zero before step 0. The lemma is for one output; for k of them s and s^ are (n, k)
/// and S^ is (k, k), and `J1`, `J2`, `J3` act on the columns of e from both sides.
///
/// Cost: O(p (n + d) n) to start, O(n^2 k) per step, at every width.
///
/// # Example
/// ```
/// use falign::rule::Schedule;
/// use falign::internal::theory::{LinearNetwork, LinearRecurrence};
/// use ndarray::array;
/// let one = array![[1.0]];
/// let start = LinearNetwork {
///     inputs: &one,
///     targets: &array![[3.0]],
///     hidden_weights: &one,
///     output_weights: &array![[2.0]],
///     feedback_weights: &one,
/// };
/// let mut run = LinearRecurrence::new(start, 0.5, Schedule::Constant { ridge: 0.0 })?;
/// assert_eq!(run.residual(), &array![[-1.0]]);
/// run.step(); // W = 1.5, beta = 2.5
/// assert_eq!(run.residual(), &array![[0.75]]);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Lemma B.1, with the repairs that its proof asks for: the
/// identity is `I_n`; the inner sum of S^(t) ends at i - 1 (Lemma B.3 prints t - 1); the first
/// term of `J2` is the scalar v'X's^(t) times X X'.
#[derive(Debug, Clone)]
pub struct LinearRecurrence {
    step_size: f64,
    schedule: Schedule,
    ridge_form: RidgeForm,
    width: f64,
    targets: Array2<f64>,
    /// K, X W(0)'W(0) X', V, X W(0)' beta(0) / sqrt(p).
    kernel: Array2<f64>,
    features: Array2<f64>,
    v: Array2<f64>,
    start_outputs: Array2<f64>,
    /// b'b, b'beta(0), beta(0)'beta(0), each (k, k).
    b_b: Array2<f64>,
    b_beta: Array2<f64>,
    beta_beta: Array2<f64>,
    /// s(t-1), s^(t-1), S^(t-1) and `P_t`.
    s: Array2<f64>,
    s_hat: Array2<f64>,
    sum_hat: Array2<f64>,
    left: f64,
    residual: Array2<f64>,
    t: u64,
}

impl LinearRecurrence {
    /// The recurrence at step 0.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) naming the array that does not fit.
    pub fn new(start: LinearNetwork<'_>, step_size: f64, schedule: Schedule) -> Result<Self> {
        let LinearNetwork {
            inputs,
            targets,
            hidden_weights: w,
            output_weights: beta,
            feedback_weights: b,
        } = start;
        let ((n, d), k, p) = (inputs.dim(), targets.ncols(), w.nrows());
        check_shape("targets", targets, (n, k))?;
        check_columns("hidden_weights", w, d)?;
        check_shape("output_weights", beta, (p, k))?;
        check_shape("feedback_weights", b, (p, k))?;
        let (width, root) = (p as f64, (p as f64).sqrt());
        let z = products(inputs, w);
        let start_outputs = product(&z, beta) / root;
        let gram = |a: &Array2<f64>, b: &Array2<f64>| product(&transposed(a), b);
        Ok(Self {
            step_size,
            schedule,
            ridge_form: RidgeForm::StepScaled,
            width,
            kernel: products(inputs, inputs),
            features: products(&z, &z),
            v: product(&z, b) / root,
            b_b: gram(b, b),
            b_beta: gram(b, beta),
            beta_beta: gram(beta, beta),
            s: Array2::zeros((n, k)),
            s_hat: Array2::zeros((n, k)),
            sum_hat: Array2::zeros((k, k)),
            left: 1.0,
            residual: &start_outputs - targets,
            start_outputs,
            targets: targets.clone(),
            t: 0,
        })
    }

    /// Changes the form of the ridge: the per-step form has the factor r(t) = 1 - lambda(t) of Section 4.1.
    #[must_use]
    pub fn with_ridge_form(mut self, form: RidgeForm) -> Self {
        self.ridge_form = form;
        self
    }

    /// Advances from step t to t + 1.
    pub fn step(&mut self) {
        let (eta, p, e) = (self.step_size, self.width, &self.residual);
        let decay = self.ridge_form.decay(eta, self.schedule.value(self.t));
        let factor = 1.0 - decay;
        let (kernel, s, v) = (&self.kernel, &self.s, &self.v);
        let ke = product(kernel, e);
        let ks = product(kernel, s);
        let along = |a: &Array2<f64>, b: &Array2<f64>| product(&transposed(a), b);
        // s^, S^ and P up to and including step t.
        self.s_hat = &self.s_hat * factor + e;
        self.sum_hat = &self.sum_hat * factor + along(&ks, e);
        self.left *= factor;
        let j1 = product(&ke, &self.b_beta) * (self.left / p);
        let j2 = (product(&ke, &along(v, &self.s_hat))
            + product(&ks, &along(v, e))
            + product(v, &along(&ks, e)))
            * (-eta / p);
        let j3 = (product(&ke, &product(&self.b_b, &self.sum_hat))
            + product(&ks, &product(&self.b_b, &along(&ks, e))))
            * (eta * eta / (p * p));
        let features = product(&self.features, e) / p;
        let next = e * factor - (features + j1 + j2 + j3) * eta - &self.targets * decay;
        self.s = s + e;
        self.residual = next;
        self.t += 1;
    }

    /// t.
    pub fn steps_done(&self) -> u64 {
        self.t
    }

    /// e(t) = f(t) - y, (samples, outputs).
    pub fn residual(&self) -> &Array2<f64> {
        &self.residual
    }

    /// `P_t`, which multiplies beta(0) in beta(t).
    pub fn initial_factor(&self) -> f64 {
        self.left
    }

    /// -(eta/sqrt p) s^(t-1), (samples, outputs), which W(0)X' multiplies in beta(t).
    pub fn hidden_coefficients(&self) -> Array2<f64> {
        &self.s_hat * (-self.step_size / self.width.sqrt())
    }

    /// (eta^2/p) S^(t-1), (outputs, outputs), which b multiplies in beta(t).
    pub fn feedback_coefficients(&self) -> Array2<f64> {
        &self.sum_hat * (self.step_size * self.step_size / self.width)
    }

    /// -(eta/sqrt p) s(t-1)'X for `inputs` X: W(t) - W(0) is b times this, (B.4).
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if there is not one row per sample.
    pub fn hidden_direction(&self, inputs: &Array2<f64>) -> Result<Array2<f64>> {
        check_shape("inputs", inputs, (self.s.nrows(), inputs.ncols()))?;
        let scale = -self.step_size / self.width.sqrt();
        Ok(product(&transposed(&self.s), inputs) * scale)
    }

    /// Shares of beta(t) in the span of beta(0), of W(0)X' and of b.
    ///
    /// With beta(t) = u + v + w from these three, the shares are <u, beta>, <v, beta> and
    /// <w, beta> over |beta|^2: they add up to 1, and one may be negative or above 1 where
    /// parts cancel.
    ///
    /// Source: the decomposition (B.5), on which Lemma B.3 rests.
    pub fn output_shares(&self) -> [f64; 3] {
        let parts = self.parts();
        let square: f64 = parts.iter().flatten().sum();
        parts.map(|row| row.iter().sum::<f64>() / square)
    }

    /// cos(b, beta(t)), both as long vectors; for one output the alignment.
    pub fn alignment(&self) -> f64 {
        let trace = |m: &Array2<f64>| m.diag().sum();
        let along = self.left * trace(&self.b_beta)
            + self.width.sqrt() * inner(&self.v, &self.hidden_coefficients())
            + trace(&product(&self.b_b, &self.feedback_coefficients()));
        let square: f64 = self.parts().iter().flatten().sum();
        along / (trace(&self.b_b) * square).sqrt()
    }

    /// Inner products of the three parts of beta(t).
    fn parts(&self) -> [[f64; 3]; 3] {
        let (a, root) = (self.left, self.width.sqrt());
        let (c, g) = (self.hidden_coefficients(), self.feedback_coefficients());
        let uv = a * root * inner(&self.start_outputs, &c);
        let uw = a * inner(&self.b_beta, &g);
        let vw = root * inner(&c, &product(&self.v, &g));
        [
            [a * a * self.beta_beta.diag().sum(), uv, uw],
            [uv, inner(&c, &product(&self.features, &c)), vw],
            [uw, vw, inner(&g, &product(&self.b_b, &g))],
        ]
    }
}

/// The sum of products of entries.
fn inner(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
