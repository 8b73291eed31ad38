//! An order of images in which neighbours have zeros in common.

use super::pixel_row;
use crate::data::Labelled;

/// Images of a class that its direction is learned from.
const LEARNED_FROM: usize = 200;
/// Iterations of the power method, which need not converge.
const ITERATIONS: usize = 8;

/// The place of each sample among all: by class, and within a class by the component along the
/// direction in which masks (1 where a pixel is not zero) vary most. On MNIST that is how a digit
/// slants. It decides which samples a product takes together, and so its speed, never a result.
///
/// The inputs are pixels. Costs one pass over them.
pub(super) fn ranks(data: &Labelled) -> Vec<u32> {
    let d = data.input_dim();
    let row = |sample: usize| pixel_row(data, sample);
    let mut by_class = vec![Vec::new(); data.classes()];
    for (sample, &label) in data.labels().iter().enumerate() {
        by_class[label].push(sample);
    }
    let mut ranks = vec![0; data.samples()];
    let mut next = 0;
    for members in by_class {
        let some: Vec<&[u8]> = members.iter().take(LEARNED_FROM).map(|&i| row(i)).collect();
        let direction = main_direction(&some, d);
        let component = |&sample: &usize| (dot(&direction, row(sample)), sample);
        let mut placed: Vec<(f32, usize)> = members.iter().map(component).collect();
        placed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for (_, sample) in placed {
            ranks[sample] = next;
            next += 1;
        }
    }
    ranks
}

/// The leading principal component of the rows' masks, roughly; zero where they do not differ.
fn main_direction(rows: &[&[u8]], d: usize) -> Vec<f32> {
    let mut mean = vec![0.0; d];
    for row in rows {
        add(&mut mean, row, 1.0 / rows.len() as f32);
    }
    // The first row that is not the mean: the others differ in its direction too.
    let mut direction = vec![0.0; d];
    for row in rows {
        direction.iter_mut().zip(&mean).for_each(|(v, m)| *v = -m);
        add(&mut direction, row, 1.0);
        if direction.iter().any(|&v| v.abs() > 0.0) {
            break;
        }
    }
    for _ in 0..ITERATIONS {
        let of_mean: f32 = direction.iter().zip(&mean).map(|(v, m)| v * m).sum();
        let mut next = vec![0.0; d];
        let mut sum = 0.0;
        for row in rows {
            let component = dot(&direction, row) - of_mean;
            add(&mut next, row, component);
            sum += component;
        }
        next.iter_mut().zip(&mean).for_each(|(v, m)| *v -= sum * m);
        let norm = next.iter().map(|v| v * v).sum::<f32>().sqrt();
        if norm <= f32::MIN_POSITIVE {
            return direction;
        }
        direction = next.into_iter().map(|v| v / norm).collect();
    }
    direction
}

/// Sum of the direction over the row's pixels that are not zero.
fn dot(direction: &[f32], row: &[u8]) -> f32 {
    // Eight chains, which the compiler makes vectors of.
    let mut sums = [0.0; 8];
    for (direction, row) in direction.chunks(8).zip(row.chunks(8)) {
        for ((sum, v), &pixel) in sums.iter_mut().zip(direction).zip(row) {
            *sum += if pixel == 0 { 0.0 } else { *v };
        }
    }
    sums.iter().sum()
}

/// Adds `factor` where the row's pixels are not zero.
fn add(to: &mut [f32], row: &[u8], factor: f32) {
    for (to, &pixel) in to.iter_mut().zip(row) {
        *to += if pixel == 0 { 0.0 } else { factor };
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::data::Inputs;

    /// Two classes; in each, two sorts of images that have no pixel in common, mixed.
    fn data() -> Labelled {
        let pixels = Array2::from_shape_fn((24, 8), |(i, j)| {
            let first_half = i % 3 == 0;
            u8::from((j < 4) == first_half) * 9
        });
        let labels = (0..24).map(|i| i / 2 % 2).collect();
        let inputs = Inputs::Pixels(pixels.into());
        Labelled::new(inputs, vec![8], labels, 2).unwrap()
    }

    #[test]
    fn like_images_of_a_class_are_neighbours() {
        let data = data();
        let ranks = ranks(&data);
        let mut order: Vec<usize> = (0..24).collect();
        order.sort_by_key(|&i| ranks[i]);
        let sort = |&i: &usize| (data.labels()[i], i % 3 == 0);
        let changes = order.windows(2).filter(|w| sort(&w[0]) != sort(&w[1]));
        assert_eq!(changes.count(), 3, "four sorts, each in one piece");
        let mut sorted = ranks;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..24));
    }

    #[test]
    fn equal_images_differ_in_no_direction() {
        let row = [9u8, 0, 0, 7, 200];
        assert!(
            main_direction(&[&row, &row, &row], 5)
                .iter()
                .all(|v| *v == 0.0)
        );
        // Two that share their first pixel: what one has more, against what the other has.
        let other = [1u8, 0, 3, 0, 0];
        let direction = main_direction(&[&row, &other, &row], 5);
        let expected = [0.0, 0.0, -1.0, 1.0, 1.0].map(|v: f32| v / 3f32.sqrt());
        let sign = direction[3].signum();
        let pairs = direction.iter().zip(expected);
        assert!(
            pairs.clone().all(|(v, w)| (sign * v - w).abs() < 1e-5),
            "{direction:?}"
        );
    }

    /// 19 pixels: two chains of eight, and a rest.
    #[test]
    fn a_component_is_the_sum_over_the_pixels_that_are_not_zero() {
        let direction: Vec<f32> = (0..19).map(|j| (1u32 << j) as f32).collect();
        let row: Vec<u8> = (0..19).map(|j| if j % 3 == 1 { 0 } else { 7 }).collect();
        let expected: u32 = (0..19).filter(|j| j % 3 != 1).map(|j| 1 << j).sum();
        assert_eq!(dot(&direction, &row).to_bits(), (expected as f32).to_bits());
    }

    #[test]
    fn equal_or_empty_images_have_an_order_too() {
        let pixels = Array2::from_elem((5, 3), 0u8);
        let inputs = Inputs::Pixels(pixels.into());
        let data = Labelled::new(inputs, vec![3], vec![0; 5], 2).unwrap();
        let mut ranks = ranks(&data);
        ranks.sort_unstable();
        assert_eq!(ranks, [0, 1, 2, 3, 4]);
    }
}
