//! Subject of an audit: a network, a batch, a rule, and what the rule claims to be.

use ndarray::Array2;

use super::net::{Draws, Net, Pass};
use crate::layer::{Node, Wiring};
use crate::math::{Loss, Reduction, Stream, StreamName, Streams};
use crate::network::{DenseInput, Network, OptimiserKind, StepOptions};
use crate::rule::{Composition, FeedbackLearning, Gate, LastLayerOnly, Layer, LearningRule};
use crate::{Error, Result};

/// Definition that a rule claims to follow. The claim is independent of how the rule is written: a
/// user's rule may claim to be `feedback_alignment`, and is held to it.
///
/// # Example
/// ```
/// use falign::audit::Claim;
/// use falign::internal::rule::Composition;
/// let composition = Composition::named("feedback_alignment").unwrap();
/// let claim = Claim::Family { composition, learning: Default::default() };
/// assert_ne!(claim, Claim::Private); // a rule of your own may claim either
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Claim {
    /// A rule of the random-feedback family. Unless it transposes the forward weights, it must
    /// show its feedback weights through [`LearningRule::feedback`].
    Family {
        /// The rule of the family.
        composition: Composition,
        /// Numbers of feedback weights that learn; the others ignore them.
        learning: FeedbackLearning,
    },
    /// [`LastLayerOnly`].
    LastLayerOnly,
    /// [`NodePerturbation`](crate::rule::NodePerturbation).
    NodePerturbation {
        /// Standard deviation of the noise.
        sigma: f64,
    },
    /// [`WeightPerturbation`](crate::rule::WeightPerturbation).
    WeightPerturbation {
        /// Standard deviation of the noise.
        sigma: f64,
    },
    /// A rule without any of these definitions: only the checks that need none are made.
    Private,
}

impl Claim {
    /// The composition, where one is claimed.
    pub(super) fn composition(self) -> Option<Composition> {
        match self {
            Self::Family { composition, .. } => Some(composition),
            _ => None,
        }
    }

    /// The function in the place of psi'.
    pub(super) fn gate(self) -> Gate {
        self.composition().map_or(Gate::Derivative, |c| c.gate)
    }

    /// Whether the rule is backpropagation: the exact gradient in every layer.
    pub(super) fn is_backpropagation(self) -> bool {
        self.composition()
            .is_some_and(|c| c.name() == Some("backpropagation"))
    }
}

/// A rule, and the network and batch it is audited on. Steps are those of plain stochastic
/// gradient descent, without dropout of hidden units and with outputs that are not centred.
///
/// # Example
/// ```
/// use falign::DenseInput;
/// use falign::audit::{Claim, Subject, audit};
/// use falign::math::{Activation, Loss, Reduction, Stream};
/// use falign::rule::{Layer, LearningRule, Trace};
/// use ndarray::{Array, Array2};
///
/// struct Silent; // hidden layers are taught nothing
///
/// impl LearningRule<f64> for Silent {
///     fn teach(&mut self, _: &[Layer<f64>], _: &Trace<f64>, signals: &mut [Array2<f64>], _: &mut Stream) {
///         signals.iter_mut().for_each(|signal| signal.fill(0.0));
///     }
/// }
///
/// let wave = |n, m| Array::from_shape_fn((n, m), |(i, j)| ((3 * i + 5 * j) as f64).sin());
/// let report = audit(&Subject {
///     layers: vec![Layer::dense(wave(4, 3), Activation::Tanh), Layer::dense(wave(2, 4), Activation::Linear)],
///     rule: &|| Box::new(Silent),
///     claim: Claim::LastLayerOnly,
///     input: DenseInput(wave(8, 3)),
///     targets: wave(8, 2),
///     loss: Loss::SquaredError,
///     reduction: Reduction::Mean,
///     step_size: 0.1,
///     factors: vec![1.0; 2],
/// })?;
/// assert!(report.passed(), "{report:?}");
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Clone)]
pub struct Subject<'a> {
    /// The start, from the input up.
    pub layers: Vec<Layer<f64>>,
    /// Makes a fresh rule, with the same feedback weights at every call.
    pub rule: &'a dyn Fn() -> Box<dyn LearningRule<f64>>,
    /// The rule's claim.
    pub claim: Claim,
    /// (batch, `input_dim`).
    pub input: DenseInput<f64>,
    /// (batch, outputs); one-hot where the loss is a cross-entropy.
    pub targets: Array2<f64>,
    /// The loss.
    pub loss: Loss,
    /// The loss's reduction over the batch.
    pub reduction: Reduction,
    /// eta, positive.
    pub step_size: f64,
    /// Ridge factor of each layer's weights in a step of this size, 1 without ridge.
    pub factors: Vec<f64>,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

