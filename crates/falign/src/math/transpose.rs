//! Transposition of a part of a matrix.

use std::array;

/// Rows and columns of a tile: its lines stay in the first-level cache, and its loops are unrolled.
const SIDE: usize = 8;

/// Writes `to[j, i] = from[i, j]` for each of so many rows and columns; rows of both lie as far apart as said.
///
/// # Panics
/// If one of them is too short.
pub(crate) fn transpose<U: Copy>(
    (from, from_row): (&[U], usize),
    [rows, columns]: [usize; 2],
    (to, to_row): (&mut [U], usize),
) {
    const WITHIN: &str = "a tile within the matrix";
    for i in (0..rows).step_by(SIDE) {
        for j in (0..columns).step_by(SIDE) {
            if i + SIDE > rows || j + SIDE > columns {
                for i in i..rows.min(i + SIDE) {
                    for j in j..columns.min(j + SIDE) {
                        to[j * to_row + i] = from[i * from_row + j];
                    }
                }
                continue;
            }
            let tile: [&[U; SIDE]; SIDE] = array::from_fn(|row| {
                from[(i + row) * from_row + j..]
                    .first_chunk()
                    .expect(WITHIN)
            });
            for column in 0..SIDE {
                let to: &mut [U; SIDE] = to[(j + column) * to_row + i..]
                    .first_chunk_mut()
                    .expect(WITHIN);
                *to = array::from_fn(|row| tile[row][column]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns_and_nothing_else_is_written() {
        for [rows, columns] in [[1, 1], [8, 8], [7, 19], [24, 9], [17, 16]] {
            let (from_row, to_row) = (columns + 2, rows + 3);
            let from: Vec<usize> = (0..rows * from_row).collect();
            let mut to = vec![usize::MAX; columns * to_row];
            transpose((&from, from_row), [rows, columns], (&mut to, to_row));
            for (at, &found) in to.iter().enumerate() {
                let (j, i) = (at / to_row, at % to_row);
                let expected = if i < rows {
                    i * from_row + j
                } else {
                    usize::MAX
                };
                assert_eq!(found, expected, "{rows} x {columns}: ({i}, {j})");
            }
        }
    }
}
