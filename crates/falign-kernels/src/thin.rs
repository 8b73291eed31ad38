//! Dense products of which one dimension is small, such as those of a layer of few outputs.
//!
//! A library for large products first copies both factors into another order, which here
//! costs more than the product. A sum is a chain of fused multiply-adds, cut into equal parts where
//! it would have more than [`CHAIN`] terms.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

use crate::simd::{Element, Isa, Kernel, Path, Paths, current_path};

/// Most terms of one chain.
pub const CHAIN: usize = 512;
/// Largest size of a small dimension.
pub const THIN: usize = 16;
/// How many rows ahead a row is called for: rows lie far apart, which the processor does not
/// foresee.
const AHEAD: usize = 40;
/// Rows ahead where a piece of each row is made, which takes longer than reading it.
const AHEAD_OF_PIECES: usize = 6;

/// Slopes psi'(z) of some units, row after row.
#[derive(Debug, Clone, Copy)]
pub struct SlopeRows<'a, T> {
    /// The slopes, or activities of `ReLU` that tell them.
    pub numbers: &'a [T],
    /// Whether they are 0 where an activity is not above 0 (and is a number), else 1.
    pub is_of_rectified: bool,
}

impl<T: Element> SlopeRows<'_, T> {
    /// The slopes that these numbers tell.
    #[inline(always)]
    fn lanes<S: Isa<T>>(&self, isa: S, numbers: S::V) -> S::V {
        if self.is_of_rectified {
            isa.select_nonpositive(numbers, isa.splat(T::ZERO), isa.splat(T::ONE))
        } else {
            numbers
        }
    }
}

/// C := factor A B, and then times S entry by entry where it is given, of which one dimension is small.
#[derive(Debug)]
pub struct ThinProduct<'a, T> {
    /// A, rows of `terms`.
    pub a: &'a [T],
    /// B, rows of `stride`.
    pub b: &'a [T],
    /// Length of a row of B: zeros may follow its columns.
    pub stride: usize,
    /// Factor of the product.
    pub factor: T,
    /// S, rows of `width`.
    pub times: Option<SlopeRows<'a, T>>,
    /// C, rows of `width`.
    pub out: &'a mut [T],
    /// k.
    pub terms: usize,
    /// n.
    pub width: usize,
}

impl<T: Element> ThinProduct<'_, T> {
    /// Writes C.
    ///
    /// # Panics
    /// If the slices are shorter than the shapes say.
    pub fn run(self) {
        T::multiply_thin(self);
    }
}

pub(crate) fn multiply<T: Element>(product: ThinProduct<'_, T>) {
    let (m, n) = (product.a.len() / product.terms, product.width);
    let path = current_path();
    match path {
        Path::Avx512 if n <= T::LANES => T::dispatch_on(path, Tiled::<T, 8, 1, false>(product)),
        Path::Avx512 if m <= THIN => T::dispatch_on(path, Tiled::<T, 5, 4, true>(product)),
        Path::Avx512 => T::dispatch_on(path, Tiled::<T, 5, 4, false>(product)),
        _ if m <= THIN => T::dispatch_on(path, Tiled::<T, 5, 1, true>(product)),
        Path::Avx2 | Path::Neon | Path::Portable => {
            T::dispatch_on(path, Tiled::<T, 5, 1, false>(product));
        }
    }
}

/// Kernel with so many rows and virtual vectors of columns at a time. `LONG`: whether B is the large
/// factor, which then is read once, with rows called for ahead.
struct Tiled<'a, T, const ROWS: usize, const V: usize, const LONG: bool>(ThinProduct<'a, T>);

impl<T: Element, const ROWS: usize, const V: usize, const LONG: bool> Kernel<T>
    for Tiled<'_, T, ROWS, V, LONG>
{
    type Output = ();
    // As many accumulators as there are registers, and enough of them to be independent.
    const PATHS: Paths = if ROWS * V >= 8 {
        Paths::Wide
    } else {
        Paths::Narrow
    };

    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        let mut product = self.0;
        let groups = (product.a.len() / product.terms).div_ceil(ROWS);
        let blocks = product.width.div_ceil(V * T::LANES);
        let (first, second) = if LONG {
            (blocks, groups)
        } else {
            (groups, blocks)
        };
        for i in 0..first {
            for j in 0..second {
                let (block, group) = if LONG { (i, j) } else { (j, i) };
                let (row, column) = (group * ROWS, block * V * T::LANES);
                if column + V * T::LANES <= product.stride {
                    product.tile::<S, ROWS, V, LONG, true>(isa, row, column);
                } else {
                    product.tile::<S, ROWS, V, LONG, false>(isa, row, column);
                }
            }
        }
    }
}

