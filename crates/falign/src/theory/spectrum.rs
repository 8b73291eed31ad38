//! The spectrum of the infinite-width kernel, which sets step sizes and ridge units.

use nalgebra::DMatrix;
use ndarray::Array2;

use crate::math::row_products;

/// Extreme eigenvalues of the infinite-width feature kernel on a data set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spectrum {
    /// gamma: the least eigenvalue on the kernel's range.
    pub gamma: f64,
    /// M: the largest eigenvalue.
    pub max: f64,
}

/// Relative size below which an eigenvalue is rounding.
const RANK_TOLERANCE: f64 = 1e-12;

/// gamma and M of Gbar = X X', the infinite-width kernel of linear networks.
///
/// `inputs` is (samples, `input_dim`). Where samples > `input_dim` the kernel is restricted to
/// its range ("Large sample scenario"). Cost: O(n^3).
///
/// Source: Song, Xu & Lafferty (2021), Assumption 3.1 and Theorem 4.3.
pub fn linear_kernel_spectrum(inputs: &Array2<f64>) -> Spectrum {
    let n = inputs.nrows();
    let x: Vec<f64> = inputs.iter().copied().collect();
    let kernel = DMatrix::from_row_slice(n, n, &row_products(&x, &x, inputs.ncols()));
    let eigenvalues = kernel.symmetric_eigenvalues();
    let max = eigenvalues.iter().copied().fold(0.0, f64::max);
    let gamma = eigenvalues
        .iter()
        .copied()
        .filter(|&l| l > RANK_TOLERANCE * max)
        .fold(max, f64::min);
    Spectrum { gamma, max }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn spectrum_of_a_known_matrix() {
        // Rows (2, 0), (0, 1), (0, 1): eigenvalues 4, 2 and 0, which is left out.
        let s = linear_kernel_spectrum(&array![[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]]);
        assert!((s.gamma - 2.0).abs() < 1e-14 && (s.max - 4.0).abs() < 1e-14);
    }
}
