//! Networks of any depth, trained batch by batch by any learning rule.
//!
//! [`Network`] runs one batch forward, lets a [`LearningRule`](crate::rule::LearningRule)
//! teach the hidden layers, and changes the weights through an [`Optimiser`]. What it and its rule
//! are like on a set of samples, [`measure`](crate::measure) tells. Full-batch theory and the paper's
//! two-layer engines are in [`two_layer`](crate::two_layer).

mod accuracy;
mod architecture;
pub(crate) mod checkpoint;
mod connections;
mod curvature;
pub(crate) mod door;
mod examples;
mod gradients;
pub(crate) mod initialisation;
mod input;
pub(crate) mod memory;
mod optimiser;
mod step;
mod step_size;
pub(crate) mod tensor_file;
mod training;

pub(crate) use self::accuracy::Hits;
pub use self::accuracy::accuracy;
pub use self::architecture::Architecture;
pub(crate) use self::checkpoint::{Misfit, Part, is_feedback};
pub(crate) use self::connections::draw_connections_of;
pub use self::connections::{Connections, draw_connections};
pub(crate) use self::curvature::largest_curvature_with_listener;
pub use self::curvature::{CurvatureOptions, largest_curvature};
pub(crate) use self::door::Door;
pub(crate) use self::examples::Frame;
pub use self::examples::{Batch, Examples, InputProducts};
pub(crate) use self::gradients::Gradients;
pub(crate) use self::initialisation::FeedbackShape;
pub use self::initialisation::{Initialisation, Law, draw_feedback, draw_layers, draw_operators};
pub(crate) use self::initialisation::{
    LayerPlan, LayerSize, draw_feedback_of, draw_layers_of, draw_plans, feedback_draws,
};
pub use self::input::{DenseInput, Input, TokenInput};
pub(crate) use self::memory::NetworkExtent;
pub use self::optimiser::{Optimiser, OptimiserKind};
pub use self::step::{Network, StepOptions};
pub use self::step_size::StepSizes;
pub(crate) use self::tensor_file::TensorFile;
pub use self::training::{Running, Training, TrainingOptions, steps_per_epoch};
