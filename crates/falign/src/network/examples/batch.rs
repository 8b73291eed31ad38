//! Some samples of a set, as a network takes them.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::{Content, Examples, Form};
use crate::layer::Inputs;
use crate::math::simd::Element;
use crate::network::input::{Delta, DenseInput, Descent, Fused, Input, PixelInput};

/// Batch of samples as a network takes them.
#[derive(Debug, Clone)]
pub struct Batch<T: Element> {
    pub(super) inputs: BatchInputs<T>,
    pub(super) targets: Array2<T>,
    pub(super) labels: Vec<usize>,
    pub(super) offset: Option<Array2<T>>,
}

#[derive(Debug, Clone)]
pub(super) enum BatchInputs<T: Element> {
    Dense(DenseInput<T>),
    Pixels(Box<PixelInput<T>>),
}

impl<T: Element> Default for Batch<T> {
    fn default() -> Self {
        let empty = || Array2::from_elem((0, 0), T::ZERO);
        Self {
            inputs: BatchInputs::Dense(DenseInput(empty())),
            targets: empty(),
            labels: Vec::new(),
            offset: None,
        }
    }
}

impl<T: Element> Batch<T> {
    /// Targets, (batch, outputs).
    pub fn targets(&self) -> &Array2<T> {
        &self.targets
    }

    /// The class of each sample, where there are classes.
    pub fn labels(&self) -> Option<&[usize]> {
        (!self.labels.is_empty()).then_some(&self.labels)
    }

    /// Outputs of the start for each sample, (batch, outputs), to be subtracted.
    pub fn set_offset(&mut self, offset: Array2<T>) {
        self.offset = Some(offset);
    }

    /// Space for this many of `examples`; nothing is allocated where it is already there.
    pub(super) fn fit(&mut self, samples: usize, examples: &Examples) {
        let shape = (samples, examples.input_dim());
        let form = match &examples.content {
            Content::Classes { form, .. } => form,
            Content::Reals { .. } => &Form::Dense,
        };
        match (form, &mut self.inputs) {
            (Form::Listed { layout, .. }, inputs) => {
                let is_there = matches!(inputs, BatchInputs::Pixels(i) if i.has_layout(layout));
                if !is_there {
                    *inputs = BatchInputs::Pixels(Box::new(PixelInput::new(Arc::clone(layout))));
                }
            }
            (_, BatchInputs::Dense(input)) if input.0.dim() == shape => {}
            (_, inputs) => {
                let zeros = Array2::from_elem(shape, T::ZERO);
                *inputs = BatchInputs::Dense(DenseInput(zeros));
            }
        }
        if self.targets.dim() != (samples, examples.outputs()) {
            self.targets = Array2::from_elem((samples, examples.outputs()), T::ZERO);
        }
    }

    fn input(&self) -> &dyn Input<T> {
        match &self.inputs {
            BatchInputs::Dense(input) => input,
            BatchInputs::Pixels(input) => input.as_ref(),
        }
    }
}

impl<T: Element> Input<T> for Batch<T> {
    fn batch(&self) -> usize {
        self.input().batch()
    }

    fn forward(&self, weights: &ArrayView2<'_, T>, factor: T, z: &mut ArrayViewMut2<'_, T>) {
        self.input().forward(weights, factor, z);
    }

    fn gradient(&self, delta: &ArrayView2<'_, T>, factor: T, gradient: &mut ArrayViewMut2<'_, T>) {
        self.input().gradient(delta, factor, gradient);
    }

    fn show(&self, see: &mut dyn FnMut(Inputs<'_, T>)) {
        self.input().show(see);
    }

    fn offset(&self) -> Option<ArrayView2<'_, T>> {
        self.offset.as_ref().map(|offset| offset.view())
    }
}

impl<T: Element> Fused<T> for Batch<T> {
    fn forward_rectified(
        &self,
        weights: &ArrayView2<'_, T>,
        factor: T,
        activities: &mut ArrayViewMut2<'_, T>,
    ) {
        self.input().forward_rectified(weights, factor, activities);
    }

    fn descend(
        &self,
        delta: Delta<'_, T>,
        factor: T,
        weights: &mut ArrayViewMut2<'_, T>,
        descent: Descent<T>,
    ) -> bool {
        self.input().descend(delta, factor, weights, descent)
    }
}
