//! The form of a declaration.

use super::Facts;

/// An activation: its value, its slope, and what is known of it.
pub trait Definition {
    /// The name in experiment files.
    const NAME: &'static str;
    /// Facts about the activation.
    const FACTS: Facts;
    /// psi(z). NaN passes through.
    fn psi(z: f64) -> f64;
    /// psi'(z); at a kink the slope below it.
    fn slope(z: f64) -> f64;
}
