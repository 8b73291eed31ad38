//! Products of the first layer together with what comes next to them: fewer passes, the same bits.

pub(crate) use falign_kernels::listed::Descent;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::math::DeferredProduct;
use crate::math::simd::Element;

/// Operations that the library's inputs can do at once; no others are known.
pub trait Fused<T: Element> {
    /// A := max(Z, 0) with the preactivations Z of [`Input::forward`](super::Input::forward), (batch, units).
    fn forward_rectified(
        &self,
        weights: &ArrayView2<'_, T>,
        factor: T,
        activities: &mut ArrayViewMut2<'_, T>,
    );
    /// W := keep W - eta G with the gradient G of [`Input::gradient`](super::Input::gradient), which is not kept:
    /// the same bits as by two passes. `false`, and nothing done, where that would gain nothing.
    fn descend(
        &self,
        delta: Delta<'_, T>,
        factor: T,
        weights: &mut ArrayViewMut2<'_, T>,
        descent: Descent<T>,
    ) -> bool;
}

/// Deltas of the first layer, (batch, units).
#[derive(Debug, Clone, Copy)]
pub enum Delta<'a, T> {
    /// Deltas as numbers.
    Made(ArrayView2<'a, T>),
    /// Product to be made, a part at a time.
    Deferred(DeferredProduct<'a, T>),
}
