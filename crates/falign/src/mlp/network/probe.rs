//! What the rule would do with the last batch, and what backpropagation would: for
//! measurements, which change no weight.

use ndarray::Array2;

use super::Network;
use crate::math::simd::Element;
use crate::math::{Stream, set_rows};
use crate::mlp::gradients::Gradients;
use crate::mlp::{Alignment, Input, alignment};
use crate::rule::LearningRule;

impl<T: Element> Network<T> {
    /// Alignment of the rule's teaching signals with those of backpropagation on the last
    /// batch, for each hidden layer. The delivered residual is that of [`Network::loss`].
    pub fn signal_alignment(&mut self, noise: &mut Stream) -> Vec<Alignment> {
        self.teach_exactly(noise);
        self.teach(noise);
        self.signals
            .iter()
            .zip(&self.exact)
            .map(|(delivered, exact)| alignment(delivered, exact))
            .collect()
    }

    /// Writes [`exact_signals`](Self::exact_signals) of the last batch. Nothing is drawn from `noise`.
    pub(in crate::mlp) fn teach_exactly(&mut self, noise: &mut Stream) {
        if self.exact.is_empty() {
            self.exact.clone_from(&self.trace.activities);
        }
        for exact in &mut self.exact {
            set_rows(exact, self.trace.batch());
        }
        self.backpropagation
            .teach(&self.layers, &self.trace, &mut self.exact, noise);
    }

    /// Derivatives of the last batch's loss by the activities of each hidden layer, (batch, units).
    pub(in crate::mlp) fn exact_signals(&self) -> &[Array2<T>] {
        &self.exact
    }

    /// Teaching signals as [`Network::teach`] has written them.
    pub(in crate::mlp) fn signals(&self) -> &[Array2<T>] {
        &self.signals
    }

    /// The gradients that teaching signals make of the last batch, which was `input`.
    pub(in crate::mlp) fn gradients_of(
        &self,
        mut signals: Vec<Array2<T>>,
        input: &dyn Input<T>,
    ) -> Gradients<T> {
        self.trace.times_slopes(&mut signals);
        let mut gradients = Gradients::zeros(&self.layers);
        gradients.fill(&self.layers, &self.trace, &signals, input, 0);
        gradients
    }

    /// The gradients of the last batch as a rule that learns by trial estimates them; `None`
    /// from a rule that teaches. `loss` is the batch's, as [`Network::loss`] gave it.
    pub(in crate::mlp) fn estimated_gradients(
        &mut self,
        input: &dyn Input<T>,
        targets: &Array2<T>,
        loss: f64,
        noise: &mut Stream,
    ) -> Option<Gradients<T>> {
        let mut gradients = Gradients::zeros(&self.layers);
        self.estimate(&mut gradients, input, targets, loss, noise)
            .then_some(gradients)
    }
}
