//! Products that skip what is zero: a register tile with a list of columns.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::lists::{Lists, ROWS};
use super::pack::write;
use crate::math::simd::{Element, Isa, Kernel};

/// Virtual vectors in a panel of units.
pub(super) const VECTORS: usize = 4;

/// One row's values for a panel of units.
pub(super) type Tile<T> = [<T as Element>::Block; VECTORS];

/// For each row i of the lists: `scale[i]` sum over columns c of `x[i][c]` `panel[c]`, plus
/// `shift[i]` `base`. Each sum is one chain of fused multiply-adds over ascending columns: the
/// same bits on every path.
pub(super) struct ListedProduct<'a, T: Element, P> {
    pub(super) lists: &'a Lists<T>,
    /// What each column multiplies.
    pub(super) panel: &'a [Tile<T>],
    pub(super) base: &'a Tile<T>,
    pub(super) scale: &'a [T],
    pub(super) shift: &'a [T],
    /// Results, rows of `units`; the panel's start at `first_unit`.
    pub(super) out: &'a mut [T],
    pub(super) units: usize,
    pub(super) first_unit: usize,
    /// Where among the results a row goes.
    pub(super) place: P,
}

impl<T: Element, P: Fn(usize) -> usize> Kernel<T> for ListedProduct<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let base = self.base.each_ref().map(|block| isa.load(block));
        let mut out = [T::ZERO_BLOCK; VECTORS];
        for group in 0..self.lists.groups() {
            let mut sums = [[isa.splat(T::ZERO); VECTORS]; ROWS];
            let (columns, values) = self.lists.group(group);
            for (&column, values) in columns.iter().zip(values) {
                let tile = &self.panel[column as usize];
                let tile = tile.each_ref().map(|block| isa.load(block));
                for (sums, &x) in sums.iter_mut().zip(values) {
                    let x = isa.splat(x);
                    for (sum, &w) in sums.iter_mut().zip(&tile) {
                        *sum = isa.fma(x, w, *sum);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                let row = group * ROWS + r;
                let (Some(&scale), Some(&shift)) = (self.scale.get(row), self.shift.get(row))
                else {
                    break;
                };
                let (scale, shift) = (isa.splat(scale), isa.splat(shift));
                for v in 0..VECTORS {
                    let shifted = isa.mul(shift, base[v]);
                    isa.store(isa.fma(scale, sums[v], shifted), &mut out[v]);
                }
                let first = (self.place)(row) * self.units;
                let row = &mut self.out[first..first + self.units];
                write(&out, &mut row[self.first_unit..]);
            }
        }
    }
}
