//! Sums of deltas by numbers below over places and lanes: the gradient by the weights.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Element, Isa, Kernel, dispatch};

/// Sums that a tile can hold: a multiple of all numbers of lanes.
const MOST_SUMS: usize = 32;

/// A rectangle of places, and weights that all of them share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    /// Lines of places.
    pub lines: usize,
    /// Places of a line.
    pub places: usize,
    /// The first place above.
    pub above: usize,
    /// Places above from one line to the next.
    pub above_line: usize,
    /// The first number below that the first weight meets.
    pub below: usize,
    /// Numbers below from one place to the next.
    pub below_place: usize,
    /// Numbers below from one line to the next.
    pub below_line: usize,
    /// The first weight of the first channel.
    pub weights: usize,
    /// Weights from one channel to the next.
    pub row: usize,
    /// Weights of each channel, side by side, which meet numbers below side by side.
    pub count: usize,
}

/// Adds, to each weight of each patch, the sum over its places and all lanes of delta times number below.
#[derive(Debug)]
pub struct Gradient<'a, T> {
    /// Numbers below of one block, with `lanes` each.
    pub below: &'a [T],
    /// Deltas, `[place][channel][lane]`.
    pub delta: &'a [T],
    /// Channels above.
    pub channels: usize,
    /// Samples of the block: a multiple of `T::LANES`.
    pub lanes: usize,
    /// Patches, which may share weights.
    pub patches: &'a [Patch],
    /// Gradient.
    pub gradient: &'a mut [T],
}

impl<T: Element> Gradient<'_, T> {
    /// Adds it.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn run(self) {
        T::add_lane_gradient(self);
    }
}

pub(crate) fn add_gradient<T: Element>(gradient: Gradient<'_, T>) {
    assert!(gradient.lanes.is_multiple_of(T::LANES), "whole vectors");
    dispatch(Adding(gradient));
}

struct Adding<'a, T>(Gradient<'a, T>);

impl<T: Element> Kernel<T> for Adding<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Gradient {
            below,
            delta,
            channels,
            lanes,
            patches,
            gradient,
        } = self.0;
        for patch in patches {
            let mut tile = Tile {
                patch: *patch,
                below,
                delta,
                channels,
                lanes,
                gradient,
            };
            if const { S::PATH.registers() >= 32 } {
                tile.rows::<S, 4, 6>(isa);
            } else {
                tile.rows::<S, 2, 2>(isa);
            }
        }
    }
}

struct Tile<'a, 'b, T> {
    patch: Patch,
    below: &'a [T],
    delta: &'a [T],
    channels: usize,
    lanes: usize,
    gradient: &'b mut [T],
}

impl<T: Element> Tile<'_, '_, T> {
    /// Tiles of `C` channels, then of what is left.
    #[inline(always)]
    fn rows<S: Isa<T>, const C: usize, const K: usize>(&mut self, isa: S) {
        let mut channel = 0;
        while channel + C <= self.channels {
            self.columns::<S, C, K>(isa, channel);
            channel += C;
        }
        while channel + 2 <= self.channels {
            self.columns::<S, 2, K>(isa, channel);
            channel += 2;
        }
        if channel < self.channels {
            self.columns::<S, 1, K>(isa, channel);
        }
    }

    /// Tiles of `K` weights, then of what is left.
    #[inline(always)]
    fn columns<S: Isa<T>, const C: usize, const K: usize>(&mut self, isa: S, channel: usize) {
        let mut weight = 0;
        while weight + K <= self.patch.count {
            self.tile::<S, C, K>(isa, channel, weight);
            weight += K;
        }
        while weight + 2 <= self.patch.count {
            self.tile::<S, C, 2>(isa, channel, weight);
            weight += 2;
        }
        if weight < self.patch.count {
            self.tile::<S, C, 1>(isa, channel, weight);
        }
    }

    #[inline(always)]
    fn tile<S: Isa<T>, const C: usize, const K: usize>(
        &mut self,
        isa: S,
        channel: usize,
        weight: usize,
    ) {
        let (patch, lanes) = (self.patch, self.lanes);
        let mut sums = [[isa.splat(T::ZERO); K]; C];
        for line in 0..patch.lines {
            for place in 0..patch.places {
                let above = patch.above + line * patch.above_line + place;
                let below = patch.below + line * patch.below_line + place * patch.below_place;
                let delta = &self.delta[(above * self.channels + channel) * lanes..][..C * lanes];
                let x = &self.below[(below + weight) * lanes..][..K * lanes];
                let mut lane = 0;
                while lane < lanes {
                    let mut d = [isa.splat(T::ZERO); C];
                    for c in 0..C {
                        d[c] = isa.load_from(&delta[c * lanes + lane..][..T::LANES]);
                    }
                    for k in 0..K {
                        let x = isa.load_from(&x[k * lanes + lane..][..T::LANES]);
                        for c in 0..C {
                            sums[c][k] = isa.fma(d[c], x, sums[c][k]);
                        }
                    }
                    lane += T::LANES;
                }
            }
        }
        // Through memory: to add lanes up here would bind the sums to half of the registers.
        let mut vectors = [T::ZERO_BLOCK; MOST_SUMS];
        for c in 0..C {
            for k in 0..K {
                isa.store(sums[c][k], &mut vectors[c * K + k]);
            }
        }
        isa.apart(AddLaneSums {
            vectors: &vectors,
            shape: [C, K],
            gradient: &mut self.gradient[patch.weights + channel * patch.row + weight..],
            row: patch.row,
        });
    }
}

/// Adds the lane sums of (channels, weights) vectors.
struct AddLaneSums<'a, T: Element> {
    vectors: &'a [T::Block; MOST_SUMS],
    shape: [usize; 2],
    gradient: &'a mut [T],
    row: usize,
}

impl<T: Element> Kernel<T> for AddLaneSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let [channels, weights] = self.shape;
        let mut sums = [T::ZERO; MOST_SUMS];
        let held = channels * weights;
        let vectors = self.vectors.chunks_exact(T::LANES);
        for (vectors, sums) in vectors
            .zip(sums.chunks_exact_mut(T::LANES))
            .take(held.div_ceil(T::LANES))
        {
            isa.store_to(isa.lane_sums(vectors), sums);
        }
        for c in 0..channels {
            let gradient = &mut self.gradient[c * self.row..][..weights];
            for (gradient, &sum) in gradient.iter_mut().zip(&sums[c * weights..]) {
                *gradient += sum;
            }
        }
    }
}
