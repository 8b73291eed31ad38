//! A factor for each channel.

use super::batch::{Batch, Inputs};
use super::channels::{channel_sums, for_each_place, spread};
use super::finish::Finish;
use super::operator::{Extent, Operator, Packed, Parameter};
use crate::math::simd::Element;

/// y = w x, a factor w for each channel: the gains behind a norm, whose biases are the layer's. They start at 1. It
/// is a part of the norm before it, so that a signal crosses it by its own factors under every rule.
///
/// # Example
/// ```
/// use falign::internal::layer::Gain;
/// use falign::layer::{Batch, Finish, Inputs, Operator, Packed};
/// let (gain, x, mut y) = (Gain { channels: 2, places: 1 }, [3.0, 4.0], [0.0; 2]);
/// gain.forward(Packed(&[1.0, 0.5]), Inputs::Numbers(&x), &mut y, Batch::rows(1), Finish::Bias(&[0.0, 1.0]));
/// assert_eq!(y, [3.0, 3.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain {
    /// Channels, each with a factor of its own.
    pub channels: usize,
    /// Places of a sample, each with all channels.
    pub places: usize,
}

impl Gain {
    fn numbers(self) -> usize {
        self.channels * self.places
    }

    fn apply<T: Element>(
        self,
        gains: Packed<'_, T>,
        from: &[T],
        to: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        let over_lanes = |of_channels: &[T]| -> Vec<T> {
            let numbers: Vec<f64> = of_channels.iter().map(|n| n.to_f64()).collect();
            spread(&numbers, batch)
        };
        let gains = over_lanes(gains.0);
        for_each_place(to, from, gains.len(), |to, from| {
            for ((to, &from), &gain) in to.iter_mut().zip(from).zip(&gains) {
                *to = gain * from;
            }
        });
        let Finish::Bias(bias) = finish else {
            finish.apply(to, self.numbers(), batch);
            return;
        };
        let bias = over_lanes(bias);
        for to in to.chunks_exact_mut(bias.len()) {
            for (to, &bias) in to.iter_mut().zip(&bias) {
                *to += bias;
            }
        }
    }
}

impl<T: Element> Operator<T> for Gain {
    fn extent(&self) -> Extent {
        Extent {
            inputs: self.numbers(),
            outputs: self.numbers(),
            channels: self.channels,
        }
    }

    fn weights(&self) -> Parameter {
        Parameter {
            name: "weight",
            shape: vec![self.channels],
            fan_in: 1,
            fan_out: 1,
            has_ridge: false,
        }
    }

    fn is_gain(&self) -> bool {
        true
    }

    fn forward(
        &self,
        weights: Packed<'_, T>,
        x: Inputs<'_, T>,
        y: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        self.apply(weights, x.numbers(), y, batch, finish);
    }

    fn pull_back(
        &self,
        through: Packed<'_, T>,
        signal: &[T],
        below: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        self.apply(through, signal, below, batch, finish);
    }

    fn gradient(&self, x: Inputs<'_, T>, delta: &[T], gradient: &mut [T], batch: Batch) {
        let sums = channel_sums(self.channels, batch, x.numbers(), delta, |x, d| x * d);
        for (gradient, sum) in gradient.iter_mut().zip(sums) {
            *gradient += T::from_f64(sum);
        }
    }
}
