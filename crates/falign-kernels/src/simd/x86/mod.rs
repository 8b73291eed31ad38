//! AVX-512 and AVX2 paths.
//!
//! SAFETY (whole file): the tokens are built only in `run_avx512` and `run_avx2`, whose
//! callers have checked the features; every intrinsic therefore exists on the processor.
//! Loads and stores go through references to 64-byte blocks of exactly the right size.

#![allow(
    clippy::inline_always,
    reason = "must be compiled for the caller's instruction set"
)]

pub(super) mod bytes;
mod lane_sums;

use std::arch::x86_64::{
    __m256, __m256d, __m512, __m512d, _CMP_LE_OQ, _CMP_NLE_UQ, _MM_HINT_T1, _mm_prefetch,
    _mm256_add_pd, _mm256_add_ps, _mm256_and_pd, _mm256_and_ps, _mm256_andnot_pd, _mm256_andnot_ps,
    _mm256_blendv_pd, _mm256_blendv_ps, _mm256_castpd_si256, _mm256_castps_si256,
    _mm256_castsi256_pd, _mm256_castsi256_ps, _mm256_cmp_pd, _mm256_cmp_ps, _mm256_div_pd,
    _mm256_div_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_fnmadd_pd, _mm256_fnmadd_ps,
    _mm256_load_pd, _mm256_load_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_max_pd, _mm256_max_ps,
    _mm256_min_pd, _mm256_min_ps, _mm256_movemask_pd, _mm256_movemask_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_or_pd, _mm256_or_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_slli_epi32,
    _mm256_slli_epi64, _mm256_store_pd, _mm256_store_ps, _mm256_storeu_pd, _mm256_storeu_ps,
    _mm256_sub_pd, _mm256_sub_ps, _mm512_abs_pd, _mm512_abs_ps, _mm512_add_pd, _mm512_add_ps,
    _mm512_castpd_si512, _mm512_castps_si512, _mm512_castsi512_pd, _mm512_castsi512_ps,
    _mm512_cmp_pd_mask, _mm512_cmp_ps_mask, _mm512_div_pd, _mm512_div_ps, _mm512_fmadd_pd,
    _mm512_fmadd_ps, _mm512_fnmadd_pd, _mm512_fnmadd_ps, _mm512_load_pd, _mm512_load_ps,
    _mm512_loadu_pd, _mm512_loadu_ps, _mm512_mask_blend_pd, _mm512_mask_blend_ps,
    _mm512_mask_storeu_pd, _mm512_mask_storeu_ps, _mm512_maskz_loadu_pd, _mm512_maskz_loadu_ps,
    _mm512_max_pd, _mm512_max_ps, _mm512_min_pd, _mm512_min_ps, _mm512_mul_pd, _mm512_mul_ps,
    _mm512_set1_pd, _mm512_set1_ps, _mm512_slli_epi32, _mm512_slli_epi64, _mm512_store_pd,
    _mm512_store_ps, _mm512_storeu_pd, _mm512_storeu_ps, _mm512_sub_pd, _mm512_sub_ps,
    _mm512_ternarylogic_epi32, _mm512_ternarylogic_epi64,
};

use super::{Block32, Block64, Element, Isa, Kernel, Lanes, Path};

pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && has_avx2()
}

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Proof of AVX-512 F, DQ and VL.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

/// Proof of AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// Runs a kernel compiled for AVX-512.
///
/// # Safety
/// The processor has AVX-512 F, DQ, VL, AVX2 and FMA.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
pub(super) unsafe fn run_avx512<T: Element, K: Kernel<T>>(kernel: K) -> K::Output
where
    Avx512: Isa<T>,
{
    kernel.run(Avx512(()))
}

/// Runs a kernel compiled for AVX2.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run_avx2<T: Element, K: Kernel<T>>(kernel: K) -> K::Output
where
    Avx2: Isa<T>,
{
    kernel.run(Avx2(()))
}

/// [`run_avx512`], never inlined.
///
/// # Safety
/// The processor has AVX-512 F, DQ, VL, AVX2 and FMA.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
unsafe fn apart_avx512<T: Element, K: Kernel<T>>(kernel: K) -> K::Output
where
    Avx512: Isa<T>,
{
    kernel.run(Avx512(()))
}

/// [`run_avx2`], never inlined.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn apart_avx2<T: Element, K: Kernel<T>>(kernel: K) -> K::Output
where
    Avx2: Isa<T>,
{
    kernel.run(Avx2(()))
}

