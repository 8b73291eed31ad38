//! Laws of weights at the start, forward and backward.

use ndarray::{Array1, Array2};

use super::Architecture;
use crate::Result;
use crate::layer::Parameter;
use crate::math::{Activation, Scalar, Stream, StreamName, Streams, multiply};
use crate::rule::{Composition, FeedbackWeights, Layer, Magnitude, SignalPath};
use crate::stage::{DRAW, Stage, Work, unstopped};

/// How forward weights start, and what multiplies each layer's weighted sum.
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
    fn sd(self) -> f64 {
        match self {
            Self::Normal { sd } => sd,
            Self::Uniform { half } => half / 3f64.sqrt(),
        }
    }

    fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Self::Normal { sd } => sd * stream.normal(),
            Self::Uniform { half } => half * 2f64.mul_add(stream.uniform(), -1.0),
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
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        draw_layers_of(architecture, initialisation, streams, &work)
    })
}

/// A matrix that is drawn row by row.
fn drawn<T>(
    (rows, columns): (usize, usize),
    work: &Work<'_>,
    next: impl FnMut() -> T,
) -> Result<Array2<T>> {
    let values = work.draw(rows * columns, next)?;
    Ok(Array2::from_shape_vec((rows, columns), values).expect("one number for each entry"))
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
    (0..layers.len() - 1)
        .map(|at| {
            let units = layers[at].units();
            let is_direct = composition.path == SignalPath::Direct;
            let rows = if is_direct {
                outputs
            } else {
                layers[at + 1].units()
            };
            let (law, _) = initialisation.layer(&Parameter::matrix(rows, units), false);
            let mut b = draw_matrix(law, (rows, units), shape, &mut stream, work)?;
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
            Ok(b.mapv(|x| T::from_f64(shape.scale * x)))
        })
        .collect()
}

/// Numbers that [`draw_feedback`] draws, at most, for layers of these shapes, (units, inputs).
pub(crate) fn feedback_draws(composition: Composition, shapes: &[(usize, usize)]) -> f64 {
    if composition.feedback == FeedbackWeights::Transpose {
        return 0.0;
    }
    let outputs = shapes.last().map_or(0, |shape| shape.0);
    let of_layer = |pair: &[(usize, usize)]| {
        let rows = match composition.path {
            SignalPath::Direct => outputs,
            SignalPath::Layerwise => pair[1].0,
        };
        pair[0].0 as f64 * rows as f64
    };
    shapes.windows(2).map(of_layer).sum()
}

