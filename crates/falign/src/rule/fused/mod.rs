//! Ways in which a network of this library runs the library's own rules faster: the same numbers as by
//! [`LearningRule::teach`], in fewer passes. A rule from elsewhere is asked for its signals.

use std::any::Any;

use ndarray::Array2;

use super::algebra::FeedbackWeights;
use super::composed::Composed;
use super::layer::Layer;
use super::learning_rule::LearningRule;
use super::passage::Hear;
use super::trace::Trace;
use crate::math::simd::Element;
use crate::math::{DeferredProduct, Stream};

/// The rule as one of the family, if it is.
pub(crate) fn family<T: Element>(rule: &dyn LearningRule<T>) -> Option<&Composed<T>> {
    (rule as &dyn Any).downcast_ref()
}

/// [`family`], to be asked.
pub(crate) fn family_mut<T: Element>(rule: &mut dyn LearningRule<T>) -> Option<&mut Composed<T>> {
    (rule as &mut dyn Any).downcast_mut()
}

/// Writes the delta of each hidden layer, (batch, units): its teaching signal times psi', as it is
/// what its weights are changed by.
pub(crate) fn write_deltas<T: Element>(
    rule: &mut dyn LearningRule<T>,
    layers: &[Layer<T>],
    trace: &Trace<T>,
    deltas: &mut [Array2<T>],
    noise: &mut Stream,
) {
    let is_list = trace.passage().is_none();
    if let Some(rule) = family_mut(rule).filter(|_| is_list) {
        rule.prepare(layers, trace, noise);
        rule.deltas_from(0, layers, trace, deltas);
    } else {
        rule.teach(layers, trace, deltas, noise);
        trace.times_gates(deltas);
    }
}

impl<T: Element> Composed<T> {
    /// Whether it changes its feedback weights, if at all, without looking at activities or deltas.
    pub(crate) fn is_blind(&self) -> bool {
        self.composition().feedback != FeedbackWeights::Hebbian
    }

    /// Tells of the delta of each hidden layer, laid out as the batch of the wiring is, from the last one down. Gains
    /// that no signal passes are left out.
    pub(crate) fn tell_deltas(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        noise: &mut Stream,
        tell: &mut dyn FnMut(usize, &[T]),
    ) {
        self.prepare(layers, trace, noise);
        let passage = trace.passage().expect("layers that are wired");
        let hear = Hear {
            as_deltas: true,
            tell,
        };
        self.send(layers, passage, hear);
    }

    /// Writes all deltas but that of the first hidden layer, of which the product is known then
    /// ([`first_delta`](Self::first_delta)), and which [`adapt`](LearningRule::adapt) does not see.
    /// `false`, with nothing done, without a hidden layer.
    pub(crate) fn write_upper_deltas(
        &mut self,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        deltas: &mut [Array2<T>],
        noise: &mut Stream,
    ) -> bool {
        if deltas.is_empty() {
            return false;
        }
        self.prepare(layers, trace, noise);
        self.deltas_from(1, layers, trace, deltas);
        true
    }

    /// The delta of the first hidden layer as a product that is not made yet, from those of the
    /// layers above, which [`write_upper_deltas`](Self::write_upper_deltas) has just written: psi'
    /// is its `s`, and the teaching signal what is left without it. The first layer's weights are
    /// not looked at.
    pub(crate) fn first_delta<'a>(
        &'a self,
        layers: &'a [Layer<T>],
        trace: &'a Trace<T>,
        upper: &'a [Array2<T>],
    ) -> DeferredProduct<'a, T> {
        self.signal(layers, trace, 0, upper, Some(self.gates(trace, 0)))
    }

    /// Deltas of hidden layers from `first` on.
    fn deltas_from(
        &self,
        first: usize,
        layers: &[Layer<T>],
        trace: &Trace<T>,
        deltas: &mut [Array2<T>],
    ) {
        for at in (first..deltas.len()).rev() {
            let (delta, above) = deltas[at..].split_first_mut().expect("below the length");
            let product = self.signal(layers, trace, at, above, Some(self.gates(trace, at)));
            product.write(&mut delta.view_mut());
        }
    }
}

#[cfg(test)]
mod tests;
