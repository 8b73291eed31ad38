//! Pixels as inputs: products that skip what is zero, and nothing else.
//!
//! A scaled input is x = scale pixel + shift, so that a unit's sum is the one over its sample's
//! pixels that are not zero, plus what the shifts alone give, which all samples share. Results
//! differ from those of dense products by rounding only.

mod layout;
mod neighbours;
#[cfg(test)]
mod tests;

use std::cell::{Ref, RefCell};
use std::sync::Arc;

use falign_kernels::listed::{self, Deltas, Forward, Lists, ROWS, Stored, VECTORS};
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

pub(in crate::network) use self::layout::PixelLayout;
use super::{Delta, Descent, Fused, Input};
use crate::layer::Inputs;
use crate::math::simd::{Element, prefetch_bytes, transpose_bytes};
use crate::math::thin_rows;

/// How many samples ahead their pixels are asked for.
const AHEAD: usize = 8;

/// A batch of pixels, one byte each.
#[derive(Debug, Clone)]
pub(in crate::network) struct PixelInput<T: Element> {
    layout: Arc<PixelLayout>,
    /// Scale of each input, rounded.
    scale: Vec<T>,
    /// Shift of each input, rounded.
    shift: Vec<T>,
    /// 1 for each sample.
    ones: Vec<T>,
    /// Samples in rows, and a row of zeros.
    by_sample: Vec<u8>,
    /// Inputs in rows, and a row of zeros.
    by_input: RefCell<Vec<u8>>,
    /// Rank and place of each sample, by rank: how they are grouped.
    order: Vec<(usize, usize)>,
    of_samples: Lists,
    /// Lists made by the first gradient: measurements need none.
    of_inputs: RefCell<Lists>,
    /// Space for one panel of units: of all inputs, or of all samples.
    panel: RefCell<Vec<T::Block>>,
}

impl<T: Element> PixelInput<T> {
    /// An empty batch.
    pub(in crate::network) fn new(layout: Arc<PixelLayout>) -> Self {
        let [scale, shift] = layout.rounded();
        Self {
            layout,
            scale,
            shift,
            ones: Vec::new(),
            by_sample: Vec::new(),
            by_input: RefCell::default(),
            order: Vec::new(),
            of_samples: Lists::default(),
            of_inputs: RefCell::default(),
            panel: RefCell::default(),
        }
    }

    /// Whether it is for this set of images.
    pub(in crate::network) fn has_layout(&self, layout: &Arc<PixelLayout>) -> bool {
        Arc::ptr_eq(&self.layout, layout)
    }

    /// Takes so many samples, each a row of pixels, one byte for each input, with its rank: samples
    /// of similar rank should have zeros in common. Nothing is allocated if there were as many before.
    pub(in crate::network) fn fill<'a>(
        &mut self,
        samples: usize,
        sample: impl Fn(usize) -> (&'a [u8], usize),
    ) {
        let d = self.layout.input_dim();
        self.order.clear();
        self.order.extend((0..samples).map(|at| (sample(at).1, at)));
        self.order.sort_unstable();
        self.ones.resize(samples, T::ONE);
        let rows = with_zeros(&mut self.by_sample, samples, d);
        for (at, row) in rows.chunks_exact_mut(d).enumerate() {
            // They lie anywhere in memory.
            if at + AHEAD < samples {
                prefetch_bytes(sample(at + AHEAD).0);
            }
            row.copy_from_slice(sample(at).0);
        }
        self.of_samples.clear();
        self.of_samples.reserve(samples.div_ceil(ROWS), d);
        for members in self.order.chunks(ROWS) {
            self.of_samples.push(std::array::from_fn(|r| {
                let row = members.get(r).map_or(samples, |&(_, at)| at);
                &self.by_sample[row * d..][..d]
            }));
        }
        self.of_inputs.get_mut().clear();
        let panel = self.panel.get_mut();
        panel.resize(VECTORS * d.max(samples), T::ZERO_BLOCK);
    }

    /// Shares that are left of a dense product's multiplications: forward, and in the gradient.
    pub(in crate::network) fn densities(&self) -> [f64; 2] {
        [self.of_samples.density(), self.of_inputs().density()]
    }

