//! The fused step of one chunk of hidden units: one pass over Z.
//!
//! Per panel of units (in the lanes): a prologue reads psi(Z), accumulates the update of
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

use super::super::numbers::Numbers;
use super::forward::{clear, epilogue, write_partial};
use super::packed::{Packed, PackedTile, TALLEST, abreast};
use super::prologue::prologue;
use super::shared::Shared;
use crate::math::simd::activation::LaneActivation;
use crate::math::simd::{Abreast, Element, Isa, Kernel};

/// Virtual vectors in a panel.
pub(super) const VECTORS: usize = 3;

/// One sample's values of a panel of units.
pub(super) type Tile<T> = [<T as Element>::Block; VECTORS];

/// A fixed range of hidden units, whatever the number of threads.
#[derive(Debug, Clone)]
pub(super) struct Chunk<T: Element> {
    pub(super) first_unit: usize,
    pub(super) units: usize,
    /// Preactivations, panel by panel, sample by sample.
    pub(super) z: Vec<Tile<T>>,
    /// psi(z) where it is kept, else empty.
    pub(super) a: Vec<Tile<T>>,
    /// beta, panel by panel, output by output.
    pub(super) beta: Vec<Tile<T>>,
    /// b, likewise.
    pub(super) feedback: Vec<Tile<T>>,
    /// C with W(t) = W(0) + C X, laid out as z; empty unless wanted.
    pub(super) coefficients: Vec<Tile<T>>,
    /// Dropout factors of the current step, laid out as z; empty without dropout.
    pub(super) mask: Vec<Tile<T>>,
    /// Share of this chunk in the outputs, (samples, outputs), unscaled.
    pub(super) partial: Vec<f64>,
}

/// Scratch of one thread.
#[derive(Debug, Clone)]
pub(super) struct Scratch<T: Element> {
    delta: Vec<Tile<T>>,
    /// Factors of each unit's residuals in this step, output by output.
    weights: Vec<Tile<T>>,
    pub(super) sums: Vec<T::Block>,
}

impl<T: Element> Scratch<T> {
    pub(super) fn new(samples: usize, outputs: usize) -> Self {
        Self {
            delta: vec![[T::ZERO_BLOCK; VECTORS]; samples],
            weights: vec![[T::ZERO_BLOCK; VECTORS]; outputs],
            sums: vec![T::ZERO_BLOCK; samples * outputs],
        }
    }
}

/// How a step multiplies by K.
#[derive(Debug, Clone)]
pub(super) enum Product<T: Element> {
    /// The teaching signals of every unit.
    Whole(Packed<T>),
    /// The residuals alone, where psi' = 1 for all units and samples.
    Shared(Shared<T>),
}

/// Takes one chunk's weights from step t to t + 1, and where `forward` its outputs too.
pub(super) struct Advance<'a, T: Element, A> {
    pub(super) chunk: &'a mut Chunk<T>,
    pub(super) scratch: &'a mut Scratch<T>,
    pub(super) product: &'a Product<T>,
    pub(super) numbers: &'a Numbers<T>,
    /// Whether panels come from beyond the second-level cache and are asked for early.
    pub(super) prefetch: bool,
    /// False with dropout, whose next factors are drawn when the whole step is done.
    pub(super) forward: bool,
    pub(super) activation: PhantomData<A>,
}

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Advance<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Self {
            chunk,
            scratch,
            product,
            numbers,
            prefetch,
            forward,
            ..
        } = self;
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
            let signals = prologue::<T, A, S>(isa, numbers, z, a, mask, beta, back, weights, delta);
            if p == last {
                clear_padding::<T>(chunk.units, [beta, back]);
            }
            match product {
                Product::Whole(kernel) => {
                    let next = [
                        panels.peek().map_or(&[][..], |(_, z)| z),
                        panels_a.peek().map_or(&[][..], |a| a),
                    ];
                    let next = next.map(<[Tile<T>]>::as_flattened);
                    for (t, tile) in kernel.tiles.iter().enumerate() {
                        // So many tiles have as many columns as a panel has blocks.
                        if prefetch && t < VECTORS && p < last {
                            let wanted = next.map(|blocks| part(blocks, t * n..(t + 1) * n));
                            add_tile::<T, A, S, true>(isa, tile, signals, z, wanted);
                        } else {
                            add_tile::<T, A, S, false>(isa, tile, signals, z, [&[]; 2]);
                        }
                    }
                }
                Product::Shared(shared) => shared.add_to(isa, weights, z),
            }
            for (c, d) in part_mut(&mut chunk.coefficients, samples)
                .iter_mut()
                .zip(signals)
            {
                for v in 0..VECTORS {
                    let sum = isa.add(isa.load(&c[v]), isa.load(&d[v]));
                    isa.store(sum, &mut c[v]);
                }
            }
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
        A::value(Abreast(isa), load_tile(isa, &z[i]))
    }
}

