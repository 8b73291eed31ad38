//! Products of bfloat16 matrices, summed in single precision: by the tiles of AMX where the
//! processor has them, else by vectors.
//!
//! A bfloat16 is the upper half of an `f32`: its exponent, and 8 bits of mantissa. Both ways sum
//! in the same order: of each 32 numbers of a row the even and the odd ones apart, by fused
//! multiply-adds, then both together, then onto what was there. They differ only where sums
//! leave the normal numbers, which AMX takes for 0.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
mod vectors;

use super::{Isa, Kernel};

/// Rows and columns of what is made together, and numbers of a row that are summed together.
pub(crate) const TILE: usize = 32;

/// Rows of bfloat16, as many and as long as whole tiles need: zeros beyond what was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct HalfMatrix {
    /// Numbers of a row.
    length: usize,
    values: Vec<u16>,
}

impl HalfMatrix {
    /// Zeros, of at least these sizes. Nothing is allocated if there was as much before.
    pub(crate) fn clear(&mut self, rows: usize, columns: usize) {
        self.length = columns.next_multiple_of(TILE);
        self.values.clear();
        self.values
            .resize(rows.next_multiple_of(TILE) * self.length, 0);
    }

    /// Rows, with those that fill the last tile.
    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.length.max(1)
    }

    /// Numbers of a row, with those that fill its last tile.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// All rows, one after the other.
    pub(crate) fn values_mut(&mut self) -> &mut [u16] {
        &mut self.values
    }
}

/// Two rows of a factor, number by number: the first in the lower half.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Pairs(pub(crate) [u32; TILE]);

impl Pairs {
    pub(crate) const ZERO: Self = Self([0; TILE]);

    /// Both rows, rounded.
    #[inline(always)]
    pub(crate) fn of(first: &[f32; TILE], second: &[f32; TILE]) -> Self {
        let mut pairs = Self::ZERO;
        // (Plain words of 32 bits, which become vectors.)
        for u in 0..TILE {
            pairs.0[u] = bits(first[u]) | bits(second[u]) << 16;
        }
        pairs
    }
}

/// A row of sums.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Sums(pub(crate) [f32; TILE]);

impl Sums {
    pub(crate) const ZERO: Self = Self([0.0; TILE]);
}

/// Pixels as numbers, which is exact.
pub(crate) fn of_pixels(pixels: &[u8], halves: &mut [u16]) {
    super::dispatch::<f32, _>(OfPixels(pixels, halves));
}

struct OfPixels<'a>(&'a [u8], &'a mut [u16]);

impl Kernel<f32> for OfPixels<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "sixteen bits are left")]
    fn run<S: Isa<f32>>(self, _: S) {
        for (half, &pixel) in self.1.iter_mut().zip(self.0) {
            *half = (f32::from(pixel).to_bits() >> 16) as u16;
        }
    }
}

/// The nearest bfloat16, in the lower bits; ties to even, 0 for what is below the normal numbers.
#[inline(always)]
fn bits(x: f32) -> u32 {
    let whole = x.to_bits();
    let rounded = whole.wrapping_add(0x7fff + (whole >> 16 & 1)) >> 16;
    // Rounding could carry a NaN into an infinity.
    let rounded = if x.is_nan() {
        whole >> 16 | 0x40
    } else {
        rounded
    };
    if rounded & 0x7f80 == 0 {
        rounded & 0x8000
    } else {
        rounded
    }
}

