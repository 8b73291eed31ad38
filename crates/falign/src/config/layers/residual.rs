//! `{ residual = [...] }`: layers, and what goes past them.

use super::kind::{Kind, Piece, keys};
use super::list::{Layers, Nested};
use super::shape::Shape;
use crate::config::types::ValueType as _;
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// Layers whose sum with what is below them goes on, in the shape below.
    Residual {
        residual: Layers = "", Nested, "layers of a block, whose numbers are added to those below it; both have one shape";
    }
}

impl Kind for Residual {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        let mut inside = below;
        for (at, layer) in self.residual.0.iter().enumerate() {
            let why = |why| format!("residual.{at}: {why}");
            inside = layer.above(inside).map_err(why)?;
        }
        if inside == below {
            return Ok(below);
        }
        Err(format!(
            "its layers make {inside} of {below}, and only equal shapes are added; change the last of them, or its padding"
        ))
    }

    fn settle(&mut self, psi: Activation) {
        for layer in &mut self.residual.0 {
            layer.settle(psi);
        }
    }

    /// No pieces: layers of the block are wired one by one.
    fn pieces<T: Element>(&self, _: Shape, _: Activation) -> Vec<Piece<T>> {
        Vec::new()
    }
}
