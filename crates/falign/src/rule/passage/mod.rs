//! A batch on its way through layers and maps that are wired freely.

mod back;
mod space;

use std::sync::Arc;

use ndarray::Array2;

pub(crate) use self::back::Hear;
pub(crate) use self::space::Space;
use super::layer::Layer;
use super::mode::{Mode, States};
use crate::layer::{Batch, Inputs, Kept, Node, Pass, Value, Wiring, draw_masks};
use crate::math::activate;
use crate::math::simd::Element;

/// Input of a batch, laid out.
#[derive(Debug, Clone, PartialEq)]
enum Given<T> {
    Numbers(Vec<T>),
    Tokens(Vec<u32>),
}

/// Values of a batch as its wiring lays them out, and what the way back needs of them.
#[derive(Debug, Clone)]
pub(crate) struct Passage<T> {
    wiring: Arc<Wiring<T>>,
    batch: Batch,
    given: Given<T>,
    /// Values that nodes write.
    values: Vec<Vec<T>>,
    numbers: Vec<usize>,
    /// Whether a hidden layer is below each value.
    is_reached: Vec<bool>,
    /// psi' of each layer, with dropout; empty for the last one.
    slopes: Vec<Vec<T>>,
    /// The function in the place of psi' of each layer, with dropout; empty where there is none.
    gates: Vec<Vec<T>>,
    kept: Vec<Kept<T>>,
    /// States as they were before the batch.
    states: States<T>,
    mode: Mode,
    /// Weights on their way.
    space: Vec<T>,
}

/// Values are equal where the numbers are.
impl<T: PartialEq> PartialEq for Passage<T> {
    fn eq(&self, other: &Self) -> bool {
        self.batch == other.batch && self.given == other.given && self.values == other.values
    }
}

impl<T: Element> Passage<T> {
    /// Space for these layers.
    ///
    /// # Panics
    /// If they do not fit the wiring.
    pub(crate) fn new(wiring: Arc<Wiring<T>>, layers: &[Layer<T>]) -> Self {
        let mut numbers = vec![wiring.inputs()];
        let mut next = layers.iter();
        for (at, node) in wiring.nodes().iter().enumerate() {
            let (reads, writes) = match node {
                Node::Layer(from) => {
                    let layer = next.next().expect("a layer for each of the wiring's");
                    (vec![(*from, layer.inputs())], layer.units())
                }
                Node::Map(map, from) => {
                    let inputs = from.iter().copied().zip(map.inputs());
                    (inputs.collect(), map.outputs())
                }
            };
            for (from, expected) in reads {
                let found = numbers[from.0];
                assert_eq!(found, expected, "numbers that {node:?}, number {at}, reads");
            }
            numbers.push(writes);
        }
        assert!(next.next().is_none(), "each layer is in the wiring");
        let is_layer = matches!(wiring.nodes().last(), Some(Node::Layer(_)));
        assert!(is_layer, "the outputs are a layer's");
        let nodes = wiring.nodes().len();
        Self {
            batch: Batch {
                samples: 0,
                layout: wiring.layout(),
            },
            given: Given::Numbers(Vec::new()),
            values: vec![Vec::new(); nodes],
            numbers,
            is_reached: reached(&wiring),
            slopes: vec![Vec::new(); layers.len()],
            gates: vec![Vec::new(); layers.len()],
            kept: vec![Kept::default(); nodes],
            states: Vec::new(),
            mode: Mode::silent(),
            space: Vec::new(),
            wiring,
        }
    }

    /// States at the start.
    pub(crate) fn first_states(&self) -> States<T> {
        let of_node = |node: &Node<T>| match node {
            Node::Layer(_) => Vec::new(),
            Node::Map(map, _) => map.states().into_iter().map(|(_, start)| start).collect(),
        };
        self.wiring.nodes().iter().map(of_node).collect()
    }

    /// Node and name of each state, in the order of [`first_states`](Self::first_states).
    pub(crate) fn state_names(&self) -> Vec<(usize, &'static str)> {
        let nodes = self.wiring.nodes().iter().enumerate();
        let of_node = |(at, node): (usize, &Node<T>)| match node {
            Node::Layer(_) => Vec::new(),
            Node::Map(map, _) => {
                let states = map.states().into_iter();
                states.map(|(name, _)| (at, name)).collect()
            }
        };
        nodes.flat_map(of_node).collect()
    }

    /// How layers and maps are wired.
    pub(crate) fn wiring(&self) -> &Wiring<T> {
        &self.wiring
    }