/// Z += D K for the rows of one tile. Where `FETCH`, each column asks for one block that is `wanted`
/// next of Z, and of psi(Z) where it is kept.
#[inline(always)]
fn add_tile<T: Element, A: LaneActivation<T>, S: Isa<T>, const FETCH: bool>(
    isa: S,
    tile: &PackedTile<T>,
    delta: &[Tile<T>],
    z: &mut [Tile<T>],
    wanted: [&[T::Block]; 2],
) {
    let rows = &mut z[tile.first..tile.first + tile.height];
    let entries = &tile.entries;
    match tile.height {
        1 => register_tiles::<T, A, S, 1, FETCH>(isa, entries, delta, rows, wanted),
        2 => register_tiles::<T, A, S, 2, FETCH>(isa, entries, delta, rows, wanted),
        3 => register_tiles::<T, A, S, 3, FETCH>(isa, entries, delta, rows, wanted),
        4 => register_tiles::<T, A, S, 4, FETCH>(isa, entries, delta, rows, wanted),
        5 => register_tiles::<T, A, S, 5, FETCH>(isa, entries, delta, rows, wanted),
        6 => register_tiles::<T, A, S, 6, FETCH>(isa, entries, delta, rows, wanted),
        7 => register_tiles::<T, A, S, 7, FETCH>(isa, entries, delta, rows, wanted),
        TALLEST => register_tiles::<T, A, S, TALLEST, FETCH>(isa, entries, delta, rows, wanted),
        _ => unreachable!("tiles are at most so tall"),
    }
}

/// Product with as many vectors of the panel at a time as registers hold.
#[inline(always)]
fn register_tiles<
    T: Element,
    A: LaneActivation<T>,
    S: Isa<T>,
    const R: usize,
    const FETCH: bool,
>(
    isa: S,
    entries: &[T],
    delta: &[Tile<T>],
    rows: &mut [Tile<T>],
    wanted: [&[T::Block]; 2],
) {
    let stored = A::STORED;
    if const { abreast(S::PATH) == VECTORS } {
        register_tile::<T, S, R, VECTORS, FETCH>(isa, entries, delta, rows, 0, wanted, stored);
    } else {
        register_tile::<T, S, R, 1, FETCH>(isa, entries, delta, rows, 0, wanted, stored);
        for first in 1..VECTORS {
            register_tile::<T, S, R, 1, false>(isa, entries, delta, rows, first, wanted, stored);
        }
    }
}

/// `V` vectors of the panel from `first` on.
#[inline(always)]
fn register_tile<T: Element, S: Isa<T>, const R: usize, const V: usize, const FETCH: bool>(
    isa: S,
    entries: &[T],
    delta: &[Tile<T>],
    rows: &mut [Tile<T>],
    first: usize,
    wanted: [&[T::Block]; 2],
    is_stored: bool,
) {
    let mut sums = [[isa.splat(T::ZERO); V]; R];
    let columns = entries.as_chunks::<R>().0.iter().zip(delta);
    if FETCH {
        let [z, a] = wanted;
        for (k, (column, d)) in columns.enumerate() {
            isa.prefetch(&T::lanes(&z[k])[0]);
            if is_stored {
                isa.prefetch(&T::lanes(&a[k])[0]);
            }
            add_column(isa, column, d, first, &mut sums);
        }
    } else {
        for (column, d) in columns {
            add_column(isa, column, d, first, &mut sums);
        }
    }
    for (row, sum) in rows.iter_mut().zip(sums) {
        for v in 0..V {
            let moved = isa.add(isa.load(&row[first + v]), sum[v]);
            isa.store(moved, &mut row[first + v]);
        }
    }
}

#[inline(always)]
fn add_column<T: Element, S: Isa<T>, const R: usize, const V: usize>(
    isa: S,
    column: &[T; R],
    d: &Tile<T>,
    first: usize,
    sums: &mut [[S::V; V]; R],
) {
    let mut vectors = [isa.splat(T::ZERO); V];
    for (v, vector) in vectors.iter_mut().enumerate() {
        *vector = isa.load(&d[first + v]);
    }
    for r in 0..R {
        let entry = isa.splat(column[r]);
        for v in 0..V {
            sums[r][v] = isa.fma(entry, vectors[v], sums[r][v]);
        }
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
