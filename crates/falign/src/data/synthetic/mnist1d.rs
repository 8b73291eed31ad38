//! MNIST-1D: sequences in the form of ten digits, drawn afresh.
//!
//! A sample is its class's template, put somewhere into a longer sequence, of a random length, height and slope; around
//! it is smooth noise, on all of it a little white noise. Dense networks, convolutions and recurrent networks differ on
//! it, which takes a minute to see.
//!
//! Source: S. Greydanus and D. Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024). Their program draws by
//! other random numbers, so that samples differ and laws do not.

use ndarray::Array2;

use crate::Result;
use crate::data::labelled::{Inputs, Labelled};
use crate::math::{Stream, StreamName, Streams};
use crate::stage::{DRAW, Listener, Stage, Work};

/// Sentence that cites it.
pub(super) const SOURCE: &str = "Greydanus, Kobak (2024): sequences in the form of digits";

/// Digits that there are.
pub(super) const CLASSES: usize = TEMPLATES.len();
/// Places of the shortest sequence.
pub(super) const LEAST_LENGTH: usize = 2;

/// Places of a template.
const TEMPLATE: usize = 12;
/// Heights of the ten digits along their line, before they are standardised.
const TEMPLATES: [[f64; TEMPLATE]; 10] = [
    [5.0, 6.0, 6.5, 6.75, 7.0, 7.0, 7.0, 7.0, 6.75, 6.5, 6.0, 5.0],
    [5.0, 3.0, 3.0, 3.4, 3.8, 4.2, 4.6, 5.0, 5.4, 5.8, 5.0, 5.0],
    [5.0, 6.0, 6.5, 6.5, 6.0, 5.25, 4.75, 4.0, 3.5, 3.5, 4.0, 5.0],
    [5.0, 6.0, 6.5, 6.5, 6.0, 5.0, 5.0, 6.0, 6.5, 6.5, 6.0, 5.0],
    [5.0, 4.4, 3.8, 3.2, 2.6, 2.6, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0],
    [5.0, 3.0, 3.0, 3.0, 3.0, 5.0, 6.0, 6.5, 6.5, 6.0, 4.5, 5.0],
    [5.0, 4.0, 3.5, 3.25, 3.0, 3.0, 3.0, 3.0, 3.25, 3.5, 4.0, 5.0],
    [5.0, 7.0, 7.0, 6.6, 6.2, 5.8, 5.4, 5.0, 4.6, 4.2, 5.0, 5.0],
    [5.0, 4.0, 3.5, 3.5, 4.0, 5.0, 5.0, 4.0, 3.5, 3.5, 4.0, 5.0],
    [5.0, 4.0, 3.5, 3.5, 4.0, 5.0, 5.0, 5.0, 5.0, 4.7, 4.3, 5.0],
];

/// Height of a template over its standard deviation.
const HEIGHT: f64 = 1.0 / 6.0;
/// Added to each height, so that no place of a template counts as empty.
const ABOVE_EMPTY: f64 = 1e-8;
/// Least and most empty places behind a template.
const EMPTY: [usize; 2] = [36, 60];
/// Places at which all is put together.
const PLACES: usize = TEMPLATE + EMPTY[1];
/// Width of the law of heights: uniform on 1 -+ half of it.
const HEIGHTS: f64 = 0.4;
/// Places by which a template is moved, fewer than these.
const MOVES: usize = 48;
/// Standard deviation of the noise around a template before it is smoothed.
const SMOOTH_NOISE: f64 = 0.25;
/// Standard deviation in places of the Gaussian that smooths it.
const SMOOTHING: f64 = 2.0;
/// Places on each side that the Gaussian reaches.
const REACH: usize = 8;
/// Standard deviation of the noise on everything.
const WHITE_NOISE: f64 = 0.02;
/// Width of the law of slopes.
const SLOPES: f64 = 0.75;

/// Numbers that a sample draws, of which each has its own law.
struct Drawn {
    /// Empty places behind the template.
    empty: usize,
    height: f64,
    moved: usize,
    smooth: [f64; PLACES],
    white: [f64; PLACES],
    slope: f64,
}

impl Drawn {
    /// Words of the stream that one takes.
    const WORDS: usize = 4 + 2 * PLACES;