    /// Numbers of one sample of the input.
    pub(crate) fn inputs(&self) -> usize {
        self.wiring.inputs()
    }

    /// Takes a batch, samples in rows.
    pub(crate) fn give(&mut self, samples: usize, rows: Inputs<'_, T>) {
        self.batch.samples = samples;
        let (batch, numbers) = (self.batch, self.wiring.inputs());
        match (rows, &mut self.given) {
            (Inputs::Numbers(rows), Given::Numbers(given)) => batch.lay_out(rows, numbers, given),
            (Inputs::Tokens(rows), Given::Tokens(given)) => batch.lay_out(rows, numbers, given),
            (rows, given) => {
                let (mut reals, mut tokens) = (Vec::new(), Vec::new());
                *given = match rows {
                    Inputs::Numbers(rows) => {
                        batch.lay_out(rows, numbers, &mut reals);
                        Given::Numbers(reals)
                    }
                    Inputs::Tokens(rows) => {
                        batch.lay_out(rows, numbers, &mut tokens);
                        Given::Tokens(tokens)
                    }
                };
            }
        }
    }

    /// Runs what it was [given](Self::give) through all nodes.
    pub(crate) fn run(&mut self, layers: &[Layer<T>], states: &mut States<T>, mode: Mode) {
        self.states.clone_from(states);
        self.mode = mode;
        self.advance(layers, 0, states);
    }

    /// Outputs of the same pass, with the same draws and states, of other layers or with
    /// another activity of one: (batch, outputs), nothing subtracted.
    pub(crate) fn again(
        &self,
        layers: &[Layer<T>],
        activity: Option<(usize, &Array2<T>)>,
    ) -> Array2<T> {
        let mut other = self.clone();
        let mut first = 0;
        if let Some((layer, rows)) = activity {
            let node = self.node_of(layer);
            self.lay_out(rows, &mut other.values[node]);
            first = node + 1;
        }
        let mut states = self.states.clone();
        other.advance(layers, first, &mut states);
        other.rows(Value(other.values.len()))
    }

    /// Runs nodes from `first` on.
    fn advance(&mut self, layers: &[Layer<T>], first: usize, states: &mut States<T>) {
        let wiring = Arc::clone(&self.wiring);
        let batch = self.batch;
        let mut layer_count = 0;
        let mut masks = Vec::new();
        for (at, node) in wiring.nodes().iter().enumerate() {
            let index = layer_count;
            layer_count += usize::from(matches!(node, Node::Layer(_)));
            if at < first {
                continue;
            }
            let mut y = std::mem::take(&mut self.values[at]);
            y.resize(batch.length(self.numbers[at + 1]), T::ZERO);
            let mut noise = self.mode.noise.clone();
            noise.enter(at as u64 + 1, self.mode.step);
            match node {
                Node::Layer(from) => {
                    let layer = &layers[index];
                    let mut space = std::mem::take(&mut self.space);
                    layer.forward(self.read(*from), &mut y, batch, &mut space);
                    self.space = space;
                    if index + 1 < layers.len() {
                        let slopes = &mut self.slopes[index];
                        slopes.resize(y.len(), T::ZERO);
                        let gates = &mut self.gates[index];
                        gates.clear();
                        if self.mode.gate.replaces(layer.activation) {
                            gates.resize(y.len(), T::ZERO);
                            self.mode.gate.write(&y, gates);
                        }
                        activate(layer.activation, &mut y, slopes);
                        if self.mode.dropout > 0.0 {
                            let (units, rate) = (layer.units(), self.mode.dropout);
                            draw_masks(&mut masks, units, batch, rate, &mut noise);
                            for values in [&mut y, slopes, gates] {
                                let masked = values.iter_mut().zip(&masks);
                                masked.for_each(|(value, &mask)| *value = *value * mask);
                            }
                        }
                    }
                }
                Node::Map(map, from) => {
                    let mut kept = std::mem::take(&mut self.kept[at]);
                    let x: Vec<&[T]> = from.iter().map(|v| self.read(*v).numbers()).collect();
                    let mut pass = Pass {
                        batch,
                        is_training: self.mode.is_training,
                        noise: &mut noise,
                        states: &mut states[at],
                    };
                    map.forward(&x, &mut y, &mut pass, &mut kept);
                    self.kept[at] = kept;
                }
            }
            self.values[at] = y;
        }
    }