/// C := A B, for panels of [`TILE`] columns of B, its rows in pairs: all pairs of the first panel,
/// then those of the next, and likewise all rows of C.
///
/// # Panics
/// If the panels of B do not have the rows that A's columns ask for, or those of C the rows of A.
pub(crate) fn panels(a: &HalfMatrix, b: &[Pairs], c: &mut [Sums]) {
    let count = 2 * b.len() / a.length.max(1);
    assert_eq!(2 * b.len(), count * a.length, "rows of the second factor");
    assert_eq!(c.len(), count * a.rows(), "rows of the product");
    if c.is_empty() {
        return;
    }
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    if super::current_path() == super::Path::Avx512
        && let Some(tiles) = amx::Tiles::permitted()
    {
        tiles.panels(a, b, c);
        return;
    }
    let (pairs, rows) = (a.length / 2, a.rows());
    for (b, c) in b.chunks_exact(pairs).zip(c.chunks_exact_mut(rows)) {
        vectors::panel(a, b, c);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Path, force_path};
    use super::*;

    fn half(x: f32) -> u16 {
        u16::try_from(bits(x)).unwrap()
    }

    fn number(half: u16) -> f32 {
        f32::from_bits(u32::from(half) << 16)
    }

    #[test]
    fn pixels_are_their_numbers() {
        let pixels: Vec<u8> = (0..=u8::MAX).collect();
        let mut halves = vec![0; pixels.len()];
        of_pixels(&pixels, &mut halves);
        for (pixel, found) in pixels.into_iter().zip(halves) {
            assert_eq!(found, half(f32::from(pixel)), "{pixel}");
        }
    }

    #[test]
    fn a_half_is_the_nearest() {
        for (x, nearest) in [
            (1.0, 1.0),
            (255.0, 255.0),
            (1.003, 1.0),
            // Half-way between 1 and 1 + 2^-7: to even.
            (1.0 + 1.0 / 256.0, 1.0),
            (1.0 + 3.0 / 256.0, 1.0 + 2.0 / 128.0),
            (-3.3, -3.296_875),
            (1e-39, 0.0),
            (f32::MAX, f32::INFINITY),
            (f32::NEG_INFINITY, f32::NEG_INFINITY),
        ] {
            assert_eq!(number(half(x)).to_bits(), f32::to_bits(nearest), "{x}");
        }
        assert!(number(half(f32::NAN)).is_nan());
        assert!(number(half(f32::from_bits(0x7fff_ffff))).is_nan());
    }

    /// The product of 40 x 70 and 70 x 64 numbers by plain sums, and on a path.
    fn product(path: Option<Path>) -> (Vec<f64>, Vec<f32>) {
        const PANELS: usize = 2;
        let wave = |i: usize, f: f32| f32::sin(f * i as f32);
        let (rows, columns) = (40, 70);
        let mut a = HalfMatrix::default();
        a.clear(rows, columns);
        let length = a.length();
        for i in 0..rows {
            for j in 0..columns {
                a.values_mut()[i * length + j] = half(wave(i * columns + j, 0.7));
            }
        }
        let entry = |j: usize, u: usize| half(wave(j * PANELS * TILE + u, 1.3));
        let mut b = vec![Pairs::ZERO; PANELS * length / 2];
        for (panel, b) in b.chunks_mut(length / 2).enumerate() {
            for j in 0..columns {
                for (u, pair) in b[j / 2].0.iter_mut().enumerate() {
                    *pair |= u32::from(entry(j, panel * TILE + u)) << (16 * (j % 2));
                }
            }
        }
        let mut c = vec![Sums::ZERO; PANELS * a.rows()];
        force_path(path);
        panels(&a, &b, &mut c);
        force_path(None);
        let plain = (0..PANELS * rows * TILE).map(|at| {
            let (i, u) = (at / TILE % rows, at / TILE / rows * TILE + at % TILE);
            let term = |j: usize| {
                f64::from(number(a.values[i * length + j])) * f64::from(number(entry(j, u)))
            };
            (0..columns).map(term).sum()
        });
        let plain = plain.collect();
        let found = c.chunks(a.rows()).flat_map(|c| &c[..rows]);
        (plain, found.flat_map(|row| row.0).collect())
    }

    #[test]
    fn products_are_plain_sums_and_the_same_bits_on_every_path() {
        let (plain, best) = product(None);
        for (x, y) in plain.iter().zip(&best) {
            assert!((x - f64::from(*y)).abs() < 1e-5, "{x} {y}");
        }
        for path in [Path::Portable, Path::Avx2] {
            let other = product(Some(path)).1;
            assert!(
                best.iter()
                    .zip(&other)
                    .all(|(x, y)| x.to_bits() == y.to_bits())
            );
        }
    }
}
