//! Uses of a panel's old psi(Z): the update of its output weights (and of feedback weights
//! that learn), and its teaching signals.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::kernel::{Tile, VECTORS, activity, load_tile, store_tile};
use crate::numbers::{Learning, Numbers};
use crate::simd::activation::LaneActivation;
use crate::simd::{Element, Isa, Lanes, Vectors};

/// A panel's sums of e psi(z), whose update of beta it makes, and its teaching signals, which it
/// returns: in the place of psi(z) where nothing else will ask for that, else in `delta`.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the operands of one panel")]
pub(super) fn teach<'p, T: Element, A: LaneActivation<T>, S: Isa<T>>(
    isa: S,
    numbers: &Numbers<T>,
    z: &[Tile<T>],
    a: &'p mut [Tile<T>],
    mask: &[Tile<T>],
    beta: &mut [Tile<T>],
    back: &mut [Tile<T>],
    weights: &mut [Tile<T>],
    delta: &'p mut [Tile<T>],
) -> &'p [Tile<T>] {
    let k = numbers.outputs;
    let in_place = A::STORED && k == 1 && !numbers.feedback_learns();
    let through_beta = numbers.through_output_weights;
    let gain = isa.splat(numbers.gain);
    let minus_gain = isa.splat(-numbers.gain);
    for c in 0..k {
        let weight = load_tile(isa, if through_beta { &beta[c] } else { &back[c] });
        let weight = Vectors(isa).mul(weight, [minus_gain; VECTORS]);
        store_tile(isa, weight, &mut weights[c]);
        let e = &numbers.residual[c * numbers.samples..][..numbers.samples];
        // What an output must do is known to the compiler, so that the loop has no branches.
        let sum = match (c == 0, c + 1 == k) {
            (true, true) if in_place => {
                one_output::<T, A, S, true, true, true>(isa, weight, e, z, a, mask, delta)
            }
            (true, true) => {
                one_output::<T, A, S, true, true, false>(isa, weight, e, z, a, mask, delta)
            }
            (true, false) => {
                one_output::<T, A, S, true, false, false>(isa, weight, e, z, a, mask, delta)
            }
            (false, true) => {
                one_output::<T, A, S, false, true, false>(isa, weight, e, z, a, mask, delta)
            }
            (false, false) => {
                one_output::<T, A, S, false, false, false>(isa, weight, e, z, a, mask, delta)
            }
        };
        if numbers.feedback_learns() {
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
    if in_place { a } else { delta }
}

/// The sum of e psi(z) of one output, whose share of the teaching signals is set (`FIRST`) or
/// added; the `LAST` output multiplies them by psi'.
#[inline(always)]
fn one_output<
    T: Element,
    A: LaneActivation<T>,
    S: Isa<T>,
    const FIRST: bool,
    const LAST: bool,
    const IN_PLACE: bool,
>(
    isa: S,
    weight: [S::V; VECTORS],
    residual: &[T],
    z: &[Tile<T>],
    a: &mut [Tile<T>],
    mask: &[Tile<T>],
    delta: &mut [Tile<T>],
) -> [S::V; VECTORS] {
    let mut sum = [isa.splat(T::ZERO); VECTORS];
    // All of one length, which the compiler need not look up each time.
    let n = residual.len();
    let (z, delta) = (&z[..n], &mut delta[..n]);
    let a = if A::STORED { &mut a[..n] } else { a };
    for (i, &e) in residual.iter().enumerate() {
        let e = isa.splat(e);
        let mut h = activity::<T, A, S>(isa, i, z, a);
        let pre = load_tile(isa, &z[i]);
        let d = if IN_PLACE { &mut a[i] } else { &mut delta[i] };
        let before = load_tile(isa, d);
        let mut signal = weight;
        for v in 0..VECTORS {
            signal[v] = if FIRST {
                isa.mul(weight[v], e)
            } else {
                isa.fma(weight[v], e, before[v])
            };
            if LAST {
                signal[v] = A::scaled_derivative(isa, pre[v], h[v], signal[v]);
            }
        }
        if !mask.is_empty() {
            let m = load_tile(isa, &mask[i]);
            for v in 0..VECTORS {
                h[v] = isa.mul(h[v], m[v]);
                if LAST {
                    signal[v] = isa.mul(signal[v], m[v]);
                }
            }
        }
        for v in 0..VECTORS {
            sum[v] = isa.fma(e, h[v], sum[v]);
        }
        store_tile(isa, signal, d);
    }
    sum
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
    if numbers.learning == Learning::Residual {
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
