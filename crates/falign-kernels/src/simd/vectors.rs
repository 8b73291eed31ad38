//! Several virtual vectors taken through the same operations together.
//!
//! A function of one vector is a long chain in which each operation waits for the last, and a
//! processor looks ahead over a limited number of them. Side by side in the program, chains fill
//! each other's waits. Every lane gets the same bits as alone.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::{Element, Lanes};

/// `N` virtual vectors of the instruction set inside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vectors<S, const N: usize>(pub(crate) S);

// (A closure given to `from_fn` would not be compiled for the instruction set.)
macro_rules! each {
    ($self:ident, $n:ident, $first:ident, $operation:ident, $($operand:ident),+) => {{
        let mut out = $first;
        for v in 0..$n {
            out[v] = $self.0.$operation($($operand[v]),+);
        }
        out
    }};
}

impl<T: Element, S: Lanes<T>, const N: usize> Lanes<T> for Vectors<S, N> {
    type V = [S::V; N];
    const ARE_ARRAYS: bool = S::ARE_ARRAYS;

    #[inline(always)]
    fn splat(self, x: T) -> Self::V {
        [self.0.splat(x); N]
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        each!(self, N, a, add, a, b)
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        each!(self, N, a, sub, a, b)
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        each!(self, N, a, mul, a, b)
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        each!(self, N, a, div, a, b)
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        each!(self, N, a, fma, a, b, c)
    }
    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        each!(self, N, a, fnma, a, b, c)
    }
    #[inline(always)]
    fn min_passing(self, limit: Self::V, u: Self::V) -> Self::V {
        each!(self, N, limit, min_passing, limit, u)
    }
    #[inline(always)]
    fn max_passing(self, limit: Self::V, u: Self::V) -> Self::V {
        each!(self, N, limit, max_passing, limit, u)
    }
    #[inline(always)]
    fn select_nonpositive(self, z: Self::V, low: Self::V, high: Self::V) -> Self::V {
        each!(self, N, z, select_nonpositive, z, low, high)
    }
    #[inline(always)]
    fn abs(self, a: Self::V) -> Self::V {
        each!(self, N, a, abs, a)
    }
    #[inline(always)]
    fn with_sign(self, a: Self::V, b: Self::V) -> Self::V {
        each!(self, N, a, with_sign, a, b)
    }
    #[inline(always)]
    fn map(self, a: Self::V, of: impl Fn(T) -> T) -> Self::V {
        let mut out = a;
        for v in 0..N {
            out[v] = self.0.map(a[v], &of);
        }
        out
    }
    #[inline(always)]
    fn power_of_two(self, rounded: Self::V) -> Self::V {
        each!(self, N, rounded, power_of_two, rounded)
    }
}
