//! Inputs with a class each.

mod classes;
mod csv;
mod load;
mod npy;
mod stack;
mod train_test;

use ndarray::{Array2, ArrayRef2, Axis};

pub use self::csv::LabelColumn;
pub(crate) use self::load::{has_double_inputs, is_labelled_table, load_pair, load_tables};
pub use self::load::{load_labelled, load_train_test};
pub use self::stack::ImageAxes;
pub(crate) use self::stack::image_shape;
pub use self::train_test::TrainTest;
use super::Matrix;
use crate::{Error, Result};

/// Inputs as they are kept in memory, (samples, `input_dim`).
#[derive(Debug, Clone, PartialEq)]
pub enum Inputs {
    /// Pixels from 0 to 255, one byte each.
    Pixels(Matrix<u8>),
    /// Real numbers in single precision, all finite.
    Singles(Matrix<f32>),
    /// Real numbers in double precision, all finite.
    Reals(Matrix<f64>),
}

impl Inputs {
    /// Real numbers in the least space that loses nothing: in single precision where each of
    /// them is one, as those of `float32` arrays and small whole numbers are.
    ///
    /// # Example
    /// ```
    /// use falign::data::Inputs;
    /// use ndarray::array;
    /// assert!(matches!(Inputs::real(array![[0.5, 3.0]]), Inputs::Singles(_)));
    /// assert!(matches!(Inputs::real(array![[0.1, 3.0]]), Inputs::Reals(_)));
    /// ```
    pub fn real(values: Array2<f64>) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "exact, or not taken")]
        let single = |x: f64| x as f32;
        let is_single = |x: &f64| f64::from(single(*x)).to_bits() == x.to_bits();
        if values.iter().all(is_single) {
            Self::Singles(values.mapv(single).into())
        } else {
            Self::Reals(values.into())
        }
    }

    /// Calls `look` with the row, column and value of every number.
    pub(crate) fn each(&self, mut look: impl FnMut(usize, usize, f64)) {
        fn visit<A: Copy + Into<f64>>(x: &ArrayRef2<A>, look: &mut impl FnMut(usize, usize, f64)) {
            for (row, values) in x.rows().into_iter().enumerate() {
                for (column, value) in values.iter().enumerate() {
                    look(row, column, (*value).into());
                }
            }
        }
        match self {
            Self::Pixels(x) => visit(x, &mut look),
            Self::Singles(x) => visit(x, &mut look),
            Self::Reals(x) => visit(x, &mut look),
        }
    }

    /// (samples, `input_dim`).
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::Pixels(x) => x.dim(),
            Self::Singles(x) => x.dim(),
            Self::Reals(x) => x.dim(),
        }
    }

    /// The place of the first number that is not finite, and that number.
    fn first_not_finite(&self) -> Option<((usize, usize), f64)> {
        fn find<A: Copy + Into<f64>>(x: &ArrayRef2<A>) -> Option<((usize, usize), f64)> {
            // Without places this is several times as fast.
            let is_finite = |x: &A| (*x).into().is_finite();
            if x.iter().all(is_finite) {
                return None;
            }
            let (place, x) = x.indexed_iter().find(|(_, x)| !is_finite(x))?;
            Some((place, (*x).into()))
        }
        match self {
            Self::Pixels(_) => None,
            Self::Singles(x) => find(x),
            Self::Reals(x) => find(x),
        }
    }
}

/// A classification data set: inputs, and the class of each sample.
///
/// Inputs stay as stored (pixels one byte each); a [`Scaler`](super::Scaler) turns the rows of
/// a batch into numbers for a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    inputs: Inputs,
    sample_shape: Vec<usize>,
    labels: Vec<usize>,
    classes: usize,
}

