//! One network in training: forward, teach, change.

mod descent;
mod forward;
mod own;
mod probe;
mod wired;

use ndarray::{Array2, Zip};

use self::forward::{run, run_laid_out, run_wired};
use self::own::Written;
pub(super) use self::wired::Parts;
use super::connections::Connections;
use super::door::Door;
use super::gradients::Gradients;
use super::input::Input;
use super::optimiser::{OptimiserKind, Trained};
use crate::layer::{Parameter, Wiring};
use crate::math::simd::Element;
use crate::math::{Loss, Reduction, Scalar, Stream, set_rows};
use crate::rule::fused;
use crate::rule::{Adaptation, Composed, Gate, Layer, LearningRule, Mode, Passage, States, Trace};

/// Options of one training step, besides the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepOptions<'a> {
    /// The loss and its reduction over the batch.
    pub loss: Loss,
    /// Reduction of the loss over the batch: see [`Reduction`].
    pub reduction: Reduction,
    /// eta of this step.
    pub step_size: f64,
    /// Ridge factor of each layer in this step, 1 without ridge: weights become
    /// factor x weights + change; biases are left alone.
    pub factors: &'a [f64],
    /// Probability that a hidden unit is silent, in [0, 1).
    pub dropout: f64,
}

/// A network with its rule, its optimisers and the space for one batch. A step whose
/// batch has the size of the one before allocates nothing itself; trial-and-error and mirror
/// rules do.
pub struct Network<T: Element> {
    layers: Vec<Layer<T>>,
    rule: Box<dyn LearningRule<T>>,
    /// Rule against which the network's rule is measured.
    backpropagation: Composed<T>,
    trace: Trace<T>,
    /// Order of each layer's weights in files; empty where it is theirs.
    doors: Vec<Option<Door>>,
    /// States that maps keep from step to step; empty without maps.
    states: States<T>,
    /// Teaching signals, then times psi'.
    signals: Vec<Array2<T>>,
    /// Signals of backpropagation, where they have been measured.
    exact: Vec<Array2<T>>,
    /// Gradients, then the changes of weights and biases.
    changes: Gradients<T>,
    /// Parameters that are trained, layer by layer.
    trained: Vec<Trained<T>>,
    factors: Vec<T>,
    /// Connections in their weights' order in memory; empty where all exist.
    connections: Connections<T>,
    /// Whether the changes of the first layer's weights are there after a step.
    keeps_first_changes: bool,
    steps: u64,
}

