//! Dense products of which one dimension is small, such as those of a layer of few outputs.
//!
//! A library for large products first copies both factors into an order of its own, which here
//! costs more than the product. A sum is a chain of fused multiply-adds, cut into equal parts where
//! it would have more than [`CHAIN`] terms: the order of the library in [`super::gemm`] with the
//! caches of most processors with AVX-512, where results are those of the library to the bit.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::borrow::Cow;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::simd::{Element, Isa, Kernel, Path, current_path, dispatch};
use super::slopes::SlopeRows;
use super::{Slopes, UnmadeProduct};

/// Most terms of one chain.
const CHAIN: usize = 512;
/// Up to this size a dimension is small.
const THIN: usize = 16;
/// Products of fewer numbers, or of fewer terms, are left to the library, which has other orders
/// of summation for them.
const NUMBERS: usize = 256;
const TERMS: usize = 2;
/// So are results of at most this many rows and columns whose sums are cut: it cuts them into
/// parts of [`CHAIN`] terms and a rest.
const SIDE: usize = 64;
/// How many rows ahead a row is called for: rows lie far apart, which the processor does not
/// foresee.
const AHEAD: usize = 40;
/// The same where a piece of each row is made, which takes longer than reading it.
const AHEAD_OF_PIECES: usize = 6;

/// C := factor A B, and then times S entry by entry where it is given, if the product is thin and
/// its factors lie in memory as it takes them; `false` if not, with C as it was.
pub(super) fn multiply_thin<T: Element>(
    c: &mut ArrayViewMut2<'_, T>,
    factor: T,
    a: &ArrayView2<'_, T>,
    b: &ArrayView2<'_, T>,
    times: Option<&Slopes<'_, T>>,
) -> bool {
    let ((m, k), n) = (a.dim(), b.ncols());
    if !is_thin(m, n, k) {
        return false;
    }
    // One of the factors may be turned into the order of rows, if it is small.
    let (a_rows, b_rows) = (a.is_standard_layout(), b.is_standard_layout());
    if !(a_rows || m.min(k) <= THIN) || !(b_rows || n <= THIN) {
        return false;
    }
    let times = match times.map(Slopes::rows) {
        Some(None) => return false,
        times => times.flatten(),
    };
    let Some(out) = c.as_slice_mut() else {
        return false;
    };
    let a = rows(a);
    let (b, stride) = match b.to_slice() {
        Some(b) if n > THIN => (Cow::Borrowed(b), n),
        _ => padded(b),
    };
    let product = ThinProduct {
        a: &a,
        b: &b,
        stride,
        factor,
        times,
        out,
        terms: k,
        width: n,
    };
    // As many accumulators as there are registers, and enough of them to be independent.
    match current_path() {
        Path::Avx512 if n <= T::LANES => dispatch(Tiled::<T, 8, 1, false>(product)),
        Path::Avx512 if m <= THIN => dispatch(Tiled::<T, 5, 4, true>(product)),
        Path::Avx512 => dispatch(Tiled::<T, 5, 4, false>(product)),
        _ if m <= THIN => dispatch(Tiled::<T, 5, 1, true>(product)),
        Path::Avx2 | Path::Neon | Path::Portable => dispatch(Tiled::<T, 5, 1, false>(product)),
    }
    true
}

/// Whether a product of (m, k) and (k, n) is one of those made here.
fn is_thin(m: usize, n: usize, k: usize) -> bool {
    let is_small = m.min(n).min(k) <= THIN;
    is_small && m.min(n) >= 2 && m * n > NUMBERS && k > TERMS && (m.max(n) > SIDE || k <= CHAIN)
}

/// Whether the sums of a product of (m, k) and (k, n) are made here and are not cut, so that they are
/// the same in any other such product.
pub(super) fn has_one_chain((m, n, k): (usize, usize, usize)) -> bool {
    k <= THIN && is_thin(m, n, k)
}

