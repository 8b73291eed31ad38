//! Square matrices times columns, the inner loop of a linear step.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::padded::{Block, LANES};
use crate::math::simd::{Element, Isa, Path, current_path};

/// Blocks of rows handled together, at most, which changes no bit: two accumulators each for the 32
/// registers of AVX-512, and for the 16 of AVX2, whose blocks take two.
fn tallest() -> usize {
    match current_path() {
        Path::Avx512 => 7,
        Path::Avx2 | Path::Neon | Path::Portable => 3,
    }
}

/// A matrix (n, n), ready to be multiplied by columns.
#[derive(Debug, Clone)]
pub(super) struct Product {
    tiles: Vec<Tile>,
}

/// Blocks of rows, column by column; an even number of columns, the last of which may be zeros.
#[derive(Debug, Clone)]
struct Tile {
    first: usize,
    height: usize,
    blocks: Vec<Block>,
}

impl Product {
    /// Tiles of a matrix of n rows of n entries.
    pub(super) fn new(n: usize, entries: &[f64]) -> Self {
        let height = n.div_ceil(LANES);
        let count = height.div_ceil(tallest());
        let mut tiles = Vec::with_capacity(count);
        let mut first = 0;
        for tile in 0..count {
            // Of balanced height.
            let height = (height - first).div_ceil(count - tile);
            let mut blocks = Vec::with_capacity(n.next_multiple_of(2) * height);
            for j in 0..n.next_multiple_of(2) {
                for block in first..first + height {
                    let mut values = <f64 as Element>::ZERO_BLOCK;
                    let rows = (block * LANES..n).take(if j < n { LANES } else { 0 });
                    for (lane, i) in f64::lanes_mut(&mut values).iter_mut().zip(rows) {
                        *lane = entries[i * n + j];
                    }
                    blocks.push(values);
                }
            }
            tiles.push(Tile {
                first,
                height,
                blocks,
            });
            first += height;
        }
        Self { tiles }
    }

    /// out := factor out + gain M x. Of each row's products the even and the odd ones are summed
    /// apart, in their order, and then both together.
    #[inline(always)]
    pub(super) fn add_to<S: Isa<f64>>(
        &self,
        isa: S,
        x: &[Block],
        [gain, factor]: [f64; 2],
        out: &mut [Block],
    ) {
        for tile in &self.tiles {
            let out = &mut out[tile.first..tile.first + tile.height];
            tile.add_to(isa, x, [gain, factor].map(|x| isa.splat(x)), out);
        }
    }
}

impl Tile {
    #[inline(always)]
    fn add_to<S: Isa<f64>>(&self, isa: S, x: &[Block], factors: [S::V; 2], out: &mut [Block]) {
        let blocks = &self.blocks;
        macro_rules! by_height {
            ($($rows:literal)*) => {
                match self.height {
                    $($rows => columns::<S, $rows>(isa, blocks, x, factors, out),)*
                    _ => unreachable!("no tile is taller"),
                }
            };
        }
        by_height!(1 2 3 4 5 6 7);
    }
}

#[inline(always)]
fn columns<S: Isa<f64>, const R: usize>(
    isa: S,
    blocks: &[Block],
    x: &[Block],
    [gain, factor]: [S::V; 2],
    out: &mut [Block],
) {
    // Two sums for each row, for a sum that waits for itself waits longer than for its numbers.
    let (mut even, mut odd) = ([isa.splat(0.0); R], [isa.splat(0.0); R]);
    let (pairs, _) = blocks.as_chunks::<R>().0.as_chunks::<2>();
    for (pairs, x) in pairs.chunks(LANES / 2).zip(x) {
        let (factors, _) = f64::lanes(x).as_chunks::<2>();
        for ([first, second], x) in pairs.iter().zip(factors) {
            let x = x.map(|x| isa.splat(x));
            for r in 0..R {
                even[r] = isa.fma(x[0], isa.load(&first[r]), even[r]);
                odd[r] = isa.fma(x[1], isa.load(&second[r]), odd[r]);
            }
        }
    }
    for r in 0..R {
        let old = isa.mul(factor, isa.load(&out[r]));
        isa.store(isa.fma(gain, isa.add(even[r], odd[r]), old), &mut out[r]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::padded::Padded;
    use super::*;
    use crate::math::simd::{Kernel, dispatch};

    struct AddTo<'a>(&'a Product, &'a Padded, &'a mut Padded);

    impl Kernel<f64> for AddTo<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa<f64>>(self, isa: S) {
            let Self(product, x, out) = self;
            product.add_to(isa, x.column(0), [0.5, -2.0], out.column_mut(0));
        }
    }

    #[test]
    fn a_product_is_that_of_rows_and_column() {
        for n in [1_usize, 2, 7, 8, 9, 50, 61, 130] {
            // Small whole numbers: exact in any order.
            let number = |at: usize| ((at * 37 + at / 3) % 17) as f64 - 8.0;
            let entries: Vec<f64> = (0..n * n).map(number).collect();
            let [x, old]: [Vec<f64>; 2] =
                [n, 3 * n].map(|from| (from..from + n).map(number).collect());
            let mut out = Padded::from_rows(&old, 1);
            dispatch(AddTo(
                &Product::new(n, &entries),
                &Padded::from_rows(&x, 1),
                &mut out,
            ));
            let expected = entries.chunks(n).zip(&old).map(|(row, old)| {
                0.5 * row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>() - 2.0 * old
            });
            assert_eq!(out.to_rows(), expected.collect::<Vec<f64>>(), "{n}");
        }
    }
}
