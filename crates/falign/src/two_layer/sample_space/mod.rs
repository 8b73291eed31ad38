//! The exact fast form: Z = W X' (p x n) evolves through K = X X'; no work per step depends
//! on the input dimension.
//!
//! W(t) = W(0) + C X, with C accumulated only where the plan asks for it; W(0) is made again
//! from its stream. Hidden units lie in fixed chunks of panels, units in the lanes; partial
//! sums are added in the order of the chunks, so the bits depend neither on threads nor on
//! the processor's vector width.

mod forward;
mod kernel;
mod measure;
mod packed;

use std::marker::PhantomData;

use ndarray::Array2;
use rayon::prelude::*;

use self::forward::Forward;
use self::kernel::{Advance, Chunk, Numbers, Scratch, Tile, VECTORS};
use self::measure::HeldOut;
use self::packed::Packed;
use super::mask::{GROUP, Masks};
use super::snapshot::{Dynamics, Needs, Snapshot, gram, oja_term, output_movements};
use super::{Problem, Start, Weights};
use crate::math::simd::activation::{LaneActivation, with_activation};
use crate::math::simd::{Element, dispatch};
use crate::math::{Streams, row_products};

/// Bytes of Z that surely stay in a second-level cache between steps.
const SECOND_LEVEL: usize = 1 << 20;

/// Panels of a chunk: enough work to share out, little enough to stay in the inner caches.
const PANELS: usize = 8;

/// The fast engine. Cost per step: p n^2 multiply-adds and p n activations.
#[derive(Debug, Clone)]
pub struct SampleSpace<T: Element> {
    problem: Problem,
    start: Option<Start>,
    kernel: Vec<f64>,
    packed: Packed<T>,
    chunks: Vec<Chunk<T>>,
    scratch: Scratch<T>,
    numbers: Numbers<T>,
    masks: Option<Masks>,
    parallel: bool,
    units: usize,
    beta0: Vec<T>,
    residual: Vec<f64>,
    f0: Option<Vec<f64>>,
    held_out: Option<HeldOut>,
    shrink: f64,
    step: u64,
}

/// Rows made at once while W(0) is drawn.
const DRAWN_ROWS: usize = 512;

impl<T: Element> SampleSpace<T> {
    /// Starts a run. `needs` says what will be measured; `streams` feeds the dropout masks;
    /// `parallel` spreads the hidden units over rayon's threads.
    ///
    /// # Panics
    /// If the width does not fit in memory.
    pub fn new(
        problem: &Problem,
        start: Start,
        streams: Streams,
        needs: Needs,
        parallel: bool,
    ) -> Self {
        let p = usize::try_from(problem.width).expect("a width that fits in memory");
        let (d, k) = (problem.input_dim(), problem.outputs());
        let inputs: Vec<f64> = problem.inputs.iter().copied().collect();
        let new_inputs: Vec<f64> = match &problem.held_out {
            Some((x, _)) if needs.held_out => x.iter().copied().collect(),
            _ => Vec::new(),
        };
        let mut z0 = Vec::with_capacity(p * problem.samples());
        let mut held_out_z0 = Vec::with_capacity(p * new_inputs.len() / d.max(1));
        for first in (0..p).step_by(DRAWN_ROWS) {
            let rows = start.hidden_rows(first, DRAWN_ROWS.min(p - first), d);
            z0.extend(row_products(&rows, &inputs, d));
            held_out_z0.extend(row_products(&rows, &new_inputs, d));
        }
        let (beta, b) = start.output_and_feedback(p, k);
        let mut engine = Self::from_parts(problem, &z0, &held_out_z0, &beta, &b, needs, parallel);
        engine.start = Some(start);
        if problem.dropout > 0.0 {
            engine.masks = Some(Masks::new(streams, problem.dropout, problem.samples(), p));
            for chunk in &mut engine.chunks {
                chunk.mask = vec![[T::ZERO_BLOCK; VECTORS]; chunk.z.len()];
            }
            engine.forward(false);
        }
        engine
    }

