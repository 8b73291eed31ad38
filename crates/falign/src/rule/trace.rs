//! View that a learning rule has of a network: plain values that the engine fills.

use std::borrow::Cow;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::gate::Gate;
use super::layer::Layer;
use super::mode::{Mode, States};
use super::passage::{Hear, Passage, Space};
use crate::layer::{Dense, Inputs, Wiring};
use crate::math::simd::Element;
use crate::math::{Loss, Reduction, Scalar, Slopes, set_rows};

/// One batch on its way through a network, samples in rows.
///
/// # Example
/// ```
/// use falign::math::Stream;
/// use falign::rule::{Layer, LearningRule, Trace};
/// use ndarray::Array2;
///
/// /// Every unit of a hidden layer hears the sum of the outputs' residuals, and its own activity.
/// struct Broadcast;
///
/// impl LearningRule<f64> for Broadcast {
///     fn teach(&mut self, _: &[Layer<f64>], trace: &Trace<f64>, signals: &mut [Array2<f64>], _: &mut Stream) {
///         for (signal, activity) in signals.iter_mut().zip(&trace.activities) {
///             assert_eq!(signal.dim(), activity.dim()); // (batch, units)
///             for (i, mut row) in signal.rows_mut().into_iter().enumerate() {
///                 let heard = trace.residual.row(i).sum();
///                 row.assign(&activity.row(i).mapv(|h| heard * h));
///             }
///         }
///     }
/// }
///
/// let mut network = falign::Network::builder(2, 1).hidden(&[4]).own_rule(Broadcast).build()?;
/// network.step(&ndarray::array![[1.0, -0.5]], &ndarray::array![[0.3]]);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<T> {
    /// psi(z) of each hidden layer, (batch, units), with dropout.
    pub activities: Vec<Array2<T>>,
    /// psi'(z) of each hidden layer, (batch, units), with dropout; without rows where the
    /// activities are rectified and nothing else, and tell it.
    derivatives: Vec<Array2<T>>,
    /// The function in the place of psi', and its values in each hidden layer, (batch, units), with dropout;
    /// without rows where psi' is in its place.
    gate: Gate,
    gates: Vec<Array2<T>>,
    /// Outputs, (batch, outputs): logits where the loss is a cross-entropy.
    pub outputs: Array2<T>,
    /// Numbers that were subtracted from the last layer's sums to give the outputs, (batch, outputs):
    /// those of the start, where outputs are centred.
    pub offset: Option<Array2<T>>,
    /// Derivative of the (reduced) loss by the outputs, (batch, outputs).
    #[doc(alias = "e")]
    pub residual: Array2<T>,
    /// Targets, (batch, outputs): one-hot for classes, reduced as the residual is.
    pub targets: Array2<T>,
    /// The loss whose derivative the residual is.
    pub loss: Loss,
    /// How it is reduced over the batch.
    pub reduction: Reduction,
    /// Values of the batch at all nodes, where layers are wired freely.
    passage: Option<Box<Passage<T>>>,
}

impl<T: Scalar> Trace<T> {
    /// Trace of batches of `batch` samples; numbers are zero until the engine fills them.
    ///
    /// # Panics
    /// If there is no layer.
    pub fn new(layers: &[Layer<T>], batch: usize) -> Self {
        let zeros = |layer: &Layer<T>| Array2::from_elem((batch, layer.units()), T::ZERO);
        let none = |layer: &Layer<T>| Array2::from_elem((0, layer.units()), T::ZERO);
        let (last, hidden) = layers.split_last().expect("at least one layer");
        Self {
            activities: hidden.iter().map(zeros).collect(),
            derivatives: hidden.iter().map(none).collect(),
            gate: Gate::Derivative,
            gates: hidden.iter().map(none).collect(),
            outputs: zeros(last),
            offset: None,
            residual: zeros(last),
            targets: zeros(last),
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
            passage: None,
        }
    }

    /// Makes space for batches of this size, out of what it has; the numbers are arbitrary.
    pub(crate) fn set_batch(&mut self, batch: usize) {
        let outputs = [&mut self.outputs, &mut self.residual, &mut self.targets];
        for matrix in self.activities.iter_mut().chain(outputs) {
            set_rows(matrix, batch);
        }
        self.offset = None;
    }

    /// Lets a function stand in the place of psi' from the next batch on.
    pub(crate) fn set_gate(&mut self, gate: Gate) {
        self.gate = gate;
    }

    /// The function in the place of psi'.
    pub(crate) fn gate(&self) -> Gate {
        self.gate
    }

