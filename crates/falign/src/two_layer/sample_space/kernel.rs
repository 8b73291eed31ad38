//! The fused step of one chunk of hidden units: one pass over Z.
//!
//! Per panel of units (in the lanes): a prologue reads psi(Z), accumulates the update of
//! beta and writes the teaching signals D; a register-tiled product adds D K to Z; an
//! epilogue accumulates the new outputs. Nothing is allocated and no lane is wasted but the
//! padding of the last panel.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::marker::PhantomData;

use super::packed::{Packed, PackedTile};
use crate::math::simd::activation::LaneActivation;
use crate::math::simd::{Element, Isa, Kernel};
use crate::rule::Feedback;

/// Virtual vectors in a panel.
pub(super) const VECTORS: usize = 3;

/// One sample's values of a panel of units.
pub(super) type Tile<T> = [<T as Element>::Block; VECTORS];

/// A fixed range of hidden units, whatever the number of threads.
#[derive(Debug, Clone)]
pub(super) struct Chunk<T: Element> {
    pub(super) first_unit: usize,
    pub(super) units: usize,
    /// Preactivations, panel by panel, sample by sample.
    pub(super) z: Vec<Tile<T>>,
    /// psi(z) where it is kept, else empty.
    pub(super) a: Vec<Tile<T>>,
    /// beta, panel by panel, output by output.
    pub(super) beta: Vec<Tile<T>>,
    /// b, likewise.
    pub(super) feedback: Vec<Tile<T>>,
    /// C with W(t) = W(0) + C X, laid out as z; empty unless wanted.
    pub(super) coefficients: Vec<Tile<T>>,
    /// Dropout factors of the current step, laid out as z; empty without dropout.
    pub(super) mask: Vec<Tile<T>>,
    /// This chunk's share of the outputs, (samples, outputs), unscaled.
    pub(super) partial: Vec<f64>,
}

/// Scratch of one thread.
#[derive(Debug, Clone)]
pub(super) struct Scratch<T: Element> {
    delta: Vec<Tile<T>>,
    sums: Vec<T::Block>,
}

impl<T: Element> Scratch<T> {
    pub(super) fn new(samples: usize, outputs: usize) -> Self {
        Self {
            delta: vec![[T::ZERO_BLOCK; VECTORS]; samples],
            sums: vec![T::ZERO_BLOCK; samples * outputs],
        }
    }
}

/// The numbers of one step that all chunks share.
#[derive(Debug, Clone)]
pub(super) struct Numbers<T> {
    pub(super) samples: usize,
    pub(super) outputs: usize,
    pub(super) feedback: Feedback,
    /// e, (samples, outputs).
    pub(super) residual: Vec<T>,
    /// f, (samples, outputs); only where the feedback learns from it.
    pub(super) activity: Vec<T>,
    pub(super) gain: T,
    pub(super) factor: T,
    pub(super) feedback_gain: T,
    pub(super) feedback_factor: T,
    /// Oja's decay per output, else zeros.
    pub(super) oja: Vec<T>,
}

/// Updates one chunk's weights from step t to t + 1.
pub(super) struct Update<'a, T: Element, A> {
    pub(super) chunk: &'a mut Chunk<T>,
    pub(super) scratch: &'a mut Scratch<T>,
    pub(super) kernel: &'a Packed<T>,
    pub(super) numbers: &'a Numbers<T>,
    pub(super) activation: PhantomData<A>,
}

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Update<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Self {
            chunk,
            scratch,
            kernel,
            numbers,
            ..
        } = self;
        let (n, k) = (numbers.samples, numbers.outputs);
        let delta = &mut scratch.delta[..n];
        for (p, z) in chunk.z.chunks_exact_mut(n).enumerate() {
            let a = if A::STORED {
                &chunk.a[p * n..(p + 1) * n]
            } else {
                &[]
            };
            let mask = if chunk.mask.is_empty() {
                &[]
            } else {
                &chunk.mask[p * n..(p + 1) * n]
            };
            let beta = &mut chunk.beta[p * k..(p + 1) * k];
            let back = &mut chunk.feedback[p * k..(p + 1) * k];
            prologue::<T, A, S>(isa, numbers, z, a, mask, beta, back, delta);
            for tile in &kernel.tiles {
                add_product(isa, tile, delta, z);
            }
            if !chunk.coefficients.is_empty() {
                let coefficients = &mut chunk.coefficients[p * n..(p + 1) * n];
                for (c, d) in coefficients.iter_mut().zip(delta.iter()) {
                    for v in 0..VECTORS {
                        let sum = isa.add(isa.load(&c[v]), isa.load(&d[v]));
                        isa.store(sum, &mut c[v]);
                    }
                }
            }
        }
        clear_padding(chunk, k);
    }
}

#[inline(always)]
fn load_tile<T: Element, S: Isa<T>>(isa: S, tile: &Tile<T>) -> [S::V; VECTORS] {
    [isa.load(&tile[0]), isa.load(&tile[1]), isa.load(&tile[2])]
}

