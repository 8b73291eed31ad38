//! Linear feedback alignment as a recursion on n x k matrices: exact, whatever the width.
//!
//! With psi the identity every hidden unit receives the same errors, so
//! Z(t) = Z(0) - b U' and beta(t) = a beta(0) + Z(0) V + b Ga with U = K S, and
//!
//! ```text
//! S' = S + c E        V' = r V - c E        Ga' = r Ga + c U'E        a' = r a
//! F  = s [a Z0'beta0 + G V + Z0'b Ga - U (b'beta)],   b'beta = a b'beta0 + (Z0'b)'V + b'b Ga
//! ```
//!
//! with r the ridge factor, c the gain, s the output scale and G = Z0'Z0. Only the Gram
//! matrix of [Z0 | beta0 | b] enters.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::math::simd::{Element, Isa, Kernel, dispatch};

type Block = <f64 as Element>::Block;

/// Blocks of a column handled together: accumulators for both K and G.
const GROUP: usize = 7;

/// The state of the recursion and the matrices it runs on.
#[derive(Debug, Clone)]
pub(super) struct Recursion {
    n: usize,
    k: usize,
    blocks: usize,
    /// K and G, interleaved by group of blocks: for each group, for each column j, K's blocks
    /// then G's.
    matrices: Vec<Block>,
    /// Z0'beta0, Z0'b, (n, k).
    z_beta: Vec<f64>,
    z_b: Vec<f64>,
    /// b'beta0, b'b, (k, k).
    b_beta: Vec<f64>,
    b_b: Vec<f64>,
    pub(super) u: Vec<f64>,
    pub(super) s: Vec<f64>,
    pub(super) v: Vec<f64>,
    gv: Vec<f64>,
    pub(super) along_b: Vec<f64>,
    pub(super) shrink: f64,
    ke: Vec<f64>,
    ge: Vec<f64>,
    column: Vec<f64>,
}

/// The parts of the Gram matrix that the recursion needs, row-major.
pub(super) struct Parts {
    pub(super) kernel: Vec<f64>,
    pub(super) feature: Vec<f64>,
    pub(super) z_beta: Vec<f64>,
    pub(super) z_b: Vec<f64>,
    pub(super) b_beta: Vec<f64>,
    pub(super) b_b: Vec<f64>,
}

impl Recursion {
    pub(super) fn new(n: usize, k: usize, parts: Parts) -> Self {
        let lanes = <f64 as Element>::LANES;
        let blocks = n.div_ceil(lanes);
        let mut matrices = Vec::new();
        for first in (0..blocks).step_by(GROUP) {
            for j in 0..n {
                for matrix in [&parts.kernel, &parts.feature] {
                    for block in first..first + GROUP {
                        let mut values = <f64 as Element>::ZERO_BLOCK;
                        for (l, lane) in f64::lanes_mut(&mut values).iter_mut().enumerate() {
                            let i = block * lanes + l;
                            if i < n {
                                *lane = matrix[i * n + j];
                            }
                        }
                        matrices.push(values);
                    }
                }
            }
        }
        let padded = blocks.div_ceil(GROUP) * GROUP * lanes;
        Self {
            n,
            k,
            blocks,
            matrices,
            z_beta: parts.z_beta,
            z_b: parts.z_b,
            b_beta: parts.b_beta,
            b_b: parts.b_b,
            u: vec![0.0; n * k],
            s: vec![0.0; n * k],
            v: vec![0.0; n * k],
            gv: vec![0.0; n * k],
            along_b: vec![0.0; k * k],
            shrink: 1.0,
            ke: vec![0.0; padded],
            ge: vec![0.0; padded],
            column: vec![0.0; n],
        }
    }

    /// b'beta, (k, k).
    pub(super) fn cross(&self) -> Vec<f64> {
        let k = self.k;
        let mut cross = vec![0.0; k * k];
        for c in 0..k {
            for g in 0..k {
                let mut sum = self.shrink * self.b_beta[c * k + g];
                for i in 0..self.n {
                    sum += self.z_b[i * k + c] * self.v[i * k + g];
                }
                for h in 0..k {
                    sum += self.b_b[c * k + h] * self.along_b[h * k + g];
                }
                cross[c * k + g] = sum;
            }
        }
        cross
    }

    /// Unscaled outputs, (n, k).
    pub(super) fn outputs(&self, out: &mut [f64]) {
        let k = self.k;
        let cross = self.cross();
        for i in 0..self.n {
            for c in 0..k {
                let mut f = self.shrink * self.z_beta[i * k + c] + self.gv[i * k + c];
                for g in 0..k {
                    f += self.z_b[i * k + g] * self.along_b[g * k + c];
                    f -= self.u[i * k + g] * cross[g * k + c];
                }
                out[i * k + c] = f;
            }
        }
    }

    /// One step with residual `e` (n, k), gain c and ridge factor r.
    pub(super) fn step(&mut self, e: &[f64], gain: f64, factor: f64) {
        let (n, k) = (self.n, self.k);
        for c in 0..k {
            for g in 0..k {
                let along: f64 = (0..n).map(|i| self.u[i * k + c] * e[i * k + g]).sum();
                let old = self.along_b[c * k + g];
                self.along_b[c * k + g] = factor * old + gain * along;
            }
        }
        for c in 0..k {
            for i in 0..n {
                self.column[i] = e[i * k + c];
            }
            dispatch(Products {
                matrices: &self.matrices,
                e: &self.column,
                groups: self.blocks.div_ceil(GROUP),
                ke: &mut self.ke,
                ge: &mut self.ge,
            });
            for i in 0..n {
                let at = i * k + c;
                self.u[at] += gain * self.ke[i];
                self.s[at] += gain * e[at];
                self.v[at] = factor * self.v[at] - gain * e[at];
                self.gv[at] = factor * self.gv[at] - gain * self.ge[i];
            }
        }
        self.shrink *= factor;
    }
}

/// K e and G e in one pass.
struct Products<'a> {
    matrices: &'a [Block],
    e: &'a [f64],
    groups: usize,
    ke: &'a mut [f64],
    ge: &'a mut [f64],
}

impl Kernel<f64> for Products<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let lanes = <f64 as Element>::LANES;
        let n = self.e.len();
        for group in 0..self.groups {
            let columns = &self.matrices[group * n * 2 * GROUP..(group + 1) * n * 2 * GROUP];
            let mut sums = [isa.splat(0.0); 2 * GROUP];
            for (column, &e) in columns.as_chunks::<{ 2 * GROUP }>().0.iter().zip(self.e) {
                let e = isa.splat(e);
                for (sum, block) in sums.iter_mut().zip(column) {
                    *sum = isa.fma(e, isa.load(block), *sum);
                }
            }
            for (b, &sum) in sums.iter().enumerate() {
                let mut block = <f64 as Element>::ZERO_BLOCK;
                isa.store(sum, &mut block);
                let out = if b < GROUP {
                    &mut *self.ke
                } else {
                    &mut *self.ge
                };
                let first = (group * GROUP + b % GROUP) * lanes;
                out[first..first + lanes].copy_from_slice(f64::lanes(&block));
            }
        }
    }
}
