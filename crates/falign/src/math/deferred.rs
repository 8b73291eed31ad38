//! A product that is made where it is needed, which may be a part at a time.

use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::simd::Element;
use super::thin::{has_one_chain, multiply_thin};
use super::{Slopes, multiply};

/// (factor A B) o S, not made yet: a product, rounded, then times S entry by entry if it is there.
#[derive(Debug, Clone, Copy)]
pub struct DeferredProduct<'a, T> {
    /// Factor of the product.
    pub factor: T,
    /// A, (m, k).
    pub a: ArrayView2<'a, T>,
    /// B, (k, n).
    pub b: ArrayView2<'a, T>,
    /// S, (m, n).
    pub s: Option<Slopes<'a, T>>,
}

impl<'a, T: Element> DeferredProduct<'a, T> {
    /// (m, n, k).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub(super) fn dim(&self) -> (usize, usize, usize) {
        let ((m, k), (k_b, n)) = (self.a.dim(), self.b.dim());
        let s = self.s.as_ref().map_or((m, n), Slopes::dim);
        assert!(
            k == k_b && s == (m, n),
            "shapes ({m}, {k}) times ({k_b}, {n}) times {s:?}"
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
        if multiply_thin(c, *factor, a, b, s.as_ref()) {
            return;
        }
        multiply(T::ZERO, c, *factor, a, b);
        if let Some(s) = s {
            s.multiply(c);
        }
    }

    /// A B in parts of at most so many rows, one after the other, S left out; `None` where parts
    /// would not have the bits of the whole.
    pub(crate) fn parts(&self, most: usize) -> Option<impl Iterator<Item = Self> + use<'a, T>> {
        let (m, n, k) = self.dim();
        // Of equal size, but for the last.
        let rows = m.div_ceil(m.div_ceil(most).max(1)).max(1);
        let (whole, last) = ((m, n, k), (m - (m.div_ceil(rows).max(1) - 1) * rows, n, k));
        let Self { factor, a, b, .. } = *self;
        let lies_in_rows = a.is_standard_layout() && b.is_standard_layout();
        let is_same = [whole, (rows, n, k), last].into_iter().all(has_one_chain);
        (lies_in_rows && is_same).then(move || {
            (0..m).step_by(rows).map(move |first| Self {
                factor,
                a: a.slice_move(s![first..m.min(first + rows), ..]),
                b,
                s: None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn slopes_are_multiplied_by_behind_the_product() {
        let (a, b, s) = (array![[1.0, 2.0]], array![[3.0], [4.0]], array![[0.5]]);
        let mut product = DeferredProduct {
            factor: 2.0,
            a: a.view(),
            b: b.view(),
            s: Some(Slopes::Numbers(s.view())),
        };
        let mut c = Array2::zeros((1, 1));
        product.write(&mut c.view_mut());
        assert_eq!(c, array![[11.0]]);
        product.s = None;
        product.write(&mut c.view_mut());
        assert_eq!(c, array![[22.0]]);
    }

    #[test]
    fn parts_have_the_bits_of_the_whole_or_are_not_made() {
        let wave = |shape: (usize, usize), step: f32| {
            let mut at = 0.0;
            Array2::from_shape_simple_fn(shape, || {
                at += step;
                f32::sin(at)
            })
        };
        for (m, n, k, is_parted) in [
            (1000, 30, 10, true),
            (129, 300, 4, true),
            (64, 20, 16, true),
            (65, 3, 10, false), // not thin
            (1, 300, 10, false),
            (200, 200, 17, false), // the library's
        ] {
            let (a, b) = (wave((m, k), 0.7), wave((k, n), 1.1));
            let product = DeferredProduct {
                factor: 0.3,
                a: a.view(),
                b: b.view(),
                s: None,
            };
            let mut whole = Array2::zeros((m, n));
            product.write(&mut whole.view_mut());
            let parts = product.parts(64);
            assert_eq!(parts.is_some(), is_parted, "{m} {n} {k}");
            let mut first = 0;
            for part in parts.into_iter().flatten() {
                let mut found = Array2::zeros((part.a.nrows(), n));
                assert!(found.nrows() <= 64, "{m} {n} {k}");
                part.write(&mut found.view_mut());
                let wanted = whole.slice(s![first..first + found.nrows(), ..]);
                let pairs = found.iter().zip(wanted);
                let is_same = pairs.into_iter().all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(is_same, "{m} {n} {k}");
                first += found.nrows();
            }
            assert!(!is_parted || first == m, "{m} {n} {k}");
        }
    }
}