impl<T: Element> ThinProduct<'_, T> {
    /// Results of some rows in the columns from `column` on that `V` virtual vectors hold. `WHOLE`:
    /// whether rows of B go as far.
    #[inline(always)]
    fn tile<S: Isa<T>, const ROWS: usize, const V: usize, const LONG: bool, const WHOLE: bool>(
        &mut self,
        isa: S,
        first_row: usize,
        column: usize,
    ) {
        let count = self.a.len() / self.terms;
        let columns = (V * T::LANES).min(self.width - column);
        let part = self.terms.div_ceil(self.terms.div_ceil(CHAIN));
        for first in (0..self.terms).step_by(part) {
            let length = part.min(self.terms - first);
            // Beyond the last row it is taken again.
            let mut rows = [&self.a[..0]; ROWS];
            for (r, row) in rows.iter_mut().enumerate() {
                let start = (first_row + r).min(count - 1) * self.terms + first;
                *row = &self.a[start..][..length];
            }
            let mut sums = [[isa.splat(T::ZERO); V]; ROWS];
            let b = &self.b[first * self.stride..][..length * self.stride];
            for (at, b) in b.chunks_exact(self.stride).enumerate() {
                if LONG {
                    let ahead = (first + at + AHEAD) * self.stride + column;
                    isa.prefetch_piece::<V>(self.b, ahead);
                }
                let tile = isa.load_piece::<V, WHOLE>(&b[column..]);
                for (sums, row) in sums.iter_mut().zip(&rows) {
                    let x = isa.splat(row[at]);
                    for (sum, &b) in sums.iter_mut().zip(&tile) {
                        *sum = isa.fma(x, b, *sum);
                    }
                }
            }
            let is_last = first + length == self.terms;
            let factor = isa.splat(self.factor);
            // As many turns whatever the rows: with fewer, sums would stay in memory all along.
            for (r, sums) in sums.iter().enumerate() {
                if first_row + r >= count {
                    continue;
                }
                let start = (first_row + r) * self.width + column;
                let out = &mut self.out[start..][..columns];
                for (v, &sum) in sums.iter().enumerate() {
                    let out = out.get_mut(v * T::LANES..).unwrap_or(&mut []);
                    let mut value = if first == 0 {
                        isa.mul(factor, sum)
                    } else {
                        isa.fma(factor, sum, isa.load_from(out))
                    };
                    if let (true, Some(times)) = (is_last, self.times) {
                        let numbers = &times.numbers[start..][..columns];
                        let numbers = numbers.get(v * T::LANES..).unwrap_or(&[]);
                        value = isa.mul(value, times.lanes(isa, isa.load_from(numbers)));
                    }
                    isa.store_to(value, out);
                }
            }
        }
    }
}

/// A product of few terms that is made a piece of a row at a time, by whoever needs it: the bits
/// of the whole.
#[derive(Debug, Clone, Copy)]
pub struct ThinRows<'a, T> {
    /// A, rows of `terms`.
    pub a: &'a [T],
    /// B, rows of `width`.
    pub b: &'a [T],
    /// Factor of the product.
    pub factor: T,
    /// S, rows of `width`.
    pub times: SlopeRows<'a, T>,
    /// k.
    pub terms: usize,
    /// n.
    pub width: usize,
}

impl<T: Element> ThinRows<'_, T> {
    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        (self.a.len() / self.terms, self.width)
    }

    /// A piece of a row that begins at `column`, with zeros beyond the row's end; not where it is
    /// `WHOLE`.
    #[inline(always)]
    pub(crate) fn piece<S: Isa<T>, const V: usize, const WHOLE: bool>(
        &self,
        isa: S,
        row: usize,
        column: usize,
    ) -> [S::V; V] {
        let numbers = self.times.numbers;
        isa.prefetch_piece::<V>(numbers, (row + AHEAD_OF_PIECES) * self.width + column);
        let mut sums = [isa.splat(T::ZERO); V];
        let a = &self.a[row * self.terms..][..self.terms];
        for (&x, b) in a.iter().zip(self.b.chunks_exact(self.width)) {
            let (x, b) = (isa.splat(x), isa.load_piece::<V, WHOLE>(&b[column..]));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = isa.fma(x, b, *sum);
            }
        }
        let factor = isa.splat(self.factor);
        let numbers = &numbers[row * self.width..][..self.width];
        let numbers = isa.load_piece::<V, WHOLE>(&numbers[column..]);
        for (sum, numbers) in sums.iter_mut().zip(numbers) {
            *sum = isa.mul(isa.mul(factor, *sum), self.times.lanes(isa, numbers));
        }
        sums
    }
}
