//! The spectrum of the infinite-width kernel, which sets step sizes and ridge units.

use ndarray::Array2;

use super::infinite_feature_kernel;
use super::matrix::dense;
use crate::math::Activation;

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

/// gamma and M of Gbar, the infinite-width feature kernel.
///
/// `inputs` is (samples, `input_dim`). Where the kernel is singular (linear networks with
/// samples > `input_dim`, equal inputs) it is restricted to its range ("Large sample
/// scenario"): eigenvalues below 1e-12 M do not count. Cost: O(n^3) and that of
/// [`infinite_feature_kernel`].
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::kernel_spectrum;
/// use ndarray::array;
/// let s = kernel_spectrum(Activation::Linear, &array![[2.0, 0.0], [0.0, 1.0]]);
/// assert_eq!((s.gamma, s.max), (1.0, 4.0));
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Assumption 3.1 and Theorem 4.3.
pub fn kernel_spectrum(activation: Activation, inputs: &Array2<f64>) -> Spectrum {
    let kernel = dense(&infinite_feature_kernel(activation, inputs));
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
        let inputs = array![[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
        let s = kernel_spectrum(Activation::Linear, &inputs);
        assert!((s.gamma - 2.0).abs() < 1e-14 && (s.max - 4.0).abs() < 1e-14);
    }

    #[test]
    fn the_linear_kernel_is_its_products_bit_for_bit() {
        // Recorded results in theory units of linear networks depend on it.
        let inputs = Array2::from_shape_fn((7, 5), |(i, j)| ((i * 5 + j) as f64 * 0.37).sin());
        let x: Vec<f64> = inputs.iter().copied().collect();
        let plain = crate::math::row_products(&x, &x, 5);
        let kernel = infinite_feature_kernel(Activation::Linear, &inputs);
        let bits = |values: Vec<f64>| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(kernel.iter().copied().collect()), bits(plain));
    }

    #[test]
    fn equal_inputs_leave_the_range_of_every_kernel() {
        let inputs = array![[2.0, 0.3], [-0.4, 1.0], [-0.4, 1.0]];
        let distinct = array![[2.0, 0.3], [-0.4, 1.0]];
        for activation in Activation::ALL {
            let s = kernel_spectrum(activation, &inputs);
            let without = kernel_spectrum(activation, &distinct);
            assert!(s.gamma >= without.gamma * 0.99, "{activation:?}: {s:?}");
        }
    }
}
