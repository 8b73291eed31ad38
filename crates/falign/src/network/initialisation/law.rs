//! Laws of single weights, by the names of the literature.

use crate::layer::Parameter;
use crate::math::{Stream, fused};

/// How forward weights start, and what multiplies each layer's weighted sum.
///
/// # Example
/// ```
/// use falign::{Initialisation, Network};
/// let network: Network<f64> = Network::builder(100, 10)
///     .hidden(&[50])
///     .initialisation(Initialisation::HeUniform)
///     .build()?;
/// let bound = (6.0f64 / 100.0).sqrt();
/// assert!(network.layers()[0].weights.iter().all(|w| w.abs() <= bound));
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initialisation {
    /// U(-1, 1)/sqrt(inputs), biases too: the default of common libraries.
    UniformFanIn,
    /// N(0, 2/(inputs + units)) (Glorot & Bengio 2010).
    Xavier,
    /// U(-a, a) of the same variance, a = sqrt(6/(inputs + units)), as Glorot & Bengio have it.
    XavierUniform,
    /// N(0, 2/inputs) (He et al. 2015).
    He,
    /// U(-a, a) of the same variance, a = sqrt(6/inputs).
    HeUniform,
    /// N(0, 1), and every layer's sum divided by sqrt(inputs).
    Ntk,
    /// N(0, 1); the first layer's sum as it is, later ones divided by sqrt(inputs): (2.1) of
    /// Song, Xu & Lafferty (2021) for one hidden layer.
    Paper,
    /// Hidden layers 0, the output layer too: for direct feedback.
    Zero,
    /// U(-scale, scale).
    ScaledUniform {
        /// Half-width of the interval.
        scale: f64,
    },
}

/// A law of single weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Law {
    /// N(0, sd^2).
    Normal {
        /// Standard deviation.
        sd: f64,
    },
    /// U(-half, half).
    Uniform {
        /// Half-width of the interval.
        half: f64,
    },
}

impl Law {
    pub(super) fn sd(self) -> f64 {
        match self {
            Self::Normal { sd } => sd,
            Self::Uniform { half } => half / 3f64.sqrt(),
        }
    }

    pub(super) fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Self::Normal { sd } => sd * stream.normal(),
            Self::Uniform { half } => half * fused(2.0, stream.uniform(), -1.0),
        }
    }
}

impl Initialisation {
    /// The law of a layer's weights, and the factor of its sum.
    pub fn layer(self, weights: &Parameter, is_first: bool) -> (Law, f64) {
        let (fan_in, fan_out) = (weights.fan_in as f64, weights.fan_out as f64);
        let normal = |sd| Law::Normal { sd };
        let uniform = |half| Law::Uniform { half };
        match self {
            Self::UniformFanIn => (uniform(1.0 / fan_in.sqrt()), 1.0),
            Self::Xavier => (normal((2.0 / (fan_in + fan_out)).sqrt()), 1.0),
            Self::XavierUniform => (uniform((6.0 / (fan_in + fan_out)).sqrt()), 1.0),
            Self::He => (normal((2.0 / fan_in).sqrt()), 1.0),
            Self::HeUniform => (uniform((6.0 / fan_in).sqrt()), 1.0),
            Self::Paper if is_first => (normal(1.0), 1.0),
            Self::Ntk | Self::Paper => (normal(1.0), 1.0 / fan_in.sqrt()),
            Self::Zero => (normal(0.0), 1.0),
            Self::ScaledUniform { scale } => (uniform(scale), 1.0),
        }
    }

    /// Whether biases are drawn as the weights are; else they start at 0.
    pub(super) fn draws_biases(self) -> bool {
        self == Self::UniformFanIn
    }
}
