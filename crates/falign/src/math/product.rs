//! Products with one fixed order of summation: the same bits on every path and machine.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::simd::{Element, Isa, Kernel, dispatch};

/// All inner products of the rows of `rows` (m x d) with the rows of `inputs` (n x d), as an
/// m x n row-major matrix: `rows inputs'`. Each is one chain of fused multiply-adds over d.
///
/// Cost: m n d multiply-adds.
pub fn row_products(rows: &[f64], inputs: &[f64], dim: usize) -> Vec<f64> {
    let (m, n) = (rows.len() / dim.max(1), inputs.len() / dim.max(1));
    let mut out = vec![0.0; m * n];
    dispatch(RowProducts {
        rows,
        inputs,
        dim,
        samples: n,
        out: &mut out,
    });
    out
}

struct RowProducts<'a> {
    rows: &'a [f64],
    inputs: &'a [f64],
    dim: usize,
    samples: usize,
    out: &'a mut [f64],
}

/// Samples handled at once: enough independent chains to fill the pipelines.
const SAMPLES: usize = 8;

impl Kernel<f64> for RowProducts<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let (d, n) = (self.dim, self.samples);
        let lanes = <f64 as Element>::LANES;
        // Lanes hold rows: a panel of `lanes` rows, transposed.
        let mut panel = vec![<f64 as Element>::ZERO_BLOCK; d];
        for (p, rows) in self.rows.chunks(lanes * d.max(1)).enumerate() {
            for (j, block) in panel.iter_mut().enumerate() {
                for (l, lane) in f64::lanes_mut(block).iter_mut().enumerate() {
                    *lane = rows.get(l * d + j).copied().unwrap_or(0.0);
                }
            }
            let held = rows.len() / d.max(1);
            for first in (0..n).step_by(SAMPLES) {
                let count = SAMPLES.min(n - first);
                let mut sums = [isa.splat(0.0); SAMPLES];
                for (j, block) in panel.iter().enumerate() {
                    let w = isa.load(block);
                    for (i, sum) in sums.iter_mut().enumerate() {
                        let sample = first + i.min(count - 1);
                        *sum = isa.fma(isa.splat(self.inputs[sample * d + j]), w, *sum);
                    }
                }
                for (i, &sum) in sums.iter().enumerate().take(count) {
                    let mut block = <f64 as Element>::ZERO_BLOCK;
                    isa.store(sum, &mut block);
                    for (l, &value) in f64::lanes(&block).iter().enumerate().take(held) {
                        self.out[(p * lanes + l) * n + first + i] = value;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::simd::{Path, force_path};

    #[test]
    fn products_match_the_plain_chain_on_every_path() {
        let (m, n, d) = (13, 11, 7);
        let rows: Vec<f64> = (0..m * d).map(|i| (i as f64 * 0.37).sin()).collect();
        let inputs: Vec<f64> = (0..n * d).map(|i| (i as f64 * 0.71).cos()).collect();
        for path in [Path::Portable, Path::Avx2, Path::Avx512] {
            force_path(Some(path));
            let products = row_products(&rows, &inputs, d);
            for r in 0..m {
                for i in 0..n {
                    let plain =
                        (0..d).fold(0.0f64, |s, j| inputs[i * d + j].mul_add(rows[r * d + j], s));
                    assert_eq!(products[r * n + i].to_bits(), plain.to_bits(), "{path:?}");
                }
            }
        }
        force_path(None);
    }
}
