//! Products that the first layer makes.

use std::sync::Arc;

use crate::data::{Inputs, Labelled};
use crate::network::input::{PixelInput, PixelLayout};

/// How the first layer multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputProducts {
    /// Products of all inputs, by a dense matrix product.
    Dense,
    /// Pixels that are not zero only. Equal to the dense products but for rounding.
    Listed,
}

impl InputProducts {
    /// Largest share of multiplications left at which skipping zeros saves more than it costs.
    const WORTHWHILE: f64 = 0.7;
    /// Samples whose zeros are counted.
    const SAMPLED: usize = 600;

    /// The cheaper kind, from the density of the first samples: what is listed is what any of
    /// four samples of a class, or of four neighbouring pixels, has.
    pub(super) fn for_data(data: &Labelled) -> Self {
        let Inputs::Pixels(pixels) = data.inputs() else {
            return Self::Dense;
        };
        let d = data.input_dim();
        let pixels = pixels.as_slice().expect("a whole array");
        let layout = PixelLayout::identity(data.sample_shape());
        let mut input = PixelInput::<f32>::new(Arc::new(layout));
        let sample = |i: usize| (&pixels[i * d..][..d], data.labels()[i]);
        input.fill(Self::SAMPLED.min(data.samples()), sample);
        let [forward, gradient] = input.densities();
        if 0.5 * (forward + gradient) < Self::WORTHWHILE {
            Self::Listed
        } else {
            Self::Dense
        }
    }
}
