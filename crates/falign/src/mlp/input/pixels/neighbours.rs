//! Which inputs share a list.

use super::lists::{Quad, ROWS};

/// Inputs in groups of [`ROWS`]: squares of two by two pixels within the last two dimensions, which
/// have more zeros in common than as many in a line; runs where there is one dimension.
#[derive(Debug)]
pub(super) enum Neighbours {
    /// Images of so many rows and columns, one after the other.
    Squares {
        height: usize,
        width: usize,
    },
    Runs,
}

impl Neighbours {
    /// Of samples of this shape.
    pub(super) fn new(shape: &[usize]) -> Self {
        match *shape {
            [.., height, width] if height > 1 && width > 1 => Self::Squares { height, width },
            _ => Self::Runs,
        }
    }

    /// The inputs of all groups. `input_dim` stands for none: there, rows have one zero more.
    pub(super) fn groups(&self, input_dim: usize) -> Vec<[u32; ROWS]> {
        let ((height, width), block) = match *self {
            Self::Squares { height, width } => ((height, width), (2, ROWS / 2)),
            Self::Runs => ((1, input_dim), (1, ROWS)),
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

    /// What a sample has in each of the [`groups`](Self::groups).
    pub(super) fn quads(&self, row: &[u8], quads: &mut [Quad]) {
        match *self {
            Self::Runs => {
                for (quad, run) in quads.iter_mut().zip(row.chunks(ROWS)) {
                    *quad = std::array::from_fn(|at| run.get(at).copied().unwrap_or(0));
                }
            }
            Self::Squares { height, width } => {
                let planes = row.chunks_exact(height * width);
                let pairs = planes.flat_map(|plane| plane.chunks(2 * width));
                for (quads, pair) in quads.chunks_exact_mut(width.div_ceil(2)).zip(pairs) {
                    let (top, bottom) = pair.split_at(width);
                    squares(top, bottom, quads);
                }
            }
        }
    }
}

/// Two rows of an image, of which the lower may not be there.
fn squares(top: &[u8], bottom: &[u8], quads: &mut [Quad]) {
    let ((tops, top_rest), (bottoms, bottom_rest)) = (top.as_chunks::<2>(), bottom.as_chunks());
    if bottoms.is_empty() {
        for (quad, &[a, b]) in quads.iter_mut().zip(tops) {
            *quad = [a, b, 0, 0];
        }
    }
    for (quad, (&[a, b], &[c, d])) in quads.iter_mut().zip(tops.iter().zip(bottoms)) {
        *quad = [a, b, c, d];
    }
    if let ([top], Some(last)) = (top_rest, quads.last_mut()) {
        *last = [*top, 0, bottom_rest.first().copied().unwrap_or(0), 0];
    }
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
            for input in Neighbours::new(shape)
                .groups(input_dim)
                .into_iter()
                .flatten()
            {
                seen[input as usize] += 1;
            }
            assert!(seen[..input_dim].iter().all(|&n| n == 1), "{shape:?}");
        }
    }

    #[test]
    fn images_are_cut_into_squares() {
        let groups = |shape: &[usize]| Neighbours::new(shape).groups(shape.iter().product());
        assert_eq!(groups(&[2, 3]), [[0, 1, 3, 4], [2, 6, 5, 6]]);
        assert_eq!(groups(&[5]), [[0, 1, 2, 3], [4, 5, 5, 5]]);
        // Planes of colour are apart.
        assert_eq!(groups(&[2, 2, 2]), [[0, 1, 2, 3], [4, 5, 6, 7]]);
    }

    #[test]
    fn quads_are_what_a_sample_has_in_its_groups() {
        for shape in SHAPES {
            let input_dim: usize = shape.iter().product();
            let neighbours = Neighbours::new(shape);
            let pixel = |j| u8::try_from(j % 251 + 1).unwrap();
            let mut row: Vec<u8> = (0..input_dim).map(pixel).collect();
            let groups = neighbours.groups(input_dim);
            let mut quads = vec![[255; ROWS]; groups.len()];
            neighbours.quads(&row, &mut quads);
            row.push(0);
            let wanted: Vec<Quad> = groups.iter().map(|g| g.map(|j| row[j as usize])).collect();
            assert_eq!(quads, wanted, "{shape:?}");
        }
    }
}
