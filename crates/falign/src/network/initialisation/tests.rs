//! Moments of what is drawn.

use ndarray::Array2;

use super::feedback::draw_matrix;
use super::*;
use crate::math::{Activation, StreamName, Streams};
use crate::network::Architecture;
use crate::rule::{Composition, Layer};
use crate::stage::Listener;
use crate::stage::{Stage, Work};

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

fn feedback(name: &str, initialisation: Initialisation, shape: FeedbackShape) -> Vec<Array2<f64>> {
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
