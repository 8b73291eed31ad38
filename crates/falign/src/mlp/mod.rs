//! Networks of any depth, trained batch by batch by any learning rule.
//!
//! [`Network`] runs one batch forward, lets a [`LearningRule`](crate::rule::LearningRule)
//! teach the hidden layers, and changes the weights through an [`Optimiser`]; [`Measurement`]
//! tells what it and its rule are like on a set of samples. Full-batch
//! theory and the paper's two-layer engines are in [`two_layer`](crate::two_layer).

mod architecture;
mod checkpoint;
mod connections;
mod curvature;
mod examples;
mod gradients;
mod initialisation;
mod input;
mod measure;
mod memory;
mod network;
mod optimiser;
mod step_size;
mod tensor_file;
mod training;

pub use architecture::Architecture;
pub use checkpoint::{Misfit, Part, is_feedback};
pub use connections::{Connections, draw_connections};
pub use curvature::{CurvatureOptions, largest_curvature};
pub use examples::{Batch, Examples, InputProducts};
pub use initialisation::{FeedbackShape, Initialisation, Law, draw_feedback, draw_layers};
pub use input::{Delta, DenseInput, Descent, Input};
pub use measure::{Alignment, LayerMeasured, Measured, Measurement, Wanted, accuracy, alignment};
pub use memory::NetworkExtent;
pub use network::{Network, StepOptions};
pub use optimiser::{Optimiser, OptimiserKind};
pub use step_size::StepSizes;
pub use tensor_file::TensorFile;
pub use training::{Running, Training, TrainingOptions, steps_per_epoch};
