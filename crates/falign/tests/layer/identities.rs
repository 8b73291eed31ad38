//! The three calls of an operator are one bilinear form and its two transposes.

use falign::internal::layer::{Gain, Image, Plain, Window, Windows, bias_gradient};
use falign::layer::{Batch, Dense, Finish, Inputs, Layout, Operator, Parameter, Way};

use super::members::{Embedding, along, convolution};
use super::{BATCHES, dot, normals, signal, stream};

/// Rounding of sums of some hundred products of normals.
const ROUNDING: f64 = 1e-11;

/// y = A(w, x).
pub(super) fn forward(
    operator: &dyn Operator<f64>,
    w: &[f64],
    x: Inputs<'_, f64>,
    batch: Batch,
) -> Vec<f64> {
    let (mut space, mut y) = (
        Vec::new(),
        vec![f64::NAN; batch.length(operator.extent().outputs)],
    );
    if let Layout::Lanes(_) = batch.layout {
        // Lanes without a sample are not asked about.
        y.fill(0.0);
    }
    let weights = operator.pack(w, Way::Forward, &mut space);
    operator.forward(weights, x, &mut y, batch, Finish::None);
    y
}

/// The signal below.
pub(super) fn pull_back(
    operator: &dyn Operator<f64>,
    w: &[f64],
    signal: &[f64],
    batch: Batch,
) -> Vec<f64> {
    let (mut space, mut below) = (
        Vec::new(),
        vec![0.0; batch.length(operator.extent().inputs)],
    );
    let through = operator.pack(w, Way::Back, &mut space);
    operator.pull_back(through, signal, &mut below, batch, Finish::None);
    below
}

pub(super) fn gradient(
    operator: &dyn Operator<f64>,
    x: Inputs<'_, f64>,
    delta: &[f64],
    batch: Batch,
) -> Vec<f64> {
    let mut gradient = vec![0.0; operator.weights().length()];
    operator.gradient(x, delta, &mut gradient, batch);
    gradient
}

fn operators() -> Vec<Box<dyn Operator<f64>>> {
    let mut all: Vec<Box<dyn Operator<f64>>> = vec![
        Box::new(Dense::new(7, 3, 0.6)),
        Box::new(Dense::new(1, 5, 1.0)),
        Box::new(Gain {
            channels: 3,
            places: 4,
        }),
    ];
    for (windows, channels) in windows() {
        all.push(Box::new(Plain::convolution(windows, channels)));
        all.push(Box::new(Plain::local(windows, channels)));
    }
    all
}

/// Windows of many shapes, and channels above them.
fn windows() -> Vec<(Windows, usize)> {
    let window = |size, stride, padding| Window {
        size,
        stride,
        padding,
    };
    let over = |[channels, height, width]: [usize; 3], down, along| Windows {
        input: Image {
            channels,
            height,
            width,
        },
        down,
        along,
    };
    vec![
        (along(9, 2, 4, 1), 3),
        (along(10, 3, 3, 2), 1),
        (along(5, 2, 5, 3), 2),
        (over([2, 5, 4], window(3, 1, 1), window(2, 1, 0)), 3),
        (over([3, 6, 7], window(3, 2, 1), window(5, 3, 2)), 2),
        // One place above; more padding than image.
        (over([2, 3, 4], window(3, 1, 0), window(4, 1, 0)), 5),
        (over([1, 2, 1], window(4, 2, 3), window(3, 1, 2)), 2),
        (over([4, 3, 3], window(1, 1, 0), window(1, 1, 0)), 3),
    ]
}

#[test]
fn each_call_is_a_transpose_of_the_others() {
    for (at, operator) in operators().iter().enumerate() {
        for batch in BATCHES {
            let stream = &mut stream(at as u64);
            let extent = operator.extent();
            let w = normals(stream, operator.weights().length());
            let x = signal(stream, extent.inputs, batch);
            let g = signal(stream, extent.outputs, batch);
            let y = forward(operator.as_ref(), &w, Inputs::Numbers(&x), batch);
            let below = pull_back(operator.as_ref(), &w, &g, batch);
            let by_weights = gradient(operator.as_ref(), Inputs::Numbers(&x), &g, batch);
            let [forth, back, slope] = [dot(&y, &g), dot(&x, &below), dot(&w, &by_weights)];
            assert!(forth.abs() > 0.1, "{operator:?} {batch:?}: {forth}");
            for other in [back, slope] {
                let error = (forth - other).abs() / forth.abs().max(1.0);
                assert!(error < ROUNDING, "{operator:?} {batch:?}: {forth} {other}");
            }
        }
    }
}

#[test]
fn tokens_choose_rows_and_teach_them() {
    let operator = Embedding {
        vocabulary: 6,
        width: 3,
        context: 2,
    };
    for batch in BATCHES {
        let stream = &mut stream(8);
        let w = normals(stream, operator.weights().length());
        let tokens: Vec<u32> = (0..u32::try_from(batch.length(2)).unwrap())
            .map(|i| (i * 5 + 1) % 6)
            .collect();
        let g = signal(stream, 6, batch);
        let y = forward(&operator, &w, Inputs::Tokens(&tokens), batch);
        let by_weights = gradient(&operator, Inputs::Tokens(&tokens), &g, batch);
        let error = (dot(&y, &g) - dot(&w, &by_weights)).abs();
        assert!(error < ROUNDING, "{batch:?}: {error:e}");
        // The second token of the last sample, by hand.
        let row = tokens[batch.place(4, 1, 2)] as usize * 3;
        assert!((y[batch.place(4, 5, 6)] - w[row + 2]).abs() < ROUNDING);
    }
}

