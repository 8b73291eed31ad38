//! The two laws of the start, by name.

use serde::{Deserialize, Serialize};

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
