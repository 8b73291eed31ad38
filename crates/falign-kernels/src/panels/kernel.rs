//! The fused step of one chunk of hidden units: one pass over Z.
//!
//! Per panel of units (in the lanes): a first pass reads psi(Z), accumulates the update of
//! beta and writes the teaching signals D, with one output in the place of psi(Z); the product
//! adds D K to Z; an epilogue accumulates the new outputs while the panel is still in the
//! first-level cache.
//! Nothing is allocated and no lane is wasted but the padding of the last panel.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::marker::PhantomData;
use std::ops::Range;

use super::forward::{clear, epilogue, write_partial};
use super::movement::Move;
use super::packed::Packed;
use super::shared::Shared;
use super::teach::teach;
use crate::Activation;
use crate::numbers::Numbers;
use crate::simd::activation::{LaneActivation, with_activation};
use crate::simd::{Element, Isa, Kernel, Vectors, dispatch};

/// Virtual vectors in a panel.
pub const VECTORS: usize = 3;

/// One sample's values of a panel of units.
pub type Tile<T> = [<T as Element>::Block; VECTORS];

/// A fixed range of hidden units, whatever the number of threads.
#[derive(Debug, Clone)]
pub struct Chunk<T: Element> {
    /// The first of its units.
    pub first_unit: usize,
    /// Units of the chunk, without those that fill the last panel up.
    pub units: usize,
    /// Preactivations, panel by panel, sample by sample.
    pub z: Vec<Tile<T>>,
    /// psi(z) where it is kept, else empty.
    pub a: Vec<Tile<T>>,
    /// beta, panel by panel, output by output.
    pub beta: Vec<Tile<T>>,
    /// b, likewise.
    pub feedback: Vec<Tile<T>>,
    /// C with W(t) = W(0) + C X, laid out as z; empty unless wanted.
    pub coefficients: Vec<Tile<T>>,
    /// Dropout factors of the current step, laid out as z; empty without dropout.
    pub mask: Vec<Tile<T>>,
    /// Share of this chunk in the outputs, (samples, outputs), unscaled.
    pub partial: Vec<f64>,
}

/// Scratch of one thread.
#[derive(Debug, Clone)]
pub struct Scratch<T: Element> {
    delta: Vec<Tile<T>>,
    /// Factors of each unit's residuals in this step, output by output.
    weights: Vec<Tile<T>>,
    pub(super) sums: Vec<T::Block>,
}

impl<T: Element> Scratch<T> {
    /// Scratch for so many samples and outputs.
    pub fn new(samples: usize, outputs: usize) -> Self {
        Self {
            delta: vec![[T::ZERO_BLOCK; VECTORS]; samples],
            weights: vec![[T::ZERO_BLOCK; VECTORS]; outputs],
            sums: vec![T::ZERO_BLOCK; samples * outputs],
        }
    }
}

/// How a step multiplies by K.
#[derive(Debug, Clone)]
pub enum Product<T: Element> {
    /// The teaching signals of every unit.
    Whole(Packed<T>),
    /// The residuals alone, where psi' = 1 for all units and samples.
    Shared(Shared<T>),
}

/// Takes one chunk's weights from step t to t + 1, and where `forward` its outputs too.
#[derive(Debug)]
pub struct Advance<'a, T: Element> {
    /// The units.
    pub chunk: &'a mut Chunk<T>,
    /// Scratch of this thread.
    pub scratch: &'a mut Scratch<T>,
    /// K.
    pub product: &'a Product<T>,
    /// Numbers that all units share.
    pub numbers: &'a Numbers<T>,
    /// Whether panels come from beyond the second-level cache and are asked for early.
    pub prefetch: bool,
    /// False with dropout, whose next factors are drawn when the whole step is done.
    pub forward: bool,
}

impl<T: Element> Advance<'_, T> {
    /// The step of units with this activation.
    pub fn run(self, activation: Activation) {
        T::advance_panels(activation, self);
    }
}

