//! Sums of rows of K, for every pattern of gates of four samples.
//!
//! With an activation of two slopes the teaching signals of a unit are its feedback weight times
//! the residual, or times a slope of it, by the side of the kink on which a sample lies. So a
//! unit's row of D K is its weight times a sum of n/4 rows, one out of each table: a quarter of the
//! additions that a product with K takes, and none of its multiplications. (The "four Russians",
//! Arlazarov, Dinic, Kronrod & Faradzhev 1970, with real numbers on one side.)

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Element, Isa, Kernel, dispatch};

/// Samples of a table.
pub(super) const GROUP: usize = 4;
/// Entries of a table.
pub(super) const PATTERNS: usize = 1 << GROUP;
/// Samples whose gates are one word.
pub(super) const SAMPLES_OF_WORD: usize = u64::BITS as usize;
/// Tables whose gates are one word.
pub(super) const TABLES_OF_WORD: usize = SAMPLES_OF_WORD / GROUP;

/// Vectors of columns: as many as give a processor enough sums at once, few enough that their tables
/// stay in its inner caches.
const WIDEST: usize = 4;

/// The tables of some vectors of columns.
#[derive(Debug, Clone)]
pub(super) struct Columns<T: Element> {
    /// First vector of the columns.
    pub(super) first: usize,
    /// Vectors: from 1 to `WIDEST`.
    pub(super) width: usize,
    /// Table by table, pattern by pattern, `width` blocks each.
    pub(super) entries: Vec<T::Block>,
}

/// Tables of a step.
#[derive(Debug, Clone)]
pub struct Tables<T: Element> {
    pub(super) columns: Vec<Columns<T>>,
    /// K, (samples, vectors of columns), and rows of zeros to whole tables.
    kernel: Vec<T::Block>,
    /// Vectors of a row.
    pub vectors: usize,
    /// Slope below the kink.
    slope: f64,
}

impl<T: Element> Tables<T> {
    /// Tables for the symmetric n x n matrix `kernel` (row-major).
    pub fn new(kernel: &[f64], slope: f64) -> Self {
        let n = kernel.len().isqrt();
        let (vectors, tables) = (n.div_ceil(T::LANES), n.div_ceil(GROUP));
        let mut rows = vec![T::ZERO_BLOCK; tables * GROUP * vectors];
        for (of_sample, row) in kernel.chunks_exact(n).zip(rows.chunks_exact_mut(vectors)) {
            for (values, block) in of_sample.chunks(T::LANES).zip(row) {
                for (lane, &value) in T::lanes_mut(block).iter_mut().zip(values) {
                    *lane = T::from_f64(value);
                }
            }
        }
        let count = vectors.div_ceil(WIDEST);
        let mut first = 0;
        let columns = (0..count).map(|at| {
            let width = (vectors - first).div_ceil(count - at);
            first += width;
            Columns {
                first: first - width,
                width,
                entries: vec![T::ZERO_BLOCK; tables * PATTERNS * width],
            }
        });
        Self {
            columns: columns.collect(),
            kernel: rows,
            vectors,
            slope,
        }
    }

    /// Fills the tables for the residual of a step.
    pub fn fill(&mut self, residual: &[T]) {
        T::fill_tables(self, residual);
    }
}

pub(crate) fn fill<T: Element>(tables: &mut Tables<T>, residual: &[T]) {
    dispatch(Fill { tables, residual });
}

struct Fill<'a, T: Element> {
    tables: &'a mut Tables<T>,
    residual: &'a [T],
}

impl<T: Element> Kernel<T> for Fill<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Self { tables, residual } = self;
        let vectors = tables.vectors;
        let slope = T::from_f64(tables.slope);
        for columns in &mut tables.columns {
            let width = columns.width;
            let of_tables = columns.entries.chunks_exact_mut(PATTERNS * width);
            let of_samples = residual.chunks(GROUP);
            let of_rows = tables.kernel.chunks_exact(GROUP * vectors);
            for ((entries, residual), rows) in of_tables.zip(of_samples).zip(of_rows) {
                for v in 0..width {
                    let mut below = isa.splat(T::ZERO);
                    for (i, &e) in residual.iter().enumerate() {
                        let row = isa.load(&rows[i * vectors + columns.first + v]);
                        below = isa.fma(isa.splat(slope * e), row, below);
                    }
                    isa.store(below, &mut entries[v]);
                    // Pattern by pattern: the one without its highest gate, and what that gate adds.
                    for i in 0..GROUP {
                        let e = residual.get(i).copied().unwrap_or(T::ZERO);
                        let row = isa.load(&rows[i * vectors + columns.first + v]);
                        let opened = isa.mul(isa.splat(e - slope * e), row);
                        for pattern in 0..1 << i {
                            let without = isa.load(&entries[pattern * width + v]);
                            let with = &mut entries[((1 << i) | pattern) * width + v];
                            isa.store(isa.add(without, opened), with);
                        }
                    }
                }
            }
        }
    }
}