/// The matrix with its rows one after the other.
fn rows<'a, T: Element>(matrix: &ArrayView2<'a, T>) -> Cow<'a, [T]> {
    match matrix.to_slice() {
        Some(rows) => Cow::Borrowed(rows),
        None => Cow::Owned(matrix.iter().copied().collect()),
    }
}

/// The same with zeros after each row, so that it is made of whole vectors; and their length.
fn padded<'a, T: Element>(matrix: &ArrayView2<'a, T>) -> (Cow<'a, [T]>, usize) {
    let stride = matrix.ncols().next_multiple_of(T::LANES);
    let mut rows = vec![T::ZERO; matrix.nrows() * stride];
    // Along what lies together in memory.
    for (column, from) in matrix.columns().into_iter().enumerate() {
        for (to, &x) in rows[column..].iter_mut().step_by(stride).zip(from) {
            *to = x;
        }
    }
    (Cow::Owned(rows), stride)
}

struct ThinProduct<'a, T> {
    /// Rows of `terms`.
    a: &'a [T],
    /// Rows of `stride`.
    b: &'a [T],
    stride: usize,
    factor: T,
    /// Rows of `width`.
    times: Option<SlopeRows<'a, T>>,
    /// Rows of `width`.
    out: &'a mut [T],
    terms: usize,
    width: usize,
}

/// With so many rows and virtual vectors of columns at a time. `LONG`: whether B is the large
/// factor, which then is read once, with rows called for ahead.
struct Tiled<'a, T, const ROWS: usize, const V: usize, const LONG: bool>(ThinProduct<'a, T>);

impl<T: Element, const ROWS: usize, const V: usize, const LONG: bool> Kernel<T>
    for Tiled<'_, T, ROWS, V, LONG>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let mut product = self.0;
        let groups = (product.a.len() / product.terms).div_ceil(ROWS);
        let blocks = product.width.div_ceil(V * T::LANES);
        let (first, second) = if LONG {
            (blocks, groups)
        } else {
            (groups, blocks)
        };
        for i in 0..first {
            for j in 0..second {
                let (block, group) = if LONG { (i, j) } else { (j, i) };
                let (row, column) = (group * ROWS, block * V * T::LANES);
                if column + V * T::LANES <= product.stride {
                    product.tile::<S, ROWS, V, LONG, true>(isa, row, column);
                } else {
                    product.tile::<S, ROWS, V, LONG, false>(isa, row, column);
                }
            }
        }
    }
}

impl<T: Element> ThinProduct<'_, T> {
    /// Results of some rows in the columns from `column` on that `V` virtual vectors hold. `WHOLE`:
    /// whether rows of B go as far.
    #[inline(always)]
    fn tile<S: Isa<T>, const ROWS: usize, const V: usize, const LONG: bool, const WHOLE: bool>(
        &mut self,
        isa: S,
        first_row: usize,
        column: usize,
    ) {
        let count = self.a.len() / self.terms;
        let columns = (V * T::LANES).min(self.width - column);
        let part = self.terms.div_ceil(self.terms.div_ceil(CHAIN));
        for first in (0..self.terms).step_by(part) {
            let length = part.min(self.terms - first);
            // Beyond the last row it is taken again.
            let mut rows = [&self.a[..0]; ROWS];
            for (r, row) in rows.iter_mut().enumerate() {
                let start = (first_row + r).min(count - 1) * self.terms + first;
                *row = &self.a[start..][..length];
            }
            let mut sums = [[isa.splat(T::ZERO); V]; ROWS];
            let b = &self.b[first * self.stride..][..length * self.stride];
            for (at, b) in b.chunks_exact(self.stride).enumerate() {
                if LONG {
                    let ahead = (first + at + AHEAD) * self.stride + column;
                    isa.prefetch_piece::<V>(self.b, ahead);
                }
                let tile = isa.load_piece::<V, WHOLE>(&b[column..]);
                for (sums, row) in sums.iter_mut().zip(&rows) {
                    let x = isa.splat(row[at]);
                    for (sum, &b) in sums.iter_mut().zip(&tile) {
                        *sum = isa.fma(x, b, *sum);
                    }
                }
            }
            let is_last = first + length == self.terms;
            let factor = isa.splat(self.factor);
            // As many turns whatever the rows: with fewer, sums would stay in memory all along.
            for (r, sums) in sums.iter().enumerate() {
                if first_row + r >= count {
                    continue;
                }
                let start = (first_row + r) * self.width + column;
                let out = &mut self.out[start..][..columns];
                for (v, &sum) in sums.iter().enumerate() {
                    let out = out.get_mut(v * T::LANES..).unwrap_or(&mut []);
                    let mut value = if first == 0 {
                        isa.mul(factor, sum)
                    } else {
                        isa.fma(factor, sum, isa.load_from(out))
                    };
                    if let (true, Some(times)) = (is_last, self.times) {
                        let numbers = &times.numbers()[start..][..columns];
                        let numbers = numbers.get(v * T::LANES..).unwrap_or(&[]);
                        value = isa.mul(value, times.lanes(isa, isa.load_from(numbers)));
                    }
                    isa.store_to(value, out);
                }
            }
        }
    }
}

