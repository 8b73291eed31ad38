//! Rules that learn by trial.

use ndarray::Array2;

use super::Network;
use super::forward::run;
use crate::math::Stream;
use crate::math::simd::Element;
use crate::network::Input;
use crate::network::gradients::Gradients;
use crate::rule::{Layer, Trace, Trials};

impl<T: Element> Network<T> {
    /// Lets a rule that learns by trial write `gradients`; `false` if it does not.
    pub(super) fn estimate(
        &mut self,
        gradients: &mut Gradients<T>,
        input: &dyn Input<T>,
        targets: &Array2<T>,
        loss: f64,
        noise: &mut Stream,
    ) -> bool {
        let (kind, reduction) = (self.trace.loss, self.trace.reduction);
        let mut scratch = None;
        let of_batch = &self.trace;
        let mut trial = |layers: &[Layer<T>]| {
            if let Some(passage) = of_batch.passage() {
                let mut outputs = passage.again(layers, None);
                if let Some(offset) = &of_batch.offset {
                    outputs -= offset;
                }
                let mut residual = Array2::from_elem(outputs.dim(), T::ZERO);
                return kind.residual(&outputs, targets, reduction, &mut residual);
            }
            let trace = scratch.get_or_insert_with(|| Trace::new(layers, input.batch()));
            // Without separate dropout masks: a trial of the whole network.
            run(layers, trace, input, None);
            kind.residual(&trace.outputs, targets, reduction, &mut trace.residual)
        };
        self.rule.estimate(
            &mut Trials {
                layers: &self.layers,
                loss,
                trial: &mut trial,
                gradients: &mut gradients.weights,
                bias_gradients: &mut gradients.biases,
            },
            noise,
        )
    }
}
