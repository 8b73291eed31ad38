//! Inputs and targets that fit together.

use ndarray::ArrayRef2;

use super::Matrix;
use crate::{Error, Result};

/// A data set, samples in rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// X, (samples, `input_dim`).
    #[doc(alias = "X")]
    pub inputs: Matrix<f64>,
    /// Y, (samples, outputs).
    #[doc(alias = "y")]
    pub targets: Matrix<f64>,
}

impl Dataset {
    /// A checked data set: as many rows of targets as of inputs, at least one row and one
    /// column in each, every number finite.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the array, and the row and column of the first number that is
    /// not finite (counted from 0).
    ///
    /// # Example
    /// ```
    /// use falign::data::Dataset;
    /// use ndarray::array;
    /// assert!(Dataset::new(array![[1.0, 2.0]], array![[0.5]]).is_ok());
    /// assert!(Dataset::new(array![[1.0, 2.0]], array![[0.5], [0.7]]).is_err());
    /// ```
    pub fn new(inputs: impl Into<Matrix<f64>>, targets: impl Into<Matrix<f64>>) -> Result<Self> {
        let (inputs, targets) = (inputs.into(), targets.into());
        check("inputs", &inputs)?;
        check("targets", &targets)?;
        if inputs.nrows() != targets.nrows() {
            return Err(Error::shape(
                "targets",
                format!("{} rows, one for each row of inputs", inputs.nrows()),
                shown(&targets),
            ));
        }
        Ok(Self { inputs, targets })
    }

    /// n, the number of samples.
    pub fn samples(&self) -> usize {
        self.inputs.nrows()
    }

    /// d, the number of inputs of a sample.
    pub fn input_dim(&self) -> usize {
        self.inputs.ncols()
    }

    /// k, the number of targets of a sample.
    pub fn outputs(&self) -> usize {
        self.targets.ncols()
    }
}

/// Checks that there is at least one number, and that all of them are finite.
pub(super) fn check(what: &str, array: &ArrayRef2<f64>) -> Result<()> {
    if array.is_empty() {
        let expected = "at least one row and one column";
        return Err(Error::shape(what, expected, shown(array)));
    }
    // Without places this is several times as fast.
    if array.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    match array.indexed_iter().find(|(_, x)| !x.is_finite()) {
        None => Ok(()),
        Some(((row, column), x)) => Err(Error::shape(
            what,
            "finite numbers only",
            format!("{} with {x} at row {row}, column {column}", shown(array)),
        )),
    }
}

fn shown(array: &ArrayRef2<f64>) -> String {
    format!("({}, {})", array.nrows(), array.ncols())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn reason(inputs: Array2<f64>, targets: Array2<f64>) -> String {
        let error = Dataset::new(inputs, targets).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }));
        error.to_string()
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let x = array![[1.0, 2.0], [3.0, 4.0]];
        let text = reason(x.clone(), array![[1.0]]);
        assert!(
            text.contains("targets") && text.contains("2 rows"),
            "{text}"
        );
        assert!(reason(Array2::zeros((0, 2)), Array2::zeros((0, 1))).contains("inputs"));
        assert!(reason(Array2::zeros((2, 0)), array![[1.0], [1.0]]).contains("inputs"));
        assert!(reason(x, Array2::zeros((2, 0))).contains("targets"));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_with_their_place() {
        let y = array![[1.0], [2.0]];
        let text = reason(array![[1.0, 2.0], [3.0, f64::NAN]], y.clone());
        assert!(text.contains("NaN at row 1, column 1"), "{text}");
        let text = reason(y, array![[f64::INFINITY], [0.0]]);
        assert!(text.contains("inf at row 0, column 0"), "{text}");
    }
}
