//! The state of a network as named arrays: for export, for a new start, and for checkpoints.
//!
//! | name | shape | content |
//! |---|---|---|
//! | `layers.L.weight` | (units, inputs) | W of layer L, from 0 at the input |
//! | `layers.L.bias` | (units) | its biases, where it has any |
//! | `feedback.L` | (units above, units) or (outputs, units) | B of hidden layer L, where the rule has any |
//! | `optimiser.L.first`, `optimiser.L.second`, `optimiser.L.bias_first`, ... | as the weights | state of the optimiser, in checkpoints only |

use super::network::Network;
use super::optimiser::Optimiser;
use super::tensor_file::TensorFile;
use crate::Result;
use crate::math::simd::Element;

/// Numbers to be restored, in the order of a file: rows one after the other, whatever the order
/// in memory.
type Values<'a, T> = Box<dyn Iterator<Item = &'a mut T> + 'a>;

/// What of a network's state a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Weights and biases, and feedback weights where there are any.
    Weights,
    /// All that the next step depends on.
    Everything,
}

impl<T: Element> Network<T> {
    /// Writes the state into `file`.
    pub fn save(&self, part: Part, file: &mut TensorFile) {
        for (at, layer) in self.layers().iter().enumerate() {
            let (units, inputs) = layer.weights.dim();
            file.put(
                format!("layers.{at}.weight"),
                &[units, inputs],
                &layer.weights,
            );
            if let Some(bias) = &layer.bias {
                file.put(format!("layers.{at}.bias"), &[units], bias);
            }
        }
        for (at, b) in self.rule().feedback().into_iter().flatten().enumerate() {
            file.put(format!("feedback.{at}"), &[b.nrows(), b.ncols()], b);
        }
        if part == Part::Everything {
            for (name, state) in self.optimiser_states() {
                for (which, values) in ["first", "second"].into_iter().zip(state.state()) {
                    if !values.is_empty() {
                        file.put(format!("{name}{which}"), &[values.len()], values);
                    }
                }
            }
        }
    }

    /// Puts a saved state back. With [`Part::Weights`], feedback weights that the file does not
    /// have stay as they are; with [`Part::Everything`], `steps` is the number of steps done.
    ///
    /// # Errors
    /// What does not fit, as a sentence: an array that is missing, or of another shape.
    pub fn restore(&mut self, part: Part, steps: u64, file: &TensorFile) -> Result<(), String> {
        let mut wanted: Vec<(String, Vec<usize>, Values<'_, T>)> = Vec::new();
        let is_weights = part == Part::Weights;
        let (layers, rule, optimisers) = self.parts_mut();
        for (at, layer) in layers.iter_mut().enumerate() {
            let shape = vec![layer.units(), layer.inputs()];
            let values = layer.weights.iter_mut();
            wanted.push((format!("layers.{at}.weight"), shape, Box::new(values)));
            if let Some(bias) = &mut layer.bias {
                let shape = vec![bias.len()];
                wanted.push((
                    format!("layers.{at}.bias"),
                    shape,
                    Box::new(bias.iter_mut()),
                ));
            }
        }
        for (at, b) in rule.feedback_mut().into_iter().flatten().enumerate() {
            let name = format!("feedback.{at}");
            if is_weights && file.get(&name).is_none() {
                continue;
            }
            let shape = vec![b.nrows(), b.ncols()];
            wanted.push((name, shape, Box::new(b.iter_mut())));
        }
        if !is_weights {
            for (name, state) in optimisers {
                state.set_steps(steps);
                for (which, values) in ["first", "second"].into_iter().zip(state.state_mut()) {
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
            let (stored, values) = file.get(name).ok_or_else(|| {
                let names: Vec<&str> = file.names().collect();
                format!("has no array `{name}`; it has {}", names.join(", "))
            })?;
            if stored != shape {
                return Err(format!("`{name}` has shape {stored:?}, expected {shape:?}"));
            }
            found.push(values);
        }
        for ((_, _, out), values) in wanted.into_iter().zip(&found) {
            for (out, x) in out.zip(values) {
                *out = T::from_f64(*x);
            }
        }
        if !is_weights {
            self.set_steps(steps);
        }
        Ok(())
    }

    fn optimiser_states(&self) -> impl Iterator<Item = (String, &Optimiser<T>)> {
        let (weights, biases) = self.optimisers();
        let named =
            |prefix: &'static str| move |(at, state)| (format!("optimiser.{at}.{prefix}"), state);
        let weights = weights.iter().enumerate().map(named(""));
        weights.chain(biases.iter().enumerate().map(named("bias_")))
    }
}
