//! One network of a convolution, a pool, a residual block and a dense layer under every rule.

use falign::layer::{Activated, Batch, Dense, Inputs, Layout, Operator};
use falign::math::{Activation, Stream};

use super::graph::{Graph, Node, Passed};
use super::identities::{forward, gradient, pull_back};
use super::members::{Convolution, MeanPool, ResidualSum};
use super::{dot, normals, signal, stream};

const SAMPLES: usize = 42;
const OUTPUTS: usize = 3;
/// Numbers of an input: 8 places of 2 channels.
const INPUTS: usize = 16;

fn network(seed: u64) -> Graph {
    let tanh = |numbers| {
        Box::new(Activated {
            activation: Activation::Tanh,
            numbers,
        })
    };
    let convolution = |places, channels, kernel| {
        Box::new(Convolution {
            places,
            channels,
            kernel,
            stride: 1,
        })
    };
    let pool = MeanPool {
        places: 6,
        channels: 4,
        size: 2,
    };
    let nodes = vec![
        Node::Operator(convolution(8, [2, 4], 3), 0),
        Node::Map(tanh(24), vec![1]),
        Node::Map(Box::new(pool), vec![2]),
        // A residual block of one convolution.
        Node::Operator(convolution(3, [4, 4], 1), 3),
        Node::Map(tanh(12), vec![4]),
        Node::Map(Box::new(ResidualSum { numbers: 12 }), vec![3, 5]),
        Node::Operator(Box::new(Dense::new(12, OUTPUTS, 0.8)), 6),
    ];
    Graph::new(nodes, &mut stream(seed))
}

/// Nodes of the operators' activities, at which direct signals arrive.
const ACTIVITIES: [usize; 2] = [2, 5];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    LastLayerOnly,
    Backpropagation,
    FeedbackAlignment,
    SignSymmetry,
    KolenPollack,
    WeightMirror,
    DirectFeedbackAlignment,
}

/// A network in training by the three calls of its operators.
struct Trained {
    rule: Rule,
    graph: Graph,
    /// Weights of the same operators.
    feedback: Vec<Vec<f64>>,
    /// Weights of dense operators from the outputs to each activity.
    direct: Vec<(Dense<f64>, Vec<f64>)>,
    noise: Stream,
}

const STEP_SIZE: f64 = 0.1;
const KEEP: f64 = 0.9995;

impl Trained {
    fn new(rule: Rule) -> Self {
        let graph = network(1);
        let mut draws = stream(2);
        let feedback = graph.draw(&mut draws);
        let direct = [24, 12].map(|numbers| {
            let operator = Dense::new(numbers, OUTPUTS, 1.0);
            let length = Operator::<f64>::weights(&operator).length();
            (operator, normals(&mut draws, length))
        });
        Self {
            rule,
            graph,
            feedback,
            direct: direct.into(),
            noise: stream(3),
        }
    }

    fn deltas(&self, passed: &Passed, residual: Vec<f64>) -> Vec<Vec<f64>> {
        let output = (self.graph.nodes.len(), residual);
        match self.rule {
            Rule::LastLayerOnly => self.graph.deltas(passed, &[], &[output]),
            Rule::Backpropagation => self.graph.deltas(passed, &self.graph.weights, &[output]),
            Rule::SignSymmetry => {
                let pairs = self.feedback.iter().zip(&self.graph.weights);
                let signed = pairs.map(|(b, w)| -> Vec<f64> {
                    let pairs = b.iter().zip(w);
                    pairs.map(|(b, w)| b.abs() * w.signum()).collect()
                });
                let signed: Vec<Vec<f64>> = signed.collect();
                self.graph.deltas(passed, &signed, &[output])
            }
            Rule::FeedbackAlignment | Rule::KolenPollack | Rule::WeightMirror => {
                self.graph.deltas(passed, &self.feedback, &[output])
            }
            Rule::DirectFeedbackAlignment => {
                let mut sent = Vec::new();
                for (value, (operator, b)) in ACTIVITIES.into_iter().zip(&self.direct) {
                    sent.push((value, pull_back(operator, b, &output.1, passed.batch)));
                }
                sent.push(output);
                self.graph.deltas(passed, &[], &sent)
            }
        }
    }