    /// Starts from Z(0) (units, samples), held-out Z(0), beta(0) and b given as rows, whose
    /// number may differ from the network's width: the scaling keeps the true width.
    pub(super) fn from_parts(
        problem: &Problem,
        z0: &[f64],
        held_out_z0: &[f64],
        beta: &[f64],
        b: &[f64],
        needs: Needs,
        parallel: bool,
    ) -> Self {
        let (n, d, k) = (problem.samples(), problem.input_dim(), problem.outputs());
        let units = z0.len() / n;
        let inputs: Vec<f64> = problem.inputs.iter().copied().collect();
        let kernel = row_products(&inputs, &inputs, d);
        let held_out = match &problem.held_out {
            Some((x, y)) if needs.held_out => {
                let x: Vec<f64> = x.iter().copied().collect();
                Some(HeldOut {
                    z0: held_out_z0.to_vec(),
                    cross: row_products(&x, &inputs, d),
                    targets: y.iter().copied().collect(),
                    f0: None,
                })
            }
            _ => None,
        };
        let stored = with_activation!(problem.activation, A => <A as LaneActivation<T>>::STORED);
        let unit_count = PANELS * VECTORS * T::LANES;
        let chunks = (0..units)
            .step_by(unit_count)
            .map(|first| {
                let held = unit_count.min(units - first);
                let panels = held.div_ceil(VECTORS * T::LANES);
                let zeros = |count: usize| vec![[T::ZERO_BLOCK; VECTORS]; count];
                let mut chunk = Chunk {
                    first_unit: first,
                    units: held,
                    z: zeros(panels * n),
                    a: zeros(if stored { panels * n } else { 0 }),
                    beta: zeros(panels * k),
                    feedback: zeros(panels * k),
                    coefficients: zeros(if needs.coefficients { panels * n } else { 0 }),
                    mask: Vec::new(),
                    partial: vec![0.0; n * k],
                };
                scatter::<T>(&mut chunk.z, n, &z0[first * n..(first + held) * n]);
                scatter::<T>(&mut chunk.beta, k, &beta[first * k..(first + held) * k]);
                scatter::<T>(&mut chunk.feedback, k, &b[first * k..(first + held) * k]);
                chunk
            })
            .collect();
        let mut engine = Self {
            packed: Packed::new(&kernel, n),
            kernel,
            chunks,
            scratch: Scratch::new(n, k),
            numbers: Numbers {
                samples: n,
                outputs: k,
                feedback: problem.feedback,
                residual: vec![T::ZERO; n * k],
                activity: vec![T::ZERO; n * k],
                gain: T::from_f64(problem.gain()),
                factor: T::ONE,
                feedback_gain: T::from_f64(problem.feedback_gain()),
                feedback_factor: T::ONE,
                oja: vec![T::ZERO; k],
            },
            masks: None,
            start: None,
            parallel,
            units,
            beta0: beta.iter().map(|&x| T::from_f64(x)).collect(),
            residual: vec![0.0; n * k],
            f0: None,
            held_out,
            shrink: 1.0,
            step: 0,
            problem: problem.clone(),
        };
        engine.forward(true);
        if problem.center_outputs {
            let targets: Vec<f64> = problem.targets.iter().copied().collect();
            engine.f0 = Some(
                engine
                    .residual
                    .iter()
                    .zip(&targets)
                    .map(|(e, y)| e + y)
                    .collect(),
            );
            let f0 = engine.held_out.is_some().then(|| engine.held_out_outputs());
            if let Some(held_out) = &mut engine.held_out {
                held_out.f0 = f0;
            }
            engine.forward(true);
        }
        engine
    }

    /// b, (width, outputs) row-major.
    pub fn feedback_weights(&self) -> Vec<T> {
        self.gather(|chunk| &chunk.feedback, self.numbers.outputs)
    }

    /// beta, (width, outputs) row-major.
    pub fn output_weights(&self) -> Vec<T> {
        self.gather(|chunk| &chunk.beta, self.numbers.outputs)
    }

