//! The exponential of many numbers side by side, with the bits of `libm`.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Coefficients, Element, Isa, Kernel, dispatch};

/// Least argument: below it the result is no normal number, or zero.
const LOWEST: f64 = -708.0;

/// exp(x) of numbers x <= 0: the same bits as one by one through the pure-Rust `libm`.
///
/// # Panics
/// If the lengths differ.
pub fn exponentials(x: &[f64], out: &mut [f64]) {
    assert_eq!(x.len(), out.len(), "a result for each number");
    dispatch(Exponentials { x, out: &mut *out });
    for (&x, out) in x.iter().zip(out) {
        // NaN is not above it either.
        if !matches!(x.partial_cmp(&LOWEST), Some(std::cmp::Ordering::Greater)) {
            *out = libm::exp(x);
        }
    }
}

struct Exponentials<'a> {
    x: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel<f64> for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let lanes = <f64 as Element>::LANES;
        for (x, out) in self.x.chunks(lanes).zip(self.out.chunks_mut(lanes)) {
            isa.store_to(exponential(isa, isa.load_from(x)), out);
        }
    }
}

/// exp of `LOWEST` < x <= 0: the operations of `libm` (FreeBSD's `e_exp.c`) in their order, none of
/// them fused, with both sides of its branches made. x = -k ln 2 + r, and exp(r) by a rational
/// function.
#[inline(always)]
fn exponential<S: Isa<f64>>(isa: S, x: S::V) -> S::V {
    const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
    /// Coefficients from the highest power down.
    const P: [f64; 5] = [
        f64::from_bits(0x3e66_3769_72be_a4d0),
        f64::from_bits(0xbebb_bd41_c5d2_6bf1),
        f64::from_bits(0x3f11_566a_af25_de2c),
        f64::from_bits(0xbf66_c16c_16be_bd93),
        f64::from_bits(0x3fc5_5555_5555_553e),
    ];
    /// Magnitudes below are not reduced: `libm` looks at the higher half of a number's bits.
    const REDUCED: f64 = f64::from_bits(0x3fd6_2e43_0000_0000);
    /// Magnitudes below have 1 + x.
    const TINY: f64 = f64::from_bits(0x3e30_0001_0000_0000);

    let of = |number| isa.splat(number);
    let (one, round) = (of(1.0), of(f64::ROUND));
    let magnitude = isa.abs(x);
    // k is the next whole number downward.
    let quotient = isa.add(isa.mul(of(std::f64::consts::LOG2_E), magnitude), of(0.5));
    let nearest = isa.sub(isa.add(quotient, round), round);
    let below = isa.sub(nearest, one);
    let k = isa.select_nonpositive(isa.sub(nearest, quotient), nearest, below);
    let k = isa.select_nonpositive(isa.sub(of(REDUCED), magnitude), k, of(0.0));

    let high = isa.add(x, isa.mul(k, of(LN2_HIGH)));
    let low = isa.mul(k, of(LN2_LOW));
    let r = isa.add(high, low);
    let square = isa.mul(r, r);
    let mut sum = of(P[0]);
    for p in &P[1..] {
        sum = isa.add(of(*p), isa.mul(square, sum));
    }
    let c = isa.sub(r, isa.mul(square, sum));
    let ratio = isa.div(isa.mul(r, c), isa.sub(of(2.0), c));
    let of_r = isa.add(one, isa.add(isa.add(ratio, low), high));
    let scaled = isa.mul(of_r, isa.power_of_two(isa.sub(round, k)));
    isa.select_nonpositive(isa.sub(of(TINY), magnitude), scaled, isa.add(one, x))
}
