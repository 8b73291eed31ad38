//! Matrices that are read where they lie.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use ndarray::{Array2, ArrayRef2};

/// A matrix to be read: the library's own, or one in memory that somebody else keeps alive, such
/// as an array of NumPy. It reads as `ndarray`'s arrays do; a clone is the same memory.
///
/// # Example
/// ```
/// use falign::internal::data::Matrix;
/// use ndarray::array;
/// let x = Matrix::from(array![[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!((x.nrows(), x[(1, 0)]), (2, 3.0));
/// assert_eq!(x.as_ptr(), x.clone().as_ptr());
/// ```
pub struct Matrix<A>(Kept<A>);

enum Kept<A> {
    Own(Arc<Array2<A>>),
    Lent(Arc<dyn Deref<Target = ArrayRef2<A>> + Send + Sync>),
}

impl<A> Matrix<A> {
    /// A matrix that `owner` keeps alive and unchanged.
    pub fn lent(owner: impl Deref<Target = ArrayRef2<A>> + Send + Sync + 'static) -> Self {
        Self(Kept::Lent(Arc::new(owner)))
    }
}

impl<A: Clone> Matrix<A> {
    /// The array itself; copied where others hold it too.
    pub fn into_array(self) -> Array2<A> {
        match self.0 {
            Kept::Own(array) => Arc::unwrap_or_clone(array),
            Kept::Lent(array) => array.deref().deref().to_owned(),
        }
    }
}

impl<A> Deref for Matrix<A> {
    type Target = ArrayRef2<A>;

    fn deref(&self) -> &ArrayRef2<A> {
        match &self.0 {
            Kept::Own(array) => array,
            Kept::Lent(array) => array.deref().deref(),
        }
    }
}

impl<A> From<Array2<A>> for Matrix<A> {
    fn from(array: Array2<A>) -> Self {
        Self(Kept::Own(Arc::new(array)))
    }
}

impl<A> Clone for Matrix<A> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kept::Own(array) => Kept::Own(Arc::clone(array)),
            Kept::Lent(array) => Kept::Lent(Arc::clone(array)),
        })
    }
}

impl<A: fmt::Debug> fmt::Debug for Matrix<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<A: PartialEq> PartialEq for Matrix<A> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_lent_matrix_is_read_in_place_and_equals_an_own_one() {
        let owner = array![[1.0, 2.0], [3.0, 4.0]];
        let (place, own) = (owner.as_ptr(), Matrix::from(owner.clone()));
        let lent = Matrix::lent(owner);
        assert_eq!(format!("{lent:?}"), format!("{own:?}"));
        for matrix in [lent.clone(), lent] {
            assert_eq!(matrix.as_ptr(), place);
            assert_eq!(matrix, own);
        }
    }

    #[test]
    fn only_an_array_that_nobody_else_holds_is_moved() {
        let one = Matrix::from(array![[1.0, 2.0]]);
        let place = one.as_ptr();
        let other = one.clone();
        assert_ne!(other.into_array().as_ptr(), place);
        assert_eq!(one.into_array().as_ptr(), place);
    }
}
