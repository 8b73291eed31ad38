//! A step of feedback alignment in weight space: two matrix products by the `gemm` crate and
//! two vectorised passes over the activities, on one thread.
//!
//! Hidden units lie together in memory, so the passes have units in the lanes and the products
//! need no transposition. Letters: W (p x d), X (n x d), Z = W X' (p x n), D the teaching
//! signals (p x n).

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the processor's instruction set"
)]

use falign::internal::math::simd::{Element, Isa, Kernel, dispatch, tanh};
use falign::math::{Activation, Scalar};
use falign::two_layer::{Problem, Start};

use super::product::{Block, LANES, Right, product};

const ZERO: Block = <f32 as Element>::ZERO_BLOCK;

/// Blocks of units that a pass keeps in registers.
const GROUP: usize = 4;

/// A two-layer network in weight space, one output, f32.
#[derive(Clone)]
pub(crate) struct GemmStep {
    parts: Vec<Part>,
    x: Vec<f32>,
    y: Vec<f64>,
    input_dim: usize,
    activation: Activation,
    gain: f32,
    scale: f64,
    residual: Vec<f64>,
}

/// A range of hidden units: their weights are updated and used again while they are cached.
#[derive(Clone)]
struct Part {
    units: usize,
    /// W, input by input.
    w: Vec<Block>,
    /// Z, sample by sample; D in the second half of a step.
    z: Vec<Block>,
    /// psi(Z), where it costs more than a load.
    a: Vec<Block>,
    beta: Vec<Block>,
    b: Vec<Block>,
    /// beta' psi(Z), lanes not yet added.
    f: Vec<Block>,
}

impl GemmStep {
    /// Starts a run with hidden units in parts of `part`.
    ///
    /// # Panics
    /// If the parts are not of equal size in whole groups of blocks, or there are several
    /// outputs, or the activation is neither relu nor tanh.
    pub(crate) fn new(problem: &Problem, start: &Start, part: usize) -> Self {
        let p = usize::try_from(problem.width).expect("a width that fits in memory");
        let (n, d) = (problem.samples(), problem.input_dim());
        assert!(p.is_multiple_of(part) && part.is_multiple_of(GROUP * LANES));
        assert_eq!(problem.outputs(), 1);
        assert!(matches!(
            problem.activation,
            Activation::Relu | Activation::Tanh
        ));
        let root_width = (p as f64).sqrt();
        let (beta, b) = start.output_and_feedback(p, 1);
        let parts = (0..p)
            .step_by(part)
            .map(|first| Part {
                units: part,
                w: in_lanes(&start.hidden_rows(first, part, d), d),
                z: vec![ZERO; n * part / LANES],
                a: vec![ZERO; n * part / LANES],
                beta: in_lanes(&beta[first..first + part], 1),
                b: in_lanes(&b[first..first + part], 1),
                f: vec![ZERO; n],
            })
            .collect();
        let mut step = Self {
            parts,
            x: problem.inputs.iter().map(|&x| f32::from_f64(x)).collect(),
            y: problem.targets.iter().copied().collect(),
            input_dim: d,
            activation: problem.activation,
            gain: f32::from_f64(problem.step_size / (problem.output_scale * root_width)),
            scale: problem.output_scale / root_width,
            residual: vec![0.0; n],
        };
        for part in &mut step.parts {
            part.forward(&step.x, d, step.activation);
        }
        step.sum_outputs();
        step
    }

    /// e.
    pub(crate) fn residual(&self) -> &[f64] {
        &self.residual
    }

    /// Advances from step t to t + 1.
    pub(crate) fn step(&mut self) {
        let e: Vec<f32> = self.residual.iter().map(|&e| f32::from_f64(e)).collect();
        for part in &mut self.parts {
            part.backward(&self.x, &e, self.input_dim, self.gain, self.activation);
            part.forward(&self.x, self.input_dim, self.activation);
        }
        self.sum_outputs();
    }

    fn sum_outputs(&mut self) {
        for (i, (e, y)) in self.residual.iter_mut().zip(&self.y).enumerate() {
            let lanes = self.parts.iter().flat_map(|part| f32::lanes(&part.f[i]));
            *e = self.scale * lanes.map(|&f| f64::from(f)).sum::<f64>() - y;
        }
    }
}

