//! Choices of a network, one by one.

use std::sync::Arc;

use super::Network;
use super::network::Training;
use crate::layer::{Extent, Operator};
use crate::math::simd::Element;
use crate::math::{Activation, Loss, Reduction, StreamName, Streams};
use crate::network::{
    self, Architecture, FeedbackShape, Initialisation, OptimiserKind, draw_feedback, draw_layers,
    draw_operators,
};
use crate::rule::{
    Composed, FeedbackLearning, LastLayerOnly, Layer, LearningRule, NodePerturbation, Rule,
    RuleKind, WeightPerturbation,
};
use crate::{Error, Result};

/// Standard deviation of the noise of rules that learn by trial: the default of `learning.perturbation`.
const PERTURBATION: f64 = 1e-3;

/// Choices of a [`Network`]. What is not chosen: no hidden layer, ReLU units without biases, feedback alignment, the
/// squared error's mean over the batch, plain gradient descent with a step size of 0.01, weights by Xavier's law,
/// no ridge, no dropout, seed 0.
///
/// # Example
/// ```
/// use falign::rule::Rule;
/// use falign::{Network, OptimiserKind};
/// let network: Network<f32> = Network::builder(784, 10)
///     .hidden(&[100, 50])
///     .biases(true)
///     .rule(Rule::DirectFeedbackAlignment)
///     .optimiser(OptimiserKind::ADAM)
///     .step_size(1e-3)
///     .build()?;
/// let shapes: Vec<_> = network.layers().iter().map(|layer| layer.weights.dim()).collect();
/// assert_eq!(shapes, [(100, 784), (50, 100), (10, 50)]); // (units, inputs)
/// // What has no meaning is refused.
/// assert!(Network::<f64>::builder(3, 1).dropout(1.5).build().is_err());
/// # Ok::<(), falign::Error>(())
/// ```
#[must_use = "a network is there after `build`"]
pub struct NetworkBuilder<T> {
    inputs: usize,
    outputs: usize,
    hidden: Vec<usize>,
    operators: Vec<Arc<dyn Operator<T>>>,
    activation: Activation,
    has_biases: bool,
    rule: Choice<T>,
    loss: Loss,
    reduction: Reduction,
    optimiser: OptimiserKind,
    initialisation: Initialisation,
    step_size: f64,
    ridge: f64,
    dropout: f64,
    seed: u64,
}

enum Choice<T> {
    Named(Rule),
    Own(Box<dyn LearningRule<T>>),
}

impl<T> std::fmt::Debug for NetworkBuilder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetworkBuilder")
            .field("inputs", &self.inputs)
            .field("hidden", &self.hidden)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl<T: Element> NetworkBuilder<T> {
    pub(super) fn new(inputs: usize, outputs: usize) -> Self {
        Self {
            inputs,
            outputs,
            hidden: Vec::new(),
            operators: Vec::new(),
            activation: Activation::Relu,
            has_biases: false,
            rule: Choice::Named(Rule::FeedbackAlignment),
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
            optimiser: OptimiserKind::Sgd,
            initialisation: Initialisation::Xavier,
            step_size: 0.01,
            ridge: 0.0,
            dropout: 0.0,
            seed: 0,
        }
    }

    /// Units of each hidden layer, from the input up.
    pub fn hidden(mut self, units: &[usize]) -> Self {
        self.hidden = units.to_vec();
        self
    }

    /// Operators of all layers, from the input up, in place of dense ones with [`hidden`](Self::hidden) units: the
    /// last one's numbers are the outputs.
    pub fn operators(mut self, operators: &[Arc<dyn Operator<T>>]) -> Self {
        self.operators = operators.to_vec();
        self
    }

    /// The activation of hidden units; outputs are linear.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Whether layers have biases.
    pub fn biases(mut self, has_biases: bool) -> Self {
        self.has_biases = has_biases;
        self
    }

    /// The learning rule, with feedback weights drawn by the law of the forward weights.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = Choice::Named(rule);
        self
    }

    /// A learning rule of your own.
    pub fn own_rule(mut self, rule: impl LearningRule<T>) -> Self {
        self.rule = Choice::Own(Box::new(rule));
        self
    }

    /// The loss and its reduction over a batch.
    pub fn loss(mut self, loss: Loss) -> Self {
        self.loss = loss;
        self
    }

    /// The loss's reduction over a batch.
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// The optimiser.
    pub fn optimiser(mut self, optimiser: OptimiserKind) -> Self {
        self.optimiser = optimiser;
        self
    }

    /// The law of the weights at the start.
    pub fn initialisation(mut self, initialisation: Initialisation) -> Self {
        self.initialisation = initialisation;
        self
    }

    /// eta > 0, the step size.
    pub fn step_size(mut self, eta: f64) -> Self {
        self.step_size = eta;
        self
    }

    /// lambda >= 0, the ridge on the output layer's weights, as in the paper: they shrink by 1 - eta lambda in a step.
    pub fn ridge(mut self, lambda: f64) -> Self {
        self.ridge = lambda;
        self
    }

    /// Probability that a hidden unit is silent in a step, in [0, 1).
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }

    /// Root of all random numbers.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Draws the weights.
    ///
    /// # Errors
    /// [`Error::Shape`] for a layer without units, or operators that do not fit each other; [`Error::Config`] naming what is out of range, or a rule that
    /// only two-layer networks have.
    pub fn build(self) -> Result<Network<T>> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        check("step_size", self.step_size, positive, "a number > 0")?;
        let fits = |x: f64| x.is_finite() && x >= 0.0;
        check("ridge", self.ridge, fits, "a number >= 0")?;
        let share = |x: f64| (0.0..1.0).contains(&x);
        check("dropout", self.dropout, share, "a number in [0, 1)")?;
        if let Choice::Named(rule) = &self.rule
            && rule.kind().is_some_and(RuleKind::is_trial)
        {
            // A trial is compared with the loss of the same units.
            let none = |x: f64| x <= 0.0;
            check(
                "dropout",
                self.dropout,
                none,
                "0, for the rule learns by trial",
            )?;
        }
        let streams = Streams::new(self.seed, 0);
        let layers = self.layers(streams)?;
        let rule = match self.rule {
            Choice::Named(rule) => named(rule, &layers, self.initialisation, streams)?,
            Choice::Own(rule) => rule,
        };
        let mut factors = vec![1.0; layers.len()];
        factors[layers.len() - 1] -= self.step_size * self.ridge;
        let training = Training {
            loss: self.loss,
            reduction: self.reduction,
            step_size: self.step_size,
            factors,
            dropout: self.dropout,
        };
        let network = network::Network::new(layers, rule, self.optimiser);
        Ok(Network::new(
            network,
            training,
            streams.open(StreamName::Dropout),
        ))
    }
}

