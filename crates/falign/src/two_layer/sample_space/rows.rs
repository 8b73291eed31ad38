//! Samples in the lanes: activations with two slopes, one output.
//!
//! What is psi'(Z) for other activations is one bit for each unit and sample here, and the product with K
//! a sum of entries of tables ([`falign_kernels::rows`]).

use std::ops::RangeInclusive;

use rayon::prelude::*;

use falign_kernels::Numbers;
use falign_kernels::rows::{Advance, Chunk, Forward, Kinked, Scratch, Signals, Tables};

use super::layout::{Field, SECOND_LEVEL, forward_work};
use crate::Result;
use crate::math::Activation;
use crate::math::simd::Element;
use crate::stage::Work;
use crate::two_layer::Problem;

/// Units of a chunk: enough that tables of other columns are worth their way to the first-level cache, few
/// enough that Z waits in the second.
const CHUNK: usize = 256;

/// Samples for which it pays. With fewer there is too little to gain; with more the tables leave the
/// second-level cache. There the dense product is faster.
const SAMPLES: RangeInclusive<usize> = 24..=256;

/// Hidden units in rows.
#[derive(Debug, Clone)]
pub(super) struct Rows<T: Element> {
    activation: Kinked,
    samples: usize,
    units: usize,
    parallel: bool,
    tables: Tables<T>,
    signals: Signals<T>,
    chunks: Vec<Chunk<T>>,
    scratch: Scratch<T>,
}

impl<T: Element> Rows<T> {
    /// Whether a problem can be laid out so, and is faster for it.
    pub(super) fn suit(problem: &Problem) -> bool {
        Kinked::of(problem.activation).is_some()
            && problem.outputs() == 1
            && problem.dropout == 0.0
            && SAMPLES.contains(&problem.samples())
    }

    /// Units at zero for a network of `units` hidden units and the K of its inputs; `coefficients`
    /// keeps C.
    pub(super) fn new(
        activation: Activation,
        kernel: &[f64],
        units: usize,
        coefficients: bool,
        parallel: bool,
    ) -> Self {
        let samples = kernel.len().isqrt();
        let activation = Kinked::of(activation).expect("an activation with two slopes");
        let tables = Tables::new(kernel, activation.lower_slope());
        let vectors = tables.vectors;
        let zeros = |count: usize| vec![T::ZERO_BLOCK; count];
        let chunks = (0..units).step_by(CHUNK).map(|first_unit| {
            let held = CHUNK.min(units - first_unit);
            let blocks = held.div_ceil(T::LANES);
            let values = blocks * T::LANES * vectors;
            Chunk {
                first_unit,
                units: held,
                z: zeros(values),
                beta: vec![T::ZERO; blocks * T::LANES],
                feedback: vec![T::ZERO; blocks * T::LANES],
                coefficients: zeros(if coefficients { values } else { 0 }),
                partial: vec![0.0; samples],
            }
        });
        Self {
            activation,
            samples,
            units,
            parallel,
            signals: Signals {
                residual: zeros(vectors),
                activity: zeros(vectors),
            },
            chunks: chunks.collect(),
            scratch: Scratch::new(samples, CHUNK),
            tables,
        }
    }

    /// Sets a field from row-major (units, rows) values.
    pub(super) fn scatter(&mut self, field: Field, values: &[f64]) {
        let (rows, vectors) = (field.rows(self.samples, 1), self.tables.vectors);
        for chunk in &mut self.chunks {
            let first = chunk.first_unit * rows;
            let values: Vec<T> = values[first..first + chunk.units * rows]
                .iter()
                .map(|&value| T::from_f64(value))
                .collect();
            let by_sample = match field {
                Field::Preactivations => &mut chunk.z,
                Field::Coefficients => &mut chunk.coefficients,
                Field::OutputWeights => {
                    chunk.beta[..chunk.units].copy_from_slice(&values);
                    continue;
                }
                Field::FeedbackWeights => {
                    chunk.feedback[..chunk.units].copy_from_slice(&values);
                    continue;
                }
            };
            let of_units = by_sample.chunks_exact_mut(vectors);
            for (row, values) in of_units.zip(values.chunks_exact(rows)) {
                fill::<T>(row, values);
            }
        }
    }

    /// A field as row-major (units, rows).
    pub(super) fn gather(&self, field: Field) -> Vec<T> {
        let (rows, vectors) = (field.rows(self.samples, 1), self.tables.vectors);
        let mut out = Vec::with_capacity(self.units * rows);
        for chunk in &self.chunks {
            let by_sample = match field {
                Field::Preactivations => &chunk.z,
                Field::Coefficients => &chunk.coefficients,
                Field::OutputWeights => {
                    out.extend(&chunk.beta[..chunk.units]);
                    continue;
                }
                Field::FeedbackWeights => {
                    out.extend(&chunk.feedback[..chunk.units]);
                    continue;
                }
            };
            for row in by_sample.chunks_exact(vectors).take(chunk.units) {
                out.extend(row.iter().flat_map(T::lanes).take(rows));
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

    /// The shares of the outputs, as a part of `work`.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn forward(&mut self, work: &Work<'_>) -> Result<()> {
        let parts = work.parts(CHUNK * self.samples * forward_work(1));
        for chunk in &mut self.chunks {
            parts.look()?;
            let scratch = &mut self.scratch;
            Forward { chunk, scratch }.run(self.activation);
        }
        parts.end()
    }

    /// One step of the weights, and the new shares of the outputs, as a part of `work`.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn advance(&mut self, numbers: &Numbers<T>, work: &Work<'_>) -> Result<()> {
        fill::<T>(&mut self.signals.residual, &numbers.residual);
        if numbers.feedback_learns() {
            fill::<T>(&mut self.signals.activity, &numbers.activity);
        }
        self.tables.fill(&numbers.residual);
        let (samples, activation) = (self.samples, self.activation);
        let (tables, signals) = (&self.tables, &self.signals);
        let parts = work.parts(CHUNK * samples * samples);
        let advance = |scratch: &mut Scratch<T>, chunk: &mut Chunk<T>, ahead: &[T::Block]| {
            let step = Advance {
                chunk,
                ahead,
                scratch,
                tables,
                signals,
                numbers,
            };
            parts.part(|| step.run(activation));
        };
        if self.parallel {
            self.chunks.par_iter_mut().for_each_init(
                || Scratch::new(samples, CHUNK),
                |scratch, chunk| advance(scratch, chunk, &[]),
            );
            return parts.end();
        }
        let prefetch = self.units * tables.vectors * size_of::<T::Block>() > SECOND_LEVEL;
        let mut rest = self.chunks.as_mut_slice();
        while let Some((chunk, after)) = rest.split_first_mut() {
            let ahead = after.first().filter(|_| prefetch);
            advance(&mut self.scratch, chunk, ahead.map_or(&[], |next| &next.z));
            rest = after;
        }
        parts.end()
    }
}

/// The first lanes of `blocks` become `values`.
fn fill<T: Element>(blocks: &mut [T::Block], values: &[T]) {
    for (block, values) in blocks.iter_mut().zip(values.chunks(T::LANES)) {
        *block = T::read(values);
    }
}
