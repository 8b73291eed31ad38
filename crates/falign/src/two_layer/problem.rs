//! Data and settings of a run: the resolved numbers of one run.

use ndarray::Array2;

use crate::math::Activation;
use crate::rule::{Feedback, RidgeForm, Schedule};

/// One run of the paper's network, everything in numbers.
///
/// The network is f(x) = (alpha/sqrt(p)) beta' psi(W x); the loss 1/2 sum e^2 with
/// e = f - y; updates are simultaneous, all from step t:
///
/// ```text
/// beta_r <- factor(t) beta_r - (eta/(alpha sqrt p)) sum_i e_i psi(w_r'x_i)
/// w_r    <- w_r - (eta/(alpha sqrt p)) sum_i (b_r . e_i) psi'(w_r'x_i) x_i
/// ```
///
/// Source: Song, Xu & Lafferty (2021), (2.1), Algorithm 1, (A.3); the output scale alpha with
/// step eta/alpha^2 after Bordelon & Pehlevan (2023).
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::rule::Schedule;
/// use falign::two_layer::Problem;
/// use ndarray::array;
/// let (inputs, targets) = (array![[1.0, 0.5], [-0.2, 2.0]], array![[1.0], [-1.0]]);
/// let problem = Problem {
///     activation: Activation::Tanh,
///     schedule: Schedule::Constant { ridge: 0.1 },
///     ..Problem::new(inputs, targets, 100, 0.01)
/// };
/// assert_eq!(problem.factor(0), 1.0 - 0.01 * 0.1); // beta shrinks by eta lambda
/// ```
#[derive(Debug, Clone)]
pub struct Problem {
    /// X, (samples, `input_dim`).
    pub inputs: Array2<f64>,
    /// Y, (samples, outputs).
    pub targets: Array2<f64>,
    /// Held-out inputs and targets.
    pub held_out: Option<(Array2<f64>, Array2<f64>)>,
    /// p.
    pub width: u64,
    /// psi.
    pub activation: Activation,
    /// b.
    pub feedback: Feedback,
    /// eta > 0.
    pub step_size: f64,
    /// lambda(t).
    pub schedule: Schedule,
    /// How lambda enters.
    pub ridge_form: RidgeForm,
    /// Probability that a hidden unit is dropped for a sample, in [0, 1).
    pub dropout: f64,
    /// alpha > 0.
    pub output_scale: f64,
    /// Train f - f(0) instead of f.
    pub center_outputs: bool,
    /// `eta_b` of feedback that learns.
    pub feedback_step_size: f64,
    /// kappa of feedback that learns; `None`: the decay of beta.
    pub feedback_decay: Option<f64>,
}

impl Problem {
    /// A network of `width` linear units under fixed random feedback, without ridge and dropout; whatever is to differ
    /// is set by its field.
    ///
    /// `inputs` are (samples, `input_dim`), `targets` (samples, outputs). Feedback that learns does so with the same
    /// step size and the decay of beta.
    pub fn new(inputs: Array2<f64>, targets: Array2<f64>, width: u64, step_size: f64) -> Self {
        Self {
            inputs,
            targets,
            held_out: None,
            width,
            activation: Activation::Linear,
            feedback: Feedback::Random,
            step_size,
            schedule: Schedule::Constant { ridge: 0.0 },
            ridge_form: RidgeForm::default(),
            dropout: 0.0,
            output_scale: 1.0,
            center_outputs: false,
            feedback_step_size: step_size,
            feedback_decay: None,
        }
    }

    /// n.
    pub fn samples(&self) -> usize {
        self.inputs.nrows()
    }

    /// d.
    pub fn input_dim(&self) -> usize {
        self.inputs.ncols()
    }

    /// k.
    pub fn outputs(&self) -> usize {
        self.targets.ncols()
    }

    /// sqrt(p).
    pub(crate) fn root_width(&self) -> f64 {
        (self.width as f64).sqrt()
    }

    /// alpha / sqrt(p), the factor of the outputs.
    pub(crate) fn scale(&self) -> f64 {
        self.output_scale / self.root_width()
    }

    /// eta / (alpha sqrt(p)), the factor of both updates.
    pub(crate) fn gain(&self) -> f64 {
        self.step_size / (self.output_scale * self.root_width())
    }

    /// The factor by which beta shrinks at step t.
    pub fn factor(&self, step: u64) -> f64 {
        let ridge = self.schedule.value(step);
        1.0 - self.ridge_form.decay(self.step_size, ridge)
    }

    /// The factor by which learned feedback weights shrink at step t.
    pub(crate) fn feedback_factor(&self, step: u64) -> f64 {
        self.feedback_decay
            .map_or_else(|| self.factor(step), |kappa| 1.0 - kappa)
    }

    /// `eta_b` / (alpha sqrt(p)).
    pub(crate) fn feedback_gain(&self) -> f64 {
        self.feedback_step_size / (self.output_scale * self.root_width())
    }
}
