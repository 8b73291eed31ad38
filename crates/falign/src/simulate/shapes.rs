//! Shapes of arrays that a setting reads, compared with what it needs.

use std::path::Path;

use crate::data::Weights;
use crate::{Error, Result};

/// Rows and columns of W, beta and b.
pub(crate) type Sizes = [(usize, usize); 3];

pub(crate) fn sizes_of(weights: &Weights) -> Sizes {
    [&weights.hidden, &weights.output, &weights.feedback].map(ndarray::ArrayBase::dim)
}

/// Held-out data must have the (input, target) columns of the training data.
pub(crate) fn held_out_fits(
    path: &Path,
    got: (usize, usize),
    training: (usize, usize),
) -> Result<()> {
    if got == training {
        return Ok(());
    }
    Err(Error::shape(
        format!("data.held_out_data ({})", path.display()),
        format!(
            "{} input and {} target columns, as the training data",
            training.0, training.1
        ),
        format!("{} and {}", got.0, got.1),
    ))
}

/// Given weights must have the network's sizes.
pub(crate) fn weights_fit(
    path: &Path,
    got: Sizes,
    width: u64,
    input_dim: usize,
    outputs: usize,
) -> Result<()> {
    let names = ["hidden_weights", "output_weights", "feedback_weights"];
    let columns = [input_dim, outputs, outputs];
    for ((name, got), columns) in names.into_iter().zip(got).zip(columns) {
        if (got.0 as u64, got.1) != (width, columns) {
            return Err(Error::shape(
                format!("{name} of network.initial_weights ({})", path.display()),
                format!("({width}, {columns}), (network.width, columns of the data)"),
                format!("({}, {})", got.0, got.1),
            ));
        }
    }
    Ok(())
}
