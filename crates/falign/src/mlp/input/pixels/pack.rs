//! One panel of units out of rows in which units lie side by side.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::kernel::{Tile, VECTORS};
use crate::math::simd::{Element, Isa, Kernel};

/// Scales each row into the panel, and sums the rows times a shift into the base:
/// `panel[c]` = `scale(c)` row c, base = sum over c of `shift(c)` row c.
pub(super) struct Pack<'a, T: Element, F> {
    /// Rows of `units` numbers.
    pub(super) rows: &'a [T],
    pub(super) units: usize,
    pub(super) first_unit: usize,
    /// Scale and shift of a row.
    pub(super) affine: F,
    pub(super) panel: &'a mut [Tile<T>],
    pub(super) base: &'a mut Tile<T>,
}

impl<T: Element, F: Fn(usize) -> (T, T)> Kernel<T> for Pack<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let rows = self.rows.chunks_exact(self.units);
        let mut base = [isa.splat(T::ZERO); VECTORS];
        for (c, (row, tile)) in rows.zip(self.panel).enumerate() {
            let (scale, shift) = (self.affine)(c);
            let (scale, shift) = (isa.splat(scale), isa.splat(shift));
            *tile = read(&row[self.first_unit..]);
            for (block, base) in tile.iter_mut().zip(&mut base) {
                let value = isa.load(block);
                *base = isa.fma(shift, value, *base);
                isa.store(isa.mul(scale, value), block);
            }
        }
        for (block, sum) in self.base.iter_mut().zip(base) {
            isa.store(sum, block);
        }
    }
}

/// A tile from the start of `row`; zeros beyond its end.
#[inline(always)]
fn read<T: Element>(row: &[T]) -> Tile<T> {
    std::array::from_fn(|v| T::read(row.get(v * T::LANES..).unwrap_or(&[])))
}

/// A tile to the start of `row`, as far as it goes.
#[inline(always)]
pub(super) fn write<T: Element>(tile: &Tile<T>, row: &mut [T]) {
    for (v, block) in tile.iter().enumerate() {
        T::write(block, row.get_mut(v * T::LANES..).unwrap_or(&mut []));
    }
}
