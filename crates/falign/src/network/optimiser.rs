//! Optimisers: a gradient becomes the change of a weight.

use crate::layer::Parameter;
use crate::math::Scalar;
use crate::rule::Layer;

/// Kind of optimiser, with its constants.
///
/// # Example
/// ```
/// use falign::{Network, OptimiserKind};
/// use ndarray::{Array2, array};
/// let (x, y): (Array2<f64>, Array2<f64>) = (array![[1.0, -0.5]], array![[0.3]]);
/// for optimiser in [OptimiserKind::ADAM, OptimiserKind::Momentum { momentum: 0.9 }] {
///     let mut network = Network::builder(2, 1).optimiser(optimiser).build()?;
///     let before = network.step(&x, &y);
///     assert!(network.loss(&x, &y) < before);
/// }
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptimiserKind {
    /// -eta g.
    Sgd,
    /// v <- momentum v + g; -eta v.
    Momentum {
        /// Momentum in [0, 1).
        momentum: f64,
    },
    /// v <- momentum v + g; -eta (g + momentum v): Nesterov's momentum as `PyTorch` writes it, for
    /// the weights at which the next gradient is taken (Sutskever et al. 2013).
    Nesterov {
        /// Momentum in [0, 1).
        momentum: f64,
    },
    /// s <- decay s + (1 - decay) g^2; -eta g / (sqrt(s) + epsilon).
    RmsProp {
        /// Decay in [0, 1).
        decay: f64,
        /// Number added to the root, positive.
        epsilon: f64,
    },
    /// Kingma & Ba (2015), with corrected bias.
    Adam {
        /// Decay of the mean, in [0, 1).
        beta_1: f64,
        /// Decay of the mean square, in [0, 1).
        beta_2: f64,
        /// Number added to the root, positive.
        epsilon: f64,
    },
}

impl OptimiserKind {
    /// Adam with the constants of its paper: 0.9, 0.999, 1e-8.
    pub const ADAM: Self = Self::Adam {
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
    };
}

/// The state of an optimiser for one array of weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser<T> {
    kind: OptimiserKind,
    /// Velocity or mean of gradients; empty where there is none.
    first: Vec<T>,
    /// Mean of squared gradients; empty where there is none.
    second: Vec<T>,
    /// Steps done.
    steps: u64,
}

impl<T: Scalar> Optimiser<T> {
    /// State of zeros for `length` weights, in the weights' order in memory.
    pub fn new(kind: OptimiserKind, length: usize) -> Self {
        let zeros = || vec![T::ZERO; length];
        let (first, second) = match kind {
            OptimiserKind::Sgd => (Vec::new(), Vec::new()),
            OptimiserKind::Momentum { .. } | OptimiserKind::Nesterov { .. } => {
                (zeros(), Vec::new())
            }
            OptimiserKind::RmsProp { .. } => (Vec::new(), zeros()),
            OptimiserKind::Adam { .. } => (zeros(), zeros()),
        };
        Self {
            kind,
            first,
            second,
            steps: 0,
        }
    }

    /// Velocity or mean of gradients, and mean of their squares; empty where there is none.
    pub fn state(&self) -> [&[T]; 2] {
        [&self.first, &self.second]
    }

    /// The state of [`state`](Self::state), to be restored.
    pub fn state_mut(&mut self) -> [&mut [T]; 2] {
        [&mut self.first, &mut self.second]
    }

    /// Sets the number of steps done.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// Whether the gradient is all that a step depends on: gradient descent.
    pub(super) fn is_without_state(&self) -> bool {
        self.kind == OptimiserKind::Sgd
    }

    /// Counts a step that was made elsewhere.
    pub(super) fn count_step(&mut self) {
        self.steps += 1;
    }

    /// One step: gradients become changes, and weights become `keep` weights + change, in one
    /// pass.
    ///
    /// # Panics
    /// If there are not as many gradients as weights.
    pub fn step(&mut self, step_size: f64, keep: T, weights: &mut [T], gradients: &mut [T]) {
        assert_eq!(weights.len(), gradients.len(), "as many as weights");
        self.count_step();
        let eta = T::from_f64(step_size);
        let pairs = weights.iter_mut().zip(gradients);
        let update = |w: &mut T, g: &mut T, change: T| {
            *g = change;
            *w = keep * *w + change;
        };
        match self.kind {
            OptimiserKind::Sgd => {
                for (w, g) in pairs {
                    update(w, g, -(eta * *g));
                }
            }
            OptimiserKind::Momentum { momentum } => {
                let momentum = T::from_f64(momentum);
                for ((w, g), v) in pairs.zip(&mut self.first) {
                    *v = (momentum * *v + *g).flush_to_zero();
                    update(w, g, -(eta * *v));
                }
            }
            OptimiserKind::Nesterov { momentum } => {
                let momentum = T::from_f64(momentum);
                for ((w, g), v) in pairs.zip(&mut self.first) {
                    *v = (momentum * *v + *g).flush_to_zero();
                    update(w, g, -(eta * (*g + momentum * *v)));
                }
            }
            OptimiserKind::RmsProp { decay, epsilon } => {
                let (kept, take) = (T::from_f64(decay), T::from_f64(1.0 - decay));
                let epsilon = T::from_f64(epsilon);
                for ((w, g), s) in pairs.zip(&mut self.second) {
                    *s = kept * *s + take * (*g * *g);
                    update(w, g, -(eta * *g / (s.square_root() + epsilon)));
                }
            }
            OptimiserKind::Adam {
                beta_1,
                beta_2,
                epsilon,
            } => {
                // libm's power is the same on every machine.
                let corrected = |beta: f64| 1.0 - libm::pow(beta, self.steps as f64);
                let eta = T::from_f64(step_size / corrected(beta_1));
                let unbias = T::from_f64(1.0 / corrected(beta_2));
                let (keep_1, take_1) = (T::from_f64(beta_1), T::from_f64(1.0 - beta_1));
                let (keep_2, take_2) = (T::from_f64(beta_2), T::from_f64(1.0 - beta_2));
                let epsilon = T::from_f64(epsilon);
                let states = self.first.iter_mut().zip(&mut self.second);
                for ((w, g), (m, s)) in pairs.zip(states) {
                    *m = (keep_1 * *m + take_1 * *g).flush_to_zero();
                    *s = keep_2 * *s + take_2 * (*g * *g);
                    update(w, g, -(eta * *m / ((unbias * *s).square_root() + epsilon)));
                }
            }
        }
    }
}

