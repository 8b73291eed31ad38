//! Channels of a batch: sums over samples and places, and numbers that all of them share.

use super::batch::Batch;
use crate::math::simd::Element;

/// Sums of a term of two numbers over all places and samples, of each channel; lanes without a sample
/// count for nothing. The order of the sums is the same in both layouts.
pub(crate) fn channel_sums<T: Element>(
    channels: usize,
    batch: Batch,
    a: &[T],
    b: &[T],
    term: impl Fn(T, T) -> T,
) -> Vec<f64> {
    let (lanes, mut totals) = (batch.lanes(), vec![0.0; channels]);
    let run = channels * lanes;
    let numbers = a.len() / batch.blocks().max(1);
    let mut sums = vec![0.0; run];
    let blocks = a.chunks(numbers.max(1)).zip(b.chunks(numbers.max(1)));
    for (block, (a, b)) in blocks.enumerate() {
        sums.fill(0.0);
        for (a, b) in a.chunks_exact(run).zip(b.chunks_exact(run)) {
            for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += term(a, b).to_f64();
            }
        }
        for lane in 0..batch.held(block) {
            for (total, sums) in totals.iter_mut().zip(sums.chunks_exact(lanes)) {
                *total += sums[lane];
            }
        }
    }
    totals
}

/// The number of each channel for every lane of a place.
pub(crate) fn spread<T: Element>(of_channels: &[f64], batch: Batch) -> Vec<T> {
    let lanes = |&number: &f64| std::iter::repeat_n(T::from_f64(number), batch.lanes());
    of_channels.iter().flat_map(lanes).collect()
}

/// Calls `visit` with each place of two signals of the same shape, `run` numbers each.
pub(crate) fn for_each_place<T>(
    to: &mut [T],
    from: &[T],
    run: usize,
    mut visit: impl FnMut(&mut [T], &[T]),
) {
    for (to, from) in to.chunks_exact_mut(run).zip(from.chunks_exact(run)) {
        visit(to, from);
    }
}
