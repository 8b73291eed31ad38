//! Pixels as bfloat16: whole products, by tiles where the processor has them.
//!
//! A pixel is a bfloat16 without error, so that of a scaled input x = scale pixel + shift only
//! the other factor is rounded, to 8 bits: scaled weights forward, deltas in the gradient.
//! Products are summed in single precision, and so are the shifts, which are not rounded.

mod product;

use std::cell::RefCell;
use std::sync::Arc;

use ndarray::{ArrayView2, ArrayViewMut2};

use self::product::{Product, Space};
use super::{Input, PixelLayout};
use crate::math::simd::Element;
use crate::math::simd::half::{HalfMatrix, TILE, of_pixels};

/// A batch of pixels, each a bfloat16.
#[derive(Debug, Clone)]
pub(in crate::mlp) struct HalfInput<T> {
    layout: Arc<PixelLayout>,
    /// Of each input, rounded.
    scale: Vec<T>,
    /// Of each input, rounded.
    shift: Vec<T>,
    /// 1 for each sample.
    ones: Vec<T>,
    samples: usize,
    /// Pixels, samples in rows.
    by_sample: HalfMatrix,
    /// Pixels, inputs in rows.
    by_input: HalfMatrix,
    space: RefCell<Space>,
}

impl<T: Element> HalfInput<T> {
    /// An empty batch.
    pub(in crate::mlp) fn new(layout: Arc<PixelLayout>) -> Self {
        let [scale, shift] = layout.rounded();
        Self {
            layout,
            scale,
            shift,
            ones: Vec::new(),
            samples: 0,
            by_sample: HalfMatrix::default(),
            by_input: HalfMatrix::default(),
            space: RefCell::default(),
        }
    }

    /// Whether it is for this set of images.
    pub(in crate::mlp) fn has_layout(&self, layout: &Arc<PixelLayout>) -> bool {
        Arc::ptr_eq(&self.layout, layout)
    }

    /// Takes rows of pixels, one byte for each input. Nothing is allocated if there were as many
    /// before.
    pub(in crate::mlp) fn fill<'a>(&mut self, rows: impl ExactSizeIterator<Item = &'a [u8]>) {
        let d = self.layout.input_dim();
        self.samples = rows.len();
        self.ones.resize(self.samples, T::ONE);
        self.by_sample.clear(self.samples, d);
        self.by_input.clear(d, self.samples);
        let (length, samples) = (self.by_sample.length(), self.by_sample.values_mut());
        for (to, row) in samples.chunks_exact_mut(length).zip(rows) {
            assert_eq!(row.len(), d, "one pixel per input");
            of_pixels(row, to);
        }
        let to_length = self.by_input.length();
        transpose(samples, length, self.by_input.values_mut(), to_length);
    }
}

/// Squares of [`TILE`] by [`TILE`], so that what is read and what is written stay at hand.
fn transpose(from: &[u16], from_length: usize, to: &mut [u16], to_length: usize) {
    let rows = from.len() / from_length;
    for top in (0..rows).step_by(TILE) {
        for left in (0..from_length).step_by(TILE) {
            for column in left..left + TILE {
                let to = &mut to[column * to_length + top..][..TILE];
                for (row, to) in to.iter_mut().enumerate() {
                    *to = from[(top + row) * from_length + column];
                }
            }
        }
    }
}

impl<T: Element> Input<T> for HalfInput<T> {
    fn batch(&self) -> usize {
        self.samples
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        let (units, d) = weights.dim();
        assert_eq!(d, self.scale.len(), "the weights' inputs");
        assert_eq!(z.dim(), (self.batch(), units), "(batch, units)");
        let by_input = weights.t();
        let by_input = by_input.as_standard_layout();
        Product {
            matrix: &self.by_sample,
            rows: by_input.as_slice().expect("standard layout"),
            units,
            affine: |j: usize| (factor * self.scale[j], factor * self.shift[j]),
            scale: &self.ones,
            shift: &self.ones,
        }
        .run(&mut self.space.borrow_mut(), z);
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        let ((samples, units), d) = (delta.dim(), self.scale.len());
        assert_eq!(samples, self.batch(), "a row per sample");
        assert_eq!(gradient.dim(), (units, d), "(units, inputs)");
        Product {
            matrix: &self.by_input,
            rows: delta.as_slice().expect("a whole array"),
            units,
            affine: |_: usize| (factor, factor),
            scale: &self.scale,
            shift: &self.shift,
        }
        .run(
            &mut self.space.borrow_mut(),
            &mut gradient.view_mut().reversed_axes(),
        );
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ShapeBuilder};

