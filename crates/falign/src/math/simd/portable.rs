//! Virtual vectors as plain arrays: any processor, the same bits.

use super::{Block32, Block64, Isa, Lanes, Path};

/// The token of the portable path.
#[derive(Clone, Copy)]
pub(super) struct Portable;

macro_rules! portable {
    ($t:ty, $block:ident, $lanes:literal, $mantissa:literal) => {
        impl Lanes<$t> for Portable {
            type V = [$t; $lanes];
            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                [x; $lanes]
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] + b[l])
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] - b[l])
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] * b[l])
            }
            #[inline(always)]
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l] / b[l])
            }
            #[inline(always)]
            fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l].mul_add(b[l], c[l]))
            }
            #[inline(always)]
            fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|l| (-a[l]).mul_add(b[l], c[l]))
            }
            #[inline(always)]
            fn min_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                std::array::from_fn(|l| if limit[l] < u[l] { limit[l] } else { u[l] })
            }
            #[inline(always)]
            fn max_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                std::array::from_fn(|l| if limit[l] > u[l] { limit[l] } else { u[l] })
            }
            #[inline(always)]
            fn select_nonpositive(self, z: Self::V, low: Self::V, high: Self::V) -> Self::V {
                std::array::from_fn(|l| if z[l] <= 0.0 { low[l] } else { high[l] })
            }
            #[inline(always)]
            fn abs(self, a: Self::V) -> Self::V {
                a.map(<$t>::abs)
            }
            #[inline(always)]
            fn with_sign(self, a: Self::V, b: Self::V) -> Self::V {
                std::array::from_fn(|l| a[l].copysign(b[l]))
            }
            #[inline(always)]
            fn power_of_two(self, rounded: Self::V) -> Self::V {
                rounded.map(|v| <$t>::from_bits(v.to_bits() << $mantissa))
            }
        }

        impl Isa<$t> for Portable {
            const PATH: Path = Path::Portable;
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

portable!(f32, Block32, 16, 23);
portable!(f64, Block64, 8, 52);
