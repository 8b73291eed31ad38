//! Dense matrix products by the `gemm` crate, or by [`super::thin`], behind a checked and safe face.
//!
//! One thread always: runs are spread over threads outside. Equal bits for any number of
//! threads on one machine; another machine's cache sizes may change the order of sums.

#![allow(
    unsafe_code,
    reason = "the crate takes pointers and strides; see SAFETY"
)]

use ndarray::{ArrayView2, ArrayViewMut2};

use super::simd::Element;
use super::thin::multiply_thin;

/// C := keep C + factor A B, for any strides (pass `.t()` for a transposed factor).
///
/// `keep` of exactly 0 overwrites C, whatever it held. Cost: 2 m n k operations.
///
/// # Panics
/// If the shapes do not fit: A (m, k), B (k, n), C (m, n).
///
/// # Example
/// ```
/// use falign::internal::math::multiply;
/// use ndarray::{Array2, array};
/// let (a, b) = (array![[1.0, 2.0]], array![[3.0, 4.0]]);
/// let mut c = Array2::zeros((1, 1));
/// multiply(0.0, &mut c.view_mut(), 2.0, &a.view(), &b.t());
/// assert_eq!(c, array![[22.0]]);
/// ```
pub fn multiply<T: Element>(
    keep: T,
    c: &mut ArrayViewMut2<'_, T>,
    factor: T,
    a: &ArrayView2<'_, T>,
    b: &ArrayView2<'_, T>,
) {
    let ((m, k), (k_b, n)) = (a.dim(), b.dim());
    assert!(
        k == k_b && c.dim() == (m, n),
        "shapes ({m}, {k}) times ({k_b}, {n}) into {:?}",
        c.dim()
    );
    if keep == T::ZERO && multiply_thin(c, factor, a, b, None) {
        return;
    }
    library(keep, c, factor, a, b);
}

/// [`multiply`] for shapes that fit.
fn library<T: Element>(
    keep: T,
    c: &mut ArrayViewMut2<'_, T>,
    factor: T,
    a: &ArrayView2<'_, T>,
    b: &ArrayView2<'_, T>,
) {
    let ((m, k), n) = (a.dim(), b.ncols());
    let (c_strides, a_strides, b_strides) = (
        [c.strides()[0], c.strides()[1]],
        [a.strides()[0], a.strides()[1]],
        [b.strides()[0], b.strides()[1]],
    );
    // SAFETY: pointers and strides come from live views of the shapes that `multiply` compared; C is
    // borrowed mutably, so it overlaps neither A nor B, nor itself.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            c_strides[1],
            c_strides[0],
            keep != T::ZERO,
            a.as_ptr(),
            a_strides[1],
            a_strides[0],
            b.as_ptr(),
            b_strides[1],
            b_strides[0],
            keep,
            factor,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn filled(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
        let mut x = seed;
        Array2::from_shape_simple_fn((rows, columns), || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (x >> 40) as f64 / f64::from(1 << 24) - 0.5
        })
    }

    #[test]
    fn every_transposition_matches_plain_sums() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (17, 33, 9), (64, 10, 129), (4, 4, 0)] {
            for case in 0..8 {
                let take = |bit: u32, rows: usize, columns: usize, seed: u64| {
                    if case >> bit & 1 == 1 {
                        filled(columns, rows, seed).reversed_axes()
                    } else {
                        filled(rows, columns, seed)
                    }
                };
                let (a, b, mut c) = (take(0, m, k, 1), take(1, k, n, 2), take(2, m, n, 3));
                let expected = c.clone() * 0.5 + a.dot(&b) * 2.0;
                multiply(0.5, &mut c.view_mut(), 2.0, &a.view(), &b.view());
                let error = (&c - &expected).iter().fold(0.0f64, |e, x| e.max(x.abs()));
                assert!(error < 1e-13, "{m} {n} {k} case {case}: {error:e}");
            }
        }
    }

    #[test]
    fn what_is_not_kept_may_be_anything() {
        let a = filled(3, 4, 1);
        let mut c = Array2::from_elem((3, 3), f64::NAN);
        multiply(0.0, &mut c.view_mut(), 1.0, &a.view(), &a.t());
        assert!(c.iter().all(|x| x.is_finite()));
    }

    #[test]
    #[should_panic(expected = "shapes (2, 3) times (2, 3)")]
    fn shapes_must_fit() {
        let a = filled(2, 3, 1);
        let mut c = filled(2, 3, 1);
        multiply(0.0, &mut c.view_mut(), 1.0, &a.view(), &a.view());
    }
}
