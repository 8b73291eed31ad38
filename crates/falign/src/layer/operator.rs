//! Layers with weights.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::batch::{Batch, Inputs};
use super::finish::Finish;

/// A map that is linear in its input and linear in its weights: dense, convolutional, local.
///
/// Weights are a flat slice of the [shape](Parameter::shape) that it says; signals are flat slices as
/// the batch lays them out. The three calls are one bilinear form y = A(w, x), its transpose by x and its transpose by w:
/// <forward(w, x), g> = <x, `pull_back`(w, g)> = <w, gradient(x, g)> for all w, x, g.
///
/// # Example
/// ```
/// use falign::layer::{Batch, Dense, Finish, Inputs, Operator, Way};
/// let (operator, batch) = (Dense::new(2, 3, 1.0), Batch::rows(1));
/// let (w, b) = ([1.0, 2.0, 0.0, 1.0, -1.0, 0.0], [0.5; 6]);
/// let (x, mut space) = (Inputs::Numbers(&[3.0, 4.0]), Vec::new());
/// let mut y = [0.0; 3];
/// operator.forward(operator.pack(&w, Way::Forward, &mut space), x, &mut y, batch, Finish::None);
/// assert_eq!(y, [11.0, 4.0, -3.0]);
/// // The signal (1, 0, 1) goes back through other weights of the same shape.
/// let mut signal = [0.0; 2];
/// let through = operator.pack(&b, Way::Back, &mut space);
/// operator.pull_back(through, &[1.0, 0.0, 1.0], &mut signal, batch, Finish::None);
/// assert_eq!(signal, [1.0, 1.0]);
/// ```
pub trait Operator<T>: fmt::Debug + Send + Sync {
    /// Numbers of one sample, below and above.
    fn extent(&self) -> Extent;

    /// The operator's weights. Biases are no part of it: see [`Finish::Bias`].
    fn weights(&self) -> Parameter;

    /// Whether its weights are the gains of a map before it, such as a norm: they start at 1, and every
    /// rule sends signals back through them as they are, as it does through maps.
    fn is_gain(&self) -> bool {
        false
    }

    /// The operator over the same inputs with so many channels above: its weights bring a signal of that many
    /// numbers, the same at every place, down to this one's input, as direct feedback by kernels does. None
    /// where there is no such operator, which is the default.
    fn with_channels(&self, channels: usize) -> Option<Arc<dyn Operator<T>>> {
        let _ = channels;
        None
    }

    /// Operator of the same numbers in plain loops, which audits hold it against. By default there is none, and
    /// its own calls are believed as far as they are transposes of each other.
    #[doc(hidden)]
    fn plain(&self) -> Option<Arc<dyn Operator<T>>> {
        None
    }

    /// Weights in the order that a call reads them in, made in `space` where that is another than
    /// theirs (the default is theirs). Feedback weights that stay are packed once.
    fn pack<'a>(&self, weights: &'a [T], way: Way, space: &'a mut Vec<T>) -> Packed<'a, T> {
        let _ = (way, space);
        Packed(weights)
    }

    /// Writes y = A(w, x), and finishes it. `weights` were packed for [`Way::Forward`].
    fn forward(
        &self,
        weights: Packed<'_, T>,
        x: Inputs<'_, T>,
        y: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    );

    /// Writes the signal below from the one above, through given weights: the operator's own, or
    /// feedback weights. They were packed for [`Way::Back`].
    fn pull_back(
        &self,
        through: Packed<'_, T>,
        signal: &[T],
        below: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    );

    /// Adds the gradient by the weights, in their own order, of what has the derivative `delta` by y.
    fn gradient(&self, x: Inputs<'_, T>, delta: &[T], gradient: &mut [T], batch: Batch);
}

/// An operator that copies of a layer share. Equal where it is the same one.
#[derive(Debug)]
pub(crate) struct Shared<T>(pub(crate) Arc<dyn Operator<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = dyn Operator<T>;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

/// Numbers of one sample below and above an operator.
///
/// # Example
/// ```
/// use falign::layer::{Dense, Extent, Operator};
/// let extent = Operator::<f64>::extent(&Dense::new(2, 3, 1.0));
/// assert_eq!(extent, Extent { inputs: 2, outputs: 3, channels: 3 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Numbers below.
    pub inputs: usize,
    /// Numbers above, all channels of a place together.
    pub outputs: usize,
    /// Channels above, each of which may have a bias; as many as outputs where there is one place.
    pub channels: usize,
}

/// A flat array that is trained.
///
/// # Example
/// ```
/// use falign::layer::Parameter;
/// let weights = Parameter::matrix(3, 2);
/// assert_eq!((weights.shape.as_slice(), weights.fan_in, weights.length()), ([3, 2].as_slice(), 2, 6));
/// assert!(weights.has_ridge);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Name of the array within the layer, such as `weight`.
    pub name: &'static str,
    /// Axes of the array, the last one fastest.
    pub shape: Vec<usize>,
    /// Weights that are summed for one output, of which laws of the start depend.
    pub fan_in: usize,
    /// Outputs that one input reaches, of which some laws depend too.
    pub fan_out: usize,
    /// Whether ridge shrinks it.
    pub has_ridge: bool,
}

impl Parameter {
    /// Weights of (units, inputs) through which every input meets every unit.
    pub fn matrix(units: usize, inputs: usize) -> Self {
        Self {
            name: "weight",
            shape: vec![units, inputs],
            fan_in: inputs,
            fan_out: units,
            has_ridge: true,
        }
    }

    /// Biases of so many channels along with these weights: drawn as they are where they are drawn, and
    /// never shrunk.
    #[must_use]
    pub(crate) fn bias(&self, channels: usize) -> Self {
        Self {
            name: "bias",
            shape: vec![channels],
            has_ridge: false,
            ..*self
        }
    }

    /// Shape as a matrix: (first axis, all others).
    pub(crate) fn rows(&self) -> (usize, usize) {
        let (first, others) = self.shape.split_first().expect("at least one axis");
        (*first, others.iter().product())
    }

    /// Numbers in it.
    pub fn length(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Use of packed weights.
///
/// # Example
/// ```
/// use falign::layer::{Batch, Dense, Finish, Inputs, Operator, Packed, Way};
/// let (operator, w) = (Dense::new(2, 3, 1.0), [1.0, 2.0, 0.0, 1.0, -1.0, 0.0]); // (units, inputs)
/// let mut space = Vec::new();
/// let packed = operator.pack(&w, Way::Back, &mut space);
/// let mut below = [0.0; 2];
/// operator.pull_back(packed, &[0.0, 1.0, 2.0], &mut below, Batch::rows(1), Finish::None);
/// assert_eq!(below, [-2.0, 1.0]);
/// # let _ = (Inputs::Numbers(&[0.0]), Packed(&[0.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// [`Operator::forward`].
    Forward,
    /// [`Operator::pull_back`].
    Back,
}

/// Weights in the order of [`Operator::pack`].
///
/// # Example
/// ```
/// use falign::layer::{Batch, Dense, Finish, Inputs, Operator, Packed, Way};
/// let (operator, w) = (Dense::new(2, 3, 1.0), [1.0, 2.0, 0.0, 1.0, -1.0, 0.0]); // (units, inputs)
/// let mut space = Vec::new();
/// let Packed(packed) = operator.pack(&w, Way::Forward, &mut space);
/// assert_eq!(packed, w); // a dense layer reads its weights as they are
/// # let _ = (Batch::rows(1), Finish::<f64>::None, Inputs::Numbers(&[0.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Packed<'a, T>(pub &'a [T]);