impl Labelled {
    /// A checked data set.
    ///
    /// `inputs` is (samples, `input_dim`) with at least one row and one column; the product of
    /// `sample_shape`, such as `[28, 28]`, is `input_dim`; `labels` has a class from 0 to
    /// `classes` - 1 for each sample.
    ///
    /// # Errors
    /// [`Error::Shape`] naming what does not fit, and where a number is not finite.
    ///
    /// # Example
    /// ```
    /// use falign::data::{Inputs, Labelled};
    /// use ndarray::array;
    /// let pixels = Inputs::Pixels(array![[0, 255, 3, 4], [9, 8, 7, 6]].into());
    /// let data = Labelled::new(pixels.clone(), vec![2, 2], vec![1, 0], 2)?;
    /// assert_eq!((data.samples(), data.input_dim(), data.classes()), (2, 4, 2));
    /// assert!(Labelled::new(pixels, vec![2, 2], vec![1, 2], 2).is_err()); // 2 is no class
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn new(
        inputs: Inputs,
        sample_shape: Vec<usize>,
        labels: Vec<usize>,
        classes: usize,
    ) -> Result<Self> {
        let (samples, input_dim) = inputs.dim();
        if samples == 0 || input_dim == 0 {
            return Err(Error::shape(
                "inputs",
                "at least one row and one column",
                format!("({samples}, {input_dim})"),
            ));
        }
        if let Some(((row, column), x)) = inputs.first_not_finite() {
            return Err(Error::shape(
                "inputs",
                "finite numbers only",
                format!("({samples}, {input_dim}) with {x} at row {row}, column {column}"),
            ));
        }
        if sample_shape.iter().product::<usize>() != input_dim {
            return Err(Error::shape(
                "sample_shape",
                format!("a product of {input_dim}, the columns of inputs"),
                shown(&sample_shape),
            ));
        }
        if labels.len() != samples {
            return Err(Error::shape(
                "labels",
                format!("({samples},), one for each row of inputs"),
                format!("({},)", labels.len()),
            ));
        }
        if let Some(sample) = labels.iter().position(|label| *label >= classes) {
            return Err(Error::shape(
                "labels",
                format!("classes below {classes}"),
                format!("({samples},) with {} at sample {sample}", labels[sample]),
            ));
        }
        Ok(Self {
            inputs,
            sample_shape,
            labels,
            classes,
        })
    }

    /// n, the number of samples.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// d, the number of inputs of a sample.
    pub fn input_dim(&self) -> usize {
        self.inputs.dim().1
    }

    /// k, the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The inputs as stored, (samples, `input_dim`).
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The shape of one sample, last dimension fastest: `[28, 28]`, or colour first,
    /// `[3, 32, 32]`.
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// The class of each sample, from 0.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// How many samples each class has, (classes).
    pub(crate) fn label_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for &label in &self.labels {
            counts[label] += 1;
        }
        counts
    }

    /// The data set of these samples, in this order.
    ///
    /// # Panics
    /// If `samples` is empty or names a sample that is not there.
    #[must_use]
    pub(crate) fn select(&self, samples: &[usize]) -> Self {
        assert!(!samples.is_empty(), "a data set has at least one sample");
        Self {
            inputs: match &self.inputs {
                Inputs::Pixels(x) => Inputs::Pixels(x.select(Axis(0), samples).into()),
                Inputs::Singles(x) => Inputs::Singles(x.select(Axis(0), samples).into()),
                Inputs::Reals(x) => Inputs::Reals(x.select(Axis(0), samples).into()),
            },
            sample_shape: self.sample_shape.clone(),
            labels: samples.iter().map(|&i| self.labels[i]).collect(),
            classes: self.classes,
        }
    }
}

/// A shape as Python shows it.
pub(super) fn shown(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    format!("({}{comma})", sizes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn reals() -> Inputs {
        Inputs::Reals(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into())
    }

    fn reason(result: Result<impl std::fmt::Debug>) -> String {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error:?}");
        error.to_string()
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let new = |inputs, shape: &[usize], labels: &[usize], classes| {
            reason(Labelled::new(
                inputs,
                shape.to_vec(),
                labels.to_vec(),
                classes,
            ))
        };
        let text = new(reals(), &[2], &[0, 1], 2);
        assert!(
            text.contains("labels has shape (2,), expected (3,)"),
            "{text}"
        );
        let text = new(reals(), &[3], &[0, 1, 1], 2);
        assert!(text.contains("sample_shape has shape (3,)"), "{text}");
        let text = new(reals(), &[2], &[0, 1, 2], 2);
        assert!(text.contains("with 2 at sample 2"), "{text}");
        let text = new(Inputs::Pixels(Array2::zeros((0, 2)).into()), &[2], &[], 2);
        assert!(text.contains("at least one row"), "{text}");
        for nan in [
            Inputs::Singles(array![[1.0, f32::NAN]].into()),
            Inputs::Reals(array![[1.0, f64::NAN]].into()),
        ] {
            let text = new(nan, &[2], &[0], 1);
            assert!(text.contains("NaN at row 0, column 1"), "{text}");
        }
    }

    #[test]
    fn selected_samples_keep_their_labels() {
        let data = Labelled::new(reals(), vec![2], vec![2, 0, 1], 4).unwrap();
        let chosen = data.select(&[2, 0]);
        assert_eq!(chosen.labels(), [1, 2]);
        assert_eq!(chosen.classes(), 4);
        let expected = Inputs::Reals(array![[5.0, 6.0], [1.0, 2.0]].into());
        assert_eq!(chosen.inputs(), &expected);
        assert_eq!(chosen.label_counts(), [0, 1, 1, 0]);
    }
}
