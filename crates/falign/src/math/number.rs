//! Precision of a network's numbers, as a bound.

use super::simd::Element;

/// Numbers of networks: `f32` and `f64`, and no other type. A rule that is written for both takes this
/// as its bound.
///
/// ```
/// use falign::layer::Dense;
/// use falign::math::Number;
/// use ndarray::Array2;
///
/// fn through<T: Number>(weights: &Array2<T>, signal: &Array2<T>) -> Array2<T> {
///     let mut below = Array2::from_elem((signal.nrows(), weights.ncols()), T::ZERO);
///     Dense::new(weights.ncols(), weights.nrows(), T::ONE).pull_back_rows(weights, signal, &mut below);
///     below
/// }
/// assert_eq!(through(&Array2::from_elem((2, 3), 0.5_f32), &Array2::ones((1, 2)))[(0, 2)], 1.0);
/// ```
pub trait Number: Element {}

impl<T: Element> Number for T {}
