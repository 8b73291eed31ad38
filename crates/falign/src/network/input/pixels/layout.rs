//! Layout that all batches of a set of images have in common.

use falign_kernels::listed::ROWS;

use super::neighbours;
use crate::data::Scaler;
use crate::math::Scalar;

/// How pixels become inputs, x = scale pixel + shift, and which of them share a list.
#[derive(Debug)]
pub(in crate::network) struct PixelLayout {
    pub(in crate::network::input) scale: Vec<f64>,
    pub(in crate::network::input) shift: Vec<f64>,
    /// Groups of inputs [that are neighbours](neighbours::groups).
    pub(super) groups: Vec<[u32; ROWS]>,
}

impl PixelLayout {
    /// Scaled as the scaler does, times `factor`; samples have this shape.
    pub(in crate::network) fn new(scaler: &Scaler, factor: f64, shape: &[usize]) -> Self {
        let each = |values: &[f64]| match values {
            [one] => vec![*one; scaler.input_dim()],
            _ => values.to_vec(),
        };
        let scale: Vec<f64> = each(scaler.divisor()).iter().map(|d| factor / d).collect();
        let shift = each(scaler.shift());
        let shift = shift.iter().zip(&scale).map(|(m, s)| -m * s).collect();
        Self::scaled(shape, scale, shift)
    }

    /// Pixels as they are.
    pub(in crate::network) fn identity(shape: &[usize]) -> Self {
        let input_dim = shape.iter().product();
        Self::scaled(shape, vec![1.0; input_dim], vec![0.0; input_dim])
    }

    fn scaled(shape: &[usize], scale: Vec<f64>, shift: Vec<f64>) -> Self {
        Self {
            groups: neighbours::groups(shape),
            scale,
            shift,
        }
    }

    /// Scale and shift of each input, in the precision of the products.
    pub(in crate::network::input) fn rounded<T: Scalar>(&self) -> [Vec<T>; 2] {
        [&self.scale, &self.shift].map(|values| values.iter().map(|&x| T::from_f64(x)).collect())
    }

    /// d.
    pub(in crate::network::input) fn input_dim(&self) -> usize {
        self.scale.len()
    }
}
