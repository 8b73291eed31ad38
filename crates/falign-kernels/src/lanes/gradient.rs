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
    /// Samples of the block: one, two or four times `T::LANES`.
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
    /// If lengths do not fit, or lanes are not as said.
    pub fn run(self) {
        T::add_lane_gradient(self);
    }
}

pub(crate) fn add_gradient<T: Element>(gradient: Gradient<'_, T>) {
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
        let mut adding = Tiles {
            patches,
            below,
            delta,
            channels,
            gradient,
        };
        match lanes / T::LANES {
            4 => adding.all::<S, 4>(isa),
            2 => adding.all::<S, 2>(isa),
            1 => adding.all::<S, 1>(isa),
            _ => unreachable!("one, two or four vectors"),
        }
    }
}

struct Tiles<'a, T> {
    patches: &'a [Patch],
    below: &'a [T],
    delta: &'a [T],
    channels: usize,
    gradient: &'a mut [T],
}

impl<T: Element> Tiles<'_, T> {
    /// Tiles of all channels: as many sums as registers hold, with a load for each, or fewer.
    #[inline(always)]
    fn all<S: Isa<T>, const V: usize>(&mut self, isa: S) {
        let mut channel = 0;
        while channel < self.channels {
            let left = self.channels - channel;
            if const { S::PATH.registers() >= 32 } {
                match left {
                    1 => self.channels::<S, 1, 6, V>(isa, channel),
                    2 => self.channels::<S, 2, 6, V>(isa, channel),
                    3 => self.channels::<S, 3, 6, V>(isa, channel),
                    _ => self.channels::<S, 4, 6, V>(isa, channel),
                }
                channel += 4;
            } else {
                match left {
                    1 => self.channels::<S, 1, 2, V>(isa, channel),
                    2 => self.channels::<S, 2, 2, V>(isa, channel),
                    _ => self.channels::<S, 3, 2, V>(isa, channel),
                }
                channel += 3;
            }
        }
    }

    /// Tiles of `C` channels by `K` weights of all patches, which read lines that overlap.
    #[inline(always)]
    fn channels<S: Isa<T>, const C: usize, const K: usize, const V: usize>(
        &mut self,
        isa: S,
        channel: usize,
    ) {
        let most = self.patches.iter().map(|patch| patch.count).max();
        for weight in (0..most.unwrap_or(0)).step_by(K) {
            for patch in self.patches {
                // One tile for what is left: of a run of five, two and two and one would take twice the time.
                match patch.count.saturating_sub(weight).min(K) {
                    0 => {}
                    1 => self.tile::<S, C, 1, V>(isa, patch, channel, weight),
                    2 if K > 2 => self.tile::<S, C, 2, V>(isa, patch, channel, weight),
                    3 if K > 2 => self.tile::<S, C, 3, V>(isa, patch, channel, weight),
                    4 if K > 2 => self.tile::<S, C, 4, V>(isa, patch, channel, weight),
                    5 if K > 2 => self.tile::<S, C, 5, V>(isa, patch, channel, weight),
                    _ => self.tile::<S, C, K, V>(isa, patch, channel, weight),
                }
            }
        }
    }

    #[inline(always)]
    fn tile<S: Isa<T>, const C: usize, const K: usize, const V: usize>(
        &mut self,
        isa: S,
        patch: &Patch,
        channel: usize,
        weight: usize,
    ) {
        let lanes = V * T::LANES;
        let mut sums = [[isa.splat(T::ZERO); K]; C];
        for line in 0..patch.lines {
            let above = (patch.above + line * patch.above_line) * self.channels + channel;
            let below = patch.below + line * patch.below_line + weight;
            let mut delta = &self.delta[above * lanes..];
            let mut x = &self.below[below * lanes..];
            for place in 0..patch.places {
                if place > 0 {
                    delta = &delta[self.channels * lanes..];
                    x = &x[patch.below_place * lanes..];
                }
                // Of a length that is known: no place in them is asked for again.
                sums = sum_place::<T, S, C, K, V>(isa, &delta[..C * lanes], &x[..K * lanes], sums);
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

/// Sums with those of one place.
#[inline(always)]
fn sum_place<T: Element, S: Isa<T>, const C: usize, const K: usize, const V: usize>(
    isa: S,
    delta: &[T],
    x: &[T],
    mut sums: [[S::V; K]; C],
) -> [[S::V; K]; C] {
    let at = |number: usize, v: usize| (number * V + v) * T::LANES;
    for v in 0..V {
        let mut d = [isa.splat(T::ZERO); C];
        for c in 0..C {
            d[c] = isa.load_from(&delta[at(c, v)..][..T::LANES]);
        }
        for k in 0..K {
            let x = isa.load_from(&x[at(k, v)..][..T::LANES]);
            for c in 0..C {
                sums[c][k] = isa.fma(d[c], x, sums[c][k]);
            }
        }
    }
    sums
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
