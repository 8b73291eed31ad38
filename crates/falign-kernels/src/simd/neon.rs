//! The path of 64-bit ARM, where every processor has NEON: four registers to a virtual vector.
//!
//! SAFETY (whole file): NEON is part of the architecture. Loads and stores go through references
//! to blocks of exactly four registers.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::arch::aarch64::{
    float32x4_t, float64x2_t, vabsq_f32, vabsq_f64, vaddq_f32, vaddq_f64, vbslq_f32, vbslq_f64,
    vcgtq_f32, vcgtq_f64, vcleq_f32, vcleq_f64, vcltq_f32, vcltq_f64, vdivq_f32, vdivq_f64,
    vdupq_n_f32, vdupq_n_f64, vdupq_n_u32, vdupq_n_u64, vfmaq_f32, vfmaq_f64, vfmsq_f32, vfmsq_f64,
    vld1q_f32, vld1q_f64, vmulq_f32, vmulq_f64, vreinterpretq_f32_u32, vreinterpretq_f64_u64,
    vreinterpretq_u32_f32, vreinterpretq_u64_f64, vshlq_n_u32, vshlq_n_u64, vst1q_f32, vst1q_f64,
    vsubq_f32, vsubq_f64,
};

use super::{Block32, Block64, Element, Isa, Kernel, Lanes, Path};

/// The token of the NEON path.
#[derive(Clone, Copy)]
pub(super) struct Neon;

/// Registers in a virtual vector.
const REGISTERS: usize = 4;

// (A closure given to `from_fn` would not be compiled for the instruction set.)
macro_rules! each {
    ($first:ident, $v:ident => $value:expr) => {{
        let mut out = $first;
        for $v in 0..REGISTERS {
            // SAFETY: see the head of the file.
            out[$v] = unsafe { $value };
        }
        out
    }};
}

macro_rules! neon {
    ($t:ty, $block:ident, $v:ty, $set1:ident, $load:ident, $store:ident, $add:ident, $sub:ident,
     $mul:ident, $div:ident, $fma:ident, $fms:ident, $lt:ident, $gt:ident, $le:ident, $select:ident,
     $abs:ident, $sign:expr, $to_int:ident, $from_int:ident, $shift:ident, $mantissa:literal) => {
        impl Lanes<$t> for Neon {
            type V = [$v; REGISTERS];
            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                // SAFETY: see the head of the file.
                [unsafe { $set1(x) }; REGISTERS]
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                each!(a, v => $add(a[v], b[v]))
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                each!(a, v => $sub(a[v], b[v]))
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                each!(a, v => $mul(a[v], b[v]))
            }
            #[inline(always)]
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                each!(a, v => $div(a[v], b[v]))
            }
            #[inline(always)]
            fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                each!(a, v => $fma(c[v], a[v], b[v]))
            }
            #[inline(always)]
            fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                each!(a, v => $fms(c[v], a[v], b[v]))
            }
            #[inline(always)]
            fn min_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                each!(u, v => $select($lt(limit[v], u[v]), limit[v], u[v]))
            }
            #[inline(always)]
            fn max_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                each!(u, v => $select($gt(limit[v], u[v]), limit[v], u[v]))
            }
            #[inline(always)]
            fn select_nonpositive(self, z: Self::V, low: Self::V, high: Self::V) -> Self::V {
                each!(z, v => $select($le(z[v], $set1(0.0)), low[v], high[v]))
            }
            #[inline(always)]
            fn abs(self, a: Self::V) -> Self::V {
                each!(a, v => $abs(a[v]))
            }
            #[inline(always)]
            fn with_sign(self, a: Self::V, b: Self::V) -> Self::V {
                each!(a, v => $select($sign, b[v], a[v]))
            }
            #[inline(always)]
            fn map(self, a: Self::V, of: impl Fn($t) -> $t) -> Self::V {
                let mut block = <$t as Element>::ZERO_BLOCK;
                <Self as Isa<$t>>::store(self, a, &mut block);
                block.0.iter_mut().for_each(|lane| *lane = of(*lane));
                <Self as Isa<$t>>::load(self, &block)
            }
            #[inline(always)]
            fn power_of_two(self, rounded: Self::V) -> Self::V {
                each!(rounded, v => $from_int($shift::<$mantissa>($to_int(rounded[v]))))
            }
        }

        impl Isa<$t> for Neon {
            const PATH: Path = Path::Neon;
            #[inline(never)]
            fn apart<K: Kernel<$t>>(self, kernel: K) -> K::Output {
                kernel.run(self)
            }
            #[inline(always)]
            fn load(self, block: &$block) -> Self::V {
                let mut out = <Self as Lanes<$t>>::splat(self, 0.0);
                for (out, lanes) in out.iter_mut().zip(block.0.chunks_exact(16 / size_of::<$t>())) {
                    // SAFETY: as many lanes as a register has.
                    *out = unsafe { $load(lanes.as_ptr()) };
                }
                out
            }
            #[inline(always)]
            fn store(self, v: Self::V, block: &mut $block) {
                for (v, lanes) in v.iter().zip(block.0.chunks_exact_mut(16 / size_of::<$t>())) {
                    // SAFETY: as many lanes as a register has.
                    unsafe { $store(lanes.as_mut_ptr(), *v) };
                }
            }
        }
    };
}

neon!(
    f32,
    Block32,
    float32x4_t,
    vdupq_n_f32,
    vld1q_f32,
    vst1q_f32,
    vaddq_f32,
    vsubq_f32,
    vmulq_f32,
    vdivq_f32,
    vfmaq_f32,
    vfmsq_f32,
    vcltq_f32,
    vcgtq_f32,
    vcleq_f32,
    vbslq_f32,
    vabsq_f32,
    vdupq_n_u32(1 << 31),
    vreinterpretq_u32_f32,
    vreinterpretq_f32_u32,
    vshlq_n_u32,
    23
);
neon!(
    f64,
    Block64,
    float64x2_t,
    vdupq_n_f64,
    vld1q_f64,
    vst1q_f64,
    vaddq_f64,
    vsubq_f64,
    vmulq_f64,
    vdivq_f64,
    vfmaq_f64,
    vfmsq_f64,
    vcltq_f64,
    vcgtq_f64,
    vcleq_f64,
    vbslq_f64,
    vabsq_f64,
    vdupq_n_u64(1 << 63),
    vreinterpretq_u64_f64,
    vreinterpretq_f64_u64,
    vshlq_n_u64,
    52
);
