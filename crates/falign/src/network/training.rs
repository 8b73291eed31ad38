//! A run of mini-batch training: the order of samples, the steps, running means.

use std::sync::Arc;

use ndarray::Array2;

use super::accuracy::accuracy;
use super::examples::{Batch, Examples};
use super::step::{Network, StepOptions};
use super::step_size::StepSizes;
use crate::Result;
use crate::math::simd::Element;
use crate::math::{Loss, Reduction, Stream, StreamName, Streams};
use crate::rule::{RidgeForm, Schedule};

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOptions {
    /// The loss: see [`Loss`].
    pub loss: Loss,
    /// How it is reduced over a batch.
    pub reduction: Reduction,
    /// Samples in a batch; the last of an epoch may be smaller.
    pub batch: usize,
    /// eta.
    pub step_sizes: StepSizes,
    /// lambda(t), by step.
    pub ridge: Schedule,
    /// How ridge shrinks weights.
    pub ridge_form: RidgeForm,
    /// Whether each layer's weights have the ridge, from the input up.
    pub ridge_layers: Vec<bool>,
    /// Probability that a hidden unit is silent, in [0, 1).
    pub dropout: f64,
    /// Whether the outputs of the start are subtracted from all outputs.
    pub center_outputs: bool,
}

/// Samples that are measured at a time.
pub(crate) const CHUNK: usize = 1000;

/// A network on its way through its training set.
///
/// The order of samples in epoch E is a function of the run's stream `batches` and E alone; the
/// noise of a step is one of the stream `dropout` and the step, and so are views of images one of the stream
/// `augmentation`. So the state of a run is the
/// network, the number of steps done, and the running means.
#[derive(Debug)]
pub struct Training<T: Element> {
    network: Network<T>,
    examples: Arc<Examples>,
    options: TrainingOptions,
    batches: Stream,
    augmentation: Stream,
    noise: Stream,
    /// Samples in the order of this epoch.
    order: Vec<usize>,
    /// The epoch whose order that is.
    ordered: Option<u64>,
    batch: Batch<T>,
    /// Samples that are measured, a chunk at a time. Their space is kept: what came and went between the steps would leave holes in memory.
    measured: Batch<T>,
    /// The network's outputs at the start on all training samples, where outputs are centred.
    start: Option<Array2<T>>,
    /// The network's start, for other samples.
    start_network: Option<Network<T>>,
    factors: Vec<f64>,
    running: Running,
}

/// Sums over the samples that were trained on since they were last asked for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Running {
    /// Sum of the samples' losses.
    pub loss: f64,
    /// Samples classified rightly.
    pub right: f64,
    /// Samples.
    pub samples: f64,
}

impl<T: Element> Training<T> {
    /// Puts a network at the start of its training. `start` makes a network with the weights of
    /// the start again, for centred outputs.
    ///
    /// # Panics
    /// If shapes of network, examples and options do not fit, or `batch` is 0.
    pub fn new(
        mut network: Network<T>,
        start: impl FnOnce() -> Network<T>,
        examples: Arc<Examples>,
        options: TrainingOptions,
        streams: Streams,
    ) -> Self {
        assert!(options.batch > 0, "a batch has samples");
        let shapes = network.shapes();
        assert_eq!(options.ridge_layers.len(), shapes.len(), "one per layer");
        assert_eq!(
            network.input_dim(),
            examples.input_dim(),
            "the network's inputs"
        );
        network.keep_first_changes(false);
        let mut start_network = options.center_outputs.then(start);
        // Where samples are never seen twice alike, every batch has its own.
        let start = start_network
            .as_mut()
            .filter(|_| !examples.is_augmented())
            .map(|network| outputs_of(network, &examples));
        Self {
            factors: vec![1.0; shapes.len()],
            order: Vec::new(),
            ordered: None,
            batches: streams.open(StreamName::Batches),
            augmentation: streams.open(StreamName::Augmentation),
            noise: streams.open(StreamName::Dropout),
            batch: Batch::default(),
            measured: Batch::default(),
            running: Running::default(),
            start,
            start_network,
            network,
            examples,
            options,
        }
    }