/// A product of few terms that is made a piece of a row at a time, by whoever needs it: the bits
/// of the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThinRows<'a, T> {
    /// Rows of `terms`.
    a: &'a [T],
    /// Rows of `width`.
    b: &'a [T],
    factor: T,
    /// Rows of `width`.
    times: SlopeRows<'a, T>,
    terms: usize,
    width: usize,
}

impl<'a, T: Element> ThinRows<'a, T> {
    /// `None` where the product has more terms than a few, is not made here, or does not lie in
    /// memory by rows.
    ///
    /// # Panics
    /// If the product's shapes do not fit.
    pub(crate) fn new(product: &UnmadeProduct<'a, T>) -> Option<Self> {
        let (m, width, terms) = product.dim();
        if !has_one_chain((m, width, terms)) {
            return None;
        }
        Some(Self {
            a: product.a.to_slice()?,
            b: product.b.to_slice()?,
            factor: product.factor,
            times: product.s?.rows()?,
            terms,
            width,
        })
    }

    /// Rows and columns.
    pub(crate) fn dim(&self) -> (usize, usize) {
        (self.a.len() / self.terms, self.width)
    }

    /// A piece of a row that begins at `column`, with zeros beyond the row's end; not where it is
    /// `WHOLE`.
    #[inline(always)]
    pub(crate) fn piece<S: Isa<T>, const V: usize, const WHOLE: bool>(
        &self,
        isa: S,
        row: usize,
        column: usize,
    ) -> [S::V; V] {
        let numbers = self.times.numbers();
        isa.prefetch_piece::<V>(numbers, (row + AHEAD_OF_PIECES) * self.width + column);
        let mut sums = [isa.splat(T::ZERO); V];
        let a = &self.a[row * self.terms..][..self.terms];
        for (&x, b) in a.iter().zip(self.b.chunks_exact(self.width)) {
            let (x, b) = (isa.splat(x), isa.load_piece::<V, WHOLE>(&b[column..]));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = isa.fma(x, b, *sum);
            }
        }
        let factor = isa.splat(self.factor);
        let numbers = &numbers[row * self.width..][..self.width];
        let numbers = isa.load_piece::<V, WHOLE>(&numbers[column..]);
        for (sum, numbers) in sums.iter_mut().zip(numbers) {
            *sum = isa.mul(isa.mul(factor, *sum), self.times.lanes(isa, numbers));
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::multiply;
    use super::*;
    use crate::math::simd::force_path;

    fn wave<T: Element>(shape: (usize, usize), frequency: f64) -> Array2<T> {
        let mut at = 0.0;
        Array2::from_shape_simple_fn(shape, || {
            at += frequency;
            T::from_f64(f64::sin(at))
        })
    }

    /// The definition: parts of a chain, one after the other.
    fn plain<T: Element>(
        factor: T,
        a: &Array2<T>,
        b: &Array2<T>,
        fma: fn(T, T, T) -> T,
    ) -> Array2<T> {
        let k = a.ncols();
        let part = k.div_ceil(k.div_ceil(512));
        Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
            let mut total = T::ZERO;
            for first in (0..k).step_by(part) {
                let terms = first..k.min(first + part);
                let sum = terms.fold(T::ZERO, |sum, t| fma(a[(i, t)], b[(t, j)], sum));
                total = fma(factor, sum, total);
            }
            total
        })
    }

    /// Outputs, signals and gradients of a layer of few units, and dimensions at the edges.
    const SHAPES: [(usize, usize, usize); 8] = [
        (71, 10, 1000),
        (61, 103, 10),
        (10, 103, 61),
        (10, 1000, 600),
        (65, 16, 513),
        (33, 16, 512),
        (17, 40, 3),
        (2, 200, 1025),
    ];

    fn check<T: Element>(fma: fn(T, T, T) -> T) {
        for (m, n, k) in SHAPES {
            let (a, b) = (wave((m, k), 0.7), wave((k, n), 1.3));
            let factor = T::from_f64(0.3);
            let wanted = plain(factor, &a, &b, fma);
            for path in [Path::Portable, Path::Avx2, Path::Avx512] {
                force_path(Some(path));
                // Either factor by rows or by columns, where that is taken.
                let (a_turned, b_turned) = (a.t().as_standard_layout().into_owned(), b.t());
                let b_turned = b_turned.as_standard_layout().into_owned();
                let mut taken = 0;
                for a in [a.view(), a_turned.t()] {
                    for b in [b.view(), b_turned.t()] {
                        let mut found = Array2::from_elem((m, n), T::from_f64(f64::NAN));
                        let done = multiply_thin(&mut found.view_mut(), factor, &a, &b, None);
                        taken += usize::from(done);
                        assert!(!done || found == wanted, "{m} {n} {k} {path:?}");
                    }
                }
                assert!(taken > 1, "{m} {n} {k}");
                let slopes = wave((m, n), 0.1);
                let mut found = Array2::from_elem((m, n), T::ZERO);
                for times in [Slopes::Numbers, Slopes::OfRectified] {
                    let times = times(slopes.view());
                    let (a, b) = (a.view(), b.view());
                    multiply_thin(&mut found.view_mut(), factor, &a, &b, Some(&times));
                    let mut wanted = wanted.clone();
                    times.multiply(&mut wanted.view_mut());
                    assert_eq!(found, wanted);
                }
            }
            force_path(None);
        }
    }

    #[test]
    fn every_path_and_order_in_memory_gives_the_bits_of_the_definition() {
        check::<f32>(f32::mul_add);
        check::<f64>(f64::mul_add);
    }

    #[test]
    fn the_library_gives_the_same_but_for_rounding() {
        for (m, n, k) in SHAPES {
            let (a, b) = (wave::<f32>((m, k), 0.7), wave::<f32>((k, n), 1.3));
            let mut thin = Array2::zeros((m, n));
            let mut out = thin.view_mut();
            assert!(multiply_thin(&mut out, 0.3, &a.view(), &b.view(), None));
            // A result whose rows are apart is the library's.
            let mut whole = Array2::zeros((m, n + 1));
            let mut library = whole.slice_mut(ndarray::s![.., ..n]);
            multiply(0.0, &mut library, 0.3, &a.view(), &b.view());
            // Half a unit in the last place for each of k terms of size below 1.
            let tolerance = 0.3 * k as f32 * f32::EPSILON;
            let close = |(x, y): (&f32, &f32)| (x - y).abs() <= tolerance;
            assert!(thin.iter().zip(&library).all(close), "{m} {n} {k}");
        }
    }

    #[test]
    fn what_is_not_thin_or_not_in_rows_is_left_alone() {
        let (a, b) = (wave::<f64>((40, 50), 0.7), wave::<f64>((50, 60), 1.3));
        let mut c = Array2::from_elem((40, 60), 7.0);
        assert!(!multiply_thin(
            &mut c.view_mut(),
            1.0,
            &a.view(),
            &b.view(),
            None
        ));
        assert_eq!(c, Array2::from_elem((40, 60), 7.0));
    }
}
