//! `{ dense = 84 }`: every number to every unit.

use super::kind::{Kind, Piece, keys};
use super::shape::{MOST, Shape};
use super::words::Behind;
use crate::config::types::{Optional, ValueType as _, size};
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// Every number to every unit: a sample of any shape becomes (units,).
    Dense {
        dense: usize = "", size(1, MOST), "units, each of which reads all numbers below";
        activation: Option<Activation> = "", Optional(Behind), "psi behind it; unset: `network.activation`, and none behind the last layer";
    }
}

impl Kind for Dense {
    fn above(&self, _: Shape) -> Result<Shape, String> {
        Ok(Shape::flat(self.dense))
    }

    fn settle(&mut self, psi: Activation) {
        self.activation = self.activation.filter(|own| *own != psi);
    }

    fn pieces<T: Element>(&self, below: Shape, psi: Activation) -> Vec<Piece<T>> {
        vec![Piece::Layer {
            operator: None,
            numbers: [below.numbers(), self.dense],
            activation: self.activation.unwrap_or(psi),
        }]
    }
}
