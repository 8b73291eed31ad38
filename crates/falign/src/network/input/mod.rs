//! The input layer behind one face, so that dense and sparse batches share an engine.

mod pixels;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::math::simd::Element;
use crate::math::{UnmadeProduct, multiply, rectify};

pub(super) use self::pixels::{PixelInput, PixelLayout};

/// A batch of inputs, as the first layer needs it.
pub trait Input<T: Element> {
    /// Samples.
    fn batch(&self) -> usize;
    /// Z := factor X W', (batch, units).
    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>);
    /// A := max(Z, 0) with the preactivations Z of [`forward`](Self::forward), (batch, units).
    fn forward_rectified(
        &self,
        weights: &ArrayView2<'_, T>,
        factor: T,
        activities: &mut ArrayViewMut2<'_, T>,
    ) {
        self.forward(weights, factor, activities);
        rectify(activities.as_slice_mut().expect("a whole array"));
    }
    /// Outputs of the start for these samples, (batch, outputs), where outputs are centred:
    /// they are subtracted. None by default.
    fn offset(&self) -> Option<ArrayView2<'_, T>> {
        None
    }
    /// G := factor D' X, (units, `input_dim`).
    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>);
    /// W := keep W - eta G with the gradient G of [`gradient`](Self::gradient), which is not kept:
    /// the same bits as by two passes. `false`, and nothing done, where that would gain nothing.
    fn descend(
        &self,
        delta: Delta<'_, T>,
        factor: T,
        weights: &mut ArrayViewMut2<'_, T>,
        descent: Descent<T>,
    ) -> bool {
        let _ = (delta, factor, weights, descent);
        false
    }
}

/// Deltas of the first layer, (batch, units).
#[derive(Debug, Clone, Copy)]
pub enum Delta<'a, T> {
    /// As numbers.
    Made(ArrayView2<'a, T>),
    /// To be made, a part at a time.
    Unmade(UnmadeProduct<'a, T>),
}

/// A step of gradient descent without a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent<T> {
    /// eta.
    pub step_size: T,
    /// What weights are multiplied by: 1 without ridge.
    pub keep: T,
}

/// Inputs as they are: (batch, `input_dim`).
#[derive(Debug, Clone, PartialEq)]
pub struct DenseInput<T>(pub Array2<T>);

impl<T: Element> Input<T> for DenseInput<T> {
    fn batch(&self) -> usize {
        self.0.nrows()
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        multiply(T::ZERO, z, factor, &self.0.view(), &weights.t());
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        multiply(T::ZERO, gradient, factor, &delta.t(), &self.0.view());
    }
}
