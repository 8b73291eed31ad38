//! All units of a product, a panel at a time.

use super::finish::Finish;
use super::kernel::{ListedProduct, Tile};
use super::lists::{Lists, ROWS};
use super::pack::Pack;
use super::rows::Rows;
use crate::math::simd::{Element, Path, current_path, dispatch};

/// Most virtual vectors of units in a panel.
pub(super) const VECTORS: usize = 6;

/// As many of them as registers hold the sums of, beside the vectors and a number that they come
/// from. More of them cost AVX2 three times the time.
const fn vectors(path: Path) -> usize {
    let vectors = (path.registers() - 1) / (ROWS + 1);
    if vectors < VECTORS { vectors } else { VECTORS }
}

/// One side of a product scaled and cut into panels, the other as lists; see [`ListedProduct`].
pub(super) struct Product<'a, T: Element, R, A, P, F> {
    /// One for each column of the lists.
    pub(super) rows: R,
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

impl<T, R, A, P, F> Product<'_, T, R, A, P, F>
where
    T: Element,
    R: Rows<T>,
    A: Fn(usize) -> (T, T),
    P: Fn(usize) -> Option<usize>,
    F: Finish<T>,
{
    pub(super) fn run(mut self) {
        let numbers = std::array::from_fn(|pixel| T::from_f64(pixel as f64));
        let (_, units) = self.rows.dim();
        let most = vectors(current_path());
        let mut first_unit = 0;
        while first_unit < units {
            let vectors = (units - first_unit).div_ceil(T::LANES).min(most);
            match vectors {
                1 => self.one::<1>(first_unit, &numbers),
                2 => self.one::<2>(first_unit, &numbers),
                3 => self.one::<3>(first_unit, &numbers),
                4 => self.one::<4>(first_unit, &numbers),
                5 => self.one::<5>(first_unit, &numbers),
                _ => self.one::<VECTORS>(first_unit, &numbers),
            }
            first_unit += vectors * T::LANES;
        }
    }

    fn one<const V: usize>(&mut self, first_unit: usize, numbers: &[T; 256]) {
        let (columns, units) = self.rows.dim();
        let (panel, _) = self.panel.as_chunks_mut::<V>();
        let panel: &mut [Tile<T, V>] = &mut panel[..columns];
        let mut base = [T::ZERO_BLOCK; V];
        dispatch(Pack {
            rows: self.rows,
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
            units,
            first_unit,
            place: &self.place,
            finish: self.finish,
        });
    }
}