impl<T: Element> NetworkBuilder<T> {
    fn layers(&self, streams: Streams) -> Result<Vec<Layer<T>>> {
        let law = self.initialisation;
        if self.operators.is_empty() {
            let mut architecture =
                Architecture::new(self.inputs, &self.hidden, self.outputs, self.activation)?;
            architecture.has_biases = self.has_biases;
            return Ok(draw_layers(&architecture, law, streams));
        }
        let mut below = self.inputs;
        for (at, operator) in self.operators.iter().enumerate() {
            let Extent {
                inputs, outputs, ..
            } = operator.extent();
            if inputs != below {
                return Err(Error::shape(
                    format!("operator {at}"),
                    format!("{below} inputs, as there are numbers below"),
                    inputs.to_string(),
                ));
            }
            below = outputs;
        }
        if below != self.outputs {
            return Err(Error::shape(
                "the last operator",
                format!("{} outputs, as the network", self.outputs),
                below.to_string(),
            ));
        }
        let has_biases = self.has_biases;
        let drawn = draw_operators(&self.operators, self.activation, has_biases, law, streams);
        Ok(drawn)
    }
}

fn check(name: &str, value: f64, fits: impl Fn(f64) -> bool, allowed: &str) -> Result<()> {
    if fits(value) {
        return Ok(());
    }
    Err(Error::config(name, value, format!("expected {allowed}")))
}

/// A rule by its name, with the numbers that it has by default.
fn named<T: Element>(
    rule: Rule,
    layers: &[Layer<T>],
    law: Initialisation,
    streams: Streams,
) -> Result<Box<dyn LearningRule<T>>> {
    if let Some(composition) = rule.composition() {
        let shape = FeedbackShape::default();
        let feedback = draw_feedback(composition, layers, law, shape, streams);
        let learning = FeedbackLearning::default();
        return Ok(Box::new(Composed::new(composition, feedback, learning)));
    }
    Ok(match rule {
        Rule::LastLayerOnly => Box::new(LastLayerOnly),
        Rule::NodePerturbation => Box::new(NodePerturbation::new(PERTURBATION)),
        Rule::WeightPerturbation => Box::new(WeightPerturbation::new(PERTURBATION)),
        Rule::Custom(rule) => {
            return Err(Error::config(
                "rule",
                rule.name(),
                "a rule of your own: give it to `own_rule`",
            ));
        }
        rule => {
            return Err(Error::config(
                "rule",
                rule.name(),
                "only two-layer networks have this rule: see `falign::train`",
            ));
        }
    })
}
