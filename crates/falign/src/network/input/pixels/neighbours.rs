//! Inputs that share a list.

use falign_kernels::listed::ROWS;

/// The inputs of samples of this shape in groups of [`ROWS`]: squares of two by two pixels within
/// the last two dimensions, which have more zeros in common than as many in a line; runs where
/// there is one dimension. The number of inputs stands for none: there, rows have one zero more.
pub(super) fn groups(shape: &[usize]) -> Vec<[u32; ROWS]> {
    let input_dim = shape.iter().product();
    let ((height, width), block) = match *shape {
        [.., height, width] if height > 1 && width > 1 => ((height, width), (2, ROWS / 2)),
        _ => ((1, input_dim), (1, ROWS)),
    };
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

    const SHAPES: [&[usize]; 7] = [
        &[7],
        &[1, 9],
        &[5, 3],
        &[28, 28],
        &[3, 4, 5],
        &[3, 5, 4],
        &[1, 1],
    ];

    #[test]
    fn every_input_is_in_one_group() {
        for shape in SHAPES {
            let input_dim: usize = shape.iter().product();
            let mut seen = vec![0; input_dim + 1];
            for input in groups(shape).into_iter().flatten() {
                seen[input as usize] += 1;
            }
            assert!(seen[..input_dim].iter().all(|&n| n == 1), "{shape:?}");
        }
    }

    #[test]
    fn images_are_cut_into_squares() {
        assert_eq!(groups(&[2, 3]), [[0, 1, 3, 4], [2, 6, 5, 6]]);
        assert_eq!(groups(&[5]), [[0, 1, 2, 3], [4, 5, 5, 5]]);
        // Planes of colour are apart.
        assert_eq!(groups(&[2, 2, 2]), [[0, 1, 2, 3], [4, 5, 6, 7]]);
    }
}
