//! Vectors of hidden units in the lanes: the only room with `unsafe`.
//!
//! A *virtual vector* is always 64 bytes (16 `f32` or 8 `f64`), whatever the processor has:
//! one AVX-512 register, two of AVX2, four of NEON, or a plain array. Every operation is an IEEE
//! operation per lane with explicit fused multiply-adds, so kernels give the same bits on
//! every path. A kernel is written once against [`Isa`] and run through [`dispatch`], which
//! chooses the path at run time; holding a token of an instruction set proves that the
//! processor has it.

#![allow(
    unsafe_code,
    reason = "the one room for instruction sets; see SAFETY lines"
)]
#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

pub mod activation;
mod bytes;
mod coefficients;
mod elementary;
mod fused;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod vectors;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::Scalar;
use crate::entries::Entries;
pub use bytes::{keep_nonzero, prefetch_bytes, transpose_bytes};
pub use coefficients::Coefficients;
pub use elementary::{
    erf, exp_of_minus_square, expm1_of_minus_magnitude, normal_law, sigmoid, softplus, tanh,
};
pub(crate) use elementary::{exp_for_tanh, exp_of_minus_magnitude, sigmoid_from, tanh_from};
pub use fused::{fused, fused_single};
pub(crate) use vectors::Vectors;

/// A scalar with its virtual vector in memory. Sealed, as [`Scalar`] is: `f32` and `f64`.
pub trait Element: Scalar + Coefficients + Entries {
    /// 64 bytes of lanes in memory, aligned to 64.
    type Block: Copy + Send + Sync + std::fmt::Debug + 'static;
    /// Lanes in a block.
    const LANES: usize;
    /// Bits of the stored mantissa.
    const MANTISSA_BITS: u32;
    /// A block of zeros.
    const ZERO_BLOCK: Self::Block;
    /// The lanes.
    fn lanes(block: &Self::Block) -> &[Self];
    /// The lanes.
    fn lanes_mut(block: &mut Self::Block) -> &mut [Self];
    /// A block of the first values, with zeros where there are fewer than lanes.
    fn read(values: &[Self]) -> Self::Block;
    /// The first lanes into `out`, as far as it goes.
    fn write(block: &Self::Block, out: &mut [Self]);
    /// Runs a kernel on a path, or on the portable one where the processor lacks it.
    ///
    /// # Panics
    /// If the kernel is not [made](Kernel::PATHS) for the path.
    fn dispatch_on<K: Kernel<Self>>(path: Path, kernel: K) -> K::Output;
}

/// Arithmetic on virtual vectors, or on several at once.
pub trait Lanes<T: Element>: Copy {
    /// A virtual vector in registers.
    type V: Copy;
    /// Whether vectors are arrays, and operations calls.
    const ARE_ARRAYS: bool = false;
    /// A vector of equal lanes.
    fn splat(self, x: T) -> Self::V;
    /// a + b.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a - b.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a b.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b.
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// a b + c, rounded once.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// c - a b, rounded once.
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `limit` where it is below u, else u (NaN in u passes through).
    fn min_passing(self, limit: Self::V, u: Self::V) -> Self::V;
    /// `limit` where it is above u, else u (NaN in u passes through).
    fn max_passing(self, limit: Self::V, u: Self::V) -> Self::V;
    /// `low` where z <= 0, else `high` (NaN in z chooses `high`).
    fn select_nonpositive(self, z: Self::V, low: Self::V, high: Self::V) -> Self::V;
    /// |a|.
    fn abs(self, a: Self::V) -> Self::V;
    /// The magnitude of a with the sign of b (a >= 0).
    fn with_sign(self, a: Self::V, b: Self::V) -> Self::V;
    /// `of` each lane; not compiled for the instruction set.
    fn map(self, a: Self::V, of: impl Fn(T) -> T) -> Self::V;
    /// 2^k, where `rounded` = k + `T::ROUND`: its low bits are the exponent.
    fn power_of_two(self, rounded: Self::V) -> Self::V;
}

