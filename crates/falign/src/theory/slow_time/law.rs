//! Laws of a unit's feedback weights b in R^k.

use ndarray::Array2;

use crate::math::Stream;
use crate::theory::matrix::products;
use crate::{Error, Result};

/// The law of a hidden unit's feedback weights, unit by unit independent, with mean 0 and, but
/// for `LowRank`, E b b' = I.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedbackLaw {
    /// N(0, 1), the paper's.
    Gaussian,
    /// +1 or -1.
    Sign,
    /// -a, 0 or a with probability 1/3 each, a^2 = 3/2.
    Ternary,
    /// N(0, 1/density) with probability `density`, else 0; in (0, 1].
    Sparse {
        /// The share of weights that are not 0.
        density: f64,
    },
    /// b = F g with g ~ N(0, I): the feedback matrix has the rank of F, E b b' = F F'.
    LowRank {
        /// F, (outputs, rank).
        factor: Array2<f64>,
    },
}

impl FeedbackLaw {
    /// E b b', (outputs, outputs).
    pub(crate) fn second_moment(&self, outputs: usize) -> Array2<f64> {
        match self {
            Self::LowRank { factor } => products(factor, factor),
            _ => Array2::eye(outputs),
        }
    }

    pub(super) fn check(&self, outputs: usize) -> Result<()> {
        match self {
            Self::Sparse { density } if !(*density > 0.0 && *density <= 1.0) => Err(Error::config(
                "density",
                density,
                "expected a number above 0 and at most 1",
            )),
            Self::LowRank { factor } if factor.nrows() != outputs => {
                let expected = format!("{outputs} rows, one per output");
                Err(Error::shape("factor", expected, factor.nrows()))
            }
            _ => Ok(()),
        }
    }

    /// The weights of `units` units, (units, outputs).
    pub(super) fn draw(&self, units: usize, outputs: usize, stream: &mut Stream) -> Array2<f64> {
        let shape = (units, outputs);
        match self {
            Self::Gaussian => Array2::from_shape_simple_fn(shape, || stream.normal()),
            Self::Sign => Array2::from_shape_simple_fn(shape, || stream.sign()),
            Self::Ternary => Array2::from_shape_simple_fn(shape, || {
                let level = [-1.0, 0.0, 1.0][stream.below(3)];
                level * 1.5f64.sqrt()
            }),
            Self::Sparse { density } => Array2::from_shape_simple_fn(shape, || {
                let (chosen, value) = (stream.uniform() < *density, stream.normal());
                if chosen { value / density.sqrt() } else { 0.0 }
            }),
            Self::LowRank { factor } => {
                let g = Array2::from_shape_simple_fn((units, factor.ncols()), || stream.normal());
                products(&g, factor)
            }
        }
    }
}
