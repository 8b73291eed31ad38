//! Channels at mean 0 and variance 1 over a batch.

use crate::layer::batch::Batch;
use crate::layer::channels::{channel_sums, for_each_place, spread};
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::simd::Element;

/// Each channel less its mean, divided by its standard deviation. Ioffe and Szegedy (2015). Gains and biases are a
/// layer of their own behind it ([`Gain`](crate::internal::layer::Gain)).
///
/// In training, moments are those of the batch, over samples and places, with the variance that divides by their
/// number; `running_mean` and `running_variance` (that which divides by one less) move towards them by the share
/// `momentum`. Where nothing is trained, moments are the running ones.
///
/// # Example
/// ```
/// use falign::internal::layer::{BatchNorm, Kept, Map, Pass};
/// use falign::layer::Batch;
/// use falign::math::{StreamName, Streams};
/// let map = BatchNorm { channels: 1, places: 1, epsilon: 0.0, momentum: 0.5 };
/// let mut states: Vec<Vec<f64>> = map.states().into_iter().map(|(_, start)| start).collect();
/// let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
/// let mut pass = Pass { batch: Batch::rows(2), is_training: true, noise, states: &mut states };
/// let mut y = [0.0; 2];
/// map.forward(&[&[3.0, 7.0]], &mut y, &mut pass, &mut Kept::default());
/// assert_eq!(y, [-1.0, 1.0]);
/// assert_eq!(states, [[2.5], [4.5]]); // half-way from 0 to 5, and from 1 to 8
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// Channels, each with moments of its own.
    pub channels: usize,
    /// Places of a sample, each with all channels.
    pub places: usize,
    /// Added to the variance, such as 1e-5.
    pub epsilon: f64,
    /// Share by which the running moments move in a step, such as 0.1.
    pub momentum: f64,
}

impl BatchNorm {
    fn means<T: Element>(
        &self,
        batch: Batch,
        a: &[T],
        b: &[T],
        term: impl Fn(T, T) -> T,
    ) -> Vec<f64> {
        let mut means = channel_sums(self.channels, batch, a, b, term);
        let count = (batch.samples * self.places).max(1) as f64;
        for mean in &mut means {
            *mean /= count;
        }
        means
    }

    fn factors(&self, variances: &[f64]) -> Vec<f64> {
        let factor = |v: &f64| 1.0 / (v + self.epsilon).sqrt();
        variances.iter().map(factor).collect()
    }

    fn move_running<T: Element>(&self, moments: [&[f64]; 2], count: usize, states: &mut [Vec<T>]) {
        // Of a single number the variance is what it is.
        let unbiased = count as f64 / (count.max(2) - 1) as f64;
        for ((state, moments), factor) in states.iter_mut().zip(moments).zip([1.0, unbiased]) {
            for (running, moment) in state.iter_mut().zip(moments) {
                let (old, new) = (running.to_f64(), factor * moment);
                *running = T::from_f64(old + self.momentum * (new - old));
            }
        }
    }
}

impl<T: Element> Map<T> for BatchNorm {
    fn inputs(&self) -> Vec<usize> {
        vec![self.channels * self.places]
    }

    fn outputs(&self) -> usize {
        self.channels * self.places
    }

    fn states(&self) -> Vec<(&'static str, Vec<T>)> {
        vec![
            ("running_mean", vec![T::ZERO; self.channels]),
            ("running_variance", vec![T::ONE; self.channels]),
        ]
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], pass: &mut Pass<'_, T>, kept: &mut Kept<T>) {
        let (batch, x) = (pass.batch, x[0]);
        let running = |state: &[T]| -> Vec<f64> { state.iter().map(|s| s.to_f64()).collect() };
        let factors = if pass.is_training {
            let means = self.means(batch, x, x, |x, _| x);
            centre(&means, batch, x, y);
            let variances = self.means(batch, y, y, |y, z| y * z);
            let count = batch.samples * self.places;
            self.move_running([&means, &variances], count, pass.states);
            self.factors(&variances)
        } else {
            centre(&running(&pass.states[0]), batch, x, y);
            self.factors(&running(&pass.states[1]))
        };
        let of_lanes: Vec<T> = spread(&factors, batch);
        for y in y.chunks_exact_mut(of_lanes.len()) {
            for (y, &factor) in y.iter_mut().zip(&of_lanes) {
                *y = factor * *y;
            }
        }
        // Normalised numbers, then a factor for each channel; and whether the moments are the batch's.
        kept.numbers.clear();
        kept.numbers.extend_from_slice(y);
        kept.numbers.extend(factors.iter().map(|&f| T::from_f64(f)));
        kept.places.clear();
        kept.places.push(usize::from(pass.is_training));
    }

    fn pull_back(&self, signal: &[T], kept: &Kept<T>, below: &mut [&mut [T]], batch: Batch) {
        let (normal, factors) = kept.numbers.split_at(signal.len());
        let factors: Vec<f64> = factors.iter().map(|f| f.to_f64()).collect();
        let factors: Vec<T> = spread(&factors, batch);
        let run = factors.len();
        if kept.places == [0] {
            for_each_place(below[0], signal, run, |below, signal| {
                for ((below, &signal), &factor) in below.iter_mut().zip(signal).zip(&factors) {
                    *below = factor * signal;
                }
            });
            return;
        }
        // Moving one number moves the moments of its channel.
        let means = self.means(batch, signal, signal, |s, _| s);
        let along = self.means(batch, signal, normal, |s, n| s * n);
        centre(&means, batch, signal, below[0]);
        let along: Vec<T> = spread(&along, batch);
        for_each_place(below[0], normal, run, |below, normal| {
            for (at, below) in below.iter_mut().enumerate() {
                *below = factors[at] * (*below - normal[at] * along[at]);
            }
        });
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(PlainMap::BatchNorm(*self))
    }
}

/// y := x less numbers of channels.
fn centre<T: Element>(means: &[f64], batch: Batch, x: &[T], y: &mut [T]) {
    let means = spread(means, batch);
    for_each_place(y, x, means.len(), |y, x| {
        for ((y, &x), &mean) in y.iter_mut().zip(x).zip(&means) {
            *y = x - mean;
        }
    });
}
