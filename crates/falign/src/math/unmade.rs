//! A product that is made where it is needed, which may be a part at a time.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::simd::Element;
use super::thin::multiply_thin;
use super::{Slopes, multiply};

/// (factor A B) o S, not made yet: a product, rounded, then times S entry by entry.
///
/// # Example
/// ```
/// use falign::math::{Slopes, UnmadeProduct};
/// use ndarray::{Array2, array};
/// let (a, b, s) = (array![[1.0, 2.0]], array![[3.0], [4.0]], array![[0.5]]);
/// let s = Slopes::Numbers(s.view());
/// let product = UnmadeProduct { factor: 2.0, a: a.view(), b: b.view(), s };
/// let mut c = Array2::zeros((1, 1));
/// product.write(&mut c.view_mut());
/// assert_eq!(c, array![[11.0]]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UnmadeProduct<'a, T> {
    /// What multiplies the product.
    pub factor: T,
    /// A, (m, k).
    pub a: ArrayView2<'a, T>,
    /// B, (k, n).
    pub b: ArrayView2<'a, T>,
    /// S, (m, n).
    pub s: Slopes<'a, T>,
}

impl<T: Element> UnmadeProduct<'_, T> {
    /// (m, n, k).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub(super) fn dim(&self) -> (usize, usize, usize) {
        let ((m, k), (k_b, n)) = (self.a.dim(), self.b.dim());
        assert!(
            k == k_b && self.s.dim() == (m, n),
            "shapes ({m}, {k}) times ({k_b}, {n}) times {:?}",
            self.s.dim()
        );
        (m, n, k)
    }

    /// Makes it. Cost: 2 m n k operations.
    ///
    /// # Panics
    /// If the shapes do not fit: A (m, k), B (k, n), S and C (m, n).
    pub fn write(&self, c: &mut ArrayViewMut2<'_, T>) {
        let Self { factor, a, b, s } = self;
        let (m, n, _) = self.dim();
        assert_eq!(c.dim(), (m, n), "the product's shape");
        if multiply_thin(c, *factor, a, b, Some(s)) {
            return;
        }
        multiply(T::ZERO, c, *factor, a, b);
        s.multiply(c);
    }
}
