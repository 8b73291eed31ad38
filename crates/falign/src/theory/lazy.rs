//! The lazy limit: what training does at infinite width, while the kernels stay where they
//! started. *Asymptotic*, not a theorem about any finite width; good for t << sqrt(p)/eta.

use ndarray::Array2;

use super::infinite::{
    feature_kernel_with_listener, feedback_kernel_with_listener, infinite_feature_kernel_between,
    infinite_feedback_kernel_between,
};
use super::matrix::{check_columns, check_shape, product};
use crate::math::Activation;
use crate::rule::{RidgeForm, Schedule};
use crate::stage::Listener;
use crate::{Error, Result};

/// The weights that carry the error backward, as far as the limit sees them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LazyFeedback {
    /// Fixed feedback weights with correlation rho in [-1, 1] to beta(0); 0 is the paper's.
    Fixed {
        /// rho.
        correlation: f64,
    },
    /// The output weights themselves: backpropagation.
    Transpose,
}

/// Residuals in the lazy limit, step by step.
///
/// ```text
/// e(t+1) = [(1 - eta lambda(t)) I - eta (Gbar + h_t K o Gdot)] e(t) - eta lambda(t) y
/// ```
///
/// with `P_t` the product of (1 - eta lambda(i)) over i < t: the share of beta(0) that is left.
/// `h_t` is rho `P_{t+1}` for fixed feedback and `P_t P_{t+1}` for backpropagation. For k
/// outputs each column follows the same recursion. New inputs follow with the kernels between
/// them and the training inputs.
///
/// The outputs at the start are the run's own f(0) (or a draw of N(0, Gbar)): the limit is of
/// the dynamics, given its start. An output scale alpha leaves the recursion as it is (with
/// `initial_outputs` that carry it). Centred outputs f - f(0) are the case of targets y + f(0):
/// the residual is then f - f(0) - y.
///
/// Sums run in a fixed order: the same bits on every machine.
///
/// Cost: the kernels once, then O(n (n + m) k) per step for n training and m new inputs.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::rule::Schedule;
/// use falign::internal::theory::{LazyFeedback, LazyLimit};
/// use ndarray::{Array2, array};
/// let (x, y) = (array![[1.0, 0.0], [0.0, 1.0]], array![[1.0], [-1.0]]);
/// let mut limit = LazyLimit::new(
///     Activation::Linear,
///     LazyFeedback::Fixed { correlation: 0.0 },
///     0.5,
///     Schedule::Constant { ridge: 0.0 },
///     &x,
///     &y,
///     &Array2::zeros((2, 1)),
/// )?;
/// limit.step();
/// assert_eq!(limit.residual(), &array![[-0.5], [0.5]]); // half of what was left
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: for rho = 0 the proof of Theorem 3.2 of Song, Xu & Lafferty (2021) with G and H at
/// their limits; for rho > 0 compare Bordelon & Pehlevan (2023). `h_t` is derived here and
/// checked by simulation.
#[derive(Debug, Clone)]
pub struct LazyLimit {
    activation: Activation,
    feedback: LazyFeedback,
    step_size: f64,
    schedule: Schedule,
    ridge_form: RidgeForm,
    inputs: Array2<f64>,
    kernels: Kernels,
    targets: Array2<f64>,
    residual: Array2<f64>,
    new_inputs: Option<(Kernels, Array2<f64>)>,
    /// `P_t`.
    left: f64,
    t: u64,
}

/// The data and the outputs of a limit at step 0, as [`LazyLimit::new`] takes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LazyStart<'a> {
    pub(crate) inputs: &'a Array2<f64>,
    pub(crate) targets: &'a Array2<f64>,
    pub(crate) initial_outputs: &'a Array2<f64>,
}

/// Gbar and, where the feedback is correlated, K o Gdot.
#[derive(Debug, Clone)]
struct Kernels {
    feature: Array2<f64>,
    feedback: Option<Array2<f64>>,
}

impl LazyLimit {
    /// The limit at step 0. `inputs` (n, d), `targets` and `initial_outputs` (n, k).
    ///
    /// # Errors
    /// [`Error::Shape`] naming the array that does not fit.
    pub fn new(
        activation: Activation,
        feedback: LazyFeedback,
        step_size: f64,
        schedule: Schedule,
        inputs: &Array2<f64>,
        targets: &Array2<f64>,
        initial_outputs: &Array2<f64>,
    ) -> Result<Self> {
        let start = LazyStart {
            inputs,
            targets,
            initial_outputs,
        };
        let nobody = Listener::NOBODY;
        Self::with_listener(activation, feedback, step_size, schedule, start, nobody)
    }

