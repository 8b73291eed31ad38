//! The step of one chunk of hidden units whose samples lie in the lanes.
//!
//! Two passes over the chunk's Z. The first notes every unit's gates and sums e psi(z), and
//! changes beta (and b); the second adds the entries of the tables to Z and gives the outputs.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::marker::PhantomData;
use std::ops::Range;

use super::Kinked;
use super::tables::{Columns, GROUP, PATTERNS, SAMPLES_OF_WORD, TABLES_OF_WORD, Tables};
use crate::numbers::{Learning, Numbers};
use crate::simd::activation::{LaneActivation, LeakyRelu, Relu};
use crate::simd::{Element, Isa, Kernel, dispatch};

/// A fixed range of hidden units, whatever the number of threads; padded to whole vectors.
#[derive(Debug, Clone)]
pub struct Chunk<T: Element> {
    /// The first of its units.
    pub first_unit: usize,
    /// Units of the chunk, without those that fill the last vector up.
    pub units: usize,
    /// Preactivations, unit by unit, each in whole vectors of samples.
    pub z: Vec<T::Block>,
    /// beta.
    pub beta: Vec<T>,
    /// b.
    pub feedback: Vec<T>,
    /// C with W(t) = W(0) + C X, laid out as z; empty unless wanted.
    pub coefficients: Vec<T::Block>,
    /// Share of this chunk in the outputs, unscaled.
    pub partial: Vec<f64>,
}

/// Scratch of one thread.
#[derive(Debug, Clone)]
pub struct Scratch<T: Element> {
    /// Gates of the units, 64 samples to a word.
    gates: Vec<u64>,
    /// Weights of the units, by which the tables' entries are multiplied.
    weights: Vec<T>,
    /// Sums over samples that wait to be added up, a vector for each unit.
    sums: Vec<T::Block>,
    /// Sums over units, a lane for each sample.
    outputs: Vec<T::Block>,
}

impl<T: Element> Scratch<T> {
    /// Scratch for so many samples, and units of a chunk.
    pub fn new(samples: usize, units: usize) -> Self {
        Self {
            gates: vec![0; units * samples.div_ceil(SAMPLES_OF_WORD)],
            weights: vec![T::ZERO; units],
            sums: vec![T::ZERO_BLOCK; T::LANES],
            outputs: vec![T::ZERO_BLOCK; samples.div_ceil(T::LANES)],
        }
    }
}

/// Vectors over samples of one step.
#[derive(Debug, Clone)]
pub struct Signals<T: Element> {
    /// e.
    pub residual: Vec<T::Block>,
    /// f, where feedback learns from it.
    pub activity: Vec<T::Block>,
}

/// Takes one chunk's weights from step t to t + 1, and gives its outputs.
#[derive(Debug)]
pub struct Advance<'a, T: Element> {
    /// The units.
    pub chunk: &'a mut Chunk<T>,
    /// The next chunk's Z, asked for early where it comes from beyond the second-level cache; else
    /// empty.
    pub ahead: &'a [T::Block],
    /// Scratch of this thread.
    pub scratch: &'a mut Scratch<T>,
    /// Tables of this step.
    pub tables: &'a Tables<T>,
    /// Signals of this step.
    pub signals: &'a Signals<T>,
    /// Numbers that all units share.
    pub numbers: &'a Numbers<T>,
}

impl<T: Element> Advance<'_, T> {
    /// The step of units with this activation.
    pub fn run(self, activation: Kinked) {
        T::advance_rows(activation, self);
    }
}

pub(crate) fn advance<T: Element>(activation: Kinked, step: Advance<'_, T>) {
    match activation {
        Kinked::Relu => dispatch(Advancing::<T, Relu>(step, PhantomData)),
        Kinked::LeakyRelu => dispatch(Advancing::<T, LeakyRelu>(step, PhantomData)),
    }
}

