//! A layer: weights of an operator, biases, and what is done to the sums.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2};

use crate::layer::{
    Batch, Dense, Extent, Finish, Inputs, Operator, Packed, Parameter, Shared, Way,
};
use crate::math::simd::Element;
use crate::math::{Activation, Scalar, multiply};

/// One layer: z = factor A(W, a) + bias for the numbers a that it reads, and psi(z) above. A is an
/// [operator](crate::layer::Operator); of a dense layer z = factor a W' + bias, rows being samples. The
/// last layer's activation is the identity; the loss turns its outputs into probabilities where it
/// needs them.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::rule::Layer;
/// use ndarray::array;
/// let layer = Layer::dense(array![[1.0, -2.0, 0.5]], Activation::Tanh).with_bias(array![0.3]);
/// assert_eq!((layer.inputs(), layer.units()), (3, 1));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<T> {
    /// W, (units, inputs); of an operator its weights, (first axis, all others).
    #[doc(alias = "W")]
    pub weights: Array2<T>,
    /// (channels), which are the units of a dense layer, where the layer has biases.
    pub bias: Option<Array1<T>>,
    /// Factor of the weighted sum, such as 1/sqrt(width) in the paper's output layer.
    pub factor: T,
    /// psi.
    #[doc(alias = "psi")]
    pub activation: Activation,
    /// Operator of a layer that is not dense.
    operator: Option<Shared<T>>,
}

/// Numbers in the order of rows, whatever their order in memory.
pub(crate) type Values<'a, T> = Box<dyn Iterator<Item = &'a T> + 'a>;
/// [`Values`], to be changed.
pub(crate) type ValuesMut<'a, T> = Box<dyn Iterator<Item = &'a mut T> + 'a>;

const WHOLE: &str = "a whole array";

impl<T: Scalar> Layer<T> {
    /// Every input to every unit, by weights of (units, inputs); no biases, and a factor of 1.
    pub fn dense(weights: Array2<T>, activation: Activation) -> Self {
        Self {
            weights,
            bias: None,
            factor: T::ONE,
            activation,
            operator: None,
        }
    }

    /// An operator with its weights, in its own order; no biases, and a factor of 1.
    ///
    /// # Panics
    /// If there are not as many weights as the operator has.
    pub fn of(operator: Arc<dyn Operator<T>>, weights: Vec<T>, activation: Activation) -> Self {
        let parameter = operator.weights();
        assert_eq!(weights.len(), parameter.length(), "the operator's weights");
        let weights = Array2::from_shape_vec(parameter.rows(), weights);
        Self {
            operator: Some(Shared(operator)),
            ..Self::dense(weights.expect("as many numbers"), activation)
        }
    }

    /// Layer with these biases, (channels), and all else as it is.
    #[must_use]
    pub fn with_bias(self, bias: Array1<T>) -> Self {
        Self {
            bias: Some(bias),
            ..self
        }
    }

    /// Layer with this factor of its weighted sums, and all else as it is.
    #[must_use]
    pub fn with_factor(self, factor: T) -> Self {
        Self { factor, ..self }
    }

    /// Whether every input meets every unit by a weight of its own, in the layer's own order.
    pub(crate) fn is_dense(&self) -> bool {
        self.operator.is_none()
    }

    /// Operator of a layer that is not dense.
    pub(crate) fn operator(&self) -> Option<&dyn Operator<T>> {
        self.operator.as_deref()
    }

    /// Whether its weights are the gains of a map: they have no feedback weights, and signals cross them
    /// as they are.
    pub(crate) fn is_gain(&self) -> bool {
        self.operator.as_ref().is_some_and(|o| o.is_gain())
    }

    /// The layer over the same inputs with so many channels above, of which direct feedback by kernels has
    /// the weights; its own weights are zeros.
    ///
    /// # Panics
    /// If its operator has none such.
    pub(crate) fn with_channels(&self, channels: usize, factor: T) -> Self {
        let layer = match &self.operator {
            None => {
                let weights = Array2::from_elem((channels, self.weights.ncols()), T::ZERO);
                Self::dense(weights, Activation::Linear)
            }
            Some(operator) => {
                let other = operator.with_channels(channels);
                let other = other.expect("an operator with kernels for any number of channels");
                let zeros = vec![T::ZERO; other.weights().length()];
                Self::of(other, zeros, Activation::Linear)
            }
        };
        layer.with_factor(factor)
    }

    /// Numbers of a sample below and above.
    pub(crate) fn extent(&self) -> Extent {
        let (units, inputs) = self.weights.dim();
        let dense = Extent {
            inputs,
            outputs: units,
            channels: units,
        };
        self.operator.as_ref().map_or(dense, |o| o.extent())
    }

    /// Units of the layer: numbers of its activity per sample, all channels and places.
    pub fn units(&self) -> usize {
        self.extent().outputs
    }

    /// Numbers that the layer receives per sample.
    pub fn inputs(&self) -> usize {
        self.extent().inputs
    }