    /// [`Self::new`], unless it is stopped.
    ///
    /// # Errors
    /// As there; [`Error::Stopped`] where it is to stop.
    pub(crate) fn with_listener(
        activation: Activation,
        feedback: LazyFeedback,
        step_size: f64,
        schedule: Schedule,
        start: LazyStart<'_>,
        listener: Listener<'_>,
    ) -> Result<Self> {
        let LazyStart {
            inputs,
            targets,
            initial_outputs,
        } = start;
        check_shape("targets", targets, (inputs.nrows(), targets.ncols()))?;
        check_shape("initial_outputs", initial_outputs, targets.dim())?;
        let made = |kernel: Option<Array2<f64>>| kernel.ok_or(Error::Stopped);
        let mut kernels = Kernels {
            feature: made(feature_kernel_with_listener(activation, inputs, listener))?,
            feedback: None,
        };
        if feedback.is_correlated() {
            kernels.feedback = Some(made(feedback_kernel_with_listener(
                activation, inputs, listener,
            ))?);
        }
        Ok(Self {
            activation,
            feedback,
            step_size,
            schedule,
            ridge_form: RidgeForm::StepScaled,
            inputs: inputs.clone(),
            kernels,
            targets: targets.clone(),
            residual: initial_outputs - targets,
            new_inputs: None,
            left: 1.0,
            t: 0,
        })
    }

    /// Changes the form of the ridge: the per-step form has 1 - lambda(t) for 1 - eta lambda(t) everywhere.
    #[must_use]
    pub fn with_ridge_form(mut self, form: RidgeForm) -> Self {
        self.ridge_form = form;
        self
    }

    /// Follows new inputs too, from their outputs at the current step: `inputs` (m, d),
    /// `outputs` (m, k).
    ///
    /// # Errors
    /// [`Error::Shape`] naming the array that does not fit.
    pub fn with_new_inputs(mut self, inputs: &Array2<f64>, outputs: &Array2<f64>) -> Result<Self> {
        check_columns("new inputs", inputs, self.inputs.ncols())?;
        let shape = (inputs.nrows(), self.targets.ncols());
        check_shape("outputs at new inputs", outputs, shape)?;
        let (activation, old) = (self.activation, &self.inputs);
        let feedback = if self.feedback.is_correlated() {
            Some(infinite_feedback_kernel_between(activation, inputs, old)?)
        } else {
            None
        };
        let kernels = Kernels {
            feature: infinite_feature_kernel_between(activation, inputs, old)?,
            feedback,
        };
        self.new_inputs = Some((kernels, outputs.clone()));
        Ok(self)
    }

    /// Advances from step t to t + 1.
    pub fn step(&mut self) {
        let eta = self.step_size;
        let decay = self.ridge_form.decay(eta, self.schedule.value(self.t));
        let next = (1.0 - decay) * self.left;
        let h = match self.feedback {
            LazyFeedback::Fixed { correlation } => correlation * next,
            LazyFeedback::Transpose => self.left * next,
        };
        let moved = |kernels: &Kernels| {
            let mut change = product(&kernels.feature, &self.residual);
            if let Some(feedback) = &kernels.feedback {
                change.scaled_add(h, &product(feedback, &self.residual));
            }
            change
        };
        let change = moved(&self.kernels);
        let new_change = self.new_inputs.as_ref().map(|(kernels, _)| moved(kernels));
        if let (Some((_, outputs)), Some(change)) = (&mut self.new_inputs, new_change) {
            *outputs *= 1.0 - decay;
            outputs.scaled_add(-eta, &change);
        }
        self.residual = &self.residual * (1.0 - decay) - change * eta - &self.targets * decay;
        self.left = next;
        self.t += 1;
    }

    /// t.
    pub fn steps_done(&self) -> u64 {
        self.t
    }

    /// e(t) = f(t) - y, (n, k).
    pub fn residual(&self) -> &Array2<f64> {
        &self.residual
    }

    /// 1/2 sum e^2.
    pub fn loss(&self) -> f64 {
        0.5 * self.residual.iter().map(|e| e * e).sum::<f64>()
    }

    /// f(t) at the new inputs, (m, k), where there are any.
    pub fn new_outputs(&self) -> Option<&Array2<f64>> {
        self.new_inputs.as_ref().map(|(_, outputs)| outputs)
    }
}

impl LazyFeedback {
    fn is_correlated(self) -> bool {
        match self {
            Self::Fixed { correlation } => correlation.abs() > 0.0,
            Self::Transpose => true,
        }
    }
}