    /// One step; the loss before it.
    fn step(&mut self, x: &[f64], targets: &[f64], batch: Batch) -> f64 {
        let passed = self.graph.run(x, batch, &mut self.noise);
        let (loss, residual) = loss(passed.values.last().unwrap(), targets, batch);
        let deltas = self.deltas(&passed, residual);
        let (by_weights, by_biases) = self.graph.gradients(&passed, &deltas);
        let descend = |values: &mut [Vec<f64>], gradients: &[Vec<f64>], keep: f64| {
            for (values, gradients) in values.iter_mut().zip(gradients) {
                for (value, gradient) in values.iter_mut().zip(gradients) {
                    *value = keep * *value - STEP_SIZE * gradient;
                }
            }
        };
        let keep = if self.rule == Rule::KolenPollack {
            KEEP
        } else {
            1.0
        };
        descend(&mut self.graph.weights, &by_weights, keep);
        descend(&mut self.graph.biases, &by_biases, 1.0);
        match self.rule {
            Rule::KolenPollack => descend(&mut self.feedback, &by_weights, keep),
            Rule::WeightMirror => self.mirror(batch),
            _ => {}
        }
        loss
    }

    /// Changes feedback weights by responses to noise: the mean of an operator's gradient is W times the places it is seen at.
    fn mirror(&mut self, batch: Batch) {
        for (at, (_, operator, _)) in self.graph.operators().enumerate() {
            let extent = operator.extent();
            let fired = signal(&mut self.noise, extent.inputs, batch);
            let fired = Inputs::Numbers(&fired);
            let answer = forward(operator, &self.graph.weights[at], fired, batch);
            let seen = batch.samples * extent.outputs / extent.channels;
            let rate = 0.05 / seen as f64;
            for (b, g) in self.feedback[at]
                .iter_mut()
                .zip(gradient(operator, fired, &answer, batch))
            {
                *b = 0.95 * *b + rate * g;
            }
        }
    }
}

/// Half the mean squared error, and its derivative by the outputs.
fn loss(outputs: &[f64], targets: &[f64], batch: Batch) -> (f64, Vec<f64>) {
    let mut residual = vec![0.0; outputs.len()];
    for sample in 0..batch.samples {
        for at in 0..OUTPUTS {
            let place = batch.place(sample, at, OUTPUTS);
            residual[place] = (outputs[place] - targets[place]) / SAMPLES as f64;
        }
    }
    (0.5 * dot(&residual, &residual) * SAMPLES as f64, residual)
}