/// An instruction set: arithmetic on virtual vectors, and their way from and to memory.
pub trait Isa<T: Element>: Lanes<T> {
    /// Path of the instruction set.
    const PATH: Path;
    /// Runs a part of a kernel in a separate function: kernels that share it share its code.
    fn apart<K: Kernel<T>>(self, kernel: K) -> K::Output;
    /// Loads from memory.
    fn load(self, block: &T::Block) -> Self::V;
    /// Stores to memory.
    fn store(self, v: Self::V, block: &mut T::Block);
    /// Loads the first values; zeros where there are fewer than lanes.
    #[inline(always)]
    fn load_from(self, values: &[T]) -> Self::V {
        self.load(&T::read(values))
    }
    /// The first lanes to `out`, as far as it goes.
    #[inline(always)]
    fn store_to(self, v: Self::V, out: &mut [T]) {
        let mut block = T::ZERO_BLOCK;
        self.store(v, &mut block);
        T::write(&block, out);
    }
    /// `V` vectors from the first values. Where it is not `WHOLE` there may be fewer, and zeros in
    /// their place. (Both in one would keep vectors in memory.)
    ///
    /// # Panics
    /// If it is `WHOLE` and there are fewer.
    #[inline(always)]
    fn load_piece<const V: usize, const WHOLE: bool>(self, values: &[T]) -> [Self::V; V] {
        let mut piece = [self.splat(T::ZERO); V];
        let values = if WHOLE {
            &values[..V * T::LANES]
        } else {
            values
        };
        for (v, vector) in piece.iter_mut().enumerate() {
            *vector = if WHOLE {
                self.load_from(&values[v * T::LANES..][..T::LANES])
            } else {
                self.load_from(values.get(v * T::LANES..).unwrap_or(&[]))
            };
        }
        piece
    }
    /// [`prefetch`](Self::prefetch) of `V` vectors that begin at this place, if they are there.
    #[inline(always)]
    fn prefetch_piece<const V: usize>(self, values: &[T], start: usize) {
        if let Some(ahead) = values.get(start..start + V * T::LANES) {
            for x in ahead.iter().step_by(T::LANES) {
                self.prefetch(x);
            }
        }
    }
    /// Bit l is set where lane l is not <= 0 (so that NaN counts as positive).
    #[inline(always)]
    fn positive(self, z: Self::V) -> u64 {
        let mut block = T::ZERO_BLOCK;
        self.store(z, &mut block);
        let lanes = T::lanes(&block).iter().enumerate();
        #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "NaN counts as positive")]
        lanes.fold(0, |bits, (l, &lane)| {
            bits | u64::from(!(lane <= T::ZERO)) << l
        })
    }
    /// Lane l is the sum of the lanes of vector l, by halves: as many vectors as lanes.
    #[inline(always)]
    fn lane_sums(self, vectors: &[T::Block]) -> Self::V {
        let mut sums = T::ZERO_BLOCK;
        for (sum, vector) in T::lanes_mut(&mut sums).iter_mut().zip(vectors) {
            *sum = sum_by_halves(T::lanes_mut(&mut { *vector }));
        }
        self.load(&sums)
    }
    /// A hint that this place should come to the second-level cache; changes only the time.
    fn prefetch(self, _at: &T) {}
}

/// The sum of as many numbers as a power of two, by one fixed tree: the second half is added to the
/// first, as vectors can, until one number is left. The others are used up.
#[inline(always)]
pub fn sum_by_halves<X: Copy + AddAssign>(lanes: &mut [X]) -> X {
    let mut width = lanes.len() / 2;
    while width > 0 {
        for l in 0..width {
            let other = lanes[l + width];
            lanes[l] += other;
        }
        width /= 2;
    }
    lanes[0]
}

/// A kernel written against any instruction set.
pub trait Kernel<T: Element> {
    /// Result of the kernel.
    type Output;
    /// Paths on which it is ever run: it is compiled for no other.
    const PATHS: Paths = Paths::All;
    /// The kernel's body; must be `#[inline(always)]` to be compiled for the path.
    fn run<S: Isa<T>>(self, isa: S) -> Self::Output;
}

/// An instruction-set path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Arrays, and [`fused()`] for each number.
    Portable = 0,
    /// AVX2 with FMA.
    Avx2 = 1,
    /// AVX-512 F and DQ.
    Avx512 = 2,
    /// NEON of 64-bit ARM.
    Neon = 3,
}

impl Path {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// Virtual vectors that its registers hold.
    pub const fn registers(self) -> usize {
        match self {
            Self::Avx512 => 32,
            Self::Portable | Self::Avx2 | Self::Neon => 8,
        }
    }
}

/// Paths that a kernel is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// The paths of all processors.
    All,
    /// AVX-512, which has many registers.
    Wide,
    /// Paths other than AVX-512.
    Narrow,
}

const UNSET: u8 = u8::MAX;
static FORCED: AtomicU8 = AtomicU8::new(UNSET);

