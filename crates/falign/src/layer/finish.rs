//! Operations on numbers on their way to memory.

use super::batch::Batch;
use crate::math::Scalar;

/// Operation of an operator on each number that it has made, before it leaves the registers.
///
/// # Example
/// ```
/// use falign::layer::{Batch, Finish};
/// let mut z = [1.0, 2.0, 3.0, 4.0]; // two samples, two channels
/// Finish::Bias(&[10.0, 20.0]).apply(&mut z, 2, Batch::rows(2));
/// assert_eq!(z, [11.0, 22.0, 13.0, 24.0]);
/// Finish::Rectified(&[1.0, 0.0, 0.5, 0.0]).apply(&mut z, 2, Batch::rows(2));
/// assert_eq!(z, [11.0, 0.0, 13.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finish<'a, T> {
    /// Leaves the numbers as they are.
    None,
    /// Adds the bias of its channel: one number for each.
    Bias(&'a [T]),
    /// Multiplies by psi', which lies as the numbers do.
    Slopes(&'a [T]),
    /// Multiplies by psi' of rectified units with these activities: 0 where they are not above 0.
    Rectified(&'a [T]),
}

impl<T: Scalar> Finish<'_, T> {
    /// Applies it, in a separate pass, to `numbers` of each sample: for operators that have no
    /// faster way.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn apply(self, values: &mut [T], numbers: usize, batch: Batch) {
        match self {
            Self::None => {}
            Self::Bias(bias) => {
                let lanes = batch.lanes();
                assert_eq!(values.len(), batch.length(numbers), "numbers of a batch");
                for place in values.chunks_exact_mut(bias.len() * lanes) {
                    for (values, &bias) in place.chunks_exact_mut(lanes).zip(bias) {
                        for value in values {
                            *value += bias;
                        }
                    }
                }
            }
            Self::Slopes(slopes) => {
                assert_eq!(values.len(), slopes.len(), "as many slopes as numbers");
                for (value, &slope) in values.iter_mut().zip(slopes) {
                    *value = *value * slope;
                }
            }
            Self::Rectified(activities) => {
                assert_eq!(values.len(), activities.len(), "as many as numbers");
                for (value, &activity) in values.iter_mut().zip(activities) {
                    *value = *value * if activity <= T::ZERO { T::ZERO } else { T::ONE };
                }
            }
        }
    }
}

/// Adds to each channel's gradient the deltas of all its places and samples: of each sample over places first,
/// then those sums in the order of samples, in both layouts.
///
/// `delta` has `numbers` of each sample, the channels of a place side by side.
///
/// # Panics
/// If lengths do not fit.
pub fn bias_gradient<T: Scalar>(delta: &[T], numbers: usize, gradient: &mut [T], batch: Batch) {
    let (channels, lanes) = (gradient.len(), batch.lanes());
    let mut sums = vec![T::ZERO; channels * lanes];
    for (block, delta) in delta.chunks_exact(numbers * lanes).enumerate() {
        sums.fill(T::ZERO);
        for place in delta.chunks_exact(channels * lanes) {
            for (sum, &delta) in sums.iter_mut().zip(place) {
                *sum += delta;
            }
        }
        // Lanes without a sample hold anything.
        for lane in 0..batch.held(block) {
            for (gradient, sums) in gradient.iter_mut().zip(sums.chunks_exact(lanes)) {
                *gradient += sums[lane];
            }
        }
    }
}
