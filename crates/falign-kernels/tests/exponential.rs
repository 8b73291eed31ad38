//! The exponential of many numbers against `libm`.

use falign_kernels::exponentials;
use falign_kernels::simd::{Path, force_path};

/// Least argument: below it the result is no normal number, or zero.
const LOWEST: f64 = -708.0;

/// Numbers about which `libm` decides something, and their neighbours.
fn edges() -> impl Iterator<Item = f64> {
    let half_ln2 = 0.5 * std::f64::consts::LN_2;
    let halves = (0..2060_u32).map(move |k| f64::from(k) * half_ln2);
    let powers = (0..1074).map(|e| libm::exp2(-f64::from(e)));
    let limits = [0x3fd6_2e42_u64, 0x3ff0_a2b2, 0x3e30_0000, 0x4086_232b];
    let limits = limits.map(|high| [f64::from_bits(high << 32), f64::from_bits((high + 1) << 32)]);
    let limits = limits
        .into_iter()
        .flatten()
        .chain([-LOWEST, 0.0, 745.2, 1e300]);
    let all = halves.chain(powers).chain(limits).chain([f64::INFINITY]);
    all.flat_map(|x| [x, x.next_up(), x.next_down().max(0.0)].map(|x| -x))
}

#[test]
fn every_bit_is_that_of_libm_on_every_path() {
    let mut uniform = crate::uniform(5);
    let mut x: Vec<f64> = edges().collect();
    for scale in [1e-9, 1e-3, 0.3, 1.0, 20.0, 700.0, 760.0] {
        x.extend((0..200_000).map(|_| -scale * uniform()));
    }
    x.push(f64::NAN);
    let wanted: Vec<u64> = x.iter().map(|&x| libm::exp(x).to_bits()).collect();
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        let mut found = vec![0.0; x.len()];
        exponentials(&x, &mut found);
        force_path(None);
        for ((&x, &wanted), found) in x.iter().zip(&wanted).zip(found) {
            let found = found.to_bits();
            assert_eq!(found, wanted, "{path:?}: exp({x:e})");
        }
    }
}
