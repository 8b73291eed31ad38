//! Convolutions and local layers as plain loops: what faster ones are held against, for ever.

use std::sync::Arc;

use super::batch::{Batch, Inputs};
use super::finish::Finish;
use super::geometry::{Image, Windows};
use super::operator::{Extent, Operator, Packed, Parameter};
use crate::math::simd::Element;

/// A convolution or a local layer in six loops, one product at a time.
///
/// `y[i, j, c] = sum over k, l, d of w[c, k, l, d] x[i s + k - p, j s + l - p, d]`, with zeros outside of
/// the image; a local layer has weights of its own for each place (i, j).
///
/// # Example
/// ```
/// use falign::internal::layer::{Image, Plain, Window, Windows};
/// use falign::layer::{Batch, Finish, Inputs, Operator, Packed};
/// let input = Image { channels: 1, height: 1, width: 4 };
/// let along = Window { size: 3, stride: 1, padding: 1 };
/// let plain = Plain::convolution(Windows { input, down: Window::POINT, along }, 1);
/// let (x, mut y) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4]);
/// plain.forward(Packed(&[1.0, 0.0, -1.0]), Inputs::Numbers(&x), &mut y, Batch::rows(1), Finish::None);
/// assert_eq!(y, [-2.0, -2.0, -2.0, 3.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    pub(super) windows: Windows,
    /// The image above.
    pub(super) output: Image,
    /// Whether all places share their weights.
    pub(super) is_shared: bool,
}

impl Plain {
    /// Convolution by the same weights, (channels, down, along, channels below), at every place.
    ///
    /// # Panics
    /// If a window does not fit the image.
    pub fn convolution(windows: Windows, channels: usize) -> Self {
        Self::new(windows, channels, true)
    }

    /// Local layer: weights of its own, (height, width, channels, down, along, channels below), at every place, and
    /// biases of its own.
    ///
    /// # Panics
    /// If a window does not fit the image.
    pub fn local(windows: Windows, channels: usize) -> Self {
        Self::new(windows, channels, false)
    }

    /// Operator of the same kind with so many channels above.
    pub(super) fn of_channels(&self, channels: usize) -> Self {
        Self::new(self.windows, channels, self.is_shared)
    }

    fn new(windows: Windows, channels: usize, is_shared: bool) -> Self {
        let output = windows.output(channels);
        Self {
            windows,
            output: output.expect("windows that fit the image"),
            is_shared,
        }
    }

    /// Calls `visit` with the places of y, w and x in each of its products.
    fn each(&self, batch: Batch, mut visit: impl FnMut(usize, usize, usize)) {
        let Windows { input, down, along } = self.windows;
        let (inputs, outputs) = (input.numbers(), self.output.numbers());
        for sample in 0..batch.samples {
            for above in 0..outputs {
                let (place, c) = (above / self.output.channels, above % self.output.channels);
                let (i, j) = (place / self.output.width, place % self.output.width);
                let y = batch.place(sample, above, outputs);
                let filter = if self.is_shared { c } else { above };
                for k in 0..down.size {
                    for l in 0..along.size {
                        let row = (i * down.stride + k).checked_sub(down.padding);
                        let column = (j * along.stride + l).checked_sub(along.padding);
                        let (Some(row), Some(column)) = (row, column) else {
                            continue;
                        };
                        if row >= input.height || column >= input.width {
                            continue;
                        }
                        for d in 0..input.channels {
                            let w =
                                ((filter * down.size + k) * along.size + l) * input.channels + d;
                            let below = (row * input.width + column) * input.channels + d;
                            visit(y, w, batch.place(sample, below, inputs));
                        }
                    }
                }
            }
        }
    }
}

impl<T: Element> Operator<T> for Plain {
    fn extent(&self) -> Extent {
        let outputs = self.output.numbers();
        Extent {
            inputs: self.windows.input.numbers(),
            outputs,
            channels: if self.is_shared {
                self.output.channels
            } else {
                outputs
            },
        }
    }

    fn weights(&self) -> Parameter {
        let Windows { input, down, along } = self.windows;
        let filter = [self.output.channels, down.size, along.size, input.channels];
        let places = [self.output.height, self.output.width];
        let first = if self.is_shared { &[] } else { &places[..] };
        Parameter {
            name: "weight",
            shape: first.iter().chain(&filter).copied().collect(),
            fan_in: self.windows.size() * input.channels,
            fan_out: self.windows.size() * self.output.channels,
            has_ridge: true,
        }
    }

    fn with_channels(&self, channels: usize) -> Option<Arc<dyn Operator<T>>> {
        Some(Arc::new(self.of_channels(channels)))
    }

    fn forward(
        &self,
        weights: Packed<'_, T>,
        x: Inputs<'_, T>,
        y: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        let (w, x) = (weights.0, x.numbers());
        y.fill(T::ZERO);
        self.each(batch, |to, at, from| y[to] += w[at] * x[from]);
        finish.apply(y, self.output.numbers(), batch);
    }

    fn pull_back(
        &self,
        through: Packed<'_, T>,
        signal: &[T],
        below: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        let w = through.0;
        below.fill(T::ZERO);
        self.each(batch, |from, at, to| below[to] += w[at] * signal[from]);
        finish.apply(below, self.windows.input.numbers(), batch);
    }

    fn gradient(&self, x: Inputs<'_, T>, delta: &[T], gradient: &mut [T], batch: Batch) {
        let x = x.numbers();
        self.each(batch, |y, w, at| gradient[w] += delta[y] * x[at]);
    }
}
