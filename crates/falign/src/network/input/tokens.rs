//! Tokens as inputs.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::{Delta, Descent, Fused, Input};
use crate::layer::Inputs;
use crate::math::simd::Element;

/// Indices of a vocabulary, (batch, tokens of a sample), for a network whose first operators take
/// [tokens](Inputs::Tokens).
///
/// # Panics
/// Dense layers panic when they are given any.
///
/// # Example
/// ```
/// use falign::internal::network::{Input, TokenInput};
/// use ndarray::array;
/// let two_samples = TokenInput(array![[5, 0, 2], [1, 1, 4]]);
/// assert_eq!(Input::<f32>::batch(&two_samples), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInput(pub Array2<u32>);

const TOKENS: &str = "a dense layer takes numbers, not tokens";

impl<T: Element> Input<T> for TokenInput {
    fn batch(&self) -> usize {
        self.0.nrows()
    }

    fn forward(&self, _: &ArrayView2<'_, T>, _: T, _: &mut ArrayViewMut2<'_, T>) {
        panic!("{TOKENS}");
    }

    fn gradient(&self, _: &ArrayView2<'_, T>, _: T, _: &mut ArrayViewMut2<'_, T>) {
        panic!("{TOKENS}");
    }

    fn show(&self, see: &mut dyn FnMut(Inputs<'_, T>)) {
        let rows = self.0.as_standard_layout();
        see(Inputs::Tokens(rows.as_slice().expect("standard layout")));
    }
}

impl<T: Element> Fused<T> for TokenInput {
    fn forward_rectified(&self, _: &ArrayView2<'_, T>, _: T, _: &mut ArrayViewMut2<'_, T>) {
        panic!("{TOKENS}");
    }

    fn descend(&self, _: Delta<'_, T>, _: T, _: &mut ArrayViewMut2<'_, T>, _: Descent<T>) -> bool {
        false
    }
}
