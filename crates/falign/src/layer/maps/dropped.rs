//! Numbers that are silenced at random while a network trains.

use crate::layer::batch::Batch;
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::Stream;
use crate::math::simd::Element;

/// Dropout: in training each number is 0 with probability `rate`, and else multiplied by 1/(1 - rate);
/// where nothing is trained, each stays as it is. Srivastava et al. (2014).
///
/// The draws of a sample are the same in both layouts.
///
/// # Example
/// ```
/// use falign::internal::layer::{Dropped, Kept, Map, Pass};
/// use falign::layer::Batch;
/// use falign::math::{StreamName, Streams};
/// let (map, batch, mut kept) = (Dropped { numbers: 2, rate: 0.5 }, Batch::rows(3), Kept::default());
/// let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
/// let mut pass = Pass { batch, is_training: true, noise, states: &mut [] };
/// let mut y = [0.0; 6];
/// map.forward(&[&[1.5; 6]], &mut y, &mut pass, &mut kept);
/// assert!(y.iter().all(|&y| y == 0.0 || y == 3.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropped {
    /// Numbers of one sample.
    pub numbers: usize,
    /// Probability that a number is silent, in [0, 1).
    pub rate: f64,
}

impl<T: Element> Map<T> for Dropped {
    fn inputs(&self) -> Vec<usize> {
        vec![self.numbers]
    }

    fn outputs(&self) -> usize {
        self.numbers
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], pass: &mut Pass<'_, T>, kept: &mut Kept<T>) {
        kept.numbers.clear();
        if pass.is_training {
            draw_masks(
                &mut kept.numbers,
                self.numbers,
                pass.batch,
                self.rate,
                pass.noise,
            );
        } else {
            kept.numbers.resize(y.len(), T::ONE);
        }
        times(y, x[0], &kept.numbers);
    }

    fn pull_back(&self, signal: &[T], kept: &Kept<T>, below: &mut [&mut [T]], _: Batch) {
        times(below[0], signal, &kept.numbers);
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(PlainMap::Dropped(*self))
    }
}

fn times<T: Element>(to: &mut [T], from: &[T], masks: &[T]) {
    for (to, (&from, &mask)) in to.iter_mut().zip(from.iter().zip(masks)) {
        *to = from * mask;
    }
}

/// Writes the factor of each number of a batch, `numbers` a sample: 0 at this rate, and else what keeps
/// the mean. Sample by sample, whatever the layout.
pub(crate) fn draw_masks<T: Element>(
    masks: &mut Vec<T>,
    numbers: usize,
    batch: Batch,
    rate: f64,
    noise: &mut Stream,
) {
    masks.resize(batch.length(numbers), T::ZERO);
    let heard = T::from_f64(1.0 / (1.0 - rate));
    let lanes = batch.lanes();
    for sample in 0..batch.samples {
        let first = batch.place(sample, 0, numbers);
        for mask in masks[first..].iter_mut().step_by(lanes).take(numbers) {
            let is_silent = noise.uniform() < rate;
            *mask = if is_silent { T::ZERO } else { heard };
        }
    }
}
