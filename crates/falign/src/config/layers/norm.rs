//! `{ norm = "layer" }`, `{ norm = "batch" }`: numbers at mean 0 and variance 1.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Kind, Piece, keys};
use super::shape::Shape;
use super::words::Behind;
use crate::config::types::{Flag, Optional, ValueType as _, above_0, name};
use crate::layer::Map;
use crate::layer::gain::Gain;
use crate::layer::maps::{Activated, BatchNorm, LayerNorm};
use crate::math::Activation;
use crate::math::simd::Element;

/// Share by which the running moments of a batch norm move in a step, as in PyTorch.
const MOMENTUM: f64 = 0.1;

keys! {
    /// Numbers at mean 0 and variance 1, in the shape below.
    Norm {
        norm: Normed = "", name::<Normed>(), "layer: all numbers of a sample together; batch: each channel over the batch and its places, with running moments where nothing is trained";
        gain: bool = "true", Flag, "whether each channel has a gain and a bias behind it, which are trained; every rule sends signals back through them as they are";
        epsilon: f64 = "1e-5", above_0(), "added to the variance";
        activation: Option<Activation> = "", Optional(Behind), "psi behind it; unset: none";
    }
}

/// Numbers that a norm takes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Normed {
    /// Numbers of a sample, all together.
    Layer,
    /// Each channel over a batch and its places.
    Batch,
}

impl Kind for Norm {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        Ok(below)
    }

    fn settle(&mut self, _: Activation) {
        self.activation = self.activation.filter(|own| *own != Activation::Linear);
    }

    fn pieces<T: Element>(&self, below: Shape, _: Activation) -> Vec<Piece<T>> {
        let (channels, places) = (below.image.channels, below.image.places());
        let (numbers, epsilon) = (below.numbers(), self.epsilon);
        let map: Arc<dyn Map<T>> = match self.norm {
            Normed::Layer => Arc::new(LayerNorm {
                groups: 1,
                size: numbers,
                epsilon,
            }),
            Normed::Batch => Arc::new(BatchNorm {
                channels,
                places,
                epsilon,
                momentum: MOMENTUM,
            }),
        };
        let activation = self.activation.unwrap_or(Activation::Linear);
        let behind = if self.gain {
            Some(Piece::Layer {
                operator: Some(Arc::new(Gain { channels, places })),
                numbers: [numbers; 2],
                activation,
            })
        } else if activation == Activation::Linear {
            None
        } else {
            Some(Piece::Map(Arc::new(Activated {
                activation,
                numbers,
            })))
        };
        std::iter::once(Piece::Map(map)).chain(behind).collect()
    }
}
