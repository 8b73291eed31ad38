//! The input layer behind one face, so that dense and sparse batches share an engine.

mod pixels;
mod sealed;
mod tokens;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::layer::Inputs;
use crate::math::simd::Element;
use crate::math::{multiply, rectify};

pub(super) use self::pixels::{PixelInput, PixelLayout};
pub(super) use self::sealed::{Delta, Descent, Fused};
pub use self::tokens::TokenInput;

/// A batch of inputs, as the first layer needs it: numbers, lists of pixels, or tokens.
pub trait Input<T: Element>: sealed::Fused<T> {
    /// Samples.
    fn batch(&self) -> usize;
    /// Z := factor X W', (batch, units).
    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>);
    /// Outputs of the start for these samples, (batch, outputs), where outputs are centred:
    /// they are subtracted. None by default.
    fn offset(&self) -> Option<ArrayView2<'_, T>> {
        None
    }
    /// G := factor D' X, (units, `input_dim`).
    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>);
    /// Shows the samples, one after the other, for layers that are not dense.
    fn show(&self, see: &mut dyn FnMut(Inputs<'_, T>));
}

/// Inputs as they are: (batch, `input_dim`).
///
/// # Example
/// ```
/// use falign::DenseInput;
/// use ndarray::Array2;
/// let input = DenseInput(Array2::<f64>::zeros((8, 3)));
/// assert_eq!(input.0.nrows(), 8); // samples
/// ```
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

    fn show(&self, see: &mut dyn FnMut(Inputs<'_, T>)) {
        let rows = self.0.as_standard_layout();
        see(Inputs::Numbers(rows.as_slice().expect("standard layout")));
    }
}

impl<T: Element> Fused<T> for DenseInput<T> {
    fn forward_rectified(
        &self,
        weights: &ArrayView2<'_, T>,
        factor: T,
        activities: &mut ArrayViewMut2<'_, T>,
    ) {
        self.forward(weights, factor, activities);
        rectify(activities.as_slice_mut().expect("a whole array"));
    }

    fn descend(&self, _: Delta<'_, T>, _: T, _: &mut ArrayViewMut2<'_, T>, _: Descent<T>) -> bool {
        false
    }
}
