//! The dynamics as the paper writes them: plain loops in weight space, in its letters.
//!
//! Slow and obvious, kept for ever; every other engine is tested against this one.

use ndarray::Array2;

use super::kernels::place;
use super::mask::{GROUP, Masks};
use super::snapshot::{
    Dynamics, Listening, Movement, Needs, Snapshot, gram, oja_term, output_movements,
};
use super::{Problem, Start, Weights};
use crate::Result;
use crate::math::{Scalar, Streams};
use crate::memory::{Extent, Need, Size};
use crate::rule::Feedback;
use crate::stage::{DRAW, Listener, Stage, Work, unstopped};

/// The plain engine. Cost per step: 2 p n d multiply-adds and p n activations.
#[derive(Debug, Clone)]
pub struct Reference<T> {
    problem: Problem,
    x: Vec<T>,
    y: Vec<f64>,
    w: Vec<T>,
    beta: Vec<T>,
    b: Vec<T>,
    w0: Vec<T>,
    beta0: Vec<T>,
    b0: Vec<T>,
    f0: Option<Vec<f64>>,
    masks: Option<Masks>,
    e: Vec<f64>,
    shrink: f64,
    t: u64,
}

fn round<T: Scalar>(values: impl IntoIterator<Item = f64>) -> Vec<T> {
    values.into_iter().map(T::from_f64).collect()
}

impl<T: Scalar> Reference<T> {
    /// Memory of [`new`](Self::new) and of measuring `needs`, besides the problem.
    pub fn memory(extent: &Extent, needs: Needs) -> Vec<Need> {
        use Size::{HeldOut, Inputs, Outputs, Quantities, Samples, Width};
        let t = size_of::<T>() as f64;
        let mut all = vec![
            // W drawn in f64 and rounded where it is, and a copy of its start.
            extent.array(8.0 + t, &[Width, Inputs]),
            extent.array(16.0 + 4.0 * t, &[Width, Outputs]),
            // The problem twice, and inputs twice.
            extent.array(16.0 + 2.0 * t, &[Samples, Inputs]),
            extent.array(16.0 + t, &[HeldOut, Inputs]),
            extent.array(24.0, &[Outputs, Outputs]),
        ];
        let side = if needs.feedback_kernel {
            extent.samples * extent.outputs
        } else if needs.feature_kernel {
            extent.samples
        } else {
            0.0
        };
        if side > 0.0 {
            all.push(extent.array(8.0, &[Width, Samples]));
        }
        all.push(Need::array(48.0, &[(Quantities, side * side)]));
        all
    }

    /// Starts a run; `streams` feeds the dropout masks.
    ///
    /// # Panics
    /// If the width does not fit in memory.
    pub fn new(problem: &Problem, start: &Start, streams: Streams) -> Self {
        unstopped(|nobody| Self::with_listener(problem, start, streams, nobody))
    }

