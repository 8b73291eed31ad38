//! View that a learning rule has of a network: plain values that the engine fills.

use std::borrow::Cow;

use ndarray::{Array1, Array2};

use crate::layer::{Dense, Parameter};
use crate::math::simd::Element;
use crate::math::{Activation, Loss, Reduction, Scalar, Slopes, set_rows};

/// One layer: z = factor a W' + bias for the activity a below (rows are samples), and psi(z)
/// above. The last layer's activation is the identity; the loss turns its outputs into
/// probabilities where it needs them.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<T> {
    /// W, (units, inputs).
    #[doc(alias = "W")]
    pub weights: Array2<T>,
    /// (units), where the layer has biases.
    pub bias: Option<Array1<T>>,
    /// Factor of the weighted sum, such as 1/sqrt(width) in the paper's output layer.
    pub factor: T,
    /// psi.
    #[doc(alias = "psi")]
    pub activation: Activation,
}

/// Numbers in the order of rows, whatever their order in memory.
pub(crate) type Values<'a, T> = Box<dyn Iterator<Item = &'a T> + 'a>;
/// [`Values`], to be changed.
pub(crate) type ValuesMut<'a, T> = Box<dyn Iterator<Item = &'a mut T> + 'a>;

const WHOLE: &str = "a whole array";

impl<T: Scalar> Layer<T> {
    /// Units of the layer.
    pub fn units(&self) -> usize {
        self.weights.nrows()
    }

    /// Numbers that the layer receives per sample.
    pub fn inputs(&self) -> usize {
        self.weights.ncols()
    }

    /// Parameters that are trained: weights, and biases where it has any.
    pub fn parameters(&self) -> Vec<Parameter> {
        let weights = Parameter::matrix(self.units(), self.inputs());
        let bias = self.bias.as_ref().map(|bias| weights.bias(bias.len()));
        std::iter::once(weights).chain(bias).collect()
    }

    /// Numbers of each of its [parameters](Self::parameters), in their order in memory.
    pub(crate) fn arrays_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        let weights = self.weights.as_slice_memory_order_mut();
        let bias = self
            .bias
            .as_mut()
            .map(|bias| bias.as_slice_mut().expect(WHOLE));
        std::iter::once(weights.expect(WHOLE)).chain(bias)
    }

    /// Numbers of each of its [parameters](Self::parameters), row by row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Values<'_, T>> {
        let bias = self
            .bias
            .as_ref()
            .map(|bias| Box::new(bias.iter()) as Values<'_, T>);
        std::iter::once(Box::new(self.weights.iter()) as Values<'_, T>).chain(bias)
    }

    /// Numbers of each of its [parameters](Self::parameters), row by row, to be changed.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = ValuesMut<'_, T>> {
        let bias = self.bias.as_mut();
        let bias = bias.map(|bias| Box::new(bias.iter_mut()) as ValuesMut<'_, T>);
        std::iter::once(Box::new(self.weights.iter_mut()) as ValuesMut<'_, T>).chain(bias)
    }

    /// The operator whose weights [`weights`](Self::weights) are; feedback weights of the layer are
    /// weights of the same.
    pub fn operator(&self) -> Dense<T>
    where
        T: Element,
    {
        Dense::new(self.inputs(), self.units(), self.factor)
    }
}

/// One batch on its way through a network, samples in rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<T> {
    /// psi(z) of each hidden layer, (batch, units), with dropout.
    pub activities: Vec<Array2<T>>,
    /// psi'(z) of each hidden layer, (batch, units), with dropout; without rows where the
    /// activities are rectified and nothing else, and tell it.
    derivatives: Vec<Array2<T>>,
    /// Outputs, (batch, outputs): logits where the loss is a cross-entropy.
    pub outputs: Array2<T>,
    /// Numbers that were subtracted from the last layer's sums to give the outputs, (batch, outputs):
    /// those of the start, where outputs are centred.
    pub offset: Option<Array2<T>>,
    /// Derivative of the (reduced) loss by the outputs, (batch, outputs).
    #[doc(alias = "e")]
    pub residual: Array2<T>,
    /// Targets, (batch, outputs): one-hot for classes, reduced as the residual is.
    pub targets: Array2<T>,
    /// The loss whose derivative the residual is.
    pub loss: Loss,
    /// How it is reduced over the batch.
    pub reduction: Reduction,
}

impl<T: Scalar> Trace<T> {
    /// Trace of batches of `batch` samples; numbers are zero until the engine fills them.
    ///
    /// # Panics
    /// If there is no layer.
    pub fn new(layers: &[Layer<T>], batch: usize) -> Self {
        let zeros = |layer: &Layer<T>| Array2::from_elem((batch, layer.units()), T::ZERO);
        let none = |layer: &Layer<T>| Array2::from_elem((0, layer.units()), T::ZERO);
        let (last, hidden) = layers.split_last().expect("at least one layer");
        Self {
            activities: hidden.iter().map(zeros).collect(),
            derivatives: hidden.iter().map(none).collect(),
            outputs: zeros(last),
            offset: None,
            residual: zeros(last),
            targets: zeros(last),
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
        }
    }

    /// Makes space for batches of this size, out of what it has; the numbers are arbitrary.
    pub(crate) fn set_batch(&mut self, batch: usize) {
        let outputs = [&mut self.outputs, &mut self.residual, &mut self.targets];
        for matrix in self.activities.iter_mut().chain(outputs) {
            set_rows(matrix, batch);
        }
        self.offset = None;
    }

    /// Teaching signals become deltas: each is multiplied by psi'.
    pub(crate) fn times_slopes(&self, signals: &mut [Array2<T>]) {
        for (at, signal) in signals.iter_mut().enumerate() {
            self.slopes(at).multiply(&mut signal.view_mut());
        }
    }

    /// psi'(z) of hidden layer `at`, (batch, units), with dropout. Made when it is asked for where
    /// units are rectified without dropout.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn derivatives(&self, at: usize) -> Cow<'_, Array2<T>> {
        match self.slopes(at) {
            Slopes::Numbers(_) => Cow::Borrowed(&self.derivatives[at]),
            slopes @ Slopes::OfRectified(_) => {
                let mut ones = Array2::from_elem(slopes.dim(), T::ONE);
                slopes.multiply(&mut ones.view_mut());
                Cow::Owned(ones)
            }
        }
    }

    /// psi'(z) of hidden layer `at` for multiplication.
    ///
    /// # Panics
    /// If there is no such layer.
    pub(crate) fn slopes(&self, at: usize) -> Slopes<'_, T> {
        let (numbers, activities) = (&self.derivatives[at], &self.activities[at]);
        if numbers.nrows() == 0 {
            Slopes::OfRectified(activities.view())
        } else {
            Slopes::Numbers(numbers.view())
        }
    }

    /// Activities of hidden layer `at`, which are rectified and tell their slopes.
    pub(crate) fn rectified_mut(&mut self, at: usize) -> &mut Array2<T> {
        set_rows(&mut self.derivatives[at], 0);
        &mut self.activities[at]
    }

    /// Activities of hidden layer `at` and their slopes, both to be written.
    pub(crate) fn activated_mut(&mut self, at: usize) -> [&mut Array2<T>; 2] {
        let batch = self.batch();
        let slopes = &mut self.derivatives[at];
        set_rows(slopes, batch);
        [&mut self.activities[at], slopes]
    }

    /// Samples in the batch.
    pub fn batch(&self) -> usize {
        self.outputs.nrows()
    }
}
