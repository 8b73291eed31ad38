//! A network of layers and maps as plain loops, whatever its wiring: no code of the engine that is audited.

pub(super) mod layer;
mod signals;

use std::sync::Arc;

use ndarray::Array2;

pub(super) use self::signals::Way;
use crate::layer::Pass as MapPass;
use crate::layer::{Batch, Branch, Kept, Map, Node, PlainMap, Wiring};
use crate::math::{Activation, Stream, StreamName, Streams};
use crate::rule::{Gate, Layer};

/// Layers and maps in the order in which a sample meets them.
#[derive(Debug, Clone)]
pub(super) struct Net {
    wiring: Wiring<f64>,
    /// Node of each layer.
    layers: Vec<usize>,
}

/// Draws of a step: those of its nodes are apart from each other.
#[derive(Debug, Clone)]
pub(super) struct Draws {
    pub(super) noise: Stream,
    pub(super) step: u64,
}

impl Draws {
    /// Draws of networks in which nothing is drawn.
    pub(super) fn none() -> Self {
        Self {
            noise: Streams::new(0, 0).open(StreamName::Dropout),
            step: 0,
        }
    }

    fn of_node(&self, node: usize) -> Stream {
        let mut noise = self.noise.clone();
        noise.enter(node as u64 + 1, self.step);
        noise
    }
}

/// One batch on its way through a network, in training.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    /// The input, then the value that each node writes, (batch, numbers).
    pub(super) values: Vec<Array2<f64>>,
    /// Weighted sums of each layer, (batch, units); the last are the outputs.
    pub(super) z: Vec<Array2<f64>>,
    /// Branch of each node's map.
    branches: Vec<Branch>,
    draws: Draws,
}

impl Pass {
    /// f.
    pub(super) fn outputs(&self) -> &Array2<f64> {
        &self.z[self.z.len() - 1]
    }

    /// Draws of a node's map.
    pub(super) fn draws_of(&self, node: usize) -> Stream {
        self.draws.of_node(node)
    }
}

impl Net {
    pub(super) fn new(wiring: Wiring<f64>) -> Self {
        let nodes = wiring.nodes().iter().enumerate();
        let layers = nodes.filter(|(_, node)| node.is_layer());
        Self {
            layers: layers.map(|(at, _)| at).collect(),
            wiring,
        }
    }

    pub(super) fn wiring(&self) -> &Wiring<f64> {
        &self.wiring
    }

    pub(super) fn nodes(&self) -> &[Node<f64>] {
        self.wiring.nodes()
    }

    /// Layers with weights.
    pub(super) fn count(&self) -> usize {
        self.layers.len()
    }

    /// Node of a layer.
    pub(super) fn node_of(&self, layer: usize) -> usize {
        self.layers[layer]
    }

    /// Layer of a node.
    pub(super) fn layer_of(&self, node: usize) -> usize {
        let at = self.layers.iter().position(|&of| of == node);
        at.expect("a layer's node")
    }

    /// Maps with their nodes and the values that they read.
    pub(super) fn maps(&self) -> impl Iterator<Item = (usize, &Arc<dyn Map<f64>>, Vec<usize>)> {
        let nodes = self.nodes().iter().enumerate();
        nodes.filter_map(|(at, node)| match node {
            Node::Layer(_) => None,
            Node::Map(map, from) => Some((at, map, from.iter().map(|value| value.0).collect())),
        })
    }

    /// Maps in plain loops, of those that have some.
    pub(super) fn plain_maps(&self) -> impl Iterator<Item = PlainMap> {
        self.maps().filter_map(|(_, map, _)| map.plain())
    }

    /// Whether something is drawn in each step.
    pub(super) fn is_drawn(&self) -> bool {
        self.plain_maps().any(PlainMap::is_drawn)
    }

    /// Value that a layer reads.
    pub(super) fn read_by(&self, layer: usize) -> usize {
        match &self.nodes()[self.layers[layer]] {
            Node::Layer(from) => from.0,
            Node::Map(..) => unreachable!("a layer's node"),
        }
    }

    /// Whether a signal from this layer reaches a hidden layer.
    pub(super) fn hands_down(&self, layer: usize) -> bool {
        self.has_layer_below(self.read_by(layer))
    }

    fn has_layer_below(&self, value: usize) -> bool {
        match value.checked_sub(1).map(|node| &self.nodes()[node]) {
            None => false,
            Some(Node::Layer(_)) => true,
            Some(Node::Map(_, from)) => from.iter().any(|value| self.has_layer_below(value.0)),
        }
    }

    /// Runs a batch through, in training.
    pub(super) fn pass(&self, layers: &[Layer<f64>], x: &Array2<f64>, draws: Draws) -> Pass {
        let nothing = Array2::zeros((0, 0));
        let nodes = self.nodes().len();
        let mut pass = Pass {
            values: vec![nothing.clone(); nodes + 1],
            z: vec![nothing; layers.len()],
            branches: vec![Branch::Only; nodes],
            draws,
        };
        pass.values[0].clone_from(x);
        self.advance(layers, &mut pass, 0, None);
        pass
    }

