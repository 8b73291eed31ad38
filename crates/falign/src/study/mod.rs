//! Questions about an experiment that are answered without training it, or before: its certificate,
//! spectra and lemmas, audits of its rules, what its runs cost, and predictions of its networks.

pub mod audit;
pub mod certificate;
pub mod divergence;
pub mod estimate;
mod layers;
pub mod lemmas;
pub mod prediction;
pub mod spectra;

pub use self::layers::{LayerRow, NetworkTable, network_table};
