//! Hidden units in the lanes: every activation, any number of samples and outputs, dropout.
//!
//! A step is a product of dense panels with K; where psi' = 1, of K with E alone. Units lie in
//! fixed chunks of panels.

use falign_kernels::Numbers;
use falign_kernels::panels::{
    Advance, Chunk, Forward, Packed, Product, Scratch, Shared, Tile, VECTORS, keeps_activities,
};
use rayon::prelude::*;

use super::layout::{Field, SECOND_LEVEL, forward_work};
use crate::Result;
use crate::math::Activation;
use crate::math::simd::Element;
use crate::stage::Work;
use crate::two_layer::Problem;
use crate::two_layer::mask::{GROUP, Masks};

/// Panels of a chunk: enough work to share out, little enough to stay in the inner caches.
const PANELS: usize = 8;

/// Vectors of units in a chunk.
const CHUNK_VECTORS: usize = PANELS * VECTORS;

/// Hidden units in panels.
#[derive(Debug, Clone)]
pub(super) struct Panels<T: Element> {
    activation: Activation,
    samples: usize,
    outputs: usize,
    units: usize,
    parallel: bool,
    product: Product<T>,
    chunks: Vec<Chunk<T>>,
    scratch: Scratch<T>,
    masks: Option<Masks>,
}

impl<T: Element> Panels<T> {
    /// Units at zero for a network of `units` hidden units and the K of its inputs; `coefficients`
    /// keeps C.
    pub(super) fn new(
        problem: &Problem,
        kernel: &[f64],
        units: usize,
        coefficients: bool,
        parallel: bool,
    ) -> Self {
        let (activation, outputs) = (problem.activation, problem.outputs());
        let samples = problem.samples();
        let product = if activation == Activation::Linear && problem.dropout == 0.0 {
            Product::Shared(Shared::new(kernel, outputs))
        } else {
            Product::Whole(Packed::new(kernel, samples))
        };
        let stored = keeps_activities(activation);
        let unit_count = CHUNK_VECTORS * T::LANES;
        let chunks = (0..units).step_by(unit_count).map(|first_unit| {
            let held = unit_count.min(units - first_unit);
            let panels = held.div_ceil(VECTORS * T::LANES);
            let zeros = |count: usize| vec![[T::ZERO_BLOCK; VECTORS]; count];
            Chunk {
                first_unit,
                units: held,
                z: zeros(panels * samples),
                a: zeros(if stored { panels * samples } else { 0 }),
                beta: zeros(panels * outputs),
                feedback: zeros(panels * outputs),
                coefficients: zeros(if coefficients { panels * samples } else { 0 }),
                mask: Vec::new(),
                partial: vec![0.0; samples * outputs],
            }
        });
        Self {
            activation,
            samples,
            outputs,
            units,
            parallel,
            product,
            chunks: chunks.collect(),
            scratch: Scratch::new(samples, outputs),
            masks: None,
        }
    }

    /// Drops units out by `masks` from now on.
    pub(super) fn drop_out(&mut self, masks: Masks) {
        self.masks = Some(masks);
        for chunk in &mut self.chunks {
            chunk.mask = vec![[T::ZERO_BLOCK; VECTORS]; chunk.z.len()];
        }
    }

    pub(super) fn drops_out(&self) -> bool {
        self.masks.is_some()
    }

    /// Sets a field from row-major (units, rows) values.
    pub(super) fn scatter(&mut self, field: Field, values: &[f64]) {
        let rows = field.rows(self.samples, self.outputs);
        let panel = VECTORS * T::LANES;
        for chunk in &mut self.chunks {
            let first = chunk.first_unit;
            let of_chunk = &values[first * rows..(first + chunk.units) * rows];
            let tiles = match field {
                Field::Preactivations => &mut chunk.z,
                Field::Coefficients => &mut chunk.coefficients,
                Field::OutputWeights => &mut chunk.beta,
                Field::FeedbackWeights => &mut chunk.feedback,
            };
            for (unit, values) in of_chunk.chunks(rows).enumerate() {
                let (p, place) = (unit / panel, unit % panel);
                for (row, &value) in values.iter().enumerate() {
                    let block = &mut tiles[p * rows + row][place / T::LANES];
                    T::lanes_mut(block)[place % T::LANES] = T::from_f64(value);
                }
            }
        }
    }

