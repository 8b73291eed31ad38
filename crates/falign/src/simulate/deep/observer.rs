//! Measures at a recorded step.

use std::sync::Arc;

use crate::math::Stream;
use crate::math::simd::Element;
use crate::measure::{Batches, Measured, NetworkValue, Quantity, Samples, Wanted};
use crate::network::{Examples, Running, Training};

/// Measures of a network at recorded steps.
pub(super) struct Observer<'a> {
    pub(super) quantities: &'a [Quantity],
    /// k of [`Quantity::TestTopKAccuracy`].
    pub(super) top_k: usize,
    /// The training set, where it is measured as a whole.
    pub(super) train: Arc<Examples>,
    /// `None`: the training set.
    pub(super) test: Option<Examples>,
    pub(super) validation: Option<Examples>,
    pub(super) noise: Stream,
}

impl Observer<'_> {
    /// One value for each quantity.
    pub(super) fn row<T: Element>(
        &mut self,
        training: &mut Training<T>,
        running: Running,
    ) -> Vec<f64> {
        let held = self.measured(&[Samples::Held, Samples::Test], training);
        let train = self.measured(&[Samples::Training], training);
        let validation = self.measured(&[Samples::Validation], training);
        let batches = Batches {
            epoch: training.epoch(),
            running,
        };
        let value = |quantity: Quantity| match quantity.network().map(|row| row.value) {
            Some(NetworkValue::Batches(value)) => Some(value(&batches)),
            Some(NetworkValue::Samples(Samples::Training, value)) => Some(value(train.as_ref()?)),
            Some(NetworkValue::Samples(Samples::Validation, value)) => {
                Some(value(validation.as_ref()?))
            }
            _ => held.as_ref()?.value(quantity),
        };
        let values = self.quantities.iter();
        values.map(|&q| value(q).unwrap_or(f64::NAN)).collect()
    }

    /// Measures the samples of these kinds, which are one set; `None` where no quantity asks.
    fn measured<T: Element>(
        &mut self,
        kinds: &[Samples],
        training: &mut Training<T>,
    ) -> Option<Measured> {
        let asks = |quantity: &Quantity| kinds.contains(&quantity.samples()?).then_some(*quantity);
        let asked: Vec<Quantity> = self.quantities.iter().filter_map(asks).collect();
        let samples = match kinds[0] {
            Samples::Held | Samples::Test => self.test.as_ref().unwrap_or(&self.train),
            Samples::Training => &self.train,
            Samples::Validation => self.validation.as_ref()?,
        };
        let wanted = Wanted::of(&asked, self.top_k);
        (!asked.is_empty()).then(|| training.measure(samples, wanted, &mut self.noise))
    }
}
