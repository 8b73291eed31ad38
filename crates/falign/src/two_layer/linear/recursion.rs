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
//! written; sums over samples have a fixed order. The bits are the same on every path. A step
//! is one kernel, from residual to residual, for most of it is shorter than a call.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::padded::{Block, LANES, Padded, dot};
use crate::math::simd::{Element, Isa, Kernel, Path, current_path, dispatch};

/// Blocks of rows handled together, at most, which changes no bit: accumulators for the 32
/// registers of AVX-512, and for the 16 of AVX2, whose blocks take two. Enough of them keep the
/// processor from waiting for each sum.
fn tallest() -> usize {
    match current_path() {
        Path::Avx512 => 14,
        Path::Avx2 | Path::Neon | Path::Portable => 7,
    }
}

/// The state of the recursion and the matrices it runs on.
#[derive(Debug, Clone)]
pub(super) struct Recursion {
    n: usize,
    k: usize,
    /// s.
    scale: f64,
    tiles: Vec<Tile>,
    /// Y, and the outputs of the start where they are subtracted.
    targets: Padded,
    offset: Option<Padded>,
    /// Z0'beta0, Z0'b.
    z_beta: Padded,
    z_b: Padded,
    /// b'beta0, b'b, (k, k) by rows.
    b_beta: Vec<f64>,
    b_b: Vec<f64>,
    /// U and G V.
    u: Padded,
    gv: Padded,
    s: Padded,
    v: Padded,
    /// Ga and b'beta, (k, k) by rows.
    pub(super) along_b: Vec<f64>,
    pub(super) cross: Vec<f64>,
    /// a.
    pub(super) shrink: f64,
    /// E.
    e: Padded,
    /// |E|.
    norm: f64,
    /// K e, G e and padding, for one column of E.
    products: Vec<f64>,
}