    /// The outputs where the sums of a layer have moved from those of a pass, on its branches: kinks and
    /// choices of maxima stay where they were.
    pub(super) fn outputs_of_sums(
        &self,
        layers: &[Layer<f64>],
        pass: &Pass,
        at: usize,
        z: Array2<f64>,
    ) -> Array2<f64> {
        let (mut moved, node) = (pass.clone(), self.layers[at]);
        moved.values[node + 1] = self.activity(&layers[at], at, &z, Some(pass));
        moved.z[at] = z;
        self.advance(layers, &mut moved, node + 1, Some(pass));
        moved.z.pop().expect("an output layer")
    }

    /// The outputs where the activity of a hidden layer is another, nothing else held.
    pub(super) fn outputs_of_activity(
        &self,
        layers: &[Layer<f64>],
        pass: &Pass,
        at: usize,
        h: Array2<f64>,
    ) -> Array2<f64> {
        let (mut moved, node) = (pass.clone(), self.layers[at]);
        moved.values[node + 1] = h;
        self.advance(layers, &mut moved, node + 1, None);
        moved.z.pop().expect("an output layer")
    }

    /// Runs nodes from `first` on.
    fn advance(&self, layers: &[Layer<f64>], pass: &mut Pass, first: usize, branch: Option<&Pass>) {
        let mut at = self.layers.iter().filter(|&&node| node < first).count();
        for (node, what) in self.nodes().iter().enumerate().skip(first) {
            pass.values[node + 1] = match what {
                Node::Layer(from) => {
                    let z = layer::sums(&layers[at], &pass.values[from.0]);
                    let activity = self.activity(&layers[at], at, &z, branch);
                    pass.z[at] = z;
                    at += 1;
                    activity
                }
                Node::Map(map, from) => {
                    let x: Vec<&Array2<f64>> = from.iter().map(|v| &pass.values[v.0]).collect();
                    match (map.plain(), branch) {
                        (Some(plain), Some(branch)) => plain.forward(&x, &branch.branches[node]),
                        (Some(plain), None) => {
                            let branch = plain.branch(&x, &mut pass.draws.of_node(node));
                            let y = plain.forward(&x, &branch);
                            pass.branches[node] = branch;
                            y
                        }
                        (None, _) => own_forward(map.as_ref(), &x, &mut pass.draws.of_node(node)).0,
                    }
                }
            };
        }
    }

    /// psi(z) of a layer, on the branch of another pass where there is one.
    fn activity(
        &self,
        layer: &Layer<f64>,
        at: usize,
        z: &Array2<f64>,
        branch: Option<&Pass>,
    ) -> Array2<f64> {
        let psi = layer.activation;
        match branch {
            // Outputs are linear.
            _ if at + 1 == self.layers.len() => z.clone(),
            None => z.mapv(|z| psi.value(z)),
            Some(branch) => {
                let start = &branch.z[at];
                Array2::from_shape_fn(z.dim(), |i| crate::layer::continued(psi, z[i], start[i]))
            }
        }
    }
}

/// y of a map that has no plain loops, and what it keeps.
fn own_forward(
    map: &dyn Map<f64>,
    x: &[&Array2<f64>],
    noise: &mut Stream,
) -> (Array2<f64>, Kept<f64>) {
    let samples = x[0].nrows();
    let rows: Vec<Vec<f64>> = x.iter().map(|x| layer::flat(x)).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let mut states: Vec<_> = map.states().into_iter().map(|(_, start)| start).collect();
    let (mut y, mut kept) = (Array2::zeros((samples, map.outputs())), Kept::default());
    let mut pass = MapPass {
        batch: Batch::rows(samples),
        is_training: true,
        noise,
        states: &mut states,
    };
    let numbers = y.as_slice_mut().expect("a whole array");
    map.forward(&rows, numbers, &mut pass, &mut kept);
    (y, kept)
}

/// psi'(z) of each hidden layer.
pub(super) fn slopes(layers: &[Layer<f64>], pass: &Pass) -> Vec<Array2<f64>> {
    gates(layers, pass, Gate::Derivative)
}

/// Factors of signals in each hidden layer: psi'(z), or the function in its place.
pub(super) fn gates(layers: &[Layer<f64>], pass: &Pass, gate: Gate) -> Vec<Array2<f64>> {
    let of_layer = |(z, layer): (&Array2<f64>, &Layer<f64>)| {
        z.mapv(|z| match gate {
            Gate::Derivative => layer.activation.derivative(z),
            // Linear units have no function that could be replaced.
            _ if layer.activation == Activation::Linear => 1.0,
            _ => gate.value(z),
        })
    };
    let hidden = pass.z[..pass.z.len() - 1].iter().zip(layers);
    hidden.map(of_layer).collect()
}
