//! tanh, sigmoid, softplus, erf, Phi, exp(-x^2) and their like on virtual vectors, all from one exponential.
//!
//! exp(-u) = s (1 - q) with s a power of two and q = -expm1(-r), u = r - k ln 2, |r| <= ln(2)/2.
//! Only fused multiply-adds, at most one division, and a shift into the exponent: the same bits
//! on every path. NaN passes through all of them.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::{Element, Lanes};

/// factor P(scale x), for P's coefficients, lowest power first. (`factor` and powers of `scale`
/// are constants and powers of two: they cost nothing and round nothing.)
#[inline(always)]
#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a small power"
)]
fn polynomial<T: Element, S: Lanes<T>>(
    isa: S,
    coefficients: &[T],
    [factor, scale]: [f64; 2],
    x: S::V,
) -> S::V {
    let mut power = coefficients.len() - 1;
    let last = factor * scale.powi(power as i32);
    let mut sum = isa.splat(coefficients[power] * T::from_f64(last));
    while power > 0 {
        power -= 1;
        let this = factor * scale.powi(power as i32);
        sum = isa.fma(sum, x, isa.splat(coefficients[power] * T::from_f64(this)));
    }
    sum
}

/// a / x for x in [1/2, 1].
#[inline(always)]
fn quotient<T: Element, S: Lanes<T>>(isa: S, a: S::V, x: S::V) -> S::V {
    if T::RECIPROCAL.is_empty() {
        return isa.div(a, x);
    }
    // Eight divisions in double precision keep their unit busy for sixteen cycles: longer than
    // these nine operations take. From an error of 2e-3 to its cube, and to its square with the
    // quotient's own error made good.
    let one = isa.splat(T::ONE);
    let start = polynomial(isa, T::RECIPROCAL, [1.0, 1.0], x);
    let error = isa.fnma(x, start, one);
    let reciprocal = isa.fma(isa.fma(error, error, error), start, start);
    let near = isa.mul(a, reciprocal);
    isa.fma(isa.fnma(near, x, a), reciprocal, near)
}

/// (s, q) with exp(-u) = s (1 - q), for 0 <= u <= `T::EXP_LIMIT`.
#[inline(always)]
fn exp_of_negative<T: Element, S: Lanes<T>>(isa: S, u: S::V) -> (S::V, S::V) {
    let round = isa.splat(T::ROUND);
    let shifted = isa.fnma(u, isa.splat(T::LOG2_E), round);
    let k = isa.sub(shifted, round);
    let r = isa.fma(k, isa.splat(T::LN_2[0]), u);
    let r = isa.fma(k, isa.splat(T::LN_2[1]), r);
    let rest = polynomial(isa, T::EXPM1, [1.0, -1.0], r);
    let q = isa.fnma(isa.mul(r, r), rest, r);
    (isa.power_of_two(shifted), q)
}

/// Declares functions of vectors. They are inlined, but for vectors that are arrays: whose operations are calls
/// anyway, and one function serves all kernels there.
macro_rules! functions {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident<T, S>($isa:ident: S, $($x:ident: $t:ty),+) -> $out:ty $body:block)+) => {$(
        $(#[$doc])*
        #[inline(always)]
        $vis fn $name<T: Element, S: Lanes<T>>($isa: S, $($x: $t),+) -> $out {
            #[inline(always)]
            fn inlined<T: Element, S: Lanes<T>>($isa: S, $($x: $t),+) -> $out $body

            #[inline(never)]
            fn called<T: Element, S: Lanes<T>>(isa: S, $($x: $t),+) -> $out {
                inlined::<T, S>(isa, $($x),+)
            }

            if const { S::ARE_ARRAYS } {
                called::<T, S>($isa, $($x),+)
            } else {
                inlined::<T, S>($isa, $($x),+)
            }
        }
    )+};
}

