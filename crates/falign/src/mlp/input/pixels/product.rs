//! All units of a product, a panel at a time.

use super::finish::Finish;
use super::kernel::{ListedProduct, Tile};
use super::lists::Lists;
use super::pack::Pack;
use crate::math::simd::{Element, dispatch};

/// Most virtual vectors of units in a panel: with [`super::lists::ROWS`] rows what registers hold.
pub(super) const VECTORS: usize = 5;

/// One side of a product scaled and cut into panels, the other as lists; see [`ListedProduct`].
pub(super) struct Product<'a, T: Element, A, P, F> {
    /// Rows of `units` numbers, one for each column of the lists.
    pub(super) rows: &'a [T],
    pub(super) units: usize,
    /// Scale and shift of a row; see [`Pack`].
    pub(super) affine: A,
    pub(super) lists: &'a Lists,
    pub(super) scale: &'a [T],
    pub(super) shift: &'a [T],
    pub(super) place: P,
    /// Space for a panel, [`VECTORS`] blocks a row.
    pub(super) panel: &'a mut [T::Block],
    pub(super) out: &'a mut [T],
    pub(super) finish: F,
}

impl<T, A, P, F> Product<'_, T, A, P, F>
where
    T: Element,
    A: Fn(usize) -> (T, T),
    P: Fn(usize) -> Option<usize>,
    F: Finish<T>,
{
    pub(super) fn run(mut self) {
        let numbers = std::array::from_fn(|pixel| T::from_f64(pixel as f64));
        let mut first_unit = 0;
        while first_unit < self.units {
            let vectors = (self.units - first_unit).div_ceil(T::LANES).min(VECTORS);
            match vectors {
                1 => self.one::<1>(first_unit, &numbers),
                2 => self.one::<2>(first_unit, &numbers),
                3 => self.one::<3>(first_unit, &numbers),
                4 => self.one::<4>(first_unit, &numbers),
                _ => self.one::<VECTORS>(first_unit, &numbers),
            }
            first_unit += vectors * T::LANES;
        }
    }

    fn one<const V: usize>(&mut self, first_unit: usize, numbers: &[T; 256]) {
        let columns = self.rows.len() / self.units;
        let (panel, _) = self.panel.as_chunks_mut::<V>();
        let panel: &mut [Tile<T, V>] = &mut panel[..columns];
        let mut base = [T::ZERO_BLOCK; V];
        dispatch(Pack {
            rows: self.rows,
            units: self.units,
            first_unit,
            affine: &self.affine,
            panel: &mut *panel,
            base: &mut base,
        });
        dispatch(ListedProduct {
            lists: self.lists,
            numbers,
            panel,
            base: &base,
            scale: self.scale,
            shift: self.shift,
            out: &mut *self.out,
            units: self.units,
            first_unit,
            place: &self.place,
            finish: self.finish,
        });
    }
}
