//! Work in small parts, which says how much of it is done.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Listener, Stage, apart};
use crate::math::row_products;
use crate::{Error, Result};

/// Cost of a normal draw, in multiply-adds of a product.
pub(crate) const DRAW: f64 = 32.0;

/// Draws between two looks at whether anybody still waits: a hundredth of a second.
const DRAWS: usize = 1 << 18;

/// Multiply-adds between two looks, about as long.
const PRODUCTS: usize = 1 << 25;

/// A piece of work in small parts, which says how much of it is done. What is computed does not
/// depend on who listens.
pub(crate) struct Work<'a> {
    listener: Listener<'a>,
    stage: &'a (dyn Fn(f64) -> Stage + Sync),
    whole: f64,
    done: Mutex<f64>,
}

impl<'a> Work<'a> {
    /// `whole` multiply-adds, or as many of another unit; `stage` names it at a share.
    pub(crate) fn new(
        listener: Listener<'a>,
        whole: f64,
        stage: &'a (dyn Fn(f64) -> Stage + Sync),
    ) -> Self {
        Self {
            listener,
            stage,
            whole,
            done: Mutex::new(0.0),
        }
    }

    /// Tells that `more` of it is done.
    ///
    /// # Errors
    /// [`Error::Stopped`] where it is to stop.
    pub(crate) fn did(&self, more: f64) -> Result<()> {
        if !self.listener.is_there() {
            return Ok(());
        }
        self.listener.tell((self.stage)(self.share(more)))
    }

    /// The share that is done with `more` of it.
    fn share(&self, more: f64) -> f64 {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += more;
        // An estimate of the whole may be too small.
        (*done / self.whole.max(1.0)).min(1.0)
    }

    /// Alike parts of it, of which each costs `each` multiply-adds.
    pub(crate) fn parts(&self, each: usize) -> Parts<'_> {
        Parts {
            work: self,
            each: each as f64,
            together: rows_at_once(each),
            begun: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Does on a separate thread what cannot be interrupted, if it `is_long`.
    ///
    /// # Errors
    /// [`Error::Stopped`] where it is to stop: the thread is left to end by itself.
    pub(crate) fn apart<T: Send + 'static>(
        &self,
        is_long: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        if !is_long || !self.listener.is_there() {
            return Ok(work());
        }
        let stage = (self.stage)(self.share(0.0));
        apart(self.listener, stage, Duration::ZERO, |_| work())
    }

    /// Makes `count` draws, one after another.
    ///
    /// # Errors
    /// As [`did`](Self::did).
    pub(crate) fn draw<T>(&self, count: usize, mut next: impl FnMut() -> T) -> Result<Vec<T>> {
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            self.did(0.0)?;
            let part = DRAWS.min(count - values.len());
            values.extend(std::iter::repeat_with(&mut next).take(part));
            self.did(DRAW * part as f64)?;
        }
        Ok(values)
    }

    /// [`row_products`], a few rows at a time.
    ///
    /// # Errors
    /// As [`did`](Self::did).
    pub(crate) fn products(&self, rows: &[f64], inputs: &[f64], dim: usize) -> Result<Vec<f64>> {
        self.products_by(rows_at_once(inputs.len()), rows, inputs, dim)
    }

    fn products_by(
        &self,
        count: usize,
        rows: &[f64],
        inputs: &[f64],
        dim: usize,
    ) -> Result<Vec<f64>> {
        let samples = inputs.len() / dim.max(1);
        let mut products = Vec::with_capacity(rows.len() / dim.max(1) * samples);
        for part in rows.chunks(count.saturating_mul(dim.max(1))) {
            self.did(0.0)?;
            products.extend(row_products(part, inputs, dim));
            self.did(part.len() as f64 * samples as f64)?;
        }
        Ok(products)
    }
}

/// Parts of some work that cost the same, done in any order by any number of threads.
pub(crate) struct Parts<'a> {
    work: &'a Work<'a>,
    each: f64,
    /// Parts between two looks at whether anybody still waits.
    together: usize,
    begun: AtomicUsize,
    is_stopped: AtomicBool,
}

impl Parts<'_> {
    /// Looks, before one of them is done, whether anybody still waits.
    ///
    /// # Errors
    /// [`Error::Stopped`] where it is to stop.
    pub(crate) fn look(&self) -> Result<()> {
        if self.work.listener.is_there() && self.stops() {
            return Err(Error::Stopped);
        }
        Ok(())
    }

    /// Does one of them; nothing once it is to stop.
    pub(crate) fn part(&self, part: impl FnOnce()) {
        if self.look().is_ok() {
            part();
        }
    }

    fn stops(&self) -> bool {
        if self.is_stopped.load(Ordering::Relaxed) {
            return true;
        }
        let before = self.begun.fetch_add(1, Ordering::Relaxed);
        if !before.is_multiple_of(self.together) {
            return false;
        }
        let more = if before == 0 { 0 } else { self.together };
        let stops = self.work.did(more as f64 * self.each).is_err();
        if stops {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        stops
    }

    /// Ends them.
    ///
    /// # Errors
    /// [`Error::Stopped`] where they were stopped, and not all of them are done.
    pub(crate) fn end(self) -> Result<()> {
        if self.is_stopped.into_inner() {
            return Err(Error::Stopped);
        }
        let begun = self.begun.into_inner();
        let told = begun.saturating_sub(1) / self.together * self.together;
        self.work.did((begun - told) as f64 * self.each)
    }
}

