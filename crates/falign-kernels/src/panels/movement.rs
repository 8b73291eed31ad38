//! The movement of a panel's Z in a step: by teaching signals times K, whatever the activation is.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::kernel::{Product, Tile, VECTORS, part};
use super::packed::{PackedTile, TALLEST, tile_width};
use crate::simd::{Element, Isa, Kernel};

/// Z += D K, and C += D where it is kept.
pub(super) struct Move<'a, T: Element> {
    pub(super) product: &'a Product<T>,
    /// Factors of the residuals, where the signals are made of these alone.
    pub(super) weights: &'a [Tile<T>],
    /// D.
    pub(super) signals: &'a [Tile<T>],
    pub(super) z: &'a mut [Tile<T>],
    /// Z of the next panel, and psi(Z) where it is kept.
    pub(super) next: [&'a [Tile<T>]; 2],
    /// Whether those are asked for.
    pub(super) fetch: bool,
    pub(super) is_stored: bool,
    /// C, empty where it is not kept.
    pub(super) coefficients: &'a mut [Tile<T>],
}

impl<T: Element> Kernel<T> for Move<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Self {
            product,
            weights,
            signals,
            z,
            next,
            fetch,
            is_stored,
            coefficients,
        } = self;
        let n = z.len();
        match product {
            Product::Whole(kernel) => {
                let next = next.map(<[Tile<T>]>::as_flattened);
                for (t, tile) in kernel.tiles.iter().enumerate() {
                    // So many tiles have as many columns as a panel has blocks.
                    if fetch && t < VECTORS {
                        let wanted = next.map(|blocks| part(blocks, t * n..(t + 1) * n));
                        add_tile::<T, S, true>(isa, tile, signals, z, wanted, is_stored);
                    } else {
                        add_tile::<T, S, false>(isa, tile, signals, z, [&[]; 2], is_stored);
                    }
                }
            }
            Product::Shared(shared) => shared.add_to(isa, weights, z),
        }
        for (c, d) in coefficients.iter_mut().zip(signals) {
            for v in 0..VECTORS {
                let sum = isa.add(isa.load(&c[v]), isa.load(&d[v]));
                isa.store(sum, &mut c[v]);
            }
        }
    }
}

/// Z += D K for the rows of one tile. Where `FETCH`, each column asks for one block that is `wanted`
/// next of Z, and of psi(Z) where it is kept.
#[inline(always)]
fn add_tile<T: Element, S: Isa<T>, const FETCH: bool>(
    isa: S,
    tile: &PackedTile<T>,
    delta: &[Tile<T>],
    z: &mut [Tile<T>],
    wanted: [&[T::Block]; 2],
    is_stored: bool,
) {
    let rows = &mut z[tile.first..tile.first + tile.height];
    let entries = &tile.entries;
    match tile.height {
        1 => register_tiles::<T, S, 1, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        2 => register_tiles::<T, S, 2, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        3 => register_tiles::<T, S, 3, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        4 => register_tiles::<T, S, 4, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        5 => register_tiles::<T, S, 5, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        6 => register_tiles::<T, S, 6, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        7 => register_tiles::<T, S, 7, FETCH>(isa, entries, delta, rows, wanted, is_stored),
        TALLEST => {
            register_tiles::<T, S, TALLEST, FETCH>(isa, entries, delta, rows, wanted, is_stored);
        }
        _ => unreachable!("tiles are at most so tall"),
    }
}

/// Product with as many vectors of the panel at a time as registers hold.
#[inline(always)]
fn register_tiles<T: Element, S: Isa<T>, const R: usize, const FETCH: bool>(
    isa: S,
    entries: &[T],
    delta: &[Tile<T>],
    rows: &mut [Tile<T>],
    wanted: [&[T::Block]; 2],
    is_stored: bool,
) {
    if const { tile_width(S::PATH) == VECTORS } {
        register_tile::<T, S, R, VECTORS, FETCH>(isa, entries, delta, rows, 0, wanted, is_stored);
    } else {
        register_tile::<T, S, R, 1, FETCH>(isa, entries, delta, rows, 0, wanted, is_stored);
        for first in 1..VECTORS {
            register_tile::<T, S, R, 1, false>(isa, entries, delta, rows, first, wanted, is_stored);
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