#[inline(always)]
fn store_tile<T: Element, S: Isa<T>>(isa: S, values: [S::V; VECTORS], tile: &mut Tile<T>) {
    for v in 0..VECTORS {
        isa.store(values[v], &mut tile[v]);
    }
}

/// psi of a tile. (A closure given to `map` would not be compiled for the instruction set.)
#[inline(always)]
fn values<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    z: [S::V; VECTORS],
) -> [S::V; VECTORS] {
    let mut a = z;
    for v in 0..VECTORS {
        a[v] = A::value(isa, z[v]);
    }
    a
}

/// psi(z) of sample i.
#[inline(always)]
fn activity<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    i: usize,
    z: &[Tile<T>],
    a: &[Tile<T>],
) -> [S::V; VECTORS] {
    if A::STORED {
        load_tile(isa, &a[i])
    } else {
        values::<T, A, S>(isa, load_tile(isa, &z[i]))
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the operands of one panel")]
fn prologue<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    numbers: &Numbers<T>,
    z: &[Tile<T>],
    a: &[Tile<T>],
    mask: &[Tile<T>],
    beta: &mut [Tile<T>],
    back: &mut [Tile<T>],
    delta: &mut [Tile<T>],
) {
    let (n, k) = (numbers.samples, numbers.outputs);
    let through_beta = numbers.feedback == Feedback::Transpose;
    let gain = isa.splat(numbers.gain);
    let minus_gain = isa.splat(-numbers.gain);
    for c in 0..k {
        let weight = load_tile(isa, if through_beta { &beta[c] } else { &back[c] });
        let mut sum = [isa.splat(T::ZERO); VECTORS];
        for (i, d) in delta.iter_mut().enumerate().take(n) {
            let e = isa.splat(numbers.residual[i * k + c]);
            let mut h = activity::<T, A, S>(isa, i, z, a);
            let pre = load_tile(isa, &z[i]);
            let mut signal = weight;
            for v in 0..VECTORS {
                signal[v] = isa.mul(weight[v], e);
            }
            if c > 0 {
                let before = load_tile(isa, d);
                for v in 0..VECTORS {
                    signal[v] = isa.fma(weight[v], e, before[v]);
                }
            }
            if c + 1 == k {
                for v in 0..VECTORS {
                    let scaled = isa.mul(signal[v], minus_gain);
                    signal[v] = A::scaled_derivative(isa, pre[v], h[v], scaled);
                }
            }
            if !mask.is_empty() {
                let m = load_tile(isa, &mask[i]);
                for v in 0..VECTORS {
                    h[v] = isa.mul(h[v], m[v]);
                    if c + 1 == k {
                        signal[v] = isa.mul(signal[v], m[v]);
                    }
                }
            }
            for v in 0..VECTORS {
                sum[v] = isa.fma(e, h[v], sum[v]);
            }
            store_tile(isa, signal, d);
        }
        if numbers.feedback.is_learned() {
            let learned = learn::<T, A, S>(isa, numbers, c, z, a, mask, &back[c], sum);
            store_tile(isa, learned, &mut back[c]);
        }
        // beta is read by other outputs' signals only through its own output: safe to change.
        let factor = isa.splat(numbers.factor);
        let old = load_tile(isa, &beta[c]);
        let mut new = old;
        for v in 0..VECTORS {
            new[v] = isa.fnma(gain, sum[v], isa.mul(factor, old[v]));
        }
        store_tile(isa, new, &mut beta[c]);
    }
}

/// The feedback weights of output c after a learning step.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the operands of one panel")]
fn learn<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    numbers: &Numbers<T>,
    c: usize,
    z: &[Tile<T>],
    a: &[Tile<T>],
    mask: &[Tile<T>],
    back: &Tile<T>,
    residual_sum: [S::V; VECTORS],
) -> [S::V; VECTORS] {
    let old = load_tile(isa, back);
    let factor = isa.splat(numbers.feedback_factor);
    let gain = isa.splat(numbers.feedback_gain);
    let mut new = old;
    if numbers.feedback == Feedback::KolenPollack {
        for v in 0..VECTORS {
            new[v] = isa.fnma(gain, residual_sum[v], isa.mul(factor, old[v]));
        }
        return new;
    }
    let mut sum = [isa.splat(T::ZERO); VECTORS];
    for i in 0..numbers.samples {
        let f = isa.splat(numbers.activity[i * numbers.outputs + c]);
        let mut h = activity::<T, A, S>(isa, i, z, a);
        if !mask.is_empty() {
            let m = load_tile(isa, &mask[i]);
            for v in 0..VECTORS {
                h[v] = isa.mul(h[v], m[v]);
            }
        }
        for v in 0..VECTORS {
            sum[v] = isa.fma(f, h[v], sum[v]);
        }
    }
    let oja = isa.splat(numbers.oja[c]);
    for v in 0..VECTORS {
        let net = isa.fnma(oja, old[v], sum[v]);
        new[v] = isa.fma(gain, net, isa.mul(factor, old[v]));
    }
    new
}

