//! `{ flatten = true }`: an image as plain numbers.

use std::sync::Arc;

use super::kind::{Kind, Piece, keys};
use super::shape::Shape;
use super::words::Yes;
use crate::config::types::ValueType as _;
use crate::layer::maps::ChannelsFirst;
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// An image as plain numbers: (channels, rows, columns) becomes (numbers,). Dense layers flatten what they read
    /// without it.
    Flatten {
        flatten: bool = "", Yes, "an image as plain numbers, in the order of channels, rows, columns; dense layers flatten what they read without it";
    }
}

impl Kind for Flatten {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        Ok(Shape::flat(below.numbers()))
    }

    fn pieces<T: Element>(&self, below: Shape, _: Activation) -> Vec<Piece<T>> {
        vec![Piece::Map(Arc::new(ChannelsFirst(below.image)))]
    }
}
