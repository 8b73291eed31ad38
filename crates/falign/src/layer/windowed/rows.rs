//! The gradient by weights that no two places share.

use std::ops::Range;

use falign_kernels::lanes::WeightSums;

use crate::layer::batch::Batch;
use crate::layer::geometry::{Image, Windows};
use crate::math::simd::Element;

/// Samples that one chain of products sums.
const CHAIN: usize = 64;

/// Adds the gradient by weights of (places, channels, down, along, channels below).
///
/// Samples are laid out in rows, with zeros around their images, some at a time: so sums have the same
/// bits whatever the layout.
pub(super) fn add_gradient<T: Element>(
    windows: Windows,
    output: Image,
    [x, delta]: [&[T]; 2],
    gradient: &mut [T],
    batch: Batch,
) {
    let Windows { input, down, along } = windows;
    let around = Image {
        height: input.height + 2 * down.padding,
        width: input.width + 2 * along.padding,
        ..input
    };
    let row = around.numbers() + WeightSums::<T>::BEYOND;
    let (line, around_line) = (input.width * input.channels, around.width * input.channels);
    let inside = down.padding * around_line + along.padding * input.channels;
    let count = along.size * input.channels;
    let of_channel = down.size * count;
    for first in (0..batch.samples).step_by(CHAIN) {
        let samples = first..(first + CHAIN).min(batch.samples);
        let to = |at: usize| inside + at / line * around_line + at % line;
        let below = rows(x, input.numbers(), batch, samples.clone(), row, to);
        let numbers = output.numbers();
        let delta = rows(delta, numbers, batch, samples.clone(), numbers, |at| at);
        for place in 0..output.places() {
            let (i, j) = (place / output.width, place % output.width);
            for k in 0..down.size {
                let at = (i * down.stride + k) * around_line + j * along.stride * input.channels;
                WeightSums {
                    below: &below[at..],
                    below_row: row,
                    delta: &delta[place * output.channels..],
                    delta_row: numbers,
                    samples: samples.len(),
                    channels: output.channels,
                    count,
                    gradient: &mut gradient[place * output.channels * of_channel + k * count..],
                    row: of_channel,
                }
                .run();
            }
        }
    }
}

/// Samples one after the other, `row` apart, each number where `to` puts it, zeros elsewhere.
fn rows<T: Element>(
    values: &[T],
    numbers: usize,
    batch: Batch,
    samples: Range<usize>,
    row: usize,
    to: impl Fn(usize) -> usize,
) -> Vec<T> {
    let mut rows = vec![T::ZERO; samples.len() * row];
    let starts: Vec<usize> = samples.map(|at| batch.place(at, 0, numbers)).collect();
    let next = batch.lanes();
    for at in 0..numbers {
        let (to, values) = (to(at), &values[at * next..]);
        for (&start, row) in starts.iter().zip(rows.chunks_exact_mut(row)) {
            row[to] = values[start];
        }
    }
    rows
}
