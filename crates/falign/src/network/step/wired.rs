//! Networks of layers of any kind, and what is to be saved of any network.

use super::Network;
use crate::layer::Wiring;
use crate::math::simd::Element;
use crate::network::optimiser::Trained;
use crate::network::{Door, OptimiserKind};
use crate::rule::fused::family;
use crate::rule::{Composed, LastLayerOnly, Layer, LearningRule, Passage, Trace};

/// Parts of a network that a saved state restores.
pub(in crate::network) struct Parts<'a, T: Element> {
    pub(in crate::network) layers: &'a mut [Layer<T>],
    pub(in crate::network) rule: &'a mut dyn LearningRule<T>,
    pub(in crate::network) trained: &'a mut [Trained<T>],
    pub(in crate::network) states: Vec<(String, &'a mut Vec<T>)>,
}

impl<T: Element> Network<T> {
    /// A network of layers of any kind, with maps between them, wired freely.
    ///
    /// # Panics
    /// If the layers are not those of the wiring, or one reads another number of numbers than it takes.
    ///
    /// # Example
    /// A layer whose input goes past it, and is added to its activity.
    /// ```
    /// use std::sync::Arc;
    /// use falign::internal::layer::{Kept, Map, Pass, Wiring};
    /// use falign::layer::Batch;
    /// use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
    /// use falign::internal::network::{DenseInput, Network, OptimiserKind, StepOptions};
    /// use falign::internal::rule::Composed;
    /// use falign::rule::Layer;
    /// use ndarray::array;
    ///
    /// #[derive(Debug)]
    /// struct Sum;
    /// impl Map<f64> for Sum {
    ///     fn inputs(&self) -> Vec<usize> { vec![2, 2] }
    ///     fn outputs(&self) -> usize { 2 }
    ///     fn forward(&self, x: &[&[f64]], y: &mut [f64], _: &mut Pass<'_, f64>, _: &mut Kept<f64>) {
    ///         for (y, (a, b)) in y.iter_mut().zip(x[0].iter().zip(x[1])) { *y = a + b; }
    ///     }
    ///     fn pull_back(&self, signal: &[f64], _: &Kept<f64>, below: &mut [&mut [f64]], _: Batch) {
    ///         for below in below { below.copy_from_slice(signal); }
    ///     }
    /// }
    ///
    /// let mut wiring = Wiring::new(2);
    /// let hidden = wiring.layer(wiring.input());
    /// let sum = wiring.map(Arc::new(Sum), &[wiring.input(), hidden]);
    /// wiring.layer(sum);
    /// let layers = vec![
    ///     Layer::dense(array![[0.3, -0.2], [0.5, 0.1]], Activation::Tanh),
    ///     Layer::dense(array![[1.0, -1.0]], Activation::Linear),
    /// ];
    /// let rule = Box::new(Composed::backpropagation());
    /// let mut network = Network::wired(layers, wiring, rule, OptimiserKind::Sgd);
    /// let (x, y) = (DenseInput(array![[0.4, -0.6]]), array![[2.0]]);
    /// let options = StepOptions {
    ///     loss: Loss::SquaredError, reduction: Reduction::Mean, step_size: 0.1, factors: &[1.0; 2], dropout: 0.0,
    /// };
    /// let mut noise = Streams::new(1, 0).open(StreamName::Dropout);
    /// let before = network.step(&x, &y, options, &mut noise);
    /// assert!(network.step(&x, &y, options, &mut noise) < before);
    /// ```
    pub fn wired(
        mut layers: Vec<Layer<T>>,
        wiring: Wiring<T>,
        rule: Box<dyn LearningRule<T>>,
        optimiser: OptimiserKind,
    ) -> Self {
        for layer in &mut layers {
            layer.weights = layer.weights.as_standard_layout().into_owned();
        }
        let trace = Trace::wired(&layers, wiring);
        Self::with_trace(layers, trace, rule, optimiser)
    }

    /// Writes the weights of each layer in files in the order of its door, where it has one.
    pub(crate) fn set_doors(&mut self, doors: Vec<Option<Door>>) {
        self.doors = doors;
    }

    /// Order of each layer's weights in files; empty where it is theirs.
    pub(in crate::network) fn doors(&self) -> &[Option<Door>] {
        &self.doors
    }

    /// A network with the same layers and wiring that learns nothing below its last layer.
    pub(crate) fn untaught(&self) -> Self {
        let (layers, rule) = (self.layers.clone(), Box::new(LastLayerOnly));
        match self.trace.passage() {
            None => Self::new(layers, rule, OptimiserKind::Sgd),
            Some(passage) => {
                Self::wired(layers, passage.wiring().clone(), rule, OptimiserKind::Sgd)
            }
        }
    }

    /// Numbers of one sample of its input.
    pub(in crate::network) fn input_dim(&self) -> usize {
        let passage = self.trace.passage();
        passage.map_or_else(|| self.layers[0].inputs(), Passage::inputs)
    }

    /// Whether layers are wired freely: not a list of dense layers alone.
    pub(crate) fn is_wired(&self) -> bool {
        self.trace.passage().is_some()
    }

    /// Whether gradients are made while signals come down a wiring, where nobody looks at activities and deltas.
    pub(crate) fn changes_on_the_way(&self) -> bool {
        let is_blind = |rule: &Composed<T>| rule.is_blind();
        !self.keeps_first_changes && self.is_wired() && family(self.rule()).is_some_and(is_blind)
    }

    /// States that maps keep from step to step, by names in files.
    pub(crate) fn states(&self) -> impl Iterator<Item = (String, &Vec<T>)> {
        state_names(&self.trace)
            .into_iter()
            .zip(self.states.iter().flatten())
    }

    /// Layers, rule, parameters and states, of which a saved state consists, to be restored.
    pub(in crate::network) fn parts_mut(&mut self) -> Parts<'_, T> {
        let states = self.states.iter_mut().flatten();
        Parts {
            states: state_names(&self.trace).into_iter().zip(states).collect(),
            layers: &mut self.layers,
            rule: self.rule.as_mut(),
            trained: &mut self.trained,
        }
    }
}

/// Names in files of what maps keep, by the place of the map in its wiring.
fn state_names<T: Element>(trace: &Trace<T>) -> Vec<String> {
    let names = trace.passage().map_or_else(Vec::new, Passage::state_names);
    let name = |(at, name)| format!("maps.{at}.{name}");
    names.into_iter().map(name).collect()
}
