//! `{ local = 32, kernel = 3, stride = 2 }`: a kernel of its own at every place.

use std::sync::Arc;

use super::kind::{Kind, Piece, keys};
use super::shape::{MOST, Shape, Sides, SidesType};
use super::words::Behind;
use crate::config::types::{Optional, ValueType as _, size};
use crate::layer::windowed::Windowed;
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// A kernel of its own at every place, with shapes as those of a convolution.
    Local {
        local: usize = "", size(1, MOST), "channels, each with a separate kernel and bias at every place";
        kernel: Sides = "", SidesType { min: 1 }, "places that a kernel covers, on each axis or [down, along]";
        stride: Sides = "1", SidesType { min: 1 }, "places from one window to the next";
        padding: Sides = "0", SidesType { min: 0 }, "zeros around the image, fewer than `kernel`";
        activation: Option<Activation> = "", Optional(Behind), "psi behind it; unset: `network.activation`";
    }
}

impl Kind for Local {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        let windows = below.windows("kernel", self.kernel, self.stride, self.padding)?;
        Ok(below.over(windows, self.local))
    }

    fn settle(&mut self, psi: Activation) {
        self.activation = self.activation.filter(|own| *own != psi);
    }

    fn pieces<T: Element>(&self, below: Shape, psi: Activation) -> Vec<Piece<T>> {
        let windows = below.windows("kernel", self.kernel, self.stride, self.padding);
        let windows = windows.expect("windows that fit");
        vec![Piece::Layer {
            operator: Some(Arc::new(Windowed::local(windows, self.local))),
            numbers: [below.numbers(), below.over(windows, self.local).numbers()],
            activation: self.activation.unwrap_or(psi),
        }]
    }
}
