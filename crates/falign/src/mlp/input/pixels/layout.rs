//! What all batches of a set of images have in common.

use super::lists::ROWS;
use crate::data::Scaler;
use crate::math::Scalar;

/// How pixels become inputs, x = scale pixel + shift, and which of them share a list.
#[derive(Debug)]
pub(in crate::mlp) struct PixelLayout {
    pub(in crate::mlp::input) scale: Vec<f64>,
    pub(in crate::mlp::input) shift: Vec<f64>,
    /// Neighbouring inputs. `input_dim` stands for none: there, rows have one zero more.
    pub(super) groups: Vec<[u32; ROWS]>,
}

impl PixelLayout {
    /// Scaled as the scaler does, times `factor`; samples have this shape.
    pub(in crate::mlp) fn new(scaler: &Scaler, factor: f64, shape: &[usize]) -> Self {
        let each = |values: &[f64]| match values {
            [one] => vec![*one; scaler.input_dim()],
            _ => values.to_vec(),
        };
        let scale: Vec<f64> = each(scaler.divisor()).iter().map(|d| factor / d).collect();
        let shift = each(scaler.shift());
        Self {
            shift: shift.iter().zip(&scale).map(|(m, s)| -m * s).collect(),
            scale,
            groups: neighbours(shape),
        }
    }

    /// Pixels as they are.
    pub(in crate::mlp) fn identity(shape: &[usize]) -> Self {
        let input_dim = shape.iter().product();
        Self {
            scale: vec![1.0; input_dim],
            shift: vec![0.0; input_dim],
            groups: neighbours(shape),
        }
    }

    /// Scale and shift of each input, in the precision of the products.
    pub(in crate::mlp::input) fn rounded<T: Scalar>(&self) -> [Vec<T>; 2] {
        [&self.scale, &self.shift].map(|values| values.iter().map(|&x| T::from_f64(x)).collect())
    }

    /// d.
    pub(in crate::mlp::input) fn input_dim(&self) -> usize {
        self.scale.len()
    }
}

/// Squares of two by two pixels within the last two dimensions, which have more zeros in common
/// than as many in a line; runs where there is one dimension.
fn neighbours(shape: &[usize]) -> Vec<[u32; ROWS]> {
    let input_dim: usize = shape.iter().product();
    let (height, width) = match shape {
        [.., height, width] if *height > 1 && *width > 1 => (*height, *width),
        _ => (1, input_dim),
    };
    let block = if height > 1 { (2, ROWS / 2) } else { (1, ROWS) };
    let mut groups = Vec::new();
    for plane in 0..input_dim / (height * width).max(1) {
        for top in (0..height).step_by(block.0) {
            for left in (0..width).step_by(block.1) {
                groups.push(std::array::from_fn(|at| {
                    let (row, column) = (top + at / block.1, left + at % block.1);
                    let input = if row < height && column < width {
                        (plane * height + row) * width + column
                    } else {
                        input_dim
                    };
                    u32::try_from(input).expect("fewer than 2^32 inputs")
                }));
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_in_one_group() {
        for shape in [&[7][..], &[1, 9], &[5, 3], &[28, 28], &[3, 4, 5], &[1, 1]] {
            let input_dim: usize = shape.iter().product();
            let mut seen = vec![0; input_dim + 1];
            for input in neighbours(shape).into_iter().flatten() {
                seen[input as usize] += 1;
            }
            assert!(seen[..input_dim].iter().all(|&n| n == 1), "{shape:?}");
        }
    }

    #[test]
    fn images_are_cut_into_squares() {
        assert_eq!(neighbours(&[2, 3]), [[0, 1, 3, 4], [2, 6, 5, 6]]);
        assert_eq!(neighbours(&[5]), [[0, 1, 2, 3], [4, 5, 5, 5]]);
        // Planes of colour are apart.
        assert_eq!(neighbours(&[2, 2, 2]), [[0, 1, 2, 3], [4, 5, 6, 7]]);
    }
}
