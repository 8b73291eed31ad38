//! Kernels of infinitely wide networks: expectations over one hidden unit's w ~ N(0, I).
//!
//! Closed forms for the linear, rectified and error-function activations; Mehler's series for
//! tanh, sigmoid and softplus, with a stated remainder. Exact sums in a fixed order: the same
//! bits on every machine.

mod closed;
mod mehler;
mod pair;
mod plane;
mod surrogate;

use ndarray::Array2;

use super::matrix::{check_columns, products};
use crate::Result;
use crate::math::Activation;
use pair::Pairs;
pub use surrogate::surrogate_kernel;

/// Which function of the preactivation is multiplied with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// psi.
    Values,
    /// psi'.
    Slopes,
}

fn expectation(
    activation: Activation,
    part: Part,
    left: &Array2<f64>,
    right: Option<&Array2<f64>>,
) -> Array2<f64> {
    let pairs = Pairs::new(left, right);
    match activation {
        Activation::Tanh | Activation::Sigmoid | Activation::Softplus => {
            mehler::mehler(activation, part, &pairs)
        }
        _ => pairs.map(|i, j| {
            closed::closed(activation, part, pairs.get(i, j))
                .expect("every other activation has a closed form")
        }),
    }
}

/// The feature kernel of an infinitely wide network, at its start.
///
/// `Gbar_ij = E psi(w.x_i) psi(w.x_j)`, w ~ N(0, I).
///
/// `inputs` is (samples, `input_dim`), the result (samples, samples), symmetric and positive
/// semidefinite. Error: rounding for closed forms; below 1e-13 of the root of the two
/// diagonal entries for tanh, sigmoid and softplus. Cost: O(n^2 d), and for those three
/// O(n (n + max |x|) 120): 0.6 s for 1000 inputs. Up to 32 times that where most pairs are
/// nearly parallel and of large norm, and about a millisecond per pair that is still too near
/// (norm 12 and a correlation of 0.999).
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::infinite_feature_kernel;
/// use ndarray::array;
/// let g = infinite_feature_kernel(Activation::Relu, &array![[1.0, 0.0], [0.0, 2.0]]);
/// assert!((g[(0, 0)] - 0.5).abs() < 1e-15); // half of |x|^2
/// assert!((g[(0, 1)] - 1.0 / std::f64::consts::PI).abs() < 1e-15);
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Assumption 3.1 (where I is `I_d`).
#[doc(alias = "Gbar")]
pub fn infinite_feature_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    expectation(activation, Part::Values, inputs, None)
}

/// The same between two sets of inputs: row i is a row of `left`, column j one of `right`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inputs have different numbers of columns.
pub fn infinite_feature_kernel_between(
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("right", right, left.ncols())?;
    Ok(expectation(activation, Part::Values, left, Some(right)))
}

/// The kernel of the derivatives: what the hidden weights add once feedback and output weights
/// are correlated.
///
/// `Gdot_ij = E psi'(w.x_i) psi'(w.x_j)`, w ~ N(0, I).
///
/// Shapes, errors and cost as [`infinite_feature_kernel`].
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::infinite_slope_kernel;
/// use ndarray::array;
/// let g = infinite_slope_kernel(Activation::Relu, &array![[1.0, 0.0], [0.0, 2.0]]);
/// assert!((g[(0, 1)] - 0.25).abs() < 1e-15); // both units are active one time in four
/// ```
///
/// Source: Jacot, Gabriel & Hongler (2018); here the limit of H(0) for b = beta(0).
#[doc(alias = "Gdot")]
pub fn infinite_slope_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    expectation(activation, Part::Slopes, inputs, None)
}

/// The same between two sets of inputs.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inputs have different numbers of columns.
pub fn infinite_slope_kernel_between(
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("right", right, left.ncols())?;
    Ok(expectation(activation, Part::Slopes, left, Some(right)))
}

/// What the hidden weights add to the kernel of backpropagation: K o Gdot with K = X X', entry
/// by entry. The limit of the feedback kernel H(0) is rho times this, where rho is the
/// correlation of b and beta(0).
///
/// Shapes, errors and cost as [`infinite_feature_kernel`].
pub fn infinite_feedback_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    products(inputs, inputs) * infinite_slope_kernel(activation, inputs)
}

/// The same between two sets of inputs.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inputs have different numbers of columns.
pub fn infinite_feedback_kernel_between(
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    Ok(infinite_slope_kernel_between(activation, left, right)? * products(left, right))
}

