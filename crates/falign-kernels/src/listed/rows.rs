//! Rows of units that a product reads.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Element, Isa};
use crate::thin::ThinRows;

/// How many rows ahead a row is called for: rows lie far apart, which the processor does not
/// foresee.
const AHEAD: usize = 12;

/// Rows in which units lie side by side.
pub(super) trait Rows<T: Element>: Copy {
    /// Rows and units.
    fn dim(self) -> (usize, usize);
    /// A piece of a row that begins at `unit`, with zeros beyond the row's end; not where it is
    /// `WHOLE`.
    fn piece<S: Isa<T>, const V: usize, const WHOLE: bool>(
        self,
        isa: S,
        row: usize,
        unit: usize,
    ) -> [S::V; V];
}

/// Rows in memory, with so many units in each.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a, T> {
    /// One after the other.
    pub rows: &'a [T],
    /// Units of a row.
    pub units: usize,
}

impl<T: Element> Rows<T> for Stored<'_, T> {
    fn dim(self) -> (usize, usize) {
        (self.rows.len() / self.units, self.units)
    }

    #[inline(always)]
    fn piece<S: Isa<T>, const V: usize, const WHOLE: bool>(
        self,
        isa: S,
        row: usize,
        unit: usize,
    ) -> [S::V; V] {
        isa.prefetch_piece::<V>(self.rows, (row + AHEAD) * self.units + unit);
        let row = &self.rows[row * self.units..][..self.units];
        isa.load_piece::<V, WHOLE>(&row[unit..])
    }
}

impl<T: Element> Rows<T> for ThinRows<'_, T> {
    fn dim(self) -> (usize, usize) {
        ThinRows::dim(&self)
    }

    #[inline(always)]
    fn piece<S: Isa<T>, const V: usize, const WHOLE: bool>(
        self,
        isa: S,
        row: usize,
        unit: usize,
    ) -> [S::V; V] {
        ThinRows::piece::<S, V, WHOLE>(&self, isa, row, unit)
    }
}
