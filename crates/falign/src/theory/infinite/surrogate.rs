//! The paper's approximation of Gbar for nearly orthogonal inputs.

use ndarray::{Array2, array};

use super::pair::Pairs;
use super::{infinite_feature_kernel, infinite_slope_kernel};
use crate::math::Activation;
use crate::stage::whole;

/// The surrogate of Gbar from which the paper derives its least eigenvalue, as printed.
///
/// `Gtilde_ij = (E psi'(Z))^2 r_ij + (E psi(Z)^2 - (E psi'(Z))^2) 1{i = j}`, Z ~ N(0, 1), with
/// `r_ij` = `x_i.x_j` / (|`x_i`| |`x_j`|).
///
/// For inputs N(0, I/d) it is close to Gbar if also E psi(Z) = 0, as for tanh. For sigmoid and
/// the rectifiers it lacks (E psi(Z))^2 in every entry *off* the diagonal: its distance from
/// Gbar is then of order n, and the constant of the paper's Proposition 3.3 is too large by half
/// of (E psi(Z))^2 (sigmoid: 0.125 printed, 0.00034 by the corrected formula). The proposition
/// itself stands with Var psi(Z) in the place of E psi(Z)^2.
///
/// `inputs` is (samples, `input_dim`), the result (samples, samples). Cost: O(n^2 d).
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::internal::theory::surrogate_kernel;
/// use ndarray::array;
/// let g = surrogate_kernel(Activation::Relu, &array![[1.0, 0.0], [0.0, 3.0]]);
/// assert!((g[(0, 0)] - 0.5).abs() < 1e-15 && g[(0, 1)] == 0.0); // Gbar has 3/(2 pi)
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Lemma A.1.
#[doc(alias = "Gtilde")]
pub fn surrogate_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    // Two orthonormal inputs have independent preactivations N(0, 1).
    let unit = array![[1.0, 0.0], [0.0, 1.0]];
    let square = infinite_feature_kernel(activation, &unit)[(0, 0)];
    let slope_square = infinite_slope_kernel(activation, &unit)[(0, 1)];
    whole(|nobody| {
        let pairs = Pairs::new(inputs, None, nobody)?;
        pairs.map(nobody, |i, j| {
            let off_diagonal = slope_square * pairs.get(i, j).correlation();
            if i == j {
                off_diagonal + square - slope_square
            } else {
                off_diagonal
            }
        })
    })
}