macro_rules! avx512 {
    ($t:ty, $block:ident, $v:ty, $set1:ident, $load:ident, $store:ident, $loadu:ident, $storeu:ident, $loadz:ident,
     $storem:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $fma:ident, $fnma:ident, $min:ident, $max:ident, $cmp:ident, $blend:ident,
     $abs:ident, $ternary:ident, $to_int:ident, $from_int:ident, $sll:ident, $mantissa:literal, $sums:path) => {
        impl Lanes<$t> for Avx512 {
            type V = $v;
            #[inline(always)]
            fn splat(self, x: $t) -> $v {
                // SAFETY: see the head of the file (and for every block below).
                unsafe { $set1(x) }
            }
            #[inline(always)]
            fn add(self, a: $v, b: $v) -> $v {
                unsafe { $add(a, b) }
            }
            #[inline(always)]
            fn sub(self, a: $v, b: $v) -> $v {
                unsafe { $sub(a, b) }
            }
            #[inline(always)]
            fn mul(self, a: $v, b: $v) -> $v {
                unsafe { $mul(a, b) }
            }
            #[inline(always)]
            fn div(self, a: $v, b: $v) -> $v {
                unsafe { $div(a, b) }
            }
            #[inline(always)]
            fn fma(self, a: $v, b: $v, c: $v) -> $v {
                unsafe { $fma(a, b, c) }
            }
            #[inline(always)]
            fn fnma(self, a: $v, b: $v, c: $v) -> $v {
                unsafe { $fnma(a, b, c) }
            }
            #[inline(always)]
            fn min_passing(self, limit: $v, u: $v) -> $v {
                // The instruction returns its second operand where either is NaN.
                unsafe { $min(limit, u) }
            }
            #[inline(always)]
            fn max_passing(self, limit: $v, u: $v) -> $v {
                unsafe { $max(limit, u) }
            }
            #[inline(always)]
            fn select_nonpositive(self, z: $v, low: $v, high: $v) -> $v {
                // (The opposite comparison: where `low` is zero it costs no second instruction.)
                unsafe { $blend($cmp::<_CMP_NLE_UQ>(z, $set1(0.0)), low, high) }
            }
            #[inline(always)]
            fn abs(self, a: $v) -> $v {
                unsafe { $abs(a) }
            }
            #[inline(always)]
            fn with_sign(self, a: $v, b: $v) -> $v {
                // 0xE4 takes b's bit where the mask is set, else a's.
                unsafe {
                    let mask = $to_int($set1(-0.0));
                    $from_int($ternary::<0xE4>($to_int(b), $to_int(a), mask))
                }
            }
            #[inline(always)]
            fn map(self, a: Self::V, of: impl Fn($t) -> $t) -> Self::V {
                let mut block = <$t as Element>::ZERO_BLOCK;
                <Self as Isa<$t>>::store(self, a, &mut block);
                block.0.iter_mut().for_each(|lane| *lane = of(*lane));
                <Self as Isa<$t>>::load(self, &block)
            }
            #[inline(always)]
            fn power_of_two(self, rounded: $v) -> $v {
                unsafe { $from_int($sll::<$mantissa>($to_int(rounded))) }
            }
        }

        impl Isa<$t> for Avx512 {
            const PATH: Path = Path::Avx512;
            #[inline(always)]
            fn apart<K: Kernel<$t>>(self, kernel: K) -> K::Output {
                // SAFETY: the token proves that the processor has the instructions.
                unsafe { apart_avx512(kernel) }
            }
            #[inline(always)]
            fn prefetch(self, at: &$t) {
                // SAFETY: an address that is read nowhere.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(at).cast()) }
            }
            #[inline(always)]
            fn load(self, block: &$block) -> $v {
                unsafe { $load(block.0.as_ptr()) }
            }
            #[inline(always)]
            fn store(self, v: $v, block: &mut $block) {
                unsafe { $store(block.0.as_mut_ptr(), v) }
            }
            #[inline(always)]
            fn positive(self, z: $v) -> u64 {
                unsafe { u64::from($cmp::<_CMP_NLE_UQ>(z, $set1(0.0))) }
            }
            #[inline(always)]
            fn lane_sums(self, vectors: &[$block]) -> $v {
                // SAFETY: the token proves the features that it asks for.
                unsafe { $sums(vectors) }
            }
            #[inline(always)]
            fn load_from(self, values: &[$t]) -> $v {
                match values.first_chunk::<{ <$t as Element>::LANES }>() {
                    // SAFETY: as many values as the vector has lanes; any alignment will do.
                    Some(lanes) => unsafe { $loadu(lanes.as_ptr()) },
                    // SAFETY: no lane beyond the mask is read.
                    None => unsafe { $loadz((1 << values.len()) - 1, values.as_ptr()) },
                }
            }
            #[inline(always)]
            fn store_to(self, v: $v, out: &mut [$t]) {
                if let Some(lanes) = out.first_chunk_mut::<{ <$t as Element>::LANES }>() {
                    // SAFETY: as above.
                    unsafe { $storeu(lanes.as_mut_ptr(), v) }
                } else {
                    // SAFETY: no lane beyond the mask is written.
                    unsafe { $storem(out.as_mut_ptr(), (1 << out.len()) - 1, v) }
                }
            }
        }
    };
}

