//! Forward weights at the start.

use std::sync::Arc;

use ndarray::Array1;

use super::{Initialisation, drawn};
use crate::Result;
use crate::layer::{Operator, Parameter};
use crate::math::{Activation, Scalar, StreamName, Streams};
use crate::network::{Architecture, Door};
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
    let activation = architecture.activation;
    let dense = |(units, inputs)| LayerPlan::dense(inputs, units, activation);
    let plans = linear_at_the_end(shapes.map(dense).collect());
    let has_biases = architecture.has_biases;
    draw_plans(plans, has_biases, initialisation, streams, work)
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
    let plan = |operator: &Arc<dyn Operator<T>>| {
        let extent = operator.extent();
        LayerPlan {
            operator: Some(Arc::clone(operator)),
            ..LayerPlan::dense(extent.inputs, extent.outputs, activation)
        }
    };
    let plans = linear_at_the_end(operators.iter().map(plan).collect());
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        draw_plans(plans, has_biases, initialisation, streams, &work)
    })
}

/// A layer to be drawn.
#[derive(Debug, Clone)]
pub(crate) struct LayerPlan<T> {
    /// Operator of the layer; none of a dense one.
    pub(crate) operator: Option<Arc<dyn Operator<T>>>,
    /// Numbers of a sample below and above.
    pub(crate) numbers: [usize; 2],
    /// psi.
    pub(crate) activation: Activation,
    /// Images below and above, where the layer is between images.
    pub(crate) door: Option<Door>,
}

impl<T> LayerPlan<T> {
    /// Every input to every unit.
    pub(crate) fn dense(inputs: usize, units: usize, activation: Activation) -> Self {
        Self {
            operator: None,
            numbers: [inputs, units],
            activation,
            door: None,
        }
    }
}

/// Layers of which the last one is made linear.
fn linear_at_the_end<T>(mut plans: Vec<LayerPlan<T>>) -> Vec<LayerPlan<T>> {
    if let Some(last) = plans.last_mut() {
        last.activation = Activation::Linear;
    }
    plans
}

/// Draws layers, as a part of some work; each has the activation that its plan has.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn draw_plans<T: Scalar>(
    plans: Vec<LayerPlan<T>>,
    has_biases: bool,
    initialisation: Initialisation,
    streams: Streams,
    work: &Work<'_>,
) -> Result<Vec<Layer<T>>> {
    let mut hidden = streams.open(StreamName::HiddenWeights);
    let mut output = streams.open(StreamName::OutputWeights);
    let count = plans.len();
    let all = plans.into_iter().enumerate();
    all.map(|(at, plan)| {
        let is_last = at + 1 == count;
        let stream = if is_last { &mut output } else { &mut hidden };
        let [inputs, units] = plan.numbers;
        let (parameter, channels) = match &plan.operator {
            None => (Parameter::matrix(units, inputs), units),
            Some(operator) => (operator.weights(), operator.extent().channels),
        };
        if let Some(operator) = plan.operator.as_ref().filter(|o| o.is_gain()) {
            // A norm leaves its numbers as they are at the start.
            let ones = vec![T::ONE; parameter.length()];
            let gain = Layer::of(Arc::clone(operator), ones, plan.activation);
            return Ok(gain.with_bias(Array1::from_elem(channels, T::ZERO)));
        }
        let (law, factor) = initialisation.layer(&parameter, at == 0);
        let mut draw = || T::from_f64(law.draw(stream));
        let weights = drawn(parameter.rows(), work, &mut draw)?;
        let mut layer = match plan.operator {
            None => Layer::dense(weights, plan.activation),
            Some(operator) => Layer::of(operator, weights.into_iter().collect(), plan.activation),
        };
        layer.factor = T::from_f64(factor);
        layer.bias = has_biases.then(|| {
            if initialisation.draws_biases() {
                Array1::from_shape_simple_fn(channels, &mut draw)
            } else {
                Array1::from_elem(channels, T::ZERO)
            }
        });
        Ok(layer)
    })
    .collect()
}
