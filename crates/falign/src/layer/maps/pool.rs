//! One number of each channel for a window of places.

use crate::layer::batch::Batch;
use crate::layer::geometry::{Image, Windows};
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::keep_largest;
use crate::math::simd::Element;

/// The largest or the mean of the places of each window, channel by channel.
///
/// Places outside of the image are no candidates for the largest; in a mean they count as zeros. Of
/// equal numbers the first is the largest, and receives the signal.
///
/// # Example
/// ```
/// use falign::internal::layer::{Image, Kept, Map, Pass, Pool, Window, Windows};
/// use falign::layer::Batch;
/// use falign::math::{StreamName, Streams};
/// let input = Image { channels: 1, height: 1, width: 4 };
/// let along = Window { size: 2, stride: 2, padding: 0 };
/// let map = Pool::max(Windows { input, down: Window::POINT, along });
/// let (batch, mut kept) = (Batch::rows(1), Kept::default());
/// let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
/// let mut pass = Pass { batch, is_training: true, noise, states: &mut [] };
/// let (mut y, mut below) = ([0.0; 2], [0.0; 4]);
/// map.forward(&[&[3.0, 1.0, 2.0, 2.0]], &mut y, &mut pass, &mut kept);
/// map.pull_back(&[5.0, 7.0], &kept, &mut [&mut below], batch);
/// assert_eq!((y, below), ([3.0, 2.0], [5.0, 0.0, 7.0, 0.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    windows: Windows,
    output: Image,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Max,
    Mean,
}

impl Pool {
    /// The largest of each window.
    ///
    /// # Panics
    /// If a window does not fit the image.
    pub fn max(windows: Windows) -> Self {
        Self::new(windows, Kind::Max)
    }

    /// The mean of each window; of the whole image, where one window covers it.
    ///
    /// # Panics
    /// If a window does not fit the image.
    pub fn mean(windows: Windows) -> Self {
        Self::new(windows, Kind::Mean)
    }

    fn new(windows: Windows, kind: Kind) -> Self {
        let output = windows.output(windows.input.channels);
        Self {
            windows,
            output: output.expect("windows that fit the image"),
            kind,
        }
    }

    /// The image above.
    pub fn output(&self) -> Image {
        self.output
    }

    /// Numbers of a place and of blocks below and above, all samples of a block together.
    fn lengths(&self, batch: Batch) -> [usize; 3] {
        let lanes = batch.lanes();
        let images = [self.windows.input, self.output];
        let [below, above] = images.map(|image| image.numbers() * lanes);
        [self.output.channels * lanes, below, above]
    }
}

impl<T: Element> Map<T> for Pool {
    fn inputs(&self) -> Vec<usize> {
        vec![self.windows.input.numbers()]
    }

    fn outputs(&self) -> usize {
        self.output.numbers()
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], pass: &mut Pass<'_, T>, kept: &mut Kept<T>) {
        let [run, below, above] = self.lengths(pass.batch);
        let blocks = x[0].chunks_exact(below);
        match self.kind {
            Kind::Max => {
                // Where in its window each number was found.
                kept.numbers.resize(y.len(), T::ZERO);
                let found = kept.numbers.chunks_exact_mut(above);
                for ((x, y), found) in blocks.zip(y.chunks_exact_mut(above)).zip(found) {
                    let mut begun = None;
                    self.windows.each(|to, from, tap| {
                        let (to_run, tap) = (to * run..(to + 1) * run, T::from_f64(tap as f64));
                        let x = &x[from * run..(from + 1) * run];
                        let (y, found) = (&mut y[to_run.clone()], &mut found[to_run]);
                        if begun == Some(to) {
                            keep_largest(x, y, found, tap);
                        } else {
                            y.copy_from_slice(x);
                            found.fill(tap);
                            begun = Some(to);
                        }
                    });
                }
            }
            Kind::Mean => {
                y.fill(T::ZERO);
                for (x, y) in blocks.zip(y.chunks_exact_mut(above)) {
                    self.windows.each(|to, from, _| {
                        let x = &x[from * run..(from + 1) * run];
                        for (y, &x) in y[to * run..(to + 1) * run].iter_mut().zip(x) {
                            *y += x;
                        }
                    });
                }
                let share = T::from_f64(1.0 / self.windows.size() as f64);
                for y in y {
                    *y = share * *y;
                }
            }
        }
    }

    fn pull_back(&self, signal: &[T], kept: &Kept<T>, below: &mut [&mut [T]], batch: Batch) {
        let [run, length, above] = self.lengths(batch);
        let share = T::from_f64(1.0 / self.windows.size() as f64);
        below[0].fill(T::ZERO);
        let blocks = signal.chunks_exact(above).enumerate();
        for ((block, signal), below) in blocks.zip(below[0].chunks_exact_mut(length)) {
            self.windows.each(|from, to, tap| {
                let from = from * run..(from + 1) * run;
                let below = below[to * run..(to + 1) * run].iter_mut();
                let signal = &signal[from.clone()];
                match self.kind {
                    Kind::Max => {
                        let found = &kept.numbers[block * above..][from];
                        let tap = T::from_f64(tap as f64);
                        for (below, (&signal, &found)) in below.zip(signal.iter().zip(found)) {
                            *below += if found == tap { signal } else { T::ZERO };
                        }
                    }
                    Kind::Mean => {
                        for (below, &signal) in below.zip(signal) {
                            *below += share * signal;
                        }
                    }
                }
            });
        }
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(match self.kind {
            Kind::Max => PlainMap::Max(self.windows),
            Kind::Mean => PlainMap::Mean(self.windows),
        })
    }
}
