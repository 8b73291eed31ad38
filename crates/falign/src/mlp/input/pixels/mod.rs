//! Pixels as inputs: products that skip what is zero, and nothing else.
//!
//! A scaled input is x = scale pixel + shift, so that a unit's sum is the one over its sample's
//! pixels that are not zero, plus what the shifts alone give, which all samples share. Results
//! differ from those of dense products by rounding only.

mod finish;
mod kernel;
mod layout;
mod lists;
mod pack;
mod product;
#[cfg(test)]
mod tests;

use std::cell::{Ref, RefCell};
use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use self::finish::{Finish, Replace};
pub(in crate::mlp) use self::layout::PixelLayout;
use self::lists::Lists;
use self::product::{Product, VECTORS};
use super::{Descent, Input};
use crate::math::simd::Element;

/// A batch of pixels, one byte each.
#[derive(Debug, Clone)]
pub(in crate::mlp) struct PixelInput<T: Element> {
    layout: Arc<PixelLayout>,
    /// Of each input, rounded.
    scale: Vec<T>,
    /// Of each input, rounded.
    shift: Vec<T>,
    /// 1 for each sample.
    ones: Vec<T>,
    /// Pixels of the batch, samples in rows, with a zero at the end of each.
    pixels: Vec<u8>,
    /// Rank and place of each sample, by rank: how they are grouped.
    order: Vec<(usize, usize)>,
    of_samples: Lists<T>,
    /// Made by the first gradient: measurements need none.
    of_inputs: RefCell<Lists<T>>,
    /// Space for one panel of units: of all inputs, or of all samples.
    panel: RefCell<Vec<T::Block>>,
}

impl<T: Element> PixelInput<T> {
    /// An empty batch.
    pub(in crate::mlp) fn new(layout: Arc<PixelLayout>) -> Self {
        let [scale, shift] = layout.rounded();
        Self {
            layout,
            scale,
            shift,
            ones: Vec::new(),
            pixels: Vec::new(),
            order: Vec::new(),
            of_samples: Lists::default(),
            of_inputs: RefCell::default(),
            panel: RefCell::default(),
        }
    }

    /// Whether it is for this set of images.
    pub(in crate::mlp) fn has_layout(&self, layout: &Arc<PixelLayout>) -> bool {
        Arc::ptr_eq(&self.layout, layout)
    }

    /// Takes rows of pixels, one byte for each input, with their ranks: samples of similar rank
    /// should have zeros in common. Nothing is allocated if there were as many before.
    pub(in crate::mlp) fn fill<'a>(&mut self, rows: impl Iterator<Item = (&'a [u8], usize)>) {
        let d = self.layout.input_dim();
        self.pixels.clear();
        self.order.clear();
        for (sample, (row, rank)) in rows.enumerate() {
            assert_eq!(row.len(), d, "one pixel per input");
            self.pixels.extend_from_slice(row);
            self.pixels.push(0);
            self.order.push((rank, sample));
        }
        self.order.sort_unstable();
        let (samples, stride) = (self.order.len(), d + 1);
        self.ones.resize(samples, T::ONE);
        let sizes = (stride, d);
        self.of_samples.of_samples(&self.pixels, sizes, &self.order);
        self.of_inputs.get_mut().clear();
        let rows = d.max(samples);
        let panel = self.panel.get_mut();
        panel.resize(VECTORS * rows, T::ZERO_BLOCK);
    }

    /// What share of a dense product's multiplications is left: forward, and in the gradient.
    pub(in crate::mlp) fn densities(&self) -> [f64; 2] {
        [self.of_samples.density(), self.of_inputs().density()]
    }

    /// Samples of each group of inputs.
    fn of_inputs(&self) -> Ref<'_, Lists<T>> {
        if self.of_inputs.borrow().groups() == 0 {
            let (stride, groups) = (self.scale.len() + 1, &self.layout.groups);
            let mut lists = self.of_inputs.borrow_mut();
            lists.of_inputs(&self.pixels, stride, groups);
        }
        self.of_inputs.borrow()
    }

    /// Finishes `out`, inputs in rows, with the gradient factor D' X.
    fn gradient_to(
        &self,
        delta: &ArrayView2<'_, T>,
        factor: T,
        out: &mut [T],
        finish: impl Finish<T>,
    ) {
        let ((samples, units), d) = (delta.dim(), self.scale.len());
        assert_eq!(samples, self.batch(), "a row per sample");
        let inputs = self.layout.groups.as_flattened();
        Product {
            rows: delta.as_slice().expect("a whole array"),
            units,
            affine: |_: usize| (factor, factor),
            lists: &self.of_inputs(),
            scale: &self.scale,
            shift: &self.shift,
            place: |row: usize| Some(inputs[row] as usize).filter(|&input| input < d),
            panel: &mut self.panel.borrow_mut(),
            out,
            finish,
        }
        .run();
    }
}

impl<T: Element> Input<T> for PixelInput<T> {
    fn batch(&self) -> usize {
        self.order.len()
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        let (units, d) = weights.dim();
        assert_eq!(d, self.scale.len(), "the weights' inputs");
        assert_eq!(z.dim(), (self.batch(), units), "(batch, units)");
        let by_input = weights.t();
        let by_input = by_input.as_standard_layout();
        Product {
            rows: by_input.as_slice().expect("standard layout"),
            units,
            affine: |j: usize| (factor * self.scale[j], factor * self.shift[j]),
            lists: &self.of_samples,
            scale: &self.ones,
            shift: &self.ones,
            place: |row: usize| self.order.get(row).map(|&(_, sample)| sample),
            panel: &mut self.panel.borrow_mut(),
            out: z.as_slice_mut().expect("a whole array"),
            finish: Replace,
        }
        .run();
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        let (units, d) = (delta.ncols(), self.scale.len());
        assert_eq!(gradient.dim(), (units, d), "(units, inputs)");
        let mut by_input = gradient.view_mut().reversed_axes();
        if let Some(out) = by_input.as_slice_mut() {
            self.gradient_to(delta, factor, out, Replace);
        } else {
            let mut own = Array2::from_elem((d, units), T::ZERO);
            let out = own.as_slice_mut().expect("a whole array");
            self.gradient_to(delta, factor, out, Replace);
            by_input.assign(&own);
        }
    }

    fn descend(
        &self,
        delta: &ArrayView2<'_, T>,
        factor: T,
        weights: &mut ArrayViewMut2<'_, T>,
        descent: Descent<T>,
    ) -> bool {
        let (units, d) = (delta.ncols(), self.scale.len());
        assert_eq!(weights.dim(), (units, d), "(units, inputs)");
        let mut by_input = weights.view_mut().reversed_axes();
        let Some(weights) = by_input.as_slice_mut() else {
            return false;
        };
        self.gradient_to(delta, factor, weights, descent);
        true
    }
}
