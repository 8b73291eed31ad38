//! The one trait of a learning rule: how hidden layers are taught, and how feedback learns.

use std::any::Any;
use std::borrow::Cow;

use ndarray::{Array1, Array2};

use super::algebra::SignalPath;
use super::layer::Layer;
use super::trace::Trace;
use crate::math::{Scalar, Stream};

/// A learning rule for networks of any depth.
///
/// The engine computes activities and the residual, asks the rule for one teaching signal per
/// hidden layer, and changes every layer by the product of its input with (signal x psi');
/// the output layer is taught by the residual itself. A rule that has feedback weights of
/// its own may change them after each step.
///
/// The repository's example `private_rule` implements one, and names it in an experiment file.
///
/// # Example
/// ```
/// use falign::math::Stream;
/// use falign::rule::{Layer, LearningRule, Trace};
/// use ndarray::Array2;
///
/// /// One hidden layer is taught by fixed weights.
/// struct Own(Array2<f64>); // (outputs, units)
///
/// impl LearningRule<f64> for Own {
///     fn teach(&mut self, _: &[Layer<f64>], trace: &Trace<f64>, signals: &mut [Array2<f64>], _: &mut Stream) {
///         signals[0].assign(&trace.residual.dot(&self.0));
///     }
/// }
///
/// let x = ndarray::array![[1.0, -0.5], [0.2, 0.4]];
/// let y = ndarray::array![[0.3], [-0.1]];
/// let rule = Own(Array2::from_elem((1, 4), 0.5));
/// let mut network = falign::Network::builder(2, 1).hidden(&[4]).own_rule(rule).build()?;
/// let before = network.step(&x, &y);
/// assert!(network.loss(&x, &y) < before);
/// # Ok::<(), falign::Error>(())
/// ```
pub trait LearningRule<T: Scalar>: Any + Send {
    /// Writes the teaching signal of each hidden layer, (batch, units): what stands in the
    /// place of the derivative of the loss by that layer's activity.
    ///
    /// `signals` has the trace's shapes and arbitrary content. A rule may see all of the
    /// network; which parts it uses is what makes it local or not. `noise` is this step's own:
    /// a rule that draws from nothing else is the same after a checkpoint. Measurements ask for signals
    /// too: what changes from step to step changes in [`adapt`](Self::adapt).
    fn teach(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        signals: &mut [Array2<T>],
        noise: &mut Stream,
    );

    /// Writes the gradients, or the changes, of all weights and biases by itself, in place of teaching
    /// signals; `false`, the default, where the rule teaches.
    fn plasticity(&mut self, step: &mut Plasticity<'_, T>, noise: &mut Stream) -> bool {
        let _ = (step, noise);
        false
    }

    /// Changes feedback weights and [`state`](Self::state) after the forward weights have changed. Nothing,
    /// by default.
    fn adapt(&mut self, step: &mut Adaptation<'_, T>) {
        let _ = step;
    }

    /// Feedback weights of the rule, one matrix per hidden layer, where it has any: (units above,
    /// units) on the layerwise path, (outputs, units) on the direct one.
    fn feedback(&self) -> Option<&[Array2<T>]> {
        None
    }

    /// [`feedback`](Self::feedback), to be changed: by checkpoints, audits and tests.
    fn feedback_mut(&mut self) -> Option<&mut [Array2<T>]> {
        None
    }

    /// Numbers besides the feedback weights that its later steps depend on, such as a count of steps, in
    /// a list that is as long at every step: checkpoints keep them. None, by default.
    fn state(&self) -> &[f64] {
        &[]
    }

    /// [`state`](Self::state), to be put back.
    fn state_mut(&mut self) -> &mut [f64] {
        &mut []
    }

    /// The weights that its signals would go through in a network of these layers, where it has
    /// any: [`feedback`](Self::feedback) by default. Rules whose backward weights are made of
    /// the forward ones say here what they are.
    fn feedback_in_use(&self, layers: &[Layer<T>]) -> Option<Cow<'_, [Array2<T>]>> {
        let _ = layers;
        self.feedback().map(Cow::Borrowed)
    }

    /// Path of the rule's signals, which tells what its feedback weights stand for: those of the
    /// next layer (the default), or all layers above together.
    fn path(&self) -> SignalPath {
        SignalPath::Layerwise
    }
}

