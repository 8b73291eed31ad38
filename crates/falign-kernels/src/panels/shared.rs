//! K E, which is all of the product where psi' = 1: every unit's row of D is then its feedback
//! weights times E', and its row of D K the same weights times (K E)'.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use super::kernel::{Tile, VECTORS, load_tile};
use crate::numbers::Numbers;
use crate::simd::{Element, Isa, Kernel, dispatch};

/// Vectors of samples summed at once, so that no sum waits for itself; changes no bit.
const AT_ONCE: usize = 8;

/// K, and its product with the residuals of a step.
#[derive(Debug, Clone)]
pub struct Shared<T: Element> {
    /// Blocks of a row of K.
    blocks: usize,
    /// Rows of K, each filled up with zeros.
    rows: Vec<T::Block>,
    /// (outputs, samples), each row filled up likewise.
    moves: Vec<T::Block>,
}

impl<T: Element> Shared<T> {
    /// Arrays for the symmetric matrix `kernel` (row-major).
    pub fn new(kernel: &[f64], outputs: usize) -> Self {
        let samples = kernel.len().isqrt();
        let blocks = samples.div_ceil(T::LANES);
        let row = |row: &[f64]| {
            let rounded: Vec<T> = row.iter().map(|&x| T::from_f64(x)).collect();
            rounded.chunks(T::LANES).map(T::read).collect::<Vec<_>>()
        };
        Self {
            blocks,
            rows: kernel.chunks(samples.max(1)).flat_map(row).collect(),
            moves: vec![T::ZERO_BLOCK; outputs * blocks],
        }
    }

    /// Sets K E from the residuals E.
    pub fn multiply(&mut self, numbers: &Numbers<T>) {
        T::multiply_shared(self, &numbers.residual);
    }

    /// Z += (feedback weights) (K E)' for a panel's weights, output by output.
    #[inline(always)]
    pub(super) fn add_to<S: Isa<T>>(&self, isa: S, weights: &[Tile<T>], z: &mut [Tile<T>]) {
        for (weights, moves) in weights.iter().zip(self.moves.chunks_exact(self.blocks)) {
            let weights = load_tile(isa, weights);
            for (row, &moved) in z.iter_mut().zip(moves.iter().flat_map(T::lanes)) {
                let moved = isa.splat(moved);
                for v in 0..VECTORS {
                    let value = isa.fma(weights[v], moved, isa.load(&row[v]));
                    isa.store(value, &mut row[v]);
                }
            }
        }
    }
}

pub(crate) fn multiply<T: Element>(shared: &mut Shared<T>, residual: &[T]) {
    dispatch(Multiply { shared, residual });
}

struct Multiply<'a, T: Element> {
    shared: &'a mut Shared<T>,
    /// (outputs, samples).
    residual: &'a [T],
}

impl<T: Element> Kernel<T> for Multiply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let Shared {
            blocks,
            rows,
            moves,
        } = self.shared;
        let samples = rows.len() / *blocks;
        let residuals = self.residual.chunks_exact(samples);
        for (moves, residual) in moves.chunks_exact_mut(*blocks).zip(residuals) {
            for (group, moves) in moves.chunks_mut(AT_ONCE).enumerate() {
                let mut sums = [isa.splat(T::ZERO); AT_ONCE];
                for (row, &e) in rows.chunks_exact(*blocks).zip(residual) {
                    let e = isa.splat(e);
                    for (sum, block) in sums.iter_mut().zip(&row[group * AT_ONCE..]) {
                        *sum = isa.fma(e, isa.load(block), *sum);
                    }
                }
                for (out, sum) in moves.iter_mut().zip(sums) {
                    isa.store(sum, out);
                }
            }
        }
    }
}
