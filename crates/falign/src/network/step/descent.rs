//! The first layer's weights change while their gradient is made, where nobody looks at it.

use ndarray::Array2;

use super::{Network, StepOptions};
use crate::math::Stream;
use crate::math::simd::Element;
use crate::network::Input;
use crate::network::input::{Delta, Descent};
use crate::rule::Layer;
use crate::rule::fused::{family, family_mut};

impl<T: Element> Network<T> {
    /// Whether the first layer's weights may change without their gradient being kept.
    fn may_descend(&self) -> bool {
        let is_cut = matches!(self.connections.first(), Some(Some(_)));
        !self.keeps_first_changes
            && !is_cut
            && !self.is_wired()
            && self.trained[0].optimiser.is_without_state()
    }

    /// Asks the rule for all deltas but the first hidden layer's, which nothing but the step of its
    /// weights needs; `false`, and nothing is done, where that is not so or the rule cannot.
    pub(super) fn leaves_first_delta(&mut self, noise: &mut Stream) -> bool {
        if !self.may_descend() || self.layers[0].bias.is_some() {
            return false;
        }
        let (layers, trace) = (&self.layers, &self.trace);
        family_mut(self.rule.as_mut())
            .is_some_and(|rule| rule.write_upper_deltas(layers, trace, &mut self.signals, noise))
    }

    /// Changes the first layer's weights by the last batch's gradient without keeping it; `false`,
    /// and they are as they were, where it is wanted or that cannot be done. A delta that was
    /// [left](Self::leaves_first_delta) is made on the way, and written only where that is `false`.
    pub(super) fn descend(
        &mut self,
        input: &dyn Input<T>,
        options: StepOptions<'_>,
        is_left: bool,
    ) -> bool {
        if !self.may_descend() {
            return false;
        }
        let descent = Descent {
            step_size: T::from_f64(options.step_size),
            keep: T::from_f64(options.factors[0]),
        };
        let factor = self.layers[0].factor;
        // Taken out so that they can change along with those of the layers above.
        let mut weights = std::mem::take(&mut self.layers[0].weights);
        let mut descend = |delta| input.descend(delta, factor, &mut weights.view_mut(), descent);
        let is_done = match self.signals.split_first_mut() {
            Some((first, upper)) if is_left => {
                let rule = family(self.rule.as_ref()).expect("the rule has left it");
                let product = rule.first_delta(&self.layers, &self.trace, upper);
                descend(Delta::Deferred(product)) || {
                    product.write(&mut first.view_mut());
                    descend(Delta::Made(first.view()))
                }
            }
            Some((first, _)) => descend(Delta::Made(first.view())),
            None => descend(Delta::Made(self.trace.residual.view())),
        };
        self.layers[0].weights = weights;
        if is_done {
            self.trained[0].optimiser.count_step();
        }
        is_done
    }
}

/// Changes of the first layer's weights by gradient descent, as they are where they are kept.
pub(super) fn first_changes<T: Element>(
    layer: &Layer<T>,
    delta: &Array2<T>,
    input: &dyn Input<T>,
    step_size: T,
) -> Array2<T> {
    // In the weights' order in memory.
    let mut changes = layer.weights.clone();
    input.gradient(&delta.view(), layer.factor, &mut changes.view_mut());
    changes.mapv_inplace(|gradient| -(step_size * gradient));
    changes
}