/// Steps in which a loss may not grow by this factor.
const STABLE_STEPS: usize = 10;
const EXPLOSION: f64 = 4.0;

/// The last resort is a step size a million times smaller.
const HALVINGS: usize = 20;

/// Purpose of a stream of random numbers: each check has a separate one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Steps = 0,
    Places = 1,
    Perturbation = 2,
    Trials = 3,
    Directions = 4,
    Mirror = 5,
    Operators = 6,
}

impl Purpose {
    pub(super) fn open(self) -> Stream {
        Streams::new(0, self as u64).open(StreamName::Audit)
    }
}

/// A subject with the wiring of its network.
#[derive(Clone)]
pub(crate) struct Audited<'a> {
    subject: Subject<'a>,
    pub(super) net: Net,
    /// Whether the engine runs layers and maps one by one, as they are wired.
    pub(super) is_wired: bool,
}

impl<'a> std::ops::Deref for Audited<'a> {
    type Target = Subject<'a>;

    fn deref(&self) -> &Self::Target {
        &self.subject
    }
}

impl<'a> Audited<'a> {
    /// The layers of a subject one above the other.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Config`] where something does not fit.
    pub(crate) fn chain(subject: &Subject<'a>) -> Result<Self> {
        let (inputs, layers) = (subject.input.0.ncols(), subject.layers.len());
        let is_wired = !subject.layers.iter().all(Layer::is_dense);
        Self::new(subject, Wiring::chain(inputs, layers), is_wired)
    }

    /// Layers and maps in this wiring.
    ///
    /// # Errors
    /// As [`chain`](Self::chain).
    pub(crate) fn wired(subject: &Subject<'a>, wiring: Wiring<f64>) -> Result<Self> {
        Self::new(subject, wiring, true)
    }

    fn new(subject: &Subject<'a>, wiring: Wiring<f64>, is_wired: bool) -> Result<Self> {
        let audited = Self {
            subject: subject.clone(),
            net: Net::new(wiring),
            is_wired,
        };
        audited.check()?;
        Ok(audited)
    }

    /// A batch on its way through these layers, in plain loops.
    pub(super) fn pass(&self, layers: &[Layer<f64>], draws: Draws) -> Pass {
        self.net.pass(layers, &self.input.0, draws)
    }

    /// The first pass of a network, which the first step makes too.
    pub(super) fn first_pass(&self) -> Pass {
        let (noise, step) = (Purpose::Steps.open(), 0);
        self.pass(&self.layers, Draws { noise, step })
    }

    /// A network whose next step has this batch before it: run forward in training, with its loss.
    pub(super) fn begun(&self) -> Network<f64> {
        let mut network = self.network();
        network.forward_in_training(&self.input, &Purpose::Steps.open());
        network.loss(&self.targets, self.loss, self.reduction);
        network
    }

    /// Number of hidden layers.
    pub(super) fn hidden(&self) -> usize {
        self.layers.len() - 1
    }

    /// Factor of every sample's loss, by the definition.
    pub(super) fn reduction_factor(&self) -> f64 {
        match self.reduction {
            Reduction::Sum => 1.0,
            Reduction::Mean => 1.0 / self.targets.nrows() as f64,
        }
    }

    /// The start with a fresh rule.
    pub(super) fn network(&self) -> Network<f64> {
        self.network_with((self.rule)())
    }

    /// The start with this rule.
    pub(super) fn network_with(&self, rule: Box<dyn LearningRule<f64>>) -> Network<f64> {
        let (layers, sgd) = (self.layers.clone(), OptimiserKind::Sgd);
        if self.is_wired {
            Network::wired(layers, self.net.wiring().clone(), rule, sgd)
        } else {
            Network::new(layers, rule, sgd)
        }
    }

    /// One step with the subject's own step size and ridge.
    pub(super) fn step(&self, network: &mut Network<f64>, noise: &mut Stream) -> f64 {
        self.step_of(network, self.step_size, &self.factors, noise)
    }

