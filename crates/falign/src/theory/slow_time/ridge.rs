//! The ridge on the slow time scale.

use crate::rule::{RidgeForm, Schedule};

/// lambda(tau): a schedule seen at tau = eta t / (alpha sqrt(p)).
///
/// # Example
/// ```
/// use falign::rule::{RidgeForm, Schedule};
/// use falign::internal::theory::SlowRidge;
/// let schedule = Schedule::Cutoff { ridge: 0.3, last_step: 99 };
/// let ridge = SlowRidge::new(schedule, RidgeForm::StepScaled, 0.1, 1e4);
/// assert_eq!(ridge.end(), Some(100.0 * 0.1 / 100.0));
/// assert_eq!((ridge.value(0.05), ridge.value(0.1)), (0.3, 0.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SlowRidge {
    schedule: Schedule,
    form: RidgeForm,
    step_size: f64,
    /// Growth of tau in a step.
    per_step: f64,
}

impl SlowRidge {
    /// Ridge of a network of this width. With an output scale alpha give `alpha^2 width`: the
    /// hidden units then move alpha times more slowly. The per-step form is a ridge lambda/eta.
    pub fn new(schedule: Schedule, form: RidgeForm, step_size: f64, width: f64) -> Self {
        Self {
            schedule,
            form,
            step_size,
            per_step: step_size / width.sqrt(),
        }
    }

    /// A ridge that is the same lambda at every tau.
    pub fn constant(ridge: f64) -> Self {
        Self::new(
            Schedule::Constant { ridge },
            RidgeForm::StepScaled,
            1.0,
            1.0,
        )
    }

    /// lambda(tau) >= 0.
    pub fn value(&self, tau: f64) -> f64 {
        // A tau that was made of a whole step must not fall just short of it.
        let step = tau / self.per_step * (1.0 + 4.0 * f64::EPSILON);
        self.form.decay(self.step_size, self.schedule.at(step)) / self.step_size
    }

    /// The tau from which on there is no ridge, if there is one: hidden units stay there.
    pub fn end(&self) -> Option<f64> {
        self.schedule.end().map(|step| step * self.per_step)
    }

    /// Just before the end, the ridge there; else that at tau.
    pub(super) fn moving(&self, tau: f64) -> f64 {
        let last = self
            .end()
            .map_or(f64::INFINITY, |end| end * (1.0 - 1e-12) - 1e-300);
        self.value(tau.min(last).max(0.0))
    }
}
