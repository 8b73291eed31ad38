//! Angles between what a rule sends and what backpropagation would send.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use ndarray::{Array2, ArrayRef2};

use crate::math::Scalar;
use crate::math::simd::{Element, Isa, Kernel, dispatch};
use crate::measure::products::{Mean, Products};

/// How one matrix of vectors (samples in rows) lies to another, in three conventions.
///
/// # Example
/// ```
/// use falign::measure::{Alignment, alignment};
/// use ndarray::array;
/// let Alignment { per_sample, norm_ratio, .. } = alignment(&array![[3.0, 0.0]], &array![[1.0, 1.0]]);
/// assert!((per_sample - 0.5f64.sqrt()).abs() < 1e-15);
/// assert!((norm_ratio - 3.0 / 2f64.sqrt()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// Mean over samples of the cosine of their two rows; samples with a vanishing row are
    /// left out. The default reading.
    pub per_sample: f64,
    /// Cosine of the two matrices as long vectors.
    pub flattened: f64,
    /// Cosine of the two sums over samples: the literal reading of Section 4 of Song, Xu &
    /// Lafferty (2021).
    pub summed: f64,
    /// Norm of the first over the norm of the second.
    pub norm_ratio: f64,
}

/// The alignment of two (samples, units) matrices, in `f64`. Values without a meaning, such
/// as the cosine of a vanishing vector, are NaN. Cost: one pass.
///
/// # Panics
/// If the shapes differ.
///
/// # Example
/// ```
/// use falign::measure::alignment;
/// use ndarray::array;
/// let found = alignment(&array![[1.0, 0.0], [0.0, 2.0]], &array![[1.0, 1.0], [0.0, 1.0]]);
/// assert!((found.per_sample - (0.5f64.sqrt() + 1.0) / 2.0).abs() < 1e-15);
/// ```
pub fn alignment<T: Element>(a: &Array2<T>, b: &Array2<T>) -> Alignment {
    let mut sums = AlignmentSums::new(a.ncols());
    sums.include(a, b);
    sums.finish()
}

/// An alignment of matrices that come in chunks of rows.
#[derive(Debug)]
pub(super) struct AlignmentSums {
    cosines: Mean,
    total: Products,
    /// Sums over samples of the two sides' rows.
    sum_a: Vec<f64>,
    sum_b: Vec<f64>,
}

impl AlignmentSums {
    pub(super) fn new(units: usize) -> Self {
        Self {
            cosines: Mean::default(),
            total: Products::default(),
            sum_a: vec![0.0; units],
            sum_b: vec![0.0; units],
        }
    }

    pub(super) fn include<T: Element>(&mut self, a: &ArrayRef2<T>, b: &ArrayRef2<T>) {
        assert_eq!(a.dim(), b.dim(), "as many vectors of the same size");
        let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
        dispatch(Rows {
            a: a.as_slice().expect("standard layout"),
            b: b.as_slice().expect("standard layout"),
            sums: self,
        });
    }

    pub(super) fn finish(&self) -> Alignment {
        let sums = self.sum_a.iter().copied().zip(self.sum_b.iter().copied());
        Alignment {
            per_sample: self.cosines.value(),
            flattened: self.total.cosine(),
            summed: Products::of(sums).cosine(),
            norm_ratio: self.total.norm_ratio(),
        }
    }
}

/// Rows of two matrices that are to be added.
struct Rows<'a, T> {
    a: &'a [T],
    b: &'a [T],
    sums: &'a mut AlignmentSums,
}

impl<T: Element> Kernel<f64> for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let sums = self.sums;
        let units = sums.sum_a.len();
        let [mut a, mut b] = [vec![0.0; units], vec![0.0; units]];
        let rows = self.a.chunks(units.max(1));
        for (row_a, row_b) in rows.zip(self.b.chunks(units.max(1))) {
            // Loops of which the compiler makes vectors of this instruction set.
            widen(&mut a, row_a);
            widen(&mut b, row_b);
            add_to(&mut sums.sum_a, &a);
            add_to(&mut sums.sum_b, &b);
            let row = Products::of_rows(isa, &a, &b);
            sums.cosines.include(row.cosine());
            sums.total.add(row);
        }
    }
}

#[inline(always)]
fn widen<T: Scalar>(to: &mut [f64], row: &[T]) {
    for (to, x) in to.iter_mut().zip(row) {
        *to = x.to_f64();
    }
}

#[inline(always)]
fn add_to(sums: &mut [f64], row: &[f64]) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_matrix_is_aligned_with_itself_in_every_convention() {
        let a = array![[1.0f32, 2.0], [-3.0, 0.5]];
        let found = alignment(&a, &(a.clone() * 2.0));
        for cosine in [found.per_sample, found.flattened, found.summed] {
            assert!((cosine - 1.0).abs() < 1e-7);
        }
        assert!((found.norm_ratio - 0.5).abs() < 1e-7);
    }

    #[test]
    fn vanishing_rows_are_left_out() {
        let (a, b) = (
            array![[0.0, 0.0], [1.0, 0.0]],
            array![[1.0, 0.0], [1.0, 0.0]],
        );
        assert!((alignment(&a, &b).per_sample - 1.0).abs() < 1e-15);
        assert!(alignment(&(a * 0.0), &b).flattened.is_nan());
    }
}