    /// The network.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// The network, to be changed.
    pub fn network_mut(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    /// How it is trained.
    pub fn options(&self) -> &TrainingOptions {
        &self.options
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        steps_per_epoch(self.examples.samples(), self.options.batch)
    }

    /// Multiply-adds of a step, about: forward, backward, and the gradient.
    pub(crate) fn step_work(&self) -> f64 {
        let batch = self.options.batch.min(self.examples.samples());
        3.0 * batch as f64 * self.network.multiply_adds()
    }

    /// Epochs done, with their fraction.
    pub fn epoch(&self) -> f64 {
        self.network.steps_done() as f64 / self.steps_per_epoch() as f64
    }

    /// One step. Returns the loss per sample of its batch before the step; not finite where the
    /// run has diverged.
    pub fn step(&mut self) -> f64 {
        let step = self.network.steps_done();
        let samples = self.next_samples(step);
        let rows = &self.order[samples];
        if self.examples.is_augmented() {
            self.augmentation.enter(0, step);
            let stream = &mut self.augmentation;
            self.examples.fill_augmented(rows, &mut self.batch, stream);
            if let Some(start) = &mut self.start_network {
                let offset = start.forward(&self.batch).clone();
                self.batch.set_offset(offset);
            }
        } else {
            self.examples.fill(rows, &mut self.batch);
        }
        if let Some(start) = &self.start {
            self.batch.set_offset(start.select(ndarray::Axis(0), rows));
        }
        let eta = self.options.step_sizes.value(self.epoch());
        let lambda = self.options.ridge.value(step);
        let kept = 1.0 - self.options.ridge_form.decay(eta, lambda);
        for (factor, has_ridge) in self.factors.iter_mut().zip(&self.options.ridge_layers) {
            *factor = if *has_ridge { kept } else { 1.0 };
        }
        // Nothing but the number of steps done is needed to go on after a checkpoint.
        self.noise.enter(0, step);
        let loss = self.network.step(
            &self.batch,
            self.batch.targets(),
            StepOptions {
                loss: self.options.loss,
                reduction: self.options.reduction,
                step_size: eta,
                factors: &self.factors,
                dropout: self.options.dropout,
            },
            &mut self.noise,
        );
        let n = self.batch.targets().nrows();
        let per_sample = loss / (self.options.reduction.factor(n) * n as f64);
        self.running.loss += per_sample * n as f64;
        self.running.samples += n as f64;
        if let Some(labels) = self.batch.labels() {
            let share = accuracy(&self.network.trace().outputs, labels, 1);
            self.running.right += share * n as f64;
        }
        per_sample
    }

    /// Sums since the last call, which are then forgotten.
    pub fn take_running(&mut self) -> Running {
        std::mem::take(&mut self.running)
    }

    /// Sums since the last call, to be kept in a checkpoint and put back.
    pub fn running_mut(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Puts a separate stream, for rules that draw in measurements, to the part of this step.
    pub(crate) fn seek(&self, noise: &mut Stream) {
        noise.enter(0, self.network.steps_done());
    }

    /// Does something, and puts feedback weights that a rule draws for each batch back to those of
    /// the last step.
    pub(crate) fn with_feedback_kept<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        let of_last_step = self.network.rule().feedback().map(<[Array2<T>]>::to_vec);
        let found = work(self);
        if let (Some(feedback), Some(kept)) = (self.network.rule_mut().feedback_mut(), of_last_step)
        {
            feedback.clone_from_slice(&kept);
        }
        found
    }

    /// Shows the network with these samples, some at a time, their outputs centred as in training.
    /// `look` is given the share that has been shown, before each time.
    ///
    /// # Errors
    /// An error that `look` returns.
    pub(crate) fn show(
        &mut self,
        samples: &Examples,
        look: impl Fn(f64) -> Result<()>,
        mut see: impl FnMut(&mut Network<T>, &Batch<T>),
    ) -> Result<()> {
        let all = samples.samples() as f64;
        let batch = &mut self.measured;
        let rows: Vec<usize> = (0..samples.samples()).collect();
        for rows in rows.chunks(CHUNK) {
            look(rows[0] as f64 / all)?;
            samples.fill(rows, batch);
            if let Some(start) = &mut self.start_network {
                let offset = start.forward(batch).clone();
                batch.set_offset(offset);
            }
            see(&mut self.network, batch);
        }
        Ok(())
    }

    /// Places of the order that come next; draws the order of a new epoch.
    fn next_samples(&mut self, step: u64) -> std::ops::Range<usize> {
        let n = self.examples.samples();
        let per_epoch = self.steps_per_epoch();
        let (epoch, within) = (step / per_epoch, step % per_epoch);
        if self.ordered != Some(epoch) {
            self.order.clear();
            self.order.extend(0..n);
            // The whole set in one batch needs no order.
            if per_epoch > 1 {
                self.batches.seek(epoch * n as u64);
                for place in 0..n - 1 {
                    let other = place + self.batches.below(n - place);
                    self.order.swap(place, other);
                }
            }
            self.ordered = Some(epoch);
        }
        let first = usize::try_from(within).expect("below the samples") * self.options.batch;
        first..n.min(first + self.options.batch)
    }
}

/// Steps of an epoch over this many samples.
pub fn steps_per_epoch(samples: usize, batch: usize) -> u64 {
    samples.div_ceil(batch) as u64
}

/// The outputs on all samples, (samples, outputs).
fn outputs_of<T: Element>(network: &mut Network<T>, examples: &Examples) -> Array2<T> {
    let mut all = Array2::from_elem((examples.samples(), examples.outputs()), T::ZERO);
    let mut batch = Batch::default();
    let rows: Vec<usize> = (0..examples.samples()).collect();
    for (rows, mut out) in rows
        .chunks(CHUNK)
        .zip(all.axis_chunks_iter_mut(ndarray::Axis(0), CHUNK))
    {
        examples.fill(rows, &mut batch);
        out.assign(network.forward(&batch));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Inputs, Labelled, Scaling};
    use crate::math::Activation;
    use crate::measure::{Quantity, Wanted, network::Measurement};
    use crate::network::{
        Architecture, FeedbackShape, Initialisation, OptimiserKind, draw_feedback, draw_layers,
    };
    use crate::rule::{Composed, FeedbackLearning, LastLayerOnly, Layer, Rule};
    use ndarray::array;

    /// Samples: no multiple of the chunk, and more than two of them.
    const SAMPLES: usize = 2 * CHUNK + 300;
    /// Rounding of sums of some thousand numbers of order one.
    const ROUNDING: f64 = 1e-12;

    fn options(step_sizes: StepSizes, layers: usize) -> TrainingOptions {
        TrainingOptions {
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
            batch: 1,
            step_sizes,
            ridge: Schedule::Constant { ridge: 0.0 },
            ridge_form: RidgeForm::StepScaled,
            ridge_layers: vec![false; layers],
            dropout: 0.0,
            center_outputs: false,
        }
    }

    /// Samples of three classes; those beyond the last whole chunk are unlike the others.
    fn examples() -> Examples {
        let x = Array2::from_shape_fn((SAMPLES, 2), |(i, j)| {
            let x = ((7 * i + 3 * j) % 11) as f64 / 11.0 - 0.5;
            if i < 2 * CHUNK { x } else { 4.0 * x + 1.0 }
        });
        let labels = (0..SAMPLES).map(|i| (i / 5) % 3).collect();
        let data = Labelled::new(Inputs::real(x), vec![2], labels, 3).unwrap();
        let scaler = Scaling::None.fit(&data).unwrap();
        Examples::classes(Arc::new(data), scaler, 1.0).unwrap()
    }

    /// Training by feedback alignment on [`examples`], with outputs centred or not.
    fn trained(center_outputs: bool) -> Training<f64> {
        let streams = Streams::new(1, 0);
        let architecture = Architecture::new(2, &[6, 5], 3, Activation::Tanh).unwrap();
        let layers = draw_layers::<f64>(&architecture, Initialisation::Xavier, streams);
        let composition = Rule::FeedbackAlignment.composition().unwrap();
        let (law, shape) = (Initialisation::Xavier, FeedbackShape::default());
        let feedback = draw_feedback(composition, &layers, law, shape, streams);
        let rule = Composed::new(composition, feedback, FeedbackLearning::default());
        let network = Network::new(layers.clone(), Box::new(rule), OptimiserKind::Sgd);
        let start = || Network::new(layers, Box::new(LastLayerOnly), OptimiserKind::Sgd);
        let mut options = options(StepSizes::Constant { step_size: 0.5 }, 3);
        (options.batch, options.center_outputs) = (400, center_outputs);
        let mut training = Training::new(network, start, Arc::new(examples()), options, streams);
        for _ in 0..5 {
            training.step();
        }
        training
    }

    #[test]
    fn all_samples_are_measured_also_those_of_a_last_chunk_that_is_not_whole() {
        let (mut training, examples) = (trained(false), examples());
        let wanted = Wanted::of(&[Quantity::Alignment, Quantity::UpdateAngle], 1);
        let mut noise = Streams::new(1, 0).open(StreamName::Measured);
        let found = training.measure(&examples, wanted, &mut noise);
        // In one piece.
        let mut whole = Measurement::new(training.network(), wanted);
        let (mut batch, rows) = (Batch::default(), (0..SAMPLES).collect::<Vec<_>>());
        examples.fill(&rows, &mut batch);
        let (targets, labels) = (batch.targets(), batch.labels());
        let network = training.network_mut();
        let loss = Loss::SquaredError;
        whole.include(network, &batch, targets, labels, loss, &mut noise);
        let expected = whole.finish(training.network());
        assert_eq!((found.samples, expected.samples), (SAMPLES, SAMPLES));
        for quantity in [
            Quantity::TestLoss,
            Quantity::TestAccuracy,
            Quantity::Alignment,
            Quantity::UpdateAngle,
        ] {
            let [found, expected] = [&found, &expected].map(|m| m.value(quantity).unwrap());
            let error = (found - expected).abs() / expected.abs();
            assert!(error < ROUNDING, "{quantity}: {found}, {expected}");
        }
    }

    #[test]
    fn centred_outputs_are_measured_less_those_of_the_start() {
        let (mut training, examples) = (trained(true), examples());
        let mut noise = Streams::new(1, 0).open(StreamName::Measured);
        let wanted = Wanted::default();
        let found = training.measure(&examples, wanted, &mut noise);
        let start = outputs_of(training.start_network.as_mut().unwrap(), &examples);
        let outputs = outputs_of(&mut training.network, &examples);
        let mut batch = Batch::<f64>::default();
        examples.fill(&(0..SAMPLES).collect::<Vec<_>>(), &mut batch);
        let loss_of = |outputs: &Array2<f64>| {
            let mut residual = Array2::zeros(outputs.dim());
            let (loss, mean) = (Loss::SquaredError, Reduction::Mean);
            loss.residual(outputs, batch.targets(), mean, &mut residual)
        };
        let expected = loss_of(&(&outputs - &start));
        assert!(
            (loss_of(&outputs) - expected).abs() > 1e-3,
            "the test can tell"
        );
        let error = (found.loss_per_sample - expected).abs();
        assert!(error < ROUNDING, "{} {expected}", found.loss_per_sample);
    }

    /// One weight w, samples with input 1 and target 0: a step makes of w (1 - eta) w.
    #[test]
    fn step_sizes_change_with_every_step_of_an_epoch() {
        let per_epoch = 4;
        let (step_size, decay_epochs, epochs) = (0.1, 0.75, 2.0);
        for schedule in [
            StepSizes::Inverse {
                step_size,
                decay_epochs,
            },
            StepSizes::Exponential {
                step_size,
                decay_epochs,
            },
            StepSizes::Cosine { step_size, epochs },
        ] {
            let layer = Layer::dense(array![[1.0]], Activation::Linear);
            let network = Network::new(vec![layer], Box::new(LastLayerOnly), OptimiserKind::Sgd);
            let same = Examples::reals(Array2::ones((per_epoch, 1)), Array2::zeros((4, 1)), 1.0);
            let mut training = Training::<f64>::new(
                network,
                || unreachable!("outputs are not centred"),
                Arc::new(same.unwrap()),
                options(schedule, 1),
                Streams::new(1, 0),
            );
            let mut w = 1.0;
            for step in 0..2 * per_epoch {
                training.step();
                let epoch = step as f64 / per_epoch as f64;
                let eta = match schedule {
                    StepSizes::Inverse { .. } => 0.1 / (1.0 + epoch / 0.75),
                    StepSizes::Exponential { .. } => 0.1 * (-epoch / 0.75).exp(),
                    _ => 0.05 * (1.0 + (std::f64::consts::PI * epoch / 2.0).cos()),
                };
                w *= 1.0 - eta;
                let found = training.network().layers()[0].weights[(0, 0)];
                assert!((found - w).abs() < ROUNDING, "{schedule:?}, step {step}");
            }
        }
    }
}
