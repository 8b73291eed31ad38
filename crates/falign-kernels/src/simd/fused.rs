//! The sum a b + c, rounded once.
//!
//! Where no instruction does it, `mul_add` asks the system's C library, and that of MinGW rounds twice.
//! Here it is the processor or `libm`: one number on every system.

macro_rules! fused {
    ($name:ident, $t:ty, $plain:path, $by_instruction:ident = $as_vector:ident, $fused:ident, $of_vector:ident; $what:literal) => {
        #[doc = $what]
        ///
        /// ```
        #[doc = concat!("use falign_kernels::", stringify!($name), ";")]
        /// // 0.1 is not a tenth: the error of 0.1 * 10 is there before it is rounded away.
        #[doc = concat!("assert_ne!(", stringify!($name), "(0.1, 10.0, -1.0), 0.0);")]
        /// assert_eq!(0.1 * 10.0 - 1.0, 0.0);
        /// ```
        #[inline]
        #[allow(
            clippy::disallowed_methods,
            reason = "the instruction of every processor that is compiled for"
        )]
        pub fn $name(a: $t, b: $t, c: $t) -> $t {
            #[cfg(target_arch = "x86_64")]
            {
                if std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has the instruction.
                    #[allow(unsafe_code, reason = "an instruction that was looked for")]
                    return unsafe { $by_instruction(a, b, c) };
                }
            }
            if cfg!(target_arch = "aarch64") {
                return a.mul_add(b, c);
            }
            $plain(a, b, c)
        }

        // Not `mul_add`, which without optimisation is a call, compiled for any processor.
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "fma")]
        fn $by_instruction(a: $t, b: $t, c: $t) -> $t {
            use std::arch::x86_64::{$as_vector, $fused, $of_vector};
            $of_vector($fused($as_vector(a), $as_vector(b), $as_vector(c)))
        }
    };
}

fused!(
    fused,
    f64,
    libm::fma,
    instruction_64 = _mm_set_sd, _mm_fmadd_sd, _mm_cvtsd_f64;
    "The sum a b + c, rounded once."
);
fused!(
    fused_single,
    f32,
    libm::fmaf,
    instruction_32 = _mm_set_ss, _mm_fmadd_ss, _mm_cvtss_f32;
    "The sum a b + c in single precision, rounded once."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_not_rounded_before_they_are_added_to() {
        // (1 + 2^-30)^2 = 1 + 2^-29 + 2^-60, of which rounding leaves out the last.
        let a = 1.0 + 2f64.powi(-30);
        assert!((fused(a, a, -1.0 - 2f64.powi(-29)) - 2f64.powi(-60)).abs() < 1e-40);
        // Between two numbers by less than long double can tell: x87 rounds this twice.
        let (b, half) = (1.0 + 2f64.powi(-52), 2f64.powi(-53));
        assert_eq!(
            fused(half, 1.0, b).to_bits(),
            (b + 2f64.powi(-52)).to_bits()
        );
        assert_eq!(fused(half, 1.0 - half, b).to_bits(), b.to_bits());
        let a = 1.0 + 2f32.powi(-15);
        assert!((fused_single(a, a, -1.0 - 2f32.powi(-14)) - 2f32.powi(-30)).abs() < 1e-20);
    }

    #[test]
    fn instruction_and_library_give_the_same_bits() {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Of sizes that cancel: exponents from -8 to 7.
            let exponent = 1015 + (state >> 60);
            f64::from_bits((state >> 12) | (exponent << 52) | (state << 63))
        };
        for _ in 0..20_000 {
            let (a, b, c) = (next(), next(), next());
            assert_eq!(fused(a, b, c).to_bits(), libm::fma(a, b, c).to_bits());
            let (a, b, c) = (a as f32, b as f32, c as f32);
            assert_eq!(
                fused_single(a, b, c).to_bits(),
                libm::fmaf(a, b, c).to_bits()
            );
        }
    }
}
