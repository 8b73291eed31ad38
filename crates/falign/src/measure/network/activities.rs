//! Activities of samples against each other: in how many directions they vary.

use std::ops::Range;

use ndarray::{Array2, Axis};

use crate::math::{Scalar, multiply};

/// Samples whose activities are kept, at most.
const MOST: usize = 2000;
/// The golden ratio's part behind the point, in units of 2^-64: its multiples spread evenly over [0, 1).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Samples whose activities are kept: one of each run of samples, at a place in it that changes from run to
/// run, so that an order of classes that repeats is none among the chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    /// Length of a run.
    run: usize,
}

impl Chosen {
    /// Choice of at most [`MOST`] of so many.
    pub(super) fn of(samples: usize) -> Self {
        Self {
            run: samples.div_ceil(MOST).max(1),
        }
    }

    /// Samples of a chunk, counted from its start.
    pub(super) fn within(self, chunk: Range<usize>) -> Vec<usize> {
        let runs = chunk.start / self.run..chunk.end.div_ceil(self.run).min(MOST);
        let of_run = |run: usize| {
            let turned = u128::from((run as u64).wrapping_mul(GOLDEN));
            let place = (turned * self.run as u128) >> 64;
            run * self.run + usize::try_from(place).expect("below the run's length")
        };
        let chosen = runs.map(of_run).filter(|at| chunk.contains(at));
        chosen.map(|at| at - chunk.start).collect()
    }
}

/// Activities of a hidden layer at the chosen samples: 8 bytes a unit and sample.
#[derive(Debug)]
pub(super) struct Activities {
    /// (samples, units).
    rows: Array2<f64>,
}

impl Activities {
    pub(super) fn new(units: usize) -> Self {
        Self {
            rows: Array2::zeros((0, units)),
        }
    }

    /// Keeps these rows of a chunk, (chunk, units).
    pub(super) fn include<T: Scalar>(&mut self, activities: &Array2<T>, rows: &[usize]) {
        let kept = activities.select(Axis(0), rows).mapv(Scalar::to_f64);
        let added = self.rows.append(Axis(0), kept.view());
        added.expect("as many units in each chunk");
    }

    /// Inner products of all samples' activities, less their mean: (samples, samples). Cost: O(n^2 units).
    pub(super) fn products(&self) -> Array2<f64> {
        let mut centred = self.rows.clone();
        if let Some(mean) = centred.mean_axis(Axis(0)) {
            centred -= &mean;
        }
        let samples = centred.nrows();
        let mut products = Array2::zeros((samples, samples));
        let view = &mut products.view_mut();
        multiply(0.0, view, 1.0, &centred.view(), &centred.t());
        products
    }
}

/// (tr C)^2 / tr C^2 of the covariance C of activities, out of their [products](Activities::products), which have
/// the same eigenvalues but for a factor. NaN where nothing varies.
pub(super) fn effective_rank(products: &Array2<f64>) -> f64 {
    let trace = products.diag().sum();
    let squares: f64 = products.iter().map(|x| x * x).sum();
    trace * trace / squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn rank(rows: &Array2<f64>) -> f64 {
        let mut activities = Activities::new(rows.ncols());
        let all: Vec<usize> = (0..rows.nrows()).collect();
        activities.include(rows, &all);
        effective_rank(&activities.products())
    }

    #[test]
    fn a_direction_counts_by_the_variance_along_it() {
        // Variances along the axes are as 1 : 4 : 0; the mean counts for nothing. The exponential of
        // the entropy of 1/5 and 4/5 would be 1.65.
        let (a, b) = (1.0, 2.0);
        let rows = array![[a, 0.0, 5.0], [-a, 0.0, 5.0], [0.0, b, 5.0], [0.0, -b, 5.0]];
        assert!((rank(&rows) - 25.0 / 17.0).abs() < 1e-14);
        // A turn of the axes changes nothing.
        let (c, s) = (0.6, 0.8);
        let turn = array![[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]];
        assert!((rank(&rows.dot(&turn)) - 25.0 / 17.0).abs() < 1e-14);
        assert!(rank(&Array2::ones((4, 3))).is_nan());
    }

    #[test]
    fn the_chosen_are_one_of_each_run_in_whatever_chunks_they_come() {
        let chosen = Chosen::of(10_000);
        let whole = chosen.within(0..10_000);
        assert_eq!(whole.len(), MOST);
        for (run, &at) in whole.iter().enumerate() {
            assert_eq!(at / 5, run);
        }
        let starts = (0..10_000).step_by(17);
        let in_chunks = starts.flat_map(|start| {
            let chunk = chosen.within(start..10_000.min(start + 17));
            chunk.into_iter().map(move |at| start + at)
        });
        assert_eq!(in_chunks.collect::<Vec<_>>(), whole);
        // Classes that take turns are all there.
        for class in 0..10 {
            let count = whole.iter().filter(|&at| at % 10 == class).count();
            assert!((190..=210).contains(&count), "{count} of class {class}");
        }
        assert_eq!(Chosen::of(3).within(0..3), [0, 1, 2]);
        assert_eq!(Chosen::of(0).within(1990..2010).len(), 10);
    }
}
