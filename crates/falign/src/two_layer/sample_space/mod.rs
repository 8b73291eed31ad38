//! The exact fast form: Z = W X' (p x n) evolves through K = X X'; no work per step depends
//! on the input dimension.
//!
//! W(t) = W(0) + C X, with C accumulated only where the plan asks for it; W(0) is made again
//! from its stream. Hidden units lie in fixed chunks, in one of two layouts that the problem alone
//! chooses: `panels`, with units in the lanes, for any problem; `rows`, with samples in the lanes,
//! where psi' has two values. Partial sums are added in the order of the chunks, so the bits depend
//! neither on threads nor on the processor's vector width.

mod layout;
mod measure;
mod panels;
mod rows;

use falign_kernels::{Learning, Numbers};
use ndarray::Array2;

use self::layout::{Field, Layout, forward_work};
use self::measure::HeldOut;
use super::mask::Masks;
use super::snapshot::{Dynamics, Listening, Needs, Snapshot, gram, oja_term, output_movements};
use super::{Problem, Start, Weights};
use crate::Result;
use crate::math::Streams;
use crate::math::simd::Element;
use crate::memory::{Extent, Need, Size};
use crate::rule::Feedback;
use crate::stage::{DRAW, Listener, Stage, Work, rows_at_once, unstopped};

/// The fast engine. Cost per step: p n^2 multiply-adds and p n activations; with `ReLU` or leaky `ReLU`,
/// one output and 24 to 256 samples p n^2 / 4 additions.
///
/// # Example
/// ```
/// use falign::math::{Activation, Streams};
/// use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem { activation: Activation::Tanh, ..Problem::new(inputs, targets, 50, 0.02) };
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let needs = Needs::default();
/// let mut network = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
/// let before = network.residual_norm();
/// for _ in 0..200 {
///     network.step();
/// }
/// assert!(network.residual_norm() < before);
/// ```
#[derive(Debug, Clone)]
pub struct SampleSpace<T: Element> {
    problem: Problem,
    start: Option<Start>,
    kernel: Vec<f64>,
    hidden: Layout<T>,
    numbers: Numbers<T>,
    units: usize,
    beta0: Vec<T>,
    residual: Vec<f64>,
    f0: Option<Vec<f64>>,
    held_out: Option<HeldOut>,
    shrink: f64,
    step: u64,
}

/// Units at the start, each array with a row for each of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units<'a> {
    /// Z(0), (units, samples).
    pub(super) z0: &'a [f64],
    /// W(0) times the held-out inputs, (units, held-out samples).
    pub(super) held_out_z0: &'a [f64],
    /// beta(0), (units, outputs).
    pub(super) beta: &'a [f64],
    /// b, (units, outputs).
    pub(super) b: &'a [f64],
}

/// Source that feedback weights learn from.
fn learning(feedback: Feedback) -> Learning {
    match feedback {
        Feedback::Transpose | Feedback::Random => Learning::Fixed,
        Feedback::KolenPollack => Learning::Residual,
        Feedback::Hebbian | Feedback::Oja => Learning::Activity,
    }
}

/// Rows made at once while W(0) is drawn.
const DRAWN_ROWS: usize = 512;

/// Threads that the steps of one network take.
///
/// # Example
/// ```
/// use falign::math::Streams;
/// use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads};
/// use ndarray::Array;
/// let inputs = Array::from_shape_fn((6, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
/// let targets = Array::from_shape_fn((6, 1), |(i, _)| (i as f64).cos());
/// let problem = Problem::new(inputs, targets, 50, 0.02);
/// let streams = Streams::new(1, 0);
/// let start = Start::Drawn { streams, correlation: 0.0 };
/// let engine = |threads| SampleSpace::<f64>::new(&problem, start.clone(), streams, Needs::default(), threads);
/// let [mut one, mut all] = [Threads::One, Threads::All].map(engine);
/// (one.step(), all.step());
/// assert_eq!(one.residual_norm(), all.residual_norm()); // the same bits
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// The caller's: best where many networks are trained at once.
    One,
    /// Threads of the current rayon pool, which share the hidden units: for one wide network.
    All,
}

