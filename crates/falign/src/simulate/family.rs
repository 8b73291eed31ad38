//! Versions of the numbers that engines give.

use crate::config::setting::Setting;
use crate::math::{Activation, arithmetic};

/// 2: tanh, sigmoid, erf and softplus from shorter polynomials, gain and weight multiplied first,
/// lanes summed by halves; what `{ over_M = }` is with backpropagation or correlated feedback.
/// 3: sums over samples in linear networks of several outputs, lane by lane.
/// 4: with `ReLU` and leaky `ReLU`, one output and 24 to 256 samples, the order of sums; in linear
/// networks, sums over samples with one rounding less.
/// 5: linear networks in `sample_space`, and in `linear` with feedback that is not fixed: K E before
/// the feedback weights.
/// 6: the `linear` engine's recursion in the basis of K's eigenvectors, up to 256 samples.
const TWO_LAYER: u32 = 6;
/// 2: the first layer skips zero pixels.
const MINI_BATCH: u32 = 2;
/// 2: as for `MINI_BATCH`. 3: tanh, sigmoid, erf and softplus as for `TWO_LAYER`.
const MINI_BATCH_CURVED: u32 = 3;
const LAYERS: u32 = 1;

/// Runs whose numbers change together, and which have a separate version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineFamily {
    /// Engines `reference`, `sample_space` and `linear`.
    TwoLayer,
    /// Engine `mini_batch`, with activations that are straight but for a kink.
    MiniBatch,
    /// Engine `mini_batch`, with activations that are computed from an exponential.
    MiniBatchCurved,
    /// Engine `mini_batch`, networks of layers that are not all dense.
    Layers,
}

impl EngineFamily {
    /// Families in the order of the documentation.
    pub const ALL: [Self; 4] = [
        Self::TwoLayer,
        Self::MiniBatch,
        Self::MiniBatchCurved,
        Self::Layers,
    ];

    /// Family of a network of dense layers of the `mini_batch` engine.
    pub fn of_mini_batch(activation: Activation) -> Self {
        if activation.facts().is_piecewise_linear {
            Self::MiniBatch
        } else {
            Self::MiniBatchCurved
        }
    }

    /// The name in `meta.json` and in stored results: `two_layer`, `mini_batch`,
    /// `mini_batch_curved` or `layers`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoLayer => "two_layer",
            Self::MiniBatch => "mini_batch",
            Self::MiniBatchCurved => "mini_batch_curved",
            Self::Layers => "layers",
        }
    }

    /// Rounding of the machine's products of matrices, on which the bits of these runs depend
    /// ([`arithmetic()`]). `None` where they are the same on every machine.
    pub fn arithmetic(self) -> Option<&'static str> {
        match self {
            Self::TwoLayer => None,
            Self::MiniBatch | Self::MiniBatchCurved | Self::Layers => Some(arithmetic()),
        }
    }

    /// The numerics version: raised whenever the numbers of these runs change, or the
    /// default of a key they read, so that stored results of another version are not taken for
    /// this one's.
    pub const fn numerics_version(self) -> u32 {
        match self {
            Self::TwoLayer => TWO_LAYER,
            Self::MiniBatch => MINI_BATCH,
            Self::MiniBatchCurved => MINI_BATCH_CURVED,
            Self::Layers => LAYERS,
        }
    }
}

impl Setting {
    /// The runs it shares its numerics version with.
    pub fn family(&self) -> EngineFamily {
        match self {
            Self::Network(setting) if setting.blueprint.is_some() => EngineFamily::Layers,
            Self::Network(setting) => EngineFamily::of_mini_batch(setting.activation),
            Self::TwoLayer(_) => EngineFamily::TwoLayer,
        }
    }
}
