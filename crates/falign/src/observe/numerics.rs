//! Versions of the numbers that engines give.

const TWO_LAYER: u32 = 1;
/// 2: the first layer skips zero pixels.
const MINI_BATCH: u32 = 2;

/// Engines whose numbers change together, and which have a version of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineFamily {
    /// `reference`, `sample_space` and `linear`.
    TwoLayer,
    /// `mini_batch`.
    MiniBatch,
}

impl EngineFamily {
    /// Both.
    pub const ALL: [Self; 2] = [Self::TwoLayer, Self::MiniBatch];

    /// The name in `meta.json` and in stored results: `two_layer` or `mini_batch`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoLayer => "two_layer",
            Self::MiniBatch => "mini_batch",
        }
    }

    /// The numerics version: raised whenever the numbers that these engines give change, or the
    /// default of a key they read, so that stored results of another version are not taken for
    /// this one's.
    pub const fn numerics_version(self) -> u32 {
        match self {
            Self::TwoLayer => TWO_LAYER,
            Self::MiniBatch => MINI_BATCH,
        }
    }
}
