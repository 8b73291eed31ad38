//! What is measured at a recorded step.

use std::sync::Arc;

use crate::math::Stream;
use crate::math::simd::Element;
use crate::measure::Quantity;
use crate::network::{Examples, Running, Training, Wanted};

/// Measures of a network at recorded steps.
pub(super) struct Observer<'a> {
    pub(super) wanted: Wanted,
    pub(super) quantities: &'a [Quantity],
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
        let on_batches = [Quantity::Epoch, Quantity::Loss, Quantity::TrainAccuracy];
        let on_validation = [Quantity::ValidationLoss, Quantity::ValidationAccuracy];
        let any = |of: &dyn Fn(&Quantity) -> bool| self.quantities.iter().any(of);
        let on_train = [Quantity::TrainSetLoss, Quantity::TrainSetAccuracy];
        let elsewhere = [&on_batches[..], &on_validation, &on_train].concat();
        let test = self.test.as_ref().unwrap_or(&self.train);
        let measured = any(&|q| !elsewhere.contains(q))
            .then(|| training.measure(test, self.wanted, &mut self.noise));
        let plain = Wanted::default();
        let train = any(&|q| on_train.contains(q))
            .then(|| training.measure(&self.train, plain, &mut self.noise));
        let validation = match &self.validation {
            Some(samples) if any(&|q| on_validation.contains(q)) => {
                Some(training.measure(samples, plain, &mut self.noise))
            }
            _ => None,
        };
        let value = |quantity: Quantity| match quantity {
            Quantity::Epoch => Some(training.epoch()),
            Quantity::Loss => Some(running.loss / running.samples),
            Quantity::TrainAccuracy => Some(running.right / running.samples),
            Quantity::ValidationLoss => validation.as_ref()?.value(Quantity::TestLoss),
            Quantity::ValidationAccuracy => validation.as_ref()?.value(Quantity::TestAccuracy),
            Quantity::TrainSetLoss => train.as_ref()?.value(Quantity::TestLoss),
            Quantity::TrainSetAccuracy => train.as_ref()?.value(Quantity::TestAccuracy),
            other => measured.as_ref()?.value(other),
        };
        let values = self
            .quantities
            .iter()
            .map(|&q| value(q).unwrap_or(f64::NAN));
        values.collect()
    }
}
