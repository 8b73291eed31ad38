//! Teaching signals on their way down, as plain loops.

use ndarray::Array2;

use super::{Net, Pass, layer, own_forward};
use crate::layer::{Batch, Node, Value};
use crate::rule::{Composition, DirectFeedback, Layer, SignalPath};

/// Signal that a layer above the first hands down, from its number and its delta.
type HandDown<'a> = &'a mut dyn FnMut(usize, &Array2<f64>) -> Option<Array2<f64>>;

/// Parts of signals besides weights: a pass, and psi' of its hidden layers.
#[derive(Clone, Copy)]
pub(in crate::audit) struct Way<'a> {
    pub(in crate::audit) layers: &'a [Layer<f64>],
    pub(in crate::audit) pass: &'a Pass,
    pub(in crate::audit) slopes: &'a [Array2<f64>],
    /// Whether all terms count by their sizes: how large the terms of each sum are.
    pub(in crate::audit) is_of_sizes: bool,
}

impl Net {
    /// The family's teaching signals: `sent`, (batch, outputs), through the feedback weights `b`, one for each
    /// hidden layer, (batch, units).
    ///
    /// Layer by layer each layer pulls its delta, signal times psi', back through b of its own shape; directly,
    /// `c_last sent B_l` lands at the activity of a layer, or at the norm behind it; by kernels, `sent` stands at
    /// every place above a layer and comes down to what it reads. Maps and gains are crossed as they are.
    pub(in crate::audit) fn signals(
        &self,
        composition: Composition,
        sent: &Array2<f64>,
        b: &[Array2<f64>],
        way: Way<'_>,
    ) -> Vec<Array2<f64>> {
        let layers = way.layers;
        let hidden = layers.len() - 1;
        let c = layers[hidden].factor;
        let zeros = |layer: &Layer<f64>| Array2::zeros((sent.nrows(), layer.units()));
        let mut signals: Vec<_> = layers[..hidden].iter().map(zeros).collect();
        let top = self.nodes().len();
        match (composition.path, composition.direct) {
            (SignalPath::Layerwise, _) => {
                let mut hand_down =
                    |at: usize, d: &Array2<f64>| Some(layer::pull_back(&layers[at], &b[at - 1], d));
                self.descend(way, (top, sent.clone()), 0, &mut hand_down, &mut |at, s| {
                    if at < hidden {
                        signals[at].clone_from(s);
                    }
                });
            }
            (SignalPath::Direct, DirectFeedback::Kernel) => {
                let mut hand_down = |at: usize, _: &Array2<f64>| {
                    let kernel = layers[at].with_channels(sent.ncols(), c);
                    let shape = (sent.nrows(), kernel.units());
                    let everywhere =
                        Array2::from_shape_fn(shape, |(i, j)| sent[(i, j % sent.ncols())]);
                    Some(layer::pull_back(&kernel, &b[at - 1], &everywhere))
                };
                let silent = (top, 0.0 * sent);
                self.descend(way, silent, 0, &mut hand_down, &mut |at, s| {
                    if at < hidden {
                        signals[at].clone_from(s);
                    }
                });
            }
            (SignalPath::Direct, DirectFeedback::Dense | DirectFeedback::Shared) => {
                for at in (0..hidden).filter(|&at| !layers[at].is_gain()) {
                    let node = self.node_of(at);
                    let Value(landing) = self.wiring().landing(node);
                    let landed = c * sent.dot(&b[at]);
                    let is_heard = |heard: usize| heard == at || layers[heard].is_gain();
                    self.descend(
                        way,
                        (landing, landed),
                        node,
                        &mut |_, _| None,
                        &mut |l, s| {
                            if l < hidden && is_heard(l) {
                                signals[l].clone_from(s);
                            }
                        },
                    );
                }
            }
        }
        signals
    }

    /// The exact derivatives of the loss by the activities of each hidden layer, from the residual.
    pub(in crate::audit) fn exact_signals(
        &self,
        e: &Array2<f64>,
        way: Way<'_>,
    ) -> Vec<Array2<f64>> {
        let w: Vec<Array2<f64>> = way.layers[1..].iter().map(|l| l.weights.clone()).collect();
        let exact = Composition::named("backpropagation").expect("a rule of the family");
        self.signals(exact, e, &w, way)
    }

    /// Brings a signal from a value down to the node `last`, and tells of what arrives at each layer.
    fn descend(
        &self,
        way: Way<'_>,
        (top, signal): (usize, Array2<f64>),
        last: usize,
        hand_down: HandDown<'_>,
        hear: &mut dyn FnMut(usize, &Array2<f64>),
    ) {
        let sized = |w: &Array2<f64>| {
            if way.is_of_sizes {
                w.mapv(f64::abs)
            } else {
                w.clone()
            }
        };
        let samples = signal.nrows();
        let of_value = |value: usize| (samples, way.pass.values[value].ncols());
        let mut arrived: Vec<Option<Array2<f64>>> = vec![None; top + 1];
        arrived[top] = Some(signal);
        let mut at = self.layers.iter().filter(|&&node| node < top).count();
        for node in (last..top).rev() {
            let signal = arrived[node + 1].take();
            let mut send = |value: usize, signal: Array2<f64>| match &mut arrived[value] {
                Some(there) => *there += &signal,
                empty => *empty = Some(signal),
            };
            match &self.nodes()[node] {
                Node::Layer(from) => {
                    at -= 1;
                    let signal = signal.unwrap_or_else(|| Array2::zeros(of_value(node + 1)));
                    hear(at, &signal);
                    let delta = way.slopes.get(at).map_or(signal.clone(), |s| &signal * s);
                    if !self.hands_down(at) {
                        continue;
                    }
                    let layer = &way.layers[at];
                    let below = if layer.is_gain() {
                        Some(layer::pull_back(layer, &sized(&layer.weights), &delta))
                    } else {
                        hand_down(at, &delta)
                    };
                    if let Some(below) = below {
                        send(from.0, below);
                    }
                }
                Node::Map(map, from) => {
                    let Some(signal) = signal else { continue };
                    let x: Vec<_> = from.iter().map(|v| &way.pass.values[v.0]).collect();
                    let below = if let Some(plain) = map.plain() {
                        plain.pull_back(&signal, &x, &way.pass.branches[node], way.is_of_sizes)
                    } else {
                        // What it kept of the same inputs and draws.
                        let mut noise = way.pass.draws.of_node(node);
                        let (_, kept) = own_forward(map.as_ref(), &x, &mut noise);
                        let mut below: Vec<Vec<f64>> =
                            x.iter().map(|x| vec![0.0; x.len()]).collect();
                        let mut slices: Vec<&mut [f64]> =
                            below.iter_mut().map(Vec::as_mut_slice).collect();
                        let signal = layer::flat(&signal);
                        map.pull_back(&signal, &kept, &mut slices, Batch::rows(samples));
                        let pairs = below.into_iter().zip(&x);
                        let matrix = |(b, x): (Vec<f64>, &&Array2<f64>)| {
                            Array2::from_shape_vec(x.dim(), b).expect("as many numbers")
                        };
                        pairs.map(|pair| sized(&matrix(pair))).collect()
                    };
                    for (value, below) in from.iter().zip(below) {
                        send(value.0, below);
                    }
                }
            }
        }
    }
}
