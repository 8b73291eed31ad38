//! Sums of deltas over places and lanes: the gradient by the biases.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Element, Isa, Kernel, dispatch, sum_by_halves};

/// Adds, to the gradient of each channel, the sum over places and lanes of its deltas.
#[derive(Debug)]
pub struct ChannelSums<'a, T> {
    /// Deltas of one block, `[place][channel][lane]`.
    pub delta: &'a [T],
    /// Samples of the block: a multiple of `T::LANES`.
    pub lanes: usize,
    /// Gradient, (channels).
    pub gradient: &'a mut [T],
}

impl<T: Element> ChannelSums<'_, T> {
    /// Adds them.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn run(self) {
        T::add_channel_sums(self);
    }
}

pub(crate) fn add_channel_sums<T: Element>(sums: ChannelSums<'_, T>) {
    assert!(sums.lanes.is_multiple_of(T::LANES), "whole vectors");
    dispatch(Adding(sums));
}

struct Adding<'a, T>(ChannelSums<'a, T>);

impl<T: Element> Kernel<T> for Adding<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let ChannelSums {
            delta,
            lanes,
            gradient,
        } = self.0;
        let channels = gradient.len();
        for (channel, gradient) in gradient.iter_mut().enumerate() {
            let mut sum = isa.splat(T::ZERO);
            for place in delta.chunks_exact(channels * lanes) {
                for delta in place[channel * lanes..][..lanes].chunks_exact(T::LANES) {
                    sum = isa.add(sum, isa.load_from(delta));
                }
            }
            let mut block = T::ZERO_BLOCK;
            isa.store(sum, &mut block);
            *gradient += sum_by_halves(T::lanes_mut(&mut block));
        }
    }
}
