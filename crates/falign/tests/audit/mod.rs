//! The audit passes every rule of the library, and fails rules that are almost right.

mod claims; // every rule is what it claims to be
mod elsewhere; // updates of another program
mod feedback; // feedback weights that learn wrongly, or should not, or should
mod listed; // networks as lists of layers
mod mutant; // rules that are almost right
mod names; // other rules under a rule's name, and private ones
mod signals; // teaching signals that are almost right

use falign::audit::{Claim, Report, Subject, Verdict, audit};
use falign::internal::network::FeedbackShape;
use falign::internal::network::{
    Architecture, DenseInput, Initialisation, draw_feedback, draw_layers,
};
use falign::internal::rule::{
    Composed, Composition, FeedbackDecay, FeedbackLearning, FeedbackWeights, Magnitude,
    MirrorResponse,
};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use falign::rule::{Layer, LearningRule};
use ndarray::Array2;

type Rule = Box<dyn LearningRule<f64>>;

const BATCH: usize = 12;
const DIM: usize = 5;
const OUTPUTS: usize = 3;

const LEARNING: FeedbackLearning = FeedbackLearning {
    step_size: Some(0.05),
    decay: FeedbackDecay::Ridge,
    mirror_response: MirrorResponse::Linear,
};

/// A network and a batch; what is not set is the same for all.
#[derive(Clone)]
struct Case {
    layers: Vec<Layer<f64>>,
    loss: Loss,
    reduction: Reduction,
    step_size: f64,
    factors: Vec<f64>,
    input: DenseInput<f64>,
    targets: Array2<f64>,
}

impl Case {
    fn new(hidden: &[usize], activation: Activation, start: Initialisation) -> Self {
        let mut architecture = Architecture::new(DIM, hidden, OUTPUTS, activation).unwrap();
        architecture.has_biases = start != Initialisation::Paper;
        let streams = Streams::new(4, 0);
        let mut data = streams.open(StreamName::Data);
        let input = Array2::from_shape_simple_fn((BATCH, DIM), || data.normal());
        let one_hot = |(i, c)| f64::from(u8::from(i % OUTPUTS == c));
        Self {
            layers: draw_layers(&architecture, start, streams),
            loss: Loss::SoftmaxCrossEntropy,
            reduction: Reduction::Mean,
            step_size: 0.2,
            factors: vec![1.0; hidden.len() + 1],
            input: DenseInput(input),
            targets: Array2::from_shape_fn((BATCH, OUTPUTS), one_hot),
        }
    }

    fn with_loss(mut self, loss: Loss, reduction: Reduction) -> Self {
        (self.loss, self.reduction) = (loss, reduction);
        if reduction == Reduction::Sum {
            self.step_size /= BATCH as f64;
        }
        self
    }

    /// Another ridge in every layer.
    fn with_ridge(mut self) -> Self {
        let factors = (0..self.layers.len()).map(|l| 0.99 - 0.02 * l as f64);
        self.factors = factors.collect();
        self
    }

    fn audit(&self, claim: Claim, rule: &dyn Fn() -> Rule) -> Report {
        let subject = Subject {
            layers: self.layers.clone(),
            rule,
            claim,
            input: self.input.clone(),
            targets: self.targets.clone(),
            loss: self.loss,
            reduction: self.reduction,
            step_size: self.step_size,
            factors: self.factors.clone(),
        };
        audit(&subject).unwrap()
    }

    /// A rule of the family with feedback weights of the usual law.
    fn composed(&self, composition: Composition) -> Composed<f64> {
        let shape = FeedbackShape {
            signs_only: composition.feedback == FeedbackWeights::Sign(Magnitude::Unit),
            ..FeedbackShape::default()
        };
        let (start, streams) = (Initialisation::UniformFanIn, Streams::new(4, 0));
        let feedback = draw_feedback(composition, &self.layers, start, shape, streams);
        Composed::new(composition, feedback, LEARNING)
    }
}

fn family(name: &str) -> Claim {
    Claim::Family {
        composition: Composition::named(name).unwrap(),
        learning: LEARNING,
    }
}

fn named(case: &Case, name: &str) -> Composed<f64> {
    case.composed(Composition::named(name).unwrap())
}

fn verdict(report: &Report, name: &str) -> Verdict {
    report.check(name).unwrap().verdict
}
