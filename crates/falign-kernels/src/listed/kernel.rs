//! Products that skip what is zero: a register tile with a list of columns.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::finish::Finish;
use super::lists::{Lists, ROWS};
use crate::simd::{Element, Isa, Kernel, Path, Paths};

/// One row's values for a panel of `V` virtual vectors of units.
pub(super) type Tile<T, const V: usize> = [<T as Element>::Block; V];

/// Most virtual vectors of units in a panel.
pub const VECTORS: usize = 6;

/// Number of vectors whose sums registers hold, besides the vectors and a number that they come
/// from. More of them cost AVX2 three times the time.
pub(super) const fn vectors(path: Path) -> usize {
    let vectors = (path.registers() - 1) / (ROWS + 1);
    if vectors < VECTORS { vectors } else { VECTORS }
}

/// The paths on which a panel has so many vectors.
pub(super) const fn paths(vectors: usize) -> Paths {
    if vectors <= self::vectors(Path::Avx2) {
        Paths::All
    } else {
        Paths::Wide
    }
}

/// Places of rows among the results.
#[derive(Clone, Copy)]
pub(super) enum Places<'a> {
    /// A sample's rank and place, by rank.
    Samples(&'a [(usize, usize)]),
    /// An input, if there are so many.
    Inputs(&'a [u32], usize),
}

impl Places<'_> {
    /// `None` where the row only fills its group.
    #[inline(always)]
    fn at(self, row: usize) -> Option<usize> {
        match self {
            Self::Samples(order) => order.get(row).map(|&(_, place)| place),
            Self::Inputs(inputs, count) => {
                Some(inputs[row] as usize).filter(|&input| input < count)
            }
        }
    }
}

/// Product with lists: for each row i of them that has a place r among the results, `scale[r]` sum over
/// columns c of `x[i][c]` `panel[c]`, plus `shift[r]` `base`. Each sum is one chain of fused
/// multiply-adds over ascending columns, in which zeros change nothing: the same bits on every
/// path, whichever rows share a group, and whatever the panels' width.
pub(super) struct ListedProduct<'a, T: Element, F, const V: usize> {
    pub(super) lists: &'a Lists,
    /// Number of each value of a pixel: a look-up is cheaper than a conversion, and lists of bytes than
    /// lists of numbers.
    pub(super) numbers: &'a [T; 256],
    /// Factors of the columns.
    pub(super) panel: &'a [Tile<T, V>],
    pub(super) base: &'a Tile<T, V>,
    pub(super) scale: &'a [T],
    pub(super) shift: &'a [T],
    /// Results, rows of `units`; the panel's start at `first_unit`.
    pub(super) out: &'a mut [T],
    pub(super) units: usize,
    pub(super) first_unit: usize,
    pub(super) places: Places<'a>,
    /// Operation on the results and the numbers in their place.
    pub(super) finish: F,
}

impl<T, F, const V: usize> Kernel<T> for ListedProduct<'_, T, F, V>
where
    T: Element,
    F: Finish<T>,
{
    type Output = ();
    const PATHS: Paths = paths(V);

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let base = self.base.each_ref().map(|block| isa.load(block));
        for group in 0..self.lists.groups() {
            let mut sums = [[isa.splat(T::ZERO); V]; ROWS];
            let (columns, quads) = self.lists.group(group);
            for (&column, &quad) in columns.iter().zip(quads) {
                let mut tile = [isa.splat(T::ZERO); V];
                for (w, block) in tile.iter_mut().zip(&self.panel[column as usize]) {
                    *w = isa.load(block);
                }
                for (sums, pixel) in sums.iter_mut().zip(quad) {
                    let x = isa.splat(self.numbers[usize::from(pixel)]);
                    for (sum, &w) in sums.iter_mut().zip(&tile) {
                        *sum = isa.fma(x, w, *sum);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                let Some(place) = self.places.at(group * ROWS + r) else {
                    continue;
                };
                let (scale, shift) = (self.scale[place], self.shift[place]);
                let (scale, shift) = (isa.splat(scale), isa.splat(shift));
                let row = &mut self.out[place * self.units..][..self.units];
                let row = row[self.first_unit..].chunks_mut(T::LANES);
                for ((&sum, &base), out) in sums.iter().zip(&base).zip(row) {
                    let result = isa.fma(scale, sum, isa.mul(shift, base));
                    isa.store_to(self.finish.finish(isa, result, out), out);
                }
            }
        }
    }
}
