//! Rules that write gradients or changes by themselves.

use ndarray::Array2;

use super::Network;
use super::forward::run;
use crate::layer::Inputs;
use crate::math::Stream;
use crate::math::simd::Element;
use crate::network::Input;
use crate::network::gradients::Gradients;
use crate::rule::{Layer, Plasticity, Trace};

/// Kind of numbers that a rule has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// A rule that teaches has written nothing.
    Nothing,
    /// Gradients, for the optimiser.
    Gradients,
    /// Changes, to be added.
    Changes,
}

/// A step that is learned from: how many were done, and eta.
pub(super) type Learned = Option<(u64, f64)>;

impl<T: Element> Network<T> {
    /// Lets a rule write `gradients` by itself.
    pub(super) fn written(
        &mut self,
        gradients: &mut Gradients<T>,
        input: &dyn Input<T>,
        targets: &Array2<T>,
        loss: f64,
        learned: Learned,
        noise: &mut Stream,
    ) -> Written {
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
        let inputs = || rows(input);
        let mut step = Plasticity {
            layers: &self.layers,
            trace: &self.trace,
            inputs: &inputs,
            loss,
            trial: &mut trial,
            step: learned.map(|(steps, _)| steps),
            step_size: learned.map_or(0.0, |(_, step_size)| step_size),
            gradients: &mut gradients.weights,
            bias_gradients: &mut gradients.biases,
            are_changes: false,
        };
        match self.rule.plasticity(&mut step, noise) {
            false => Written::Nothing,
            true if step.are_changes => Written::Changes,
            true => Written::Gradients,
        }
    }
}

/// The samples of a batch in rows.
fn rows<T: Element>(input: &dyn Input<T>) -> Array2<T> {
    let mut rows = Vec::new();
    input.show(&mut |samples| match samples {
        Inputs::Numbers(numbers) => rows.extend_from_slice(numbers),
        Inputs::Tokens(tokens) => rows.extend(tokens.iter().map(|&t| T::from_f64(f64::from(t)))),
    });
    let batch = input.batch();
    Array2::from_shape_vec((batch, rows.len() / batch), rows).expect("rows of one length")
}
