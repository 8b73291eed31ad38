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
//!
//! What happens to each sample alone runs in vectors, with one rounding per operation as
//! written; sums over samples have a fixed order. The bits are the same on every path.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::math::simd::{Element, Isa, Kernel, dispatch};

type Block = <f64 as Element>::Block;
const LANES: usize = <f64 as Element>::LANES;

/// Blocks of rows handled together, at most: accumulators for the 16 registers of AVX2, whose
/// blocks take two, and enough chains to keep AVX-512 busy.
const TALLEST: usize = 7;

/// The state of the recursion and the matrices it runs on.
#[derive(Debug, Clone)]
pub(super) struct Recursion {
    n: usize,
    k: usize,
    tiles: Vec<Tile>,
    /// Z0'beta0, Z0'b, (n, k) by columns.
    z_beta: Vec<f64>,
    z_b: Vec<f64>,
    /// b'beta0, b'b, (k, k) by rows.
    b_beta: Vec<f64>,
    b_b: Vec<f64>,
    /// U and G V, (n, k) by columns.
    u: Vec<f64>,
    gv: Vec<f64>,
    /// S and V, (n, k) by rows.
    pub(super) s: Vec<f64>,
    pub(super) v: Vec<f64>,
    /// Ga and b'beta, (k, k) by rows.
    pub(super) along_b: Vec<f64>,
    pub(super) cross: Vec<f64>,
    /// a.
    pub(super) shrink: f64,
    /// E and F, (n, k) by columns.
    e: Vec<f64>,
    f: Vec<f64>,
    /// K e, G e and padding, for one column of E.
    products: Vec<f64>,
}

/// Blocks of rows of K above G, column by column. (Stacked, so that at most one block has
/// padding: at n = 50 both then stay in the innermost cache.)
#[derive(Debug, Clone)]
struct Tile {
    first: usize,
    height: usize,
    blocks: Vec<Block>,
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
        let columns =
            |rows: &[f64]| -> Vec<f64> { (0..n * k).map(|at| rows[at % n * k + at / n]).collect() };
        let tiles = tiles(n, &parts);
        let padded: usize = tiles.iter().map(|tile| tile.height * LANES).sum();
        let mut recursion = Self {
            n,
            k,
            tiles,
            z_beta: columns(&parts.z_beta),
            z_b: columns(&parts.z_b),
            b_beta: parts.b_beta,
            b_b: parts.b_b,
            u: vec![0.0; n * k],
            gv: vec![0.0; n * k],
            s: vec![0.0; n * k],
            v: vec![0.0; n * k],
            along_b: vec![0.0; k * k],
            cross: vec![0.0; k * k],
            shrink: 1.0,
            e: vec![0.0; n * k],
            f: vec![0.0; n * k],
            products: vec![0.0; padded],
        };
        recursion.update_cross();
        recursion.update_outputs();
        recursion
    }

    /// Unscaled outputs, (n, k) by columns.
    pub(super) fn outputs(&self) -> &[f64] {
        &self.f
    }

    /// One step with residual `e` (n, k) by rows, gain c and ridge factor r.
    pub(super) fn step(&mut self, e: &[f64], gain: f64, factor: f64) {
        dispatch(Step {
            recursion: self,
            e,
            gain,
            factor,
        });
    }

    /// Ga, S, V and a.
    #[inline(always)]
    fn update_coefficients(&mut self, e: &[f64], gain: f64, factor: f64) {
        let (n, k) = (self.n, self.k);
        for (c, column) in self.e.chunks_exact_mut(n).enumerate() {
            for (to, from) in column.iter_mut().zip(e[c..].iter().step_by(k)) {
                *to = *from;
            }
        }
        for (c, u) in self.u.chunks_exact(n).enumerate() {
            for (g, e) in self.e.chunks_exact(n).enumerate() {
                let along = dot(u, e);
                let old = &mut self.along_b[c * k + g];
                *old = factor * *old + gain * along;
            }
        }
        for ((s, v), e) in self.s.iter_mut().zip(&mut self.v).zip(e) {
            *s += gain * e;
            *v = factor * *v - gain * e;
        }
        self.shrink *= factor;
        // Ridge would hold a at the smallest number above 0 for ever, and the processor is
        // slow with those; nothing that is added to a number of ordinary size can tell.
        if self.shrink.abs() < f64::MIN_POSITIVE {
            self.shrink = 0.0;
        }
    }

    /// b'beta.
    #[inline(always)]
    fn update_cross(&mut self) {
        let (n, k) = (self.n, self.k);
        for (c, z_b) in self.z_b.chunks_exact(n).enumerate() {
            for g in 0..k {
                let mut sum = self.shrink * self.b_beta[c * k + g];
                sum += if k == 1 {
                    dot(z_b, &self.v)
                } else {
                    let v = self.v[g..].iter().step_by(k);
                    z_b.iter().zip(v).map(|(z, v)| z * v).sum()
                };
                for h in 0..k {
                    sum += self.b_b[c * k + h] * self.along_b[h * k + g];
                }
                self.cross[c * k + g] = sum;
            }
        }
    }

    /// U and G V.
    #[inline(always)]
    fn update_products<S: Isa<f64>>(&mut self, isa: S, gain: f64, factor: f64) {
        let n = self.n;
        for c in 0..self.k {
            let column = c * n..(c + 1) * n;
            for tile in &self.tiles {
                tile.product(isa, &self.e[column.clone()], &mut self.products);
            }
            let (ke, ge) = self.products[..2 * n].split_at(n);
            for (u, ke) in self.u[column.clone()].iter_mut().zip(ke) {
                *u += gain * ke;
            }
            for (gv, ge) in self.gv[column].iter_mut().zip(ge) {
                *gv = factor * *gv - gain * ge;
            }
        }
    }

    /// F.
    #[inline(always)]
    fn update_outputs(&mut self) {
        let (n, k) = (self.n, self.k);
        for (c, f) in self.f.chunks_exact_mut(n).enumerate() {
            let column = c * n..(c + 1) * n;
            let start = self.z_beta[column.clone()].iter().zip(&self.gv[column]);
            for (f, (z_beta, gv)) in f.iter_mut().zip(start) {
                *f = self.shrink * z_beta + gv;
            }
            let units = self.z_b.chunks_exact(n).zip(self.u.chunks_exact(n));
            for (g, (z_b, u)) in units.enumerate() {
                let (along, cross) = (self.along_b[g * k + c], self.cross[g * k + c]);
                for ((f, z_b), u) in f.iter_mut().zip(z_b).zip(u) {
                    *f += z_b * along;
                    *f -= u * cross;
                }
            }
        }
    }
}

