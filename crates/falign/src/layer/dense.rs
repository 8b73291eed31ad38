//! Every input to every unit.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::batch::{Batch, Inputs, Layout};
use super::finish::Finish;
use super::operator::{Extent, Operator, Packed, Parameter};
use crate::math::simd::Element;
use crate::math::{DeferredProduct, Slopes, multiply};

/// y = factor W x, with W of (units, inputs).
///
/// # Example
/// ```
/// use falign::layer::Dense;
/// use ndarray::{Array2, array};
/// // A signal of one sample goes back through weights of (units, inputs) = (3, 2).
/// let b = array![[1.0, 2.0], [0.0, 1.0], [-1.0, 0.0]];
/// let mut below = Array2::zeros((1, 2));
/// Dense::new(2, 3, 0.5).pull_back_rows(&b, &array![[0.0, 1.0, 2.0]], &mut below);
/// assert_eq!(below, array![[-1.0, 0.5]]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dense<T> {
    inputs: usize,
    units: usize,
    factor: T,
}

impl<T: Element> Dense<T> {
    /// `factor` multiplies each weighted sum, such as 1/sqrt(width).
    pub fn new(inputs: usize, units: usize, factor: T) -> Self {
        Self {
            inputs,
            units,
            factor,
        }
    }

    /// Writes the signal below, (batch, inputs), from that above, (batch, units), through given
    /// weights, (units, inputs).
    ///
    /// # Panics
    /// If shapes do not fit.
    pub fn pull_back_rows(&self, through: &Array2<T>, signal: &Array2<T>, below: &mut Array2<T>) {
        let product = self.deferred(&through.view(), &signal.view(), None);
        product.write(&mut below.view_mut());
    }

    /// The signal below, times psi' if it is given, to be made where it is needed.
    pub(crate) fn deferred<'a>(
        &self,
        through: &ArrayView2<'a, T>,
        signal: &ArrayView2<'a, T>,
        slopes: Option<Slopes<'a, T>>,
    ) -> DeferredProduct<'a, T> {
        DeferredProduct {
            factor: self.factor,
            a: *signal,
            b: *through,
            s: slopes,
        }
    }

    fn weights_of<'a>(&self, packed: Packed<'a, T>) -> ArrayView2<'a, T> {
        view(packed.0, (self.units, self.inputs))
    }
}

impl<T: Element> Operator<T> for Dense<T> {
    fn extent(&self) -> Extent {
        Extent {
            inputs: self.inputs,
            outputs: self.units,
            channels: self.units,
        }
    }

    fn weights(&self) -> Parameter {
        Parameter::matrix(self.units, self.inputs)
    }

    fn with_channels(&self, channels: usize) -> Option<Arc<dyn Operator<T>>> {
        Some(Arc::new(Self::new(self.inputs, channels, self.factor)))
    }

    fn forward(
        &self,
        weights: Packed<'_, T>,
        x: Inputs<'_, T>,
        y: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        let (w, x) = (self.weights_of(weights), x.numbers());
        match batch.layout {
            Layout::Rows => {
                let x = view(x, (batch.samples, self.inputs));
                let mut y = view_mut(y, (batch.samples, self.units));
                multiply(T::ZERO, &mut y, self.factor, &x, &w.t());
            }
            Layout::Lanes(lanes) => {
                let blocks = x.chunks(self.inputs * lanes);
                for (x, y) in blocks.zip(y.chunks_mut(self.units * lanes)) {
                    let x = view(x, (self.inputs, lanes));
                    let mut y = view_mut(y, (self.units, lanes));
                    multiply(T::ZERO, &mut y, self.factor, &w, &x);
                }
            }
        }
        finish.apply(y, self.units, batch);
    }

    fn pull_back(
        &self,
        through: Packed<'_, T>,
        signal: &[T],
        below: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        let w = self.weights_of(through);
        match batch.layout {
            Layout::Rows => {
                let shape = (batch.samples, self.inputs);
                let signal = view(signal, (batch.samples, self.units));
                let slopes = match finish {
                    Finish::Slopes(slopes) => Some(Slopes::Numbers(view(slopes, shape))),
                    Finish::Rectified(a) => Some(Slopes::OfRectified(view(a, shape))),
                    Finish::None | Finish::Bias(_) => None,
                };
                let product = self.deferred(&w, &signal, slopes);
                product.write(&mut view_mut(below, shape));
                if slopes.is_some() {
                    return;
                }
            }
            Layout::Lanes(lanes) => {
                let blocks = signal.chunks(self.units * lanes);
                for (signal, below) in blocks.zip(below.chunks_mut(self.inputs * lanes)) {
                    let signal = view(signal, (self.units, lanes));
                    let mut below = view_mut(below, (self.inputs, lanes));
                    multiply(T::ZERO, &mut below, self.factor, &w.t(), &signal);
                }
            }
        }
        finish.apply(below, self.inputs, batch);
    }

    fn gradient(&self, x: Inputs<'_, T>, delta: &[T], gradient: &mut [T], batch: Batch) {
        let x = x.numbers();
        let mut gradient = view_mut(gradient, (self.units, self.inputs));
        match batch.layout {
            Layout::Rows => {
                let x = view(x, (batch.samples, self.inputs));
                let delta = view(delta, (batch.samples, self.units));
                multiply(T::ONE, &mut gradient, self.factor, &delta.t(), &x);
            }
            Layout::Lanes(lanes) => {
                let blocks = x.chunks(self.inputs * lanes).enumerate();
                for ((block, x), delta) in blocks.zip(delta.chunks(self.units * lanes)) {
                    let held = lanes.min(batch.samples - block * lanes);
                    let of_samples = ndarray::s![.., ..held];
                    let x = view(x, (self.inputs, lanes));
                    let delta = view(delta, (self.units, lanes));
                    let (delta, x) = (delta.slice(of_samples), x.slice(of_samples));
                    multiply(T::ONE, &mut gradient, self.factor, &delta, &x.t());
                }
            }
        }
    }
}

const LENGTH: &str = "a slice of the batch's length";

fn view<T>(values: &[T], shape: (usize, usize)) -> ArrayView2<'_, T> {
    ArrayView2::from_shape(shape, values).expect(LENGTH)
}

fn view_mut<T>(values: &mut [T], shape: (usize, usize)) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape(shape, values).expect(LENGTH)
}
