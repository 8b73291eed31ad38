//! Pixels as inputs: products that skip what is zero, and nothing else.
//!
//! A scaled input is x = scale pixel + shift, so that a unit's sum is the one over its sample's
//! pixels that are not zero, plus what the shifts alone give, which all samples share. Results
//! differ from those of dense products by rounding only.

mod kernel;
mod lists;
mod pack;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::Arc;

use ndarray::{ArrayView2, ArrayViewMut2};

use self::kernel::{ListedProduct, Tile, VECTORS};
use self::lists::Lists;
use self::pack::Pack;
use super::Input;
use crate::data::Scaler;
use crate::math::simd::{Element, dispatch};

/// x = scale pixel + shift, for each input.
#[derive(Debug)]
pub(in crate::mlp) struct PixelScaling {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl PixelScaling {
    /// What the scaler does, times `factor`.
    pub(in crate::mlp) fn new(scaler: &Scaler, factor: f64) -> Self {
        let each = |values: &[f64]| match values {
            [one] => vec![*one; scaler.input_dim()],
            _ => values.to_vec(),
        };
        let scale: Vec<f64> = each(scaler.divisor()).iter().map(|d| factor / d).collect();
        let shift = each(scaler.shift());
        Self {
            shift: shift.iter().zip(&scale).map(|(m, s)| -m * s).collect(),
            scale,
        }
    }

    /// Pixels as they are.
    pub(in crate::mlp) fn identity(input_dim: usize) -> Arc<Self> {
        Arc::new(Self {
            scale: vec![1.0; input_dim],
            shift: vec![0.0; input_dim],
        })
    }
}

/// A batch of pixels, one byte each.
#[derive(Debug, Clone)]
pub(in crate::mlp) struct PixelInput<T: Element> {
    samples: usize,
    scaling: Arc<PixelScaling>,
    /// Of each input, rounded.
    scale: Vec<T>,
    /// Of each input, rounded.
    shift: Vec<T>,
    /// 1 for each sample.
    ones: Vec<T>,
    /// Pixels of the batch, samples in rows.
    pixels: Vec<u8>,
    /// Class and place of each sample, by class: how they are grouped.
    order: Vec<(usize, usize)>,
    of_samples: Lists<T>,
    of_inputs: Lists<T>,
    /// One panel of units: of all inputs, or of all samples.
    panel: RefCell<Vec<Tile<T>>>,
}

impl<T: Element> PixelInput<T> {
    /// An empty batch.
    pub(in crate::mlp) fn new(scaling: Arc<PixelScaling>) -> Self {
        let rounded = |values: &[f64]| values.iter().map(|&x| T::from_f64(x)).collect();
        Self {
            samples: 0,
            scale: rounded(&scaling.scale),
            shift: rounded(&scaling.shift),
            scaling,
            ones: Vec::new(),
            pixels: Vec::new(),
            order: Vec::new(),
            of_samples: Lists::default(),
            of_inputs: Lists::default(),
            panel: RefCell::default(),
        }
    }

    /// Whether its inputs are scaled so.
    pub(in crate::mlp) fn has_scaling(&self, scaling: &Arc<PixelScaling>) -> bool {
        Arc::ptr_eq(&self.scaling, scaling)
    }

    /// Takes rows of pixels, one byte for each input, with their classes: samples of one class
    /// have more zeros in common. Nothing is allocated if there were as many before.
    pub(in crate::mlp) fn fill<'a>(&mut self, rows: impl Iterator<Item = (&'a [u8], usize)>) {
        let d = self.scale.len();
        self.pixels.clear();
        self.order.clear();
        for (sample, (row, label)) in rows.enumerate() {
            assert_eq!(row.len(), d, "one pixel per input");
            self.pixels.extend_from_slice(row);
            self.order.push((label, sample));
        }
        self.order.sort_unstable();
        self.samples = self.order.len();
        self.ones.resize(self.samples, T::ONE);
        self.of_samples.of_samples(&self.pixels, d, &self.order);
        self.of_inputs.of_inputs(&self.pixels, d);
        let rows = d.max(self.samples);
        self.panel.get_mut().resize(rows, [T::ZERO_BLOCK; VECTORS]);
    }

    /// What share of a dense product's multiplications is left: forward, and in the gradient.
    pub(in crate::mlp) fn densities(&self) -> [f64; 2] {
        [self.of_samples.density(), self.of_inputs.density()]
    }
}

impl<T: Element> Input<T> for PixelInput<T> {
    fn batch(&self) -> usize {
        self.samples
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        let (units, d) = weights.dim();
        assert_eq!(d, self.scale.len(), "the weights' inputs");
        assert_eq!(z.dim(), (self.samples, units), "(batch, units)");
        let by_input = weights.t();
        let by_input = by_input.as_standard_layout();
        let rows = by_input.as_slice().expect("standard layout");
        let z = z.as_slice_mut().expect("a whole array");
        let mut panel = self.panel.borrow_mut();
        for first_unit in (0..units).step_by(VECTORS * T::LANES) {
            let mut base = [T::ZERO_BLOCK; VECTORS];
            dispatch(Pack {
                rows,
                units,
                first_unit,
                affine: |j| (factor * self.scale[j], factor * self.shift[j]),
                panel: &mut panel[..d],
                base: &mut base,
            });
            dispatch(ListedProduct {
                lists: &self.of_samples,
                panel: &panel[..d],
                base: &base,
                scale: &self.ones,
                shift: &self.ones,
                out: z,
                units,
                first_unit,
                place: |row: usize| self.order[row].1,
            });
        }
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        let (samples, units) = delta.dim();
        assert_eq!(samples, self.samples, "a row per sample");
        assert_eq!(gradient.dim(), (units, self.scale.len()), "(units, inputs)");
        let rows = delta.as_slice().expect("a whole array");
        let mut by_input = gradient.view_mut().reversed_axes();
        let mut own = None;
        let out = if by_input.is_standard_layout() {
            by_input.as_slice_mut().expect("standard layout")
        } else {
            own.insert(vec![T::ZERO; by_input.len()]).as_mut_slice()
        };
        let mut panel = self.panel.borrow_mut();
        for first_unit in (0..units).step_by(VECTORS * T::LANES) {
            let mut base = [T::ZERO_BLOCK; VECTORS];
            dispatch(Pack {
                rows,
                units,
                first_unit,
                affine: |_| (factor, factor),
                panel: &mut panel[..samples],
                base: &mut base,
            });
            dispatch(ListedProduct {
                lists: &self.of_inputs,
                panel: &panel[..samples],
                base: &base,
                scale: &self.scale,
                shift: &self.shift,
                out,
                units,
                first_unit,
                place: |input: usize| input,
            });
        }
        if let Some(own) = own {
            let rows = ArrayView2::from_shape(by_input.dim(), &own).expect("as many");
            by_input.assign(&rows);
        }
    }
}
