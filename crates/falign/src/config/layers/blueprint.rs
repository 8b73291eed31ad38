//! A list of layers with all shapes: what a network is built of.

use std::sync::Arc;

use toml::Value;

use super::kind::Piece;
use super::list::Layers;
use super::{LayerKind, Shape};
use crate::config::value::short;
use crate::layer::maps::Residual;
use crate::layer::{Parameter, Value as Read, Wiring};
use crate::math::Activation;
use crate::math::simd::Element;
use crate::network::{Door, LayerPlan};
use crate::{Error, Result};

/// A network of layers, from the shape of a sample to its outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Shape of a sample.
    pub input: Shape,
    layers: Layers,
    psi: Activation,
}

/// A layer or a map of a network, as a table shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Place in the list, such as `4` or `2.residual.0`.
    pub path: String,
    /// Text of what the file says of it.
    pub written: String,
    /// Shape above it.
    pub shape: Shape,
    /// Weights and their layer's biases; none of a map.
    pub layer: Option<NodeLayer>,
}

/// Layer of a network, as a table shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeLayer {
    /// Weights.
    pub weights: Parameter,
    /// Biases that it would have.
    pub channels: usize,
    /// Numbers of a sample below and above.
    pub numbers: [usize; 2],
    /// Multiply-adds of a forward pass of a sample, those with zeros around images among them.
    pub multiply_adds: usize,
    /// Whether it is the gains of a norm, which always have biases, and no feedback weights.
    pub is_gain: bool,
    /// psi.
    pub activation: Activation,
}

impl Blueprint {
    /// Layers on samples of this shape; what they cannot be is an error.
    ///
    /// # Errors
    /// [`Error::Config`] naming the layer that does not fit what is below it.
    pub(crate) fn new(input: Shape, layers: Layers, psi: Activation) -> Result<Self> {
        let mut shape = input;
        for (at, layer) in layers.0.iter().enumerate() {
            shape = layer.above(shape).map_err(|why| refusal(at, layer, why))?;
        }
        Ok(Self { input, layers, psi })
    }

    /// Units of a list of dense layers alone, the last one's left out, which is trained as `hidden_widths`
    /// are; none where there are other layers, or activations of their own.
    pub(crate) fn widths(layers: &Layers) -> Option<Vec<usize>> {
        let mut widths = Vec::new();
        for layer in &layers.0 {
            match layer {
                LayerKind::Dense(dense) if dense.activation.is_none() => widths.push(dense.dense),
                LayerKind::Flatten(_) => {}
                _ => return None,
            }
        }
        widths.pop()?;
        Some(widths)
    }

    /// Units of the last layer.
    pub fn outputs(&self) -> usize {
        match self.layers.0.last() {
            Some(LayerKind::Dense(last)) => last.dense,
            _ => unreachable!("a checked list ends in a dense layer"),
        }
    }

    /// Layers to be drawn, from the input up, and how they and the maps are wired.
    pub(crate) fn build<T: Element>(&self) -> (Vec<LayerPlan<T>>, Wiring<T>) {
        let mut wiring = Wiring::new(self.input.numbers());
        let mut plans = Vec::new();
        let input = wiring.input();
        self.wire(&self.layers.0, (input, self.input), &mut wiring, &mut plans);
        if let Some(last) = plans.last_mut() {
            last.activation = Activation::Linear;
        }
        (plans, wiring)
    }

    fn wire<T: Element>(
        &self,
        layers: &[LayerKind],
        (mut value, mut shape): (Read, Shape),
        wiring: &mut Wiring<T>,
        plans: &mut Vec<LayerPlan<T>>,
    ) -> Read {
        // The layer whose numbers the value still is.
        let mut latest: Option<(Read, usize)> = None;
        for (at, layer) in layers.iter().enumerate() {
            if matches!(layer, LayerKind::Flatten(_)) && is_read_densely(&layers[at + 1..]) {
                // The dense layer flattens what it reads, and keeps its columns in the order of the image.
                continue;
            }
            let below = (value, shape);
            shape = layer.above(shape).expect("a checked list");
            for piece in layer.pieces::<T>(below.1, self.psi) {
                value = match piece {
                    Piece::Map(map) => wiring.map(map, &[value]),
                    Piece::Layer {
                        operator,
                        numbers,
                        activation,
                    } => {
                        let is_gain = operator.as_ref().is_some_and(|o| o.is_gain());
                        plans.push(LayerPlan {
                            operator,
                            numbers,
                            activation,
                            door: Some(Door {
                                below: below.1.image,
                                above: shape.image,
                                is_sequence: self.input.is_sequence,
                            }),
                        });
                        let activity = wiring.layer(value);
                        if !is_gain {
                            latest = Some((activity, numbers[1]));
                        } else if let Some((of, units)) = latest
                            && units == numbers[1]
                        {
                            // Direct signals come to the activity behind a norm, so that gains learn too.
                            wiring.land(of, activity);
                        }
                        activity
                    }
                };
            }
            if let LayerKind::Residual(block) = layer {
                let inside = self.wire(&block.residual.0, below, wiring, plans);
                let numbers = shape.numbers();
                value = wiring.map(Arc::new(Residual { numbers }), &[below.0, inside]);
                latest = None;
            }
        }
        value
    }

