//! Products with one fixed order of summation: the same bits on every path and machine.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Element, Isa, Kernel, Path, Paths, current_path};

/// Inner products of the rows of `rows` (m x d) with the rows of `inputs` (n x d), as an
/// m x n row-major matrix: `rows inputs'`. Each is one chain of fused multiply-adds over d.
///
/// Cost: m n d multiply-adds.
pub fn row_products(rows: &[f64], inputs: &[f64], dim: usize) -> Vec<f64> {
    let (m, n) = (rows.len() / dim.max(1), inputs.len() / dim.max(1));
    let mut out = vec![0.0; m * n];
    let operands = Operands {
        rows,
        inputs,
        dim,
        samples: n,
        out: &mut out,
    };
    // As many accumulators as there are registers; each reading of the inputs serves all panels.
    let path = current_path();
    match path {
        Path::Avx512 => f64::dispatch_on(path, RowProducts::<3>(operands)),
        Path::Avx2 | Path::Neon | Path::Portable => {
            f64::dispatch_on(path, RowProducts::<1>(operands));
        }
    }
    out
}

struct Operands<'a> {
    rows: &'a [f64],
    inputs: &'a [f64],
    dim: usize,
    samples: usize,
    out: &'a mut [f64],
}

/// Kernel with so many panels of rows at once.
struct RowProducts<'a, const PANELS: usize>(Operands<'a>);

/// Samples handled at once: enough independent chains to fill the pipelines.
const SAMPLES: usize = 8;

impl<const PANELS: usize> Kernel<f64> for RowProducts<'_, PANELS> {
    type Output = ();
    const PATHS: Paths = if PANELS > 1 {
        Paths::Wide
    } else {
        Paths::Narrow
    };
    #[inline(always)]
    fn run<S: Isa<f64>>(self, isa: S) {
        let Operands {
            rows,
            inputs,
            dim: d,
            samples: n,
            out,
        } = self.0;
        let lanes = <f64 as Element>::LANES;
        let together = PANELS * lanes;
        // Lanes hold rows, transposed.
        let mut panels = vec![[<f64 as Element>::ZERO_BLOCK; PANELS]; d];
        for (p, rows) in rows.chunks(together * d.max(1)).enumerate() {
            for (j, blocks) in panels.iter_mut().enumerate() {
                for (v, block) in blocks.iter_mut().enumerate() {
                    for (l, lane) in f64::lanes_mut(block).iter_mut().enumerate() {
                        *lane = rows.get((v * lanes + l) * d + j).copied().unwrap_or(0.0);
                    }
                }
            }
            let held = rows.len() / d.max(1);
            for first in (0..n).step_by(SAMPLES) {
                let count = SAMPLES.min(n - first);
                let mut sums = [[isa.splat(0.0); PANELS]; SAMPLES];
                for (j, blocks) in panels.iter().enumerate() {
                    for (i, sums) in sums.iter_mut().enumerate() {
                        let sample = first + i.min(count - 1);
                        let x = isa.splat(inputs[sample * d + j]);
                        for v in 0..PANELS {
                            sums[v] = isa.fma(x, isa.load(&blocks[v]), sums[v]);
                        }
                    }
                }
                for (i, sums) in sums.iter().enumerate().take(count) {
                    for (v, &sum) in sums.iter().enumerate() {
                        let mut block = <f64 as Element>::ZERO_BLOCK;
                        isa.store(sum, &mut block);
                        let row = v * lanes;
                        for (l, &value) in f64::lanes(&block).iter().enumerate() {
                            if row + l < held {
                                out[(p * together + row + l) * n + first + i] = value;
                            }
                        }
                    }
                }
            }
        }
    }
}
