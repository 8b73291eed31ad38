//! A network looked at on a set of samples, chunk by chunk.

use ndarray::Array2;

use super::activities::{Activities, Chosen, effective_rank};
use super::alignment::AlignmentSums;
use super::feedback_weights::feedback_weights;
use super::measured::{LayerMeasured, Measured};
use super::probe::probe_accuracy;
use super::pseudoinverse::PseudoinverseAngles;
use super::units::UnitStates;
use super::updates::UpdateSums;
use super::wanted::Wanted;
use crate::math::simd::Element;
use crate::math::{Loss, Reduction, Stream};
use crate::network::{Hits, Input, Network};
use crate::rule::Trace;

/// A measurement of one network, in its present state, on samples that come in chunks.
///
/// The network runs every chunk forward without dropout, its rule teaches it, and nothing
/// changes but the space for the batch ([`Network::trace`]). The loss is summed over samples, so
/// that chunks of any size add up, in `f64`, to what one large batch gives; only rules that draw
/// noise draw other noise. What each measure means is told at [`Quantity`](crate::measure::Quantity).
///
/// Cost: a forward pass; signals of the rule and of backpropagation for alignments, whose cost is
/// less; two products like a training step's for update angles, which also hold 16 bytes a weight;
/// for pseudoinverse angles another backward pass in `f64`, and O(s^3) a hidden layer at the
/// start, s the shorter side of the weights above it: little where these are the output layer's,
/// seconds where 1000 units meet 1000.
///
/// # Example
/// ```
/// use falign::math::{Activation, Loss, StreamName, Streams};
/// use falign::internal::network::{Architecture, DenseInput, Initialisation, Network, OptimiserKind, draw_layers};
/// use falign::internal::measure::{Measurement, Wanted};
/// use falign::measure::Quantity;
/// use falign::internal::rule::Composed;
/// use ndarray::{Array2, array};
///
/// let streams = Streams::new(1, 0);
/// let architecture = Architecture::new(2, &[5], 2, Activation::Tanh)?;
/// let layers = draw_layers::<f64>(&architecture, Initialisation::Xavier, streams);
/// let rule = Box::new(Composed::backpropagation());
/// let mut network = Network::new(layers, rule, OptimiserKind::Sgd);
///
/// let wanted = Wanted::of(&[Quantity::TestLoss, Quantity::Alignment], 1);
/// let mut measurement = Measurement::new(&network, wanted);
/// let mut noise = streams.open(StreamName::Dropout);
/// for (x, label) in [(array![[1.0, -0.5]], 0), (array![[0.2, 0.8]], 1)] {
///     let target = Array2::from_shape_fn((1, 2), |(_, c)| f64::from(u8::from(c == label)));
///     let loss = Loss::SoftmaxCrossEntropy;
///     let input = DenseInput(x);
///     measurement.include(&mut network, &input, &target, Some(&[label]), loss, &mut noise);
/// }
/// let found = measurement.finish(&network);
/// assert_eq!(found.samples, 2);
/// assert!((found.value(Quantity::Alignment).unwrap() - 1.0).abs() < 1e-15);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug)]
pub struct Measurement {
    wanted: Wanted,
    samples: usize,
    loss: f64,
    hits: Hits,
    /// One a hidden layer, as are the alignments; empty if not wanted.
    units: Vec<UnitStates>,
    alignments: Vec<AlignmentSums>,
    pseudoinverse: Option<PseudoinverseAngles>,
    updates: Option<UpdateSums>,
    /// Samples whose activities are kept, and those activities; empty if not wanted.
    chosen: Chosen,
    activities: Vec<Activities>,
    labels: Vec<usize>,
}

impl Measurement {
    /// A measurement without samples yet. The network's weights must stay as they are until
    /// it is finished.
    pub fn new<T: Element>(network: &Network<T>, wanted: Wanted) -> Self {
        let layers = network.layers();
        let hidden = &layers[..layers.len() - 1];
        let mut units = Vec::new();
        if wanted.looks.units {
            units.extend(hidden.iter().map(UnitStates::new));
        }
        let mut alignments = Vec::new();
        if wanted.looks.signals {
            alignments.extend(hidden.iter().map(|l| AlignmentSums::new(l.units())));
        }
        let mut activities = Vec::new();
        if wanted.looks.activities {
            activities.extend(hidden.iter().map(|l| Activities::new(l.units())));
        }
        Self {
            wanted,
            samples: 0,
            loss: 0.0,
            hits: Hits::new(wanted.top_k),
            units,
            alignments,
            pseudoinverse: (wanted.looks.pseudoinverse).then(|| PseudoinverseAngles::new(network)),
            updates: wanted.looks.updates.then(|| UpdateSums::new(layers)),
            chosen: Chosen::of(0),
            activities,
            labels: Vec::new(),
        }
    }

