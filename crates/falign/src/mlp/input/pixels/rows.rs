//! Where a product takes its rows of units from.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::math::ThinRows;
use crate::math::simd::{Element, Isa};

/// How many rows ahead a row is called for: rows lie far apart, which the processor does not
/// foresee.
const AHEAD: usize = 12;

/// Rows in which units lie side by side.
pub(super) trait Rows<T: Element>: Copy {
    /// Rows and units.
    fn dim(self) -> (usize, usize);
    /// A piece of a row that begins at `unit`, with zeros beyond its end.
    fn piece<S: Isa<T>, const V: usize>(self, isa: S, row: usize, unit: usize) -> [S::V; V];
}

/// In memory, with so many units in each.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a, T> {
    pub(super) rows: &'a [T],
    pub(super) units: usize,
}

impl<T: Element> Rows<T> for Stored<'_, T> {
    fn dim(self) -> (usize, usize) {
        (self.rows.len() / self.units, self.units)
    }

    #[inline(always)]
    fn piece<S: Isa<T>, const V: usize>(self, isa: S, row: usize, unit: usize) -> [S::V; V] {
        let ahead = self.rows.get((row + AHEAD) * self.units + unit..);
        for x in ahead
            .into_iter()
            .flat_map(|row| row.iter().step_by(T::LANES).take(V))
        {
            isa.prefetch(x);
        }
        let row = &self.rows[row * self.units..][..self.units];
        let mut piece = [isa.splat(T::ZERO); V];
        for (v, piece) in piece.iter_mut().enumerate() {
            *piece = isa.load_from(row.get(unit + v * T::LANES..).unwrap_or(&[]));
        }
        piece
    }
}

impl<T: Element> Rows<T> for ThinRows<'_, T> {
    fn dim(self) -> (usize, usize) {
        ThinRows::dim(&self)
    }

    #[inline(always)]
    fn piece<S: Isa<T>, const V: usize>(self, isa: S, row: usize, unit: usize) -> [S::V; V] {
        ThinRows::piece(&self, isa, row, unit)
    }
}
