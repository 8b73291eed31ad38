//! Laws of weights at the start, forward and backward.

use ndarray::{Array1, Array2};

use super::Architecture;
use crate::math::{Activation, Scalar, StreamName, Streams, multiply};
use crate::rule::{Composition, FeedbackWeights, Layer, Magnitude, SignalPath};

/// How forward weights start, and what multiplies each layer's weighted sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initialisation {
    /// U(-1, 1)/sqrt(inputs), biases too: the default of common libraries.
    UniformFanIn,
    /// N(0, 2/(inputs + units)) (Glorot & Bengio 2010).
    Xavier,
    /// N(0, 2/inputs) (He et al. 2015).
    He,
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
    fn sd(self) -> f64 {
        match self {
            Self::Normal { sd } => sd,
            Self::Uniform { half } => half / 3f64.sqrt(),
        }
    }

    fn draw(self, stream: &mut crate::math::Stream) -> f64 {
        match self {
            Self::Normal { sd } => sd * stream.normal(),
            Self::Uniform { half } => half * 2f64.mul_add(stream.uniform(), -1.0),
        }
    }
}

impl Initialisation {
    /// The law of a layer's weights, and the factor of its sum.
    pub fn layer(self, (units, inputs): (usize, usize), is_first: bool) -> (Law, f64) {
        let (fan_in, fan_out) = (inputs as f64, units as f64);
        let normal = |sd| Law::Normal { sd };
        match self {
            Self::UniformFanIn => {
                let half = 1.0 / fan_in.sqrt();
                (Law::Uniform { half }, 1.0)
            }
            Self::Xavier => (normal((2.0 / (fan_in + fan_out)).sqrt()), 1.0),
            Self::He => (normal((2.0 / fan_in).sqrt()), 1.0),
            Self::Paper if is_first => (normal(1.0), 1.0),
            Self::Ntk | Self::Paper => (normal(1.0), 1.0 / fan_in.sqrt()),
            Self::Zero => (normal(0.0), 1.0),
            Self::ScaledUniform { scale } => (Law::Uniform { half: scale }, 1.0),
        }
    }

    /// Whether biases are drawn as the weights are; else they start at 0.
    fn draws_biases(self) -> bool {
        self == Self::UniformFanIn
    }
}

/// Draws all layers from a run's streams `hidden_weights` (all but the last) and
/// `output_weights`, row by row.
pub fn draw_layers<T: Scalar>(
    architecture: &Architecture,
    initialisation: Initialisation,
    streams: Streams,
) -> Vec<Layer<T>> {
    let shapes = architecture.shapes();
    let mut hidden = streams.open(StreamName::HiddenWeights);
    let mut output = streams.open(StreamName::OutputWeights);
    let last = shapes.len() - 1;
    shapes
        .iter()
        .enumerate()
        .map(|(at, &(units, inputs))| {
            let stream = if at == last { &mut output } else { &mut hidden };
            let (law, factor) = initialisation.layer((units, inputs), at == 0);
            let mut draw = || T::from_f64(law.draw(stream));
            let weights = Array2::from_shape_simple_fn((units, inputs), &mut draw);
            let bias = architecture.has_biases.then(|| {
                if initialisation.draws_biases() {
                    Array1::from_shape_simple_fn(units, &mut draw)
                } else {
                    Array1::from_elem(units, T::ZERO)
                }
            });
            Layer {
                weights,
                bias,
                factor: T::from_f64(factor),
                activation: if at == last {
                    Activation::Linear
                } else {
                    architecture.activation
                },
            }
        })
        .collect()
}

/// What feedback weights look like besides their law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedbackShape {
    /// Multiplies every weight.
    pub scale: f64,
    /// Share of weights set to zero, from 0 to 1 (exclusive); the rest grow so that the
    /// variance stays.
    pub sparsity: f64,
    /// Rank, where it is limited: a product of two Gaussian matrices of the same variance.
    pub rank: Option<usize>,
    /// Every weight becomes its sign times the law's standard deviation; zeros of
    /// `sparsity` stay (ternary weights).
    pub signs_only: bool,
    /// rho, correlation with the forward weights in the same place (layerwise path only).
    pub correlation: f64,
}

impl Default for FeedbackShape {
    fn default() -> Self {
        Self {
            scale: 1.0,
            sparsity: 0.0,
            rank: None,
            signs_only: false,
            correlation: 0.0,
        }
    }
}

/// Draws the feedback weights of a rule from the stream `feedback_weights`, one matrix per
/// hidden layer: (units above, units) on the layerwise path, (outputs, units) on the direct
/// one. Backpropagation has none. For uniform sign symmetry every magnitude is the law's
/// standard deviation.
///
/// The law is that of `initialisation` for the matrix's own shape. `Paper` and `Ntk` keep
/// N(0, 1): the layers' factors apply to signals too.
pub fn draw_feedback<T: Scalar>(
    composition: Composition,
    layers: &[Layer<T>],
    initialisation: Initialisation,
    shape: FeedbackShape,
    streams: Streams,
) -> Vec<Array2<T>> {
    if composition.feedback == FeedbackWeights::Transpose {
        return Vec::new();
    }
    let mut stream = streams.open(StreamName::FeedbackWeights);
    let outputs = layers[layers.len() - 1].units();
    (0..layers.len() - 1)
        .map(|at| {
            let units = layers[at].units();
            let is_direct = composition.path == SignalPath::Direct;
            let rows = if is_direct {
                outputs
            } else {
                layers[at + 1].units()
            };
            let (law, _) = initialisation.layer((rows, units), false);
            let mut b = draw_matrix(law, (rows, units), shape, &mut stream);
            if composition.feedback == FeedbackWeights::Sign(Magnitude::Unit) {
                b.fill(law.sd());
            }
            if !is_direct && shape.correlation != 0.0 {
                let rho = shape.correlation;
                let rest = ((1.0 - rho) * (1.0 + rho)).sqrt();
                b.zip_mut_with(&layers[at + 1].weights, |b, w| {
                    *b = rho.mul_add(w.to_f64(), rest * *b);
                });
            }
            b.mapv(|x| T::from_f64(shape.scale * x))
        })
        .collect()
}

fn draw_matrix(
    law: Law,
    (rows, columns): (usize, usize),
    shape: FeedbackShape,
    stream: &mut crate::math::Stream,
) -> Array2<f64> {
    let mut b = match shape.rank {
        Some(rank) if rank < rows.min(columns) => {
            let mut normals = |r, c| Array2::from_shape_simple_fn((r, c), || stream.normal());
            let (left, right) = (normals(rows, rank), normals(rank, columns));
            let mut product = Array2::zeros((rows, columns));
            let factor = law.sd() / (rank as f64).sqrt();
            multiply(
                0.0,
                &mut product.view_mut(),
                factor,
                &left.view(),
                &right.view(),
            );
            product
        }
        _ => Array2::from_shape_simple_fn((rows, columns), || law.draw(stream)),
    };
    if shape.signs_only {
        b.mapv_inplace(|x| law.sd() * x.signum());
    }
    if shape.sparsity > 0.0 {
        let kept = 1.0 / (1.0 - shape.sparsity).sqrt();
        b.mapv_inplace(|x| {
            if stream.uniform() < shape.sparsity {
                0.0
            } else {
                kept * x
            }
        });
    }
    b
}