functions! {
    /// tanh(x): odd, exact at 0 and beyond saturation.
    pub fn tanh<T, S>(isa: S, x: S::V) -> S::V {
        let exponential = exp_for_tanh::<T, S>(isa, x);
        tanh_from(isa, x, exponential)
    }

    /// Part of an exponential that [`tanh_from`] needs: exp(-2|x|) = s (1 - 2q), as the number whose power of two is
    /// s, and q.
    pub(crate) fn exp_for_tanh<T, S>(isa: S, x: S::V) -> [S::V; 2] {
        let two = T::ONE + T::ONE;
        let u = isa.min_passing(isa.splat(T::TANH_LIMIT), isa.abs(x));
        // With u = r - k ln(2)/2: nothing need be doubled. What the constant lacks is multiplied by
        // k 2^k, k <= 0, so that one part of it is enough here.
        let round = isa.splat(T::ROUND);
        let shifted = isa.fnma(u, isa.splat(two * T::LOG2_E), round);
        let k = isa.sub(shifted, round);
        let r = isa.fma(k, isa.splat(T::HALF_LN_2), u);
        let rest = polynomial(isa, T::EXPM1, [2.0, -2.0], r);
        [shifted, isa.fnma(isa.mul(r, r), rest, r)]
    }

    /// tanh(x), with what [`exp_for_tanh`] gave.
    pub(crate) fn tanh_from<T, S>(isa: S, x: S::V, exp: [S::V; 2]) -> S::V {
        let [shifted, q] = exp;
        let half = isa.splat(T::ONE / (T::ONE + T::ONE));
        let s = isa.power_of_two(shifted);
        // g = (1 - exp(-2u))/2, tanh = g/(1 - g)
        let g = isa.fma(s, q, isa.fnma(s, half, half));
        let value = quotient(isa, g, isa.sub(isa.splat(T::ONE), g));
        isa.with_sign(value, x)
    }

    /// exp(-|x|), down to the smallest normal number.
    pub(crate) fn exp_of_minus_magnitude<T, S>(isa: S, x: S::V) -> S::V {
        let u = isa.min_passing(isa.splat(T::EXP_LIMIT), isa.abs(x));
        let (s, q) = exp_of_negative::<T, S>(isa, u);
        isa.fnma(s, q, s)
    }

    /// 1/(1 + exp(-x)), relatively accurate at both ends.
    pub fn sigmoid<T, S>(isa: S, x: S::V) -> S::V {
        let exp = exp_of_minus_magnitude::<T, S>(isa, x);
        sigmoid_from(isa, x, exp)
    }

    /// 1/(1 + exp(-x)) from exp(-|x|).
    pub(crate) fn sigmoid_from<T, S>(isa: S, x: S::V, exp: S::V) -> S::V {
        // Halves, which bring the denominator to where a quotient is taken.
        let half = isa.splat(T::ONE / (T::ONE + T::ONE));
        let half_exp = isa.mul(exp, half);
        let numerator = isa.select_nonpositive(x, half_exp, half);
        quotient(isa, numerator, isa.add(half, half_exp))
    }

    /// log(1 + exp(x)), relatively accurate at both ends.
    pub fn softplus<T, S>(isa: S, x: S::V) -> S::V {
        let exp = exp_of_minus_magnitude::<T, S>(isa, x);
        // log(1 + E) = 2 atanh(E/(2 + E))
        let w = isa.div(exp, isa.add(isa.splat(T::ONE + T::ONE), exp));
        let sum = polynomial(isa, T::TWICE_ATANH, [1.0, 1.0], isa.mul(w, w));
        isa.fma(w, sum, isa.max_passing(isa.splat(T::ZERO), x))
    }

    /// erf(x): odd, exact at 0 and beyond saturation.
    pub fn erf<T, S>(isa: S, x: S::V) -> S::V {
        let one = isa.splat(T::ONE);
        let u = isa.min_passing(isa.splat(T::ERF_LIMIT), isa.abs(x));
        let centre = isa.mul(u, polynomial(isa, T::ERF_CENTRE, [1.0, 1.0], isa.mul(u, u)));
        // 1 - exp(-p), with p = -log erfc(u).
        let (s, q) = exp_of_negative::<T, S>(isa, polynomial(isa, T::ERF_TAIL, [1.0, 1.0], u));
        let tail = isa.fma(s, q, isa.sub(one, s));
        let value = isa.select_nonpositive(isa.sub(u, one), centre, tail);
        isa.with_sign(value, x)
    }

    /// exp(x) - 1 for x <= 0, relatively accurate at 0; of positive x that of -x.
    pub fn expm1_of_minus_magnitude<T, S>(isa: S, x: S::V) -> S::V {
        let u = isa.min_passing(isa.splat(T::EXP_LIMIT), isa.abs(x));
        let (s, q) = exp_of_negative::<T, S>(isa, u);
        isa.fnma(s, q, isa.sub(s, isa.splat(T::ONE)))
    }

    /// The normal law Phi(x), as accurate as erf.
    pub fn normal_law<T, S>(isa: S, x: S::V) -> S::V {
        let half = isa.splat(T::ONE / (T::ONE + T::ONE));
        let root = isa.splat(T::from_f64(std::f64::consts::FRAC_1_SQRT_2));
        isa.fma(half, erf::<T, S>(isa, isa.mul(root, x)), half)
    }

    /// exp(-x^2), down to the smallest normal number.
    pub fn exp_of_minus_square<T, S>(isa: S, x: S::V) -> S::V {
        // A little within the limit, for the square rounds.
        let limit = T::from_f64(T::EXP_LIMIT.to_f64().sqrt() * 0.999);
        let x = isa.min_passing(isa.splat(limit), isa.abs(x));
        let square = isa.mul(x, x);
        let (s, q) = exp_of_negative::<T, S>(isa, square);
        let value = isa.fnma(s, q, s);
        // What the rounded square has too much would be multiplied by the square itself.
        isa.fma(value, isa.fnma(x, x, square), value)
    }
}