fn data(batch: Batch) -> (Vec<f64>, Vec<f64>) {
    let x = signal(&mut stream(4), INPUTS, batch);
    let mut teacher = network(5);
    teacher.biases.iter_mut().flatten().for_each(|b| *b *= 0.5);
    let targets = teacher.run(&x, batch, &mut stream(6)).values.pop();
    (x, targets.unwrap())
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn backpropagation_is_the_gradient_of_the_loss() {
    let batch = Batch::rows(SAMPLES);
    let (x, targets) = data(batch);
    let trained = Trained::new(Rule::Backpropagation);
    let mut graph = trained.graph;
    let passed = graph.run(&x, batch, &mut stream(6));
    let (_, residual) = loss(passed.values.last().unwrap(), &targets, batch);
    let sent = [(graph.nodes.len(), residual)];
    let deltas = graph.deltas(&passed, &graph.weights, &sent);
    let (by_weights, by_biases) = graph.gradients(&passed, &deltas);
    let draws = &mut stream(7);
    for at in 0..graph.weights.len() {
        let along = normals(draws, graph.weights[at].len());
        let along_bias = normals(draws, graph.biases[at].len());
        let mut move_by = |h: f64| {
            let shift = |values: &mut [f64], along: &[f64]| {
                values.iter_mut().zip(along).for_each(|(w, v)| *w += h * v);
            };
            shift(&mut graph.weights[at], &along);
            shift(&mut graph.biases[at], &along_bias);
            let outputs = graph.run(&x, batch, &mut stream(6)).values.pop();
            loss(&outputs.unwrap(), &targets, batch).0
        };
        let h = 1e-5;
        let (up, down) = (move_by(h), move_by(-2.0 * h));
        move_by(h);
        let wanted = (up - down) / (2.0 * h);
        let found = dot(&by_weights[at], &along) + dot(&by_biases[at], &along_bias);
        let error = (found - wanted).abs();
        assert!(
            error < 1e-8 && wanted.abs() > 1e-3,
            "{at}: {found} {wanted}"
        );
    }
}

#[test]
fn every_rule_teaches_what_the_last_layer_alone_cannot_learn() {
    let batch = Batch::rows(SAMPLES);
    let (x, targets) = data(batch);
    let last = |rule| {
        let mut trained = Trained::new(rule);
        (0..STEPS).map(|_| trained.step(&x, &targets, batch)).last()
    };
    let baseline = last(Rule::LastLayerOnly).unwrap();
    for rule in [
        Rule::Backpropagation,
        Rule::FeedbackAlignment,
        Rule::SignSymmetry,
        Rule::KolenPollack,
        Rule::WeightMirror,
        Rule::DirectFeedbackAlignment,
    ] {
        let share = last(rule).unwrap() / baseline;
        assert!(share < LEARNED, "{rule:?}: {share} of the loss is left");
    }
}

/// Steps of a training.
const STEPS: usize = 400;
/// Largest share that may be left of the loss that training the last layer alone leaves.
const LEARNED: f64 = 0.7;

#[test]
fn feedback_of_kolen_and_pollack_comes_to_its_operators_weights() {
    let batch = Batch::rows(SAMPLES);
    let (x, targets) = data(batch);
    let mut trained = Trained::new(Rule::KolenPollack);
    let apart = |t: &Trained| -> Vec<f64> {
        let pairs = t
            .feedback
            .iter()
            .flatten()
            .zip(t.graph.weights.iter().flatten());
        pairs.map(|(b, w)| b - w).collect()
    };
    let before = apart(&trained);
    for _ in 0..100 {
        trained.step(&x, &targets, batch);
    }
    // Both get the same changes, and keep the same share.
    for (before, after) in before.iter().zip(apart(&trained)) {
        assert!(
            (after - KEEP.powi(100) * before).abs() < 1e-12,
            "{before} {after}"
        );
    }
}

#[test]
fn mirrors_see_the_weights_of_their_operators() {
    let batch = Batch::rows(SAMPLES);
    let mut trained = Trained::new(Rule::WeightMirror);
    let cosines = |t: &Trained| -> Vec<f64> {
        let pairs = t.feedback.iter().zip(&t.graph.weights);
        pairs.map(|(b, w)| cosine(b, w)).collect()
    };
    assert!(cosines(&trained).iter().all(|c| c.abs() < 0.7));
    for _ in 0..200 {
        trained.mirror(batch);
    }
    let after = cosines(&trained);
    assert!(after.iter().all(|c| *c > 0.97), "{after:?}");
    // A layer's factor is in its answer and in its gradient.
    let length = |v: &[f64]| dot(v, v).sqrt();
    for (at, factor) in [1.0, 1.0, 0.8 * 0.8].into_iter().enumerate() {
        let ratio = length(&trained.feedback[at]) / length(&trained.graph.weights[at]);
        assert!((ratio / factor - 1.0).abs() < 0.1, "{at}: {ratio}");
    }
}

#[test]
fn samples_in_lanes_train_the_same_network() {
    let batches = [Layout::Rows, Layout::Lanes(16)].map(|layout| Batch {
        samples: SAMPLES,
        layout,
    });
    let [rows, lanes] = batches.map(|batch| {
        let (x, targets) = data(batch);
        let mut trained = Trained::new(Rule::FeedbackAlignment);
        (0..20)
            .map(|_| trained.step(&x, &targets, batch))
            .collect::<Vec<f64>>()
    });
    for (a, b) in rows.iter().zip(&lanes) {
        assert!((a / b - 1.0).abs() < 1e-11, "{a} {b}");
    }
}
