//! The numbers of an image in the order of a file.

use crate::layer::batch::Batch;
use crate::layer::geometry::Image;
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::simd::Element;

/// The numbers of an image, one channel after the other: `[channel][y][x]`, as in a file and in PyTorch,
/// from `[y][x][channel]`, as layers have them.
///
/// # Example
/// ```
/// use falign::internal::layer::{ChannelsFirst, Image, Kept, Map, Pass};
/// use falign::layer::Batch;
/// use falign::math::{StreamName, Streams};
/// let map = ChannelsFirst(Image { channels: 2, height: 1, width: 3 });
/// let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
/// let (batch, mut kept) = (Batch::rows(1), Kept::default());
/// let mut pass = Pass { batch, is_training: true, noise, states: &mut [] };
/// let mut y = [0.0; 6];
/// map.forward(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], &mut y, &mut pass, &mut kept);
/// assert_eq!(y, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelsFirst(pub Image);

impl ChannelsFirst {
    /// Calls `visit` with each number above and the number below that it is, as runs of the batch's lanes.
    fn each(self, length: usize, batch: Batch, mut visit: impl FnMut(usize, usize)) {
        let (channels, places, numbers) = (self.0.channels, self.0.places(), self.0.numbers());
        let run = batch.lanes();
        for block in 0..length / (numbers * run) {
            for above in 0..numbers {
                let (channel, place) = (above / places, above % places);
                let below = place * channels + channel;
                visit(
                    (block * numbers + above) * run,
                    (block * numbers + below) * run,
                );
            }
        }
    }
}

impl<T: Element> Map<T> for ChannelsFirst {
    fn inputs(&self) -> Vec<usize> {
        vec![self.0.numbers()]
    }

    fn outputs(&self) -> usize {
        self.0.numbers()
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], pass: &mut Pass<'_, T>, _: &mut Kept<T>) {
        let run = pass.batch.lanes();
        self.each(y.len(), pass.batch, |above, below| {
            y[above..above + run].copy_from_slice(&x[0][below..below + run]);
        });
    }

    fn pull_back(&self, signal: &[T], _: &Kept<T>, below: &mut [&mut [T]], batch: Batch) {
        let run = batch.lanes();
        self.each(signal.len(), batch, |above, to| {
            below[0][to..to + run].copy_from_slice(&signal[above..above + run]);
        });
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(PlainMap::ChannelsFirst(self.0))
    }
}