/// The present batch, for rules that change all weights in their own way: Hebbian and three-factor rules, and
/// those that learn from what changed weights would have done.
///
/// # Example
/// ```
/// use falign::math::Stream;
/// use falign::rule::{Layer, LearningRule, Plasticity, Trace};
/// use ndarray::Array2;
///
/// /// Outputs learn by the delta rule, a hidden layer by Oja's: dW = eta/m (h'x - diag(h'h) W).
/// struct Own;
///
/// impl LearningRule<f64> for Own {
///     fn teach(&mut self, _: &[Layer<f64>], _: &Trace<f64>, signals: &mut [Array2<f64>], _: &mut Stream) {
///         signals.iter_mut().for_each(|signal| signal.fill(0.0)); // nothing is sent
///     }
///     fn plasticity(&mut self, step: &mut Plasticity<'_, f64>, _: &mut Stream) -> bool {
///         let (x, h) = ((step.inputs)(), &step.trace.activities[0]);
///         let rate = step.step_size / x.nrows() as f64;
///         let power = (h * h).sum_axis(ndarray::Axis(0)).insert_axis(ndarray::Axis(1));
///         let change = h.t().dot(&x) - power * &step.layers[0].weights;
///         step.gradients[0].assign(&(rate * change));
///         let delta = step.trace.residual.t().dot(h) * step.layers[1].factor;
///         step.gradients[1].assign(&(-step.step_size * delta));
///         step.are_changes = true;
///         true
///     }
/// }
///
/// let x = ndarray::array![[1.0, -0.5], [0.2, 0.4]];
/// let y = ndarray::array![[0.3], [-0.1]];
/// let mut network = falign::Network::builder(2, 1).hidden(&[4]).own_rule(Own).build()?;
/// let before = network.step(&x, &y);
/// assert!(network.loss(&x, &y) < before);
/// # Ok::<(), falign::Error>(())
/// ```
pub struct Plasticity<'a, T> {
    /// The network.
    pub layers: &'a [Layer<T>],
    /// The batch, as it went through.
    pub trace: &'a Trace<T>,
    /// Makes the inputs of the batch, (batch, `input_dim`).
    pub inputs: &'a dyn Fn() -> Array2<T>,
    /// The reduced loss of the batch.
    pub loss: f64,
    /// The reduced loss that the batch would have with other layers of the same shapes.
    pub trial: &'a mut dyn FnMut(&[Layer<T>]) -> f64,
    /// Steps done before this one; `None` where gradients are only measured, and nothing is to be learned.
    pub step: Option<u64>,
    /// eta.
    pub step_size: f64,
    /// Gradients of each layer's weights, to be written.
    pub gradients: &'a mut [Array2<T>],
    /// Gradients of each layer's biases, empty where there are none; to be written.
    pub bias_gradients: &'a mut [Array1<T>],
    /// Whether changes were written in their places, which are added as they are, without an optimiser; to be set.
    pub are_changes: bool,
}

impl<T> std::fmt::Debug for Plasticity<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plasticity")
            .field("loss", &self.loss)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// A finished step of the forward weights, as a rule's feedback weights see it.
///
/// # Example
/// ```
/// use falign::math::Stream;
/// use falign::rule::{Adaptation, Layer, LearningRule, Trace};
/// use ndarray::Array2;
///
/// /// One hidden layer; the weights that teach it follow the forward ones.
/// struct Own(Array2<f64>); // (outputs, units)
///
/// impl LearningRule<f64> for Own {
///     fn teach(&mut self, _: &[Layer<f64>], trace: &Trace<f64>, signals: &mut [Array2<f64>], _: &mut Stream) {
///         signals[0].assign(&trace.residual.dot(&self.0));
///     }
///     fn adapt(&mut self, step: &mut Adaptation<'_, f64>) {
///         self.0.scaled_add(1.0, &*step.changes(1));
///     }
/// }
///
/// let x = ndarray::array![[1.0, -0.5], [0.2, 0.4]];
/// let y = ndarray::array![[0.3], [-0.1]];
/// let rule = Own(Array2::from_elem((1, 4), 0.5));
/// let mut network = falign::Network::builder(2, 1).hidden(&[4]).own_rule(rule).build()?;
/// let before = network.step(&x, &y);
/// assert!(network.loss(&x, &y) < before);
/// # Ok::<(), falign::Error>(())
/// ```
pub struct Adaptation<'a, T> {
    /// The network after the step.
    pub layers: &'a [Layer<T>],
    /// The batch, as it went through the network before the step.
    pub trace: &'a Trace<T>,
    /// The signals each hidden layer was sent, times psi'.
    pub deltas: &'a [Array2<T>],
    pub(crate) changes: &'a [Array2<T>],
    /// Makes the changes of the first layer's weights, where they were not kept.
    pub(crate) first_changes: Option<&'a dyn Fn() -> Array2<T>>,
    /// Ridge factor of each layer in this step: 1 without ridge.
    pub factors: &'a [T],
    /// Noise of this run for rules that draw some.
    pub noise: &'a mut Stream,
}

impl<'a, T: Clone> Adaptation<'a, T> {
    /// Changes of a layer's weights in the step, ridge left out. Those of the first layer are made only
    /// where a rule asks for them, and each time that it does.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn changes(&self, layer: usize) -> Cow<'a, Array2<T>> {
        match self.first_changes {
            Some(make) if layer == 0 => Cow::Owned(make()),
            _ => Cow::Borrowed(&self.changes[layer]),
        }
    }
}

impl<T> std::fmt::Debug for Adaptation<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adaptation")
            .field("layers", &self.layers.len())
            .finish_non_exhaustive()
    }
}
