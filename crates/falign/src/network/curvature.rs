//! How steep a network's loss is at its start: what a step size is measured against.

use std::sync::Arc;
use std::time::Duration;

use ndarray::Array2;

use super::examples::Examples;
use super::input::DenseInput;
use super::optimiser::OptimiserKind;
use super::step::Network;
use crate::Result;
use crate::math::simd::Element;
use crate::math::{Loss, Reduction, Scalar, multiply};
use crate::rule::{LastLayerOnly, Layer};
use crate::stage::{Listener, Stage, apart, unstopped};

/// Samples that are looked at, at most.
const SAMPLES: usize = 1000;

/// Power iterations, at most, and the relative change of the eigenvalue at which they end.
const MOST_ITERATIONS: usize = 100;
const TOLERANCE: f64 = 1e-3;

/// Choices on which the steepness depends, besides the network and its data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvatureOptions {
    /// The loss, by its largest second derivative.
    pub loss: Loss,
    /// How it is reduced over a batch.
    pub reduction: Reduction,
    /// Samples of a batch.
    pub batch: usize,
    /// Whether only the last layer learns.
    pub only_last_layer: bool,
}

/// M, the largest eigenvalue of h J'J over the batches of a network at its start, J the
/// derivatives of a batch's outputs by all weights and biases that learn, reduced as the loss is,
/// and h the largest second derivative of the loss by an output: for a linear network and the squared error the largest second
/// derivative of the loss, otherwise its Gauss-Newton part with the loss at its steepest. Gradient
/// descent on a quadratic loss needs steps below 2/M.
///
/// At most 1000 samples are looked at, evenly spaced through the set, in batches of the given
/// size: a small batch can be steeper than the whole set, and the steepest counts. Signals are
/// those of backpropagation, to which those of other rules tend as they align. By power iteration
/// in `f64`, to about a thousandth from below; deterministic. A step costs batch^2 a unit and
/// batch a weight above the first layer; the inputs' dimension counts once.
///
/// ```
/// use falign::math::{Activation, Loss, Reduction};
/// use falign::internal::network::{CurvatureOptions, Examples, largest_curvature};
/// use falign::rule::Layer;
/// use ndarray::array;
/// // f = 2 w x with x = 3: the second derivative of (f - y)^2 / 2 by w is 36.
/// let layer = Layer::dense(array![[0.5]], Activation::Linear).with_factor(2.0);
/// let examples = Examples::reals(array![[3.0]], array![[1.0]], 1.0)?;
/// let options = CurvatureOptions {
///     loss: Loss::SquaredError,
///     reduction: Reduction::Sum,
///     batch: 1,
///     only_last_layer: false,
/// };
/// assert_eq!(largest_curvature(&[layer], &examples, options), 36.0);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// # Panics
/// If a layer is not dense.
pub fn largest_curvature<T: Element>(
    layers: &[Layer<T>],
    examples: &Examples,
    options: CurvatureOptions,
) -> f64 {
    let layers = layers.iter().map(in_double).collect();
    unstopped(|nobody| of_layers(layers, examples, options, nobody))
}

/// [`largest_curvature`], unless it is stopped.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn largest_curvature_with_listener<T: Element>(
    layers: &[Layer<T>],
    examples: &Arc<Examples>,
    options: CurvatureOptions,
    listener: Listener<'_>,
) -> Result<f64> {
    assert!(layers.iter().all(Layer::is_dense), "a list of dense layers");
    let layers: Vec<Layer<f64>> = layers.iter().map(in_double).collect();
    let weights: usize = layers.iter().map(|layer| layer.weights.len()).sum();
    let batch = options.batch.min(examples.samples()).min(SAMPLES);
    if !listener.leaves(batch as f64 * weights as f64) {
        return of_layers(layers, examples, options, listener);
    }
    let examples = Arc::clone(examples);
    let stage = Stage::Curvature { share: 0.0 };
    apart(listener, stage, Duration::ZERO, move |own| {
        of_layers(layers, &examples, options, own)
    })?
}

fn of_layers(
    layers: Vec<Layer<f64>>,
    examples: &Examples,
    options: CurvatureOptions,
    listener: Listener<'_>,
) -> Result<f64> {
    let mut network = Network::new(layers, Box::new(LastLayerOnly), OptimiserKind::Sgd);
    let samples = examples.samples();
    let looked_at = samples.min(SAMPLES);
    let rows: Vec<usize> = (0..looked_at).map(|i| i * samples / looked_at).collect();
    let batch = options.batch.clamp(1, looked_at);
    let mut top: f64 = 0.0;
    let batches = looked_at / batch;
    for (at, rows) in rows.chunks_exact(batch).enumerate() {
        let share = at as f64 / batches as f64;
        let look = || listener.tell(Stage::Curvature { share });
        look()?;
        let tangent = Tangent::new(&mut network, examples.inputs(rows), options.only_last_layer);
        let largest = tangent.largest_eigenvalue(&look)?;
        // `max` would drop a NaN, which must be seen.
        if !largest.is_finite() {
            return Ok(f64::NAN);
        }
        top = top.max(largest);
    }
    // A batch of the run may be larger than what is looked at.
    let reduced = match options.reduction {
        Reduction::Mean => 1.0 / batch as f64,
        Reduction::Sum => options.batch.clamp(1, samples) as f64 / batch as f64,
    };
    Ok(options.loss.curvature() * reduced * top)
}

