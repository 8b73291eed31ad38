//! Signals on their way down a wiring.

use ndarray::{Array2, ArrayView2};

use super::Passage;
use super::space::Space;
use crate::layer::{Batch, Dense, Finish, Node, Operator, Packed, Value};
use crate::math::simd::Element;
use crate::rule::Layer;

/// Signal that a layer above the first hands down, from its number and its delta; one that hands nothing down has no
/// signal to give.
type HandDown<'a, T> = &'a mut dyn FnMut(usize, &[T], &mut Space<T>) -> Option<Vec<T>>;

/// Listener to the signals that come to the activities of layers, laid out as the batch is.
pub(crate) struct Hear<'a, T> {
    /// Whether it hears them times psi', or what stands in its place, rather than as they are.
    pub(crate) as_deltas: bool,
    /// Call with the number of a layer and what has come to it.
    pub(crate) tell: &'a mut dyn FnMut(usize, &[T]),
}

impl<T: Element> Passage<T> {
    /// Sends a signal, (batch, outputs), down from the outputs: each layer but the first pulls its delta back through
    /// the weights of that number, gains through their own, and each map through its own slope.
    pub(crate) fn pull_back<'a>(
        &self,
        layers: &[Layer<T>],
        through: impl Fn(usize) -> ArrayView2<'a, T>,
        sent: &Array2<T>,
        mut hear: Hear<'_, T>,
        space: &mut Space<T>,
    ) where
        T: 'a,
    {
        let mut hand_down = |at: usize, delta: &[T], space: &mut Space<T>| {
            let layer = &layers[at];
            let mut below = space.take(self.batch.length(layer.inputs()));
            let through = through(at);
            layer.pull_back(&through, delta, &mut below, self.batch, &mut space.weights);
            Some(below)
        };
        let mut top = space.take(self.batch.length(sent.ncols()));
        self.lay_out(sent, &mut top);
        let top = (self.values.len(), top);
        self.descend(layers, top, 0, &mut hand_down, &mut hear, space);
    }

    /// Sends a signal, (batch, outputs), to each hidden layer directly, through `weights` of (outputs, numbers): to where
    /// the wiring says that it [lands](crate::layer::Wiring::land), and down from there through maps and gains, which
    /// hear it too.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "made for the call, as by the other ways down"
    )]
    pub(crate) fn land(
        &self,
        layers: &[Layer<T>],
        weights: &[Array2<T>],
        sent: &Array2<T>,
        hear: Hear<'_, T>,
        space: &mut Space<T>,
    ) {
        let mut laid = std::mem::take(&mut space.sent);
        self.lay_out(sent, &mut laid);
        let factor = layers[layers.len() - 1].factor;
        let is_gain = |at: usize| layers[at].is_gain();
        let as_deltas = hear.as_deltas;
        for layer in (0..layers.len() - 1).filter(|&at| !is_gain(at)) {
            let weights = weights[layer].as_standard_layout();
            let (outputs, numbers) = weights.dim();
            let mut landed = space.take(self.batch.length(numbers));
            let through = Packed(weights.as_slice().expect("standard layout"));
            let dense = Dense::new(numbers, outputs, factor);
            dense.pull_back(through, &laid, &mut landed, self.batch, Finish::None);
            let node = self.node_of(layer);
            let Value(landing) = self.wiring.landing(node);
            // What passes other layers' weights is not theirs to hand down.
            let mut hand_down = |_: usize, _: &[T], _: &mut Space<T>| None;
            let mut tell = |at: usize, signal: &[T]| {
                if at == layer || is_gain(at) {
                    (hear.tell)(at, signal);
                }
            };
            let mut heard = Hear {
                as_deltas,
                tell: &mut tell,
            };
            self.descend(
                layers,
                (landing, landed),
                node,
                &mut hand_down,
                &mut heard,
                space,
            );
        }
        space.sent = laid;
    }

    /// Sends a signal, (batch, outputs), to the input of each layer but the first, where it stands at every place above
    /// and comes down through weights of its own, of as many channels as there are outputs: `through[l]` for layer
    /// l + 1. It goes on through maps and gains.
    pub(crate) fn land_below(
        &self,
        layers: &[Layer<T>],
        through: &[Array2<T>],
        sent: &Array2<T>,
        mut hear: Hear<'_, T>,
        space: &mut Space<T>,
    ) {
        let outputs = sent.ncols();
        let mut laid = std::mem::take(&mut space.sent);
        self.lay_out(sent, &mut laid);
        let mut kernels = std::mem::take(&mut space.kernels);
        if kernels.is_empty() {
            let factor = layers[layers.len() - 1].factor;
            let above = layers.iter().map(|layer| {
                if layer.is_gain() {
                    layer.clone()
                } else {
                    layer.with_channels(outputs, factor)
                }
            });
            kernels.extend(above);
        }
        let mut hand_down = |at: usize, _: &[T], space: &mut Space<T>| {
            let kernel = &kernels[at];
            let mut everywhere = space.take(self.batch.length(kernel.units()));
            repeat(&laid, outputs, &mut everywhere, self.batch);
            let mut below = space.take(self.batch.length(kernel.inputs()));
            let through = through[at - 1].view();
            let weights = &mut space.weights;
            kernel.pull_back(&through, &everywhere, &mut below, self.batch, weights);
            space.give(everywhere);
            Some(below)
        };
        let top = (self.values.len(), Vec::new());
        self.descend(layers, top, 0, &mut hand_down, &mut hear, space);
        space.kernels = kernels;
        space.sent = laid;
    }

    /// Brings a signal from a value down to the node `last`, and tells of what arrives at each layer.
    fn descend(
        &self,
        layers: &[Layer<T>],
        (top, signal): (usize, Vec<T>),
        last: usize,
        hand_down: HandDown<'_, T>,
        hear: &mut Hear<'_, T>,
        space: &mut Space<T>,
    ) {
        let mut arrived: Vec<Vec<T>> = vec![Vec::new(); top + 1];
        arrived[top] = signal;
        let nodes = &self.wiring.nodes()[..top];
        let mut left = nodes.iter().filter(|node| node.is_layer()).count();
        for (at, node) in nodes.iter().enumerate().skip(last).rev() {
            let mut signal = std::mem::take(&mut arrived[at + 1]);
            let is_silent = signal.is_empty();
            match node {
                Node::Layer(from) => {
                    left -= 1;
                    if is_silent {
                        // Where nothing arrives, nothing is heard.
                        signal = space.take(self.values[at].len());
                        signal.fill(T::ZERO);
                    }
                    self.tell(left, &mut signal, hear, space);
                    if self.is_reached[from.0] {
                        let layer = &layers[left];
                        let below = if layer.is_gain() {
                            let mut below = space.take(self.batch.length(layer.inputs()));
                            let (own, weights) = (layer.weights.view(), &mut space.weights);
                            layer.pull_back(&own, &signal, &mut below, self.batch, weights);
                            Some(below)
                        } else {
                            hand_down(left, &signal, space)
                        };
                        add(&mut arrived[from.0], below.unwrap_or_default(), space);
                    }
                }
                Node::Map(..) if is_silent => {}
                Node::Map(map, from) => {
                    let length = |v: &Value| self.batch.length(self.numbers[v.0]);
                    let mut below: Vec<Vec<T>> =
                        from.iter().map(|v| space.take(length(v))).collect();
                    let mut slices: Vec<&mut [T]> =
                        below.iter_mut().map(Vec::as_mut_slice).collect();
                    map.pull_back(&signal, &self.kept[at], &mut slices, self.batch);
                    for (value, below) in from.iter().zip(below) {
                        add(&mut arrived[value.0], below, space);
                    }
                }
            }
            space.give(signal);
        }
        for signal in arrived {
            space.give(signal);
        }
    }

    /// Tells of what arrives at a layer, and makes it the delta that goes on from there.
    fn tell(&self, layer: usize, signal: &mut [T], hear: &mut Hear<'_, T>, space: &mut Space<T>) {
        let gates = &self.gates[layer];
        if !hear.as_deltas {
            (hear.tell)(layer, signal);
        } else if !gates.is_empty() {
            let mut delta = space.take(signal.len());
            for (delta, (&signal, &gate)) in delta.iter_mut().zip(signal.iter().zip(gates)) {
                *delta = signal * gate;
            }
            (hear.tell)(layer, &delta);
            space.give(delta);
        }
        for (signal, &slope) in signal.iter_mut().zip(&self.slopes[layer]) {
            *signal = *signal * slope;
        }
        if hear.as_deltas && gates.is_empty() {
            (hear.tell)(layer, signal);
        }
    }
}

/// Adds signals of the same length; the first one is taken as it is.
fn add<T: Element>(to: &mut Vec<T>, signal: Vec<T>, space: &mut Space<T>) {
    if to.is_empty() {
        *to = signal;
    } else {
        to.iter_mut().zip(&signal).for_each(|(to, &s)| *to += s);
        space.give(signal);
    }
}

/// Puts the numbers of each sample at every place.
fn repeat<T: Copy>(of_samples: &[T], numbers: usize, everywhere: &mut [T], batch: Batch) {
    let run = numbers * batch.lanes();
    let places = everywhere.len() / of_samples.len().max(1);
    let blocks = of_samples.chunks_exact(run);
    for (block, image) in blocks.zip(everywhere.chunks_exact_mut(run * places)) {
        for place in image.chunks_exact_mut(run) {
            place.copy_from_slice(block);
        }
    }
}