/// The best path of this processor.
pub fn best_path() -> Path {
    #[cfg(target_arch = "x86_64")]
    {
        if x86::has_avx512() {
            return Path::Avx512;
        }
        if x86::has_avx2() {
            return Path::Avx2;
        }
    }
    if cfg!(target_arch = "aarch64") {
        return Path::Neon;
    }
    Path::Portable
}

/// Extensions of the instruction set that this processor has, of those that paths are made of or that tell it from
/// others, by their usual names.
pub fn extensions() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let all = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512dq", is_x86_feature_detected!("avx512dq")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
        ("avx512vl", is_x86_feature_detected!("avx512vl")),
    ];
    #[cfg(target_arch = "aarch64")]
    let all = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("sve", std::arch::is_aarch64_feature_detected!("sve")),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let all: [(&str, bool); 0] = [];
    let here = all.into_iter().filter(|(_, is_here)| *is_here);
    here.map(|(name, _)| name).collect()
}

/// Paths of this processor, the best one last.
pub fn paths() -> Vec<Path> {
    let all = [Path::Portable, Path::Avx2, Path::Avx512, Path::Neon];
    let best = best_path();
    let is_here = |path: &Path| match path {
        Path::Portable => true,
        // Every processor with the wider vectors has the narrower.
        Path::Avx2 => matches!(best, Path::Avx2 | Path::Avx512),
        Path::Avx512 | Path::Neon => *path == best,
    };
    all.into_iter().filter(is_here).collect()
}

/// Makes all kernels take `path` (or the best one again, for `None`); for tests and
/// benchmarks. A path that the processor lacks is lowered to the best one it has.
pub fn force_path(path: Option<Path>) {
    FORCED.store(path.map_or(UNSET, |p| p as u8), Ordering::Relaxed);
}

/// The path that kernels take now.
pub fn current_path() -> Path {
    let best = best_path();
    match FORCED.load(Ordering::Relaxed) {
        0 => Path::Portable,
        1 if best == Path::Avx512 => Path::Avx2,
        _ => best,
    }
}

macro_rules! element {
    ($t:ty, $block:ident, $lanes:literal, $mantissa:literal) => {
        /// 64 bytes of lanes.
        #[derive(Debug, Clone, Copy)]
        #[repr(C, align(64))]
        pub struct $block(pub(crate) [$t; $lanes]);

        impl Element for $t {
            type Block = $block;
            const LANES: usize = $lanes;
            const MANTISSA_BITS: u32 = $mantissa;
            const ZERO_BLOCK: $block = $block([0.0; $lanes]);
            #[inline(always)]
            fn lanes(block: &$block) -> &[Self] {
                &block.0
            }
            #[inline(always)]
            fn lanes_mut(block: &mut $block) -> &mut [Self] {
                &mut block.0
            }
            #[inline(always)]
            fn read(values: &[Self]) -> $block {
                // An array's length is known: one move. The rest is rare.
                if let Some(lanes) = values.first_chunk() {
                    return $block(*lanes);
                }
                let mut block = Self::ZERO_BLOCK;
                for (lane, value) in block.0.iter_mut().zip(values) {
                    *lane = *value;
                }
                block
            }
            #[inline(always)]
            fn write(block: &$block, out: &mut [Self]) {
                if let Some(lanes) = out.first_chunk_mut() {
                    *lanes = block.0;
                    return;
                }
                for (out, lane) in out.iter_mut().zip(&block.0) {
                    *out = *lane;
                }
            }
            fn dispatch_on<K: Kernel<Self>>(path: Path, kernel: K) -> K::Output {
                // Asked of constants, so that a kernel is compiled for no path but its own.
                if path == Path::Avx512 {
                    if const { matches!(K::PATHS, Paths::Narrow) } {
                        unreachable!("a kernel of narrow paths");
                    }
                    #[cfg(target_arch = "x86_64")]
                    if x86::has_avx512() {
                        // SAFETY: the processor has it.
                        return unsafe { x86::run_avx512(kernel) };
                    }
                }
                if const { matches!(K::PATHS, Paths::Wide) } {
                    unreachable!("a kernel of wide paths");
                }
                match path {
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: the processor has it.
                    Path::Avx2 if x86::has_avx2() => unsafe { x86::run_avx2(kernel) },
                    #[cfg(target_arch = "aarch64")]
                    Path::Neon => kernel.run(neon::Neon),
                    _ => kernel.run(portable::Portable),
                }
            }
        }
    };
}

element!(f32, Block32, 16, 23);
element!(f64, Block64, 8, 52);

/// Runs a kernel on the best path of this processor.
pub fn dispatch<T: Element, K: Kernel<T>>(kernel: K) -> K::Output {
    T::dispatch_on(current_path(), kernel)
}
