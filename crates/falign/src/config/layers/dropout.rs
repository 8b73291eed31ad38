//! `{ dropout = 0.1 }`: numbers that are silent at random while a network trains.

use std::sync::Arc;

use super::kind::{Kind, Piece, keys};
use super::shape::Shape;
use crate::config::types::{ValueType as _, share};
use crate::layer::maps::Dropped;
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// Numbers that are silent at random while a network trains, in the shape below.
    Dropout {
        dropout: f64 = "", share(), "probability that a number below it is dropped, per step and sample; `learning.dropout` is that of all hidden layers";
    }
}

impl Kind for Dropout {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        Ok(below)
    }

    fn pieces<T: Element>(&self, below: Shape, _: Activation) -> Vec<Piece<T>> {
        vec![Piece::Map(Arc::new(Dropped {
            numbers: below.numbers(),
            rate: self.dropout,
        }))]
    }
}