impl<T: Element> SampleSpace<T> {
    /// Starts a run. `needs` says what will be measured; `streams` feeds the dropout masks;
    /// `threads` says whether hidden units are spread over rayon's. The numbers do not depend on it.
    ///
    /// # Panics
    /// If the width does not fit in memory.
    pub fn new(
        problem: &Problem,
        start: Start,
        streams: Streams,
        needs: Needs,
        threads: Threads,
    ) -> Self {
        let parallel = threads == Threads::All;
        unstopped(|nobody| Self::with_listener(problem, start, streams, needs, parallel, nobody))
    }

    /// [`new`](Self::new), unless it is stopped.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(crate) fn with_listener(
        problem: &Problem,
        start: Start,
        streams: Streams,
        needs: Needs,
        parallel: bool,
        listener: Listener<'_>,
    ) -> Result<Self> {
        let p = usize::try_from(problem.width).expect("a width that fits in memory");
        let (d, k) = (problem.input_dim(), problem.outputs());
        let inputs: Vec<f64> = problem.inputs.iter().copied().collect();
        let new_inputs: Vec<f64> = match &problem.held_out {
            Some((x, _)) if needs.held_out => x.iter().copied().collect(),
            _ => Vec::new(),
        };
        let forward = problem.samples() * forward_work(k);
        let of_unit =
            DRAW * (d + 2 * k) as f64 + (inputs.len() + new_inputs.len() + forward) as f64;
        let all = p as f64 * of_unit + problem.samples() as f64 * inputs.len() as f64;
        let work = Work::new(listener, all, &Stage::weights);
        let mut z0 = Vec::with_capacity(p * problem.samples());
        let mut held_out_z0 = Vec::with_capacity(p * new_inputs.len() / d.max(1));
        let together = DRAWN_ROWS.min(rows_at_once(inputs.len().max(new_inputs.len())));
        for first in (0..p).step_by(together) {
            let rows = start.hidden_rows_of(first, together.min(p - first), d, &work)?;
            z0.extend(work.products(&rows, &inputs, d)?);
            held_out_z0.extend(work.products(&rows, &new_inputs, d)?);
        }
        let (beta, b) = start.output_and_feedback_of(p, k, &work)?;
        let units = Units {
            z0: &z0,
            held_out_z0: &held_out_z0,
            beta: &beta,
            b: &b,
        };
        let mut engine = Self::from_parts(problem, units, needs, parallel, &work)?;
        engine.start = Some(start);
        if problem.dropout > 0.0 {
            let masks = Masks::new(streams, problem.dropout, problem.samples(), p);
            engine.hidden.drop_out(masks);
            engine.forward(false, &work)?;
        }
        Ok(engine)
    }

    /// Memory of [`new`](Self::new) and of measuring `needs`, besides the problem.
    pub(crate) fn memory(extent: &Extent, needs: Needs) -> Vec<Need> {
        use Size::{HeldOut, Inputs, Outputs, Samples, Width};
        let t = size_of::<T>() as f64;
        // The inputs as rows, and the problem once more.
        let mut all = vec![
            extent.array(16.0, &[Samples, Inputs]),
            extent.array(16.0, &[HeldOut, Inputs]),
        ];
        all.extend(Self::memory_from_parts(extent, needs));
        // Z(0) and beta(0), b in f64 while the engine is made of them.
        all.push(extent.array(8.0, &[Width, Samples]));
        all.push(extent.array(16.0 + t, &[Width, Outputs]));
        all
    }

    /// Memory of [`from_parts`](Self::from_parts), without its arguments.
    pub(super) fn memory_from_parts(extent: &Extent, needs: Needs) -> Vec<Need> {
        use Size::{HeldOut, Outputs, Quantities, Samples, Width};
        let t = size_of::<T>() as f64;
        // K, and as steps read it.
        let mut all = vec![extent.array(8.0 + t, &[Samples, Samples])];
        // Z, psi or psi' of it, C.
        let coefficients = if needs.coefficients { t } else { 0.0 };
        all.push(extent.array(2.0 * t + coefficients, &[Width, Samples]));
        all.push(extent.array(3.0 * t, &[Width, Outputs]));
        // Three Gram matrices of a snapshot.
        all.push(extent.array(24.0, &[Outputs, Outputs]));
        if needs.held_out {
            all.push(extent.array(16.0, &[HeldOut, Width]));
            all.push(extent.array(8.0, &[HeldOut, Samples]));
        }
        if needs.feature_kernel || needs.feedback_kernel {
            // Z, psi and psi' in f64.
            all.push(extent.array(24.0, &[Width, Samples]));
        }
        if needs.feedback_kernel {
            all.push(extent.array(8.0, &[Width, Samples, Outputs]));
        }
        // With the start's, and what eigenvalues need.
        let side = if needs.feedback_kernel {
            extent.samples * extent.outputs
        } else if needs.feature_kernel {
            extent.samples
        } else {
            0.0
        };
        all.push(Need::array(32.0, &[(Quantities, side * side)]));
        all
    }

    /// Starts from units whose number may differ from the network's width: the scaling keeps the
    /// true width.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(super) fn from_parts(
        problem: &Problem,
        given: Units<'_>,
        needs: Needs,
        parallel: bool,
        work: &Work<'_>,
    ) -> Result<Self> {
        let Units {
            z0,
            held_out_z0,
            beta,
            b,
        } = given;
        let (n, d, k) = (problem.samples(), problem.input_dim(), problem.outputs());
        let units = z0.len() / n;
        let inputs: Vec<f64> = problem.inputs.iter().copied().collect();
        let kernel = work.products(&inputs, &inputs, d)?;
        let held_out = match &problem.held_out {
            Some((x, y)) if needs.held_out => {
                let x: Vec<f64> = x.iter().copied().collect();
                Some(HeldOut {
                    z0: held_out_z0.to_vec(),
                    cross: work.products(&x, &inputs, d)?,
                    targets: y.iter().copied().collect(),
                    f0: None,
                })
            }
            _ => None,
        };
        let mut hidden = Layout::of(problem, &kernel, units, needs.coefficients, parallel);
        hidden.scatter(Field::Preactivations, z0);
        hidden.scatter(Field::OutputWeights, beta);
        hidden.scatter(Field::FeedbackWeights, b);
        let mut engine = Self {
            kernel,
            hidden,
            numbers: Numbers {
                samples: n,
                outputs: k,
                through_output_weights: problem.feedback == Feedback::Transpose,
                learning: learning(problem.feedback),
                residual: vec![T::ZERO; n * k],
                activity: vec![T::ZERO; n * k],
                gain: T::from_f64(problem.gain()),
                factor: T::ONE,
                feedback_gain: T::from_f64(problem.feedback_gain()),
                feedback_factor: T::ONE,
                oja: vec![T::ZERO; k],
            },
            start: None,
            units,
            beta0: beta.iter().map(|&x| T::from_f64(x)).collect(),
            residual: vec![0.0; n * k],
            f0: None,
            held_out,
            shrink: 1.0,
            step: 0,
            problem: problem.clone(),
        };
        engine.forward(true, work)?;
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
            let f0 = engine.held_out_outputs(work)?;
            if let Some(held_out) = &mut engine.held_out {
                held_out.f0 = Some(f0);
            }
            engine.forward(true, work)?;
        }
        Ok(engine)
    }

    /// b, (width, outputs) row-major.
    pub(crate) fn feedback_weights(&self) -> Vec<T> {
        self.hidden.gather(Field::FeedbackWeights)
    }

    /// beta, (width, outputs) row-major.
    pub fn output_weights(&self) -> Vec<T> {
        self.hidden.gather(Field::OutputWeights)
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
        self.hidden.scatter(Field::FeedbackWeights, &values);
    }

    /// Outputs and residual of the current weights, as a part of some work; `clean` leaves dropout out.
    fn forward(&mut self, clean: bool, work: &Work<'_>) -> Result<()> {
        self.hidden.forward(self.step, clean, work)?;
        self.sum_shares();
        Ok(())
    }

    /// Multiply-adds of a snapshot, about.
    fn measuring_work(&self, needs: Needs) -> f64 {
        let (n, k) = (self.numbers.samples, self.numbers.outputs);
        let mut of_unit = 0;
        if self.hidden.drops_out() {
            of_unit += n * forward_work(k);
        }
        if needs.hidden_movement || needs.conservation {
            of_unit += n * n;
        }
        if let (true, Some(held_out)) = (needs.held_out, &self.held_out) {
            of_unit += held_out.cross.len();
        }
        if needs.feature_kernel {
            of_unit += n * n;
        }
        if needs.feedback_kernel {
            of_unit += k * k * n * n;
        }
        self.units as f64 * of_unit as f64
    }

    fn sum_shares(&mut self) {
        let scale = self.problem.scale();
        self.residual.fill(0.0);
        self.hidden.add_shares(&mut self.residual);
        for (i, (e, y)) in self
            .residual
            .iter_mut()
            .zip(&self.problem.targets)
            .enumerate()
        {
            let f0 = self.f0.as_ref().map_or(0.0, |f0| f0[i]);
            *e = *e * scale - f0 - y;
        }
    }
}

