//! Dense products of which one dimension is small, such as those of a layer of few outputs.
//!
//! A library for large products first copies both factors into another order, which here
//! costs more than the product. A sum is a chain of fused multiply-adds, cut into equal parts where
//! it would have more than [`CHAIN`] terms: the order of the library in [`super::gemm`] with the
//! caches of most processors with AVX-512, where results are those of the library to the bit.

use std::borrow::Cow;

use falign_kernels::thin::{CHAIN, THIN, ThinProduct, ThinRows};
use ndarray::{ArrayView2, ArrayViewMut2};

use super::simd::Element;
use super::{DeferredProduct, Slopes};

/// Products of fewer numbers, or of fewer terms, are left to the library, which has other orders
/// of summation for them.
const NUMBERS: usize = 256;
const TERMS: usize = 2;
/// So are results of at most this many rows and columns whose sums are cut: it cuts them into
/// parts of [`CHAIN`] terms and a rest.
const SIDE: usize = 64;

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
    product.run();
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

/// The matrix with zeros after each row, so that it is made of whole vectors; and their length.
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

/// A product of few terms for whoever needs it a piece of a row at a time; `None` where it has more
/// terms, is not made here, or does not lie in memory by rows.
///
/// # Panics
/// If the product's shapes do not fit.
pub(crate) fn thin_rows<'a, T: Element>(
    product: &DeferredProduct<'a, T>,
) -> Option<ThinRows<'a, T>> {
    let (m, width, terms) = product.dim();
    if !has_one_chain((m, width, terms)) {
        return None;
    }
    Some(ThinRows {
        a: product.a.to_slice()?,
        b: product.b.to_slice()?,
        factor: product.factor,
        times: product.s?.rows()?,
        terms,
        width,
    })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::multiply;
    use super::*;
    use crate::math::simd::{Path, force_path};

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
        check::<f32>(falign_kernels::fused_single);
        check::<f64>(falign_kernels::fused);
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