impl Part {
    /// Z = W X', psi(Z) and the outputs.
    fn forward(&mut self, x: &[f32], input_dim: usize, activation: Activation) {
        let right = Right {
            entries: x,
            columns: input_dim,
            transposed: true,
        };
        product(&mut self.z, 0.0, &self.w, right, self.units, 1.0);
        if activation == Activation::Tanh {
            dispatch(Forward::<true>(self));
        } else {
            dispatch(Forward::<false>(self));
        }
    }

    /// beta, D and W -= gain D X.
    fn backward(
        &mut self,
        x: &[f32],
        e: &[f32],
        input_dim: usize,
        gain: f32,
        activation: Activation,
    ) {
        if activation == Activation::Tanh {
            dispatch(Backward::<true>(self, e, gain));
        } else {
            dispatch(Backward::<false>(self, e, gain));
        }
        let right = Right {
            entries: x,
            columns: input_dim,
            transposed: false,
        };
        product(&mut self.w, 1.0, &self.z, right, self.units, -gain);
    }
}

/// psi(Z) (kept for tanh only) and the sums of beta psi(Z) over units, lane by lane.
struct Forward<'a, const TANH: bool>(&'a mut Part);

impl<const TANH: bool> Kernel<f32> for Forward<'_, TANH> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f32>>(self, isa: S) {
        let part = self.0;
        let blocks = part.units / LANES;
        for (i, f) in part.f.iter_mut().enumerate() {
            let z = &part.z[i * blocks..(i + 1) * blocks];
            let a = &mut part.a[i * blocks..(i + 1) * blocks];
            let mut sums = [isa.splat(0.0); GROUP];
            for first in (0..blocks).step_by(GROUP) {
                for (g, sum) in sums.iter_mut().enumerate() {
                    let z = isa.load(&z[first + g]);
                    let h = if TANH {
                        tanh::<f32, S>(isa, z)
                    } else {
                        isa.select_nonpositive(z, isa.splat(0.0), z)
                    };
                    if TANH {
                        isa.store(h, &mut a[first + g]);
                    }
                    *sum = isa.fma(isa.load(&part.beta[first + g]), h, *sum);
                }
            }
            let mut sum = sums[0];
            for &other in &sums[1..] {
                sum = isa.add(sum, other);
            }
            isa.store(sum, f);
        }
    }
}

/// beta -= gain psi(Z) e, and D = b e' psi'(Z) in the place of Z.
struct Backward<'a, const TANH: bool>(&'a mut Part, &'a [f32], f32);

impl<const TANH: bool> Kernel<f32> for Backward<'_, TANH> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f32>>(self, isa: S) {
        let Self(part, e, gain) = self;
        let blocks = part.units / LANES;
        let gain = isa.splat(gain);
        for first in (0..blocks).step_by(GROUP) {
            let mut sums = [isa.splat(0.0); GROUP];
            for (i, &e) in e.iter().enumerate() {
                let e = isa.splat(e);
                for (g, sum) in sums.iter_mut().enumerate() {
                    let at = i * blocks + first + g;
                    let signal = isa.mul(isa.load(&part.b[first + g]), e);
                    let (h, d);
                    if TANH {
                        h = isa.load(&part.a[at]);
                        d = isa.fnma(isa.mul(h, signal), h, signal);
                    } else {
                        let z = isa.load(&part.z[at]);
                        h = isa.select_nonpositive(z, isa.splat(0.0), z);
                        d = isa.select_nonpositive(z, isa.splat(0.0), signal);
                    }
                    *sum = isa.fma(e, h, *sum);
                    isa.store(d, &mut part.z[at]);
                }
            }
            for (g, &sum) in sums.iter().enumerate() {
                let beta = &mut part.beta[first + g];
                isa.store(isa.fnma(gain, sum, isa.load(beta)), beta);
            }
        }
    }
}

/// Row-major (units, columns) to one column of units after the other.
fn in_lanes(values: &[f64], columns: usize) -> Vec<Block> {
    let blocks = values.len() / columns / LANES;
    let mut out = vec![ZERO; blocks * columns];
    for (unit, row) in values.chunks(columns).enumerate() {
        for (j, &value) in row.iter().enumerate() {
            let block = &mut out[j * blocks + unit / LANES];
            f32::lanes_mut(block)[unit % LANES] = f32::from_f64(value);
        }
    }
    out
}