pub(crate) fn advance<T: Element>(activation: Activation, step: Advance<'_, T>) {
    with_activation!(activation, A => dispatch(Advancing::<T, A>(step, PhantomData)));
}

struct Advancing<'a, T: Element, A>(Advance<'a, T>, PhantomData<A>);

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Advancing<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Advance {
            chunk,
            scratch,
            product,
            numbers,
            prefetch,
            forward,
        } = self.0;
        let (n, k) = (numbers.samples, numbers.outputs);
        let delta = &mut scratch.delta[..n];
        let weights = &mut scratch.weights[..k];
        let sums = &mut scratch.sums[..n * k];
        clear(isa, sums);
        let last = chunk.z.len() / n - 1;
        let mut panels = chunk.z.chunks_exact_mut(n).enumerate().peekable();
        let mut panels_a = chunk.a.chunks_exact_mut(n).peekable();
        while let Some((p, z)) = panels.next() {
            let (samples, outputs) = (p * n..(p + 1) * n, p * k..(p + 1) * k);
            let a = panels_a.next().unwrap_or_default();
            let mask = part(&chunk.mask, samples.clone());
            let beta = &mut chunk.beta[outputs.clone()];
            let back = &mut chunk.feedback[outputs];
            let signals = teach::<T, A, S>(isa, numbers, z, a, mask, beta, back, weights, delta);
            if p == last {
                clear_padding::<T>(chunk.units, [beta, back]);
            }
            isa.apart(Move {
                product,
                weights,
                signals,
                z,
                next: [
                    panels.peek().map_or(&[][..], |(_, z)| z),
                    panels_a.peek().map_or(&[][..], |a| a),
                ],
                fetch: prefetch && p < last,
                is_stored: A::STORED,
                coefficients: part_mut(&mut chunk.coefficients, samples),
            });
            if forward {
                epilogue::<T, A, S>(isa, z, a, &[], beta, sums);
            }
        }
        if forward {
            write_partial::<T>(sums, &mut chunk.partial);
        }
    }
}

/// A panel's part of what may not be held at all.
#[inline(always)]
pub(super) fn part<V>(all: &[V], range: Range<usize>) -> &[V] {
    if all.is_empty() { all } else { &all[range] }
}

#[inline(always)]
pub(super) fn part_mut<V>(all: &mut [V], range: Range<usize>) -> &mut [V] {
    if all.is_empty() { all } else { &mut all[range] }
}

#[inline(always)]
pub(super) fn load_tile<T: Element, S: Isa<T>>(isa: S, tile: &Tile<T>) -> [S::V; VECTORS] {
    [isa.load(&tile[0]), isa.load(&tile[1]), isa.load(&tile[2])]
}

#[inline(always)]
pub(super) fn store_tile<T: Element, S: Isa<T>>(
    isa: S,
    values: [S::V; VECTORS],
    tile: &mut Tile<T>,
) {
    for v in 0..VECTORS {
        isa.store(values[v], &mut tile[v]);
    }
}

/// psi(z) of sample i.
#[inline(always)]
pub(super) fn activity<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    i: usize,
    z: &[Tile<T>],
    a: &[Tile<T>],
) -> [S::V; VECTORS] {
    if A::STORED {
        load_tile(isa, &a[i])
    } else {
        A::value(Vectors(isa), load_tile(isa, &z[i]))
    }
}

/// Units of the last panel beyond the width stay at zero weight, also where psi(0) is not zero.
#[inline(always)]
fn clear_padding<T: Element>(units: usize, weights: [&mut [Tile<T>]; 2]) {
    let panel = VECTORS * T::LANES;
    let held = units % panel;
    if held == 0 {
        return;
    }
    for tile in weights.into_iter().flatten() {
        for unit in held..panel {
            T::lanes_mut(&mut tile[unit / T::LANES])[unit % T::LANES] = T::ZERO;
        }
    }
}