avx512!(
    f32,
    Block32,
    __m512,
    _mm512_set1_ps,
    _mm512_load_ps,
    _mm512_store_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_maskz_loadu_ps,
    _mm512_mask_storeu_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_fmadd_ps,
    _mm512_fnmadd_ps,
    _mm512_min_ps,
    _mm512_max_ps,
    _mm512_cmp_ps_mask,
    _mm512_mask_blend_ps,
    _mm512_abs_ps,
    _mm512_ternarylogic_epi32,
    _mm512_castps_si512,
    _mm512_castsi512_ps,
    _mm512_slli_epi32,
    23,
    lane_sums::of_512_single
);
avx512!(
    f64,
    Block64,
    __m512d,
    _mm512_set1_pd,
    _mm512_load_pd,
    _mm512_store_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_maskz_loadu_pd,
    _mm512_mask_storeu_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_div_pd,
    _mm512_fmadd_pd,
    _mm512_fnmadd_pd,
    _mm512_min_pd,
    _mm512_max_pd,
    _mm512_cmp_pd_mask,
    _mm512_mask_blend_pd,
    _mm512_abs_pd,
    _mm512_ternarylogic_epi64,
    _mm512_castpd_si512,
    _mm512_castsi512_pd,
    _mm512_slli_epi64,
    52,
    lane_sums::of_512_double
);

