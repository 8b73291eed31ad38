//! The one trait of a learning rule: how hidden layers are taught, and how feedback learns.

use ndarray::Array2;

use super::scene::{Layer, Trace};
use crate::math::{Scalar, Stream};

/// A learning rule for networks of any depth.
///
/// The engine computes activities and the residual, asks the rule for one teaching signal per
/// hidden layer, and changes every layer by the product of its input with (signal x psi');
/// the output layer is taught by the residual itself. A rule that has feedback weights of
/// its own may change them after each step.
///
/// The repository's example `private_rule` implements one.
pub trait LearningRule<T: Scalar>: Send {
    /// Writes the teaching signal of each hidden layer, (batch, units): what stands in the
    /// place of the derivative of the loss by that layer's activity.
    ///
    /// `signals` has the trace's shapes and arbitrary content. A rule may see all of the
    /// network; which parts it uses is what makes it local or not.
    fn teach(&mut self, layers: &[Layer<T>], trace: &Trace<T>, signals: &mut [Array2<T>]);

    /// Changes feedback weights after the forward weights have changed. Nothing, by default.
    fn adapt(&mut self, step: &mut Adaptation<'_, T>) {
        let _ = step;
    }

    /// Its feedback weights, one matrix per hidden layer, where it has any: (units above,
    /// units) on the layerwise path, (outputs, units) on the direct one.
    fn feedback(&self) -> Option<&[Array2<T>]> {
        None
    }

    /// The same, to be changed: by checkpoints, audits and tests.
    fn feedback_mut(&mut self) -> Option<&mut [Array2<T>]> {
        None
    }
}

/// A finished step of the forward weights, as a rule's feedback weights see it.
#[derive(Debug)]
pub struct Adaptation<'a, T> {
    /// The network after the step.
    pub layers: &'a [Layer<T>],
    /// The batch, as it went through the network before the step.
    pub trace: &'a Trace<T>,
    /// The signals each hidden layer was sent, times psi'.
    pub deltas: &'a [Array2<T>],
    /// What was added to each layer's weights, ridge left out.
    pub changes: &'a [Array2<T>],
    /// Each layer's ridge factor of this step: 1 without ridge.
    pub factors: &'a [T],
    /// Noise of this run for rules that draw some.
    pub noise: &'a mut Stream,
}
