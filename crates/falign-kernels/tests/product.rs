//! Products of rows against plain sums.

use falign_kernels::fused;
use falign_kernels::row_products;
use falign_kernels::simd::{Path, force_path};

#[test]
fn products_match_the_plain_chain_on_every_path() {
    let (m, n, d) = (59, 11, 7);
    let rows: Vec<f64> = (0..m * d).map(|i| (i as f64 * 0.37).sin()).collect();
    let inputs: Vec<f64> = (0..n * d).map(|i| (i as f64 * 0.71).cos()).collect();
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        let products = row_products(&rows, &inputs, d);
        for r in 0..m {
            for i in 0..n {
                let plain =
                    (0..d).fold(0.0f64, |s, j| fused(inputs[i * d + j], rows[r * d + j], s));
                assert_eq!(products[r * n + i].to_bits(), plain.to_bits(), "{path:?}");
            }
        }
    }
    force_path(None);
}
