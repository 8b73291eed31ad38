//! Bytes turned about, and what of them is not zero.

use falign_kernels::simd::{Path, force_path, keep_nonzero, transpose_bytes};

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