struct Advancing<'a, T: Element, A>(Advance<'a, T>, PhantomData<A>);

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Advancing<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Advance {
            chunk,
            ahead,
            scratch,
            tables,
            signals,
            numbers,
        } = self.0;
        let vectors = tables.vectors;
        for sum in &mut scratch.outputs {
            isa.store(isa.splat(T::ZERO), sum);
        }
        // Where all columns are moved at once a few units stay in the first-level cache from pass
        // to pass; else tables must stay there, for as many units as there are.
        let together = if tables.columns.len() == 1 {
            T::LANES
        } else {
            chunk.beta.len()
        };
        for first in (0..chunk.beta.len()).step_by(together) {
            let units = first..(first + together).min(chunk.beta.len());
            let values = units.start * vectors..units.end * vectors;
            let mut units = Units {
                z: &mut chunk.z[values.clone()],
                ahead: ahead.get(values.clone()).unwrap_or_default(),
                beta: &mut chunk.beta[units.clone()],
                feedback: &mut chunk.feedback[units.clone()],
                coefficients: part_mut(&mut chunk.coefficients, values),
            };
            // The number of vectors is known to the compiler where their gates are one word.
            macro_rules! of_vectors {
                ($($v:literal)*) => {
                    match vectors {
                        $($v if const { $v * T::LANES <= SAMPLES_OF_WORD } => {
                            change_output_weights::<T, A, S, $v>(isa, &mut units, scratch, signals, numbers);
                        })*
                        _ => change_output_weights::<T, A, S, 0>(isa, &mut units, scratch, signals, numbers),
                    }
                };
            }
            of_vectors!(1 2 3 4 5 6 7 8);
            keep_coefficients::<T, A, S>(isa, &mut units, &scratch.weights, &signals.residual);
            for columns in &tables.columns {
                match columns.width {
                    1 => move_columns::<T, A, S, 1>(isa, &mut units, scratch, columns, vectors),
                    2 => move_columns::<T, A, S, 2>(isa, &mut units, scratch, columns, vectors),
                    3 => move_columns::<T, A, S, 3>(isa, &mut units, scratch, columns, vectors),
                    4 => move_columns::<T, A, S, 4>(isa, &mut units, scratch, columns, vectors),
                    _ => unreachable!("columns are at most four vectors wide"),
                }
            }
        }
        write_partial::<T>(&scratch.outputs, &mut chunk.partial);
    }
}

/// Consecutive units of a chunk.
struct Units<'a, T: Element> {
    z: &'a mut [T::Block],
    ahead: &'a [T::Block],
    beta: &'a mut [T],
    feedback: &'a mut [T],
    coefficients: &'a mut [T::Block],
}

/// Notes the gates, and changes beta and what learns of b. `V`: vectors of samples, 0 for any
/// number.
#[inline(always)]
fn change_output_weights<T: Element, A: LaneActivation<T>, S: Isa<T>, const V: usize>(
    isa: S,
    units: &mut Units<'_, T>,
    scratch: &mut Scratch<T>,
    signals: &Signals<T>,
    numbers: &Numbers<T>,
) {
    let vectors = if V == 0 { signals.residual.len() } else { V };
    let words = vectors.div_ceil(SAMPLES_OF_WORD / T::LANES);
    let residual = &signals.residual[..vectors];
    let mut e = [isa.splat(T::ZERO); V];
    for v in 0..V {
        e[v] = isa.load(&residual[v]);
    }
    let through_beta = numbers.through_output_weights;
    let gain = isa.splat(numbers.gain);
    let minus_gain = isa.splat(-numbers.gain);
    let factor = isa.splat(numbers.factor);
    let of_units = units.z.chunks_exact(T::LANES * vectors);
    let betas = units.beta.chunks_exact_mut(T::LANES);
    let backs = units.feedback.chunks_exact_mut(T::LANES);
    let gates = scratch.gates.chunks_exact_mut(T::LANES * words);
    let weights = scratch.weights.chunks_exact_mut(T::LANES);
    for ((((z, beta), back), gates), weight) in
        of_units.zip(betas).zip(backs).zip(gates).zip(weights)
    {
        let rows = z.chunks_exact(vectors).zip(gates.chunks_exact_mut(words));
        for ((row, gates), sum) in rows.zip(&mut scratch.sums) {
            let lanes = if V == 0 {
                note_gates(isa, row, gates);
                weighted_sum::<T, A, S>(isa, row, residual)
            } else {
                // One load for both.
                let mut lanes = isa.splat(T::ZERO);
                let mut bits = 0;
                for v in 0..V {
                    let z = isa.load(&row[v]);
                    bits |= isa.positive(z) << (v * T::LANES);
                    lanes = isa.fma(e[v], A::value(isa, z), lanes);
                }
                gates[0] = bits;
                lanes
            };
            isa.store(lanes, sum);
        }
        let sum = isa.lane_sums(&scratch.sums);
        let (old, old_back) = (isa.load_from(beta), isa.load_from(back));
        let source = if through_beta { old } else { old_back };
        isa.store_to(isa.mul(source, minus_gain), weight);
        if numbers.learning == Learning::Residual {
            let kept = isa.mul(isa.splat(numbers.feedback_factor), old_back);
            isa.store_to(isa.fnma(isa.splat(numbers.feedback_gain), sum, kept), back);
        } else if numbers.feedback_learns() {
            for (row, sum) in z.chunks_exact(vectors).zip(&mut scratch.sums) {
                let lanes = weighted_sum::<T, A, S>(isa, row, &signals.activity);
                isa.store(lanes, sum);
            }
            let sum = isa.lane_sums(&scratch.sums);
            let net = isa.fnma(isa.splat(numbers.oja[0]), old_back, sum);
            let kept = isa.mul(isa.splat(numbers.feedback_factor), old_back);
            isa.store_to(isa.fma(isa.splat(numbers.feedback_gain), net, kept), back);
        }
        isa.store_to(isa.fnma(gain, sum, isa.mul(factor, old)), beta);
    }
}

