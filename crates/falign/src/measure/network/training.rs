//! Networks measured on their way through their training set.

use super::{Alignment, Measured, Measurement, Wanted, alignment};
use crate::Result;
use crate::math::Stream;
use crate::math::simd::Element;
use crate::network::{Examples, Network, Running, Training};
use crate::stage::{Listener, Stage, unstopped};

/// Batches since the last recorded step, with what they show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batches {
    /// Passes through the training set.
    pub(crate) epoch: f64,
    /// Sums over the samples of these batches.
    pub(crate) running: Running,
}

impl<T: Element> Training<T> {
    /// Measures the network on these samples, without dropout and without a change.
    ///
    /// `noise` is a separate stream, for rules that draw; each step has its part of it.
    /// Feedback weights that a rule draws for each batch are put back to those of the last step.
    pub fn measure(&mut self, samples: &Examples, wanted: Wanted, noise: &mut Stream) -> Measured {
        unstopped(|nobody| self.measure_with_listener(samples, wanted, noise, nobody))
    }

    /// [`measure`](Self::measure), unless it is stopped.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
    pub(crate) fn measure_with_listener(
        &mut self,
        samples: &Examples,
        wanted: Wanted,
        noise: &mut Stream,
        listener: Listener<'_>,
    ) -> Result<Measured> {
        let loss = self.options().loss;
        let step = self.network().steps_done();
        self.seek(noise);
        self.with_feedback_kept(|training| {
            let measurement = Measurement::new(training.network(), wanted);
            let mut measurement = measurement.expecting(samples.samples());
            let look = |share| listener.tell(Stage::measures(step, share));
            training.show(samples, look, |network, batch| {
                let (targets, labels) = (batch.targets(), batch.labels());
                measurement.include(network, batch, targets, labels, loss, noise);
            })?;
            Ok(measurement.finish(training.network()))
        })
    }
}

impl<T: Element> Network<T> {
    /// Alignment of the rule's teaching signals with those of backpropagation on the last
    /// batch, for each hidden layer. The delivered residual is that of [`Network::loss`].
    pub fn signal_alignment(&mut self, noise: &mut Stream) -> Vec<Alignment> {
        self.teach_exactly(noise);
        self.teach(noise);
        self.signals()
            .iter()
            .zip(self.exact_signals())
            .map(|(delivered, exact)| alignment(delivered, exact))
            .collect()
    }
}
