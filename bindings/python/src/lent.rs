//! NumPy's memory, lent to the library.

#![allow(unsafe_code, reason = "another owner's memory is read beyond a borrow")]

use std::ops::Deref;

use falign::internal::data::Matrix;
use ndarray::{ArrayRef2, ArrayView2};
use numpy::{Element, PyArray2, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

/// A NumPy array that is kept alive, and its numbers.
struct Lent<A: Element + 'static> {
    view: ArrayView2<'static, A>,
    _array: Py<PyArray2<A>>,
}

impl<A: Element + 'static> Deref for Lent<A> {
    type Target = ArrayRef2<A>;

    fn deref(&self) -> &ArrayRef2<A> {
        &self.view
    }
}

/// The array itself where its rows follow one another in memory, a copy of it otherwise.
pub(crate) fn lent<A: Element + Clone + Sync + 'static>(
    array: &PyReadonlyArray2<'_, A>,
) -> Matrix<A> {
    let view = array.as_array();
    if !array.is_c_contiguous() {
        return Matrix::from(view.as_standard_layout().into_owned());
    }
    // SAFETY: the shape and the place are those of a whole, aligned array in C's order, whose
    // memory stays where it is while `_array` refers to it: NumPy resizes no array that others
    // refer to. Nothing here writes to it; that Python must not either is said where arrays are
    // taken, and looked for afterwards (`Data::unchanged`).
    let view = unsafe { ArrayView2::from_shape_ptr(view.dim(), view.as_ptr()) };
    let array: &Bound<'_, PyArray2<A>> = array;
    Matrix::lent(Lent {
        view,
        _array: array.clone().unbind(),
    })
}

/// Numbers that a digest is made of.
pub(crate) trait Bits: Copy {
    fn bits(self) -> u64;
}

impl Bits for u8 {
    fn bits(self) -> u64 {
        u64::from(self)
    }
}

impl Bits for f32 {
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
}

impl Bits for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

/// A digest of all numbers that any change of one of them changes, as each step is one to one.
/// At the speed of memory: there are no products that wait for one another.
pub(crate) fn digest<A: Bits>(start: u64, matrix: &Matrix<A>) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, x: u64| (sum ^ x).wrapping_mul(ODD).rotate_left(29);
    let numbers = matrix.as_slice().expect("rows follow one another");
    let mut lanes = [start; 4];
    for four in numbers.chunks(lanes.len()) {
        for (lane, x) in lanes.iter_mut().zip(four) {
            *lane = mix(*lane, x.bits());
        }
    }
    lanes.into_iter().fold(start, mix)
}
