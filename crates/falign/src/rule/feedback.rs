//! Feedback weights of the two-layer engines: what they are, and whether they learn.

/// The feedback weights b of a rule: what they are and how they change in one step.
///
/// With `h = psi(w_r' x_i)` the hidden activity, `e_i` the residual and `f_i` the output at
/// sample i, `kappa` the feedback decay and `eta_b` the feedback step size:
///
/// | feedback | b(t+1) | signals needed at the synapse |
/// |---|---|---|
/// | `Transpose` | b(t) (unused; beta(t) carries the error) | the forward weight |
/// | `Random` | b(t) | none |
/// | `KolenPollack` | (1 - kappa) b - (`eta_b/sqrt` p) `sum_i` `e_i` h | residual, hidden activity |
/// | `Hebbian` | (1 - kappa) b + (`eta_b/sqrt` p) `sum_i` `f_i` h | output and hidden activity |
/// | `Oja` | (1 - kappa) b + (`eta_b/sqrt` p) `sum_i` `f_i` (h - `f_i` b/sqrt p) | output and hidden activity, b |
///
/// Source: Kolen & Pollack (1994) for the second, Oja (1982) for the last; Song, Xu &
/// Lafferty (2021), Section 6, propose local rules for b as future work.
///
/// # Example
/// ```
/// use falign::rule::Feedback;
/// use falign::two_layer::Problem;
/// use ndarray::array;
/// let problem = Problem {
///     feedback: Feedback::KolenPollack,
///     ..Problem::new(array![[1.0, 0.5]], array![[1.0]], 100, 0.01)
/// };
/// assert_ne!(problem.feedback, Feedback::Random);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// The transposed forward weights: backpropagation.
    Transpose,
    /// Fixed random weights.
    Random,
    /// Learned with the forward weights' own update.
    KolenPollack,
    /// Learned by a Hebbian product.
    Hebbian,
    /// Learned by a Hebbian product with Oja's decay.
    Oja,
}

impl Feedback {
    /// Whether the feedback weights change during training.
    pub(crate) fn is_learned(self) -> bool {
        matches!(self, Self::KolenPollack | Self::Hebbian | Self::Oja)
    }
}