    fn draw(stream: &mut Stream) -> Self {
        let mut drawn = Self {
            empty: EMPTY[0] + stream.below(EMPTY[1] - EMPTY[0] + 1),
            height: 1.0 + HEIGHTS * (stream.uniform() - 0.5),
            moved: stream.below(MOVES),
            slope: SLOPES * (stream.uniform() - 0.5),
            smooth: [0.0; PLACES],
            white: [0.0; PLACES],
        };
        stream.fill_normal(&mut drawn.smooth);
        stream.fill_normal(&mut drawn.white);
        drawn
    }
}

/// Draws (samples, places, classes); sample i has label i mod classes.
pub(super) fn draw(
    streams: Streams,
    stream: StreamName,
    [samples, length, classes]: [usize; 3],
    listener: Listener<'_>,
) -> Result<Labelled> {
    assert!((2..=CLASSES).contains(&classes) && length >= LEAST_LENGTH);
    let work = Work::new(
        listener,
        DRAW * (samples * Drawn::WORDS) as f64,
        &Stage::data,
    );
    let templates: Vec<_> = TEMPLATES.iter().map(standardised).collect();
    let labels: Vec<usize> = (0..samples).map(|sample| sample % classes).collect();
    let mut stream = streams.open(stream);
    let mut x = Array2::zeros((samples, length));
    for (row, &label) in x.rows_mut().into_iter().zip(&labels) {
        let drawn = Drawn::draw(&mut stream);
        let transformed = transformed(&templates[label], &drawn);
        let sequence = resampled(&transformed, length);
        row.into_iter()
            .zip(sequence)
            .for_each(|(x, value)| *x = value);
        work.did(DRAW * Drawn::WORDS as f64)?;
    }
    let set = Labelled::new(Inputs::Reals(x.into()), vec![length], labels, classes);
    Ok(set.expect("finite numbers, and labels below the number of classes"))
}

/// A template of mean 0 and standard deviation 1, times [`HEIGHT`], that begins at 0.
fn standardised(template: &[f64; TEMPLATE]) -> [f64; TEMPLATE] {
    let places = TEMPLATE as f64;
    let mean = template.iter().sum::<f64>() / places;
    let square = |x: &f64| (x - mean) * (x - mean);
    let deviation = (template.iter().map(square).sum::<f64>() / places).sqrt();
    template.map(|x| HEIGHT * (x - template[0]) / deviation)
}

/// A template in its place, with noise.
fn transformed(template: &[f64; TEMPLATE], drawn: &Drawn) -> [f64; PLACES] {
    let mut padded = template.map(|x| x + ABOVE_EMPTY).to_vec();
    padded.resize(TEMPLATE + drawn.empty, 0.0);
    let mut values = [0.0; PLACES];
    let stretched = resampled(&padded, PLACES);
    for (at, value) in stretched.enumerate() {
        values[(at + drawn.moved) % PLACES] = drawn.height * value;
    }
    let smooth = smoothed(&drawn.smooth);
    for (at, value) in values.iter_mut().enumerate() {
        // Nothing was put there.
        if *value == 0.0 {
            *value = SMOOTH_NOISE * smooth[at];
        }
        let along = at as f64 / (PLACES - 1) as f64 - 0.5;
        *value += WHITE_NOISE * drawn.white[at] - drawn.slope * along;
    }
    values
}

/// Linear interpolation at so many places, the first and the last included.
fn resampled(values: &[f64], count: usize) -> impl Iterator<Item = f64> {
    let (from, to) = ((values.len() - 1) as f64, (count - 1) as f64);
    (0..count).map(move |at| {
        let place = at as f64 * from / to;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place within the values"
        )]
        let below = (place as usize).min(values.len() - 2);
        let share = place - below as f64;
        values[below] + share * (values[below + 1] - values[below])
    })
}

