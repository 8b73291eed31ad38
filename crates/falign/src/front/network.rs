//! A network of any depth, trained batch by batch.

use ndarray::Array2;

use super::NetworkBuilder;
use crate::math::simd::Element;
use crate::math::{Loss, Reduction, Stream};
use crate::measure::Alignment;
use crate::network::{self, DenseInput, StepOptions, accuracy};
use crate::rule::{Layer, LearningRule};

/// A network of any depth with its learning rule, trained on batches that you bring: `T` is `f32` or `f64`.
///
/// Inputs are (batch, inputs), targets (batch, outputs), one-hot where the loss is a cross-entropy. For whole trainings
/// of many networks see [`train`](fn@crate::train) and [`train_classes`](crate::train_classes).
///
/// # Example
/// ```
/// use falign::math::{Activation, Loss};
/// use falign::rule::Rule;
/// use falign::Network;
/// use ndarray::Array;
/// let x = Array::from_shape_fn((30, 3), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let y = Array::from_shape_fn((30, 1), |(i, _)| (x[(i, 0)] - x[(i, 2)]).tanh());
/// let mut network = Network::builder(3, 1)
///     .hidden(&[20, 20])
///     .activation(Activation::Tanh)
///     .rule(Rule::FeedbackAlignment)
///     .loss(Loss::SquaredError)
///     .step_size(0.1)
///     .seed(1)
///     .build()?;
/// let before = network.loss(&x, &y);
/// for _ in 0..300 {
///     network.step(&x, &y);
/// }
/// assert!(network.loss(&x, &y) < 0.2 * before);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug)]
pub struct Network<T: Element> {
    inner: network::Network<T>,
    training: Training,
    noise: Stream,
    /// The last batch, in space that is used again.
    input: DenseInput<T>,
}

/// How each step is taken.
#[derive(Debug)]
pub(super) struct Training {
    pub(super) loss: Loss,
    pub(super) reduction: Reduction,
    pub(super) step_size: f64,
    /// Ridge factor of each layer.
    pub(super) factors: Vec<f64>,
    pub(super) dropout: f64,
}

impl<T: Element> Network<T> {
    /// Choices of a network with so many inputs and outputs.
    pub fn builder(inputs: usize, outputs: usize) -> NetworkBuilder<T> {
        NetworkBuilder::new(inputs, outputs)
    }

    pub(super) fn new(inner: network::Network<T>, training: Training, noise: Stream) -> Self {
        Self {
            inner,
            training,
            noise,
            input: DenseInput(Array2::from_elem((0, 0), T::ZERO)),
        }
    }

    /// One training step on a batch: all layers change at once, from the state before it. Returns the reduced loss of
    /// the batch before the change. Cost: about three products of the batch with the weights.
    ///
    /// # Panics
    /// If `inputs` and `targets` do not fit each other or the network.
    pub fn step(&mut self, inputs: &Array2<T>, targets: &Array2<T>) -> f64 {
        self.input.0.clone_from(inputs);
        let Training {
            loss,
            reduction,
            step_size,
            ref factors,
            dropout,
        } = self.training;
        let options = StepOptions {
            loss,
            reduction,
            step_size,
            factors,
            dropout,
        };
        self.inner
            .step(&self.input, targets, options, &mut self.noise)
    }

    /// Outputs without dropout, (batch, outputs): logits where the loss is a cross-entropy.
    ///
    /// # Panics
    /// If `inputs` do not fit the network.
    pub fn outputs(&mut self, inputs: &Array2<T>) -> &Array2<T> {
        self.input.0.clone_from(inputs);
        self.inner.forward(&self.input)
    }

    /// The reduced loss of a batch, without dropout.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    pub fn loss(&mut self, inputs: &Array2<T>, targets: &Array2<T>) -> f64 {
        self.outputs(inputs);
        let Training {
            loss, reduction, ..
        } = self.training;
        self.inner.loss(targets, loss, reduction)
    }

    /// The share of samples in [0, 1] whose class, one of `labels` for each, has the largest output.
    ///
    /// # Panics
    /// If there is not a label for each sample, or one is no output.
    pub fn accuracy(&mut self, inputs: &Array2<T>, labels: &[usize]) -> f64 {
        accuracy(self.outputs(inputs), labels, 1)
    }

    /// Alignment of the rule's teaching signals with those of backpropagation on a batch, for each hidden layer from
    /// the input up. A rule that draws noise draws as in a step.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    pub fn alignment(&mut self, inputs: &Array2<T>, targets: &Array2<T>) -> Vec<Alignment> {
        self.loss(inputs, targets);
        self.inner.signal_alignment(&mut self.noise)
    }

    /// The layers, from the input up.
    pub fn layers(&self) -> &[Layer<T>] {
        self.inner.layers()
    }

    /// The layers, to be changed: to start from weights of your own.
    pub fn layers_mut(&mut self) -> &mut [Layer<T>] {
        self.inner.layers_mut()
    }

    /// The learning rule.
    pub fn rule(&self) -> &dyn LearningRule<T> {
        self.inner.rule()
    }
}
