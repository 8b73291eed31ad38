//! The values that layers and maps read.

use std::sync::Arc;

use super::batch::Layout;
use super::map::Map;

/// A network's layers and maps, and which values they read: branches that part and meet again.
///
/// Layers are numbered as they are put in, from 0 at the input. What is put in last is a layer: its sums are the outputs.
///
/// # Example
/// A residual block of one layer, between two others.
/// ```
/// use std::sync::Arc;
/// use falign::internal::layer::{Activated, Wiring};
/// use falign::math::Activation;
/// # use falign::internal::layer::{Kept, Map, Pass};
/// # use falign::layer::Batch;
/// # #[derive(Debug)]
/// # struct Sum(usize);
/// # impl Map<f64> for Sum {
/// #     fn inputs(&self) -> Vec<usize> { vec![self.0; 2] }
/// #     fn outputs(&self) -> usize { self.0 }
/// #     fn forward(&self, x: &[&[f64]], y: &mut [f64], _: &mut Pass<'_, f64>, _: &mut Kept<f64>) {
/// #         for (y, (a, b)) in y.iter_mut().zip(x[0].iter().zip(x[1])) { *y = a + b; }
/// #     }
/// #     fn pull_back(&self, signal: &[f64], _: &Kept<f64>, below: &mut [&mut [f64]], _: Batch) {
/// #         for below in below { below.copy_from_slice(signal); }
/// #     }
/// # }
/// let mut wiring = Wiring::<f64>::new(4);
/// let below = wiring.layer(wiring.input());
/// let inside = wiring.layer(below);
/// let sum = wiring.map(Arc::new(Sum(3)), &[below, inside]);
/// let outputs = wiring.layer(sum);
/// assert_ne!(outputs, sum);
/// ```
#[derive(Debug, Clone)]
pub struct Wiring<T> {
    inputs: usize,
    nodes: Vec<Node<T>>,
    layout: Layout,
    /// Nodes of layers to which direct signals come from above, and the values where they land.
    landings: Vec<(usize, Value)>,
}

/// A value of a network: its input, the activity of a layer, or what a map makes.
///
/// # Example
/// ```
/// let mut wiring = falign::internal::layer::Wiring::<f64>::new(4);
/// let activity = wiring.layer(wiring.input());
/// assert_ne!(activity, wiring.input());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value(pub(crate) usize);

/// Writer of a value: node n writes value n + 1.
#[derive(Debug, Clone)]
pub(crate) enum Node<T> {
    /// The next layer, and the value that it reads.
    Layer(Value),
    /// A map, and the values that it reads.
    Map(Arc<dyn Map<T>>, Vec<Value>),
}

impl<T> Node<T> {
    /// Whether a layer writes the value.
    pub(crate) fn is_layer(&self) -> bool {
        matches!(self, Self::Layer(_))
    }
}

impl<T> Wiring<T> {
    /// Wiring with nothing yet behind an input of so many numbers, or tokens.
    pub fn new(inputs: usize) -> Self {
        Self {
            inputs,
            nodes: Vec::new(),
            layout: Layout::Rows,
            landings: Vec::new(),
        }
    }

    /// Layers one above the other.
    pub(crate) fn chain(inputs: usize, layers: usize) -> Self {
        let mut wiring = Self::new(inputs);
        let mut value = wiring.input();
        for _ in 0..layers {
            value = wiring.layer(value);
        }
        wiring
    }

    /// Lays samples out so on their way through: in rows where nothing is said. Rules and measures see
    /// rows whatever it is.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The input.
    pub fn input(&self) -> Value {
        Value(0)
    }

    /// Puts in the next layer; its activity.
    ///
    /// # Panics
    /// If there is no such value.
    pub fn layer(&mut self, reads: Value) -> Value {
        self.put(&[reads], Node::Layer(reads))
    }

    /// Puts in a map; what it makes.
    ///
    /// # Panics
    /// If there is no such value, or there are not as many as the map has inputs.
    pub fn map(&mut self, map: Arc<dyn Map<T>>, reads: &[Value]) -> Value {
        assert_eq!(map.inputs().len(), reads.len(), "a value for each input");
        self.put(reads, Node::Map(map, reads.to_vec()))
    }

    /// Lets the signal that a direct rule sends to a layer land at a value above it, from where it comes
    /// down through the maps and gains between: at the activity behind a norm, say, or a pool. Where nothing is
    /// said, it lands at the layer's own activity.
    ///
    /// # Panics
    /// If the first value is not a layer's activity, or the other is not above it.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use falign::internal::layer::{Activated, Wiring};
    /// use falign::math::Activation;
    /// let mut wiring = Wiring::<f64>::new(4);
    /// let sums = wiring.layer(wiring.input());
    /// let relu = Activated { activation: Activation::Relu, numbers: 3 };
    /// let activity = wiring.map(Arc::new(relu), &[sums]);
    /// wiring.land(sums, activity);
    /// ```
    pub fn land(&mut self, layer: Value, at: Value) {
        let node = layer.0.checked_sub(1).and_then(|node| self.nodes.get(node));
        assert!(node.is_some_and(Node::is_layer), "the activity of a layer");
        assert!(
            (layer.0..=self.nodes.len()).contains(&at.0),
            "a value above"
        );
        self.landings.push((layer.0 - 1, at));
    }

    /// Value where direct signals of the layer of this node land.
    pub(crate) fn landing(&self, node: usize) -> Value {
        let said = self.landings.iter().rev().find(|(layer, _)| *layer == node);
        said.map_or(Value(node + 1), |(_, at)| *at)
    }

    fn put(&mut self, reads: &[Value], node: Node<T>) -> Value {
        let is_there = |value: &Value| value.0 <= self.nodes.len();
        assert!(reads.iter().all(is_there), "values that are there");
        self.nodes.push(node);
        Value(self.nodes.len())
    }

    /// Numbers, or tokens, of one sample of the input.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    pub(crate) fn nodes(&self) -> &[Node<T>] {
        &self.nodes
    }
}
