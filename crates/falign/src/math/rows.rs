//! Matrices whose number of rows changes.

use ndarray::Array2;

use super::Scalar;

/// Gives a matrix this many rows of arbitrary numbers. Its space stays: a run that measures between
/// its steps goes from one size of batch to another and back thousands of times, and would leave
/// holes in memory.
pub(crate) fn set_rows<T: Scalar>(matrix: &mut Array2<T>, rows: usize) {
    let columns = matrix.ncols();
    if matrix.nrows() != rows {
        let (mut numbers, _) = std::mem::take(matrix).into_raw_vec_and_offset();
        numbers.resize(rows * columns, T::ZERO);
        *matrix = Array2::from_shape_vec((rows, columns), numbers).expect("as many numbers");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_rows_and_as_many_again_are_in_the_same_place() {
        let mut matrix = Array2::from_elem((6, 3), 1.0f32);
        let place = matrix.as_ptr();
        set_rows(&mut matrix, 2);
        assert_eq!(matrix.dim(), (2, 3));
        set_rows(&mut matrix, 6);
        assert_eq!((matrix.dim(), matrix.as_ptr()), ((6, 3), place));
        set_rows(&mut matrix, 9);
        assert_eq!(matrix.dim(), (9, 3));
        assert!(matrix.is_standard_layout());
    }
}
