//! What a learning rule sees of a network: plain values that the engine fills.

use ndarray::{Array1, Array2, Zip};

use crate::math::{Activation, Loss, Reduction, Scalar, set_rows};

/// One layer: z = factor a W' + bias for the activity a below (rows are samples), and psi(z)
/// above. The last layer's activation is the identity; the loss turns its outputs into
/// probabilities where it needs them.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<T> {
    /// W, (units, inputs).
    #[doc(alias = "W")]
    pub weights: Array2<T>,
    /// (units), where the layer has biases.
    pub bias: Option<Array1<T>>,
    /// What multiplies the weighted sum, such as 1/sqrt(width) in the paper's output layer.
    pub factor: T,
    /// psi.
    #[doc(alias = "psi")]
    pub activation: Activation,
}

impl<T: Scalar> Layer<T> {
    /// Units of the layer.
    pub fn units(&self) -> usize {
        self.weights.nrows()
    }

    /// What the layer receives per sample.
    pub fn inputs(&self) -> usize {
        self.weights.ncols()
    }
}

/// One batch on its way through a network, samples in rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<T> {
    /// psi(z) of each hidden layer, (batch, units), with dropout.
    pub activities: Vec<Array2<T>>,
    /// psi'(z) of each hidden layer, (batch, units), with dropout.
    pub derivatives: Vec<Array2<T>>,
    /// Outputs, (batch, outputs): logits where the loss is a cross-entropy.
    pub outputs: Array2<T>,
    /// What was subtracted from the last layer's sums to give the outputs, (batch, outputs):
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
}

impl<T: Scalar> Trace<T> {
    /// For batches of `batch` samples; numbers are zero until the engine fills them.
    ///
    /// # Panics
    /// If there is no layer.
    pub fn new(layers: &[Layer<T>], batch: usize) -> Self {
        let zeros = |layer: &Layer<T>| Array2::from_elem((batch, layer.units()), T::ZERO);
        let (last, hidden) = layers.split_last().expect("at least one layer");
        Self {
            activities: hidden.iter().map(zeros).collect(),
            derivatives: hidden.iter().map(zeros).collect(),
            outputs: zeros(last),
            offset: None,
            residual: zeros(last),
            targets: zeros(last),
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
        }
    }

    /// Makes space for batches of this size, out of what it has; the numbers are arbitrary.
    pub(crate) fn set_batch(&mut self, batch: usize) {
        let hidden = self.activities.iter_mut().chain(&mut self.derivatives);
        let outputs = [&mut self.outputs, &mut self.residual, &mut self.targets];
        for matrix in hidden.chain(outputs) {
            set_rows(matrix, batch);
        }
        self.offset = None;
    }

    /// Teaching signals become deltas: each is multiplied by psi'.
    pub(crate) fn times_slopes(&self, signals: &mut [Array2<T>]) {
        for (signal, slopes) in signals.iter_mut().zip(&self.derivatives) {
            Zip::from(signal)
                .and(slopes)
                .for_each(|s, &slope| *s = *s * slope);
        }
    }

    /// Samples in the batch.
    pub fn batch(&self) -> usize {
        self.outputs.nrows()
    }
}