    /// Space for the gates of hidden layer `at`, beside its activities; none where psi' is in its place.
    pub(crate) fn gated_mut(&mut self, at: usize) -> Option<[&mut Array2<T>; 2]> {
        let batch = self.batch();
        let gates = &mut self.gates[at];
        let is_gated = self.gate != Gate::Derivative;
        set_rows(gates, if is_gated { batch } else { 0 });
        is_gated.then_some([&mut self.activities[at], gates])
    }

    /// Activities of hidden layer `at`, their slopes, and what stands in the place of these, without rows
    /// where nothing does.
    pub(crate) fn silenced_mut(&mut self, at: usize) -> [&mut Array2<T>; 3] {
        [
            &mut self.activities[at],
            &mut self.derivatives[at],
            &mut self.gates[at],
        ]
    }

    /// Factors of signals in hidden layer `at`, for a rule with the gate of the trace.
    pub(crate) fn gates(&self, at: usize) -> Slopes<'_, T> {
        let gates = &self.gates[at];
        if gates.nrows() == 0 {
            self.slopes(at)
        } else {
            Slopes::Numbers(gates.view())
        }
    }

    /// Teaching signals become deltas: each is multiplied by psi', or what stands in its place.
    pub(crate) fn times_gates(&self, signals: &mut [Array2<T>]) {
        for (at, signal) in signals.iter_mut().enumerate() {
            self.gates(at).multiply(&mut signal.view_mut());
        }
    }

    /// Teaching signals become deltas: each is multiplied by psi'.
    pub(crate) fn times_slopes(&self, signals: &mut [Array2<T>]) {
        for (at, signal) in signals.iter_mut().enumerate() {
            self.slopes(at).multiply(&mut signal.view_mut());
        }
    }

    /// psi'(z) of hidden layer `at`, (batch, units), with dropout. Made when it is asked for where
    /// units are rectified without dropout.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn derivatives(&self, at: usize) -> Cow<'_, Array2<T>> {
        match self.slopes(at) {
            Slopes::Numbers(_) => Cow::Borrowed(&self.derivatives[at]),
            slopes @ Slopes::OfRectified(_) => {
                let mut ones = Array2::from_elem(slopes.dim(), T::ONE);
                slopes.multiply(&mut ones.view_mut());
                Cow::Owned(ones)
            }
        }
    }

    /// psi'(z) of hidden layer `at` for multiplication.
    ///
    /// # Panics
    /// If there is no such layer.
    pub(crate) fn slopes(&self, at: usize) -> Slopes<'_, T> {
        let (numbers, activities) = (&self.derivatives[at], &self.activities[at]);
        if numbers.nrows() == 0 {
            Slopes::OfRectified(activities.view())
        } else {
            Slopes::Numbers(numbers.view())
        }
    }

    /// Activities of hidden layer `at`, which are rectified and tell their slopes.
    pub(crate) fn rectified_mut(&mut self, at: usize) -> &mut Array2<T> {
        set_rows(&mut self.derivatives[at], 0);
        &mut self.activities[at]
    }

    /// Activities of hidden layer `at` and their slopes, both to be written.
    pub(crate) fn activated_mut(&mut self, at: usize) -> [&mut Array2<T>; 2] {
        let batch = self.batch();
        let slopes = &mut self.derivatives[at];
        set_rows(slopes, batch);
        [&mut self.activities[at], slopes]
    }

    /// Samples in the batch.
    pub(crate) fn batch(&self) -> usize {
        self.outputs.nrows()
    }
}

impl<T: Element> Trace<T> {
    /// Trace of layers that are wired freely.
    ///
    /// # Panics
    /// If they do not fit the wiring.
    pub(crate) fn wired(layers: &[Layer<T>], wiring: Wiring<T>) -> Self {
        Self {
            passage: Some(Box::new(Passage::new(Arc::new(wiring), layers))),
            ..Self::new(layers, 1)
        }
    }

    /// The batch on its way through a wiring; `None` where dense layers stand one above the other.
    pub(crate) fn passage(&self) -> Option<&Passage<T>> {
        self.passage.as_deref()
    }

    /// Runs a batch, samples in rows, through the wiring; only the outputs are written into the trace.
    ///
    /// # Panics
    /// If there is none, or the batch has another size than the trace.
    pub(crate) fn run(
        &mut self,
        layers: &[Layer<T>],
        states: &mut States<T>,
        rows: Inputs<'_, T>,
        mode: Mode,
    ) {
        let mut passage = self.passage.take().expect("layers that are wired");
        let mode = Mode {
            gate: self.gate,
            ..mode
        };
        passage.give(self.batch(), rows);
        passage.run(layers, states, mode);
        passage.write_outputs(&mut self.outputs);
        self.passage = Some(passage);
    }

