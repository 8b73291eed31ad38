//! Samples to train on or to measure on, and batches made of them.

mod batch;
mod frame;
mod order;
mod products;

use std::sync::Arc;

use ndarray::{Array2, ArrayRef2};

pub use self::batch::Batch;
use self::batch::BatchInputs;
pub(crate) use self::frame::Frame;
use self::frame::View;
pub use self::products::InputProducts;
use super::door::places;
use super::input::PixelLayout;
use crate::data::{Inputs, Labelled, Matrix, Scaler};
use crate::layer::Image;
use crate::math::simd::Element;
use crate::math::{Scalar, Stream};
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
    /// Frame in which images are seen, where that is not simply the whole of them.
    frame: Option<Frame>,
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
            frame: None,
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
            frame: None,
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

    /// Samples that are seen in a frame. Their inputs are scaled all alike.
    #[must_use]
    pub(crate) fn in_frame(self, frame: Frame) -> Self {
        Self {
            frame: Some(frame),
            ..self.with_products(InputProducts::Dense)
        }
    }

    /// Whether training sees samples otherwise than measures do.
    pub(super) fn is_augmented(&self) -> bool {
        self.frame.is_some_and(|frame| frame.is_random())
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
        if let Some(frame) = &self.frame {
            return frame.seen().numbers();
        }
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
        self.fill_inputs(samples, &mut inputs, &mut Frame::middle);
        inputs
    }

    /// Puts these samples into a batch, which takes their number.
    ///
    /// # Panics
    /// If a sample is not there.
    pub fn fill<T: Element>(&self, samples: &[usize], batch: &mut Batch<T>) {
        self.fill_seen(samples, batch, &mut Frame::middle);
    }

    /// Puts these samples into a batch as training sees them: `stream` draws the view of each, in order.
    pub(super) fn fill_augmented<T: Element>(
        &self,
        samples: &[usize],
        batch: &mut Batch<T>,
        stream: &mut Stream,
    ) {
        self.fill_seen(samples, batch, &mut |frame| frame.draw(stream));
    }

    fn fill_seen<T: Element>(
        &self,
        samples: &[usize],
        batch: &mut Batch<T>,
        look: &mut dyn FnMut(&Frame) -> View,
    ) {
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
            (_, BatchInputs::Dense(input)) => self.fill_inputs(samples, &mut input.0, look),
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

    fn fill_inputs<T: Scalar>(
        &self,
        samples: &[usize],
        out: &mut Array2<T>,
        look: &mut dyn FnMut(&Frame) -> View,
    ) {
        match &self.content {
            Content::Classes { data, scaler, .. } => {
                let out = out.as_slice_mut().expect(WHOLE);
                match &self.frame {
                    None => scaler.fill(data, samples, out),
                    Some(frame) => {
                        let (stored, seen) = (frame.image.numbers(), frame.seen().numbers());
                        let mut whole = vec![T::ZERO; samples.len() * stored];
                        scaler.fill(data, samples, &mut whole);
                        let outside = T::from_f64(scaler.scaled_zero());
                        let rows = whole.chunks_exact(stored);
                        for (row, out) in rows.zip(out.chunks_exact_mut(seen)) {
                            frame.see(look(frame), row, outside, out);
                        }
                    }
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scaling;
    use crate::math::{StreamName, Streams};
    use ndarray::array;

    /// An image of two channels of 2 x 2 pixels in a frame that moves it, and the number that a zero is.
    #[test]
    fn training_sees_scaled_images_moved_with_scaled_zeros_beyond() {
        let image = Image {
            channels: 2,
            height: 2,
            width: 2,
        };
        let pixels = array![
            [10, 20, 30, 40, 50, 60, 70, 80],
            [90, 80, 70, 60, 50, 40, 30, 20]
        ];
        let pixels = Inputs::Pixels(pixels.into());
        let data = Labelled::new(pixels, vec![2, 2, 2], vec![1, 0], 2).unwrap();
        let scaler = Scaling::Standardise.fit(&data).unwrap();
        let scaled = |x: f64| (x - scaler.shift()[0]) / scaler.divisor()[0] * 0.5;
        let frame = Frame {
            image,
            height: 2,
            width: 2,
            shift: 1,
            flip: true,
        };
        let set = Examples::classes(Arc::new(data), scaler.clone(), 0.5).unwrap();
        let set = set.in_frame(frame).in_places(image);
        let open = || Streams::new(9, 0).open(StreamName::Augmentation);
        let (mut stream, mut views) = (open(), open());
        let mut batch = Batch::<f64>::default();
        let mut kinds = 0;
        for _ in 0..20 {
            set.fill_augmented(&[1, 0], &mut batch, &mut stream);
            assert_eq!(batch.labels(), Some(&[0, 1][..]));
            let BatchInputs::Dense(found) = &batch.inputs else {
                panic!("all numbers")
            };
            for (row, stored) in [
                [90.0, 80.0, 70.0, 60.0, 50.0, 40.0, 30.0, 20.0],
                [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0],
            ]
            .iter()
            .enumerate()
            {
                let view = frame.draw(&mut views);
                let mut seen = [0.0; 8];
                frame.see(view, stored, 0.0, &mut seen);
                kinds += usize::from(view != frame.middle());
                // The channels of a place side by side.
                let expected = [0, 4, 1, 5, 2, 6, 3, 7].map(|at: usize| scaled(seen[at]));
                let pairs = found.0.row(row).into_iter().zip(expected).enumerate();
                for (at, (found, expected)) in pairs {
                    assert!((found - expected).abs() < 1e-14, "{row}, {at}");
                }
            }
        }
        assert!(kinds > 30, "{kinds} of 40 are moved");
        let still: Array2<f64> = set.inputs(&[0]);
        let whole = [10.0, 50.0, 20.0, 60.0, 30.0, 70.0, 40.0, 80.0].map(scaled);
        assert!(still.iter().zip(whole).all(|(x, y)| (x - y).abs() < 1e-14));
    }
}
