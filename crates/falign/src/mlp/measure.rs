//! Angles between what a rule sends and what backpropagation would send.

use ndarray::Array2;

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
    assert_eq!(a.dim(), b.dim(), "as many vectors of the same size");
    let units = a.ncols();
    let (mut sum_a, mut sum_b) = (vec![0.0; units], vec![0.0; units]);
    let mut total = Products::default();
    let (mut cosines, mut counted) = (0.0, 0.0);
    for (row_a, row_b) in a.rows().into_iter().zip(b.rows()) {
        let mut row = Products::default();
        for (at, (x, y)) in row_a.iter().zip(row_b.iter()).enumerate() {
            let (x, y) = (x.to_f64(), y.to_f64());
            row.include(x, y);
            sum_a[at] += x;
            sum_b[at] += y;
        }
        let cosine = row.cosine();
        if !cosine.is_nan() {
            cosines += cosine;
            counted += 1.0;
        }
        total.add(row);
    }
    let mut sums = Products::default();
    for (&x, &y) in sum_a.iter().zip(&sum_b) {
        sums.include(x, y);
    }
    Alignment {
        per_sample: cosines / counted,
        flattened: total.cosine(),
        summed: sums.cosine(),
        norm_ratio: (total.aa / total.bb).sqrt(),
    }
}

/// a'b, a'a and b'b.
#[derive(Debug, Clone, Copy, Default)]
struct Products {
    ab: f64,
    aa: f64,
    bb: f64,
}

impl Products {
    fn include(&mut self, a: f64, b: f64) {
        self.ab = a.mul_add(b, self.ab);
        self.aa = a.mul_add(a, self.aa);
        self.bb = b.mul_add(b, self.bb);
    }

    fn add(&mut self, other: Self) {
        self.ab += other.ab;
        self.aa += other.aa;
        self.bb += other.bb;
    }

    /// NaN if one of the vectors vanishes.
    fn cosine(self) -> f64 {
        self.ab / (self.aa.sqrt() * self.bb.sqrt())
    }
}

/// The share of samples whose target class is among the `top` largest outputs. `labels`
/// holds a class per row. Equal outputs count against the sample.
///
/// # Panics
/// If there are not as many labels as rows, or a label is no column.
pub fn accuracy<T: Scalar>(outputs: &Array2<T>, labels: &[u8], top: usize) -> f64 {
    assert_eq!(outputs.nrows(), labels.len(), "one label a sample");
    let rows = outputs.rows().into_iter().zip(labels);
    let right = rows
        .filter(|(row, label)| {
            let class = usize::from(**label);
            let own = row[class];
            // Neither a tie nor a NaN counts as behind.
            let behind = row.iter().filter(|other| **other < own).count();
            row.len() - 1 - behind < top
        })
        .count();
    right as f64 / labels.len() as f64
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

    #[test]
    fn ties_and_nan_are_no_hits() {
        let outputs = array![[1.0, 2.0, 3.0], [5.0, 5.0, 0.0], [f64::NAN, 1.0, 0.0]];
        assert!((accuracy(&outputs, &[2, 0, 0], 1) - 1.0 / 3.0).abs() < 1e-15);
        assert!((accuracy(&outputs, &[1, 0, 1], 2) - 1.0).abs() < 1e-15);
    }
}
