//! K = X X' cut into tiles of rows for the register kernel.

use crate::math::simd::{Element, Path, current_path};

/// Rows of K in balanced tiles; a tile holds, for each column, its rows' entries together.
#[derive(Debug, Clone)]
pub(super) struct Packed<T> {
    pub(super) tiles: Vec<PackedTile<T>>,
}

/// `height` rows from `first`: entry (k, r) at `k * height + r`.
#[derive(Debug, Clone)]
pub(super) struct PackedTile<T> {
    pub(super) first: usize,
    pub(super) height: usize,
    pub(super) entries: Vec<T>,
}

/// Rows of a register tile: 8 x 3 accumulators fill the 32 registers of AVX-512; the 16 of
/// AVX2 hold two rows of double-width vectors, and the 32 of NEON two of fourfold ones. The height changes no bit of a result.
fn tallest() -> usize {
    match current_path() {
        Path::Avx512 => 8,
        Path::Avx2 | Path::Neon | Path::Portable => 2,
    }
}

impl<T: Element> Packed<T> {
    /// Packs the symmetric n x n matrix `kernel` (row-major).
    pub(super) fn new(kernel: &[f64], n: usize) -> Self {
        let count = n.div_ceil(tallest()).max(1);
        let mut tiles = Vec::with_capacity(count);
        let mut first = 0;
        for tile in 0..count {
            let height = (n - first).div_ceil(count - tile);
            let entries = (0..n)
                .flat_map(|k| (first..first + height).map(move |r| T::from_f64(kernel[r * n + k])))
                .collect();
            tiles.push(PackedTile {
                first,
                height,
                entries,
            });
            first += height;
        }
        Self { tiles }
    }
}
