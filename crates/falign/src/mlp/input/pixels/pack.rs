//! One panel of units out of rows in which units lie side by side.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::kernel::Tile;
use crate::math::simd::{Element, Isa, Kernel};

/// How many rows ahead a row is called for: rows lie far apart, which the processor does not
/// foresee.
const AHEAD: usize = 12;

/// Scales each row into the panel, and sums the rows times a shift into the base:
/// `panel[c]` = `scale(c)` row c, base = sum over c of `shift(c)` row c.
pub(super) struct Pack<'a, T: Element, F, const V: usize> {
    /// Rows of `units` numbers.
    pub(super) rows: &'a [T],
    pub(super) units: usize,
    pub(super) first_unit: usize,
    /// Scale and shift of a row.
    pub(super) affine: F,
    pub(super) panel: &'a mut [Tile<T, V>],
    pub(super) base: &'a mut Tile<T, V>,
}

impl<T: Element, F: Fn(usize) -> (T, T), const V: usize> Kernel<T> for Pack<'_, T, F, V> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let rows = self.rows.chunks_exact(self.units);
        let mut base = [isa.splat(T::ZERO); V];
        for (c, (row, tile)) in rows.zip(self.panel).enumerate() {
            let (scale, shift) = (self.affine)(c);
            let (scale, shift) = (isa.splat(scale), isa.splat(shift));
            let ahead = self.rows.get((c + AHEAD) * self.units + self.first_unit..);
            for x in ahead
                .into_iter()
                .flat_map(|row| row.iter().step_by(T::LANES).take(V))
            {
                isa.prefetch(x);
            }
            let row = &row[self.first_unit..];
            for v in 0..V {
                let value = isa.load_from(row.get(v * T::LANES..).unwrap_or(&[]));
                base[v] = isa.fma(shift, value, base[v]);
                isa.store(isa.mul(scale, value), &mut tile[v]);
            }
        }
        for (block, sum) in self.base.iter_mut().zip(base) {
            isa.store(sum, block);
        }
    }
}