/// Blocks of rows of K and G, column by column: whole blocks of K, of G, then what is left of K and
/// of G together, so that at most one block has padding. (At n = 50 both then stay in the innermost
/// cache.)
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
    /// At the start, with `targets` (n, k) by rows and output scale s.
    pub(super) fn new(n: usize, k: usize, parts: Parts, targets: &[f64], scale: f64) -> Self {
        let tiles = tiles(n, &parts);
        let padded: usize = tiles.iter().map(|tile| tile.height * LANES).sum();
        let zeros = || Padded::zeros(n, k);
        let mut recursion = Self {
            n,
            k,
            scale,
            tiles,
            targets: Padded::from_rows(targets, k),
            offset: None,
            z_beta: Padded::from_rows(&parts.z_beta, k),
            z_b: Padded::from_rows(&parts.z_b, k),
            b_beta: parts.b_beta,
            b_b: parts.b_b,
            u: zeros(),
            gv: zeros(),
            s: zeros(),
            v: zeros(),
            along_b: vec![0.0; k * k],
            cross: vec![0.0; k * k],
            shrink: 1.0,
            e: zeros(),
            norm: 0.0,
            products: vec![0.0; padded],
        };
        dispatch(Forward(&mut recursion));
        recursion
    }

    /// From now on these outputs, (n, k) by rows, are subtracted.
    pub(super) fn subtract(&mut self, outputs: &[f64]) {
        self.offset = Some(Padded::from_rows(outputs, self.k));
        dispatch(Forward(self));
    }

    /// E, (n, k) by rows.
    pub(super) fn residual(&self) -> Vec<f64> {
        self.e.to_rows()
    }

    /// |E|.
    pub(super) fn norm(&self) -> f64 {
        self.norm
    }

    /// S, (n, k) by rows.
    pub(super) fn s(&self) -> Vec<f64> {
        self.s.to_rows()
    }

    /// V, (n, k) by rows.
    pub(super) fn v(&self) -> Vec<f64> {
        self.v.to_rows()
    }

    /// One step with gain c and ridge factor r.
    pub(super) fn step(&mut self, gain: f64, factor: f64) {
        dispatch(Step {
            recursion: self,
            gain,
            factor,
        });
    }

    /// Ga, S, V and a.
    #[inline(always)]
    fn update_coefficients<S: Isa<f64>>(&mut self, isa: S, gain: f64, factor: f64) {
        let k = self.k;
        for c in 0..k {
            for g in 0..k {
                let along = dot(isa, self.u.column(c), self.e.column(g));
                let old = &mut self.along_b[c * k + g];
                *old = factor * *old + gain * along;
            }
        }
        let [gains, factors] = [gain, factor].map(|x| isa.splat(x));
        let (s, v) = (self.s.blocks_mut(), self.v.blocks_mut());
        for ((s, v), e) in s.iter_mut().zip(v).zip(self.e.blocks()) {
            let moved = isa.mul(gains, isa.load(e));
            isa.store(isa.add(isa.load(s), moved), s);
            isa.store(isa.sub(isa.mul(factors, isa.load(v)), moved), v);
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
    fn update_cross<S: Isa<f64>>(&mut self, isa: S) {
        let k = self.k;
        for c in 0..k {
            for g in 0..k {
                let mut sum = self.shrink * self.b_beta[c * k + g];
                sum += dot(isa, self.z_b.column(c), self.v.column(g));
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
        let [gains, factors] = [gain, factor].map(|x| isa.splat(x));
        for c in 0..self.k {
            let e = self.e.column(c);
            for tile in &self.tiles {
                tile.product(isa, e, &mut self.products);
            }
            let whole = self.n / LANES * LANES;
            let (ke, rest) = self.products.split_at(whole);
            let (ge, rest) = rest.split_at(whole);
            let (last_ke, last_ge) = rest[..2 * (self.n - whole)].split_at(self.n - whole);
            let ke = ke.chunks_exact(LANES).chain([last_ke]);
            let ge = ge.chunks_exact(LANES).chain([last_ge]);
            let (u, gv) = (self.u.column_mut(c), self.gv.column_mut(c));
            for ((u, gv), (ke, ge)) in u.iter_mut().zip(gv).zip(ke.zip(ge)) {
                let (ke, ge) = (isa.load_from(ke), isa.load_from(ge));
                isa.store(isa.add(isa.load(u), isa.mul(gains, ke)), u);
                let shrunk = isa.mul(factors, isa.load(gv));
                isa.store(isa.sub(shrunk, isa.mul(gains, ge)), gv);
            }
        }
    }

    /// F and E.
    #[inline(always)]
    fn update_outputs<S: Isa<f64>>(&mut self, isa: S) {
        let k = self.k;
        let (shrink, scale) = (isa.splat(self.shrink), isa.splat(self.scale));
        for c in 0..k {
            let start = self.z_beta.column(c).iter().zip(self.gv.column(c));
            let ends = self.e.column_mut(c).iter_mut().zip(self.targets.column(c));
            for (at, ((z_beta, gv), (e, y))) in start.zip(ends).enumerate() {
                let mut f = isa.add(isa.mul(shrink, isa.load(z_beta)), isa.load(gv));
                for g in 0..k {
                    let along = isa.splat(self.along_b[g * k + c]);
                    let cross = isa.splat(self.cross[g * k + c]);
                    let z_b = isa.load(&self.z_b.column(g)[at]);
                    let u = isa.load(&self.u.column(g)[at]);
                    f = isa.sub(isa.add(f, isa.mul(z_b, along)), isa.mul(u, cross));
                }
                isa.store(isa.sub(isa.mul(f, scale), isa.load(y)), e);
            }
        }
        if let Some(offset) = &self.offset {
            for (e, f0) in self.e.blocks_mut().iter_mut().zip(offset.blocks()) {
                isa.store(isa.sub(isa.load(e), isa.load(f0)), e);
            }
        }
        let mut square = 0.0;
        for c in 0..k {
            square += dot(isa, self.e.column(c), self.e.column(c));
        }
        self.norm = square.sqrt();
    }
}

/// K above G cut into tiles of balanced height.
fn tiles(n: usize, parts: &Parts) -> Vec<Tile> {
    let blocks = (2 * n).div_ceil(LANES);
    let count = blocks.div_ceil(tallest());
    let whole = n - n % LANES;
    let row = |place: usize| {
        let (matrix, i) = match place {
            _ if place < whole => (&parts.kernel, place),
            _ if place < 2 * whole => (&parts.feature, place - whole),
            _ if place < n + whole => (&parts.kernel, place - whole),
            _ => (&parts.feature, place - n),
        };
        &matrix[i * n..(i + 1) * n]
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
    gain: f64,
    factor: f64,
}

impl Kernel<f64> for Step<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let Self {
            recursion,
            gain,
            factor,
        } = self;
        recursion.update_coefficients(isa, gain, factor);
        recursion.update_cross(isa);
        recursion.update_products(isa, gain, factor);
        recursion.update_outputs(isa);
    }
}

/// What a state gives, without a step.
struct Forward<'a>(&'a mut Recursion);

impl Kernel<f64> for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        self.0.update_cross(isa);
        self.0.update_outputs(isa);
    }
}

impl Tile {
    /// This tile's rows of [K; G] e.
    #[inline(always)]
    fn product<S: Isa<f64>>(&self, isa: S, e: &[Block], out: &mut [f64]) {
        let (height, blocks) = (self.height, &self.blocks);
        let out = &mut out[self.first * LANES..(self.first + height) * LANES];
        macro_rules! by_height {
            ($($rows:literal)*) => {
                match height {
                    $($rows => columns::<S, $rows>(isa, blocks, e, out),)*
                    _ => unreachable!("no tile is taller"),
                }
            };
        }
        by_height!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }
}

#[inline(always)]
fn columns<S: Isa<f64>, const R: usize>(isa: S, blocks: &[Block], e: &[Block], out: &mut [f64]) {
    let mut sums = [isa.splat(0.0); R];
    for (columns, e) in blocks.as_chunks::<R>().0.chunks(LANES).zip(e) {
        for (column, &e) in columns.iter().zip(f64::lanes(e)) {
            let e = isa.splat(e);
            for r in 0..R {
                sums[r] = isa.fma(e, isa.load(&column[r]), sums[r]);
            }
        }
    }
    let (out, _) = out.as_chunks_mut::<LANES>();
    for r in 0..R {
        isa.store_to(sums[r], &mut out[r]);
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
            &[1.0],
            1.0,
        );
        // 0.5^1023 is the first power below the normal numbers.
        for _ in 0..1022 {
            recursion.step(0.1, 0.5);
        }
        assert!(recursion.shrink.is_normal());
        recursion.step(0.1, 0.5);
        assert_eq!(recursion.shrink.to_bits(), 0.0_f64.to_bits());
    }
}