fn in_double<T: Scalar>(layer: &Layer<T>) -> Layer<f64> {
    let weights = layer.weights.mapv(Scalar::to_f64);
    let mut double = Layer::dense(weights, layer.activation).with_factor(layer.factor.to_f64());
    double.bias = layer.bias.as_ref().map(|bias| bias.mapv(Scalar::to_f64));
    double
}

/// J J' of one batch, as a product with a vector in the space of outputs.
struct Tangent<'a> {
    layers: &'a [Layer<f64>],
    /// c^2 H H' of what each layer receives, plus 1 where it has biases, (batch, batch).
    received: Vec<Array2<f64>>,
    /// psi' of each hidden layer.
    slopes: Vec<Array2<f64>>,
    /// The first layer that learns.
    first: usize,
    outputs: usize,
}

impl<'a> Tangent<'a> {
    fn new(network: &'a mut Network<f64>, inputs: Array2<f64>, only_last_layer: bool) -> Self {
        let input = DenseInput(inputs);
        network.forward(&input);
        let (layers, trace) = (network.layers(), network.trace());
        let last = layers.len() - 1;
        let below = std::iter::once(&input.0).chain(&trace.activities);
        let received = below.zip(layers).map(|(h, layer)| {
            let mut gram = Array2::zeros((h.nrows(), h.nrows()));
            let square = layer.factor * layer.factor;
            multiply(0.0, &mut gram.view_mut(), square, &h.view(), &h.t());
            if layer.bias.is_some() {
                gram += 1.0;
            }
            gram
        });
        Self {
            received: received.collect(),
            slopes: (0..last)
                .map(|at| trace.derivatives(at).into_owned())
                .collect(),
            first: if only_last_layer { last } else { 0 },
            outputs: layers[last].units(),
            layers,
        }
    }

    /// J J' v, (batch, outputs): down as backpropagation goes, then up as changes of weights
    /// change what lies above them.
    fn times(&self, v: &Array2<f64>) -> Array2<f64> {
        let last = self.layers.len() - 1;
        let mut deltas = vec![v.clone()];
        for at in (self.first..last).rev() {
            let above = &self.layers[at + 1];
            let delta = &deltas[deltas.len() - 1];
            let mut signal = Array2::zeros((v.nrows(), above.inputs()));
            multiply(
                0.0,
                &mut signal.view_mut(),
                above.factor,
                &delta.view(),
                &above.weights.view(),
            );
            signal *= &self.slopes[at];
            deltas.push(signal);
        }
        // Changes of the activities below, once there are any.
        let mut moved: Option<Array2<f64>> = None;
        for at in self.first..=last {
            let layer = &self.layers[at];
            let delta = &deltas[last - at];
            let mut sums = Array2::zeros((v.nrows(), layer.units()));
            let received = &self.received[at];
            multiply(
                0.0,
                &mut sums.view_mut(),
                1.0,
                &received.view(),
                &delta.view(),
            );
            if let Some(moved) = &moved {
                multiply(
                    1.0,
                    &mut sums.view_mut(),
                    layer.factor,
                    &moved.view(),
                    &layer.weights.t(),
                );
            }
            if at < last {
                sums *= &self.slopes[at];
            }
            moved = Some(sums);
        }
        moved.expect("at least the last layer learns")
    }

    /// `look` is called before every iteration.
    fn largest_eigenvalue(&self, look: &dyn Fn() -> Result<()>) -> Result<f64> {
        let shape = (self.received[0].nrows(), self.outputs);
        // Positive, all different, the same everywhere: parts of multiples of the golden ratio.
        let golden = 0.618_033_988_749_894_9;
        let mut place = 0.0;
        let mut v = Array2::from_shape_simple_fn(shape, || {
            place += golden;
            0.5 + place % 1.0
        });
        let mut largest = 0.0;
        for _ in 0..MOST_ITERATIONS {
            look()?;
            let size = norm(&v);
            if size <= 0.0 || !size.is_finite() {
                return Ok(size);
            }
            v.mapv_inplace(|x| x / size);
            v = self.times(&v);
            let before = std::mem::replace(&mut largest, norm(&v));
            if (largest - before).abs() <= TOLERANCE * largest {
                break;
            }
        }
        Ok(largest)
    }
}

