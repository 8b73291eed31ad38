//! How far a long computation is, for whoever waits for it and may stop it.

use std::sync::{Mutex, PoisonError};

use crate::math::row_products;
use crate::{Error, Result};

/// Stage of a long computation that is not a step of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    /// Data that are generated: inputs, and the targets of a teacher.
    Data {
        /// The share that is done, from 0 to 1.
        share: f64,
    },
    /// Weights that are drawn, with what they give of the training inputs.
    Weights {
        /// The share that is done, from 0 to 1.
        share: f64,
    },
    /// A kernel, row by row or unit by unit.
    Kernel {
        /// Inputs, the rows of the kernel.
        samples: usize,
        /// The share that is done, from 0 to 1.
        share: f64,
    },
    /// The eigenvalues of a kernel, or a linear system with it, which come all at once.
    Eigenvalues {
        /// Rows of the kernel.
        samples: usize,
    },
    /// The largest curvature of a loss at a network's start.
    Curvature {
        /// The share of the batches that is done, from 0 to 1.
        share: f64,
    },
    /// The slow-time limit.
    SlowTime {
        /// Groups of particles in each sample of them; 0 for linear networks, which need none.
        groups: usize,
        /// The share that is done with as many groups, from 0 to 1.
        share: f64,
    },
    /// Starts that are drawn and followed to foretell a run.
    Forecast {
        /// The share of the starts that is done, from 0 to 1.
        share: f64,
    },
    /// Inequalities of lemmas, width by width.
    Lemmas {
        /// The share of the runs that is done, from 0 to 1.
        share: f64,
    },
}

impl Stage {
    /// Generated data at a share of them.
    pub(crate) fn data(share: f64) -> Self {
        Self::Data { share }
    }

    /// Drawn weights at a share of them.
    pub(crate) fn weights(share: f64) -> Self {
        Self::Weights { share }
    }
}

/// Receiver of every stage, which answers whether to go on.
#[derive(Clone, Copy)]
pub struct Listener<'a>(Option<&'a (dyn Fn(Stage) -> bool + Sync)>);

impl<'a> Listener<'a> {
    /// A listener that stops nothing.
    pub const NOBODY: Self = Self(None);

    /// Listener of a function that answers `false` to stop.
    pub fn new(notice: &'a (dyn Fn(Stage) -> bool + Sync)) -> Self {
        Self(Some(notice))
    }

    /// Whether anybody can stop what is done.
    pub(crate) fn is_there(self) -> bool {
        self.0.is_some()
    }

    /// Whether to go on.
    pub(crate) fn goes_on(self, stage: Stage) -> bool {
        self.0.is_none_or(|notice| notice(stage))
    }

    /// Tells of a stage.
    ///
    /// # Errors
    /// [`Error::Stopped`] where it is to stop.
    pub(crate) fn tell(self, stage: Stage) -> Result<()> {
        if self.goes_on(stage) {
            Ok(())
        } else {
            Err(Error::Stopped)
        }
    }
}

impl std::fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_there() {
            "Listener"
        } else {
            "Listener::NOBODY"
        })
    }
}

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
        let done = {
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            *done += more;
            *done
        };
        // An estimate of the whole may be too small.
        let share = (done / self.whole.max(1.0)).min(1.0);
        self.listener.tell((self.stage)(share))
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

/// Rows of which each costs `each` multiply-adds, between two looks at whether anybody still waits.
pub(crate) fn rows_at_once(each: usize) -> usize {
    (PRODUCTS / each.max(1)).max(1)
}

/// The value of what nobody stops.
pub(crate) fn whole<T>(work: impl FnOnce(Listener<'static>) -> Option<T>) -> T {
    work(Listener::NOBODY).expect("nobody stops it")
}

/// The value of what can fail only by being stopped, and is not.
pub(crate) fn unstopped<T>(work: impl FnOnce(Listener<'static>) -> Result<T>) -> T {
    work(Listener::NOBODY).expect("nobody stops it, and nothing else fails")
}

/// Times at which work is stopped in a test, at most.
#[cfg(test)]
const STOPS: usize = 40;

/// Does `work` to its end, and then stops it at each of the times that it tells of itself, or at
/// [`STOPS`] of many. Gives what was told.
///
/// # Panics
/// If it does not end at once where it is stopped, or tells something else than before.
#[cfg(test)]
pub(crate) fn stopped_at_each_stage<T>(work: impl Fn(Listener<'_>) -> Result<T>) -> Vec<Stage> {
    let told_until = |most: usize| {
        let told = Mutex::new(Vec::new());
        let notice = |stage| {
            let mut told = told.lock().unwrap();
            told.push(stage);
            told.len() <= most
        };
        let ended = work(Listener::new(&notice));
        (ended, told.into_inner().unwrap())
    };
    let (ended, all) = told_until(usize::MAX);
    assert!(ended.is_ok(), "nobody stopped it");
    for most in (0..all.len()).step_by(all.len().div_ceil(STOPS).max(1)) {
        let (ended, told) = told_until(most);
        assert!(
            matches!(ended, Err(Error::Stopped)),
            "at {most} of {}",
            all.len()
        );
        assert_eq!(told, all[..=most]);
    }
    all
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
