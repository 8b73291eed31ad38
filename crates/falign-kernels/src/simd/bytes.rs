//! Bytes: matrices of pixels turned about, and what of them is not zero.

#[cfg(target_arch = "x86_64")]
use super::x86::bytes as x86;
#[cfg(target_arch = "x86_64")]
use super::{Path, current_path};

/// A hint that these bytes should come to the second-level cache; changes only the time.
pub fn prefetch_bytes(bytes: &[u8]) {
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
pub fn keep_nonzero(rows: [&[u8]; 4], columns: &mut [u32], quads: &mut [[u8; 4]]) -> usize {
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
pub fn transpose_bytes(from: &[u8], columns: usize, to: &mut [u8]) {
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