impl<T: Element> Listening for SampleSpace<T> {
    fn step_with_listener(&mut self, listener: Listener<'_>) -> Result<()> {
        let (n, k) = (self.numbers.samples, self.numbers.outputs);
        let whole = self.units as f64 * (n * n) as f64;
        let step = self.step + 1;
        let stage = |share| Stage::step(step, share);
        let work = Work::new(listener.of_step(whole), whole, &stage);
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
        self.hidden.advance(&self.numbers, &work)?;
        self.shrink *= self.problem.factor(self.step);
        self.step += 1;
        if self.hidden.drops_out() {
            self.forward(false, &work)?;
        } else {
            self.sum_shares();
        }
        Ok(())
    }

    fn snapshot_with_listener(&mut self, needs: Needs, listener: Listener<'_>) -> Result<Snapshot> {
        let k = self.numbers.outputs;
        let whole = self.measuring_work(needs);
        let step = self.step;
        let stage = |share| Stage::measures(step, share);
        let work = Work::new(listener.of_step(whole), whole, &stage);
        let training = self.residual.clone();
        if self.hidden.drops_out() {
            self.forward(true, &work)?;
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
            let (moved, drift) = self.hidden_measures(&beta, &b, &work)?;
            snapshot.hidden_movement = needs.hidden_movement.then_some(moved);
            snapshot.conservation = needs.conservation.then_some(drift);
        }
        if needs.held_out {
            let f = self.held_out_outputs(&work)?;
            snapshot.held_out_residual = self.held_out.as_ref().map(|held_out| {
                let f0 = |j: usize| held_out.f0.as_ref().map_or(0.0, |f0| f0[j]);
                f.iter()
                    .zip(&held_out.targets)
                    .enumerate()
                    .map(|(j, (f, y))| f - f0(j) - y)
                    .collect()
            });
        }
        self.kernels(needs, [&beta, &b], &mut snapshot, &work)?;
        Ok(snapshot)
    }

