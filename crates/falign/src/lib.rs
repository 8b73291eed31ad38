//! `falign` trains and analyses neural networks whose error signals travel backward
//! through *random* weights instead of the transposed forward weights: feedback alignment.
//!
//! The network is that of Song, Xu & Lafferty, "Convergence and Alignment of Gradient Descent
//! with Random Backpropagation Weights" (`NeurIPS` 2021): f(x) = beta' psi(W x)/sqrt(p).
//!
//! # A first run
//!
//! [`train`](fn@train) takes your arrays, trains many networks at once, and gives back what was measured, run by run. The same
//! seed gives the same bits for any number of threads.
//!
//! ```
//! use falign::{math::Activation, measure::Quantity, rule::Rule};
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
//! for row in run.rows() {
//!     println!("{} {:.3}", row.step(), row.mean(Quantity::Alignment));
//! }
//! # Ok::<(), falign::Error>(())
//! ```
//!
//! [`Quantity`](measure::Quantity) names everything that can be measured; [`Train::set`] sets any key that
//! has no method. Samples with classes go to [`train_classes`].
//!
//! # A loop of your own
//!
//! [`Network::builder`] makes a network of any depth, which you train batch by batch and look into whenever you like. The
//! paper's two-layer network is in [`two_layer`]: a [`Problem`](two_layer::Problem) stepped by
//! [`SampleSpace`](two_layer::SampleSpace) or, for linear units of any number, [`Linear`](two_layer::Linear).
//!
//! # A rule of your own
//!
//! A type with [`LearningRule::teach`](rule::LearningRule::teach) is a learning rule; [`NetworkBuilder::own_rule`] trains
//! with it, and [`audit`](mod@audit) finds out whether it is what it claims to be. A kind of layer of your own is an
//! [`Operator`](layer::Operator), which every rule can train ([`NetworkBuilder::operators`]).
//!
//! # Data of your own
//!
//! [`data`] reads NPY, NPZ, CSV, IDX and CIFAR-10 files, with errors that name the line, and generates inputs and
//! teachers. Arrays in memory need nothing of it.
//!
//! # Theory beside it
//!
//! [`theory`] has pure functions of arrays: kernels of a network and of the infinite width, their spectra, and how well they
//! fit the targets. Predictions of alignment and loss along a run are quantities of experiments.
//!
//! # Whole experiments
//!
//! [`experiment`] carries out the TOML files of the program `falign`: sweeps, units of the theory, and
//! claims with their verdicts. `falign new`, `falign keys` and `docs/guide.md` lead on from there.
//!
//! # Random numbers
//!
//! Every draw comes from a named stream of a seed and a run: [`math::Streams`]. What is drawn depends on nothing that
//! was drawn before.
//!
//! Whatever else there is, for the program, the Python package and tests, is in [`internal`], without a promise of
//! stability.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests may use the system's functions"
    )
)]

mod archive;
pub mod audit;
mod claim;
mod config;
pub mod data;
mod doctor;
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

/// Block of Rust of the first page, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
