//! `falign` trains and analyses neural networks whose error signals travel backward
//! through *random* weights instead of the transposed forward weights: feedback alignment.
//!
//! The network is that of Song, Xu & Lafferty, "Convergence and Alignment of Gradient Descent
//! with Random Backpropagation Weights" (`NeurIPS` 2021): f(x) = beta' psi(W x)/sqrt(p).
//!
//! | to | see |
//! |---|---|
//! | train networks on arrays, many runs at once | [`train`], [`train_classes`] |
//! | train one network step by step | [`two_layer`]: [`two_layer::SampleSpace`], [`two_layer::Linear`] |
//! | train a network of any depth by any rule | [`network::Network`], [`rule::Composition`], [`rule::LearningRule`] |
//! | train it on MNIST or your own classes, epoch by epoch | [`network::Training`], [`data::load_train_test`], [`data::load_labelled`] |
//! | prove that a rule is the rule it claims to be | [`audit`] |
//! | compute kernels of a network or of the infinite width, and the limits of training | [`theory`] |
//! | name what is measured | [`measure::Quantity`] |
//! | run a whole experiment file, and read its results | [`experiment`] |
//! | draw random numbers that never change | [`math::Streams`] |
//!
//! ```
//! use falign::{math::Activation, rule::Rule};
//! # let x = ndarray::Array::from_shape_fn((30, 60), |(i, j)| ((7 * i + 3 * j) as f64).sin());
//! # let y = x.column(0);
//! let run = falign::train(&x, &y) // x: (samples, inputs), y: (samples,) or (samples, outputs)
//!     .rule(Rule::FeedbackAlignment)
//!     .activation(Activation::Tanh)
//!     .width(100)
//!     .ridge(0.1)
//!     .step_size(1e-2)
//!     .steps(50)
//!     .runs(5)
//!     .run()?;
//! assert_eq!(run.alignment().nrows(), 5); // (runs, recorded steps)
//! # Ok::<(), falign::Error>(())
//! ```

pub mod audit;
mod claim;
mod config;
pub mod data;
mod error;
pub mod experiment;
mod fault;
mod file;
mod front;
pub mod internal;
pub mod layer;
pub mod math;
pub mod measure;
mod memory;
mod network;
mod plan;
pub mod rule;
mod simulate;
mod stage;
mod study;
pub mod theory;
pub mod two_layer;

pub use error::{Error, Place, Result};
pub use front::{Network, NetworkBuilder, Row, Run, Train, train, train_classes};
pub use network::{DenseInput, Initialisation, OptimiserKind};

/// Blocks of the page for those who add to the library, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/extending.md")]
struct Extending;
