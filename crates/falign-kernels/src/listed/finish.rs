//! Operations on a product's results while they are in registers.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::activation::{LaneActivation, Relu};
use crate::simd::{Element, Isa};

/// Operation that puts a result in the place of numbers that were there before.
pub(super) trait Finish<T: Element>: Copy {
    /// Combines `result` with the numbers `before`, of which there may be fewer than lanes.
    fn finish<S: Isa<T>>(self, isa: S, result: S::V, before: &[T]) -> S::V;
}

/// The results themselves.
#[derive(Clone, Copy)]
pub(super) struct Replace;

impl<T: Element> Finish<T> for Replace {
    #[inline(always)]
    fn finish<S: Isa<T>>(self, _: S, result: S::V, _: &[T]) -> S::V {
        result
    }
}

/// Activities of rectified units, of which the results are the preactivations.
#[derive(Clone, Copy)]
pub(super) struct Rectify;

impl<T: Element> Finish<T> for Rectify {
    #[inline(always)]
    fn finish<S: Isa<T>>(self, isa: S, result: S::V, _: &[T]) -> S::V {
        Relu::value(isa, result)
    }
}

/// A step of gradient descent without a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent<T> {
    /// eta.
    pub step_size: T,
    /// Factor of the weights: 1 without ridge.
    pub keep: T,
}

/// Weights, changed by results that are their gradients: the same operations as the optimiser's.
impl<T: Element> Finish<T> for Descent<T> {
    #[inline(always)]
    fn finish<S: Isa<T>>(self, isa: S, gradient: S::V, weights: &[T]) -> S::V {
        let kept = isa.mul(isa.splat(self.keep), isa.load_from(weights));
        isa.sub(kept, isa.mul(isa.splat(self.step_size), gradient))
    }
}
