//! Columns of one number per sample, in whole virtual vectors.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::math::simd::{Element, Isa, sum_by_halves};

pub(super) type Block = <f64 as Element>::Block;
pub(super) const LANES: usize = <f64 as Element>::LANES;

/// A matrix (n, k) by columns, each of which ends with zeros that fill its last block, so that
/// no loop over samples has a remainder.
#[derive(Debug, Clone)]
pub(super) struct Padded {
    n: usize,
    k: usize,
    /// Blocks of a column.
    height: usize,
    blocks: Vec<Block>,
}

impl Padded {
    pub(super) fn zeros(n: usize, k: usize) -> Self {
        let height = n.div_ceil(LANES);
        Self {
            n,
            k,
            height,
            blocks: vec![<f64 as Element>::ZERO_BLOCK; height * k],
        }
    }

    /// Zeros, as many as here.
    pub(super) fn like(&self) -> Self {
        Self::zeros(self.n, self.k)
    }

    /// k.
    pub(super) fn columns(&self) -> usize {
        self.k
    }

    /// Padded columns of a matrix by rows.
    pub(super) fn from_rows(rows: &[f64], k: usize) -> Self {
        let mut padded = Self::zeros(rows.len() / k, k);
        for (at, &x) in rows.iter().enumerate() {
            let (i, c) = (at / k, at % k);
            let block = &mut padded.blocks[c * padded.height + i / LANES];
            f64::lanes_mut(block)[i % LANES] = x;
        }
        padded
    }

    /// Subtracts a matrix of the same shape.
    pub(super) fn subtract(&mut self, other: &Self) {
        for (block, other) in self.blocks.iter_mut().zip(&other.blocks) {
            for (x, y) in f64::lanes_mut(block).iter_mut().zip(f64::lanes(other)) {
                *x -= y;
            }
        }
    }

    /// Entries by rows.
    pub(super) fn to_rows(&self) -> Vec<f64> {
        let mut rows = vec![0.0; self.n * self.k];
        for c in 0..self.k {
            for (to, x) in rows[c..].iter_mut().step_by(self.k).zip(self.values(c)) {
                *to = x;
            }
        }
        rows
    }

    /// The numbers of a column.
    pub(super) fn values(&self, c: usize) -> impl Iterator<Item = f64> {
        let lanes = self.column(c).iter().flat_map(f64::lanes);
        lanes.copied().take(self.n)
    }

    #[inline(always)]
    pub(super) fn column(&self, c: usize) -> &[Block] {
        &self.blocks[c * self.height..(c + 1) * self.height]
    }

    #[inline(always)]
    pub(super) fn column_mut(&mut self, c: usize) -> &mut [Block] {
        &mut self.blocks[c * self.height..(c + 1) * self.height]
    }

    /// Columns, one after the other.
    #[inline(always)]
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Columns, one after the other.
    #[inline(always)]
    pub(super) fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }
}

/// x'y: lane by lane over the blocks, then the lanes by a tree of halves. One chain of n additions
/// would take longer than all else of a step, and the zeros at the end add nothing.
#[inline(always)]
pub(super) fn dot<S: Isa<f64>>(isa: S, x: &[Block], y: &[Block]) -> f64 {
    let mut sum = isa.splat(0.0);
    for (x, y) in x.iter().zip(y) {
        sum = isa.fma(isa.load(x), isa.load(y), sum);
    }
    let mut lanes = <f64 as Element>::ZERO_BLOCK;
    isa.store(sum, &mut lanes);
    sum_by_halves(f64::lanes_mut(&mut lanes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::simd::{Kernel, dispatch};

    struct Dot<'a>(&'a Padded);

    impl Kernel<f64> for Dot<'_> {
        type Output = f64;
        #[inline(always)]
        fn run<S: Isa<f64>>(self, isa: S) -> f64 {
            dot(isa, self.0.column(0), self.0.column(1))
        }
    }

    #[test]
    fn columns_come_back_as_rows_and_their_product_is_the_sum() {
        for n in [1_u32, 7, 8, 9, 50] {
            let rows: Vec<f64> = (0..2 * n).map(|i| 0.25 * f64::from(i) - 1.0).collect();
            let padded = Padded::from_rows(&rows, 2);
            assert_eq!(padded.to_rows(), rows);
            let product: f64 = rows.chunks(2).map(|row| row[0] * row[1]).sum();
            // Quarters: exact in any order.
            assert!(
                (dispatch(Dot(&padded)) - product).abs() < f64::MIN_POSITIVE,
                "{n}"
            );
        }
    }
}
