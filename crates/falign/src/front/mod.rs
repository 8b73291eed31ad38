//! The front door: data and some choices in, the runs of a network out.
//!
//! [`train()`] and [`train_classes`] begin a [`Train`]; each of its methods sets a key of an
//! experiment file, and [`Train::run`] gives a [`Run`]. The numbers are those of the program and
//! of the Python package, to the last bit.

mod builder;
mod network;
mod run;
mod train;

pub use builder::NetworkBuilder;
pub use network::Network;
pub use run::{Row, Run};
pub use train::{Train, train, train_classes};