/// A bit for each sample that lies above the kink.
#[inline(always)]
fn note_gates<T: Element, S: Isa<T>>(isa: S, row: &[T::Block], gates: &mut [u64]) {
    for (word, blocks) in gates.iter_mut().zip(row.chunks(SAMPLES_OF_WORD / T::LANES)) {
        *word = 0;
        for (at, block) in blocks.iter().enumerate() {
            *word |= isa.positive(isa.load(block)) << (at * T::LANES);
        }
    }
}

/// The lanes of the sum of `by` psi(z).
#[inline(always)]
fn weighted_sum<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    row: &[T::Block],
    by: &[T::Block],
) -> S::V {
    let mut lanes = isa.splat(T::ZERO);
    for (z, by) in row.iter().zip(by) {
        lanes = isa.fma(isa.load(by), A::value(isa, isa.load(z)), lanes);
    }
    lanes
}

/// C += D, where C is wanted.
#[inline(always)]
fn keep_coefficients<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    units: &mut Units<'_, T>,
    weights: &[T],
    residual: &[T::Block],
) {
    let vectors = residual.len();
    let rows = units.coefficients.chunks_exact_mut(vectors);
    for ((c, z), &weight) in rows.zip(units.z.chunks_exact(vectors)).zip(weights) {
        let weight = isa.splat(weight);
        for ((c, z), e) in c.iter_mut().zip(z).zip(residual) {
            let signal = isa.mul(weight, isa.load(e));
            let z = isa.load(z);
            let signal = A::scaled_derivative(isa, z, z, signal);
            isa.store(isa.add(isa.load(c), signal), c);
        }
    }
}

