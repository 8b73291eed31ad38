//! Bytes: matrices of pixels turned about, and what of them is not zero.

#[cfg(target_arch = "x86_64")]
use super::x86::bytes as x86;
#[cfg(target_arch = "x86_64")]
use super::{Path, current_path};

/// A hint that these bytes should come to the second-level cache; changes only the time.
pub(crate) fn prefetch_bytes(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    x86::prefetch(bytes);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// Writes the columns in which any of four rows is not zero, ascending, and what all four have
/// there, to the beginning of `columns` and `quads`. Returns how many they are; what comes after
/// them is arbitrary.
///
/// # Panics
/// If the rows, `columns` and `quads` have not all one length.
pub(crate) fn keep_nonzero(rows: [&[u8]; 4], columns: &mut [u32], quads: &mut [[u8; 4]]) -> usize {
    for length in rows.map(<[u8]>::len).into_iter().chain([quads.len()]) {
        assert_eq!(length, columns.len(), "a place for each column");
    }
    #[cfg(target_arch = "x86_64")]
    if current_path() == Path::Avx512 {
        // SAFETY: `current_path` answers with a path the processor has.
        return unsafe { x86::keep_nonzero(rows, columns, quads) };
    }
    keep_nonzero_from(0, 0, rows, columns, quads)
}

/// Goes on at column `first`, where `kept` of those before are written.
pub(super) fn keep_nonzero_from(
    first: usize,
    mut kept: usize,
    [a, b, c, d]: [&[u8]; 4],
    columns: &mut [u32],
    quads: &mut [[u8; 4]],
) -> usize {
    let rows = a.iter().zip(b).zip(c.iter().zip(d)).skip(first);
    for (column, ((&a, &b), (&c, &d))) in (0..).skip(first).zip(rows) {
        let quad = [a, b, c, d];
        // Without a branch, which would be mispredicted at every edge of a stroke.
        columns[kept] = column;
        quads[kept] = quad;
        kept += usize::from(quad != [0; 4]);
    }
    kept
}

/// Side of the squares in which a matrix is turned.
pub(super) const SIDE: usize = 16;

/// Writes a matrix with rows of so many bytes by columns: `to` has the columns as rows.
///
/// # Panics
/// If the rows are not whole, or `to` has another size.
pub(crate) fn transpose_bytes(from: &[u8], columns: usize, to: &mut [u8]) {
    assert_eq!(from.len(), to.len(), "a place for each byte");
    if from.is_empty() {
        return;
    }
    assert_eq!(from.len() % columns, 0, "whole rows");
    let rows = from.len() / columns;
    // Down the columns: their beginnings stay in the first-level cache until lines are read whole.
    for left in (0..columns).step_by(SIDE) {
        for top in (0..rows).step_by(SIDE) {
            #[cfg(target_arch = "x86_64")]
            if top + SIDE <= rows && left + SIDE <= columns {
                let (from, to) = (&from[top * columns + left..], &mut to[left * rows + top..]);
                x86::transpose_square(from, columns, to, rows);
                continue;
            }
            for i in top..rows.min(top + SIDE) {
                for j in left..columns.min(left + SIDE) {
                    to[j * rows + i] = from[i * columns + j];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::simd::{Path, force_path};

    fn byte(at: usize) -> u8 {
        u8::try_from(at * 7919 % 251 + 1).unwrap()
    }

    #[test]
    fn columns_that_are_not_zero_are_kept_on_every_path() {
        for length in [0, 1, 15, 16, 17, 33, 784] {
            for density in [0, 1, 5, 20] {
                let row = |r: usize| -> Vec<u8> {
                    let is_ink = |j| (j * 13 + r * 5) % 20 < density;
                    let pixel = |j| if is_ink(j) { byte(j + r) } else { 0 };
                    (0..length).map(pixel).collect()
                };
                let rows: [Vec<u8>; 4] = std::array::from_fn(row);
                let quad = |j: usize| rows.each_ref().map(|row| row[j]);
                let wanted: Vec<_> = (0..length)
                    .map(|j| (u32::try_from(j).unwrap(), quad(j)))
                    .filter(|(_, quad)| *quad != [0; 4])
                    .collect();
                for path in [Path::Portable, Path::Avx2, Path::Avx512] {
                    let (mut columns, mut quads) = (vec![0; length], vec![[0; 4]; length]);
                    force_path(Some(path));
                    let rows = rows.each_ref().map(Vec::as_slice);
                    let kept = keep_nonzero(rows, &mut columns, &mut quads);
                    force_path(None);
                    let found = columns.into_iter().zip(quads).take(kept);
                    let found: Vec<_> = found.collect();
                    assert_eq!(found, wanted, "{path:?} {length} {density}");
                }
            }
        }
    }

    #[test]
    fn every_byte_comes_to_its_place() {
        for (rows, columns) in [(0, 3), (1, 1), (16, 16), (17, 40), (33, 31), (5, 100)] {
            let from: Vec<u8> = (0..rows * columns).map(byte).collect();
            let mut to = vec![0; from.len()];
            transpose_bytes(&from, columns, &mut to);
            for i in 0..rows {
                for j in 0..columns {
                    assert_eq!(to[j * rows + i], from[i * columns + j], "{rows} {columns}");
                }
            }
        }
    }
}