/// The mean of each place's neighbours by a Gaussian; at the ends the sequence is mirrored.
fn smoothed(noise: &[f64; PLACES]) -> [f64; PLACES] {
    let weight = |by: usize| libm::exp(-0.5 * (by as f64 / SMOOTHING).powi(2));
    let total: f64 = 1.0 + 2.0 * (1..=REACH).map(weight).sum::<f64>();
    std::array::from_fn(|at| {
        let mirrored = |by: usize| {
            let behind = at + by;
            let behind = if behind < PLACES {
                behind
            } else {
                2 * PLACES - 1 - behind
            };
            let before = if by <= at { at - by } else { by - at - 1 };
            noise[before] + noise[behind]
        };
        let sides: f64 = (1..=REACH).map(|by| weight(by) * mirrored(by)).sum();
        (noise[at] + sides) / total
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the authors' program for the same draws.
    #[test]
    fn a_sequence_is_that_of_the_published_program() {
        let number =
            |by: usize, more: usize, of: usize| move |at: usize| ((by * at + more) % of) as f64;
        let (smooth, white) = (number(37, 11, 101), number(53, 29, 97));
        let drawn = Drawn {
            empty: 41,
            height: 1.125,
            moved: 17,
            slope: -0.25,
            smooth: std::array::from_fn(|at| smooth(at) / 50.0 - 1.0),
            white: std::array::from_fn(|at| white(at) / 48.0 - 1.0),
        };
        let found: Vec<f64> =
            resampled(&transformed(&standardised(&TEMPLATES[7]), &drawn), 40).collect();
        let expected = [
            (0, -0.186_231_329_405_883),
            (1, -0.134_502_509_371_195),
            (9, -0.053_844_447_825_375_5),
            (10, 0.256_636_694_355_058),
            (16, -0.173_762_434_353_931),
            (18, -0.012_051_277_017_425),
            (27, 0.016_019_163_765_129_8),
            (39, 0.046_061_387_845_593_5),
        ];
        for (at, expected) in expected {
            let error = (found[at] - expected).abs();
            assert!(error < 1e-13, "{at}: {} for {expected}", found[at]);
        }
    }

    /// Means and standard deviations of 4000 samples of the authors' program, at five places.
    #[test]
    fn samples_have_the_published_law() {
        let published = [
            (
                0,
                [
                    (0.0031, 0.1717),
                    (0.0947, 0.2048),
                    (0.0983, 0.191),
                    (0.0053, 0.1246),
                ],
            ),
            (
                4,
                [
                    (-0.0025, 0.1692),
                    (-0.0437, 0.1513),
                    (-0.0377, 0.1278),
                    (-0.003, 0.1181),
                ],
            ),
            (
                9,
                [
                    (-0.0009, 0.1646),
                    (-0.0438, 0.1489),
                    (-0.0448, 0.1314),
                    (0.0006, 0.1194),
                ],
            ),
        ];
        let shape = [40_000, 40, 10];
        let set = draw(
            Streams::new(1, 0),
            StreamName::Data,
            shape,
            Listener::NOBODY,
        )
        .unwrap();
        let Inputs::Reals(x) = set.inputs() else {
            panic!("sequences are real numbers")
        };
        for (class, places) in published {
            for (place, (mean, deviation)) in [0, 7, 20, 33].into_iter().zip(places) {
                let values: Vec<f64> = (class..40_000)
                    .step_by(10)
                    .map(|row| x[(row, place)])
                    .collect();
                let n = values.len() as f64;
                let found = values.iter().sum::<f64>() / n;
                let square = |x: &f64| (x - found).powi(2);
                let spread = (values.iter().map(square).sum::<f64>() / n).sqrt();
                // Five standard errors of the difference of two samples of 4000.
                let slack = 5.0 * deviation * (2.0 / n).sqrt();
                assert!((found - mean).abs() < slack, "{class}, {place}: {found}");
                assert!(
                    (spread - deviation).abs() < slack,
                    "{class}, {place}: {spread}"
                );
            }
        }
    }

    #[test]
    fn sets_share_no_sample_and_fewer_classes_have_the_first_digits() {
        let set = |stream, classes| {
            draw(
                Streams::new(1, 0),
                stream,
                [6, 40, classes],
                Listener::NOBODY,
            )
            .unwrap()
        };
        let train = set(StreamName::Data, 3);
        assert_eq!(train.labels(), [0, 1, 2, 0, 1, 2]);
        assert_ne!(train.inputs(), set(StreamName::HeldOut, 3).inputs());
        assert_eq!(train.inputs(), set(StreamName::Data, 3).inputs());
    }
}