    /// Writes a layer's gradients of weights and of biases from its delta, (batch, units).
    pub(crate) fn gradient(
        &self,
        layer: &Layer<T>,
        at: usize,
        delta: &Array2<T>,
        gradients: [&mut [T]; 2],
    ) {
        let mut laid = Vec::new();
        self.lay_out(delta, &mut laid);
        self.gradient_of(layer, at, &laid, gradients);
    }

    /// [`gradient`](Self::gradient) from a delta that is laid out.
    pub(crate) fn gradient_of(
        &self,
        layer: &Layer<T>,
        at: usize,
        delta: &[T],
        [gradient, biases]: [&mut [T]; 2],
    ) {
        layer.gradient(self.read(self.read_by(at)), delta, gradient, self.batch);
        if !biases.is_empty() {
            biases.fill(T::ZERO);
            crate::layer::bias_gradient(delta, layer.units(), biases, self.batch);
        }
    }

    /// Whether a signal from this layer reaches a hidden layer.
    pub(crate) fn hands_down(&self, layer: usize) -> bool {
        self.is_reached[self.read_by(layer).0]
    }

    /// Numbers that a layer reads, (batch, inputs).
    ///
    /// # Panics
    /// If it reads tokens.
    pub(crate) fn read_rows(&self, layer: usize) -> Array2<T> {
        self.rows(self.read_by(layer))
    }

    /// Activity and slopes of a layer, in rows, into matrices of their shapes.
    pub(crate) fn write_activity(&self, layer: usize, [activity, slopes]: [&mut Array2<T>; 2]) {
        self.write_rows(&self.values[self.node_of(layer)], activity);
        self.write_rows(&self.slopes[layer], slopes);
    }

    /// Numbers in the place of a layer's slopes, in rows; the slopes themselves where there are none.
    pub(crate) fn write_gates(&self, layer: usize, gates: &mut Array2<T>) {
        let own = &self.gates[layer];
        let own = if own.is_empty() {
            &self.slopes[layer]
        } else {
            own
        };
        self.write_rows(own, gates);
    }

    /// Sums of the last layer, in rows.
    pub(crate) fn write_outputs(&self, outputs: &mut Array2<T>) {
        self.write_rows(&self.values[self.values.len() - 1], outputs);
    }

    fn node_of(&self, layer: usize) -> usize {
        let nodes = self.wiring.nodes().iter().enumerate();
        let mut layers = nodes.filter(|(_, node)| matches!(node, Node::Layer(_)));
        layers.nth(layer).expect("a layer of the wiring").0
    }

    /// Value that a layer reads.
    fn read_by(&self, layer: usize) -> Value {
        match &self.wiring.nodes()[self.node_of(layer)] {
            Node::Layer(from) => *from,
            Node::Map(..) => unreachable!("a layer's node"),
        }
    }

    fn read(&self, value: Value) -> Inputs<'_, T> {
        match (value.0.checked_sub(1), &self.given) {
            (Some(node), _) => Inputs::Numbers(&self.values[node]),
            (None, Given::Numbers(numbers)) => Inputs::Numbers(numbers),
            (None, Given::Tokens(tokens)) => Inputs::Tokens(tokens),
        }
    }

    fn lay_out(&self, rows: &Array2<T>, laid: &mut Vec<T>) {
        let rows_in_order = rows.as_standard_layout();
        let rows_in_order = rows_in_order.as_slice().expect("standard layout");
        self.batch.lay_out(rows_in_order, rows.ncols(), laid);
    }

    fn rows(&self, value: Value) -> Array2<T> {
        let shape = (self.batch.samples, self.numbers[value.0]);
        let mut rows = Array2::from_elem(shape, T::ZERO);
        self.write_rows(self.read(value).numbers(), &mut rows);
        rows
    }

    /// Puts numbers that are laid out into rows.
    pub(crate) fn write_rows(&self, values: &[T], rows: &mut Array2<T>) {
        let numbers = rows.ncols();
        if let Some(rows) = rows.as_slice_mut() {
            self.batch.write_rows(values, numbers, rows);
            return;
        }
        for ((sample, at), number) in rows.indexed_iter_mut() {
            *number = values[self.batch.place(sample, at, numbers)];
        }
    }
}

/// Whether a hidden layer is below each value.
fn reached<T>(wiring: &Wiring<T>) -> Vec<bool> {
    let mut is_reached = vec![false];
    for node in wiring.nodes() {
        let reached = match node {
            Node::Layer(_) => true,
            Node::Map(_, from) => from.iter().any(|value| is_reached[value.0]),
        };
        is_reached.push(reached);
    }
    is_reached
}
