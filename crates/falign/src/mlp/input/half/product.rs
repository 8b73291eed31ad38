//! All units of a product of bfloat16, some panels at a time.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use ndarray::ArrayViewMut2;

use crate::math::simd::half::{HalfMatrix, Pairs, Sums, TILE, panels};
use crate::math::simd::{Element, Isa, Kernel, dispatch};

/// Units that are multiplied together, so that the matrix, which no near cache holds, is read
/// less often.
const WIDTH: usize = 4 * TILE;

/// Space for so many units.
#[derive(Debug, Clone, Default)]
pub(super) struct Space {
    pairs: Vec<Pairs>,
    sums: Vec<Sums>,
}

/// For each row i of the matrix: `scale[i]` sum over columns c of `m[i][c]` s(c) row c, rounded,
/// plus `shift[i]` times the sum of h(c) row c, where s and h are what `affine` gives.
pub(super) struct Product<'a, T, F> {
    pub(super) matrix: &'a HalfMatrix,
    /// Rows of `units` numbers, one for each column of the matrix that counts.
    pub(super) rows: &'a [T],
    pub(super) units: usize,
    pub(super) affine: F,
    pub(super) scale: &'a [T],
    pub(super) shift: &'a [T],
}

impl<T: Element, F: Fn(usize) -> (T, T)> Product<'_, T, F> {
    /// Into rows of `units`.
    pub(super) fn run(self, space: &mut Space, out: &mut ArrayViewMut2<'_, T>) {
        let Space { pairs, sums } = space;
        let mut own = None;
        let whole = if out.is_standard_layout() {
            out.as_slice_mut().expect("standard layout")
        } else {
            own.insert(vec![T::ZERO; out.len()]).as_mut_slice()
        };
        for first_unit in (0..self.units).step_by(WIDTH) {
            let count = WIDTH.min(self.units - first_unit).div_ceil(TILE);
            pairs.resize(count * self.matrix.length() / 2, Pairs::ZERO);
            sums.resize(count * self.matrix.rows(), Sums::ZERO);
            let base = dispatch(Pack {
                product: &self,
                first_unit,
                pairs: &mut *pairs,
            });
            panels(self.matrix, pairs, sums);
            dispatch(Finish {
                product: &self,
                first_unit,
                sums,
                base,
                out: &mut *whole,
            });
        }
        if let Some(own) = own {
            for (mut to, from) in out.rows_mut().into_iter().zip(own.chunks_exact(self.units)) {
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
        }
    }
}

/// Scales, rounds and pairs the rows of some units, and sums them with their shifts.
struct Pack<'a, 'p, T, F> {
    product: &'a Product<'p, T, F>,
    first_unit: usize,
    pairs: &'a mut [Pairs],
}

impl<T: Element, F: Fn(usize) -> (T, T)> Kernel<T> for Pack<'_, '_, T, F> {
    type Output = [T; WIDTH];

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) -> [T; WIDTH] {
        let mut base = [T::ZERO; WIDTH];
        let depth = self.product.matrix.length() / 2;
        let panels = self.pairs.len() / depth.max(1);
        for at in 0..depth {
            let bases = base.chunks_mut(TILE).take(panels);
            for (panel, base) in bases.enumerate() {
                let (product, first_unit) = (self.product, self.first_unit + panel * TILE);
                let first = scaled(isa, product, first_unit, 2 * at, base);
                let second = scaled(isa, product, first_unit, 2 * at + 1, base);
                self.pairs[panel * depth + at] = Pairs::of(&first, &second);
            }
        }
        base
    }
}

/// [`TILE`] numbers of row c, scaled; zeros beyond the last row and unit. Adds the row to the
/// base.
#[inline(always)]
fn scaled<T: Element, F: Fn(usize) -> (T, T), S: Isa<T>>(
    isa: S,
    product: &Product<'_, T, F>,
    first_unit: usize,
    c: usize,
    base: &mut [T],
) -> [f32; TILE] {
    let mut numbers = [T::ZERO; TILE];
    let first = c * product.units + first_unit;
    let end = (first + TILE).min((c + 1) * product.units);
    if let Some(row) = product.rows.get(first..end) {
        let (scale, shift) = (product.affine)(c);
        let (scale, shift) = (isa.splat(scale), isa.splat(shift));
        let parts = row.chunks(T::LANES).zip(base.chunks_mut(T::LANES));
        for ((row, base), numbers) in parts.zip(numbers.chunks_mut(T::LANES)) {
            let row = isa.load_from(row);
            isa.store_to(isa.fma(shift, row, isa.load_from(base)), base);
            isa.store_to(isa.mul(scale, row), numbers);
        }
    }
    let mut singles = [0.0; TILE];
    for (to, &x) in singles.iter_mut().zip(&numbers) {
        *to = single(x);
    }
    singles
}

/// Exact where T is `f32`, the only precision in which products are halved.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "see above")]
fn single<T: Element>(x: T) -> f32 {
    x.to_f64() as f32
}

/// Scales and shifts their sums.
struct Finish<'a, 'p, T, F> {
    product: &'a Product<'p, T, F>,
    first_unit: usize,
    sums: &'a [Sums],
    base: [T; WIDTH],
    out: &'a mut [T],
}

impl<T: Element, F> Kernel<T> for Finish<'_, '_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Product { scale, shift, .. } = *self.product;
        let height = self.product.matrix.rows();
        let rows = self.out.chunks_exact_mut(self.product.units);
        for (i, ((out, &scale), &shift)) in rows.zip(scale).zip(shift).enumerate() {
            let (scale, shift) = (isa.splat(scale), isa.splat(shift));
            let panels = out[self.first_unit..].chunks_mut(TILE);
            let sums = self.sums[i..].iter().step_by(height);
            for ((out, sums), base) in panels.zip(sums).zip(self.base.chunks(TILE)) {
                let mut numbers = [T::ZERO; TILE];
                for (to, &sum) in numbers.iter_mut().zip(&sums.0) {
                    *to = T::from_f64(f64::from(sum));
                }
                let parts = numbers.chunks(T::LANES).zip(base.chunks(T::LANES));
                for (out, (sum, base)) in out.chunks_mut(T::LANES).zip(parts) {
                    let shifted = isa.mul(shift, isa.load_from(base));
                    isa.store_to(isa.fma(scale, isa.load_from(sum), shifted), out);
                }
            }
        }
    }
}
