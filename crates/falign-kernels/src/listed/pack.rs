//! One panel of units out of rows in which units lie side by side.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::kernel::{Tile, paths};
use super::rows::Rows;
use crate::simd::{Element, Isa, Kernel, Paths};

/// Scale and shift of a row.
pub(super) trait Affine<T>: Copy {
    fn of(self, row: usize) -> (T, T);
}

/// Scale and shift of each input, times a factor.
#[derive(Clone, Copy)]
pub(super) struct OfInputs<'a, T> {
    pub(super) factor: T,
    pub(super) scale: &'a [T],
    pub(super) shift: &'a [T],
}

impl<T: Element> Affine<T> for OfInputs<'_, T> {
    #[inline(always)]
    fn of(self, row: usize) -> (T, T) {
        let Self {
            factor,
            scale,
            shift,
        } = self;
        (factor * scale[row], factor * shift[row])
    }
}

/// One number for both, of all rows.
#[derive(Clone, Copy)]
pub(super) struct Factor<T>(pub(super) T);

impl<T: Element> Affine<T> for Factor<T> {
    #[inline(always)]
    fn of(self, _: usize) -> (T, T) {
        (self.0, self.0)
    }
}

/// Scales each row into the panel, and sums the rows times a shift into the base:
/// `panel[c]` = `scale(c)` row c, base = sum over c of `shift(c)` row c.
pub(super) struct Pack<'a, T: Element, R, F, const V: usize> {
    pub(super) rows: R,
    pub(super) first_unit: usize,
    pub(super) affine: F,
    pub(super) panel: &'a mut [Tile<T, V>],
    pub(super) base: &'a mut Tile<T, V>,
}

impl<T, R, F, const V: usize> Kernel<T> for Pack<'_, T, R, F, V>
where
    T: Element,
    R: Rows<T>,
    F: Affine<T>,
{
    type Output = ();
    const PATHS: Paths = paths(V);

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        if self.first_unit + V * T::LANES <= self.rows.dim().1 {
            self.pack::<S, true>(isa);
        } else {
            self.pack::<S, false>(isa);
        }
    }
}

impl<T, R, F, const V: usize> Pack<'_, T, R, F, V>
where
    T: Element,
    R: Rows<T>,
    F: Affine<T>,
{
    #[inline(always)]
    fn pack<S: Isa<T>, const WHOLE: bool>(self, isa: S) {
        let mut base = [isa.splat(T::ZERO); V];
        for (c, tile) in self.panel.iter_mut().enumerate() {
            let (scale, shift) = self.affine.of(c);
            let (scale, shift) = (isa.splat(scale), isa.splat(shift));
            let values = self.rows.piece::<S, V, WHOLE>(isa, c, self.first_unit);
            for (v, value) in values.into_iter().enumerate() {
                base[v] = isa.fma(shift, value, base[v]);
                isa.store(isa.mul(scale, value), &mut tile[v]);
            }
        }
        for (block, sum) in self.base.iter_mut().zip(base) {
            isa.store(sum, block);
        }
    }
}
