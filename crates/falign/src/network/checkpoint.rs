//! The state of a network as named arrays: for export, for a new start, and for checkpoints.
//!
//! | name | shape | content |
//! |---|---|---|
//! | `layers.L.weight` | (units, inputs), or as in PyTorch | W of layer L, from 0 at the input |
//! | `layers.L.bias` | (units), or (channels) | its biases, where it has any |
//! | `feedback.L` | as the weights of layer L + 1, or (outputs, units) | B of hidden layer L, where the rule has any |
//! | `maps.N.NAME` | (numbers) | what map N of a wiring keeps from step to step |
//! | `rule.state` | (numbers) | other numbers that the rule's later steps depend on, where there are any; in checkpoints only |
//! | `optimiser.L.first`, `optimiser.L.second`, `optimiser.L.bias_first`, ... | as the weights | state of the optimiser, in checkpoints only |

use std::fmt;

use ndarray::Array2;

use super::door::{Door, Outside};
use super::step::{Network, Parts};
use super::tensor_file::TensorFile;
use crate::layer::Parameter;
use crate::math::simd::Element;
use crate::rule::{Layer, SignalPath, ValuesMut};

/// Part of a network's state that a file has, or that is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Weights and biases.
    Layers,
    /// Weights and biases, and feedback weights where there are any.
    Weights,
    /// State that the next step depends on, whole.
    Everything,
}

/// Reason why a file is not the state of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The network needs an array that is not there.
    Missing {
        /// Name of the array.
        name: String,
        /// Names of the arrays that are there.
        names: Vec<String>,
    },
    /// An array has another shape than the network's.
    Shape {
        /// Name of the array.
        name: String,
        /// Shape of the array in the file.
        found: Vec<usize>,
        /// The network's.
        expected: Vec<usize>,
    },
    /// The network has nothing of these names.
    Unread {
        /// The names.
        names: Vec<String>,
    },
}

impl Misfit {
    /// The names of the arrays at fault.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Missing { name, .. } | Self::Shape { name, .. } => std::slice::from_ref(name),
            Self::Unread { names } => names,
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, names } => {
                write!(f, "has no array `{name}`; it has {}", names.join(", "))
            }
            Self::Shape {
                name,
                found,
                expected,
            } => write!(f, "`{name}` has shape {found:?}, expected {expected:?}"),
            Self::Unread { names } => {
                write!(f, "has arrays that nothing reads: `{}`", names.join("`, `"))
            }
        }
    }
}

/// Name of what a rule keeps besides feedback weights.
const RULE_STATE: &str = "rule.state";

/// Beginning of the names of feedback weights, before the number of their layer.
const FEEDBACK: &str = "feedback.";

/// The name of what a layer trains.
fn in_layer(at: usize, parameter: &Parameter) -> String {
    format!("layers.{at}.{}", parameter.name)
}

/// An array of a layer as it is written.
fn outside(doors: &[Option<Door>], at: usize, inside: &[usize]) -> Outside {
    match doors.get(at) {
        Some(Some(door)) => door.outside(inside),
        _ => Outside::same(inside.to_vec()),
    }
}

/// Feedback weights as they are written: as the layer's weights for which they stand, those to each number of an
/// activity by its image, and those of kernels as weights of the layer above with a channel for each output.
fn feedback_outside<T: Element>(
    (layers, doors): (&[Layer<T>], &[Option<Door>]),
    path: SignalPath,
    at: usize,
    b: &Array2<T>,
) -> Outside {
    match (layers.get(at + 1), doors.get(at)) {
        (Some(above), _) if path == SignalPath::Layerwise && above.weights.dim() == b.dim() => {
            outside(doors, at + 1, &above.weight().shape)
        }
        (_, Some(Some(door))) if path == SignalPath::Direct && layers[at].units() == b.ncols() => {
            door.direct(b.nrows())
        }
        (Some(above), _) if path == SignalPath::Direct && !above.is_gain() => {
            let outputs = layers[layers.len() - 1].units();
            let kernel = above.with_channels(outputs, T::ONE).weight();
            outside(doors, at + 1, &kernel.shape)
        }
        _ => Outside::same(vec![b.nrows(), b.ncols()]),
    }
}

impl<T: Element> Network<T> {
    /// Activities of the hidden layers in the last forward pass, (samples, units), numbers of images in the order of
    /// a file.
    pub(crate) fn activities_of_file(&self) -> Vec<Array2<f64>> {
        let hidden = self.trace().activities.iter().enumerate();
        let of_layer = |(at, h): (usize, &Array2<T>)| {
            let outside = match self.doors().get(at) {
                Some(Some(door)) => door.activities(h.nrows()),
                _ => Outside::same(vec![h.nrows(), h.ncols()]),
            };
            let numbers = outside.of(h.iter().map(|h| h.to_f64()));
            Array2::from_shape_vec(h.dim(), numbers).expect("as many numbers")
        };
        hidden.map(of_layer).collect()
    }
}

/// Whether an array of this name is feedback weights.
pub fn is_feedback(name: &str) -> bool {
    name.starts_with(FEEDBACK)
}

