//! One number of a certificate, with how firmly it is known.

/// How firmly a number is known; no line mixes two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A constant or condition of a theorem, evaluated on the data. What the paper leaves open
    /// ("some constant") is taken as 1.
    Theorem,
    /// A limit of infinite width, or a heuristic one that simulations confirm.
    Asymptotic,
    /// Measured: of weights as they were drawn, or of a run.
    Observed,
}

impl Basis {
    /// `theorem`, `asymptotic` or `observed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Theorem => "theorem",
            Self::Asymptotic => "asymptotic",
            Self::Observed => "observed",
        }
    }
}

/// Subject of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The rest of beta(0), and the alignment that follows.
    Alignment,
    /// The data, through the kernel of the infinitely wide network.
    Data,
    /// The kernels of the drawn start, at its width.
    Start,
    /// Bounds on the step size.
    StepSize,
    /// The ridge that the theorems allow.
    Ridge,
    /// Time constants, and how far weights move.
    Time,
    /// Results of a run.
    Run,
}

impl Group {
    /// Groups in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Alignment,
        Self::Data,
        Self::Start,
        Self::StepSize,
        Self::Ridge,
        Self::Time,
        Self::Run,
    ];

    /// `alignment`, `data`, `start`, `step_size`, `ridge`, `time` or `run`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alignment => "alignment",
            Self::Data => "data",
            Self::Start => "start",
            Self::StepSize => "step_size",
            Self::Ridge => "ridge",
            Self::Time => "time",
            Self::Run => "run",
        }
    }
}

/// One number of a certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// A stable name.
    pub key: &'static str,
    /// The group that shows it.
    pub group: Group,
    /// The quantity, in the paper's letters.
    pub label: String,
    /// The number, which may be infinite; `None` where there is none, for the reason in `note`.
    pub value: Option<f64>,
    /// How firmly it is known.
    pub basis: Basis,
    /// A remark on the value; may be empty.
    pub note: String,
}

impl Line {
    pub(super) fn new(
        group: Group,
        key: &'static str,
        label: impl Into<String>,
        value: f64,
        basis: Basis,
    ) -> Self {
        Self {
            key,
            group,
            label: label.into(),
            value: (!value.is_nan()).then_some(value),
            basis,
            note: String::new(),
        }
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// A line without a number, and why.
    pub(super) fn none(mut self, why: impl Into<String>) -> Self {
        self.value = None;
        self.note(why)
    }
}