/// Rows of which each costs `each` multiply-adds, between two looks at whether anybody still waits.
pub(crate) fn rows_at_once(each: usize) -> usize {
    (PRODUCTS / each.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{StreamName, Streams};

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn draws_in_parts_are_the_draws_of_one_stream_and_their_shares_ascend() {
        let count = 2 * DRAWS + 12_345;
        let noticed = Mutex::new(Vec::new());
        let notice = |stage| {
            noticed.lock().unwrap().push(stage);
            true
        };
        let work = Work::new(Listener::new(&notice), DRAW * count as f64, &Stage::weights);
        let mut stream = Streams::new(5, 2).open(StreamName::HiddenWeights);
        let drawn = work.draw(count, || stream.word()).unwrap();
        let mut stream = Streams::new(5, 2).open(StreamName::HiddenWeights);
        assert!(drawn.iter().all(|word| *word == stream.word()));
        let shares: Vec<f64> = noticed
            .into_inner()
            .unwrap()
            .into_iter()
            .map(|stage| match stage {
                Stage::Weights { share } => share,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(shares.len(), 6, "before and after each part");
        assert!(
            shares.windows(2).all(|pair| pair[0] <= pair[1]),
            "{shares:?}"
        );
        assert!(
            shares[0] == 0.0 && (shares[5] - 1.0).abs() < 1e-12,
            "{shares:?}"
        );
    }

    #[test]
    fn products_in_parts_have_the_bits_of_products_at_once() {
        let (samples, dim) = (13, 7);
        let rows: Vec<f64> = (0..59 * dim).map(|i| (i as f64 * 0.37).sin()).collect();
        let inputs: Vec<f64> = (0..samples * dim)
            .map(|i| (i as f64 * 0.71).cos())
            .collect();
        let work = Work::new(Listener::NOBODY, 1.0, &Stage::weights);
        let whole = row_products(&rows, &inputs, dim);
        assert_eq!(whole.len(), 59 * samples);
        for count in [1, 5, 59, usize::MAX] {
            let parts = work.products_by(count, &rows, &inputs, dim).unwrap();
            assert_eq!(bits(&parts), bits(&whole), "{count} at once");
        }
        assert_eq!(rows_at_once(PRODUCTS / 3), 3);
        assert_eq!(rows_at_once(PRODUCTS + 1), 1);
    }

    #[test]
    fn parts_are_all_done_or_stopped_and_tell_of_all_their_work() {
        let all = |goes_on: fn(Stage) -> bool| {
            let told = Mutex::new(Vec::new());
            let notice = |stage| {
                told.lock().unwrap().push(stage);
                goes_on(stage)
            };
            let each = PRODUCTS / 3;
            let whole = 8.0 * each as f64;
            let work = Work::new(Listener::new(&notice), whole, &Stage::weights);
            let (parts, mut done) = (work.parts(each), 0);
            for _ in 0..8 {
                parts.part(|| done += 1);
            }
            let ended = parts.end();
            (done, ended, told.into_inner().unwrap())
        };
        let (done, ended, told) = all(|_| true);
        assert!(done == 8 && ended.is_ok());
        let shares: Vec<f64> = told
            .into_iter()
            .map(|stage| match stage {
                Stage::Weights { share } => 8.0 * share,
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [0.0, 3.0, 6.0, 8.0];
        assert_eq!(shares.len(), expected.len(), "{shares:?}");
        let pairs = shares.iter().zip(expected);
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12),
            "{shares:?}"
        );
        let (done, ended, _) = all(|stage| stage == Stage::weights(0.0));
        assert!(matches!(ended, Err(Error::Stopped)) && done == 3, "{done}");
    }

    #[test]
    fn what_is_stopped_draws_and_multiplies_no_further() {
        let stop_at_half = |stage| matches!(stage, Stage::Weights { share } if share < 0.5);
        let count = 4 * DRAWS;
        let work = Work::new(
            Listener::new(&stop_at_half),
            DRAW * count as f64,
            &Stage::weights,
        );
        let mut draws = 0;
        let drawn = work.draw(count, || draws += 1);
        assert!(matches!(drawn, Err(Error::Stopped)), "{drawn:?}");
        assert_eq!(draws, 2 * DRAWS);
        let nothing = |_: Stage| false;
        let work = Work::new(Listener::new(&nothing), 1.0, &Stage::weights);
        assert!(matches!(
            work.products(&[1.0], &[2.0], 1),
            Err(Error::Stopped)
        ));
    }
}
