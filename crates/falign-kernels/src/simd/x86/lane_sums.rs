//! Sums over the lanes of many vectors at once: a tree of halves in which two vectors share each
//! addition, so that a vector's sum costs three instructions. The same tree as the scalar one.
//!
//! SAFETY (whole file): callers hold a token of the instruction set.

use std::arch::x86_64::{
    __m256, __m256d, __m512, __m512d, _mm256_add_pd, _mm256_add_ps, _mm256_castpd_ps,
    _mm256_castps_pd, _mm256_load_pd, _mm256_load_ps, _mm256_permute2f128_pd,
    _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_unpackhi_pd, _mm256_unpacklo_pd,
    _mm512_add_pd, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_load_pd,
    _mm512_load_ps, _mm512_shuffle_f32x4, _mm512_shuffle_f64x2, _mm512_shuffle_ps,
    _mm512_unpackhi_pd, _mm512_unpacklo_pd,
};

use super::{Block32, Block64};

/// Lane u of the result is the sum of vector u.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn of_512_single(vectors: &[Block32]) -> __m512 {
    // Two vectors, each folded to a half.
    let halves = |a: usize, b: usize| -> __m512 {
        // SAFETY: blocks of 64 bytes, aligned to them.
        let (a, b) = unsafe {
            (
                _mm512_load_ps(vectors[a].0.as_ptr()),
                _mm512_load_ps(vectors[b].0.as_ptr()),
            )
        };
        _mm512_add_ps(
            _mm512_shuffle_f32x4::<0x44>(a, b),
            _mm512_shuffle_f32x4::<0xEE>(a, b),
        )
    };
    // Four vectors, each a quarter.
    let quarters = |first: usize| -> __m512 {
        let (x, y) = (halves(first, first + 4), halves(first + 8, first + 12));
        _mm512_add_ps(
            _mm512_shuffle_f32x4::<0x88>(x, y),
            _mm512_shuffle_f32x4::<0xDD>(x, y),
        )
    };
    // Eight vectors, each two lanes, in the order 0 1, 4 5, 8 9, 12 13.
    let pairs = |first: usize| -> __m512 {
        let (x, y) = (
            _mm512_castps_pd(quarters(first)),
            _mm512_castps_pd(quarters(first + 1)),
        );
        _mm512_add_ps(
            _mm512_castpd_ps(_mm512_unpacklo_pd(x, y)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)),
        )
    };
    let (x, y) = (pairs(0), pairs(2));
    _mm512_add_ps(
        _mm512_shuffle_ps::<0x88>(x, y),
        _mm512_shuffle_ps::<0xDD>(x, y),
    )
}

/// Lane u of the result is the sum of vector u.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn of_512_double(vectors: &[Block64]) -> __m512d {
    let halves = |a: usize, b: usize| -> __m512d {
        // SAFETY: blocks of 64 bytes, aligned to them.
        let (a, b) = unsafe {
            (
                _mm512_load_pd(vectors[a].0.as_ptr()),
                _mm512_load_pd(vectors[b].0.as_ptr()),
            )
        };
        _mm512_add_pd(
            _mm512_shuffle_f64x2::<0x44>(a, b),
            _mm512_shuffle_f64x2::<0xEE>(a, b),
        )
    };
    let quarters = |first: usize| -> __m512d {
        let (x, y) = (halves(first, first + 2), halves(first + 4, first + 6));
        _mm512_add_pd(
            _mm512_shuffle_f64x2::<0x88>(x, y),
            _mm512_shuffle_f64x2::<0xDD>(x, y),
        )
    };
    let (x, y) = (quarters(0), quarters(1));
    _mm512_add_pd(_mm512_unpacklo_pd(x, y), _mm512_unpackhi_pd(x, y))
}

/// Lane u of the result is the sum of vector u.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn of_256_single(vectors: &[Block32]) -> [__m256; 2] {
    let half = |a: usize| -> __m256 {
        let lanes = &vectors[a].0;
        // SAFETY: blocks of 64 bytes, aligned to them.
        unsafe {
            _mm256_add_ps(
                _mm256_load_ps(lanes.as_ptr()),
                _mm256_load_ps(lanes.as_ptr().add(8)),
            )
        }
    };
    let quarters = |a: usize| -> __m256 {
        let (a, b) = (half(a), half(a + 4));
        _mm256_add_ps(
            _mm256_permute2f128_ps::<0x20>(a, b),
            _mm256_permute2f128_ps::<0x31>(a, b),
        )
    };
    let pairs = |first: usize| -> __m256 {
        let (x, y) = (
            _mm256_castps_pd(quarters(first)),
            _mm256_castps_pd(quarters(first + 1)),
        );
        _mm256_add_ps(
            _mm256_castpd_ps(_mm256_unpacklo_pd(x, y)),
            _mm256_castpd_ps(_mm256_unpackhi_pd(x, y)),
        )
    };
    let eight = |first: usize| -> __m256 {
        let (x, y) = (pairs(first), pairs(first + 2));
        _mm256_add_ps(
            _mm256_shuffle_ps::<0x88>(x, y),
            _mm256_shuffle_ps::<0xDD>(x, y),
        )
    };
    [eight(0), eight(8)]
}

/// Lane u of the result is the sum of vector u.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn of_256_double(vectors: &[Block64]) -> [__m256d; 2] {
    let half = |a: usize| -> __m256d {
        let lanes = &vectors[a].0;
        // SAFETY: blocks of 64 bytes, aligned to them.
        unsafe {
            _mm256_add_pd(
                _mm256_load_pd(lanes.as_ptr()),
                _mm256_load_pd(lanes.as_ptr().add(4)),
            )
        }
    };
    let pairs = |a: usize| -> __m256d {
        let (a, b) = (half(a), half(a + 2));
        _mm256_add_pd(
            _mm256_permute2f128_pd::<0x20>(a, b),
            _mm256_permute2f128_pd::<0x31>(a, b),
        )
    };
    let four = |first: usize| -> __m256d {
        let (x, y) = (pairs(first), pairs(first + 1));
        _mm256_add_pd(_mm256_unpacklo_pd(x, y), _mm256_unpackhi_pd(x, y))
    };
    [four(0), four(4)]
}
