//! K = X X' cut into tiles of rows for the register kernel.

use super::kernel::VECTORS;
use crate::simd::{Element, Path, current_path};

/// Rows of K in balanced tiles; a tile holds, for each column, its rows' entries together.
#[derive(Debug, Clone)]
pub struct Packed<T> {
    pub(super) tiles: Vec<PackedTile<T>>,
}

/// `height` rows from `first`: entry (k, r) at `k * height + r`.
#[derive(Debug, Clone)]
pub(super) struct PackedTile<T> {
    pub(super) first: usize,
    pub(super) height: usize,
    pub(super) entries: Vec<T>,
}

/// Virtual vectors of a register tile: a whole panel, or one after the other.
pub(super) const fn tile_width(path: Path) -> usize {
    if path.registers() < TALLEST * VECTORS {
        1
    } else {
        VECTORS
    }
}

/// Most rows of a register tile.
pub(super) const TALLEST: usize = 8;

/// Rows of a register tile: their sums fill the registers but for the vectors and a number that
/// they come from. The height changes no bit of a result.
fn height(path: Path) -> usize {
    ((path.registers() - 1) / tile_width(path) - 1).min(TALLEST)
}

impl<T: Element> Packed<T> {
    /// Packs the symmetric n x n matrix `kernel` (row-major).
    pub fn new(kernel: &[f64], n: usize) -> Self {
        let count = n.div_ceil(height(current_path())).max(1);
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
