//! Numbers of a sample at mean 0 and variance 1.

use crate::layer::batch::Batch;
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::simd::Element;

/// Each sample's numbers less their mean, divided by their standard deviation, group by group: a group is
/// the whole image, or a token. Ba, Kiros and Hinton (2016). Gains and biases are a layer of their own
/// behind it ([`Gain`](crate::internal::layer::Gain)).
///
/// # Example
/// ```
/// use falign::internal::layer::{Kept, LayerNorm, Map, Pass};
/// use falign::layer::Batch;
/// use falign::math::{StreamName, Streams};
/// let map = LayerNorm { groups: 1, size: 2, epsilon: 0.0 };
/// let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
/// let mut pass = Pass { batch: Batch::rows(1), is_training: true, noise, states: &mut [] };
/// let mut y = [0.0; 2];
/// map.forward(&[&[3.0, 7.0]], &mut y, &mut pass, &mut Kept::default());
/// assert_eq!(y, [-1.0, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNorm {
    /// Groups of a sample.
    pub groups: usize,
    /// Numbers of a group, one behind the other.
    pub size: usize,
    /// Added to the variance, such as 1e-5.
    pub epsilon: f64,
}

impl LayerNorm {
    /// Means over the numbers of a group, of each lane.
    fn means<T: Element>(
        &self,
        lanes: usize,
        a: &[T],
        b: &[T],
        term: impl Fn(T, T) -> T,
    ) -> Vec<T> {
        let mut sums = vec![0.0; lanes];
        for (a, b) in a.chunks_exact(lanes).zip(b.chunks_exact(lanes)) {
            for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += term(a, b).to_f64();
            }
        }
        let mean = |sum: f64| T::from_f64(sum / self.size as f64);
        sums.into_iter().map(mean).collect()
    }
}

impl<T: Element> Map<T> for LayerNorm {
    fn inputs(&self) -> Vec<usize> {
        vec![self.groups * self.size]
    }

    fn outputs(&self) -> usize {
        self.groups * self.size
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], pass: &mut Pass<'_, T>, kept: &mut Kept<T>) {
        let lanes = pass.batch.lanes();
        let group = self.size * lanes;
        // Normalised numbers, then a factor for each lane of each group.
        kept.numbers.clear();
        let mut factors = Vec::new();
        for (x, y) in x[0].chunks_exact(group).zip(y.chunks_exact_mut(group)) {
            let means = self.means(lanes, x, x, |x, _| x);
            for (y, x) in y.chunks_exact_mut(lanes).zip(x.chunks_exact(lanes)) {
                for (y, (&x, &mean)) in y.iter_mut().zip(x.iter().zip(&means)) {
                    *y = x - mean;
                }
            }
            let variances = self.means(lanes, y, y, |y, z| y * z);
            let factor = |v: T| T::from_f64(1.0 / (v.to_f64() + self.epsilon).sqrt());
            let of_group: Vec<T> = variances.into_iter().map(factor).collect();
            for y in y.chunks_exact_mut(lanes) {
                for (y, &factor) in y.iter_mut().zip(&of_group) {
                    *y = factor * *y;
                }
            }
            factors.extend(of_group);
        }
        kept.numbers.extend_from_slice(y);
        kept.numbers.extend(factors);
    }

    fn pull_back(&self, signal: &[T], kept: &Kept<T>, below: &mut [&mut [T]], batch: Batch) {
        let lanes = batch.lanes();
        let group = self.size * lanes;
        let (normal, factors) = kept.numbers.split_at(signal.len());
        let groups = signal.chunks_exact(group).zip(normal.chunks_exact(group));
        let below = below[0].chunks_exact_mut(group);
        for (((signal, normal), factors), below) in
            groups.zip(factors.chunks_exact(lanes)).zip(below)
        {
            let means = self.means(lanes, signal, signal, |s, _| s);
            let along = self.means(lanes, signal, normal, |s, n| s * n);
            for (at, below) in below.chunks_exact_mut(lanes).enumerate() {
                let here = at * lanes..(at + 1) * lanes;
                let (signal, normal) = (&signal[here.clone()], &normal[here]);
                for (lane, below) in below.iter_mut().enumerate() {
                    let rest = signal[lane] - means[lane] - normal[lane] * along[lane];
                    *below = factors[lane] * rest;
                }
            }
        }
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(PlainMap::LayerNorm(*self))
    }
}
