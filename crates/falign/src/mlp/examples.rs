//! Samples to train on or to measure on, and batches made of them.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::input::{DenseInput, Input};
use crate::data::{Labelled, Scaler};
use crate::math::Scalar;
use crate::{Error, Result};

/// Samples with their targets. Inputs stay as they are stored, such as one byte a pixel, until
/// a batch asks for them.
#[derive(Debug, Clone)]
pub struct Examples {
    content: Content,
    /// What multiplies every scaled input.
    factor: f64,
}

#[derive(Debug, Clone)]
enum Content {
    Classes {
        data: Arc<Labelled>,
        scaler: Scaler,
    },
    Reals {
        inputs: Array2<f64>,
        targets: Array2<f64>,
    },
}

impl Examples {
    /// Samples with classes; targets are one-hot. `factor` multiplies what the scaler gives.
    ///
    /// # Errors
    /// [`Error::Shape`] if the scaler was fitted to data of another `input_dim`.
    pub fn classes(data: Arc<Labelled>, scaler: Scaler, factor: f64) -> Result<Self> {
        let fitted = scaler.input_dim();
        if fitted != data.input_dim() {
            return Err(Error::shape(
                "the scaler",
                format!("input_dim {}, as the data", data.input_dim()),
                fitted,
            ));
        }
        Ok(Self {
            content: Content::Classes { data, scaler },
            factor,
        })
    }

    /// Samples with real targets: `inputs` (samples, `input_dim`), `targets` (samples, outputs).
    ///
    /// # Errors
    /// [`Error::Shape`] if there are not as many targets as inputs, or none.
    pub fn reals(inputs: Array2<f64>, targets: Array2<f64>, factor: f64) -> Result<Self> {
        if inputs.nrows() != targets.nrows() || inputs.nrows() == 0 {
            return Err(Error::shape(
                "targets",
                format!(
                    "{} rows, one for each input, and at least one",
                    inputs.nrows()
                ),
                targets.nrows(),
            ));
        }
        Ok(Self {
            content: Content::Reals { inputs, targets },
            factor,
        })
    }

    /// n.
    pub fn samples(&self) -> usize {
        match &self.content {
            Content::Classes { data, .. } => data.samples(),
            Content::Reals { inputs, .. } => inputs.nrows(),
        }
    }

    /// d.
    pub fn input_dim(&self) -> usize {
        match &self.content {
            Content::Classes { data, .. } => data.input_dim(),
            Content::Reals { inputs, .. } => inputs.ncols(),
        }
    }

    /// k: outputs, or classes.
    pub fn outputs(&self) -> usize {
        match &self.content {
            Content::Classes { data, .. } => data.classes(),
            Content::Reals { targets, .. } => targets.ncols(),
        }
    }

    /// The class of each sample, where there are classes.
    pub fn labels(&self) -> Option<&[usize]> {
        match &self.content {
            Content::Classes { data, .. } => Some(data.labels()),
            Content::Reals { .. } => None,
        }
    }

    /// Puts these samples into a batch, which takes their number.
    ///
    /// # Panics
    /// If a sample is not there.
    pub fn fill<T: Scalar>(&self, samples: &[usize], batch: &mut Batch<T>) {
        batch.fit(samples.len(), self.input_dim(), self.outputs());
        let factor = T::from_f64(self.factor);
        let is_scaled = (self.factor - 1.0).abs() > 0.0;
        match &self.content {
            Content::Classes { data, scaler } => {
                let out = batch.inputs.0.as_slice_mut().expect("a whole array");
                scaler.fill(data, samples, out);
                batch.targets.fill(T::ZERO);
                for (row, &sample) in samples.iter().enumerate() {
                    batch.targets[(row, data.labels()[sample])] = T::ONE;
                }
            }
            Content::Reals { inputs, targets } => {
                let copy = |from: &Array2<f64>, to: &mut Array2<T>| {
                    for (mut row, &sample) in to.rows_mut().into_iter().zip(samples) {
                        row.zip_mut_with(&from.row(sample), |out, x| *out = T::from_f64(*x));
                    }
                };
                copy(inputs, &mut batch.inputs.0);
                copy(targets, &mut batch.targets);
            }
        }
        if is_scaled {
            batch.inputs.0.mapv_inplace(|x| factor * x);
        }
        batch.labels.clear();
        if let Some(labels) = self.labels() {
            batch
                .labels
                .extend(samples.iter().map(|&sample| labels[sample]));
        }
        batch.offset = None;
    }
}

/// Some samples as a network takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<T> {
    inputs: DenseInput<T>,
    targets: Array2<T>,
    labels: Vec<usize>,
    offset: Option<Array2<T>>,
}

impl<T: Scalar> Default for Batch<T> {
    fn default() -> Self {
        let empty = || Array2::from_elem((0, 0), T::ZERO);
        Self {
            inputs: DenseInput(empty()),
            targets: empty(),
            labels: Vec::new(),
            offset: None,
        }
    }
}

impl<T: Scalar> Batch<T> {
    /// Inputs, (batch, `input_dim`).
    pub fn inputs(&self) -> &Array2<T> {
        &self.inputs.0
    }

    /// Targets, (batch, outputs).
    pub fn targets(&self) -> &Array2<T> {
        &self.targets
    }

    /// The class of each sample, where there are classes.
    pub fn labels(&self) -> Option<&[usize]> {
        (!self.labels.is_empty()).then_some(&self.labels)
    }

    /// Outputs of the start for each sample, (batch, outputs), to be subtracted.
    pub fn set_offset(&mut self, offset: Array2<T>) {
        self.offset = Some(offset);
    }

    /// Space for this many samples; nothing is allocated where it is already there.
    fn fit(&mut self, samples: usize, input_dim: usize, outputs: usize) {
        if self.inputs.0.dim() != (samples, input_dim) {
            self.inputs = DenseInput(Array2::from_elem((samples, input_dim), T::ZERO));
        }
        if self.targets.dim() != (samples, outputs) {
            self.targets = Array2::from_elem((samples, outputs), T::ZERO);
        }
    }
}

impl<T: Scalar> Input<T> for Batch<T> {
    fn batch(&self) -> usize {
        self.inputs.batch()
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        self.inputs.forward(weights, factor, z);
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        self.inputs.gradient(delta, factor, gradient);
    }

    fn offset(&self) -> Option<ArrayView2<'_, T>> {
        self.offset.as_ref().map(|offset| offset.view())
    }
}