    /// Sets b, for experiments that change it from outside.
    ///
    /// # Panics
    /// If `feedback` does not have width x outputs entries.
    pub fn set_feedback_weights(&mut self, feedback: &[T]) {
        let k = self.numbers.outputs;
        assert_eq!(
            feedback.len(),
            self.units * k,
            "feedback weights of shape (width, outputs)"
        );
        let values: Vec<f64> = feedback.iter().map(|b| b.to_f64()).collect();
        for chunk in &mut self.chunks {
            let first = chunk.first_unit;
            scatter::<T>(
                &mut chunk.feedback,
                k,
                &values[first * k..(first + chunk.units) * k],
            );
        }
    }

    /// Row-major (units, rows) from tiles with `rows` tiles to a panel.
    fn gather(&self, field: impl Fn(&Chunk<T>) -> &Vec<Tile<T>>, rows: usize) -> Vec<T> {
        let mut out = Vec::with_capacity(self.units * rows);
        for chunk in &self.chunks {
            let tiles = field(chunk);
            for unit in 0..chunk.units {
                let (panel, place) = (unit / (VECTORS * T::LANES), unit % (VECTORS * T::LANES));
                for row in 0..rows {
                    let tile = &tiles[panel * rows + row];
                    out.push(T::lanes(&tile[place / T::LANES])[place % T::LANES]);
                }
            }
        }
        out
    }

