//! Virtual vectors as plain arrays: any processor, the same bits.
//!
//! Arithmetic is not inlined. On x86-64 a processor that takes this path has no fused multiply-add, so
//! that one is a call for every lane anyway; inlined into every kernel, arithmetic of this path was a
//! seventh of the time that the library takes to compile.

use super::fused::{fused, fused_single};
use super::{Block32, Block64, Isa, Kernel, Lanes, Path};

/// The token of the portable path.
#[derive(Clone, Copy)]
pub(super) struct Portable;

macro_rules! portable {
    ($t:ty, $block:ident, $lanes:literal, $mantissa:literal, $fused:path) => {
        impl Lanes<$t> for Portable {
            type V = [$t; $lanes];
            const ARE_ARRAYS: bool = true;
            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                [x; $lanes]
            }
            #[inline(never)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] + b[l])
            }
            #[inline(never)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] - b[l])
            }
            #[inline(never)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] * b[l])
            }
            #[inline(never)]
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] / b[l])
            }
            #[inline(never)]
            fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|l| $fused(a[l], b[l], c[l]))
            }
            #[inline(never)]
            fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|l| $fused(-a[l], b[l], c[l]))
            }
            #[inline(never)]
            fn min_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                std::array::from_fn(|l| if limit[l] < u[l] { limit[l] } else { u[l] })
            }
            #[inline(never)]
            fn max_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                std::array::from_fn(|l| if limit[l] > u[l] { limit[l] } else { u[l] })
            }
            #[inline(never)]
            fn select_nonpositive(self, z: Self::V, low: Self::V, high: Self::V) -> Self::V {
                std::array::from_fn(|l| if z[l] <= 0.0 { low[l] } else { high[l] })
            }
            #[inline(always)]
            fn abs(self, a: Self::V) -> Self::V {
                a.map(<$t>::abs)
            }
            #[inline(never)]
            fn with_sign(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l].copysign(b[l]))
            }
            #[inline(always)]
            fn map(self, a: Self::V, of: impl Fn($t) -> $t) -> Self::V {
                a.map(of)
            }
            #[inline(never)]
            fn power_of_two(self, rounded: Self::V) -> Self::V {
                rounded.map(|v| <$t>::from_bits(v.to_bits() << $mantissa))
            }
        }

        impl Isa<$t> for Portable {
            const PATH: Path = Path::Portable;
            #[inline(never)]
            fn apart<K: Kernel<$t>>(self, kernel: K) -> K::Output {
                kernel.run(self)
            }
            #[inline(always)]
            fn load(self, block: &$block) -> Self::V {
                block.0
            }
            #[inline(always)]
            fn store(self, v: Self::V, block: &mut $block) {
                block.0 = v;
            }
        }
    };
}

portable!(f32, Block32, 16, 23, fused_single);
portable!(f64, Block64, 8, 52, fused);
