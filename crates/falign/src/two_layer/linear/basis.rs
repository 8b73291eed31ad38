//! The basis of samples in which the recursion runs, and K = X X' in it.
//!
//! Nothing in the recursion asks which orthogonal basis the samples are in. In that of K's
//! eigenvectors a product with K takes n multiplications, and half of what a step would read is
//! not there.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::padded::Padded;
use super::product::Product;
use crate::math::simd::{Isa, Kernel, dispatch};
use crate::math::{row_products, symmetric_eigen};

/// Samples up to which the eigenvectors are found. They cost some 10 n^3 operations, at 50 samples
/// as much as 2000 steps gain by them; beyond, a run that is not long would notice its start.
const MOST_ROTATED: usize = 256;

/// A basis, and K in it.
#[derive(Debug, Clone)]
pub(super) enum Basis {
    /// Basis of K's eigenvectors.
    Eigenvectors {
        /// Eigenvalues, one column.
        values: Padded,
        /// Eigenvectors, one after the other.
        vectors: Vec<f64>,
        /// Eigenvectors in columns.
        back: Product,
    },
    /// Basis of the samples themselves.
    Samples(Product),
}

impl Basis {
    /// Basis for K, (n, n).
    pub(super) fn new(n: usize, kernel: &[f64]) -> Self {
        // (Finite inputs may have products that are not.)
        if n > MOST_ROTATED || kernel.iter().any(|x| !x.is_finite()) {
            return Self::Samples(Product::new(n, kernel));
        }
        let (values, vectors) = symmetric_eigen(kernel);
        let columns: Vec<f64> = (0..n * n).map(|at| vectors[at % n * n + at / n]).collect();
        Self::Eigenvectors {
            values: Padded::from_rows(&values, 1),
            back: Product::new(n, &columns),
            vectors,
        }
    }

    /// A matrix (n, k) over samples, by rows, in the basis.
    pub(super) fn rotate(&self, rows: &[f64], k: usize) -> Padded {
        let Self::Eigenvectors { vectors, .. } = self else {
            return Padded::from_rows(rows, k);
        };
        let n = rows.len() / k;
        let columns: Vec<f64> = (0..n * k).map(|at| rows[at % n * k + at / n]).collect();
        Padded::from_rows(&row_products(vectors, &columns, n), k)
    }

    /// A form (n, n) over samples in the basis.
    pub(super) fn rotate_form(&self, form: &[f64]) -> Vec<f64> {
        let Self::Eigenvectors { vectors, .. } = self else {
            return form.to_vec();
        };
        let n = form.len().isqrt();
        row_products(&row_products(vectors, form, n), vectors, n)
    }

    /// A matrix (n, k) in the basis over samples, by rows.
    pub(super) fn rotate_back(&self, rotated: &Padded) -> Vec<f64> {
        match self {
            Self::Eigenvectors { back, .. } => {
                let mut samples = rotated.like();
                dispatch(Back(back, rotated, &mut samples));
                samples.to_rows()
            }
            Self::Samples(_) => rotated.to_rows(),
        }
    }
}

struct Back<'a>(&'a Product, &'a Padded, &'a mut Padded);

impl Kernel<f64> for Back<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let Self(product, from, to) = self;
        for c in 0..from.columns() {
            product.add_to(isa, from.column(c), [1.0, 0.0], to.column_mut(c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f64], b: &[f64]) {
        assert_eq!(a.len(), b.len());
        let worst = a
            .iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(worst < 1e-12, "{worst}");
    }

    #[test]
    fn what_is_rotated_comes_back_and_keeps_its_products() {
        let (n, d, k) = (23, 9, 3);
        let numbers = |count: usize, f: f64| {
            (0..count)
                .map(|i| (f * i as f64).sin())
                .collect::<Vec<f64>>()
        };
        let x = numbers(n * d, 1.7);
        let gram = row_products(&x, &x, d);
        let basis = Basis::new(n, &gram);
        let Basis::Eigenvectors { values, .. } = &basis else {
            panic!("few samples");
        };
        let rows = numbers(n * k, 0.9);
        let rotated = basis.rotate(&rows, k);
        close(&basis.rotate_back(&rotated), &rows);
        // K itself becomes its eigenvalues.
        let mut diagonal = vec![0.0; n * n];
        for (i, value) in values.values(0).enumerate() {
            diagonal[i * n + i] = value;
        }
        close(&basis.rotate_form(&gram), &diagonal);
    }

    #[test]
    fn what_has_no_eigenvectors_stays_over_samples() {
        let infinite = Basis::new(2, &[f64::INFINITY, 0.0, 0.0, 1.0]);
        assert!(matches!(infinite, Basis::Samples(_)));
        let rows = [1.0, 2.0, 3.0, 4.0];
        close(&infinite.rotate_back(&infinite.rotate(&rows, 2)), &rows);
    }
}
