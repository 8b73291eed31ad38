//! Particles at the start, with moments that are exact.

use ndarray::Array2;

use super::law::FeedbackLaw;
use super::particles::mean_product;
use crate::math::Stream;
use crate::theory::matrix::{inverse_root, product, products, root};

/// z ~ N(0, K) for `groups` units, with the second moment K exactly where there are enough of
/// them. Drawn in the range of K, so that the number of inputs costs nothing.
pub(super) fn preactivations(
    inputs: &Array2<f64>,
    groups: usize,
    stream: &mut Stream,
) -> Array2<f64> {
    let factor = root(&products(inputs, inputs));
    let g = Array2::from_shape_simple_fn((groups, factor.ncols()), || stream.normal());
    products(&whitened(g), &factor)
}

/// b for `groups` units, with the second moment or the size of its law exactly.
pub(super) fn feedback_weights(
    law: &FeedbackLaw,
    groups: usize,
    outputs: usize,
    stream: &mut Stream,
) -> Array2<f64> {
    let b = law.draw(groups, outputs, stream);
    if *law == FeedbackLaw::Gaussian {
        return whitened(b);
    }
    // Any other law keeps its shape: only its size is made exact.
    let size = b.iter().map(|b| b * b).sum::<f64>() / groups as f64;
    let wanted = law.second_moment(outputs).diag().sum();
    b * (wanted / size).sqrt()
}

/// Rows with the mean square I exactly, where there are more rows than columns.
fn whitened(rows: Array2<f64>) -> Array2<f64> {
    if rows.nrows() <= rows.ncols() {
        return rows;
    }
    let transform = inverse_root(&mean_product(&rows, &rows));
    product(&rows, &transform)
}
