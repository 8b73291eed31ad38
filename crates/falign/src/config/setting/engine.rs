//! The engines, by name.

use serde::{Deserialize, Serialize};

/// Implementation of the dynamics that runs (`run.engine`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// `mini_batch` where a key asks for what only it has; else `linear` for the identity
    /// activation without dropout, and `sample_space` otherwise, and where single hidden units
    /// are asked of a rule other than feedback alignment.
    #[default]
    Auto,
    /// Plain loops in weight space: slow, obvious.
    Reference,
    /// Works on Z = W X' and K = X X'; no work per step depends on the input dimension.
    SampleSpace,
    /// The identity activation only: exact recursion whose cost does not depend on the width.
    Linear,
    /// Networks of any depth, trained batch by batch.
    MiniBatch,
}

impl Engine {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Reference => "reference",
            Self::SampleSpace => "sample_space",
            Self::Linear => "linear",
            Self::MiniBatch => "mini_batch",
        }
    }
}
