//! Data sets: generated, and read from a user's files. Knows no network engine.

pub mod synthetic;

use std::path::Path;

use ndarray::Array2;

use crate::two_layer::Weights;
use crate::{Error, Result};

/// Inputs (samples, `input_dim`) and targets (samples, outputs).
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// X.
    pub inputs: Array2<f64>,
    /// Y.
    pub targets: Array2<f64>,
}

/// Reads a data set.
///
/// # Errors
/// [`Error::Data`].
pub fn load_dataset(path: &Path) -> Result<Dataset> {
    Err(Error::data(path, "data files cannot be read yet"))
}

/// Reads weights.
///
/// # Errors
/// [`Error::Data`].
pub fn load_weights(path: &Path) -> Result<Weights> {
    Err(Error::data(path, "weight files cannot be read yet"))
}

/// Writes weights.
///
/// # Errors
/// [`Error::Data`].
pub fn save_weights(path: &Path, _weights: &Weights) -> Result<()> {
    Err(Error::data(path, "weight files cannot be written yet"))
}
