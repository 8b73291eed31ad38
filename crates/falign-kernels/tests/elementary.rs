//! Every function over its whole range against libm in double precision.

use falign_kernels::simd::{
    Element, Isa, Kernel, Path, dispatch, erf, exp_of_minus_square, force_path, sigmoid, softplus,
    tanh,
};

/// Tolerance in units in the last place; measured (`-- --nocapture` prints it) at most 3.1.
const TOLERANCE: f64 = 4.0;

/// A vector function by name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Function {
    Tanh,
    Sigmoid,
    Softplus,
    Erf,
    ExpOfMinusSquare,
}

use Function::{Erf, ExpOfMinusSquare, Sigmoid, Softplus, Tanh};

impl Function {
    const ALL: [Self; 5] = [Tanh, Sigmoid, Softplus, Erf, ExpOfMinusSquare];

    fn exact(self, x: f64) -> f64 {
        match self {
            Tanh => libm::tanh(x),
            Sigmoid if x < 0.0 => libm::exp(x) / (1.0 + libm::exp(x)),
            Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
            Softplus => x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
            Erf => libm::erf(x),
            ExpOfMinusSquare => exp_of_exact_square(x),
        }
    }

    /// |x| from which nothing is claimed: exp(-|x|) or exp(-x^2) is no longer a normal number.
    fn limit<T: Element>(self) -> f64 {
        let limit = T::EXP_LIMIT.to_f64();
        match self {
            Tanh | Erf => f64::MAX,
            Sigmoid | Softplus => limit,
            ExpOfMinusSquare => 0.998 * limit.sqrt(),
        }
    }
}

/// exp(-x^2), with the error of the rounded square made good.
fn exp_of_exact_square(x: f64) -> f64 {
    let square = x * x;
    libm::exp(-square) * (1.0 - falign_kernels::fused(x, x, -square))
}

struct Map<'a, T: Element> {
    blocks: &'a mut [T::Block],
    function: Function,
}

impl<T: Element> Kernel<T> for Map<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa<T>>(self, isa: S) {
        for block in self.blocks {
            let x = isa.load(block);
            let value = match self.function {
                Tanh => tanh::<T, S>(isa, x),
                Sigmoid => sigmoid::<T, S>(isa, x),
                Softplus => softplus::<T, S>(isa, x),
                Erf => erf::<T, S>(isa, x),
                ExpOfMinusSquare => exp_of_minus_square::<T, S>(isa, x),
            };
            isa.store(value, block);
        }
    }
}

fn map<T: Element>(function: Function, values: &[T]) -> Vec<T> {
    let mut blocks: Vec<T::Block> = values.chunks(T::LANES).map(T::read).collect();
    dispatch(Map::<T> {
        blocks: &mut blocks,
        function,
    });
    let lanes = blocks.iter().flat_map(|block| T::lanes(block).to_vec());
    lanes.take(values.len()).collect()
}

/// Arguments of both signs with magnitudes from 1e-30 to 1000, denser where functions bend.
fn arguments<T: Element>() -> Vec<T> {
    let small = (0..20_000).map(|i| 1e-30 * 1.004_f64.powi(i));
    let usual = (0..100_000).map(|i| f64::from(i) * 1.234_567e-4);
    small
        .chain(usual)
        .take_while(|x| x.is_finite())
        .filter(|x| *x < 1000.0)
        .flat_map(|x| [T::from_f64(x), T::from_f64(-x)])
        .collect()
}

/// The largest error in units in the last place, and where.
fn worst<T: Element>(function: Function) -> (f64, f64) {
    let x = arguments::<T>();
    let mut worst = (0.0, 0.0);
    for (x, value) in x.iter().zip(map(function, &x)) {
        let x = x.to_f64();
        if x.abs() >= function.limit::<T>() {
            continue;
        }
        let exact = function.exact(x);
        let epsilon = 0.5_f64.powi(T::MANTISSA_BITS.cast_signed());
        #[allow(clippy::cast_possible_truncation, reason = "an exponent")]
        let ulp = epsilon * 2.0_f64.powi(exact.abs().log2().floor() as i32);
        let error = (value.to_f64() - exact).abs() / ulp;
        let is_worse = error > worst.0 || error.is_nan();
        if exact.abs() > 0.0 && is_worse {
            worst = (error, x);
        }
    }
    worst
}

fn check<T: Element>(path: Path, function: Function) {
    let precision = std::any::type_name::<T>();
    let (error, x) = worst::<T>(function);
    println!("{path:?} {precision} {function:?}: {error:.2} ulp, at {x:e}");
    assert!(
        error < TOLERANCE,
        "{path:?} {precision} {function:?} {error} at {x:e}"
    );
    let special = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        1000.0,
        -1000.0,
    ];
    let values = map(function, &special.map(T::from_f64));
    assert!(
        values[0].to_f64().is_nan(),
        "{path:?} {function:?}: NaN is lost"
    );
    let ends = match function {
        Tanh | Erf => [1.0, -1.0, 0.0, 1.0, -1.0],
        Sigmoid => [1.0, 0.0, 0.5, 1.0, 0.0],
        Softplus => [f64::INFINITY, 0.0, std::f64::consts::LN_2, 1000.0, 0.0],
        ExpOfMinusSquare => [0.0, 0.0, 1.0, 0.0, 0.0],
    };
    for ((value, end), x) in values[1..].iter().zip(ends).zip(&special[1..]) {
        // Beyond the limit of exponentials the smallest normal number stands for zero. Only
        // log 2 is not a number that comes out exactly.
        let is_rounded = x.abs() < 1.0 && function == Softplus;
        let allowed = if is_rounded { 1e-6 } else { 1e-37 };
        let value = value.to_f64();
        assert!(
            value.total_cmp(&end).is_eq() || (value - end).abs() < allowed,
            "{path:?} {function:?} {x}: {value:?}"
        );
    }
}

#[test]
fn vector_functions_are_accurate_over_their_whole_range_on_every_path() {
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        for function in Function::ALL {
            check::<f64>(path, function);
            check::<f32>(path, function);
        }
    }
    force_path(None);
}