    /// [`new`](Self::new), unless it is stopped.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(crate) fn with_listener(
        problem: &Problem,
        start: &Start,
        streams: Streams,
        listener: Listener<'_>,
    ) -> Result<Self> {
        let p = usize::try_from(problem.width).expect("a width that fits in memory");
        let (d, k) = (problem.input_dim(), problem.outputs());
        let work = Work::new(
            listener,
            p as f64 * (DRAW * (d + 2 * k) as f64 + problem.inputs.len() as f64),
            &Stage::weights,
        );
        let (beta, b) = start.output_and_feedback_of(p, k, &work)?;
        let w: Vec<T> = round(start.hidden_rows_of(0, p, d, &work)?);
        let mut engine = Self {
            x: round(problem.inputs.iter().copied()),
            y: problem.targets.iter().copied().collect(),
            w0: w.clone(),
            w,
            beta0: round(beta.iter().copied()),
            beta: round(beta),
            b0: round(b.iter().copied()),
            b: round(b),
            f0: None,
            masks: (problem.dropout > 0.0)
                .then(|| Masks::new(streams, problem.dropout, problem.samples(), p)),
            e: Vec::new(),
            shrink: 1.0,
            t: 0,
            problem: problem.clone(),
        };
        if problem.center_outputs {
            engine.f0 = Some(engine.outputs(None, &work)?);
        }
        engine.e = engine.training_residual(&work)?;
        Ok(engine)
    }

    /// b, (width, outputs) row-major: for experiments that set it from outside.
    pub fn feedback_weights_mut(&mut self) -> &mut [T] {
        &mut self.b
    }

    /// beta, (width, outputs) row-major.
    pub fn output_weights(&self) -> &[T] {
        &self.beta
    }

    fn preactivation(&self, r: usize, x: &[T]) -> T {
        let d = x.len();
        let mut z = T::ZERO;
        for (j, &x) in x.iter().enumerate() {
            z += self.w[r * d + j] * x;
        }
        z
    }

    /// Mask factors of all units and samples at a step, (width, samples).
    fn mask(&mut self, step: u64) -> Option<Vec<f64>> {
        let n = self.problem.samples();
        let p = self.beta.len() / self.problem.outputs();
        let masks = self.masks.as_mut()?;
        let mut all = vec![0.0; p * n];
        let mut group = Vec::new();
        for r in 0..p {
            if r % GROUP == 0 {
                masks.group(step, r / GROUP, &mut group);
            }
            for i in 0..n {
                all[r * n + i] = group[i * GROUP + r % GROUP];
            }
        }
        Some(all)
    }

    fn outputs(&self, mask: Option<&[f64]>, work: &Work<'_>) -> Result<Vec<f64>> {
        let x = self.x.clone();
        self.outputs_at(&x, mask, work)
    }

    fn outputs_at(&self, x: &[T], mask: Option<&[f64]>, work: &Work<'_>) -> Result<Vec<f64>> {
        let (d, k) = (self.problem.input_dim(), self.problem.outputs());
        let n = x.len() / d;
        let p = self.beta.len() / k;
        let psi = self.problem.activation;
        let mut f = vec![T::ZERO; n * k];
        let parts = work.parts(x.len());
        for r in 0..p {
            parts.look()?;
            for i in 0..n {
                let mut h = psi.value(self.preactivation(r, &x[i * d..(i + 1) * d]));
                if let Some(mask) = mask {
                    h = h * T::from_f64(mask[r * n + i]);
                }
                for c in 0..k {
                    f[i * k + c] += self.beta[r * k + c] * h;
                }
            }
        }
        parts.end()?;
        let f = f.iter().map(|f| f.to_f64() * self.problem.scale());
        Ok(f.collect())
    }

    fn residual_of(&self, f: &[f64]) -> Vec<f64> {
        let f0 = |i: usize| self.f0.as_ref().map_or(0.0, |f0| f0[i]);
        f.iter()
            .enumerate()
            .map(|(i, f)| f - f0(i) - self.y[i])
            .collect()
    }

    /// psi(z) or psi'(z) of all units and samples, (width, samples).
    fn units(&self, part: impl Fn(T) -> T, work: &Work<'_>) -> Result<Vec<f64>> {
        let (d, p) = (
            self.problem.input_dim(),
            self.w.len() / self.problem.input_dim(),
        );
        let parts = work.parts(self.x.len());
        let mut all = Vec::with_capacity(p * self.problem.samples());
        for r in 0..p {
            parts.look()?;
            let samples = self.x.chunks(d);
            all.extend(samples.map(|x| part(self.preactivation(r, x)).to_f64()));
        }
        parts.end()?;
        Ok(all)
    }

    /// `G_ij` = 1/p `sum_r` psi(`z_ri`) psi(`z_rj`).
    fn feature_kernel(&self, work: &Work<'_>) -> Result<Vec<f64>> {
        let n = self.problem.samples();
        let psi = self.units(|z| self.problem.activation.value(z), work)?;
        let mut g = vec![0.0; n * n];
        let parts = work.parts(n * n);
        for unit in psi.chunks(n) {
            parts.look()?;
            for (at, g) in g.iter_mut().enumerate() {
                *g += unit[at / n] * unit[at % n];
            }
        }
        parts.end()?;
        Ok(g.iter().map(|g| g / self.problem.width as f64).collect())
    }

    /// `H_(ia)(jc)` = `x_i.x_j`/p `sum_r` `beta_ra` `b_rc` psi'(`z_ri`) psi'(`z_rj`).
    fn feedback_kernel(&self, work: &Work<'_>) -> Result<Vec<f64>> {
        let (n, d, k) = (
            self.problem.samples(),
            self.problem.input_dim(),
            self.problem.outputs(),
        );
        let dpsi = self.units(|z| self.problem.activation.derivative(z), work)?;
        let b = match self.problem.feedback {
            Feedback::Transpose => &self.beta,
            _ => &self.b,
        };
        let x: Vec<f64> = self.x.iter().map(|x| x.to_f64()).collect();
        let row = |i: usize| &x[i * d..(i + 1) * d];
        let inner: Vec<f64> = (0..n * n)
            .map(|at| {
                row(at / n)
                    .iter()
                    .zip(row(at % n))
                    .map(|(a, b)| a * b)
                    .sum()
            })
            .collect();
        let mut h = vec![0.0; n * k * n * k];
        for (a, c) in (0..k).flat_map(|a| (0..k).map(move |c| (a, c))) {
            let mut block = vec![0.0; n * n];
            let parts = work.parts(n * n);
            for (r, unit) in dpsi.chunks(n).enumerate() {
                parts.look()?;
                let weight = self.beta[r * k + a].to_f64() * b[r * k + c].to_f64();
                for (at, sum) in block.iter_mut().enumerate() {
                    *sum += weight * unit[at / n] * unit[at % n];
                }
            }
            parts.end()?;
            place(&mut h, &block, &inner, [a, c, k], self.problem.width as f64);
        }
        Ok(h)
    }

    fn training_residual(&mut self, work: &Work<'_>) -> Result<Vec<f64>> {
        let mask = self.mask(self.t);
        Ok(self.residual_of(&self.outputs(mask.as_deref(), work)?))
    }

    /// Multiply-adds of a forward pass.
    fn forward_work(&self) -> f64 {
        self.w.len() as f64 * self.problem.samples() as f64
    }

    /// Multiply-adds of a snapshot, about.
    fn measuring_work(&self, needs: Needs) -> f64 {
        let (n, d, k) = (
            self.problem.samples(),
            self.problem.input_dim(),
            self.problem.outputs(),
        );
        let p = self.beta.len() / k;
        let mut all = self.forward_work();
        if let (true, Some((x, _))) = (needs.held_out, &self.problem.held_out) {
            all += p as f64 * x.len() as f64;
        }
        if needs.feature_kernel {
            all += p as f64 * (n * (n + d)) as f64;
        }
        if needs.feedback_kernel {
            all += p as f64 * (n * (k * k * n + d)) as f64;
        }
        all
    }
}