/// Z += D K for the rows of one tile.
#[inline(always)]
fn add_product<T: Element, S: Isa<T>>(
    isa: S,
    tile: &PackedTile<T>,
    delta: &[Tile<T>],
    z: &mut [Tile<T>],
) {
    let rows = &mut z[tile.first..tile.first + tile.height];
    match tile.height {
        1 => register_tile::<T, S, 1>(isa, &tile.entries, delta, rows),
        2 => register_tile::<T, S, 2>(isa, &tile.entries, delta, rows),
        3 => register_tile::<T, S, 3>(isa, &tile.entries, delta, rows),
        4 => register_tile::<T, S, 4>(isa, &tile.entries, delta, rows),
        5 => register_tile::<T, S, 5>(isa, &tile.entries, delta, rows),
        6 => register_tile::<T, S, 6>(isa, &tile.entries, delta, rows),
        7 => register_tile::<T, S, 7>(isa, &tile.entries, delta, rows),
        8 => register_tile::<T, S, 8>(isa, &tile.entries, delta, rows),
        _ => unreachable!("tiles are at most 8 rows"),
    }
}

#[inline(always)]
fn register_tile<T: Element, S: Isa<T>, const R: usize>(
    isa: S,
    entries: &[T],
    delta: &[Tile<T>],
    rows: &mut [Tile<T>],
) {
    let mut sums = [[isa.splat(T::ZERO); VECTORS]; R];
    for (column, d) in entries.as_chunks::<R>().0.iter().zip(delta) {
        let d = load_tile(isa, d);
        for r in 0..R {
            let entry = isa.splat(column[r]);
            for v in 0..VECTORS {
                sums[r][v] = isa.fma(entry, d[v], sums[r][v]);
            }
        }
    }
    for (row, sum) in rows.iter_mut().zip(sums) {
        for v in 0..VECTORS {
            let moved = isa.add(isa.load(&row[v]), sum[v]);
            isa.store(moved, &mut row[v]);
        }
    }
}

/// Units beyond the width stay at zero weight, also where psi(0) is not zero.
#[inline(always)]
fn clear_padding<T: Element>(chunk: &mut Chunk<T>, k: usize) {
    let panel = VECTORS * T::LANES;
    let held = chunk.units % panel;
    if held == 0 {
        return;
    }
    let last = chunk.beta.len() - k;
    for weights in [&mut chunk.beta[last..], &mut chunk.feedback[last..]] {
        for tile in weights {
            for unit in held..panel {
                T::lanes_mut(&mut tile[unit / T::LANES])[unit % T::LANES] = T::ZERO;
            }
        }
    }
}

/// Computes psi(Z) (and keeps it where wanted) and this chunk's share of the outputs.
pub(super) struct Forward<'a, T: Element, A> {
    pub(super) chunk: &'a mut Chunk<T>,
    pub(super) scratch: &'a mut Scratch<T>,
    pub(super) samples: usize,
    pub(super) outputs: usize,
    /// Leave dropout out, for what is recorded.
    pub(super) clean: bool,
    pub(super) activation: PhantomData<A>,
}

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Forward<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Self {
            chunk,
            scratch,
            samples: n,
            outputs: k,
            clean,
            ..
        } = self;
        let sums = &mut scratch.sums[..n * k];
        for sum in sums.iter_mut() {
            isa.store(isa.splat(T::ZERO), sum);
        }
        for (p, z) in chunk.z.chunks_exact(n).enumerate() {
            let beta = &chunk.beta[p * k..(p + 1) * k];
            for (i, z) in z.iter().enumerate() {
                let mut h = values::<T, A, S>(isa, load_tile(isa, z));
                if A::STORED {
                    store_tile(isa, h, &mut chunk.a[p * n + i]);
                }
                if !clean && !chunk.mask.is_empty() {
                    let m = load_tile(isa, &chunk.mask[p * n + i]);
                    for v in 0..VECTORS {
                        h[v] = isa.mul(h[v], m[v]);
                    }
                }
                for (c, beta) in beta.iter().enumerate() {
                    let beta = load_tile(isa, beta);
                    let mut sum = isa.load(&sums[i * k + c]);
                    for v in 0..VECTORS {
                        sum = isa.fma(beta[v], h[v], sum);
                    }
                    isa.store(sum, &mut sums[i * k + c]);
                }
            }
        }
        for (partial, sum) in chunk.partial.iter_mut().zip(sums.iter()) {
            *partial = lane_sum::<T>(sum);
        }
    }
}

/// The lanes' sum in f64, by one fixed tree.
fn lane_sum<T: Element>(block: &T::Block) -> f64 {
    let mut lanes = [0.0; 16];
    for (sum, &lane) in lanes.iter_mut().zip(T::lanes(block)) {
        *sum = lane.to_f64();
    }
    let mut width = T::LANES;
    while width > 1 {
        for l in 0..width / 2 {
            lanes[l] = lanes[2 * l] + lanes[2 * l + 1];
        }
        width /= 2;
    }
    lanes[0]
}