    use super::*;
    use crate::mlp::input::PixelInput;

    fn layout(d: usize, shift: f64) -> Arc<PixelLayout> {
        let mut layout = PixelLayout::identity(&[d]);
        layout.scale = (0..d).map(|j| 0.01 + 1e-4 * j as f64).collect();
        layout.shift = (0..d).map(|j| shift * (0.4 - 0.01 * j as f64)).collect();
        Arc::new(layout)
    }

    /// Sums and gradients, with `change` of a wave for weights and deltas.
    fn products(
        input: &dyn Input<f32>,
        (units, d): (usize, usize),
        change: fn(f32) -> f32,
    ) -> [Array2<f32>; 2] {
        let wave = |i: usize| change((0.7 * i as f32).sin());
        let mut weights = Array2::from_elem((units, d).f(), 0.0);
        weights.assign(&Array2::from_shape_fn((units, d), |(u, j)| wave(u * d + j)));
        let delta = Array2::from_shape_fn((input.batch(), units), |(i, u)| wave(3 * i + 7 * u));
        let mut z = Array2::zeros((input.batch(), units));
        input.forward(&weights.view(), 0.25, &mut z.view_mut());
        let mut gradient = weights.clone();
        input.gradient(&delta.view(), 0.25, &mut gradient.view_mut());
        [z, gradient]
    }

    #[test]
    fn products_are_those_of_single_precision_but_for_the_rounding_of_one_factor() {
        for (samples, d, units) in [(1, 1, 1), (13, 47, 81), (40, 100, 129), (64, 64, 32)] {
            let pixels = Array2::from_shape_fn((samples, d), |(i, j)| {
                let pixel = (i * 31 + j * 17 + 1) % 256;
                u8::try_from(pixel * usize::from((i + j) % 3 == 0)).unwrap()
            });
            let rows = || pixels.as_slice().unwrap().chunks(d);
            let listed = |layout| {
                let mut listed = PixelInput::<f32>::new(layout);
                listed.fill(samples, |i| (&pixels.as_slice().unwrap()[i * d..][..d], 0));
                listed
            };
            let mut halves = HalfInput::<f32>::new(layout(d, -1.0));
            halves.fill(rows());
            let found = products(&halves, (units, d), |x| x);
            let wanted = products(&listed(layout(d, -1.0)), (units, d), |x| x);
            // What is rounded is at most so much in all, by 2^-8 of each term.
            let terms = products(&listed(layout(d, 0.0)), (units, d), f32::abs);
            for ((found, wanted), terms) in found.iter().zip(&wanted).zip(&terms) {
                let mut rounded = 0;
                for ((found, wanted), terms) in found.iter().zip(wanted).zip(terms) {
                    let difference = (found - wanted).abs();
                    assert!(
                        difference <= terms / 256.0 + 1e-5,
                        "{difference:e} {terms:e}"
                    );
                    rounded += usize::from(difference > 1e-4 * terms);
                }
                assert!(d == 1 || rounded > 0, "nothing was rounded");
            }
        }
    }

    #[test]
    fn what_has_eight_bits_is_not_rounded() {
        let pixels: Vec<u8> = (0..=u8::MAX).rev().collect();
        let layout = Arc::new(PixelLayout::identity(&[16]));
        let mut halves = HalfInput::<f32>::new(Arc::clone(&layout));
        halves.fill(pixels.chunks(16));
        let mut listed = PixelInput::<f32>::new(layout);
        listed.fill(16, |i| (&pixels[16 * i..][..16], 0));
        // Sixteenths up to one: all sums are exact.
        let sixteenths = |x: f32| (16.0 * x).round() / 16.0;
        let found = products(&halves, (40, 16), sixteenths);
        assert_eq!(found, products(&listed, (40, 16), sixteenths));
    }
}