#[test]
fn both_layouts_hold_the_same_numbers() {
    let [rows, lanes] = BATCHES;
    for (at, operator) in operators().iter().enumerate() {
        let extent = operator.extent();
        let w = normals(&mut stream(20 + at as u64), operator.weights().length());
        // The same draws, put where each layout has them.
        let [x, other_x] = BATCHES.map(|batch| signal(&mut stream(1), extent.inputs, batch));
        let y = forward(operator.as_ref(), &w, Inputs::Numbers(&x), rows);
        let other = forward(operator.as_ref(), &w, Inputs::Numbers(&other_x), lanes);
        for sample in 0..rows.samples {
            for number in 0..extent.outputs {
                let places = [rows, lanes].map(|b| b.place(sample, number, extent.outputs));
                let error = (y[places[0]] - other[places[1]]).abs();
                assert!(error < ROUNDING, "{operator:?} {sample} {number}");
            }
        }
    }
}

#[test]
fn what_finishes_a_call_is_a_pass_behind_it() {
    let dense = Dense::new(4, 3, 0.7);
    let convolution = convolution(6, [2, 3], 2, 1);
    let local = Plain::local(along(6, 2, 2, 1), 3);
    let gain = Gain {
        channels: 3,
        places: 2,
    };
    let operators: [&dyn Operator<f64>; 4] = [&dense, &convolution, &local, &gain];
    for operator in operators {
        for batch in BATCHES {
            let stream = &mut stream(3);
            let extent = operator.extent();
            let w = normals(stream, operator.weights().length());
            let (x, g) = (
                signal(stream, extent.inputs, batch),
                signal(stream, extent.outputs, batch),
            );
            let bias = normals(stream, extent.channels);
            let slopes = signal(stream, extent.inputs, batch);
            let mut space = Vec::new();
            let mut y = vec![0.0; batch.length(extent.outputs)];
            let packed = operator.pack(&w, Way::Forward, &mut space);
            operator.forward(
                packed,
                Inputs::Numbers(&x),
                &mut y,
                batch,
                Finish::Bias(&bias),
            );
            let plain = forward(operator, &w, Inputs::Numbers(&x), batch);
            let signals = pull_back(operator, &w, &g, batch);
            let mut below = vec![0.0; batch.length(extent.inputs)];
            let mut rectified = below.clone();
            let packed = operator.pack(&w, Way::Back, &mut space);
            operator.pull_back(packed, &g, &mut below, batch, Finish::Slopes(&slopes));
            operator.pull_back(
                packed,
                &g,
                &mut rectified,
                batch,
                Finish::Rectified(&slopes),
            );
            for sample in 0..batch.samples {
                for at in 0..extent.outputs {
                    let place = batch.place(sample, at, extent.outputs);
                    let wanted = plain[place] + bias[at % extent.channels];
                    assert!((y[place] - wanted).abs() < ROUNDING, "{operator:?}");
                }
                for at in 0..extent.inputs {
                    let place = batch.place(sample, at, extent.inputs);
                    let wanted = signals[place] * slopes[place];
                    assert!((below[place] - wanted).abs() < ROUNDING, "{operator:?}");
                    let fires = f64::from(u8::from(slopes[place] > 0.0));
                    let wanted = signals[place] * fires;
                    assert!((rectified[place] - wanted).abs() < ROUNDING, "{operator:?}");
                }
            }
            // <bias added, g> = <bias, its gradient>.
            let mut by_bias = vec![0.0; extent.channels];
            bias_gradient(&g, extent.outputs, &mut by_bias, batch);
            let added: Vec<f64> = y.iter().zip(&plain).map(|(y, z)| y - z).collect();
            let error = (dot(&added, &g) - dot(&bias, &by_bias)).abs();
            assert!(error < ROUNDING, "{operator:?} {error:e}");
        }
    }
}

#[test]
fn shapes_say_how_many_weights_meet() {
    let windows = Windows {
        down: Window {
            size: 2,
            stride: 1,
            padding: 1,
        },
        ..along(9, 2, 4, 1)
    };
    let convolution = Plain::convolution(windows, 3);
    let Parameter {
        shape,
        fan_in,
        fan_out,
        ..
    } = Operator::<f64>::weights(&convolution);
    assert_eq!((shape, fan_in, fan_out), (vec![3, 2, 4, 2], 16, 24));
    assert_eq!(Operator::<f64>::extent(&convolution).channels, 3);
    let local = Plain::local(windows, 3);
    let weights = Operator::<f64>::weights(&local);
    assert_eq!(weights.shape, [2, 6, 3, 2, 4, 2]);
    assert_eq!((weights.fan_in, weights.fan_out), (16, 24));
    assert_eq!(Operator::<f64>::extent(&local).channels, 36);
    let dense = Operator::<f64>::weights(&Dense::new(7, 3, 1.0));
    assert_eq!((dense.length(), dense.fan_in, dense.fan_out), (21, 7, 3));
}