/// x'y: lane by lane, then the lanes by a tree of halves, then the last few. One chain of n
/// additions would take longer than all else of a step.
#[inline(always)]
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let ((xs, x_last), (ys, y_last)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in xs.iter().zip(ys) {
        for l in 0..LANES {
            lanes[l] += x[l] * y[l];
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
        width /= 2;
    }
    x_last
        .iter()
        .zip(y_last)
        .fold(lanes[0], |sum, (x, y)| sum + x * y)
}

/// K above G cut into tiles of balanced height.
fn tiles(n: usize, parts: &Parts) -> Vec<Tile> {
    let blocks = (2 * n).div_ceil(LANES);
    let count = blocks.div_ceil(TALLEST);
    let row = |i: usize| {
        if i < n {
            &parts.kernel[i * n..(i + 1) * n]
        } else {
            &parts.feature[(i - n) * n..(i - n + 1) * n]
        }
    };
    let mut tiles = Vec::with_capacity(count);
    let mut first = 0;
    for tile in 0..count {
        let height = (blocks - first).div_ceil(count - tile);
        let mut entries = Vec::with_capacity(n * height);
        for j in 0..n {
            for block in first..first + height {
                let mut values = <f64 as Element>::ZERO_BLOCK;
                let rows = block * LANES..(2 * n).min((block + 1) * LANES);
                for (lane, i) in f64::lanes_mut(&mut values).iter_mut().zip(rows) {
                    *lane = row(i)[j];
                }
                entries.push(values);
            }
        }
        tiles.push(Tile {
            first,
            height,
            blocks: entries,
        });
        first += height;
    }
    tiles
}

struct Step<'a> {
    recursion: &'a mut Recursion,
    e: &'a [f64],
    gain: f64,
    factor: f64,
}

impl Kernel<f64> for Step<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let Self {
            recursion,
            e,
            gain,
            factor,
        } = self;
        recursion.update_coefficients(e, gain, factor);
        recursion.update_cross();
        recursion.update_products(isa, gain, factor);
        recursion.update_outputs();
    }
}

impl Tile {
    /// This tile's rows of [K; G] e.
    #[inline(always)]
    fn product<S: Isa<f64>>(&self, isa: S, e: &[f64], out: &mut [f64]) {
        let out = &mut out[self.first * LANES..(self.first + self.height) * LANES];
        match self.height {
            1 => columns::<S, 1>(isa, &self.blocks, e, out),
            2 => columns::<S, 2>(isa, &self.blocks, e, out),
            3 => columns::<S, 3>(isa, &self.blocks, e, out),
            4 => columns::<S, 4>(isa, &self.blocks, e, out),
            5 => columns::<S, 5>(isa, &self.blocks, e, out),
            6 => columns::<S, 6>(isa, &self.blocks, e, out),
            7 => columns::<S, 7>(isa, &self.blocks, e, out),
            _ => unreachable!("tiles are at most 7 blocks"),
        }
    }
}

#[inline(always)]
fn columns<S: Isa<f64>, const R: usize>(isa: S, blocks: &[Block], e: &[f64], out: &mut [f64]) {
    let mut sums = [isa.splat(0.0); R];
    for (column, &e) in blocks.as_chunks::<R>().0.iter().zip(e) {
        let e = isa.splat(e);
        for r in 0..R {
            sums[r] = isa.fma(e, isa.load(&column[r]), sums[r]);
        }
    }
    for (out, sum) in out.chunks_exact_mut(LANES).zip(sums) {
        let mut block = <f64 as Element>::ZERO_BLOCK;
        isa.store(sum, &mut block);
        out.copy_from_slice(f64::lanes(&block));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ridge_leaves_no_number_that_the_processor_is_slow_with() {
        let one = || vec![1.0];
        let mut recursion = Recursion::new(
            1,
            1,
            Parts {
                kernel: one(),
                feature: one(),
                z_beta: one(),
                z_b: one(),
                b_beta: one(),
                b_b: one(),
            },
        );
        // 0.5^1023 is the first power below the normal numbers.
        for _ in 0..1022 {
            recursion.step(&[0.1], 0.1, 0.5);
        }
        assert!(recursion.shrink.is_normal());
        recursion.step(&[0.1], 0.1, 0.5);
        assert_eq!(recursion.shrink.to_bits(), 0.0_f64.to_bits());
    }
}