    /// A field as row-major (units, rows).
    pub(super) fn gather(&self, field: Field) -> Vec<T> {
        let rows = field.rows(self.samples, self.outputs);
        let mut out = Vec::with_capacity(self.units * rows);
        for chunk in &self.chunks {
            let tiles = match field {
                Field::Preactivations => &chunk.z,
                Field::Coefficients => &chunk.coefficients,
                Field::OutputWeights => &chunk.beta,
                Field::FeedbackWeights => &chunk.feedback,
            };
            for unit in 0..chunk.units {
                let (panel, place) = (unit / (VECTORS * T::LANES), unit % (VECTORS * T::LANES));
                for row in 0..rows {
                    let tile: &Tile<T> = &tiles[panel * rows + row];
                    out.push(T::lanes(&tile[place / T::LANES])[place % T::LANES]);
                }
            }
        }
        out
    }

    /// Whether C is kept.
    pub(super) fn has_coefficients(&self) -> bool {
        self.chunks.iter().all(|c| !c.coefficients.is_empty())
    }

    /// Shares of the chunks in the outputs.
    pub(super) fn partials(&self) -> impl Iterator<Item = &[f64]> {
        self.chunks.iter().map(|chunk| chunk.partial.as_slice())
    }

    /// The shares of the outputs at `step`, as a part of `work`; `clean` leaves dropout out.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn forward(&mut self, step: u64, clean: bool, work: &Work<'_>) -> Result<()> {
        if !clean {
            self.draw_masks(step, work)?;
        }
        let (n, k, activation) = (self.samples, self.outputs, self.activation);
        let parts = work.parts(CHUNK_VECTORS * T::LANES * n * forward_work(k));
        let forward = |scratch: &mut Scratch<T>, chunk: &mut Chunk<T>| {
            let pass = Forward {
                chunk,
                scratch,
                samples: n,
                outputs: k,
                clean,
            };
            parts.part(|| pass.run(activation));
        };
        if self.parallel {
            self.chunks
                .par_iter_mut()
                .for_each_init(|| Scratch::new(n, k), forward);
        } else {
            for chunk in &mut self.chunks {
                forward(&mut self.scratch, chunk);
            }
        }
        parts.end()
    }

    /// One step of the weights, as a part of `work`; without dropout the shares of the outputs follow at
    /// once.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn advance(&mut self, numbers: &Numbers<T>, work: &Work<'_>) -> Result<()> {
        let (n, k, activation) = (self.samples, self.outputs, self.activation);
        let forward = self.masks.is_none();
        if let Product::Shared(shared) = &mut self.product {
            shared.multiply(numbers);
        }
        let product = &self.product;
        let held = self.units * n * size_of::<T>();
        let held = held * (1 + usize::from(keeps_activities(activation)));
        let prefetch = held > SECOND_LEVEL;
        let parts = work.parts(CHUNK_VECTORS * T::LANES * n * n);
        let advance = |scratch: &mut Scratch<T>, chunk: &mut Chunk<T>| {
            let step = Advance {
                chunk,
                scratch,
                product,
                numbers,
                prefetch,
                forward,
            };
            parts.part(|| step.run(activation));
        };
        if self.parallel {
            self.chunks
                .par_iter_mut()
                .for_each_init(|| Scratch::new(n, k), advance);
        } else {
            for chunk in &mut self.chunks {
                advance(&mut self.scratch, chunk);
            }
        }
        parts.end()
    }

    fn draw_masks(&mut self, step: u64, work: &Work<'_>) -> Result<()> {
        let Some(masks) = &mut self.masks else {
            return Ok(());
        };
        let n = self.samples;
        let parts = work.parts(CHUNK_VECTORS * T::LANES * n);
        let panel = VECTORS * T::LANES;
        let mut group = Vec::new();
        for chunk in &mut self.chunks {
            parts.look()?;
            for first in (0..chunk.units).step_by(GROUP) {
                masks.group(step, (chunk.first_unit + first) / GROUP, &mut group);
                let (p, place) = (first / panel, first % panel);
                for i in 0..n {
                    let block = &mut chunk.mask[p * n + i][place / T::LANES];
                    let lane = place % T::LANES;
                    let lanes = &mut T::lanes_mut(block)[lane..lane + GROUP];
                    for (m, &factor) in lanes.iter_mut().zip(&group[i * GROUP..]) {
                        *m = T::from_f64(factor);
                    }
                }
            }
        }
        parts.end()
    }
}
