//! Functions in the place of psi'.

use serde::{Deserialize, Serialize};

use crate::math::{Activation, Scalar};

/// Factor of a signal that comes to a hidden unit directly: psi' of the weighted sum z, or another function
/// of z in its place, which is augmented direct feedback alignment (Nakajima et al. 2022).
///
/// # Example
/// ```
/// use falign::internal::rule::Gate;
/// assert_eq!((Gate::Step.value(-2.0), Gate::Step.value(0.5), Gate::Identity.value(0.5)), (0.0, 1.0, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// psi'(z).
    #[default]
    Derivative,
    /// 1 where z > 0, else 0.
    Step,
    /// sin z.
    Sin,
    /// cos z.
    Cos,
    /// 1: the signal as it is.
    Identity,
}

impl Gate {
    /// g(z) of a function in the place of psi'.
    ///
    /// # Panics
    /// If it is psi' itself.
    pub fn value(self, z: f64) -> f64 {
        match self {
            Self::Derivative => unreachable!("psi' is the activation's"),
            Self::Step if z > 0.0 => 1.0,
            Self::Step if z <= 0.0 => 0.0,
            Self::Sin => libm::sin(z),
            Self::Cos => libm::cos(z),
            Self::Identity => 1.0,
            // What is no number stays so.
            Self::Step => z,
        }
    }

    /// Whether it stands in the place of this activation's psi'. Linear units have no function that could be replaced.
    pub(crate) fn replaces(self, activation: Activation) -> bool {
        self != Self::Derivative && activation != Activation::Linear
    }

    /// Writes g(z) of each.
    pub(crate) fn write<T: Scalar>(self, z: &[T], to: &mut [T]) {
        for (to, z) in to.iter_mut().zip(z) {
            *to = T::from_f64(self.value(z.to_f64()));
        }
    }
}