    fn weights_with_listener(&mut self, listener: Listener<'_>) -> Result<Option<Weights>> {
        let Some(start) = &self.start else {
            return Ok(None);
        };
        let (n, d, k) = (
            self.numbers.samples,
            self.problem.input_dim(),
            self.numbers.outputs,
        );
        if self.step > 0 && !self.hidden.has_coefficients() {
            return Ok(None);
        }
        let moved = if self.step > 0 { n } else { 0 };
        let all = self.units as f64 * d as f64 * (DRAW + moved as f64);
        let work = Work::new(listener, all, &Stage::weights);
        let rows = start.hidden_rows_of(0, self.units, d, &work)?;
        let mut hidden = Array2::from_shape_vec((self.units, d), rows).expect("one row per unit");
        if self.step > 0 {
            let c = self.hidden.gather(Field::Coefficients);
            for (r, mut row) in hidden.rows_mut().into_iter().enumerate() {
                for i in 0..n {
                    row.scaled_add(c[r * n + i].to_f64(), &self.problem.inputs.row(i));
                }
                work.did((n * d) as f64)?;
            }
        }
        let matrix =
            |v: Vec<T>| Array2::from_shape_fn((v.len() / k, k), |(r, c)| v[r * k + c].to_f64());
        Ok(Some(Weights {
            hidden,
            output: matrix(self.output_weights()),
            feedback: matrix(self.feedback_weights()),
        }))
    }
}

impl<T: Element> Dynamics for SampleSpace<T> {
    fn steps_done(&self) -> u64 {
        self.step
    }

    fn residual_norm(&self) -> f64 {
        self.residual.iter().map(|e| e * e).sum::<f64>().sqrt()
    }
}
