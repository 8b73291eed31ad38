//! How often the right class is among the largest outputs.

use ndarray::{Array2, ArrayView1};

use crate::math::Scalar;

/// The share of samples whose target class is among the `top` largest outputs. `labels`
/// holds a class per row. Equal outputs count against the sample.
///
/// # Panics
/// If there are not as many labels as rows, or a label is no column.
///
/// # Example
/// ```
/// use falign::internal::network::accuracy;
/// use ndarray::array;
/// let outputs = array![[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]];
/// assert_eq!(accuracy(&outputs, &[1, 1], 1), 0.5);
/// assert_eq!(accuracy(&outputs, &[1, 1], 2), 1.0);
/// ```
pub fn accuracy<T: Scalar>(outputs: &Array2<T>, labels: &[usize], top: usize) -> f64 {
    let mut hits = Hits::new(Some(top));
    hits.include(outputs, labels);
    hits.top_k_accuracy()
}

/// Counts of hits in samples that come in chunks.
#[derive(Debug)]
pub(crate) struct Hits {
    top_k: Option<usize>,
    labelled: usize,
    first: usize,
    among_top: usize,
}

impl Hits {
    pub(crate) fn new(top_k: Option<usize>) -> Self {
        Self {
            top_k,
            labelled: 0,
            first: 0,
            among_top: 0,
        }
    }

    pub(crate) fn include<T: Scalar>(&mut self, outputs: &Array2<T>, labels: &[usize]) {
        assert_eq!(outputs.nrows(), labels.len(), "one label a sample");
        self.labelled += labels.len();
        for (row, &label) in outputs.rows().into_iter().zip(labels) {
            let ahead = not_behind(&row, label);
            self.first += usize::from(ahead == 0);
            self.among_top += usize::from(self.top_k.is_some_and(|top| ahead < top));
        }
    }

    /// NaN without labels.
    pub(crate) fn accuracy(&self) -> f64 {
        self.first as f64 / self.labelled as f64
    }

    /// NaN without labels, or where it is not wanted.
    pub(crate) fn top_k_accuracy(&self) -> f64 {
        match self.top_k {
            Some(_) => self.among_top as f64 / self.labelled as f64,
            None => f64::NAN,
        }
    }
}

/// How many other classes are not behind this one: neither a tie nor a NaN is.
fn not_behind<T: Scalar>(outputs: &ArrayView1<'_, T>, label: usize) -> usize {
    let own = outputs[label];
    let behind = outputs.iter().filter(|other| **other < own).count();
    outputs.len() - 1 - behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn ties_and_nan_are_no_hits() {
        let outputs = array![[1.0, 2.0, 3.0], [5.0, 5.0, 0.0], [f64::NAN, 1.0, 0.0]];
        assert!((accuracy(&outputs, &[2, 0, 0], 1) - 1.0 / 3.0).abs() < 1e-15);
        assert!((accuracy(&outputs, &[1, 0, 1], 2) - 1.0).abs() < 1e-15);
    }
}