    /// Samples of each group of inputs.
    fn of_inputs(&self) -> Ref<'_, Lists> {
        if self.of_inputs.borrow().groups() == 0 {
            let (samples, d) = (self.batch(), self.scale.len());
            let mut by_input = self.by_input.borrow_mut();
            let rows = with_zeros(&mut by_input, d, samples);
            transpose_bytes(&self.by_sample[..samples * d], d, rows);
            let mut lists = self.of_inputs.borrow_mut();
            lists.reserve(self.layout.groups.len(), samples);
            for group in &self.layout.groups {
                lists.push(group.map(|row| &by_input[row as usize * samples..][..samples]));
            }
        }
        self.of_inputs.borrow()
    }

    /// `out` := factor X W', samples in rows, `rectified` or not.
    fn forward_to(
        &self,
        weights: &ArrayView2<'_, T>,
        factor: T,
        out: &mut ArrayViewMut2<'_, T>,
        rectified: bool,
    ) {
        let (units, d) = weights.dim();
        assert_eq!(d, self.scale.len(), "the weights' inputs");
        assert_eq!(out.dim(), (self.batch(), units), "(batch, units)");
        let by_input = weights.t();
        let by_input = by_input.as_standard_layout();
        let forward = Forward {
            weights: Stored {
                rows: by_input.as_slice().expect("standard layout"),
                units,
            },
            factor,
            scale: &self.scale,
            shift: &self.shift,
            lists: &self.of_samples,
            ones: &self.ones,
            order: &self.order,
            panel: &mut self.panel.borrow_mut(),
            out: out.as_slice_mut().expect("a whole array"),
        };
        forward.run(rectified);
    }

    /// Makes the gradient factor D' X in `out`, inputs in rows.
    fn gradient_to(&self, deltas: Deltas<'_, T>, factor: T, out: &mut [T]) {
        let d = self.scale.len();
        let (samples, units) = match deltas {
            Deltas::Write(rows) | Deltas::Descend(rows, _) => {
                (rows.rows.len() / rows.units, rows.units)
            }
            Deltas::DescendDeferred(rows, _) => rows.dim(),
        };
        assert_eq!(samples, self.batch(), "a row per sample");
        assert_eq!(out.len(), units * d, "(units, inputs)");
        let gradient = listed::Gradient {
            factor,
            scale: &self.scale,
            shift: &self.shift,
            lists: &self.of_inputs(),
            inputs: self.layout.groups.as_flattened(),
            panel: &mut self.panel.borrow_mut(),
            out,
        };
        gradient.run(deltas);
    }
}

impl<T: Element> Input<T> for PixelInput<T> {
    fn batch(&self) -> usize {
        self.order.len()
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        self.forward_to(weights, factor, z, false);
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        let (units, d) = (delta.ncols(), self.scale.len());
        assert_eq!(gradient.dim(), (units, d), "(units, inputs)");
        let delta = Deltas::Write(stored(delta));
        let mut by_input = gradient.view_mut().reversed_axes();
        if let Some(out) = by_input.as_slice_mut() {
            self.gradient_to(delta, factor, out);
        } else {
            let mut own = Array2::from_elem((d, units), T::ZERO);
            let out = own.as_slice_mut().expect("a whole array");
            self.gradient_to(delta, factor, out);
            by_input.assign(&own);
        }
    }

    fn show(&self, see: &mut dyn FnMut(Inputs<'_, T>)) {
        let d = self.scale.len();
        let rows = self.by_sample[..self.batch() * d].chunks_exact(d);
        let scaled = self.scale.iter().zip(&self.shift);
        let number = |(&pixel, (&scale, &shift))| scale * T::from_f64(f64::from(pixel)) + shift;
        let numbers = rows.flat_map(|row: &[u8]| row.iter().zip(scaled.clone()).map(number));
        see(Inputs::Numbers(&numbers.collect::<Vec<T>>()));
    }
}

impl<T: Element> Fused<T> for PixelInput<T> {
    fn forward_rectified(
        &self,
        weights: &ArrayView2<'_, T>,
        factor: T,
        activities: &mut ArrayViewMut2<'_, T>,
    ) {
        self.forward_to(weights, factor, activities, true);
    }

    fn descend(
        &self,
        delta: Delta<'_, T>,
        factor: T,
        weights: &mut ArrayViewMut2<'_, T>,
        descent: Descent<T>,
    ) -> bool {
        let mut by_input = weights.view_mut().reversed_axes();
        let Some(weights) = by_input.as_slice_mut() else {
            return false;
        };
        let deltas = match delta {
            Delta::Made(delta) => Deltas::Descend(stored(&delta), descent),
            Delta::Deferred(product) => match thin_rows(&product) {
                Some(rows) => Deltas::DescendDeferred(rows, descent),
                None => return false,
            },
        };
        self.gradient_to(deltas, factor, weights);
        true
    }
}

/// Deltas as they are, (batch, units).
fn stored<'a, T: Element>(delta: &ArrayView2<'a, T>) -> Stored<'a, T> {
    Stored {
        rows: delta.to_slice().expect("a whole array"),
        units: delta.ncols(),
    }
}

/// Space for so many rows of so many bytes, behind which comes a row of zeros.
fn with_zeros(bytes: &mut Vec<u8>, rows: usize, length: usize) -> &mut [u8] {
    bytes.resize((rows + 1) * length, 0);
    let (rows, zeros) = bytes.split_at_mut(rows * length);
    zeros.fill(0);
    rows
}