impl<T: Element> std::fmt::Debug for Network<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network")
            .field("shapes", &self.shapes())
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl<T: Element> Network<T> {
    /// A network of these layers, one above the other, taught by `rule`.
    ///
    /// # Panics
    /// If there is no layer, or neighbours do not fit.
    pub fn new(
        mut layers: Vec<Layer<T>>,
        rule: Box<dyn LearningRule<T>>,
        optimiser: OptimiserKind,
    ) -> Self {
        assert!(!layers.is_empty(), "a network has at least one layer");
        if !layers.iter().all(Layer::is_dense) {
            let wiring = Wiring::chain(layers[0].inputs(), layers.len());
            return Self::wired(layers, wiring, rule, optimiser);
        }
        assert!(
            layers.windows(2).all(|w| w[0].units() == w[1].inputs()),
            "each layer's inputs are the units of the one below"
        );
        // As the input's products read them: the units of one input side by side.
        let first = &mut layers[0].weights;
        *first = by_columns(first);
        let trace = Trace::new(&layers, 1);
        Self::with_trace(layers, trace, rule, optimiser)
    }

    fn with_trace(
        layers: Vec<Layer<T>>,
        mut trace: Trace<T>,
        rule: Box<dyn LearningRule<T>>,
        optimiser: OptimiserKind,
    ) -> Self {
        let gate = fused::family(rule.as_ref()).map(|rule| rule.composition().gate);
        trace.set_gate(gate.unwrap_or_default());
        Self {
            signals: trace.activities.clone(),
            states: trace.passage().map_or_else(Vec::new, Passage::first_states),
            trace,
            doors: Vec::new(),
            exact: Vec::new(),
            rule,
            backpropagation: Composed::backpropagation(),
            changes: Gradients::zeros(&layers),
            trained: Trained::of(&layers, optimiser),
            factors: vec![T::ONE; layers.len()],
            connections: Vec::new(),
            keeps_first_changes: true,
            layers,
            steps: 0,
        }
    }

    /// (units, inputs) of each layer's weights.
    pub fn shapes(&self) -> Vec<(usize, usize)> {
        self.layers.iter().map(|l| l.weights.dim()).collect()
    }

    /// Multiply-adds of a forward pass of a sample, about: all places of a layer share its weights.
    pub(crate) fn multiply_adds(&self) -> f64 {
        let of_layer = |layer: &Layer<T>| layer.weights.len() as f64 * layer.places() as f64;
        self.layers.iter().map(of_layer).sum()
    }

    /// The layers, from the input up.
    pub fn layers(&self) -> &[Layer<T>] {
        &self.layers
    }

    /// The layers, to be changed.
    pub fn layers_mut(&mut self) -> &mut [Layer<T>] {
        &mut self.layers
    }

    /// The rule.
    pub fn rule(&self) -> &dyn LearningRule<T> {
        self.rule.as_ref()
    }

    /// The rule, to be changed.
    pub fn rule_mut(&mut self) -> &mut dyn LearningRule<T> {
        self.rule.as_mut()
    }

    /// Takes connections away: their weights become 0 and stay so, whatever the rule and the
    /// optimiser. Costs one pass over the gradients of such layers in each step. Weights that are
    /// replaced from outside afterwards are not looked at.
    ///
    /// # Panics
    /// If there is not an entry for each layer, or one has another shape than its weights.
    pub fn set_connections(&mut self, connections: Connections<T>) {
        assert_eq!(connections.len(), self.layers.len(), "one per layer");
        self.settle();
        let of_layers = connections.into_iter().zip(&mut self.layers);
        self.connections = of_layers
            .map(|(connections, layer)| {
                let connections = connections?;
                assert_eq!(connections.dim(), layer.weights.dim(), "as the weights");
                let mut own = layer.weights.clone();
                own.assign(&connections);
                Zip::from(&mut layer.weights)
                    .and(&own)
                    .for_each(|w, &c| *w = c * *w);
                Some(own)
            })
            .collect();
    }

    /// Parameters that are trained, layer by layer, with the number of the layer.
    ///
    /// ```
    /// use falign::internal::network::*;
    /// use falign::internal::rule::LastLayerOnly;
    /// use falign::math::{Activation, Streams};
    /// let mut architecture = Architecture::new(4, &[3], 2, Activation::Tanh)?;
    /// architecture.has_biases = true;
    /// let layers = draw_layers::<f32>(&architecture, Initialisation::He, Streams::new(1, 0));
    /// let network = Network::new(layers, Box::new(LastLayerOnly), OptimiserKind::Sgd);
    /// let names: Vec<_> = network.parameters().map(|(layer, p)| (layer, p.name)).collect();
    /// assert_eq!(names, [(0, "weight"), (0, "bias"), (1, "weight"), (1, "bias")]);
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn parameters(&self) -> impl Iterator<Item = (usize, &Parameter)> {
        let trained = self.trained.iter();
        trained.map(|trained| (trained.layer, &trained.parameter))
    }

    /// Parameters with their optimisers.
    pub(super) fn trained(&self) -> &[Trained<T>] {
        &self.trained
    }

    /// Sets the number of steps done.
    pub(super) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// The last batch as it went through.
    pub fn trace(&self) -> &Trace<T> {
        &self.trace
    }

    /// Signal times psi' of each hidden layer in the last step. The first layer's are arbitrary
    /// where its changes are not [kept](Self::keep_first_changes), and so are all of wired layers.
    pub fn deltas(&self) -> &[Array2<T>] {
        &self.signals
    }

    /// Whether [`changes`](Self::changes) of the first layer are wanted, as they are by default.
    /// Where they are not, gradient descent on images changes weights while it makes their gradients,
    /// with the same result; a rule that asks for them ([`Adaptation::changes`]) has them made. Layers that are
    /// wired freely make gradients on the signals' way down, and show neither activities nor deltas of the step.
    pub fn keep_first_changes(&mut self, keep: bool) {
        self.keeps_first_changes = keep;
    }

    /// Changes of each layer's weights by the last step, ridge left out. The first layer's are
    /// arbitrary where they are not [kept](Self::keep_first_changes).
    pub fn changes(&self) -> &[Array2<T>] {
        &self.changes.weights
    }

    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.steps
    }

    /// Lets a function stand in the place of psi' where signals become changes, as a rule of the family says it
    /// of itself.
    pub(crate) fn set_gate(&mut self, gate: Gate) {
        self.trace.set_gate(gate);
    }

    /// Runs a batch forward without dropout, and returns the outputs, (batch, outputs).
    pub fn forward(&mut self, input: &dyn Input<T>) -> &Array2<T> {
        self.fit(input.batch());
        if self.is_wired() {
            let (trace, states) = (&mut self.trace, &mut self.states);
            run_wired(&self.layers, trace, states, input, Mode::silent());
        } else {
            run(&self.layers, &mut self.trace, input, None);
        }
        &self.trace.outputs
    }

    /// Runs a batch forward as the next step does that has these draws, hidden units all heard: with moments of
    /// the batch, and numbers that dropout silences.
    pub(crate) fn forward_in_training(&mut self, input: &dyn Input<T>, noise: &Stream) {
        if !self.is_wired() {
            self.forward(input);
            return;
        }
        self.fit(input.batch());
        let mode = Mode {
            is_training: true,
            noise: noise.clone(),
            step: self.steps,
            ..Mode::silent()
        };
        let (trace, states) = (&mut self.trace, &mut self.states);
        run_wired(&self.layers, trace, states, input, mode);
    }

    /// The reduced loss of the batch that was last run forward; its residual is in the trace.
    pub fn loss(&mut self, targets: &Array2<T>, loss: Loss, reduction: Reduction) -> f64 {
        let trace = &mut self.trace;
        let factor = T::from_f64(reduction.factor(targets.nrows()));
        Zip::from(&mut trace.targets)
            .and(targets)
            .for_each(|y, &t| *y = factor * t);
        trace.loss = loss;
        trace.reduction = reduction;
        let value = loss.residual(&trace.outputs, targets, reduction, &mut trace.residual);
        if trace.passage().is_some() {
            // Errors of samples that are as good as learned.
            trace.residual.mapv_inplace(Scalar::flush_to_zero);
        }
        value
    }

    /// Asks the rule for the teaching signals of the last batch, (batch, units) a layer.
    /// `noise` is for rules that draw some.
    pub fn teach(&mut self, noise: &mut Stream) -> &[Array2<T>] {
        self.rule
            .teach(&self.layers, &self.trace, &mut self.signals, noise);
        &self.signals
    }

    /// One training step: all layers change at once, from the state before it. Returns the
    /// loss of the batch before the change. `noise` draws dropout masks and what the rule's
    /// feedback needs.
    ///
    /// # Panics
    /// If `targets` does not have the batch's shape, or `factors` an entry per layer.
    pub fn step(
        &mut self,
        input: &dyn Input<T>,
        targets: &Array2<T>,
        options: StepOptions<'_>,
        noise: &mut Stream,
    ) -> f64 {
        assert_eq!(options.factors.len(), self.layers.len(), "one per layer");
        self.settle();
        self.fit(input.batch());
        let is_on_the_way = self.changes_on_the_way();
        if self.is_wired() {
            let mode = Mode {
                is_training: true,
                noise: noise.clone(),
                step: self.steps,
                dropout: options.dropout,
                ..Mode::silent()
            };
            let (trace, states) = (&mut self.trace, &mut self.states);
            if is_on_the_way {
                run_laid_out(&self.layers, trace, states, input, mode);
            } else {
                run_wired(&self.layers, trace, states, input, mode);
            }
        } else {
            let masks = (options.dropout > 0.0).then_some((options.dropout, &mut *noise));
            run(&self.layers, &mut self.trace, input, masks);
        }
        let loss = self.loss(targets, options.loss, options.reduction);
        let is_left = self.leaves_first_delta(noise);
        if !is_left && !is_on_the_way {
            let (layers, trace) = (&self.layers, &self.trace);
            let rule = self.rule.as_mut();
            fused::write_deltas(rule, layers, trace, &mut self.signals, noise);
        }
        // Taken out so that the rule can write them; nothing is copied.
        let mut gradients = std::mem::take(&mut self.changes);
        let written = if is_on_the_way {
            let rule = fused::family_mut(self.rule.as_mut()).expect("one of the family");
            gradients.fill_on_the_way(&self.layers, &self.trace, rule, noise);
            Written::Gradients
        } else {
            let learned = Some((self.steps, options.step_size));
            self.written(&mut gradients, input, targets, loss, learned, noise)
        };
        let is_made = written != Written::Nothing;
        // From here on layers are still to be changed.
        let first = usize::from(!is_made && self.descend(input, options, is_left));
        if !is_made {
            gradients.fill(&self.layers, &self.trace, &self.signals, input, first);
        }
        for (gradients, connections) in gradients.weights.iter_mut().zip(&self.connections) {
            if let Some(connections) = connections {
                Zip::from(gradients)
                    .and(connections)
                    .for_each(|g, &c| *g = c * *g);
            }
        }
        self.changes = gradients;
        let mut trained = self.trained.iter_mut();
        for (at, layer) in self.layers.iter_mut().enumerate() {
            self.factors[at] = T::from_f64(options.factors[at]);
            let arrays = layer.arrays_mut().zip(self.changes.arrays_mut(at));
            for (which, (values, gradients)) in arrays.enumerate() {
                let trained = trained.next().expect("one for each array");
                let has_changed = at < first && which == 0;
                if written == Written::Changes {
                    trained.add(self.factors[at], values, gradients);
                } else if !has_changed {
                    trained.step(options.step_size, self.factors[at], values, gradients);
                }
            }
        }
        self.steps += 1;
        let first_changes = || {
            let delta = self.signals.first().unwrap_or(&self.trace.residual);
            let step_size = T::from_f64(options.step_size);
            descent::first_changes(&self.layers[0], delta, input, step_size)
        };
        self.rule.adapt(&mut Adaptation {
            layers: &self.layers,
            trace: &self.trace,
            deltas: &self.signals,
            changes: &self.changes.weights,
            first_changes: (first > 0).then_some(&first_changes),
            factors: &self.factors,
            noise,
        });
        loss
    }

    /// Gives weights that were replaced from outside the order in memory of their changes and of
    /// their optimiser.
    fn settle(&mut self) {
        for (layer, change) in self.layers.iter_mut().zip(&self.changes.weights) {
            if layer.weights.strides() != change.strides() {
                let mut weights = change.clone();
                weights.assign(&layer.weights);
                layer.weights = weights;
            }
        }
    }

    /// Makes space for a batch of this size.
    fn fit(&mut self, batch: usize) {
        if self.trace.batch() != batch {
            self.trace.set_batch(batch);
            for signals in &mut self.signals {
                set_rows(signals, batch);
            }
        }
    }
}

const WHOLE: &str = "a whole array";

/// Copy of a matrix with its columns one after the other in memory.
fn by_columns<T: Element>(matrix: &Array2<T>) -> Array2<T> {
    matrix.t().as_standard_layout().into_owned().reversed_axes()
}
