//! Steps of a run up to a recorded one, for what depends on more than one.

use crate::two_layer::Problem;

/// The steps of a run up to a recorded one.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    threshold: f64,
    norm: f64,
    /// |e(t)| / |e(t-1)|; NaN at step 0.
    pub(crate) contraction: f64,
    /// eta times the sum of lambda(i) over i < t.
    pub(crate) ridge_spent: f64,
    /// Whether the alignment of the last recorded step is at least the threshold.
    pub(crate) is_aligned: bool,
    /// The first recorded step since which that was so; NaN where it is not.
    pub(crate) aligned_since: f64,
}

impl Past {
    /// No step yet. `threshold` is c of Definition 4.1.
    pub(crate) fn new(threshold: f64) -> Self {
        Self {
            threshold,
            norm: f64::NAN,
            contraction: f64::NAN,
            ridge_spent: 0.0,
            is_aligned: false,
            aligned_since: f64::NAN,
        }
    }

    /// Takes in a step, the first of which is 0, and its residual norm.
    pub(crate) fn step(&mut self, problem: &Problem, step: u64, norm: f64) {
        self.contraction = norm / self.norm;
        self.norm = norm;
        if step > 0 {
            self.ridge_spent += problem.step_size * problem.schedule.value(step - 1);
        }
    }

    /// Takes in the alignment of a recorded step.
    pub(crate) fn align(&mut self, step: u64, alignment: f64) {
        let is_aligned = alignment >= self.threshold;
        if is_aligned && !self.is_aligned {
            self.aligned_since = step as f64;
        }
        if !is_aligned {
            self.aligned_since = f64::NAN;
        }
        self.is_aligned = is_aligned;
    }
}
