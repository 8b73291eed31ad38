//! `{ conv = 6, kernel = 5 }`: the same kernel at every place.

use std::sync::Arc;

use super::kind::{Kind, Piece, keys};
use super::shape::{MOST, Shape, Sides, SidesType};
use super::words::Behind;
use crate::config::types::{Optional, ValueType as _, size};
use crate::layer::windowed::Windowed;
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// Kernels that all places share: (channels below, rows, columns) becomes (channels, rows of windows, columns of
    /// windows), a sequence (channels below, length) becomes (channels, windows).
    Conv {
        conv: usize = "", size(1, MOST), "channels, each with a kernel that all places share";
        kernel: Sides = "", SidesType { min: 1 }, "places that a kernel covers, on each axis or [down, along]";
        stride: Sides = "1", SidesType { min: 1 }, "places from one window to the next";
        padding: Sides = "0", SidesType { min: 0 }, "zeros around the image, fewer than `kernel`";
        activation: Option<Activation> = "", Optional(Behind), "psi behind it; unset: `network.activation`";
    }
}

impl Kind for Conv {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        let windows = below.windows("kernel", self.kernel, self.stride, self.padding)?;
        Ok(below.over(windows, self.conv))
    }

    fn settle(&mut self, psi: Activation) {
        self.activation = self.activation.filter(|own| *own != psi);
    }

    fn pieces<T: Element>(&self, below: Shape, psi: Activation) -> Vec<Piece<T>> {
        let windows = below.windows("kernel", self.kernel, self.stride, self.padding);
        let windows = windows.expect("windows that fit");
        vec![Piece::Layer {
            operator: Some(Arc::new(Windowed::convolution(windows, self.conv))),
            numbers: [below.numbers(), below.over(windows, self.conv).numbers()],
            activation: self.activation.unwrap_or(psi),
        }]
    }
}
