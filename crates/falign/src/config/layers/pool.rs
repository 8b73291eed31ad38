//! `{ pool = "max", size = 2 }`: one number of each window and channel.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Kind, Piece, keys};
use super::shape::{Shape, Sides, SidesType};
use crate::config::types::{Optional, ValueType as _, name};
use crate::layer::maps::Pool as PoolMap;
use crate::layer::{Image, Windows};
use crate::math::Activation;
use crate::math::simd::Element;

keys! {
    /// One number of each window and channel: (channels, rows, columns) becomes (channels, rows of windows, columns of
    /// windows), with one place where a window is the whole image.
    Pool {
        pool: Pooled = "", name::<Pooled>(), "what is taken of each window: its largest number, or its mean";
        size: Option<Sides> = "", Optional(SidesType { min: 1 }), "places that a window covers; unset: one window over the whole image";
        stride: Option<Sides> = "", Optional(SidesType { min: 1 }), "places from one window to the next; unset: `size`";
    }
}

/// The number of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pooled {
    /// Largest number.
    Max,
    /// Mean.
    Mean,
}

impl Pool {
    fn windows(&self, below: Shape) -> Result<Windows, String> {
        let Image { height, width, .. } = below.image;
        let whole = Sides {
            down: if below.is_sequence { width } else { height },
            along: width,
        };
        let size = self.size.unwrap_or(whole);
        below.windows("size", size, self.stride.unwrap_or(size), Sides::of(0))
    }
}

impl Kind for Pool {
    fn above(&self, below: Shape) -> Result<Shape, String> {
        let windows = self.windows(below)?;
        Ok(below.over(windows, below.image.channels))
    }

    fn settle(&mut self, _: Activation) {
        self.stride = self.stride.filter(|_| self.stride != self.size);
    }

    fn pieces<T: Element>(&self, below: Shape, _: Activation) -> Vec<Piece<T>> {
        let windows = self.windows(below).expect("windows that fit");
        vec![Piece::Map(match self.pool {
            Pooled::Max => Arc::new(PoolMap::max(windows)),
            Pooled::Mean => Arc::new(PoolMap::mean(windows)),
        })]
    }
}
