//! Eigenvectors of symmetric matrices.

use nalgebra::DMatrix;

/// Eigenvalues, in no order, and as many eigenvectors, one after the other, of the symmetric matrix
/// of `entries`, which must be finite: the iteration would never end on a NaN. Plain loops over
/// scalars, so the same bits on every processor. Cost: about 10 n^3 operations.
pub(crate) fn symmetric_eigen(entries: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = entries.len().isqrt();
    let eigen = DMatrix::from_column_slice(n, n, entries).symmetric_eigen();
    // (The library's matrices are held column by column.)
    (
        eigen.eigenvalues.as_slice().to_vec(),
        eigen.eigenvectors.as_slice().to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_maps_each_vector_to_its_multiple() {
        for n in [1, 2, 5, 30] {
            let entry = |i: usize, j: usize| (1.3 * (i * j) as f64 + (i + j) as f64).sin();
            let entries: Vec<f64> = (0..n * n).map(|at| entry(at / n, at % n)).collect();
            let (values, vectors) = symmetric_eigen(&entries);
            assert_eq!((values.len(), vectors.len()), (n, n * n));
            for (value, vector) in values.iter().zip(vectors.chunks(n)) {
                let square: f64 = vector.iter().map(|x| x * x).sum();
                assert!((square - 1.0).abs() < 1e-13);
                for (row, x) in entries.chunks(n).zip(vector) {
                    let image: f64 = row.iter().zip(vector).map(|(a, x)| a * x).sum();
                    assert!((image - value * x).abs() < 1e-12 * n as f64, "{n}");
                }
            }
        }
    }
}