macro_rules! avx2 {
    ($t:ty, $block:ident, $v:ty, $half:literal, $set1:ident, $load:ident, $store:ident, $loadu:ident, $storeu:ident, $add:ident,
     $sub:ident, $mul:ident, $div:ident, $fma:ident, $fnma:ident, $min:ident, $max:ident, $cmp:ident,
     $blend:ident, $and:ident, $andnot:ident, $or:ident, $to_int:ident, $from_int:ident,
     $sll:ident, $movemask:ident, $mantissa:literal, $sums:path) => {
        impl Lanes<$t> for Avx2 {
            type V = [$v; 2];
            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                // SAFETY: see the head of the file (and for every block below).
                unsafe { [$set1(x); 2] }
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                unsafe { [$add(a[0], b[0]), $add(a[1], b[1])] }
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                unsafe { [$sub(a[0], b[0]), $sub(a[1], b[1])] }
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                unsafe { [$mul(a[0], b[0]), $mul(a[1], b[1])] }
            }
            #[inline(always)]
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                unsafe { [$div(a[0], b[0]), $div(a[1], b[1])] }
            }
            #[inline(always)]
            fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                unsafe { [$fma(a[0], b[0], c[0]), $fma(a[1], b[1], c[1])] }
            }
            #[inline(always)]
            fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                unsafe { [$fnma(a[0], b[0], c[0]), $fnma(a[1], b[1], c[1])] }
            }
            #[inline(always)]
            fn min_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                // The instruction returns its second operand where either is NaN.
                unsafe { [$min(limit[0], u[0]), $min(limit[1], u[1])] }
            }
            #[inline(always)]
            fn max_passing(self, limit: Self::V, u: Self::V) -> Self::V {
                unsafe { [$max(limit[0], u[0]), $max(limit[1], u[1])] }
            }
            #[inline(always)]
            fn select_nonpositive(self, z: Self::V, low: Self::V, high: Self::V) -> Self::V {
                unsafe {
                    let zero = $set1(0.0);
                    [
                        $blend(high[0], low[0], $cmp::<_CMP_LE_OQ>(z[0], zero)),
                        $blend(high[1], low[1], $cmp::<_CMP_LE_OQ>(z[1], zero)),
                    ]
                }
            }
            #[inline(always)]
            fn abs(self, a: Self::V) -> Self::V {
                unsafe { [$andnot($set1(-0.0), a[0]), $andnot($set1(-0.0), a[1])] }
            }
            #[inline(always)]
            fn with_sign(self, a: Self::V, b: Self::V) -> Self::V {
                unsafe {
                    let mask = $set1(-0.0);
                    [
                        $or($andnot(mask, a[0]), $and(mask, b[0])),
                        $or($andnot(mask, a[1]), $and(mask, b[1])),
                    ]
                }
            }
            #[inline(always)]
            fn map(self, a: Self::V, of: impl Fn($t) -> $t) -> Self::V {
                let mut block = <$t as Element>::ZERO_BLOCK;
                <Self as Isa<$t>>::store(self, a, &mut block);
                block.0.iter_mut().for_each(|lane| *lane = of(*lane));
                <Self as Isa<$t>>::load(self, &block)
            }
            #[inline(always)]
            fn power_of_two(self, rounded: Self::V) -> Self::V {
                unsafe {
                    [
                        $from_int($sll::<$mantissa>($to_int(rounded[0]))),
                        $from_int($sll::<$mantissa>($to_int(rounded[1]))),
                    ]
                }
            }
        }

        impl Isa<$t> for Avx2 {
            const PATH: Path = Path::Avx2;
            #[inline(always)]
            fn apart<K: Kernel<$t>>(self, kernel: K) -> K::Output {
                // SAFETY: the token proves that the processor has the instructions.
                unsafe { apart_avx2(kernel) }
            }
            #[inline(always)]
            fn prefetch(self, at: &$t) {
                // SAFETY: an address that is read nowhere.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(at).cast()) }
            }
            #[inline(always)]
            fn load(self, block: &$block) -> Self::V {
                unsafe { [$load(block.0.as_ptr()), $load(block.0.as_ptr().add($half))] }
            }
            #[inline(always)]
            fn store(self, v: Self::V, block: &mut $block) {
                unsafe {
                    $store(block.0.as_mut_ptr(), v[0]);
                    $store(block.0.as_mut_ptr().add($half), v[1]);
                }
            }
            #[inline(always)]
            fn positive(self, z: Self::V) -> u64 {
                unsafe {
                    let zero = $set1(0.0);
                    let bits = |z| $movemask($cmp::<_CMP_NLE_UQ>(z, zero)).cast_unsigned();
                    u64::from(bits(z[0]) | bits(z[1]) << $half)
                }
            }
            #[inline(always)]
            fn lane_sums(self, vectors: &[$block]) -> Self::V {
                // SAFETY: the token proves the features that it asks for.
                unsafe { $sums(vectors) }
            }
            #[inline(always)]
            fn load_from(self, values: &[$t]) -> Self::V {
                match values.first_chunk::<{ <$t as Element>::LANES }>() {
                    // SAFETY: as many values as the vector has lanes; any alignment will do.
                    Some(lanes) => unsafe {
                        [$loadu(lanes.as_ptr()), $loadu(lanes.as_ptr().add($half))]
                    },
                    None => <Self as Isa<$t>>::load(self, &<$t>::read(values)),
                }
            }
            #[inline(always)]
            fn store_to(self, v: Self::V, out: &mut [$t]) {
                if let Some(lanes) = out.first_chunk_mut::<{ <$t as Element>::LANES }>() {
                    // SAFETY: as above.
                    unsafe {
                        $storeu(lanes.as_mut_ptr(), v[0]);
                        $storeu(lanes.as_mut_ptr().add($half), v[1]);
                    }
                } else {
                    let mut block = <$t>::ZERO_BLOCK;
                    <Self as Isa<$t>>::store(self, v, &mut block);
                    <$t>::write(&block, out);
                }
            }
        }
    };
}

avx2!(
    f32,
    Block32,
    __m256,
    8,
    _mm256_set1_ps,
    _mm256_load_ps,
    _mm256_store_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_fmadd_ps,
    _mm256_fnmadd_ps,
    _mm256_min_ps,
    _mm256_max_ps,
    _mm256_cmp_ps,
    _mm256_blendv_ps,
    _mm256_and_ps,
    _mm256_andnot_ps,
    _mm256_or_ps,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
    _mm256_slli_epi32,
    _mm256_movemask_ps,
    23,
    lane_sums::of_256_single
);
avx2!(
    f64,
    Block64,
    __m256d,
    4,
    _mm256_set1_pd,
    _mm256_load_pd,
    _mm256_store_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_fmadd_pd,
    _mm256_fnmadd_pd,
    _mm256_min_pd,
    _mm256_max_pd,
    _mm256_cmp_pd,
    _mm256_blendv_pd,
    _mm256_and_pd,
    _mm256_andnot_pd,
    _mm256_or_pd,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
    _mm256_slli_epi64,
    _mm256_movemask_pd,
    52,
    lane_sums::of_256_double
);
