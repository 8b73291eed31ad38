//! The engines and the two laws of the start, by name.

use serde::{Deserialize, Serialize};

/// Which implementation of the dynamics runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// `linear` for the identity activation without dropout, `sample_space` otherwise, and
    /// where single hidden units are asked of a rule other than feedback alignment.
    #[default]
    Auto,
    /// Plain loops in weight space: slow, obvious.
    Reference,
    /// Works on Z = W X' and K = X X'; no work per step depends on the input dimension.
    SampleSpace,
    /// The identity activation only: exact recursion whose cost does not depend on the width.
    Linear,
}

impl Engine {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Reference => "reference",
            Self::SampleSpace => "sample_space",
            Self::Linear => "linear",
        }
    }
}

/// How the start is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// `gram` for the linear engine above a width of 10^5, `weights` otherwise.
    #[default]
    Auto,
    /// W, beta and b themselves: every engine starts from the same numbers.
    Weights,
    /// Only the Gram matrix of the start, by Bartlett's decomposition: the same law at any width.
    Gram,
}

impl Draw {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Weights => "weights",
            Self::Gram => "gram",
        }
    }
}
