//! The outputs of one chunk of hidden units: psi(Z) and its sums with beta, panel by panel.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::marker::PhantomData;

use super::kernel::{
    Chunk, Scratch, Tile, VECTORS, activity, load_tile, part, part_mut, store_tile,
};
use crate::Activation;
use crate::simd::activation::{LaneActivation, with_activation};
use crate::simd::{Element, Isa, Kernel, Vectors, dispatch, sum_by_halves};

/// A panel's psi(Z), kept where wanted, and its share of the outputs.
#[inline(always)]
pub(super) fn epilogue<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    z: &[Tile<T>],
    a: &mut [Tile<T>],
    mask: &[Tile<T>],
    beta: &[Tile<T>],
    sums: &mut [T::Block],
) {
    if let ([beta], []) = (beta, mask)
        && A::STORED
    {
        return store_and_sum::<T, A, S>(isa, z, a, beta, sums);
    }
    let k = beta.len();
    if A::STORED {
        store_activities::<T, A, S>(isa, z, a);
    }
    for i in 0..z.len() {
        let mut h = activity::<T, A, S>(isa, i, z, a);
        if !mask.is_empty() {
            let m = load_tile(isa, &mask[i]);
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

/// a = psi(z), and the sums of one output, which are made while other activations wait for their
/// divisions and chains.
#[inline(always)]
fn store_and_sum<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    z: &[Tile<T>],
    a: &mut [Tile<T>],
    beta: &Tile<T>,
    sums: &mut [T::Block],
) {
    let beta = load_tile(isa, beta);
    if A::HALVES {
        // The second half of one sample next to the first half of the next.
        let Some(first) = z.first() else { return };
        let mut this = load_tile(isa, first);
        let mut begun = A::begin(Vectors(isa), this);
        let (last_a, a) = a.split_last_mut().expect("as many as z");
        let (last_sum, sums) = sums.split_last_mut().expect("as many as z");
        for ((next, a), sum) in z[1..].iter().zip(a).zip(sums) {
            let next = load_tile(isa, next);
            let begun_next = A::begin(Vectors(isa), next);
            let h = A::finish(Vectors(isa), this, begun);
            store_one::<T, S>(isa, h, a, beta, sum);
            (this, begun) = (next, begun_next);
        }
        let h = A::finish(Vectors(isa), this, begun);
        store_one::<T, S>(isa, h, last_a, beta, last_sum);
        return;
    }
    let (pairs, last) = z.as_chunks::<2>();
    let (pairs_out, last_out) = a.as_chunks_mut::<2>();
    let (pairs_of_sums, last_sum) = sums.as_chunks_mut::<2>();
    for ((z, a), sums) in pairs.iter().zip(pairs_out).zip(pairs_of_sums) {
        let [x, y] = pair::<T, A, S>(isa, z);
        store_one::<T, S>(isa, x, &mut a[0], beta, &mut sums[0]);
        store_one::<T, S>(isa, y, &mut a[1], beta, &mut sums[1]);
    }
    for ((z, a), sum) in last.iter().zip(last_out).zip(last_sum) {
        let h = A::value(Vectors(isa), load_tile(isa, z));
        store_one::<T, S>(isa, h, a, beta, sum);
    }
}

/// One sample's a, and its part of the output.
#[inline(always)]
fn store_one<T: Element, S: Isa<T>>(
    isa: S,
    h: [S::V; VECTORS],
    a: &mut Tile<T>,
    beta: [S::V; VECTORS],
    sum: &mut T::Block,
) {
    store_tile(isa, h, a);
    let mut total = isa.load(sum);
    for v in 0..VECTORS {
        total = isa.fma(beta[v], h[v], total);
    }
    isa.store(total, sum);
}

/// a = psi(z).
#[inline(always)]
fn store_activities<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    z: &[Tile<T>],
    a: &mut [Tile<T>],
) {
    let (pairs, last) = z.as_chunks::<2>();
    let (pairs_out, last_out) = a.as_chunks_mut::<2>();
    for (z, a) in pairs.iter().zip(pairs_out) {
        let [x, y] = pair::<T, A, S>(isa, z);
        store_tile(isa, x, &mut a[0]);
        store_tile(isa, y, &mut a[1]);
    }
    for (z, a) in last.iter().zip(last_out) {
        let h = A::value(Vectors(isa), load_tile(isa, z));
        store_tile(isa, h, a);
    }
}

/// psi(z) of two samples at once: the chains of so many vectors fill each other's waits.
#[inline(always)]
fn pair<T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    z: &[Tile<T>; 2],
) -> [[S::V; VECTORS]; 2] {
    let (x, y) = (load_tile(isa, &z[0]), load_tile(isa, &z[1]));
    let h = A::value(Vectors(isa), [x[0], x[1], x[2], y[0], y[1], y[2]]);
    [[h[0], h[1], h[2]], [h[3], h[4], h[5]]]
}

#[inline(always)]
pub(super) fn clear<T: Element, S: Isa<T>>(isa: S, sums: &mut [T::Block]) {
    for sum in sums {
        isa.store(isa.splat(T::ZERO), sum);
    }
}

/// The chunk's outputs from their lanes.
#[inline(always)]
pub(super) fn write_partial<T: Element>(sums: &[T::Block], partial: &mut [f64]) {
    for (partial, sum) in partial.iter_mut().zip(sums) {
        *partial = lane_sum::<T>(sum);
    }
}

/// Computes psi(Z) (and keeps it where wanted) and this chunk's share of the outputs.
#[derive(Debug)]
pub struct Forward<'a, T: Element> {
    /// The units.
    pub chunk: &'a mut Chunk<T>,
    /// Scratch of this thread.
    pub scratch: &'a mut Scratch<T>,
    /// n.
    pub samples: usize,
    /// k.
    pub outputs: usize,
    /// Leave dropout out, for what is recorded.
    pub clean: bool,
}

impl<T: Element> Forward<'_, T> {
    /// The outputs of units with this activation.
    pub fn run(self, activation: Activation) {
        T::forward_panels(activation, self);
    }
}

pub(crate) fn forward<T: Element>(activation: Activation, pass: Forward<'_, T>) {
    with_activation!(activation, A => dispatch(Forwarding::<T, A>(pass, PhantomData)));
}

struct Forwarding<'a, T: Element, A>(Forward<'a, T>, PhantomData<A>);

impl<T: Element, A: LaneActivation<T>> Kernel<T> for Forwarding<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Forward {
            chunk,
            scratch,
            samples: n,
            outputs: k,
            clean,
        } = self.0;
        let sums = &mut scratch.sums[..n * k];
        clear(isa, sums);
        let mask = if clean { &[] } else { chunk.mask.as_slice() };
        for (p, z) in chunk.z.chunks_exact(n).enumerate() {
            let samples = p * n..(p + 1) * n;
            let a = part_mut(&mut chunk.a, samples.clone());
            let beta = &chunk.beta[p * k..(p + 1) * k];
            epilogue::<T, A, S>(isa, z, a, part(mask, samples), beta, sums);
        }
        write_partial::<T>(sums, &mut chunk.partial);
    }
}

/// The lanes' sum in f64, by one fixed tree: of halves, which vectors do at once.
#[inline(always)]
fn lane_sum<T: Element>(block: &T::Block) -> f64 {
    let mut lanes = [0.0; 16];
    for (sum, &lane) in lanes.iter_mut().zip(T::lanes(block)) {
        *sum = lane.to_f64();
    }
    sum_by_halves(&mut lanes[..T::LANES])
}