    /// Measurement of so many samples, of which those whose activities are compared are spread evenly; where
    /// nothing is said, the first ones are compared.
    #[must_use]
    pub fn expecting(self, samples: usize) -> Self {
        Self {
            chosen: Chosen::of(samples),
            ..self
        }
    }

    /// Runs a chunk forward, and adds what it shows. `targets` is (chunk, outputs), `labels` the
    /// class of each sample where there are classes; `noise` is for rules that draw some.
    ///
    /// # Panics
    /// If `targets` does not have the chunk's shape, there are not as many labels as
    /// samples, or a label is no output.
    pub fn include<T: Element>(
        &mut self,
        network: &mut Network<T>,
        input: &dyn Input<T>,
        targets: &Array2<T>,
        labels: Option<&[usize]>,
        loss: Loss,
        noise: &mut Stream,
    ) {
        network.forward(input);
        let total = network.loss(targets, loss, Reduction::Sum);
        let before = self.samples;
        self.samples += input.batch();
        self.loss += total;
        let trace = network.trace();
        if let Some(labels) = labels {
            self.hits.include(&trace.outputs, labels);
        }
        self.include_units(trace);
        if !self.activities.is_empty() {
            let chosen = self.chosen.within(before..self.samples);
            self.include_activities(trace, &chosen, labels);
        }
        if !self.wanted.teaches() {
            return;
        }
        if self.updates.is_none() && self.pseudoinverse.is_none() {
            let sums = &mut self.alignments;
            if network.compare_signals(noise, |a, b| sums[0].include(&a, &b)) {
                return;
            }
        }
        network.teach(noise);
        if let Some(angles) = &mut self.pseudoinverse {
            angles.include(network.trace(), network.signals());
        }
        if !self.wanted.looks.signals && !self.wanted.looks.updates {
            return;
        }
        network.teach_exactly(noise);
        let pairs = network.signals().iter().zip(network.exact_signals());
        for (sums, (delivered, exact)) in self.alignments.iter_mut().zip(pairs) {
            sums.include(delivered, exact);
        }
        if let Some(sums) = &mut self.updates {
            let exact = network.exact_gradients(input);
            let delivered = network
                .estimated_gradients(input, targets, total, noise)
                .unwrap_or_else(|| network.delivered_gradients(input));
            sums.include(&delivered, &exact);
        }
    }

    fn include_units<T: Element>(&mut self, trace: &Trace<T>) {
        let layers = trace.activities.iter().enumerate();
        for (units, (at, activities)) in self.units.iter_mut().zip(layers) {
            units.include(activities, trace.slopes(at));
        }
    }

    /// Keeps the activities of some rows of the chunk, and their classes.
    fn include_activities<T: Element>(
        &mut self,
        trace: &Trace<T>,
        rows: &[usize],
        labels: Option<&[usize]>,
    ) {
        for (kept, activities) in self.activities.iter_mut().zip(&trace.activities) {
            kept.include(activities, rows);
        }
        let labels = labels.unwrap_or_default();
        self.labels
            .extend(rows.iter().filter_map(|&row| labels.get(row)));
    }

    /// Findings in all chunks together.
    pub fn finish<T: Element>(self, network: &Network<T>) -> Measured {
        let last = network.layers().len() - 1;
        let output = network.layers()[last].weights.iter();
        let squares: f64 = output.map(|w| w.to_f64() * w.to_f64()).sum();
        let samples = self.samples as f64;
        Measured {
            samples: self.samples,
            loss_per_sample: self.loss / samples,
            accuracy: self.hits.accuracy(),
            top_k_accuracy: self.hits.top_k_accuracy(),
            update_angle: self.updates.as_ref().map_or(f64::NAN, UpdateSums::angle),
            output_norm: squares.sqrt(),
            layers: self.finish_layers(network),
        }
    }

    fn finish_layers<T: Element>(&self, network: &Network<T>) -> Vec<LayerMeasured> {
        let hidden = network.layers().len() - 1;
        let weights = (self.wanted.looks.weights).then(|| feedback_weights(network));
        let layer = |at: usize| {
            let products = self.activities.get(at).map(Activities::products);
            LayerMeasured {
                signals: self.alignments.get(at).map(AlignmentSums::finish),
                weights: weights.as_ref().map(|weights| weights[at]),
                update_angle: (self.updates.as_ref()).map_or(f64::NAN, |sums| sums.layer_angle(at)),
                pseudoinverse_angle: (self.pseudoinverse.as_ref())
                    .map_or(f64::NAN, |angles| angles.layer_angle(at)),
                units: self.units.get(at).map(UnitStates::finish),
                effective_rank: products.as_ref().map_or(f64::NAN, effective_rank),
                probe_accuracy: match &products {
                    Some(products) if self.wanted.looks.probe => {
                        probe_accuracy(products, &self.labels)
                    }
                    _ => f64::NAN,
                },
            }
        };
        (0..hidden).map(layer).collect()
    }
}
