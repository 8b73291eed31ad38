//! Angles between what a rule sends and what backpropagation would send.

use ndarray::Array2;

use super::products::{Mean, Products};
use crate::math::Scalar;

/// How one matrix of vectors (samples in rows) lies to another, in three conventions.
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
/// use falign::mlp::alignment;
/// use ndarray::array;
/// let found = alignment(&array![[1.0, 0.0], [0.0, 2.0]], &array![[1.0, 1.0], [0.0, 1.0]]);
/// assert!((found.per_sample - (0.5f64.sqrt() + 1.0) / 2.0).abs() < 1e-15);
/// ```
pub fn alignment<T: Scalar>(a: &Array2<T>, b: &Array2<T>) -> Alignment {
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

    pub(super) fn include<T: Scalar>(&mut self, a: &Array2<T>, b: &Array2<T>) {
        assert_eq!(a.dim(), b.dim(), "as many vectors of the same size");
        let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
        for (a, b) in a.rows().into_iter().zip(b.rows()) {
            let (a, b) = (a.to_slice().expect(WHOLE), b.to_slice().expect(WHOLE));
            let row = Products::of_rows(a, b);
            self.cosines.include(row.cosine());
            self.total.add(row);
            add_to(&mut self.sum_a, a);
            add_to(&mut self.sum_b, b);
        }
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

const WHOLE: &str = "rows of a standard layout";

fn add_to<T: Scalar>(sums: &mut [f64], row: &[T]) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += x.to_f64();
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
