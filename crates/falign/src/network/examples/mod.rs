//! Samples to train on or to measure on, and batches made of them.

mod batch;
mod order;
mod products;

use std::sync::Arc;

use ndarray::{Array2, ArrayRef2};

pub use self::batch::Batch;
use self::batch::BatchInputs;
pub use self::products::InputProducts;
use super::door::places;
use super::input::PixelLayout;
use crate::data::{Inputs, Labelled, Matrix, Scaler};
use crate::layer::Image;
use crate::math::Scalar;
use crate::math::simd::Element;
use crate::{Error, Result};

/// Samples with their targets. Inputs stay as they are stored, such as one byte a pixel, until
/// a batch asks for them.
#[derive(Debug, Clone)]
pub struct Examples {
    content: Content,
    /// Factor of every scaled input.
    factor: f64,
    /// Number of a stored sample that each number of a batch is, where they have another order.
    order: Option<Arc<[usize]>>,
}

#[derive(Debug, Clone)]
enum Content {
    Classes {
        data: Arc<Labelled>,
        scaler: Scaler,
        form: Form,
    },
    Reals {
        inputs: Matrix<f64>,
        targets: Matrix<f64>,
    },
}

/// How samples with classes come to the first layer.
#[derive(Debug, Clone)]
enum Form {
    Dense,
    /// Pixels of which zeros are skipped.
    Listed {
        layout: Arc<PixelLayout>,
        /// Rank of each sample: those of similar rank share more zeros.
        ranks: Arc<[u32]>,
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
        let products = InputProducts::for_data(&data);
        let examples = Self {
            content: Content::Classes {
                data,
                scaler,
                form: Form::Dense,
            },
            factor,
            order: None,
        };
        Ok(examples.with_products(products))
    }

    /// Samples with real targets: `inputs` (samples, `input_dim`), `targets` (samples, outputs).
    ///
    /// # Errors
    /// [`Error::Shape`] if there are not as many targets as inputs, or none.
    pub fn reals(
        inputs: impl Into<Matrix<f64>>,
        targets: impl Into<Matrix<f64>>,
        factor: f64,
    ) -> Result<Self> {
        let (inputs, targets) = (inputs.into(), targets.into());
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
            order: None,
        })
    }

    /// Changes the kind of products from that which the density of the pixels
    /// suggests. Samples that are not pixels keep dense ones.
    #[must_use]
    pub fn with_products(mut self, products: InputProducts) -> Self {
        if let Content::Classes { data, scaler, form } = &mut self.content {
            let layout = || PixelLayout::new(scaler, self.factor, data.sample_shape()).into();
            *form = match (data.inputs(), products) {
                (Inputs::Pixels(_), InputProducts::Listed) => Form::Listed {
                    layout: layout(),
                    ranks: order::ranks(data).into(),
                },
                _ => Form::Dense,
            };
        }
        self
    }

    /// Samples for layers that read images: all pixels, and all channels of a place together.
    #[must_use]
    pub(crate) fn in_places(self, image: Image) -> Self {
        Self {
            order: places(image).map(Into::into),
            ..self.with_products(InputProducts::Dense)
        }
    }

    /// Products that the first layer makes.
    pub fn products(&self) -> InputProducts {
        match &self.content {
            Content::Classes { form, .. } => match form {
                Form::Dense => InputProducts::Dense,
                Form::Listed { .. } => InputProducts::Listed,
            },
            Content::Reals { .. } => InputProducts::Dense,
        }
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

    /// Scaled inputs of these samples, (samples, `input_dim`).
    ///
    /// # Panics
    /// If a sample is not there.
    pub fn inputs<T: Scalar>(&self, samples: &[usize]) -> Array2<T> {
        let mut inputs = Array2::from_elem((samples.len(), self.input_dim()), T::ZERO);
        self.fill_inputs(samples, &mut inputs);
        inputs
    }

    /// Puts these samples into a batch, which takes their number.
    ///
    /// # Panics
    /// If a sample is not there.
    pub fn fill<T: Element>(&self, samples: &[usize], batch: &mut Batch<T>) {
        batch.fit(samples.len(), self);
        match (&self.content, &mut batch.inputs) {
            (Content::Classes { data, form, .. }, BatchInputs::Pixels(input)) => {
                let Form::Listed { ranks, .. } = form else {
                    unreachable!("the batch was fitted to it")
                };
                let sample =
                    |at: usize| (pixel_row(data, samples[at]), ranks[samples[at]] as usize);
                input.fill(samples.len(), sample);
            }
            (_, BatchInputs::Dense(input)) => self.fill_inputs(samples, &mut input.0),
            _ => unreachable!("the batch was fitted to these samples"),
        }
        batch.labels.clear();
        match &self.content {
            Content::Classes { data, .. } => {
                batch.targets.fill(T::ZERO);
                for (row, &sample) in samples.iter().enumerate() {
                    batch.targets[(row, data.labels()[sample])] = T::ONE;
                }
                let labels = samples.iter().map(|&sample| data.labels()[sample]);
                batch.labels.extend(labels);
            }
            Content::Reals { targets, .. } => copy_rows(targets, samples, &mut batch.targets),
        }
        batch.offset = None;
    }

    fn fill_inputs<T: Scalar>(&self, samples: &[usize], out: &mut Array2<T>) {
        match &self.content {
            Content::Classes { data, scaler, .. } => {
                let out = out.as_slice_mut().expect(WHOLE);
                scaler.fill(data, samples, out);
            }
            Content::Reals { inputs, .. } => copy_rows(inputs, samples, out),
        }
        if (self.factor - 1.0).abs() > 0.0 {
            let factor = T::from_f64(self.factor);
            out.mapv_inplace(|x| factor * x);
        }
        if let Some(order) = &self.order {
            let mut stored = Vec::with_capacity(order.len());
            for mut row in out.rows_mut() {
                stored.clear();
                stored.extend(row.iter().copied());
                row.iter_mut()
                    .zip(&**order)
                    .for_each(|(x, &at)| *x = stored[at]);
            }
        }
    }
}

const WHOLE: &str = "a whole array";

/// The pixels of a sample.
fn pixel_row(data: &Labelled, sample: usize) -> &[u8] {
    let Inputs::Pixels(pixels) = data.inputs() else {
        unreachable!("only pixels are listed")
    };
    let d = data.input_dim();
    &pixels.as_slice().expect(WHOLE)[sample * d..(sample + 1) * d]
}

fn copy_rows<T: Scalar>(from: &ArrayRef2<f64>, rows: &[usize], to: &mut Array2<T>) {
    for (mut to, &row) in to.rows_mut().into_iter().zip(rows) {
        to.zip_mut_with(&from.row(row), |to, x| *to = T::from_f64(*x));
    }
}