impl<T: Element> Network<T> {
    /// Writes the state into `file`.
    pub fn save(&self, part: Part, file: &mut TensorFile) {
        for (at, layer) in self.layers().iter().enumerate() {
            for (parameter, values) in layer.parameters().iter().zip(layer.rows()) {
                let outside = outside(self.doors(), at, &parameter.shape);
                file.put(in_layer(at, parameter), &outside.shape, outside.of(values));
            }
        }
        for (name, values) in self.states() {
            file.put(name, &[values.len()], values);
        }
        let feedback = (part != Part::Layers)
            .then(|| self.rule().feedback())
            .flatten();
        let is_there = |(_, b): &(usize, &Array2<T>)| !b.is_empty();
        for (at, b) in feedback.into_iter().flatten().enumerate().filter(is_there) {
            let layers = (self.layers(), self.doors());
            let outside = feedback_outside(layers, self.rule().path(), at, b);
            file.put(
                format!("{FEEDBACK}{at}"),
                &outside.shape,
                outside.of(b.iter()),
            );
        }
        if part == Part::Everything {
            let state = self.rule().state();
            if !state.is_empty() {
                file.put(RULE_STATE.to_owned(), &[state.len()], state);
            }
            for trained in self.trained() {
                let states = trained.optimiser.state();
                for (which, values) in ["first", "second"].into_iter().zip(states) {
                    if !values.is_empty() {
                        file.put(
                            format!("{}{which}", trained.prefix()),
                            &[values.len()],
                            values,
                        );
                    }
                }
            }
        }
    }

    /// Puts a saved state back. With [`Part::Layers`] feedback weights stay as they are, whatever
    /// the file has; with [`Part::Everything`] `steps` is the number of steps done, and the file
    /// may have more than a network's state.
    ///
    /// # Errors
    /// What does not fit: an array that is missing, or of another shape, or that nothing reads.
    /// Nothing is changed then.
    pub fn restore(&mut self, part: Part, steps: u64, file: &TensorFile) -> Result<(), Misfit> {
        let state = self.stored_rule_state(part, file)?;
        let mut wanted: Vec<(String, Vec<usize>, ValuesMut<'_, T>)> = Vec::new();
        let doors = self.doors().to_vec();
        let is_weights = part != Part::Everything;
        let Parts {
            layers,
            rule,
            trained,
            states,
        } = self.parts_mut();
        let (path, all) = (
            rule.path(),
            rule.feedback().into_iter().flatten().enumerate(),
        );
        let shapes: Vec<_> = all
            .map(|(at, b)| feedback_outside((layers, &doors), path, at, b))
            .collect();
        for (at, layer) in layers.iter_mut().enumerate() {
            for (parameter, values) in layer.parameters().into_iter().zip(layer.rows_mut()) {
                let outside = outside(&doors, at, &parameter.shape);
                let values = Box::new(outside.of(values).into_iter());
                wanted.push((in_layer(at, &parameter), outside.shape, values));
            }
        }
        let feedback = (part != Part::Layers)
            .then(|| rule.feedback_mut())
            .flatten();
        let feedback = feedback.into_iter().flatten().zip(shapes);
        let is_there = |(_, (b, _)): &(usize, (&mut Array2<T>, _))| !b.is_empty();
        for (at, (b, outside)) in feedback.enumerate().filter(is_there) {
            let values = Box::new(outside.of(b.iter_mut()).into_iter());
            wanted.push((format!("{FEEDBACK}{at}"), outside.shape, values));
        }
        for (name, values) in states {
            wanted.push((name, vec![values.len()], Box::new(values.iter_mut())));
        }
        if !is_weights {
            for trained in trained {
                let name = trained.prefix();
                let states = trained.optimiser.state_mut();
                for (which, values) in ["first", "second"].into_iter().zip(states) {
                    if !values.is_empty() {
                        let shape = vec![values.len()];
                        wanted.push((format!("{name}{which}"), shape, Box::new(values.iter_mut())));
                    }
                }
            }
        }
        // All is looked at before anything is changed.
        let mut found = Vec::with_capacity(wanted.len());
        for (name, shape, _) in &wanted {
            found.push(stored(file, name, shape)?);
        }
        let is_read = |name: &&str| {
            !is_weights
                || (part == Part::Layers && is_feedback(name))
                || wanted.iter().any(|(wanted, ..)| wanted == name)
        };
        let unread = file.names().filter(|name| !is_read(name));
        let names: Vec<String> = unread.map(str::to_owned).collect();
        if !names.is_empty() {
            return Err(Misfit::Unread { names });
        }
        for ((_, _, out), values) in wanted.into_iter().zip(&found) {
            for (out, x) in out.zip(values) {
                *out = T::from_f64(*x);
            }
        }
        if !is_weights {
            for trained in self.parts_mut().trained {
                trained.optimiser.set_steps(steps);
            }
            self.set_steps(steps);
        }
        if let Some(state) = state {
            self.rule_mut().state_mut().copy_from_slice(&state);
        }
        Ok(())
    }

    /// The rule's own state in a checkpoint, where the rule has any.
    fn stored_rule_state(&self, part: Part, file: &TensorFile) -> Result<Option<Vec<f64>>, Misfit> {
        let length = self.rule().state().len();
        // A state in the file that the rule has no place for is missed by what comes after.
        let is_stored = file.get(RULE_STATE).is_some();
        if part != Part::Everything || (length == 0 && !is_stored) {
            return Ok(None);
        }
        stored(file, RULE_STATE, &[length]).map(Some)
    }
}

/// The values of an array of this shape.
fn stored(file: &TensorFile, name: &str, shape: &[usize]) -> Result<Vec<f64>, Misfit> {
    let (found, values) = file.get(name).ok_or_else(|| Misfit::Missing {
        name: name.to_owned(),
        names: file.names().map(str::to_owned).collect(),
    })?;
    if found != shape {
        return Err(Misfit::Shape {
            name: name.to_owned(),
            found: found.to_vec(),
            expected: shape.to_vec(),
        });
    }
    Ok(values)
}