impl<T: Scalar> Listening for Reference<T> {
    fn step_with_listener(&mut self, listener: Listener<'_>) -> Result<()> {
        // The two products of a unit, and the outputs of the new weights.
        let whole = 3.0 * self.forward_work();
        let step = self.t + 1;
        let stage = |share| Stage::step(step, share);
        let work = Work::new(listener.of_step(whole), whole, &stage);
        let problem = self.problem.clone();
        let (n, d, k) = (problem.samples(), problem.input_dim(), problem.outputs());
        let p = self.beta.len() / k;
        let psi = problem.activation;
        let (gain, factor) = (
            T::from_f64(problem.gain()),
            T::from_f64(problem.factor(self.t)),
        );
        let b_gain = T::from_f64(problem.feedback_gain());
        let b_factor = T::from_f64(problem.feedback_factor(self.t));
        let mask = self.mask(self.t);
        let e: Vec<T> = round(self.e.iter().copied());
        let f: Vec<T> = round(self.e.iter().zip(&self.y).map(|(e, y)| e + y));
        let power: Vec<f64> = (0..k)
            .map(|c| (0..n).map(|i| f[i * k + c].to_f64().powi(2)).sum())
            .collect();
        let parts = work.parts(2 * n * d);
        for r in 0..p {
            parts.look()?;
            let mut beta_sum = vec![T::ZERO; k];
            let mut f_sum = vec![T::ZERO; k];
            let mut dw = vec![T::ZERO; d];
            for i in 0..n {
                let x = &self.x[i * d..(i + 1) * d];
                let z = self.preactivation(r, x);
                let m = mask.as_ref().map_or(T::ONE, |m| T::from_f64(m[r * n + i]));
                let h = psi.value(z) * m;
                let mut back = T::ZERO;
                for c in 0..k {
                    beta_sum[c] += e[i * k + c] * h;
                    f_sum[c] += f[i * k + c] * h;
                    let weight = match problem.feedback {
                        Feedback::Transpose => self.beta[r * k + c],
                        _ => self.b[r * k + c],
                    };
                    back += weight * e[i * k + c];
                }
                let delta = back * psi.derivative(z) * m;
                for (dw, &x) in dw.iter_mut().zip(x) {
                    *dw += delta * x;
                }
            }
            for (w, &dw) in self.w[r * d..(r + 1) * d].iter_mut().zip(&dw) {
                *w -= gain * dw;
            }
            for c in 0..k {
                let beta = &mut self.beta[r * k + c];
                *beta = factor * *beta - gain * beta_sum[c];
                let b = &mut self.b[r * k + c];
                *b = match problem.feedback {
                    Feedback::Transpose | Feedback::Random => *b,
                    Feedback::KolenPollack => b_factor * *b - b_gain * beta_sum[c],
                    Feedback::Hebbian | Feedback::Oja => {
                        let decay = oja_term(problem.feedback, power[c], problem.root_width());
                        b_factor * *b + b_gain * (f_sum[c] - T::from_f64(decay) * *b)
                    }
                };
            }
        }
        parts.end()?;
        self.shrink *= problem.factor(self.t);
        self.t += 1;
        self.e = self.training_residual(&work)?;
        Ok(())
    }

