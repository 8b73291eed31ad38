//! Signals on their way down a wiring.

use ndarray::{Array2, ArrayView2};

use super::Passage;
use crate::layer::{Node, Value};
use crate::math::simd::Element;
use crate::rule::Layer;

/// Signal that a layer above the first hands down, from its number and its delta; one that hands nothing down has no
/// signal to give.
type HandDown<'a, T> = &'a mut dyn FnMut(usize, &[T]) -> Option<Vec<T>>;

impl<T: Element> Passage<T> {
    /// Writes the signal at each hidden layer's activity, (batch, units), from the one that is sent
    /// from the outputs: each layer but the first pulls its delta back through the weights of that
    /// number, gains through their own, and each map through its own slope.
    pub(crate) fn pull_back<'a>(
        &self,
        layers: &[Layer<T>],
        through: impl Fn(usize) -> ArrayView2<'a, T>,
        sent: &Array2<T>,
        signals: &mut [Array2<T>],
    ) where
        T: 'a,
    {
        let mut space = Vec::new();
        let mut hand_down = |at: usize, delta: &[T]| {
            let layer = &layers[at];
            let mut below = vec![T::ZERO; self.batch.length(layer.inputs())];
            layer.pull_back(&through(at), delta, &mut below, self.batch, &mut space);
            Some(below)
        };
        let top = (self.values.len(), self.lay_out(sent));
        self.descend(layers, top, 0, &mut hand_down, &mut |at, signal| {
            if let Some(rows) = signals.get_mut(at) {
                self.write_rows(signal, rows);
            }
        });
    }

    /// Writes the signal at each hidden layer's activity from those that reach it directly, where the
    /// wiring says that they [land](crate::layer::Wiring::land): down from there through maps and gains,
    /// whose signals are written too. `directly` writes the signal of a layer, (batch, numbers).
    pub(crate) fn land(
        &self,
        layers: &[Layer<T>],
        directly: impl Fn(usize, &mut Array2<T>),
        signals: &mut [Array2<T>],
    ) {
        let is_gain = |at: usize| layers[at].is_gain();
        for (at, signal) in signals.iter_mut().enumerate() {
            if is_gain(at) {
                signal.fill(T::ZERO);
            }
        }
        for layer in (0..signals.len()).filter(|&at| !is_gain(at)) {
            let node = self.node_of(layer);
            let Value(landing) = self.wiring.landing(node);
            if landing == node + 1 {
                directly(layer, &mut signals[layer]);
                continue;
            }
            let shape = (self.batch.samples, self.numbers[landing]);
            let mut landed = Array2::from_elem(shape, T::ZERO);
            directly(layer, &mut landed);
            let top = (landing, self.lay_out(&landed));
            // What passes other layers' weights is not theirs to hand down.
            self.descend(layers, top, node, &mut |_, _| None, &mut |at, signal| {
                if at == layer || is_gain(at) {
                    self.write_rows(signal, &mut signals[at]);
                }
            });
        }
    }

    /// Writes the signal at each hidden layer's activity where what is sent stands at every place above
    /// each layer but the first, and comes down to its input through weights of its own, of as many channels as
    /// there are outputs: `through[l]` for layer l + 1. It goes on through maps and gains.
    pub(crate) fn land_below(
        &self,
        layers: &[Layer<T>],
        through: &[Array2<T>],
        sent: &Array2<T>,
        signals: &mut [Array2<T>],
    ) {
        let (lanes, outputs) = (self.batch.lanes(), sent.ncols());
        let laid = self.lay_out(sent);
        let factor = layers[layers.len() - 1].factor;
        let mut space = Vec::new();
        let mut hand_down = |at: usize, _: &[T]| {
            let kernel = layers[at].with_channels(outputs, factor);
            let places = kernel.units() / outputs;
            let blocks = laid.chunks_exact(outputs * lanes);
            let everywhere: Vec<T> = blocks.flat_map(|block| block.repeat(places)).collect();
            let mut below = vec![T::ZERO; self.batch.length(kernel.inputs())];
            let through = through[at - 1].view();
            kernel.pull_back(&through, &everywhere, &mut below, self.batch, &mut space);
            Some(below)
        };
        let top = (self.values.len(), Vec::new());
        self.descend(layers, top, 0, &mut hand_down, &mut |at, signal| {
            if let Some(rows) = signals.get_mut(at) {
                self.write_rows(signal, rows);
            }
        });
    }

    /// Brings a signal from a value down to the node `last`, and tells of what arrives at each layer.
    fn descend(
        &self,
        layers: &[Layer<T>],
        (top, signal): (usize, Vec<T>),
        last: usize,
        hand_down: HandDown<'_, T>,
        hear: &mut dyn FnMut(usize, &[T]),
    ) {
        let is_reached = self.reached();
        let mut arrived: Vec<Vec<T>> = vec![Vec::new(); top + 1];
        arrived[top] = signal;
        let nodes = &self.wiring.nodes()[..top];
        let mut left = nodes.iter().filter(|node| node.is_layer()).count();
        let mut space = Vec::new();
        for (at, node) in nodes.iter().enumerate().skip(last).rev() {
            let mut signal = std::mem::take(&mut arrived[at + 1]);
            let is_silent = signal.is_empty();
            match node {
                Node::Layer(from) => {
                    left -= 1;
                    // Where nothing arrives, nothing is heard.
                    signal.resize(self.values[at].len(), T::ZERO);
                    hear(left, &signal);
                    for (signal, &slope) in signal.iter_mut().zip(&self.slopes[left]) {
                        *signal = *signal * slope;
                    }
                    if !is_reached[from.0] {
                        continue;
                    }
                    let layer = &layers[left];
                    let below = if layer.is_gain() {
                        let (own, length) =
                            (layer.weights.view(), self.batch.length(layer.inputs()));
                        let mut below = vec![T::ZERO; length];
                        layer.pull_back(&own, &signal, &mut below, self.batch, &mut space);
                        Some(below)
                    } else {
                        hand_down(left, &signal)
                    };
                    add(&mut arrived[from.0], below.unwrap_or_default());
                }
                Node::Map(..) if is_silent => {}
                Node::Map(map, from) => {
                    let length = |v: &Value| vec![T::ZERO; self.batch.length(self.numbers[v.0])];
                    let mut below: Vec<Vec<T>> = from.iter().map(length).collect();
                    let mut slices: Vec<&mut [T]> =
                        below.iter_mut().map(Vec::as_mut_slice).collect();
                    map.pull_back(&signal, &self.kept[at], &mut slices, self.batch);
                    for (value, below) in from.iter().zip(below) {
                        add(&mut arrived[value.0], below);
                    }
                }
            }
        }
    }
}

/// Adds signals of the same length; the first one is taken as it is.
fn add<T: Element>(to: &mut Vec<T>, signal: Vec<T>) {
    if to.is_empty() {
        *to = signal;
    } else {
        to.iter_mut().zip(signal).for_each(|(to, s)| *to += s);
    }
}
