//! Two data sets that belong together.

use super::{Inputs, Labelled, shown};
use crate::{Error, Result};

/// A training set and a test set of the same kind.
///
/// # Example
/// ```
/// use falign::data::{Inputs, Labelled, TrainTest};
/// use ndarray::array;
/// let set = |x, labels| Labelled::new(Inputs::real(x), vec![2], labels, 3);
/// let train = set(array![[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], vec![0, 1, 2])?;
/// let pair = TrainTest::new(train, set(array![[0.7, 0.8]], vec![2])?)?;
/// assert_eq!((pair.train().samples(), pair.test().samples()), (3, 1));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrainTest {
    train: Labelled,
    test: Labelled,
}

impl TrainTest {
    /// A checked pair: the same shape and kind of inputs, and no class in the test set that the
    /// training set does not know. The test set takes over the training set's classes.
    ///
    /// # Errors
    /// [`Error::Shape`] naming what differs.
    pub fn new(train: Labelled, mut test: Labelled) -> Result<Self> {
        if train.sample_shape != test.sample_shape {
            return Err(Error::shape(
                "test inputs",
                format!(
                    "samples of {}, as the training set",
                    shown(&train.sample_shape)
                ),
                shown(&test.sample_shape),
            ));
        }
        let kind = |data: &Labelled| match data.inputs {
            Inputs::Pixels(_) => "pixels",
            Inputs::Singles(_) | Inputs::Reals(_) => "real numbers",
        };
        if kind(&train) != kind(&test) {
            return Err(Error::shape(
                "test inputs",
                format!("{}, as the training set", kind(&train)),
                kind(&test),
            ));
        }
        if let Some(sample) = test.labels.iter().position(|l| *l >= train.classes) {
            return Err(Error::shape(
                "test labels",
                format!("classes below {}, as the training set", train.classes),
                format!(
                    "({},) with {} at sample {sample}",
                    test.samples(),
                    test.labels[sample]
                ),
            ));
        }
        test.classes = train.classes;
        Ok(Self { train, test })
    }

    /// The training set.
    pub fn train(&self) -> &Labelled {
        &self.train
    }

    /// The test set: to be reported, never to be chosen by.
    pub fn test(&self) -> &Labelled {
        &self.test
    }

    /// Training set and test set.
    pub fn into_parts(self) -> (Labelled, Labelled) {
        (self.train, self.test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn reason(result: Result<TrainTest>) -> String {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error:?}");
        error.to_string()
    }

    #[test]
    fn a_pair_is_of_one_kind() {
        let set = |inputs, shape: &[usize], label| {
            Labelled::new(inputs, shape.to_vec(), vec![label], label + 1).unwrap()
        };
        let pixels = || Inputs::Pixels(array![[1, 2]].into());
        let train = set(pixels(), &[1, 2], 3);
        let pair = TrainTest::new(train.clone(), set(pixels(), &[1, 2], 1)).unwrap();
        assert_eq!(pair.test().classes(), 4);
        let pair = |test| reason(TrainTest::new(train.clone(), test));
        let text = pair(set(pixels(), &[2], 1));
        assert!(text.contains("(2,), expected samples of (1, 2)"), "{text}");
        let text = pair(set(Inputs::Reals(array![[1.0, 2.0]].into()), &[1, 2], 1));
        assert!(text.contains("pixels"), "{text}");
        let text = pair(set(pixels(), &[1, 2], 4));
        assert!(text.contains("with 4 at sample 0"), "{text}");
    }
}