    /// Places at which the same weights are used: 1 in a dense layer.
    pub(crate) fn places(&self) -> usize {
        let extent = self.extent();
        extent.outputs / extent.channels.max(1)
    }

    /// Weights of the layer as a parameter.
    pub(crate) fn weight(&self) -> Parameter {
        let dense = || Parameter::matrix(self.weights.nrows(), self.weights.ncols());
        self.operator.as_ref().map_or_else(dense, |o| o.weights())
    }

    /// Parameters that are trained: weights, and biases where it has any.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let weights = self.weight();
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
}

/// The calls of its operator, with the layer's factor.
impl<T: Element> Layer<T> {
    /// Writes z.
    pub(super) fn forward(&self, x: Inputs<'_, T>, z: &mut [T], batch: Batch, space: &mut Vec<T>) {
        let bias = self.bias.as_ref();
        let bias = bias.map_or(Finish::None, |b| Finish::Bias(b.as_slice().expect(WHOLE)));
        let weights = self.weights.as_standard_layout();
        let weights = weights.as_slice().expect(WHOLE);
        match &self.operator {
            None => self.plain().forward(Packed(weights), x, z, batch, bias),
            Some(operator) => {
                let packed = operator.pack(weights, Way::Forward, space);
                if self.factor == T::ONE {
                    operator.forward(packed, x, z, batch, bias);
                } else {
                    operator.forward(packed, x, z, batch, Finish::None);
                    self.scale(z);
                    bias.apply(z, self.units(), batch);
                }
            }
        }
    }

    /// Writes the signal below, through given weights of the shape of its own.
    pub(super) fn pull_back(
        &self,
        through: &ArrayView2<'_, T>,
        signal: &[T],
        below: &mut [T],
        batch: Batch,
        space: &mut Vec<T>,
    ) {
        assert_eq!(
            through.dim(),
            self.weights.dim(),
            "weights of the layer's shape"
        );
        let through = through.as_standard_layout();
        let through = through.as_slice().expect(WHOLE);
        let none = Finish::None;
        match &self.operator {
            None => self
                .plain()
                .pull_back(Packed(through), signal, below, batch, none),
            Some(operator) => {
                let packed = operator.pack(through, Way::Back, space);
                operator.pull_back(packed, signal, below, batch, none);
                self.scale(below);
            }
        }
    }

    /// Writes the gradient by its weights.
    pub(super) fn gradient(&self, x: Inputs<'_, T>, delta: &[T], gradient: &mut [T], batch: Batch) {
        gradient.fill(T::ZERO);
        match &self.operator {
            None => self.plain().gradient(x, delta, gradient, batch),
            Some(operator) => {
                operator.gradient(x, delta, gradient, batch);
                self.scale(gradient);
            }
        }
    }

    /// factor A(W, x), of samples in rows.
    pub(super) fn sums(&self, factor: T, x: &Array2<T>) -> Array2<T> {
        let mut z = Array2::from_elem((x.nrows(), self.units()), T::ZERO);
        if self.is_dense() {
            multiply(
                T::ZERO,
                &mut z.view_mut(),
                factor,
                &x.view(),
                &self.weights.t(),
            );
        } else {
            let (batch, mut space) = (Batch::rows(x.nrows()), Vec::new());
            let x = Inputs::Numbers(x.as_slice().expect(WHOLE));
            let bare = Self {
                bias: None,
                factor,
                ..self.clone()
            };
            bare.forward(x, z.as_slice_mut().expect(WHOLE), batch, &mut space);
        }
        z
    }

    /// B := keep B + factor G of feedback weights B, G being the operator's gradient of `above` at x,
    /// samples in rows.
    pub(super) fn correlate(
        &self,
        keep: T,
        b: &mut Array2<T>,
        factor: T,
        above: &Array2<T>,
        x: &Array2<T>,
    ) {
        let Some(operator) = &self.operator else {
            multiply(keep, &mut b.view_mut(), factor, &above.t(), &x.view());
            return;
        };
        let mut products = vec![T::ZERO; b.len()];
        let (x, batch) = (
            Inputs::Numbers(x.as_slice().expect(WHOLE)),
            Batch::rows(x.nrows()),
        );
        operator.gradient(x, above.as_slice().expect(WHOLE), &mut products, batch);
        for (b, product) in b.iter_mut().zip(products) {
            *b = keep * *b + factor * product;
        }
    }

    /// Adds biases to sums of samples in rows.
    pub(super) fn add_bias(&self, sums: &mut Array2<T>) {
        if let Some(bias) = &self.bias {
            let (batch, finish) = (
                Batch::rows(sums.nrows()),
                Finish::Bias(bias.as_slice().expect(WHOLE)),
            );
            finish.apply(sums.as_slice_mut().expect(WHOLE), self.units(), batch);
        }
    }

    fn plain(&self) -> Dense<T> {
        Dense::new(self.inputs(), self.units(), self.factor)
    }

    fn scale(&self, values: &mut [T]) {
        if self.factor != T::ONE {
            for value in values {
                *value = self.factor * *value;
            }
        }
    }
}