    /// Layers and maps in the order in which a sample meets them.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.list(&self.layers.0, self.input, "", &mut nodes);
        if let Some(layer) = nodes.last_mut().and_then(|node| node.layer.as_mut()) {
            layer.activation = Activation::Linear;
        }
        nodes
    }

    /// Layers with weights, from the input up.
    pub(crate) fn layers_of_weights(&self) -> Vec<NodeLayer> {
        self.nodes()
            .into_iter()
            .filter_map(|node| node.layer)
            .collect()
    }

    fn list(&self, layers: &[LayerKind], mut shape: Shape, prefix: &str, nodes: &mut Vec<Node>) {
        for (at, layer) in layers.iter().enumerate() {
            let below = shape;
            shape = layer.above(below).expect("a checked list");
            let path = format!("{prefix}{at}");
            let node = |written: String, layer| Node {
                path: path.clone(),
                written,
                shape,
                layer,
            };
            if let LayerKind::Residual(block) = layer {
                self.list(
                    &block.residual.0,
                    below,
                    &format!("{path}.residual."),
                    nodes,
                );
                nodes.push(node("sum of the block".to_owned(), None));
                continue;
            }
            let mut pieces = layer.pieces::<f64>(below, self.psi).into_iter();
            let facts = pieces.find_map(facts);
            let is_output = prefix.is_empty() && at + 1 == layers.len();
            let psi = if is_output {
                Activation::Linear
            } else {
                self.psi
            };
            nodes.push(node(summary(layer, facts.as_ref().map(|_| psi)), facts));
        }
    }
}

/// Whether the first of these layers that is not blind to the order of its numbers is a dense one.
fn is_read_densely(layers: &[LayerKind]) -> bool {
    let is_blind =
        |layer: &&LayerKind| matches!(layer, LayerKind::Flatten(_) | LayerKind::Dropout(_));
    let reader = layers.iter().find(|layer| !is_blind(layer));
    matches!(reader, Some(LayerKind::Dense(_)))
}

fn facts(piece: Piece<f64>) -> Option<NodeLayer> {
    let Piece::Layer {
        operator,
        numbers,
        activation,
    } = piece
    else {
        return None;
    };
    let [inputs, units] = numbers;
    let dense = || (Parameter::matrix(units, inputs), units, false);
    let (weights, channels, is_gain) =
        operator.map_or_else(dense, |o| (o.weights(), o.extent().channels, o.is_gain()));
    let places = units / channels.max(1);
    Some(NodeLayer {
        multiply_adds: weights.length() * places,
        weights,
        channels,
        numbers,
        is_gain,
        activation,
    })
}

/// `conv 6, kernel 5, relu`: what a file says of a layer, and psi behind one with weights.
fn summary(layer: &LayerKind, psi: Option<Activation>) -> String {
    let mut table = layer.write();
    if let Some(psi) = psi.filter(|_| !matches!(layer, LayerKind::Norm(_))) {
        let entry = table.entry("activation");
        entry.or_insert_with(|| Value::String(psi.name().to_owned()));
    }
    let value = |value: &Value| match value {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    let entries = table.iter().map(|(name, of)| match of {
        Value::Boolean(true) => name.clone(),
        Value::String(psi) if name == "activation" => psi.clone(),
        of => format!("{name} {}", value(of)),
    });
    entries.collect::<Vec<_>>().join(", ")
}

/// An error about layer `at` of the list.
pub(crate) fn refusal(at: usize, layer: &LayerKind, why: impl Into<String>) -> Error {
    let key = format!("network.layers.{at}");
    Error::config(key, short(&Value::Table(layer.write())), why)
}
