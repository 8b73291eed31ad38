//! A safe door to the `gemm` crate for matrices with hidden units in the lanes.

use falign::internal::math::simd::Element;
use gemm::{Parallelism, gemm};

/// 16 hidden units.
pub(crate) type Block = <f32 as Element>::Block;
/// Units in a block.
pub(crate) const LANES: usize = <f32 as Element>::LANES;

/// A row-major matrix, or its transpose.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    /// Row-major entries.
    pub(crate) entries: &'a [f32],
    /// Columns of `entries`.
    pub(crate) columns: usize,
    /// Multiply by the transpose.
    pub(crate) transposed: bool,
}

/// `out = keep * out + factor * left right`, one thread; `out` and `left` hold one column of
/// `units` hidden units after the other.
///
/// # Panics
/// If the shapes do not fit together.
pub(crate) fn product(
    out: &mut [Block],
    keep: f32,
    left: &[Block],
    right: Right<'_>,
    units: usize,
    factor: f32,
) {
    let rows = right.entries.len() / right.columns;
    let (depth, columns, depth_stride, column_stride) = if right.transposed {
        (right.columns, rows, 1, right.columns)
    } else {
        (rows, right.columns, right.columns, 1)
    };
    assert_eq!(right.entries.len(), rows * right.columns);
    assert_eq!(left.len() * LANES, units * depth);
    assert_eq!(out.len() * LANES, units * columns);
    let stride = |units: usize| units.cast_signed();
    #[allow(unsafe_code, reason = "the crate has no safe entry")]
    // SAFETY: blocks are plain lanes (`repr(C)`, 64 bytes), and the assertions above keep every
    // strided access inside the three slices.
    unsafe {
        gemm::<f32>(
            units,
            columns,
            depth,
            out.as_mut_ptr().cast(),
            stride(units),
            1,
            keep != 0.0,
            left.as_ptr().cast(),
            stride(units),
            1,
            right.entries.as_ptr(),
            stride(column_stride),
            stride(depth_stride),
            keep,
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
