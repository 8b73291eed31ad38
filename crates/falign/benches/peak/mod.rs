//! The arithmetic peak of one core, by a loop of fused multiply-adds in registers.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use std::hint::black_box;
use std::marker::PhantomData;
use std::time::Instant;

use falign::internal::math::simd::{Element, Isa, Kernel, dispatch};

/// Independent chains: two multiply-adds begin each cycle and each takes at most five.
const CHAINS: usize = 20;
/// About a millisecond: as long as the turns it stands next to, for the clock changes.
const ROUNDS: usize = 200_000;

struct Chains<T>(PhantomData<T>);

impl<T: Element> Kernel<T> for Chains<T> {
    type Output = T;

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) -> T {
        let x = isa.splat(black_box(T::from_f64(1.000_001)));
        let y = isa.splat(black_box(T::from_f64(1e-9)));
        let mut sums = [isa.splat(T::from_f64(0.5)); CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = isa.fma(x, *sum, y);
            }
        }
        let mut total = isa.splat(T::ZERO);
        for sum in sums {
            total = isa.add(total, sum);
        }
        let mut block = T::ZERO_BLOCK;
        isa.store(total, &mut block);
        T::lanes(&block)[0]
    }
}

/// Operations per second (two to a multiply-add) of one short turn.
pub(crate) fn peak<T: Element>() -> f64 {
    let begin = Instant::now();
    black_box(dispatch(Chains::<T>(PhantomData)));
    (2 * CHAINS * ROUNDS * T::LANES) as f64 / begin.elapsed().as_secs_f64()
}
