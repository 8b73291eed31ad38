//! Measures at a recorded step.

use std::sync::Arc;

use crate::Result;
use crate::math::Stream;
use crate::math::simd::Element;
use crate::measure::{Batches, Measured, NetworkValue, Quantity, Samples, Wanted};
use crate::network::{Examples, Network, Running, Training};
use crate::stage::Listener;

/// Measures of a network at recorded steps.
pub(super) struct Observer {
    pub(super) quantities: Vec<Quantity>,
    /// k of [`Quantity::TestTopKAccuracy`].
    pub(super) top_k: usize,
    /// The training set, where it is measured as a whole.
    pub(super) train: Arc<Examples>,
    /// `None`: the training set.
    pub(super) test: Option<Examples>,
    pub(super) validation: Option<Examples>,
    pub(super) noise: Stream,
}

/// Kinds of samples that are one set each.
const SETS: [&[Samples]; 3] = [
    &[Samples::Held, Samples::Test],
    &[Samples::Training],
    &[Samples::Validation],
];

impl Observer {
    /// Multiply-adds of a row, about: a forward pass of all samples that it measures, and as much again
    /// backward.
    pub(super) fn work<T: Element>(&self, network: &Network<T>) -> f64 {
        let samples = SETS.iter().filter_map(|kinds| {
            let is_asked = self.quantities.iter().any(|&q| is_of(kinds, q));
            Some(self.set(kinds).filter(|_| is_asked)?.samples())
        });
        2.0 * samples.sum::<usize>() as f64 * network.multiply_adds()
    }

    /// One value for each quantity.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where the listener says so: the network is as before.
    pub(super) fn row<T: Element>(
        &self,
        training: &mut Training<T>,
        running: Running,
        listener: Listener<'_>,
    ) -> Result<Vec<f64>> {
        let [held, train, validation] = [
            self.measured(SETS[0], training, listener)?,
            self.measured(SETS[1], training, listener)?,
            self.measured(SETS[2], training, listener)?,
        ];
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
        Ok(values.map(|&q| value(q).unwrap_or(f64::NAN)).collect())
    }

    /// The set of samples of these kinds, if there is one.
    fn set(&self, kinds: &[Samples]) -> Option<&Examples> {
        match kinds[0] {
            Samples::Held | Samples::Test => Some(self.test.as_ref().unwrap_or(&self.train)),
            Samples::Training => Some(&self.train),
            Samples::Validation => self.validation.as_ref(),
        }
    }

    /// Measures the samples of these kinds, which are one set; `None` where no quantity asks.
    fn measured<T: Element>(
        &self,
        kinds: &[Samples],
        training: &mut Training<T>,
        listener: Listener<'_>,
    ) -> Result<Option<Measured>> {
        let quantities = self.quantities.iter().copied();
        let asked: Vec<Quantity> = quantities.filter(|&q| is_of(kinds, q)).collect();
        // Drawn noise is a function of the step alone.
        let mut noise = self.noise.clone();
        let Some(samples) = self.set(kinds).filter(|_| !asked.is_empty()) else {
            return Ok(None);
        };
        let wanted = Wanted::of(&asked, self.top_k);
        let measured = training.measure_with_listener(samples, wanted, &mut noise, listener)?;
        Ok(Some(measured))
    }
}

/// Whether a quantity is measured on samples of these kinds.
fn is_of(kinds: &[Samples], quantity: Quantity) -> bool {
    quantity.samples().is_some_and(|kind| kinds.contains(&kind))
}
