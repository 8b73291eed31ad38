//! Facts about an activation besides its values.

/// Properties of an activation that theory, audits and engines ask for.
///
/// # Example
/// ```
/// use falign_kernels::Activation;
/// let facts = Activation::LeakyRelu.facts();
/// assert!(facts.is_piecewise_linear && !facts.is_bounded);
/// assert_eq!(facts.kinks, [0.0]);
/// assert_eq!(facts.largest_slope, 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "no fact follows from the others"
)]
pub struct Facts {
    /// Places where psi' jumps; none for a smooth activation.
    pub kinks: &'static [f64],
    /// Whether psi is straight between its kinks.
    pub is_piecewise_linear: bool,
    /// Whether psi(c z) = c psi(z) for every c > 0.
    pub is_homogeneous: bool,
    /// Whether psi has a bound.
    pub is_bounded: bool,
    /// Whether psi(-z) = -psi(z).
    pub is_odd: bool,
    /// The supremum of |psi'|.
    pub largest_slope: f64,
    /// How expectations over Gaussian preactivations are computed.
    pub kernel: KernelForm,
}

impl Facts {
    /// Whether psi has no kink.
    pub fn is_smooth(&self) -> bool {
        self.kinks.is_empty()
    }
}

/// How E psi(z) psi(z') is computed for Gaussian z and z', and the same of psi'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KernelForm {
    /// A closed form: psi(z) is z above 0 and this multiple of z below.
    Rectified(f64),
    /// A sum of closed forms: psi mixes one function over many scales.
    Mixture {
        /// The function that is mixed.
        of: Mixed,
        /// kappa and its weight; weights sum to 1.
        scales: &'static [(f64, f64)],
        /// Multiplies every kappa.
        factor: f64,
    },
    /// A quadrature of psi itself.
    Quadrature,
}

/// A function that [`KernelForm::Mixture`] mixes over scales a.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mixed {
    /// erf(z / (sqrt 2 a)).
    ErrorFunction,
    /// Phi(z / a), the normal law.
    NormalLaw,
    /// E (z + a xi)_+, xi ~ N(0, 1).
    Ramp,
    /// z Phi(z / a).
    Gated,
}
