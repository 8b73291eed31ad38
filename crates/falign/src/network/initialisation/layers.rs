//! Forward weights at the start.

use std::sync::Arc;

use ndarray::Array1;

use super::{Initialisation, drawn};
use crate::Result;
use crate::layer::{Operator, Parameter};
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
    let shapes = architecture.shapes().into_iter();
    let dense = |(units, inputs)| Plan {
        weights: Parameter::matrix(units, inputs),
        channels: units,
        operator: None,
    };
    let plans = shapes.map(dense).collect();
    let (activation, has_biases) = (architecture.activation, architecture.has_biases);
    draw(
        plans,
        activation,
        has_biases,
        initialisation,
        (streams, work),
    )
}

/// Draws layers of any operators as [`draw_layers`] draws dense ones, by the fan-in and fan-out that
/// each says of its weights. The last one is the output layer, which is linear; the others have the
/// activation psi. Biases are one a channel. [Gains](Operator::is_gain) are 1 and always have biases, of 0.
///
/// ```
/// use std::sync::Arc;
/// use falign::layer::{Dense, Operator};
/// use falign::math::{Activation, Streams};
/// use falign::internal::network::{Initialisation, draw_operators};
/// let operators: [Arc<dyn Operator<f32>>; 2] = [Arc::new(Dense::new(9, 4, 1.0)), Arc::new(Dense::new(4, 2, 1.0))];
/// let layers = draw_operators(&operators, Activation::Relu, true, Initialisation::He, Streams::new(1, 0));
/// assert_eq!((layers[0].units(), layers[1].activation), (4, Activation::Linear));
/// ```
pub fn draw_operators<T: Scalar>(
    operators: &[Arc<dyn Operator<T>>],
    activation: Activation,
    has_biases: bool,
    initialisation: Initialisation,
    streams: Streams,
) -> Vec<Layer<T>> {
    let plan = |operator: &Arc<dyn Operator<T>>| Plan {
        weights: operator.weights(),
        channels: operator.extent().channels,
        operator: Some(Arc::clone(operator)),
    };
    let plans: Vec<_> = operators.iter().map(plan).collect();
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        draw(
            plans,
            activation,
            has_biases,
            initialisation,
            (streams, &work),
        )
    })
}

/// A layer to be drawn.
struct Plan<T> {
    weights: Parameter,
    channels: usize,
    /// Operator of the layer; none of a dense one.
    operator: Option<Arc<dyn Operator<T>>>,
}

fn draw<T: Scalar>(
    plans: Vec<Plan<T>>,
    activation: Activation,
    has_biases: bool,
    initialisation: Initialisation,
    (streams, work): (Streams, &Work<'_>),
) -> Result<Vec<Layer<T>>> {
    let mut hidden = streams.open(StreamName::HiddenWeights);
    let mut output = streams.open(StreamName::OutputWeights);
    let count = plans.len();
    let all = plans.into_iter().enumerate();
    all.map(|(at, plan)| {
        let is_last = at + 1 == count;
        let (stream, activation) = if is_last {
            (&mut output, Activation::Linear)
        } else {
            (&mut hidden, activation)
        };
        if let Some(operator) = plan.operator.as_ref().filter(|o| o.is_gain()) {
            // A norm leaves its numbers as they are at the start.
            let ones = vec![T::ONE; plan.weights.length()];
            let gain = Layer::of(Arc::clone(operator), ones, activation);
            return Ok(gain.with_bias(Array1::from_elem(plan.channels, T::ZERO)));
        }
        let (law, factor) = initialisation.layer(&plan.weights, at == 0);
        let mut draw = || T::from_f64(law.draw(stream));
        let weights = drawn(plan.weights.rows(), work, &mut draw)?;
        let mut layer = match plan.operator {
            None => Layer::dense(weights, activation),
            Some(operator) => Layer::of(operator, weights.into_iter().collect(), activation),
        };
        layer.factor = T::from_f64(factor);
        layer.bias = has_biases.then(|| {
            if initialisation.draws_biases() {
                Array1::from_shape_simple_fn(plan.channels, &mut draw)
            } else {
                Array1::from_elem(plan.channels, T::ZERO)
            }
        });
        Ok(layer)
    })
    .collect()
}