    /// Writes the activities of what has [run](Self::run) through a wiring, and what belongs to them.
    pub(crate) fn write_activities(&mut self) {
        let Some(passage) = self.passage.take() else {
            return;
        };
        for at in 0..self.activities.len() {
            passage.write_activity(at, self.activated_mut(at));
            if let Some([_, gates]) = self.gated_mut(at) {
                passage.write_gates(at, gates);
            }
        }
        self.passage = Some(passage);
    }

    /// Writes the teaching signals of a rule that hands signals down layer by layer: each layer pulls
    /// its delta back through weights of its own shape, `through[l]` for layer l + 1, as
    /// feedback weights are numbered. `sent` is the signal of the outputs, (batch, outputs). Layers of
    /// any kind, and maps between them, are crossed.
    ///
    /// # Panics
    /// If shapes do not fit.
    ///
    /// # Example
    /// ```
    /// use falign::math::Activation;
    /// use falign::rule::{Layer, Trace};
    /// use ndarray::{Array2, array};
    /// let layers = [
    ///     Layer::dense(array![[0.4, 0.1], [-0.2, 0.3]], Activation::Tanh),
    ///     Layer::dense(array![[1.0, -1.0]], Activation::Linear),
    /// ];
    /// let trace = Trace::new(&layers, 1);
    /// let (b, mut signals) = ([array![[0.5, 2.0]]], [Array2::zeros((1, 2))]);
    /// trace.pull_back(&layers, &b, &array![[10.0]], &mut signals);
    /// assert_eq!(signals[0], array![[5.0, 20.0]]);
    /// ```
    pub fn pull_back(
        &self,
        layers: &[Layer<T>],
        through: &[Array2<T>],
        sent: &Array2<T>,
        signals: &mut [Array2<T>],
    ) {
        let mut space = self.activities.clone();
        let through = |layer: usize| through[layer - 1].view();
        self.pull_back_in(layers, through, sent, signals, &mut space);
    }

    /// [`pull_back`](Self::pull_back) through the weights that are said for a layer, in space of the
    /// signals' shapes.
    pub(super) fn pull_back_in<'a>(
        &self,
        layers: &[Layer<T>],
        through: impl Fn(usize) -> ArrayView2<'a, T>,
        sent: &Array2<T>,
        signals: &mut [Array2<T>],
        deltas: &mut [Array2<T>],
    ) where
        T: 'a,
    {
        assert_eq!(signals.len() + 1, layers.len(), "one for each hidden layer");
        if let Some(passage) = &self.passage {
            let mut tell = |at: usize, signal: &[T]| {
                if let Some(rows) = signals.get_mut(at) {
                    passage.write_rows(signal, rows);
                }
            };
            let hear = Hear {
                as_deltas: false,
                tell: &mut tell,
            };
            passage.pull_back(layers, through, sent, hear, &mut Space::default());
            return;
        }
        for (at, signal) in signals.iter_mut().enumerate().rev() {
            let delta = deltas.get(at + 1).unwrap_or(sent);
            let through = through(at + 1);
            let (units, inputs) = through.dim();
            let dense = Dense::new(inputs, units, layers[at + 1].factor);
            let product = dense.deferred(&through, &delta.view(), None);
            product.write(&mut signal.view_mut());
            if at > 0 {
                deltas[at].assign(signal);
                self.slopes(at).multiply(&mut deltas[at].view_mut());
            }
        }
    }

    /// Numbers that a layer above the first reads, (batch, inputs).
    pub(super) fn read_by(&self, layer: usize) -> Cow<'_, Array2<T>> {
        match &self.passage {
            None => Cow::Borrowed(&self.activities[layer - 1]),
            Some(passage) => Cow::Owned(passage.read_rows(layer)),
        }
    }

    /// Whether a signal from a layer above the first reaches a hidden layer, so that it has use for
    /// feedback weights.
    pub(super) fn hands_down(&self, layer: usize) -> bool {
        let passage = self.passage.as_ref();
        passage.is_none_or(|passage| passage.hands_down(layer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;
    use ndarray::array;

    #[test]
    fn traces_of_wired_layers_are_equal_where_all_their_numbers_are() {
        let layers = [Layer::dense(array![[0.5, -1.0]], Activation::Linear)];
        let trace = |sample: [f64; 2]| {
            let mut trace = Trace::wired(&layers, Wiring::chain(2, 1));
            let mut states = vec![Vec::new()];
            trace.run(
                &layers,
                &mut states,
                Inputs::Numbers(&sample),
                Mode::silent(),
            );
            trace
        };
        let one = trace([1.0, 0.25]);
        assert_eq!(one, trace([1.0, 0.25]));
        // Its output is the same, 1/4.
        assert_ne!(one, trace([2.0, 0.75]));
    }
}