/// The neural tangent kernel of an infinitely wide network: Gbar + K o Gdot.
///
/// Shapes, errors and cost as [`infinite_feature_kernel`].
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::neural_tangent_kernel;
/// use ndarray::array;
/// // Both layers of a linear network learn with X X'.
/// let k = neural_tangent_kernel(Activation::Linear, &array![[1.0, 2.0]]);
/// assert_eq!(k, array![[10.0]]);
/// ```
///
/// Source: Jacot, Gabriel & Hongler (2018); Song, Xu & Lafferty (2021), Section 3.
#[doc(alias = "NTK")]
pub fn neural_tangent_kernel(activation: Activation, inputs: &Array2<f64>) -> Array2<f64> {
    infinite_feature_kernel(activation, inputs) + infinite_feedback_kernel(activation, inputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{StreamName, Streams};

    const SMOOTH: [Activation; 4] = [
        Activation::Erf,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
    ];

    /// Largest distance of two kernels' entries, relative to the diagonal.
    fn distance(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
        a.indexed_iter().fold(0.0, |top: f64, ((i, j), value)| {
            top.max((value - b[(i, j)]).abs() / (b[(i, i)] * b[(j, j)]).sqrt())
        })
    }

    fn gaussian(samples: usize, dim: usize, scale: f64) -> Array2<f64> {
        let mut stream = Streams::new(4, 0).open(StreamName::Data);
        Array2::from_shape_simple_fn((samples, dim), || scale * stream.normal())
    }

    /// Norm 12: a correlation of 0.9, one of 0.99, an equal and an opposite input.
    fn near_duplicates() -> Array2<f64> {
        let angles = [
            0.0f64,
            0.9f64.acos(),
            0.99f64.acos(),
            0.0,
            std::f64::consts::PI,
        ];
        Array2::from_shape_fn((5, 2), |(i, c)| {
            12.0 * if c == 0 {
                angles[i].cos()
            } else {
                angles[i].sin()
            }
        })
    }

    #[test]
    fn the_series_is_the_closed_form_where_there_is_one() {
        for inputs in [
            gaussian(20, 60, 1.0),
            gaussian(20, 60, 0.13),
            near_duplicates(),
        ] {
            for part in [Part::Values, Part::Slopes] {
                let pairs = Pairs::new(&inputs, None);
                let series = mehler::mehler(Activation::Erf, part, &pairs);
                let exact = expectation(Activation::Erf, part, &inputs, None);
                let error = distance(&series, &exact);
                assert!(error < 1e-12, "{part:?}: {error:e}");
            }
        }
    }

    #[test]
    fn series_and_plane_agree_for_every_smooth_activation() {
        for inputs in [gaussian(4, 9, 1.0), gaussian(4, 9, 0.3)] {
            for activation in SMOOTH {
                for part in [Part::Values, Part::Slopes] {
                    let pairs = Pairs::new(&inputs, None);
                    let series = mehler::mehler(activation, part, &pairs);
                    let plane = pairs.map(|i, j| plane::plane(activation, part, pairs.get(i, j)));
                    let error = distance(&series, &plane);
                    assert!(error < 1e-12, "{activation:?} {part:?}: {error:e}");
                }
            }
        }
    }

    #[test]
    fn inputs_that_vanish_have_the_kernels_of_the_bias() {
        let inputs = ndarray::array![[0.0, 0.0], [3.0, 4.0]];
        for activation in Activation::ALL {
            let g = infinite_feature_kernel(activation, &inputs);
            let h = infinite_slope_kernel(activation, &inputs);
            let (value, slope) = (activation.value(0.0f64), activation.derivative(0.0f64));
            assert!((g[(0, 0)] - value * value).abs() < 1e-14, "{activation:?}");
            assert!((h[(0, 0)] - slope * slope).abs() < 1e-14, "{activation:?}");
            assert!(g.iter().chain(&h).all(|x| x.is_finite()), "{activation:?}");
        }
    }

    #[test]
    fn many_near_duplicates_take_more_terms() {
        // All correlations near 0.92 or 0.99: more pairs than inputs are late at 120 terms.
        for shift in [1.0, 3.0] {
            let inputs = gaussian(12, 40, 0.3) + shift;
            for part in [Part::Values, Part::Slopes] {
                let pairs = Pairs::new(&inputs, None);
                let series = mehler::mehler(Activation::Erf, part, &pairs);
                let exact = expectation(Activation::Erf, part, &inputs, None);
                let error = distance(&series, &exact);
                assert!(error < 1e-12, "{shift} {part:?}: {error:e}");
            }
        }
    }
}
