//! The gradient by weights that few places share: weights in the lanes, samples in rows.
//!
//! A sum across lanes takes as long as some tens of products. Where there are no more than that, as in a
//! layer of which each place has weights of its own, a run of weights is the vector: no lanes are added up.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::correlate::tiles;
use crate::simd::{Element, Isa, Kernel, dispatch};

/// Adds, to a run of weights of each channel, the sums over samples of delta times number below.
///
/// A run's weights lie side by side, and so do the numbers below that they meet. Vectors may read beyond
/// a run: behind the numbers of each sample there must be [`BEYOND`](Self::BEYOND) others, whatever they are.
#[derive(Debug)]
pub struct WeightSums<'a, T> {
    /// Numbers below of the first sample that the run meets, and whatever follows.
    pub below: &'a [T],
    /// Numbers from one sample to the next.
    pub below_row: usize,
    /// Deltas of the channels of the first sample, and whatever follows.
    pub delta: &'a [T],
    /// Deltas from one sample to the next.
    pub delta_row: usize,
    /// Samples, at least 1.
    pub samples: usize,
    /// Channels.
    pub channels: usize,
    /// Weights of the run.
    pub count: usize,
    /// The gradient by the first channel's run, and whatever follows.
    pub gradient: &'a mut [T],
    /// Weights from one channel to the next.
    pub row: usize,
}

impl<T: Element> WeightSums<'_, T> {
    /// Numbers that vectors may read behind those of a sample.
    pub const BEYOND: usize = 4 * T::LANES;

    /// Adds them.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn run(self) {
        T::add_weight_sums(self);
    }
}

pub(crate) fn add_weight_sums<T: Element>(sums: WeightSums<'_, T>) {
    dispatch(sums);
}

impl<T: Element> Kernel<T> for WeightSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(mut self, isa: S) {
        for channels in tiles(self.channels) {
            let mut weight = 0;
            while weight < self.count {
                let left = (self.count - weight).div_ceil(T::LANES);
                let vectors = if const { S::PATH.registers() >= 32 } {
                    self.vectors_of_wide(isa, channels.start, channels.len(), weight, left)
                } else {
                    self.rows::<S, 1>(isa, channels.start, channels.len(), weight);
                    1
                };
                weight += vectors * T::LANES;
            }
        }
    }
}

impl<T: Element> WeightSums<'_, T> {
    /// A tile of as many vectors as there are, four at most: their number.
    #[inline(always)]
    fn vectors_of_wide<S: Isa<T>>(
        &mut self,
        isa: S,
        channel: usize,
        channels: usize,
        weight: usize,
        left: usize,
    ) -> usize {
        match left {
            1 => {
                self.rows::<S, 1>(isa, channel, channels, weight);
                1
            }
            2 | 3 => {
                self.rows::<S, 2>(isa, channel, channels, weight);
                2
            }
            _ => {
                self.rows::<S, 4>(isa, channel, channels, weight);
                4
            }
        }
    }

    #[inline(always)]
    fn rows<S: Isa<T>, const V: usize>(
        &mut self,
        isa: S,
        channel: usize,
        channels: usize,
        weight: usize,
    ) {
        match channels {
            1 => isa.apart(self.tile::<1, V>(channel, weight)),
            2 => isa.apart(self.tile::<2, V>(channel, weight)),
            3 => isa.apart(self.tile::<3, V>(channel, weight)),
            4 => isa.apart(self.tile::<4, V>(channel, weight)),
            5 => isa.apart(self.tile::<5, V>(channel, weight)),
            6 => isa.apart(self.tile::<6, V>(channel, weight)),
            _ => unreachable!("a tile has six channels at most"),
        }
    }

    #[inline(always)]
    fn tile<const C: usize, const V: usize>(
        &mut self,
        channel: usize,
        weight: usize,
    ) -> Tile<'_, T, C, V> {
        let last = self.samples - 1;
        let count = (self.count - weight).min(V * T::LANES);
        let start = channel * self.row + weight;
        Tile {
            below: &self.below[weight..][..last * self.below_row + V * T::LANES],
            below_row: self.below_row,
            delta: &self.delta[channel..][..last * self.delta_row + C],
            delta_row: self.delta_row,
            gradient: &mut self.gradient[start..][..(C - 1) * self.row + count],
            row: self.row,
            count,
        }
    }
}

/// `C` channels by `V` vectors of weights, of which `count` are some.
struct Tile<'a, T, const C: usize, const V: usize> {
    below: &'a [T],
    below_row: usize,
    delta: &'a [T],
    delta_row: usize,
    gradient: &'a mut [T],
    row: usize,
    count: usize,
}

impl<T: Element, const C: usize, const V: usize> Kernel<T> for Tile<'_, T, C, V> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let mut sums = [[isa.splat(T::ZERO); V]; C];
        let samples = self.below.chunks(self.below_row);
        for (below, delta) in samples.zip(self.delta.chunks(self.delta_row)) {
            let below = isa.load_piece::<V, true>(below);
            let delta = &delta[..C];
            for c in 0..C {
                let delta = isa.splat(delta[c]);
                for v in 0..V {
                    sums[c][v] = isa.fma(delta, below[v], sums[c][v]);
                }
            }
        }
        for (c, sums) in sums.iter().enumerate() {
            let gradient = &mut self.gradient[c * self.row..][..self.count];
            for (v, &sum) in sums.iter().enumerate() {
                if let Some(gradient) = gradient.get_mut(v * T::LANES..) {
                    let sum = isa.add(isa.load_from(gradient), sum);
                    isa.store_to(sum, gradient);
                }
            }
        }
    }
}