fn draw_matrix(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Listener;

    /// Distance from an expected mean, in its own standard deviations: one in 2e6 by chance.
    const STANDARD_ERRORS: f64 = 5.0;

    const ALL: [Initialisation; 9] = [
        Initialisation::UniformFanIn,
        Initialisation::Xavier,
        Initialisation::XavierUniform,
        Initialisation::He,
        Initialisation::HeUniform,
        Initialisation::Ntk,
        Initialisation::Paper,
        Initialisation::Zero,
        Initialisation::ScaledUniform { scale: 0.3 },
    ];

    const SIZES: (usize, [usize; 2], usize) = (53, [211, 97], 67);

    fn layers(initialisation: Initialisation, has_biases: bool) -> Vec<Layer<f64>> {
        let (inputs, hidden, outputs) = SIZES;
        let architecture = Architecture::new(inputs, &hidden, outputs, Activation::Erf);
        let mut architecture = architecture.unwrap();
        architecture.has_biases = has_biases;
        draw_layers(&architecture, initialisation, Streams::new(6, 1))
    }

    fn feedback(
        name: &str,
        initialisation: Initialisation,
        shape: FeedbackShape,
    ) -> Vec<Array2<f64>> {
        let composition = Composition::named(name).unwrap();
        let layers = layers(initialisation, false);
        draw_feedback(
            composition,
            &layers,
            initialisation,
            shape,
            Streams::new(6, 1),
        )
    }

    /// Variance and kurtosis of the weights of a layer that is not the first.
    fn moments(initialisation: Initialisation, (units, inputs): (usize, usize)) -> (f64, f64) {
        let (units, inputs) = (units as f64, inputs as f64);
        match initialisation {
            Initialisation::UniformFanIn => (1.0 / (3.0 * inputs), 1.8),
            Initialisation::Xavier => (2.0 / (units + inputs), 3.0),
            Initialisation::XavierUniform => (2.0 / (units + inputs), 1.8),
            Initialisation::He => (2.0 / inputs, 3.0),
            Initialisation::HeUniform => (2.0 / inputs, 1.8),
            Initialisation::Ntk | Initialisation::Paper => (1.0, 3.0),
            Initialisation::Zero => (0.0, 3.0),
            Initialisation::ScaledUniform { scale } => (scale * scale / 3.0, 1.8),
        }
    }

    fn alone() -> Work<'static> {
        Work::new(Listener::NOBODY, 0.0, &Stage::weights)
    }

    fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
        values.sum::<f64>() / count as f64
    }

    /// Mean, variance and fourth moment of independent weights with these moments.
    #[track_caller]
    fn has_law(weights: &[f64], (variance, kurtosis): (f64, f64), what: &str) {
        let n = weights.len();
        let power = |p| mean(weights.iter().map(|w| w.powi(p)), n);
        let error = |unit: f64, spread: f64| STANDARD_ERRORS * unit * (spread / n as f64).sqrt();
        let is_near = |found: f64, expected: f64, error: f64| (found - expected).abs() <= error;
        let (first, second, fourth) = (power(1), power(2), power(4));
        assert!(
            is_near(first, 0.0, error(variance.sqrt(), 1.0)),
            "{what}: mean {first}"
        );
        let spread = error(variance, kurtosis - 1.0);
        assert!(
            is_near(second, variance, spread),
            "{what}: {second}, not {variance}"
        );
        // Eighth moments of the normal (105) and of the uniform law (9).
        let square = variance * variance;
        let eighth = if kurtosis < 2.0 { 9.0 } else { 105.0 };
        let spread = error(square, eighth - kurtosis * kurtosis);
        assert!(
            is_near(fourth, kurtosis * square, spread),
            "{what}: fourth moment {fourth}"
        );
    }

    #[test]
    fn layers_are_drawn_by_their_laws() {
        for initialisation in ALL {
            let layers = layers(initialisation, true);
            for (at, layer) in layers.iter().enumerate() {
                let what = format!("{initialisation:?}, layer {at}");
                let shape = layer.weights.dim();
                let expected = moments(initialisation, shape);
                has_law(layer.weights.as_slice().unwrap(), expected, &what);
                let root = 1.0 / (shape.1 as f64).sqrt();
                let factor = match initialisation {
                    Initialisation::Ntk => root,
                    Initialisation::Paper if at > 0 => root,
                    _ => 1.0,
                };
                assert!((layer.factor - factor).abs() < 1e-15, "{what}");
                let psi = [Activation::Erf, Activation::Erf, Activation::Linear][at];
                assert_eq!(layer.activation, psi, "{what}");
                let biases = layer.bias.as_ref().unwrap();
                if initialisation == Initialisation::UniformFanIn {
                    has_law(
                        biases.as_slice().unwrap(),
                        expected,
                        &format!("{what}, biases"),
                    );
                } else {
                    assert!(biases.iter().all(|b| *b == 0.0), "{what}");
                }
            }
        }
        let without = self::layers(Initialisation::UniformFanIn, false);
        assert!(without.iter().all(|layer| layer.bias.is_none()));
    }

    #[test]
    fn feedback_is_drawn_by_the_law_of_its_own_shape() {
        let scale = 2.5;
        let shape = FeedbackShape {
            scale,
            ..FeedbackShape::default()
        };
        let (_, [first, second], outputs) = SIZES;
        for initialisation in ALL {
            for (name, rows) in [
                ("feedback_alignment", [second, outputs]),
                ("direct_feedback_alignment", [outputs, outputs]),
            ] {
                let drawn = feedback(name, initialisation, shape);
                for (at, b) in drawn.iter().enumerate() {
                    let what = format!("{name}, {initialisation:?}, layer {at}");
                    assert_eq!(b.dim(), (rows[at], [first, second][at]), "{what}");
                    let (variance, kurtosis) = moments(initialisation, b.dim());
                    has_law(
                        b.as_slice().unwrap(),
                        (scale * scale * variance, kurtosis),
                        &what,
                    );
                }
            }
        }
        let none = feedback("backpropagation", Initialisation::He, shape);
        assert!(none.is_empty());
        let sd = (2.0 / first as f64).sqrt();
        for b in &feedback("uniform_sign_symmetry", Initialisation::He, shape)[0] {
            assert!((b - scale * sd).abs() < 1e-15);
        }
    }

    /// Sparse feedback grows where it is left, so that the variance stays.
    #[test]
    fn sparse_feedback_keeps_its_variance() {
        for sparsity in [0.3, 0.75] {
            let shape = FeedbackShape {
                sparsity,
                ..FeedbackShape::default()
            };
            for initialisation in [Initialisation::Paper, Initialisation::UniformFanIn] {
                for b in feedback("feedback_alignment", initialisation, shape) {
                    let what = format!("{initialisation:?} {sparsity} {:?}", b.dim());
                    let share = mean(b.iter().map(|b| f64::from(u8::from(*b == 0.0))), b.len());
                    let error = (sparsity * (1.0 - sparsity) / b.len() as f64).sqrt();
                    assert!(
                        (share - sparsity).abs() < STANDARD_ERRORS * error,
                        "{what}: {share}"
                    );
                    // Those that are left have a larger variance, and the same kurtosis.
                    let (variance, kurtosis) = moments(initialisation, b.dim());
                    let left: Vec<f64> = b.iter().copied().filter(|b| b.abs() > 0.0).collect();
                    has_law(&left, (variance / (1.0 - sparsity), kurtosis), &what);
                }
            }
        }
    }

    #[test]
    fn signs_have_the_size_of_the_law_and_are_fair() {
        for sparsity in [0.0, 0.4] {
            let shape = FeedbackShape {
                signs_only: true,
                sparsity,
                ..FeedbackShape::default()
            };
            for b in feedback(
                "direct_feedback_alignment",
                Initialisation::UniformFanIn,
                shape,
            ) {
                let (variance, _) = moments(Initialisation::UniformFanIn, b.dim());
                let size = (variance / (1.0 - sparsity)).sqrt();
                let left: Vec<f64> = b.iter().copied().filter(|b| b.abs() > 0.0).collect();
                assert!(
                    left.iter().all(|b| (b.abs() - size).abs() < 1e-12),
                    "{sparsity}"
                );
                assert_eq!(sparsity > 0.0, left.len() < b.len());
                let sum = left.iter().map(|b| b.signum()).sum::<f64>();
                assert!(
                    sum.abs() < STANDARD_ERRORS * (left.len() as f64).sqrt(),
                    "{sum}"
                );
            }
        }
    }

    #[test]
    fn feedback_of_a_low_rank_has_it_and_keeps_its_variance() {
        const DRAWS: u64 = 60;
        let (rank, rows, columns) = (2, 31, 43);
        let law = Law::Uniform { half: 0.6 };
        let shape = FeedbackShape {
            rank: Some(rank),
            ..FeedbackShape::default()
        };
        let mut squares = 0.0;
        for seed in 0..DRAWS {
            let mut stream = Streams::new(seed, 0).open(StreamName::FeedbackWeights);
            let b = draw_matrix(law, (rows, columns), shape, &mut stream, &alone()).unwrap();
            squares += mean(b.iter().map(|b| b * b), b.len()) / DRAWS as f64;
            let minor = |i: usize, j: usize| b[(0, 0)] * b[(i, j)] - b[(0, j)] * b[(i, 0)];
            // Two by two minors with a common pivot are those of a matrix of rank 1.
            assert!(minor(1, 1).abs() > 1e-6);
            let (plain, crossed) = (minor(5, 7) * minor(9, 3), minor(5, 3) * minor(9, 7));
            assert!((plain - crossed).abs() < 1e-13, "{plain} {crossed}");
        }
        // 0.6^2 / 3; the mean square of a draw varies by 2/(rank rows) + 2/(rank columns), about.
        let spread = (1.0 / rows as f64 + 1.0 / columns as f64) / DRAWS as f64;
        let ratio = squares / 0.12;
        assert!(
            (ratio - 1.0).abs() < STANDARD_ERRORS * spread.sqrt(),
            "{ratio}"
        );
        // A rank that is none of a limit.
        let full = FeedbackShape {
            rank: Some(rows),
            ..FeedbackShape::default()
        };
        let draw = |shape| {
            let mut stream = Streams::new(1, 0).open(StreamName::FeedbackWeights);
            draw_matrix(law, (rows, columns), shape, &mut stream, &alone()).unwrap()
        };
        assert_eq!(draw(full), draw(FeedbackShape::default()));
    }

    #[test]
    fn correlated_feedback_keeps_its_variance() {
        let initialisation = Initialisation::Xavier;
        let layers = layers(initialisation, false);
        for (correlation, scale) in [(0.6, 1.0), (-0.35, 1.5), (1.0, 1.0)] {
            let shape = FeedbackShape {
                scale,
                correlation,
                ..FeedbackShape::default()
            };
            for (b, above) in feedback("kolen_pollack", initialisation, shape)
                .iter()
                .zip(&layers[1..])
            {
                let (variance, kurtosis) = moments(initialisation, b.dim());
                has_law(
                    b.as_slice().unwrap(),
                    (scale * scale * variance, kurtosis),
                    "correlated",
                );
                let products = b.iter().zip(&above.weights).map(|(b, w)| b * w);
                let found = mean(products, b.len()) / (scale * variance);
                let error = STANDARD_ERRORS * (2.0 / b.len() as f64).sqrt();
                assert!((found - correlation).abs() < error, "{found} {correlation}");
            }
        }
        let alone = FeedbackShape {
            correlation: 0.6,
            ..FeedbackShape::default()
        };
        let direct = |shape| feedback("direct_feedback_alignment", initialisation, shape);
        assert_eq!(
            direct(alone),
            direct(FeedbackShape::default()),
            "no weights to stand for"
        );
    }
}
