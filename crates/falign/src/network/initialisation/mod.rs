//! Laws of weights at the start, forward and backward.

mod feedback;
mod law;
mod layers;
#[cfg(test)]
mod tests;

use ndarray::Array2;

pub use self::feedback::{FeedbackShape, draw_feedback};
pub(crate) use self::feedback::{LayerSize, draw_feedback_of, feedback_draws};
pub use self::law::{Initialisation, Law};
pub(crate) use self::layers::{LayerPlan, draw_layers_of, draw_plans};
pub use self::layers::{draw_layers, draw_operators};
use crate::Result;
use crate::stage::Work;

/// A matrix that is drawn row by row.
fn drawn<T>(
    (rows, columns): (usize, usize),
    work: &Work<'_>,
    next: impl FnMut() -> T,
) -> Result<Array2<T>> {
    let values = work.draw(rows * columns, next)?;
    Ok(Array2::from_shape_vec((rows, columns), values).expect("one number for each entry"))
}