/// Z += D K for some columns, and their outputs.
#[inline(always)]
fn move_columns<T: Element, A: LaneActivation<T>, S: Isa<T>, const W: usize>(
    isa: S,
    units: &mut Units<'_, T>,
    scratch: &mut Scratch<T>,
    columns: &Columns<T>,
    vectors: usize,
) {
    let words = vectors.div_ceil(SAMPLES_OF_WORD / T::LANES);
    let tables = columns.entries.as_chunks::<W>().0.as_chunks::<PATTERNS>().0;
    let Some(outputs) = scratch.outputs[columns.first..].first_chunk_mut::<W>() else {
        unreachable!("columns lie within the samples");
    };
    let mut rows = units.z.chunks_exact_mut(vectors);
    let mut rows_ahead = units.ahead.chunks_exact(vectors);
    let mut gates = scratch.gates.chunks_exact(words);
    let weights = scratch.weights.chunks_exact(T::LANES);
    for (weights, betas) in weights.zip(units.beta.chunks_exact(T::LANES)) {
        // Sums of a few units, then sums of those: in f32 one chain over all would be what the outputs'
        // last digits are lost to.
        let mut sums = [isa.splat(T::ZERO); W];
        // (Not one iterator over all: that multiplies for every place.)
        for (&weight, &beta) in weights.iter().zip(betas) {
            let (Some(row), Some(gates)) = (rows.next(), gates.next()) else {
                unreachable!("a row and gates for every unit");
            };
            if let Some(ahead) = rows_ahead.next() {
                for block in &ahead[columns.first..columns.first + W] {
                    isa.prefetch(&T::lanes(block)[0]);
                }
            }
            let mut moves = [isa.splat(T::ZERO); W];
            for (&word, tables) in gates.iter().zip(tables.chunks(TABLES_OF_WORD)) {
                let mut bits = word;
                for table in tables {
                    let entry = &table[pattern(bits)];
                    for v in 0..W {
                        moves[v] = isa.add(moves[v], isa.load(&entry[v]));
                    }
                    bits >>= GROUP;
                }
            }
            let (weight, beta) = (isa.splat(weight), isa.splat(beta));
            let Some(row) = row[columns.first..].first_chunk_mut::<W>() else {
                unreachable!("columns lie within a row");
            };
            for v in 0..W {
                let moved = isa.fma(weight, moves[v], isa.load(&row[v]));
                isa.store(moved, &mut row[v]);
                sums[v] = isa.fma(beta, A::value(isa, moved), sums[v]);
            }
        }
        for v in 0..W {
            let total = isa.add(isa.load(&outputs[v]), sums[v]);
            isa.store(total, &mut outputs[v]);
        }
    }
}

/// The first gates of `bits`.
#[inline(always)]
fn pattern(bits: u64) -> usize {
    #[allow(clippy::cast_possible_truncation, reason = "below 16")]
    let pattern = (bits % PATTERNS as u64) as usize;
    pattern
}

/// The chunk's outputs from their lanes.
fn write_partial<T: Element>(outputs: &[T::Block], partial: &mut [f64]) {
    let lanes = outputs.iter().flat_map(T::lanes);
    for (partial, lane) in partial.iter_mut().zip(lanes) {
        *partial = lane.to_f64();
    }
}

/// The range of an array that may be empty because nothing of it is held.
#[inline(always)]
fn part_mut<V>(all: &mut [V], range: Range<usize>) -> &mut [V] {
    if all.is_empty() { all } else { &mut all[range] }
}

/// A chunk's outputs with its weights as they are.
#[derive(Debug)]
pub struct Forward<'a, T: Element> {
    /// The units.
    pub chunk: &'a mut Chunk<T>,
    /// Scratch of this thread.
    pub scratch: &'a mut Scratch<T>,
}

impl<T: Element> Forward<'_, T> {
    /// The outputs of units with this activation.
    pub fn run(self, activation: Kinked) {
        T::forward_rows(activation, self);
    }
}

pub(crate) fn forward<T: Element>(activation: Kinked, pass: Forward<'_, T>) {
    match activation {
        Kinked::Relu => dispatch(Forwarding::<T, Relu>(pass, PhantomData)),
        Kinked::LeakyRelu => dispatch(Forwarding::<T, LeakyRelu>(pass, PhantomData)),
    }
}

struct Forwarding<'a, T: Element, A>(Forward<'a, T>, PhantomData<A>);

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Forwarding<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Forward { chunk, scratch } = self.0;
        let vectors = scratch.outputs.len();
        for (v, output) in scratch.outputs.iter_mut().enumerate() {
            let mut total = isa.splat(T::ZERO);
            let mut rows = chunk.z.chunks_exact(vectors);
            for betas in chunk.beta.chunks_exact(T::LANES) {
                let mut sum = isa.splat(T::ZERO);
                for (&beta, row) in betas.iter().zip(rows.by_ref()) {
                    sum = isa.fma(isa.splat(beta), A::value(isa, isa.load(&row[v])), sum);
                }
                total = isa.add(total, sum);
            }
            isa.store(total, output);
        }
        write_partial::<T>(&scratch.outputs, &mut chunk.partial);
    }
}
