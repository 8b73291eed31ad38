//! Kernels of [`super::super::bytes`].

use std::arch::x86_64::{
    __m128i, _MM_HINT_T1, _mm_loadu_si128, _mm_prefetch, _mm_storeu_si128, _mm_unpackhi_epi8,
    _mm_unpacklo_epi8, _mm512_add_epi32, _mm512_cvtepu8_epi32, _mm512_loadu_si512,
    _mm512_maskz_compress_epi32, _mm512_or_si512, _mm512_set1_epi32, _mm512_slli_epi32,
    _mm512_storeu_si512, _mm512_test_epi32_mask,
};

use super::super::bytes::{SIDE, keep_nonzero_from};

/// Bytes of a cache line.
const LINE: usize = 64;

/// Calls the lines for [`prefetch_bytes`](super::super::bytes::prefetch_bytes).
pub(in super::super) fn prefetch(bytes: &[u8]) {
    // The last line may begin within the last chunk.
    let lines = bytes.chunks(LINE).filter_map(<[u8]>::first);
    for at in lines.chain(bytes.last()) {
        // SAFETY: an address that is read nowhere; every x86-64 processor has the instruction.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(at).cast()) }
    }
}

/// Columns that a vector holds.
const COLUMNS: usize = 16;

/// Kernel of [`keep_nonzero`](super::super::bytes::keep_nonzero): as many columns as a vector has lanes
/// at a time.
///
/// # Safety
/// The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(in super::super) unsafe fn keep_nonzero(
    rows: [&[u8]; 4],
    columns: &mut [u32],
    quads: &mut [[u8; 4]],
) -> usize {
    let counted: [i32; COLUMNS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    // SAFETY: an array of a vector's size.
    let mut column = unsafe { _mm512_loadu_si512(counted.as_ptr().cast()) };
    let (mut first, mut kept) = (0, 0);
    while first + COLUMNS <= columns.len() {
        let [a, b, c, d] = rows.map(|row| {
            let bytes: &[u8] = &row[first..][..COLUMNS];
            // SAFETY: as many bytes as are read.
            _mm512_cvtepu8_epi32(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
        });
        let low = _mm512_or_si512(a, _mm512_slli_epi32::<8>(b));
        let high = _mm512_or_si512(c, _mm512_slli_epi32::<8>(d));
        let quad = _mm512_or_si512(low, _mm512_slli_epi32::<16>(high));
        let mask = _mm512_test_epi32_mask(quad, quad);
        let places = (
            &mut columns[kept..][..COLUMNS],
            &mut quads[kept..][..COLUMNS],
        );
        // SAFETY: as many numbers of four bytes as are written.
        unsafe {
            let to_columns = places.0.as_mut_ptr().cast();
            _mm512_storeu_si512(to_columns, _mm512_maskz_compress_epi32(mask, column));
            let to_quads = places.1.as_mut_ptr().cast();
            _mm512_storeu_si512(to_quads, _mm512_maskz_compress_epi32(mask, quad));
        }
        kept += mask.count_ones() as usize;
        first += COLUMNS;
        column = _mm512_add_epi32(column, _mm512_set1_epi32(16));
    }
    keep_nonzero_from(first, kept, rows, columns, quads)
}

/// Turns the square at the beginning of `from`, with rows so far apart, into that of `to`.
#[inline]
pub(in super::super) fn transpose_square(
    from: &[u8],
    from_row: usize,
    to: &mut [u8],
    to_row: usize,
) {
    let mut rows: [__m128i; SIDE] = std::array::from_fn(|i| {
        let row: &[u8] = &from[i * from_row..][..SIDE];
        // SAFETY: as many bytes as are read.
        unsafe { _mm_loadu_si128(row.as_ptr().cast()) }
    });
    // Each round moves the highest bit of a byte's place, row and column together, to the lowest:
    // after four of eight the two have changed places.
    for _ in 0..SIDE.ilog2() {
        rows = std::array::from_fn(|i| {
            let (a, b) = (rows[i / 2], rows[i / 2 + SIDE / 2]);
            // SAFETY: every x86-64 processor has the instructions.
            unsafe {
                if i % 2 == 0 {
                    _mm_unpacklo_epi8(a, b)
                } else {
                    _mm_unpackhi_epi8(a, b)
                }
            }
        });
    }
    for (j, row) in rows.into_iter().enumerate() {
        let column: &mut [u8] = &mut to[j * to_row..][..SIDE];
        // SAFETY: as many bytes as are written.
        unsafe { _mm_storeu_si128(column.as_mut_ptr().cast(), row) }
    }
}