/// Norm summed in a fixed order, the same on every machine.
fn norm(v: &Array2<f64>) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Activation, StreamName, Streams};
    use crate::network::{Architecture, Initialisation, draw_layers};

    const N: usize = 6;

    /// A network with biases, 4 inputs, 3 outputs.
    fn layers(hidden: &[usize], initialisation: Initialisation) -> Vec<Layer<f64>> {
        let mut architecture = Architecture::new(4, hidden, 3, Activation::Tanh).unwrap();
        architecture.has_biases = true;
        draw_layers(&architecture, initialisation, Streams::new(1, 0))
    }

    fn examples() -> Examples {
        let mut stream = Streams::new(2, 0).open(StreamName::Data);
        let mut draw = |columns| Array2::from_shape_simple_fn((N, columns), || stream.normal());
        Examples::reals(draw(4), draw(3), 1.0).unwrap()
    }

    fn options(batch: usize, reduction: Reduction) -> CurvatureOptions {
        CurvatureOptions {
            loss: Loss::SquaredError,
            reduction,
            batch,
            only_last_layer: false,
        }
    }

    /// J of all outputs of these samples by all weights and biases, by differences, and the
    /// largest eigenvalue of J'J by many power iterations.
    fn by_differences(layers: &[Layer<f64>], inputs: &Array2<f64>, only_last: bool) -> f64 {
        let outputs = |layers: &[Layer<f64>]| {
            let mut network =
                Network::new(layers.to_vec(), Box::new(LastLayerOnly), OptimiserKind::Sgd);
            network.forward(&DenseInput(inputs.clone())).clone()
        };
        let h = 1e-5;
        let mut jacobian: Vec<Vec<f64>> = Vec::new();
        let first = if only_last { layers.len() - 1 } else { 0 };
        for at in first..layers.len() {
            let (units, below) = layers[at].weights.dim();
            for unit in 0..units {
                for place in 0..=below {
                    let mut sides = [h, -h].map(|h| {
                        let mut moved = layers.to_vec();
                        if place < below {
                            moved[at].weights[(unit, place)] += h;
                        } else {
                            moved[at].bias.as_mut().unwrap()[unit] += h;
                        }
                        outputs(&moved)
                    });
                    let [up, down] = &mut sides;
                    *up -= &*down;
                    jacobian.push(up.iter().map(|x| x / (2.0 * h)).collect());
                }
            }
        }
        let outputs = jacobian[0].len();
        let mut v = vec![1.0; outputs];
        v[0] = 2.0;
        let mut size = 0.0;
        for _ in 0..5000 {
            let along: Vec<f64> = jacobian
                .iter()
                .map(|row| row.iter().zip(&v).map(|(j, v)| j * v).sum())
                .collect();
            let mut next = vec![0.0; outputs];
            for (row, along) in jacobian.iter().zip(along) {
                for (next, j) in next.iter_mut().zip(row) {
                    *next += j * along;
                }
            }
            size = next.iter().map(|x| x * x).sum::<f64>().sqrt();
            v = next.iter().map(|x| x / size).collect();
        }
        size
    }

    #[test]
    fn it_is_the_largest_eigenvalue_of_the_gauss_newton_matrix() {
        let examples = examples();
        let all: Vec<usize> = (0..N).collect();
        for hidden in [&[5][..], &[5, 7]] {
            for initialisation in [Initialisation::Xavier, Initialisation::Ntk] {
                let layers = layers(hidden, initialisation);
                for only_last_layer in [false, true] {
                    let wanted = by_differences(&layers, &examples.inputs(&all), only_last_layer);
                    let sum = CurvatureOptions {
                        only_last_layer,
                        ..options(N, Reduction::Sum)
                    };
                    let found = largest_curvature(&layers, &examples, sum);
                    let error = found / wanted - 1.0;
                    assert!(
                        (-0.02..1e-6).contains(&error),
                        "{hidden:?} {found} {wanted}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_steepest_batch_counts_and_losses_and_reductions_are_factors() {
        let (layers, examples) = (layers(&[5], Initialisation::Xavier), examples());
        let sum = |batch| largest_curvature(&layers, &examples, options(batch, Reduction::Sum));
        let pairs = [[0, 1], [2, 3], [4, 5]];
        let each = pairs.map(|rows| by_differences(&layers, &examples.inputs(&rows), false));
        let steepest = each.into_iter().fold(0.0, f64::max);
        assert!(
            (sum(2) / steepest - 1.0).abs() < 0.02,
            "{} {each:?}",
            sum(2)
        );
        let mean = options(2, Reduction::Mean);
        let found = largest_curvature(&layers, &examples, mean);
        assert!((found - sum(2) / 2.0).abs() < 1e-12);
        let softmax = CurvatureOptions {
            loss: Loss::SoftmaxCrossEntropy,
            ..mean
        };
        assert!((largest_curvature(&layers, &examples, softmax) - found / 2.0).abs() < 1e-12);
    }

    #[test]
    fn inputs_without_a_finite_size_have_no_curvature() {
        let layers = layers(&[5], Initialisation::Xavier);
        for (size, wanted) in [(0.0, false), (1e200, true)] {
            let inputs = Array2::from_elem((2, 4), size);
            let examples = Examples::reals(inputs, Array2::zeros((2, 3)), 1.0).unwrap();
            let found = largest_curvature(&layers, &examples, options(2, Reduction::Sum));
            assert_eq!(found.is_nan(), wanted, "{size}: {found}");
        }
    }
}
