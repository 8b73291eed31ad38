//! How hidden units lie in memory, and what of them can be read or set.

use falign_kernels::Numbers;

use super::panels::Panels;
use super::rows::Rows;
use crate::Result;
use crate::math::simd::Element;
use crate::stage::Work;
use crate::two_layer::Problem;
use crate::two_layer::mask::Masks;

/// Bytes that surely stay in a second-level cache between steps.
pub(super) const SECOND_LEVEL: usize = 1 << 20;

/// Numbers held of every hidden unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Z, a row of samples.
    Preactivations,
    /// C with W(t) = W(0) + C X, a row of samples.
    Coefficients,
    /// beta, a row of outputs.
    OutputWeights,
    /// b, a row of outputs.
    FeedbackWeights,
}

impl Field {
    /// Values of one unit.
    pub(super) fn rows(self, samples: usize, outputs: usize) -> usize {
        match self {
            Self::Preactivations | Self::Coefficients => samples,
            Self::OutputWeights | Self::FeedbackWeights => outputs,
        }
    }
}

/// The hidden units, laid out for the step that suits the problem.
#[derive(Debug, Clone)]
pub(super) enum Layout<T: Element> {
    /// Units in the lanes.
    Panels(Box<Panels<T>>),
    /// Samples in the lanes.
    Rows(Box<Rows<T>>),
}

/// Calls the same method of either.
macro_rules! either {
    ($layout:expr, $units:ident => $call:expr) => {
        match $layout {
            Layout::Panels($units) => $call,
            Layout::Rows($units) => $call,
        }
    };
}

/// Multiply-adds of a forward pass for each unit and sample, about: an activation, and each output.
pub(super) fn forward_work(outputs: usize) -> usize {
    8 + outputs
}

impl<T: Element> Layout<T> {
    /// The layout for a problem, chosen by nothing but the problem; all units at zero.
    pub(super) fn of(
        problem: &Problem,
        kernel: &[f64],
        units: usize,
        coefficients: bool,
        parallel: bool,
    ) -> Self {
        if Rows::<T>::suit(problem) {
            return Self::Rows(Box::new(Rows::new(
                problem.activation,
                kernel,
                units,
                coefficients,
                parallel,
            )));
        }
        Self::Panels(Box::new(Panels::new(
            problem,
            kernel,
            units,
            coefficients,
            parallel,
        )))
    }

    /// Drops units out by `masks` from now on.
    ///
    /// # Panics
    /// In rows, which problems with dropout never use.
    pub(super) fn drop_out(&mut self, masks: Masks) {
        match self {
            Self::Panels(panels) => panels.drop_out(masks),
            Self::Rows(_) => unreachable!("problems with dropout are laid out in panels"),
        }
    }

    pub(super) fn drops_out(&self) -> bool {
        matches!(self, Self::Panels(panels) if panels.drops_out())
    }

    pub(super) fn scatter(&mut self, field: Field, values: &[f64]) {
        either!(self, units => units.scatter(field, values));
    }

    pub(super) fn gather(&self, field: Field) -> Vec<T> {
        either!(self, units => units.gather(field))
    }

    pub(super) fn has_coefficients(&self) -> bool {
        either!(self, units => units.has_coefficients())
    }

    /// The shares of the outputs at `step`, as a part of some work; `clean` leaves dropout out.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn forward(&mut self, step: u64, clean: bool, work: &Work<'_>) -> Result<()> {
        match self {
            Self::Panels(panels) => panels.forward(step, clean, work),
            Self::Rows(rows) => rows.forward(work),
        }
    }

    /// One step of the weights, and without dropout the new shares of the outputs, as a part of some
    /// work.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop: chunks are then at different steps.
    pub(super) fn advance(&mut self, numbers: &Numbers<T>, work: &Work<'_>) -> Result<()> {
        either!(self, units => units.advance(numbers, work))
    }

    /// Adds the shares of all chunks, in their order, to `outputs`, (samples, outputs).
    pub(super) fn add_shares(&self, outputs: &mut [f64]) {
        either!(self, units => for partial in units.partials() {
            for (sum, share) in outputs.iter_mut().zip(partial) {
                *sum += share;
            }
        });
    }
}
