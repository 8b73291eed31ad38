//! Forward weights at the start.

use ndarray::Array1;

use super::{Initialisation, drawn};
use crate::Result;
use crate::layer::Parameter;
use crate::math::{Activation, Scalar, StreamName, Streams};
use crate::network::Architecture;
use crate::rule::Layer;
use crate::stage::{Stage, Work, unstopped};

/// Draws all layers from a run's streams `hidden_weights` (all but the last) and
/// `output_weights`, row by row.
pub fn draw_layers<T: Scalar>(
    architecture: &Architecture,
    initialisation: Initialisation,
    streams: Streams,
) -> Vec<Layer<T>> {
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        draw_layers_of(architecture, initialisation, streams, &work)
    })
}

/// [`draw_layers`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn draw_layers_of<T: Scalar>(
    architecture: &Architecture,
    initialisation: Initialisation,
    streams: Streams,
    work: &Work<'_>,
) -> Result<Vec<Layer<T>>> {
    let shapes = architecture.shapes();
    let mut hidden = streams.open(StreamName::HiddenWeights);
    let mut output = streams.open(StreamName::OutputWeights);
    let last = shapes.len() - 1;
    shapes
        .iter()
        .enumerate()
        .map(|(at, &(units, inputs))| {
            let stream = if at == last { &mut output } else { &mut hidden };
            let (law, factor) = initialisation.layer(&Parameter::matrix(units, inputs), at == 0);
            let mut draw = || T::from_f64(law.draw(stream));
            let weights = drawn((units, inputs), work, &mut draw)?;
            let bias = architecture.has_biases.then(|| {
                if initialisation.draws_biases() {
                    Array1::from_shape_simple_fn(units, &mut draw)
                } else {
                    Array1::from_elem(units, T::ZERO)
                }
            });
            Ok(Layer {
                weights,
                bias,
                factor: T::from_f64(factor),
                activation: if at == last {
                    Activation::Linear
                } else {
                    architecture.activation
                },
            })
        })
        .collect()
}
