//! Numbers of a two-layer network's step besides the hidden units' own.

/// What feedback weights learn from in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// Nothing: they stay.
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
    /// What feedback weights learn from.
    pub learning: Learning,
    /// e, (outputs, samples).
    pub residual: Vec<T>,
    /// f, (samples, outputs); only where the feedback learns from it.
    pub activity: Vec<T>,
    /// What multiplies the sums of output weights, and the signals.
    pub gain: T,
    /// What output weights are multiplied by: ridge.
    pub factor: T,
    /// What multiplies the sums of feedback weights.
    pub feedback_gain: T,
    /// What feedback weights are multiplied by.
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