    fn snapshot_with_listener(&mut self, needs: Needs, listener: Listener<'_>) -> Result<Snapshot> {
        let whole = self.measuring_work(needs);
        let step = self.t;
        let stage = |share| Stage::measures(step, share);
        let work = &Work::new(listener.of_step(whole), whole, &stage);
        let (d, k) = (self.problem.input_dim(), self.problem.outputs());
        let p = self.beta.len() / k;
        let (plain, decayed) = output_movements(&self.beta, &self.beta0, self.shrink, k);
        let (mut moved, mut drift) = (Movement::default(), 0.0);
        for r in 0..p {
            let (mut square, mut now, mut then) = (0.0, 0.0, 0.0);
            for j in r * d..(r + 1) * d {
                let (w, w0) = (self.w[j].to_f64(), self.w0[j].to_f64());
                square += (w - w0) * (w - w0);
                now -= 0.5 * w * w;
                then -= 0.5 * w0 * w0;
            }
            for c in r * k..(r + 1) * k {
                now += self.b[c].to_f64() * self.beta[c].to_f64();
                then += self.b0[c].to_f64() * self.beta0[c].to_f64();
            }
            moved.include(square);
            drift += (now - then) * (now - then);
        }
        let held_out_residual = match &self.problem.held_out {
            Some((x, y)) if needs.held_out => {
                let x: Vec<T> = round(x.iter().copied());
                let mut f = self.outputs_at(&x, None, work)?;
                if self.f0.is_some() {
                    let start = Self {
                        w: self.w0.clone(),
                        beta: self.beta0.clone(),
                        ..self.clone()
                    };
                    for (f, f0) in f.iter_mut().zip(start.outputs_at(&x, None, work)?) {
                        *f -= f0;
                    }
                }
                Some(f.iter().zip(y).map(|(f, y)| f - y).collect())
            }
            _ => None,
        };
        let kernel = |is_wanted: bool, make: fn(&Self, &Work<'_>) -> Result<Vec<f64>>| {
            is_wanted.then(|| make(self, work)).transpose()
        };
        Ok(Snapshot {
            residual: self.residual_of(&self.outputs(None, work)?),
            output_gram: gram(&self.beta, &self.beta, k),
            feedback_gram: gram(&self.b, &self.b, k),
            cross_gram: gram(&self.b, &self.beta, k),
            output_movement: needs.output_movement.then_some(plain),
            decayed_movement: needs.output_movement.then_some(decayed),
            hidden_movement: needs.hidden_movement.then_some(moved),
            conservation: needs.conservation.then_some(drift),
            shares: None,
            held_out_residual,
            feature_kernel: kernel(needs.feature_kernel, Self::feature_kernel)?,
            feedback_kernel: kernel(needs.feedback_kernel, Self::feedback_kernel)?,
        })
    }

    fn weights_with_listener(&mut self, _: Listener<'_>) -> Result<Option<Weights>> {
        let (d, k) = (self.problem.input_dim(), self.problem.outputs());
        let matrix = |v: &[T], columns: usize| {
            Array2::from_shape_fn((v.len() / columns, columns), |(r, j)| {
                v[r * columns + j].to_f64()
            })
        };
        Ok(Some(Weights {
            hidden: matrix(&self.w, d),
            output: matrix(&self.beta, k),
            feedback: matrix(&self.b, k),
        }))
    }
}

impl<T: Scalar> Dynamics for Reference<T> {
    fn steps_done(&self) -> u64 {
        self.t
    }

    fn residual_norm(&self) -> f64 {
        self.e.iter().map(|e| e * e).sum::<f64>().sqrt()
    }
}
