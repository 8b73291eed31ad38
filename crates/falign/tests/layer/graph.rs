//! Operators and maps wired into a network, with a step in three calls.

use falign::layer::{Batch, Inputs, Kept, Map, Operator, Pass, bias_gradient};
use falign::math::Stream;

use super::identities::{forward, gradient, pull_back};
use super::normals;

/// A layer, and the values that it reads: 0 is the input, and layer l writes value l + 1.
pub(super) enum Node {
    Operator(Box<dyn Operator<f64>>, usize),
    Map(Box<dyn Map<f64>>, Vec<usize>),
}

/// A network; the last layer is an operator.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Weights of each operator, in the order of nodes.
    pub(super) weights: Vec<Vec<f64>>,
    pub(super) biases: Vec<Vec<f64>>,
}

/// A batch on its way through.
pub(super) struct Passed {
    pub(super) batch: Batch,
    pub(super) values: Vec<Vec<f64>>,
    kept: Vec<Kept<f64>>,
}

impl Graph {
    pub(super) fn new(nodes: Vec<Node>, stream: &mut Stream) -> Self {
        let mut graph = Self {
            weights: Vec::new(),
            biases: Vec::new(),
            nodes,
        };
        graph.weights = graph.draw(stream);
        let operators = graph.operators();
        let biases = operators.map(|(_, operator, _)| normals(stream, operator.extent().channels));
        graph.biases = biases.collect();
        graph
    }

    /// Node, operator and the value it reads, of each operator.
    pub(super) fn operators(&self) -> impl Iterator<Item = (usize, &dyn Operator<f64>, usize)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter_map(|(at, node)| match node {
            Node::Operator(operator, from) => Some((at, operator.as_ref(), *from)),
            Node::Map(..) => None,
        })
    }

    /// One array for each operator by the list of parameters alone: N(0, 1 / fan-in).
    pub(super) fn draw(&self, stream: &mut Stream) -> Vec<Vec<f64>> {
        let parameters = self.operators().map(|(_, operator, _)| operator.weights());
        parameters
            .map(|parameter| {
                let sd = 1.0 / (parameter.fan_in as f64).sqrt();
                let mut weights = normals(stream, parameter.length());
                for w in &mut weights {
                    *w *= sd;
                }
                weights
            })
            .collect()
    }

    pub(super) fn run(&self, x: &[f64], batch: Batch, noise: &mut Stream) -> Passed {
        let mut values = vec![x.to_vec()];
        let mut all_kept = Vec::new();
        let mut operator_count = 0;
        for node in &self.nodes {
            let mut kept = Kept::default();
            let y = match node {
                Node::Operator(operator, from) => {
                    let w = &self.weights[operator_count];
                    let x = Inputs::Numbers(&values[*from]);
                    let mut y = forward(operator.as_ref(), w, x, batch);
                    let numbers = operator.extent().outputs;
                    let bias = falign::layer::Finish::Bias(&self.biases[operator_count]);
                    bias.apply(&mut y, numbers, batch);
                    operator_count += 1;
                    y
                }
                Node::Map(map, from) => {
                    let x: Vec<&[f64]> = from.iter().map(|&v| values[v].as_slice()).collect();
                    let mut y = vec![0.0; batch.length(map.outputs())];
                    let mut pass = Pass {
                        batch,
                        is_training: true,
                        noise,
                        states: &mut [],
                    };
                    map.forward(&x, &mut y, &mut pass, &mut kept);
                    y
                }
            };
            values.push(y);
            all_kept.push(kept);
        }
        Passed {
            batch,
            values,
            kept: all_kept,
        }
    }

    /// The delta of each operator's output. Signals go back through `through`, an array for each
    /// operator, and through none where it is empty; `sent` are signals that arrive at values from
    /// elsewhere.
    pub(super) fn deltas(
        &self,
        passed: &Passed,
        through: &[Vec<f64>],
        sent: &[(usize, Vec<f64>)],
    ) -> Vec<Vec<f64>> {
        let batch = passed.batch;
        let mut signals: Vec<Vec<f64>> = passed.values.iter().map(|v| vec![0.0; v.len()]).collect();
        let add = |to: &mut Vec<f64>, signal: &[f64]| {
            to.iter_mut().zip(signal).for_each(|(to, s)| *to += s);
        };
        for (value, signal) in sent {
            add(&mut signals[*value], signal);
        }
        let mut deltas = Vec::new();
        let mut left = self.weights.len();
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let signal = std::mem::take(&mut signals[at + 1]);
            match node {
                Node::Operator(operator, from) => {
                    left -= 1;
                    if let Some(through) = through.get(left) {
                        let below = pull_back(operator.as_ref(), through, &signal, batch);
                        add(&mut signals[*from], &below);
                    }
                    deltas.push(signal);
                }
                Node::Map(map, from) => {
                    let length = |v: &usize| vec![0.0; passed.values[*v].len()];
                    let mut below: Vec<Vec<f64>> = from.iter().map(length).collect();
                    let mut slices: Vec<&mut [f64]> =
                        below.iter_mut().map(Vec::as_mut_slice).collect();
                    map.pull_back(&signal, &passed.kept[at], &mut slices, batch);
                    for (&value, below) in from.iter().zip(&below) {
                        add(&mut signals[value], below);
                    }
                }
            }
        }
        deltas.reverse();
        deltas
    }

    /// Gradients of weights and of biases.
    pub(super) fn gradients(
        &self,
        passed: &Passed,
        deltas: &[Vec<f64>],
    ) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let all = self.operators().zip(deltas);
        all.map(|((_, operator, from), delta)| {
            let x = Inputs::Numbers(&passed.values[from]);
            let extent = operator.extent();
            let mut bias = vec![0.0; extent.channels];
            bias_gradient(delta, extent.outputs, &mut bias, passed.batch);
            (gradient(operator, x, delta, passed.batch), bias)
        })
        .unzip()
    }
}
