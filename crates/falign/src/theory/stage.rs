//! How far a long computation is, for whoever waits for it and may stop it.

/// Stage of a long computation on the pairs of some samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    /// A kernel, row by row.
    Kernel {
        /// Inputs, the rows of the kernel.
        samples: usize,
        /// The share of the rows that is done, from 0 to 1.
        share: f64,
    },
    /// The eigenvalues of a kernel, which come all at once.
    Eigenvalues {
        /// Rows of the kernel.
        samples: usize,
    },
}

/// Hears of every stage, and answers whether to go on.
#[derive(Clone, Copy)]
pub(crate) struct Listener<'a>(Option<&'a dyn Fn(Stage) -> bool>);

impl<'a> Listener<'a> {
    /// Who stops nothing.
    pub(crate) const NOBODY: Self = Self(None);

    /// `hear` answers `false` to stop.
    pub(crate) fn new(hear: &'a dyn Fn(Stage) -> bool) -> Self {
        Self(Some(hear))
    }

    /// Whether anybody can stop what is done.
    pub(super) fn is_there(self) -> bool {
        self.0.is_some()
    }

    /// Whether to go on.
    pub(super) fn goes_on(self, stage: Stage) -> bool {
        self.0.is_none_or(|hear| hear(stage))
    }
}

/// The value of what nobody stops.
pub(super) fn whole<T>(work: impl FnOnce(Listener<'static>) -> Option<T>) -> T {
    work(Listener::NOBODY).expect("nobody stops it")
}