    /// Outputs and residual of the current weights; `clean` leaves dropout out.
    fn forward(&mut self, clean: bool) {
        if !clean {
            self.draw_masks();
        }
        let (n, k) = (self.numbers.samples, self.numbers.outputs);
        with_activation!(self.problem.activation, A => {
            let forward = |scratch: &mut Scratch<T>, chunk: &mut Chunk<T>| {
                dispatch(Forward::<T, A> {
                    chunk, scratch, samples: n, outputs: k, clean, activation: PhantomData,
                });
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
        });
        self.sum_partials();
    }

    fn sum_partials(&mut self) {
        let scale = self.problem.scale();
        for (i, (e, y)) in self
            .residual
            .iter_mut()
            .zip(&self.problem.targets)
            .enumerate()
        {
            let sum: f64 = self.chunks.iter().map(|chunk| chunk.partial[i]).sum();
            let f0 = self.f0.as_ref().map_or(0.0, |f0| f0[i]);
            *e = sum * scale - f0 - y;
        }
    }

    fn draw_masks(&mut self) {
        let Some(masks) = &mut self.masks else { return };
        let n = self.numbers.samples;
        let panel = VECTORS * T::LANES;
        let mut group = Vec::new();
        for chunk in &mut self.chunks {
            for first in (0..chunk.units).step_by(GROUP) {
                masks.group(self.step, (chunk.first_unit + first) / GROUP, &mut group);
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
    }
}

/// Spreads row-major (units, rows) values over tiles with `rows` tiles to a panel.
fn scatter<T: Element>(tiles: &mut [Tile<T>], rows: usize, values: &[f64]) {
    let panel = VECTORS * T::LANES;
    for (unit, values) in values.chunks(rows).enumerate() {
        let (p, place) = (unit / panel, unit % panel);
        for (row, &value) in values.iter().enumerate() {
            let block = &mut tiles[p * rows + row][place / T::LANES];
            T::lanes_mut(block)[place % T::LANES] = T::from_f64(value);
        }
    }
}

impl<T: Element> Dynamics for SampleSpace<T> {
    fn step(&mut self) {
        let (n, k) = (self.numbers.samples, self.numbers.outputs);
        self.numbers.factor = T::from_f64(self.problem.factor(self.step));
        self.numbers.feedback_factor = T::from_f64(self.problem.feedback_factor(self.step));
        for (i, of_sample) in self.residual.chunks_exact(k).enumerate() {
            for (c, e) in of_sample.iter().enumerate() {
                self.numbers.residual[c * n + i] = T::from_f64(*e);
            }
        }
        if self.problem.feedback.is_learned() {
            let f = self
                .residual
                .iter()
                .zip(&self.problem.targets)
                .map(|(e, y)| e + y);
            for (t, f) in self.numbers.activity.iter_mut().zip(f) {
                *t = T::from_f64(f);
            }
            for c in 0..k {
                let power = (0..n)
                    .map(|i| self.numbers.activity[i * k + c].to_f64().powi(2))
                    .sum();
                let decay = oja_term(self.problem.feedback, power, self.problem.root_width());
                self.numbers.oja[c] = T::from_f64(decay);
            }
        }
        let (numbers, kernel) = (&self.numbers, &self.packed);
        with_activation!(self.problem.activation, A => {
            let forward = self.masks.is_none();
            let prefetch = self.units * n * size_of::<T>() > SECOND_LEVEL;
            let advance = |scratch: &mut Scratch<T>, chunk: &mut Chunk<T>| {
                dispatch(Advance::<T, A> {
                    chunk, scratch, kernel, numbers, prefetch, forward, activation: PhantomData,
                });
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
        });
        self.shrink *= self.problem.factor(self.step);
        self.step += 1;
        if self.masks.is_some() {
            self.forward(false);
        } else {
            self.sum_partials();
        }
    }

    fn steps_done(&self) -> u64 {
        self.step
    }

    fn residual_norm(&self) -> f64 {
        self.residual.iter().map(|e| e * e).sum::<f64>().sqrt()
    }

    fn snapshot(&mut self, needs: Needs) -> Snapshot {
        let k = self.numbers.outputs;
        let training = self.residual.clone();
        if self.masks.is_some() {
            self.forward(true);
        }
        let residual = std::mem::replace(&mut self.residual, training);
        let (beta, b) = (self.output_weights(), self.feedback_weights());
        let mut snapshot = Snapshot {
            residual,
            output_gram: gram(&beta, &beta, k),
            feedback_gram: gram(&b, &b, k),
            cross_gram: gram(&b, &beta, k),
            ..Snapshot::default()
        };
        if needs.output_movement {
            let (plain, decayed) = output_movements(&beta, &self.beta0, self.shrink, k);
            snapshot.output_movement = Some(plain);
            snapshot.decayed_movement = Some(decayed);
        }
        if needs.hidden_movement || needs.conservation {
            let (moved, drift) = self.hidden_measures(&beta, &b);
            snapshot.hidden_movement = needs.hidden_movement.then_some(moved);
            snapshot.conservation = needs.conservation.then_some(drift);
        }
        if needs.held_out {
            let f = self.held_out_outputs();
            snapshot.held_out_residual = self.held_out.as_ref().map(|held_out| {
                let f0 = |j: usize| held_out.f0.as_ref().map_or(0.0, |f0| f0[j]);
                f.iter()
                    .zip(&held_out.targets)
                    .enumerate()
                    .map(|(j, (f, y))| f - f0(j) - y)
                    .collect()
            });
        }
        self.kernels(needs, &beta, &b, &mut snapshot);
        snapshot
    }

    fn weights(&mut self) -> Option<Weights> {
        let start = self.start.as_ref()?;
        let (n, d, k) = (
            self.numbers.samples,
            self.problem.input_dim(),
            self.numbers.outputs,
        );
        if self.step > 0 && self.chunks.iter().any(|c| c.coefficients.is_empty()) {
            return None;
        }
        let mut hidden =
            Array2::from_shape_vec((self.units, d), start.hidden_rows(0, self.units, d))
                .expect("one row per unit");
        if self.step > 0 {
            let c = self.gather(|chunk| &chunk.coefficients, n);
            for (r, mut row) in hidden.rows_mut().into_iter().enumerate() {
                for i in 0..n {
                    row.scaled_add(c[r * n + i].to_f64(), &self.problem.inputs.row(i));
                }
            }
        }
        let matrix =
            |v: Vec<T>| Array2::from_shape_fn((v.len() / k, k), |(r, c)| v[r * k + c].to_f64());
        Some(Weights {
            hidden,
            output: matrix(self.output_weights()),
            feedback: matrix(self.feedback_weights()),
        })
    }
}
