//! Numbers of a two-layer network's step besides those of its hidden units.

/// Source that feedback weights learn from in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// No source: they stay.
    Fixed,
    /// The residuals, as output weights do.
    Residual,
    /// The outputs.
    Activity,
}

/// The numbers of one step that all hidden units share.
#[derive(Debug, Clone)]
pub struct Numbers<T> {
    /// n.
    pub samples: usize,
    /// k.
    pub outputs: usize,
    /// Whether signals travel back through the output weights, not through feedback weights.
    pub through_output_weights: bool,
    /// Source that feedback weights learn from.
    pub learning: Learning,
    /// e, (outputs, samples).
    pub residual: Vec<T>,
    /// f, (samples, outputs); only where the feedback learns from it.
    pub activity: Vec<T>,
    /// Factor of the sums of output weights, and of the signals.
    pub gain: T,
    /// Factor of output weights: ridge.
    pub factor: T,
    /// Factor of the sums of feedback weights.
    pub feedback_gain: T,
    /// Factor of feedback weights.
    pub feedback_factor: T,
    /// Oja's decay per output, else zeros.
    pub oja: Vec<T>,
}

impl<T> Numbers<T> {
    /// Whether feedback weights change.
    #[inline]
    pub fn feedback_learns(&self) -> bool {
        self.learning != Learning::Fixed
    }
}
