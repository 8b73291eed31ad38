//! Layers without weights, or with several inputs.

use std::fmt;

use super::batch::Batch;
use super::plain_map::PlainMap;
use crate::math::Stream;

/// A function without weights: activation, pool, residual sum, normalisation, attention's core.
///
/// It pulls a signal back through its own slope at the forward pass that it kept, and never runs that
/// pass again: what was drawn or counted there was drawn or counted once.
pub trait Map<T>: fmt::Debug + Send + Sync {
    /// Numbers of one sample of each input.
    fn inputs(&self) -> Vec<usize>;

    /// Numbers of one sample of the output.
    fn outputs(&self) -> usize;

    /// Names of what it keeps from step to step, such as running means, and their numbers at the start;
    /// part of a checkpoint, and not trained. None by default.
    fn states(&self) -> Vec<(&'static str, Vec<T>)> {
        Vec::new()
    }

    /// Writes y, and keeps what [`pull_back`](Self::pull_back) needs.
    fn forward(&self, x: &[&[T]], y: &mut [T], pass: &mut Pass<'_, T>, kept: &mut Kept<T>);

    /// Writes the signal of each input from the output's.
    fn pull_back(&self, signal: &[T], kept: &Kept<T>, below: &mut [&mut [T]], batch: Batch);

    /// Map of the same numbers in plain loops, which audits hold it against. By default there is none.
    fn plain(&self) -> Option<PlainMap> {
        None
    }
}

/// A forward pass through a [`Map`].
#[derive(Debug)]
pub struct Pass<'a, T> {
    /// The batch.
    pub batch: Batch,
    /// Whether it trains; dropout is silent and running means stand still where it does not.
    pub is_training: bool,
    /// Draws of this layer in this step ([`Stream::enter`]).
    pub noise: &'a mut Stream,
    /// One array for each of [`Map::states`].
    pub states: &'a mut [Vec<T>],
}

/// Numbers that a [`Map`] keeps of its forward pass, in an order that only it knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept<T> {
    /// Slopes, masks, probabilities.
    pub numbers: Vec<T>,
    /// Places, such as those of maxima.
    pub places: Vec<usize>,
}
