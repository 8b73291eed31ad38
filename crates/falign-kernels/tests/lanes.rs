//! Operations across lanes, on every path against its definition.

use falign_kernels::simd::{Element, Isa, Kernel, Path, dispatch, force_path, sum_by_halves};

const SPECIAL: [f64; 8] = [
    0.0,
    -0.0,
    1e-40,
    -1e-40,
    f64::NAN,
    -f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

struct Across<'a, T: Element>(&'a [T::Block]);

impl<T: Element> Kernel<T> for Across<'_, T> {
    type Output = (Vec<u64>, T::Block);
    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) -> Self::Output {
        let mut positive = Vec::new();
        for block in self.0 {
            positive.push(isa.positive(isa.load(block)));
        }
        let mut sums = T::ZERO_BLOCK;
        isa.store(isa.lane_sums(self.0), &mut sums);
        (positive, sums)
    }
}

/// Test blocks: as many vectors as lanes.
fn blocks<T: Element>(value: impl Fn(usize) -> f64) -> Vec<T::Block> {
    let lanes: Vec<T> = (0..T::LANES * T::LANES)
        .map(|at| T::from_f64(value(at)))
        .collect();
    lanes.chunks(T::LANES).map(T::read).collect()
}

fn check_positive<T: Element>(path: Path) {
    let blocks = blocks::<T>(|at| SPECIAL[(at + at / T::LANES) % SPECIAL.len()]);
    let (positive, _) = dispatch::<T, _>(Across(&blocks));
    for (bits, block) in positive.into_iter().zip(&blocks) {
        for (l, lane) in T::lanes(block).iter().enumerate() {
            let lane = lane.to_f64();
            let expected = lane > 0.0 || lane.is_nan();
            assert_eq!(bits >> l & 1 == 1, expected, "{path:?} lane {l}: {lane}");
        }
        assert_eq!(bits >> (T::LANES - 1) >> 1, 0, "{path:?}: bits of no lane");
    }
}

fn check_sums<T: Element>(path: Path) {
    // Of such different sizes that another order of sums gives other bits.
    let value = |at: usize| (1.0 + at as f64).sin() * 10.0_f64.powf((at * 7 % 11) as f64 - 5.0);
    let blocks = blocks::<T>(value);
    let (_, sums) = dispatch::<T, _>(Across(&blocks));
    let mut orders_that_differ = 0;
    for (sum, block) in T::lanes(&sums).iter().zip(&blocks) {
        let expected = sum_by_halves(T::lanes_mut(&mut { *block }));
        assert!(
            sum.to_f64().total_cmp(&expected.to_f64()).is_eq(),
            "{path:?}"
        );
        let in_order = T::lanes(block).iter().fold(T::ZERO, |sum, &x| sum + x);
        orders_that_differ += usize::from(in_order.to_f64().total_cmp(&sum.to_f64()).is_ne());
    }
    assert!(orders_that_differ > 0, "numbers that tell orders apart");
}

#[test]
fn gates_and_lane_sums_are_their_definitions_on_every_path() {
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        check_positive::<f32>(path);
        check_positive::<f64>(path);
        check_sums::<f32>(path);
        check_sums::<f64>(path);
    }
    force_path(None);
}

#[test]
fn halves_are_added_to_halves() {
    // (1e16 - 1e16) + (1 + 1); in order the first 1 would be lost.
    let mut lanes = [1e16, 1.0, -1e16, 1.0_f64];
    assert!((sum_by_halves(&mut lanes) - 2.0).abs() < f64::MIN_POSITIVE);
    assert!((sum_by_halves(&mut [2.5]) - 2.5_f64).abs() < f64::MIN_POSITIVE);
}