    /// One step with these numbers. Returns the loss before it.
    pub(super) fn step_of(
        &self,
        network: &mut Network<f64>,
        step_size: f64,
        factors: &[f64],
        noise: &mut Stream,
    ) -> f64 {
        let options = StepOptions {
            loss: self.loss,
            reduction: self.reduction,
            step_size,
            factors,
            dropout: 0.0,
        };
        network.step(&self.input, &self.targets, options, noise)
    }

    /// Returns the subject at a step size at which its loss does not explode: its own, or the largest of
    /// that one's halves. Numbers of a run that explodes are compared with nothing.
    /// Ridge is that of the same lambda.
    ///
    /// # Errors
    /// [`Error::Config`] where numbers overflow at any step size, whatever the rule.
    pub(super) fn at_stable_step_size(&self) -> Result<Self> {
        let mut stable = self.clone();
        for _ in 0..HALVINGS {
            if stable.is_stable() {
                break;
            }
            stable.subject.step_size /= 2.0;
            for factor in &mut stable.subject.factors {
                *factor = 0.5 * (1.0 + *factor);
            }
        }
        // A rule that is broken fails its checks; settings that no rule can train with have none.
        let plain = stable.first_losses(stable.network_with(Box::new(LastLayerOnly)));
        if plain.iter().all(|loss| loss.is_finite()) {
            return Ok(stable);
        }
        let why = format!(
            "the first {STABLE_STEPS} steps overflow, and so they do at {:e}: there is nothing to compare; lower \
             learning.ridge, or scale the data or the weights of the start",
            stable.step_size
        );
        Err(Error::config("learning.step_size", self.step_size, why))
    }

    /// Numbers of one sample of a value.
    fn numbers(&self, value: usize) -> usize {
        let Some(node) = value.checked_sub(1) else {
            return self.input.0.ncols();
        };
        match &self.net.nodes()[node] {
            Node::Map(map, _) => map.outputs(),
            Node::Layer(_) => {
                let layers = self.net.nodes()[..node].iter();
                self.layers[layers.filter(|node| node.is_layer()).count()].units()
            }
        }
    }

    fn is_stable(&self) -> bool {
        let losses = self.first_losses(self.network());
        losses.iter().all(|&loss| loss <= EXPLOSION * losses[0])
    }

    /// The losses before each of the first steps of a network.
    fn first_losses(&self, mut network: Network<f64>) -> Vec<f64> {
        let mut noise = Purpose::Steps.open();
        let steps = 0..STABLE_STEPS;
        steps.map(|_| self.step(&mut network, &mut noise)).collect()
    }

    /// Refuses what does not fit together.
    pub(super) fn check(&self) -> Result<()> {
        let Some(last) = self.layers.last() else {
            return Err(Error::shape("layers", "at least one layer", "none"));
        };
        let (batch, input_dim) = self.input.0.dim();
        if input_dim != self.net.wiring().inputs() || self.net.count() != self.layers.len() {
            let expected = format!(
                "{} inputs and {} layers",
                self.net.wiring().inputs(),
                self.net.count()
            );
            let got = format!("{input_dim} and {}", self.layers.len());
            return Err(Error::shape("wiring", expected, got));
        }
        for (at, layer) in self.layers.iter().enumerate() {
            let extent = layer.extent();
            let biases = layer
                .bias
                .as_ref()
                .map_or(extent.channels, ndarray::Array1::len);
            let below = self.numbers(self.net.read_by(at));
            if extent.inputs != below || biases != extent.channels || extent.outputs == 0 {
                let what = format!("layers[{at}]");
                let expected = format!("at least one unit of {below} inputs, and a bias each");
                let got = format!("{:?} with {biases} biases", layer.weights.dim());
                return Err(Error::shape(what, expected, got));
            }
        }
        if batch == 0 || self.targets.dim() != (batch, last.units()) {
            let expected = format!("({batch}, {}), not empty", last.units());
            let got = format!("{:?}", self.targets.dim());
            return Err(Error::shape("targets", expected, got));
        }
        if self.factors.len() != self.layers.len() {
            let (expected, got) = (self.layers.len(), self.factors.len());
            return Err(Error::shape("factors", expected, got));
        }
        if !(self.step_size > 0.0 && self.step_size.is_finite()) {
            return Err(Error::config(
                "step_size",
                self.step_size,
                "a positive number: an audit compares changes",
            ));
        }
        self.claim.composition().map_or(Ok(()), Composition::check)
    }
}
