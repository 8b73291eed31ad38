//! The files an experiment reads: looked at before anything runs, so that a slip in the last
//! setting does not wait for the first ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::config::Experiment;
use crate::data::{Weights, load_dataset, load_weights};
use crate::{Error, Result};

/// Reads every file that the settings name, each once, and compares their shapes.
///
/// # Errors
/// [`Error::Io`] or [`Error::Data`] for a file that cannot be used; [`Error::Shape`] for
/// arrays that do not fit the setting.
pub fn check(experiment: &Experiment) -> Result<()> {
    let mut data: BTreeMap<PathBuf, (usize, usize)> = BTreeMap::new();
    let mut weights: BTreeMap<PathBuf, Sizes> = BTreeMap::new();
    let mut columns = |path: &Path| -> Result<(usize, usize)> {
        if let Some(known) = data.get(path) {
            return Ok(*known);
        }
        let set = load_dataset(path)?;
        let found = (set.input_dim(), set.outputs());
        data.insert(path.to_owned(), found);
        Ok(found)
    };
    for labelled in &experiment.settings {
        let setting = &labelled.setting;
        let training = match &setting.train_data {
            Some(path) => columns(path)?,
            None => (setting.input_dim, setting.outputs),
        };
        if let Some(path) = &setting.held_out_data {
            held_out_fits(path, columns(path)?, training)?;
        }
        if let Some(path) = &setting.initial_weights {
            let sizes = match weights.get(path) {
                Some(known) => *known,
                None => sizes_of(&load_weights(path)?),
            };
            weights.insert(path.clone(), sizes);
            weights_fit(path, sizes, setting.width, training.0, training.1)?;
        }
    }
    Ok(())
}

/// Rows and columns of W, beta and b.
pub(super) type Sizes = [(usize, usize); 3];

pub(super) fn sizes_of(weights: &Weights) -> Sizes {
    [&weights.hidden, &weights.output, &weights.feedback].map(ndarray::ArrayBase::dim)
}

/// Held-out data must have the (input, target) columns of the training data.
pub(super) fn held_out_fits(
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
pub(super) fn weights_fit(
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