/// A parameter of a network with its optimiser.
#[derive(Debug, Clone)]
pub(super) struct Trained<T> {
    /// The layer it belongs to, from 0 at the input.
    pub(super) layer: usize,
    pub(super) parameter: Parameter,
    pub(super) optimiser: Optimiser<T>,
}

impl<T: Scalar> Trained<T> {
    /// Parameters of these layers, each with an optimiser.
    pub(super) fn of(layers: &[Layer<T>], kind: OptimiserKind) -> Vec<Self> {
        let all = layers.iter().enumerate();
        all.flat_map(|(layer, of)| {
            let parameters = of.parameters().into_iter();
            parameters.map(move |parameter| Self {
                layer,
                optimiser: Optimiser::new(kind, parameter.length()),
                parameter,
            })
        })
        .collect()
    }

    /// One step of its numbers, which keep this share of themselves where ridge shrinks them.
    pub(super) fn step(&mut self, step_size: f64, keep: T, values: &mut [T], gradients: &mut [T]) {
        let keep = if self.parameter.has_ridge {
            keep
        } else {
            T::ONE
        };
        self.optimiser.step(step_size, keep, values, gradients);
    }

    /// Adds changes to its numbers, which keep this share of themselves where ridge shrinks them.
    pub(super) fn add(&self, keep: T, values: &mut [T], changes: &[T]) {
        let keep = if self.parameter.has_ridge {
            keep
        } else {
            T::ONE
        };
        for (value, &change) in values.iter_mut().zip(changes) {
            *value = keep * *value + change;
        }
    }

    /// Beginning of the names of its optimiser's arrays in files.
    pub(super) fn prefix(&self) -> String {
        let (layer, name) = (self.layer, self.parameter.name);
        if name == "weight" {
            format!("optimiser.{layer}.")
        } else {
            format!("optimiser.{layer}.{name}_")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mean of gradients fades to 0 rather than to numbers that processors are slow with.
    #[test]
    fn what_is_left_of_old_gradients_fades_to_zero() {
        let momentum = OptimiserKind::Momentum { momentum: 0.5 };
        let mut states = [momentum, OptimiserKind::ADAM].map(|kind| Optimiser::<f32>::new(kind, 1));
        for state in &mut states {
            let mut weight = [3.0f32];
            for step in 0..2000 {
                let mut gradient = [if step == 0 { 1.0 } else { 0.0 }];
                state.step(0.1, 1.0, &mut weight, &mut gradient);
                assert!(state.first[0] == 0.0 || state.first[0] > 1e-31, "{step}");
            }
            assert_eq!(state.first[0].to_bits(), 0);
        }
    }

    /// Changes of two steps with gradients 2, then -1, from each method's definition.
    #[test]
    fn two_steps_by_hand() {
        let eta = 0.1f64;
        let run = |kind| {
            let mut state = Optimiser::<f64>::new(kind, 1);
            [2.0, -1.0].map(|g| {
                let (mut weight, mut change) = ([3.0], [g]);
                state.step(eta, 0.5, &mut weight, &mut change);
                assert!((weight[0] - (1.5 + change[0])).abs() < 1e-15);
                change[0]
            })
        };
        let close = |a: [f64; 2], b: [f64; 2]| {
            assert!(
                a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12),
                "{a:?} {b:?}"
            );
        };
        close(run(OptimiserKind::Sgd), [-0.2, 0.1]);
        close(run(OptimiserKind::Momentum { momentum: 0.5 }), [-0.2, 0.0]);
        // v = 2, then 0.5 x 2 - 1 = 0: -0.1 (2 + 0.5 x 2), then -0.1 (-1 + 0).
        close(run(OptimiserKind::Nesterov { momentum: 0.5 }), [-0.3, 0.1]);
        // v = 2, then 0.75 x 2 - 1 = 0.5: -0.1 (2 + 1.5), then -0.1 (-1 + 0.375).
        close(
            run(OptimiserKind::Nesterov { momentum: 0.75 }),
            [-0.35, 0.0625],
        );
        let rms = OptimiserKind::RmsProp {
            decay: 0.75,
            epsilon: 0.25,
        };
        // s = 1, then 1: 0.75 + 0.25. The epsilon is added to the root, 1.25.
        close(run(rms), [-0.16, 0.08]);
        let adam = |epsilon| OptimiserKind::Adam {
            beta_1: 0.5,
            beta_2: 0.75,
            epsilon,
        };
        // First step: the sign. Then m = 0/0.75 corrected.
        close(run(adam(0.0)), [-0.1, 0.0]);
        // m = 1 and s = 1, corrected 2 and 4: 2/(2 + 0.5). The epsilon is added to the corrected root.
        close(run(adam(0.5)), [-0.08, 0.0]);
    }
}
