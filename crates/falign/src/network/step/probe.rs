//! Signals and gradients of the rule on the last batch, and of backpropagation: for
//! measurements, which change no weight.

use ndarray::{Array2, ArrayView2, s};

use super::Network;
use super::own::Written;
use crate::math::simd::Element;
use crate::math::{DeferredProduct, Stream, set_rows};
use crate::network::Input;
use crate::network::gradients::Gradients;
use crate::rule::LearningRule;
use crate::rule::fused::{family, family_mut};

impl<T: Element> Network<T> {
    /// Writes [`exact_signals`](Self::exact_signals) of the last batch. Nothing is drawn from `noise`.
    pub(crate) fn teach_exactly(&mut self, noise: &mut Stream) {
        self.fit_exact();
        self.backpropagation
            .teach(&self.layers, &self.trace, &mut self.exact, noise);
    }

    /// Space for [`exact_signals`](Self::exact_signals).
    fn fit_exact(&mut self) {
        if self.exact.is_empty() {
            self.exact.clone_from(&self.trace.activities);
        }
        for exact in &mut self.exact {
            set_rows(exact, self.trace.batch());
        }
    }

    /// Shows the rule's teaching signals of the last batch and those of backpropagation, some
    /// samples at a time, which stay in the second-level cache; the same numbers as by
    /// [`teach`](Self::teach) and [`teach_exactly`](Self::teach_exactly), whose signals are
    /// arbitrary afterwards. `false`, and nothing is shown or drawn from `noise`, where there are
    /// more hidden layers than one or the rule does not know its signals as products.
    pub(crate) fn compare_signals(
        &mut self,
        noise: &mut Stream,
        mut compare: impl FnMut(ArrayView2<'_, T>, ArrayView2<'_, T>),
    ) -> bool {
        /// Two signals of a thousand units in f32 are half a megabyte.
        const SAMPLES: usize = 64;
        let (layers, trace) = (&self.layers, &self.trace);
        if self.signals.len() != 1 || self.is_wired() {
            return false;
        }
        let Some(rule) = family_mut(self.rule.as_mut()) else {
            return false;
        };
        rule.write_upper_deltas(layers, trace, &mut self.signals, noise);
        self.fit_exact();
        let (layers, trace) = (&self.layers, &self.trace);
        let own = &mut self.backpropagation;
        own.write_upper_deltas(layers, trace, &mut self.exact, noise);
        let rule = family(self.rule.as_ref()).expect("one of the family");
        let rules = [rule, own];
        let [delivered, exact] = rules.map(|rule| DeferredProduct {
            s: None,
            ..rule.first_delta(layers, trace, &[])
        });
        let [delivered_space, exact_space] = [&mut self.signals[0], &mut self.exact[0]];
        let mut show = |delivered: DeferredProduct<'_, T>, exact: DeferredProduct<'_, T>| {
            let samples = s![..delivered.a.nrows(), ..];
            let mut delivered_part = delivered_space.slice_mut(samples);
            let mut exact_part = exact_space.slice_mut(samples);
            delivered.write(&mut delivered_part);
            exact.write(&mut exact_part);
            compare(delivered_part.view(), exact_part.view());
        };
        match (delivered.parts(SAMPLES), exact.parts(SAMPLES)) {
            (Some(delivered), Some(exact)) => {
                delivered
                    .zip(exact)
                    .for_each(|(delivered, exact)| show(delivered, exact));
            }
            _ => show(delivered, exact),
        }
        true
    }

    /// Derivatives of the last batch's loss by the activities of each hidden layer, (batch, units).
    pub(crate) fn exact_signals(&self) -> &[Array2<T>] {
        &self.exact
    }

    /// Teaching signals as [`Network::teach`] has written them.
    pub(crate) fn signals(&self) -> &[Array2<T>] {
        &self.signals
    }

    /// The gradients that the rule's teaching signals make of the last batch, which was `input`.
    pub(crate) fn delivered_gradients(&self, input: &dyn Input<T>) -> Gradients<T> {
        let mut deltas = self.signals.clone();
        self.trace.times_gates(&mut deltas);
        self.gradients_of(&deltas, input)
    }

    /// The gradients of the last batch, which was `input`, from [`exact_signals`](Self::exact_signals).
    pub(crate) fn exact_gradients(&self, input: &dyn Input<T>) -> Gradients<T> {
        let mut deltas = self.exact.clone();
        self.trace.times_slopes(&mut deltas);
        self.gradients_of(&deltas, input)
    }

    fn gradients_of(&self, deltas: &[Array2<T>], input: &dyn Input<T>) -> Gradients<T> {
        let mut gradients = Gradients::zeros(&self.layers);
        gradients.fill(&self.layers, &self.trace, deltas, input, 0);
        gradients
    }

    /// The gradients of the last batch as a rule that learns by trial estimates them; `None`
    /// from a rule that teaches. `loss` is the batch's, as [`Network::loss`] gave it.
    pub(crate) fn estimated_gradients(
        &mut self,
        input: &dyn Input<T>,
        targets: &Array2<T>,
        loss: f64,
        noise: &mut Stream,
    ) -> Option<Gradients<T>> {
        let mut gradients = Gradients::zeros(&self.layers);
        let written = self.written(&mut gradients, input, targets, loss, None, noise);
        (written != Written::Nothing).then_some(gradients)
    }
}
