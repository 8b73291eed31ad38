//! Feedback weights at the start.

use ndarray::Array2;

use super::{Initialisation, Law, drawn};
use crate::Result;
use crate::layer::Parameter;
use crate::math::{Scalar, Stream, StreamName, Streams, fused, multiply};
use crate::rule::{Composition, DirectFeedback, FeedbackWeights, Layer, Magnitude, SignalPath};
use crate::stage::{DRAW, Stage, Work, unstopped};

/// Properties of feedback weights besides their law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedbackShape {
    /// Multiplies every weight.
    pub scale: f64,
    /// Share of weights set to zero, from 0 to 1 (exclusive); the rest grow so that the
    /// variance stays.
    pub sparsity: f64,
    /// Rank, where it is limited: a product of two Gaussian matrices of the same variance.
    pub rank: Option<usize>,
    /// Whether every weight becomes its sign times the law's standard deviation; zeros of
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
/// hidden layer: the weights of the layer above, (units above, units) of a dense one, on the layerwise path,
/// (outputs, units) on the direct one, or a kernel of the layer above with a channel for each output. Gains and
/// backpropagation have none. For uniform sign symmetry every magnitude is the law's
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
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        draw_feedback_of(composition, layers, initialisation, shape, streams, &work)
    })
}

/// [`draw_feedback`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn draw_feedback_of<T: Scalar>(
    composition: Composition,
    layers: &[Layer<T>],
    initialisation: Initialisation,
    shape: FeedbackShape,
    streams: Streams,
    work: &Work<'_>,
) -> Result<Vec<Array2<T>>> {
    if composition.feedback == FeedbackWeights::Transpose {
        return Ok(Vec::new());
    }
    let mut stream = streams.open(StreamName::FeedbackWeights);
    let outputs = layers[layers.len() - 1].units();
    let shared = if composition.direct == DirectFeedback::Shared {
        let units = layers[..layers.len() - 1].iter().map(Layer::units);
        let largest = units.max().unwrap_or(0);
        let half = 1.0 / (largest.max(1) as f64).sqrt();
        draw_matrix(
            Law::Uniform { half },
            (outputs, largest),
            shape,
            &mut stream,
            work,
        )?
    } else {
        Array2::zeros((0, 0))
    };
    (0..layers.len() - 1)
        .map(|at| {
            let units = layers[at].units();
            let is_direct = composition.path == SignalPath::Direct;
            let weights = match (composition.path, composition.direct) {
                // Those of kernels go by the layer above, whose input signals come to.
                (SignalPath::Layerwise, _) | (_, DirectFeedback::Kernel) => {
                    if layers[at + 1].is_gain() {
                        return Ok(Array2::default((0, 0)));
                    }
                    match composition.direct {
                        DirectFeedback::Kernel => {
                            layers[at + 1].with_channels(outputs, T::ONE).weight()
                        }
                        _ => layers[at + 1].weight(),
                    }
                }
                (SignalPath::Direct, _) if layers[at].is_gain() => {
                    return Ok(Array2::default((0, 0)));
                }
                (SignalPath::Direct, DirectFeedback::Shared) => {
                    let columns = ndarray::s![.., ..units];
                    let b = shared.slice(columns);
                    return Ok(b.mapv(|x| T::from_f64(shape.scale * x)));
                }
                (SignalPath::Direct, DirectFeedback::Dense) => Parameter::matrix(outputs, units),
            };
            let (law, _) = initialisation.layer(&weights, false);
            let mut b = draw_matrix(law, weights.rows(), shape, &mut stream, work)?;
            if composition.feedback == FeedbackWeights::Sign(Magnitude::Unit) {
                b.fill(law.sd());
            }
            if !is_direct && shape.correlation != 0.0 {
                let rho = shape.correlation;
                let rest = ((1.0 - rho) * (1.0 + rho)).sqrt();
                b.zip_mut_with(&layers[at + 1].weights, |b, w| {
                    *b = fused(rho, w.to_f64(), rest * *b);
                });
            }
            Ok(b.mapv(|x| T::from_f64(shape.scale * x)))
        })
        .collect()
}

/// Sizes of a layer on which the work of drawing its weights depends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LayerSize {
    /// Number of its weights.
    pub(crate) weights: f64,
    /// Channels of its activity: units of a dense layer.
    pub(crate) channels: f64,
    /// Numbers of its activity.
    pub(crate) units: f64,
}

impl LayerSize {
    /// Sizes of a dense layer.
    pub(crate) fn dense(units: usize, inputs: usize) -> Self {
        let (units, inputs) = (units as f64, inputs as f64);
        Self {
            weights: units * inputs,
            channels: units,
            units,
        }
    }
}

/// Numbers that [`draw_feedback`] draws, at most, for layers of these sizes.
pub(crate) fn feedback_draws(composition: Composition, sizes: &[LayerSize]) -> f64 {
    if composition.feedback == FeedbackWeights::Transpose {
        return 0.0;
    }
    let outputs = sizes.last().map_or(0.0, |size| size.units);
    let hidden = sizes.iter().rev().skip(1);
    let above = sizes.iter().skip(1);
    match (composition.path, composition.direct) {
        (SignalPath::Layerwise, _) => above.map(|size| size.weights).sum(),
        (_, DirectFeedback::Dense) => hidden.map(|size| outputs * size.units).sum(),
        (_, DirectFeedback::Kernel) => above
            .map(|size| outputs * size.weights / size.channels)
            .sum(),
        (_, DirectFeedback::Shared) => outputs * hidden.map(|size| size.units).fold(0.0, f64::max),
    }
}

pub(super) fn draw_matrix(
    law: Law,
    (rows, columns): (usize, usize),
    shape: FeedbackShape,
    stream: &mut Stream,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let mut b = match shape.rank {
        Some(rank) if rank < rows.min(columns) => {
            let mut normals = |shape| drawn(shape, work, || stream.normal());
            let (left, right) = (normals((rows, rank))?, normals((rank, columns))?);
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
        _ => drawn((rows, columns), work, || law.draw(stream))?,
    };
    if shape.signs_only {
        b.mapv_inplace(|x| law.sd() * x.signum());
    }
    if shape.sparsity > 0.0 {
        let kept = 1.0 / (1.0 - shape.sparsity).sqrt();
        for mut row in b.rows_mut() {
            row.mapv_inplace(|x| {
                if stream.uniform() < shape.sparsity {
                    0.0
                } else {
                    kept * x
                }
            });
            work.did(DRAW * columns as f64)?;
        }
    }
    Ok(b)
}
