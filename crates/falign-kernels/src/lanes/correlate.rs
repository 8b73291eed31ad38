//! Sums of steps by weights at each place: a layer forward, and a signal back.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::ops::Range;

use crate::simd::{Element, Isa, Kernel, dispatch};

/// Channels of a tile: six by four vectors are 24 of 32 registers.
pub const MOST_CHANNELS: usize = 6;

/// Tiles of so many channels, as equal as can be.
///
/// # Example
/// ```
/// use falign_kernels::lanes::tiles;
/// assert_eq!(tiles(16).collect::<Vec<_>>(), [0..5, 5..10, 10..16]);
/// ```
pub fn tiles(channels: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let count = channels.div_ceil(MOST_CHANNELS);
    (0..count).map(move |at| at * channels / count..(at + 1) * channels / count)
}

/// Steps that lie together, both below and among the weights of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first number below.
    pub below: usize,
    /// The first step among the weights of its place.
    pub weights: usize,
    /// Steps.
    pub steps: usize,
}

/// Runs that are summed at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Runs of the place, among all.
    pub runs: Range<usize>,
    /// The first step of its weights, all channels together: 0 where places share them.
    pub weights: usize,
    /// Steps of its weights.
    pub steps: usize,
}

/// Operation on a sum on its way to memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End<'a, T> {
    /// Leaves it as it is.
    None,
    /// Adds the number of its channel, or of its place and channel.
    Bias(&'a [T]),
    /// Multiplies by the number at the same position.
    Slopes(&'a [T]),
    /// Puts 0 where the number at the same position is not above 0.
    Rectified(&'a [T]),
}

/// Writes, for each place, channel and lane, the sum over the place's runs of weight times number below.
#[derive(Debug)]
pub struct Correlation<'a, T> {
    /// Numbers below of one block, with `lanes` each.
    pub below: &'a [T],
    /// Weights by tiles: `[place, or all][tile][step][channel of the tile]`.
    pub weights: &'a [T],
    /// Places of the result.
    pub places: &'a [Place],
    /// Runs of all places.
    pub runs: &'a [Run],
    /// Channels of the result.
    pub channels: usize,
    /// Samples of the block: a multiple of `T::LANES`.
    pub lanes: usize,
    /// Result, `[place][channel][lane]`.
    pub above: &'a mut [T],
    /// Operation on it.
    pub end: End<'a, T>,
}

impl<T: Element> Correlation<'_, T> {
    /// Makes the result.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn run(self) {
        T::correlate(self);
    }
}

pub(crate) fn correlate<T: Element>(correlation: Correlation<'_, T>) {
    assert!(correlation.lanes.is_multiple_of(T::LANES), "whole vectors");
    let numbers = correlation.places.len() * correlation.channels;
    assert_eq!(correlation.above.len(), numbers * correlation.lanes);
    dispatch(Correlating(correlation));
}

struct Correlating<'a, T>(Correlation<'a, T>);

impl<T: Element> Kernel<T> for Correlating<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Correlation {
            below,
            weights,
            places,
            runs,
            channels,
            lanes,
            above,
            end,
        } = self.0;
        let numbers = channels * lanes;
        for (at, (place, above)) in places
            .iter()
            .zip(above.chunks_exact_mut(numbers))
            .enumerate()
        {
            let runs = &runs[place.runs.clone()];
            for tile in tiles(channels) {
                let first = place.weights * channels + tile.start * place.steps;
                let tile = Tile {
                    runs,
                    below,
                    weights: &weights[first..][..tile.len() * place.steps],
                    lanes,
                    above: &mut above[tile.start * lanes..tile.end * lanes],
                    end: match end {
                        End::None => End::None,
                        End::Bias(bias) if bias.len() == channels => End::Bias(&bias[tile]),
                        End::Bias(bias) => End::Bias(&bias[at * channels..][tile]),
                        End::Slopes(all) => End::Slopes(&all[at * numbers..][tile.start * lanes..]),
                        End::Rectified(all) => {
                            End::Rectified(&all[at * numbers..][tile.start * lanes..])
                        }
                    },
                };
                match tile.above.len() / lanes {
                    1 => tile.whole::<S, 1>(isa),
                    2 => tile.whole::<S, 2>(isa),
                    3 => tile.whole::<S, 3>(isa),
                    4 => tile.whole::<S, 4>(isa),
                    5 => tile.whole::<S, 5>(isa),
                    _ => tile.whole::<S, MOST_CHANNELS>(isa),
                }
            }
        }
    }
}

struct Tile<'a, T> {
    runs: &'a [Run],
    below: &'a [T],
    weights: &'a [T],
    lanes: usize,
    above: &'a mut [T],
    end: End<'a, T>,
}

impl<T: Element> Tile<'_, T> {
    /// The tile of `C` channels, as many vectors at a time as there are registers for.
    #[inline(always)]
    fn whole<S: Isa<T>, const C: usize>(mut self, isa: S) {
        let vectors = self.lanes / T::LANES;
        let mut first = 0;
        if const { S::PATH.registers() >= 32 } {
            while first + 4 <= vectors {
                self.part::<S, C, 4>(isa, first * T::LANES);
                first += 4;
            }
            while first + 2 <= vectors {
                self.part::<S, C, 2>(isa, first * T::LANES);
                first += 2;
            }
        }
        while first < vectors {
            self.part::<S, C, 1>(isa, first * T::LANES);
            first += 1;
        }
    }

    /// `V` vectors of it, from this lane on.
    #[inline(always)]
    fn part<S: Isa<T>, const C: usize, const V: usize>(&mut self, isa: S, lane: usize) {
        let lanes = self.lanes;
        let mut sums = [[isa.splat(T::ZERO); V]; C];
        for run in self.runs {
            let below = &self.below[run.below * lanes..][..run.steps * lanes];
            let weights = &self.weights[run.weights * C..][..run.steps * C];
            let weights = weights.as_chunks::<C>().0;
            // By index: iterators of slices are called here, once a step, where they are not compiled in.
            for step in 0..run.steps {
                let x = isa.load_piece::<V, true>(&below[step * lanes + lane..]);
                let weights = weights[step];
                for c in 0..C {
                    let weight = isa.splat(weights[c]);
                    for v in 0..V {
                        sums[c][v] = isa.fma(weight, x[v], sums[c][v]);
                    }
                }
            }
        }
        let (zero, one) = (isa.splat(T::ZERO), isa.splat(T::ONE));
        for (c, sums) in sums.into_iter().enumerate() {
            for (v, sum) in sums.into_iter().enumerate() {
                let at = c * lanes + lane + v * T::LANES;
                let sum = match self.end {
                    End::None => sum,
                    End::Bias(bias) => isa.add(sum, isa.splat(bias[c])),
                    End::Slopes(slopes) => isa.mul(sum, isa.load_from(&slopes[at..])),
                    End::Rectified(activities) => {
                        let activity = isa.load_from(&activities[at..]);
                        isa.mul(sum, isa.select_nonpositive(activity, zero, one))
                    }
                };
                isa.store_to(sum, &mut self.above[at..]);
            }
        }
    }
}
