//! tanh and sigmoid on virtual vectors, from one exponential.
//!
//! exp(-u) = s (1 + q) with s a power of two and q = expm1(r) by its Taylor series on
//! |r| <= ln(2)/2. Only fused multiply-adds, one division and integer work on exponents: the
//! same bits on every path.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::{Element, Isa};

/// (s, q) with exp(-u) = s (1 + q), for 0 <= u <= `T::EXP_LIMIT`.
#[inline(always)]
fn exp_of_negative<T: Element, S: Isa<T>>(isa: S, u: S::V) -> (S::V, S::V) {
    let round = isa.splat(T::ROUND);
    let shifted = isa.fnma(u, isa.splat(T::LOG2_E), round);
    let k = isa.sub(shifted, round);
    // r = -u - k ln 2
    let r = isa.sub(isa.splat(T::ZERO), u);
    let r = isa.fnma(k, isa.splat(T::LN_2[0]), r);
    let r = isa.fnma(k, isa.splat(T::LN_2[1]), r);
    let mut polynomial = isa.splat(T::EXPM1[T::EXPM1.len() - 1]);
    let mut term = T::EXPM1.len() - 1;
    while term > 0 {
        term -= 1;
        polynomial = isa.fma(polynomial, r, isa.splat(T::EXPM1[term]));
    }
    let q = isa.fma(isa.mul(r, r), polynomial, r);
    (isa.power_of_two(shifted), q)
}

/// tanh(x): odd, exact at 0 and beyond saturation; NaN passes through.
#[inline(always)]
pub fn tanh<T: Element, S: Isa<T>>(isa: S, x: S::V) -> S::V {
    let magnitude = isa.abs(x);
    let u = isa.min_passing(isa.splat(T::TANH_LIMIT), isa.add(magnitude, magnitude));
    let (s, q) = exp_of_negative::<T, S>(isa, u);
    // t = expm1(-2|x|)
    let t = isa.fma(s, q, isa.sub(s, isa.splat(T::ONE)));
    let two = isa.splat(T::ONE + T::ONE);
    let value = isa.div(isa.sub(isa.splat(T::ZERO), t), isa.add(two, t));
    isa.with_sign(value, x)
}

/// 1/(1 + exp(-x)), relatively accurate at both ends; NaN passes through.
#[inline(always)]
pub(crate) fn sigmoid<T: Element, S: Isa<T>>(isa: S, x: S::V) -> S::V {
    let u = isa.min_passing(isa.splat(T::EXP_LIMIT), isa.abs(x));
    let (s, q) = exp_of_negative::<T, S>(isa, u);
    let exp = isa.fma(s, q, s);
    let one = isa.splat(T::ONE);
    let numerator = isa.select_nonpositive(x, exp, one);
    isa.div(numerator, isa.add(one, exp))
}

/// exp(-x^2); NaN passes through.
#[inline(always)]
pub(crate) fn exp_of_minus_square<T: Element, S: Isa<T>>(isa: S, x: S::V) -> S::V {
    let u = isa.min_passing(isa.splat(T::EXP_LIMIT), isa.mul(x, x));
    let (s, q) = exp_of_negative::<T, S>(isa, u);
    isa.fma(s, q, s)
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "exponents are small")]
mod tests {
    use super::super::{Element, Isa, Kernel, Path, dispatch, force_path};
    use super::*;

    struct Map<'a, T: Element> {
        values: &'a mut [T::Block],
        function: fn(f64) -> f64,
        is_tanh: bool,
        worst_ulp: &'a mut f64,
    }

    impl<T: Element> Kernel<T> for Map<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa<T>>(self, isa: S) {
            for block in self.values {
                let before = *block;
                let x = isa.load(block);
                let v = if self.is_tanh {
                    tanh::<T, S>(isa, x)
                } else {
                    sigmoid::<T, S>(isa, x)
                };
                isa.store(v, block);
                for (&x, &v) in T::lanes(&before).iter().zip(T::lanes(block)) {
                    let exact = (self.function)(x.to_f64());
                    let epsilon = f64::powi(2.0, -(T::MANTISSA_BITS.cast_signed()));
                    let ulp = epsilon * f64::powi(2.0, exact.abs().log2().floor() as i32);
                    let error = (v.to_f64() - exact).abs() / ulp;
                    if error > *self.worst_ulp {
                        *self.worst_ulp = error;
                    }
                }
            }
        }
    }

    fn worst<T: Element>(is_tanh: bool, function: fn(f64) -> f64) -> f64 {
        let mut worst = 0.0;
        let mut x = 1e-6;
        while x < 80.0 {
            let mut block = T::ZERO_BLOCK;
            for (l, lane) in T::lanes_mut(&mut block).iter_mut().enumerate() {
                let sign = if l % 2 == 0 { 1.0 } else { -1.0 };
                *lane = T::from_f64(sign * x * (1.0 + l as f64 * 1e-3));
            }
            let mut values = [block];
            dispatch(Map::<T> {
                values: &mut values,
                function,
                is_tanh,
                worst_ulp: &mut worst,
            });
            x *= 1.01;
        }
        worst
    }

    /// Measured 3.0 (f64) and 2.6 (f32) ulp; the reference itself is within 1.
    const ULP: f64 = 5.0;

    #[test]
    fn vector_functions_are_accurate_on_every_path() {
        for path in [Path::Portable, Path::Avx2, Path::Avx512] {
            force_path(Some(path));
            for is_tanh in [true, false] {
                let exact = if is_tanh {
                    libm::tanh
                } else {
                    |x: f64| 1.0 / (1.0 + libm::exp(-x))
                };
                let (double, single) = (worst::<f64>(is_tanh, exact), worst::<f32>(is_tanh, exact));
                assert!(
                    double < ULP && single < ULP,
                    "{path:?} {is_tanh} {double} {single}"
                );
            }
        }
        force_path(None);
    }
}
