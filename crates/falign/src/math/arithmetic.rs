//! Processor, on which the bits of dense products depend besides the numbers.

use std::sync::OnceLock;

use ndarray::{Array2, ArrayView2};

use super::gemm::multiply;
use super::simd::{Element, best_path};
use crate::file::sha256;

/// Products (m, n, k) that take every way of the library: sums along lanes, one column, one row, few
/// terms, small ones, and large ones that are cut into chains whose length depends on the first-level
/// cache. More terms than any of these chains has.
const PROBES: [(usize, usize, usize); 7] = [
    (9, 11, 700),
    (70, 1, 600),
    (1, 70, 600),
    (70, 65, 2),
    (40, 50, 1500),
    (65, 66, 6000),
    (66, 30, 20_000),
];

/// Digits of the digest.
const DIGITS: usize = 8;

/// How this machine rounds products of matrices: its instruction set, and a digest of some products,
/// `avx512 1b2c3d4e`. Machines of one text give the same bits for all products; how long sums are
/// chains depends on the instruction set and on the first-level cache. Found once, within some
/// hundredths of a second.
pub fn arithmetic() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut bytes = Vec::new();
        for probe in PROBES {
            include::<f64>(probe, &mut bytes);
            include::<f32>(probe, &mut bytes);
        }
        let digest = &sha256(&bytes)[..DIGITS];
        format!("{} {digest}", best_path().name())
    })
}

/// Adds the bits of A B, of A B' and of A'' B with the factors in either order of memory.
fn include<T: Element>((m, n, k): (usize, usize, usize), bytes: &mut Vec<u8>) {
    let a = filled::<T>(m, k, 1);
    let b = filled::<T>(k, n, 2);
    let (a_columns, b_columns) = (in_columns(&a), in_columns(&b));
    let mut add = |a: &ArrayView2<'_, T>, b: &ArrayView2<'_, T>| {
        let mut c = Array2::from_elem((m, n), T::ZERO);
        multiply(T::ZERO, &mut c.view_mut(), T::from_f64(1.0), a, b);
        for x in &c {
            bytes.extend_from_slice(&x.to_f64().to_bits().to_le_bytes());
        }
    };
    add(&a.view(), &b.view());
    add(&a.view(), &b_columns.t());
    add(&a_columns.t(), &b.view());
}

/// The transposed matrix, so that its own transpose is the matrix in the order of columns.
fn in_columns<T: Element>(matrix: &Array2<T>) -> Array2<T> {
    matrix.t().as_standard_layout().into_owned()
}

/// Numbers in (-1/2, 1/2) that no sum of has a short fraction.
fn filled<T: Element>(rows: usize, columns: usize, seed: u64) -> Array2<T> {
    let mut x = seed;
    Array2::from_shape_simple_fn((rows, columns), || {
        x = x
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        T::from_f64((x >> 11) as f64 / (1_u64 << 53) as f64 - 0.5)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_instruction_set_with_a_digest_that_is_always_the_same() {
        let (name, digest) = arithmetic().split_once(' ').unwrap();
        assert_eq!(name, best_path().name());
        assert!(digest.len() == DIGITS && digest.bytes().all(|b| b.is_ascii_hexdigit()));
        let again = |probe| {
            let mut bytes = Vec::new();
            include::<f64>(probe, &mut bytes);
            bytes
        };
        for probe in PROBES {
            assert_eq!(again(probe), again(probe));
        }
    }

    /// A sum that is cut in another place has other bits: the digest would tell.
    #[test]
    fn a_cut_of_the_longest_probe_changes_bits() {
        let (m, n, k) = PROBES[PROBES.len() - 1];
        let (a, b) = (filled::<f64>(m, k, 1), filled::<f64>(k, n, 2));
        let sums = |cut: usize| {
            let mut c = Array2::zeros((m, n));
            for part in [0..cut, cut..k] {
                let a = a.slice(ndarray::s![.., part.clone()]);
                let b = b.slice(ndarray::s![part, ..]);
                multiply(1.0, &mut c.view_mut(), 1.0, &a, &b);
            }
            c
        };
        assert_ne!(sums(300), sums(700));
    }
}
