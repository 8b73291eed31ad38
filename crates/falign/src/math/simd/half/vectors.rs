//! The same products where there are no tiles.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::super::{Element, Isa, Kernel, dispatch};
use super::{HalfMatrix, Pairs, Sums, TILE};

type Block = <f32 as Element>::Block;

/// Vectors of a panel.
const VECTORS: usize = TILE / <f32 as Element>::LANES;

/// One panel of [`super::panels`], which has compared the sizes.
pub(super) fn panel(a: &HalfMatrix, b: &[Pairs], c: &mut [Sums]) {
    let wide: Vec<[[Block; VECTORS]; 2]> = b.iter().map(widened).collect();
    dispatch(Panel { a, b: &wide, c });
}

/// Both rows of a pair as `f32`.
fn widened(pairs: &Pairs) -> [[Block; VECTORS]; 2] {
    let row = |shift: u32| {
        let numbers = pairs
            .0
            .map(|pair| f32::from_bits(pair << shift & 0xffff_0000));
        std::array::from_fn(|v| f32::read(&numbers[v * f32::LANES..]))
    };
    [row(16), row(0)]
}

struct Panel<'a> {
    a: &'a HalfMatrix,
    /// Rows of B in pairs, by vectors.
    b: &'a [[[Block; VECTORS]; 2]],
    c: &'a mut [Sums],
}

impl Kernel<f32> for Panel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<f32>>(self, isa: S) {
        let number = |half: u16| isa.splat(f32::from_bits(u32::from(half) << 16));
        for (row, sums) in self.a.values.chunks_exact(self.a.length).zip(self.c) {
            let mut total = [isa.splat(0.0); VECTORS];
            let parts = row.chunks_exact(TILE).zip(self.b.chunks_exact(TILE / 2));
            for (a, b) in parts {
                let (mut even, mut odd) = ([isa.splat(0.0); VECTORS], [isa.splat(0.0); VECTORS]);
                for (a, b) in a.as_chunks::<2>().0.iter().zip(b) {
                    let (first, second) = (number(a[0]), number(a[1]));
                    for v in 0..VECTORS {
                        even[v] = isa.fma(first, isa.load(&b[0][v]), even[v]);
                        odd[v] = isa.fma(second, isa.load(&b[1][v]), odd[v]);
                    }
                }
                for v in 0..VECTORS {
                    total[v] = isa.add(total[v], isa.add(even[v], odd[v]));
                }
            }
            for (v, out) in sums.0.chunks_mut(f32::LANES).enumerate() {
                isa.store_to(total[v], out);
            }
        }
    }
}
