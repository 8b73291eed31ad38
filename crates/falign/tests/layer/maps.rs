//! Maps pull back through the slope of the pass that they kept.

use falign::internal::layer::{
    Activated, BatchNorm, ChannelsFirst, Dropped, Image, Kept, LayerNorm, Map, Pass, Pool,
    Residual, Window, Windows,
};
use falign::layer::Batch;
use falign::math::{Activation, Stream};

use super::members::{RunningCentre, along};
use super::{BATCHES, dot, signal, stream};

/// Error of a central difference with step 1e-5.
const DIFFERENCE: f64 = 1e-8;

fn run(
    map: &dyn Map<f64>,
    x: &[Vec<f64>],
    batch: Batch,
    states: &mut [Vec<f64>],
    noise: &mut Stream,
) -> (Vec<f64>, Kept<f64>) {
    run_as(map, x, batch, states, noise, true)
}

fn run_as(
    map: &dyn Map<f64>,
    x: &[Vec<f64>],
    batch: Batch,
    states: &mut [Vec<f64>],
    noise: &mut Stream,
    is_training: bool,
) -> (Vec<f64>, Kept<f64>) {
    let mut y = vec![0.0; batch.length(map.outputs())];
    let mut kept = Kept::default();
    let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let mut pass = Pass {
        batch,
        is_training,
        noise,
        states,
    };
    map.forward(&x, &mut y, &mut pass, &mut kept);
    (y, kept)
}

fn start(map: &dyn Map<f64>) -> Vec<Vec<f64>> {
    let states = map.states().into_iter();
    states.map(|(_, start)| start).collect()
}

fn pull_back(map: &dyn Map<f64>, g: &[f64], kept: &Kept<f64>, batch: Batch) -> Vec<Vec<f64>> {
    let space = map.inputs().into_iter();
    let mut below: Vec<Vec<f64>> = space.map(|n| vec![f64::NAN; batch.length(n)]).collect();
    let mut slices: Vec<&mut [f64]> = below.iter_mut().map(Vec::as_mut_slice).collect();
    map.pull_back(g, kept, &mut slices, batch);
    below
}

/// Windows over an image of 5 x 4 places of 3 channels, some of them over its edges.
fn windows() -> Windows {
    let window = |size, stride, padding| Window {
        size,
        stride,
        padding,
    };
    Windows {
        input: Image {
            channels: 3,
            height: 5,
            width: 4,
        },
        down: window(3, 2, 1),
        along: window(2, 1, 0),
    }
}

const BATCH_NORM: BatchNorm = BatchNorm {
    channels: 3,
    places: 4,
    epsilon: 1e-3,
    momentum: 0.25,
};

fn maps() -> Vec<Box<dyn Map<f64>>> {
    vec![
        Box::new(Pool::mean(windows())),
        Box::new(Pool::max(windows())),
        Box::new(Pool::max(along(6, 2, 3, 3))),
        Box::new(Pool::mean(along(6, 2, 6, 1))),
        Box::new(LayerNorm {
            groups: 1,
            size: 7,
            epsilon: 1e-3,
        }),
        Box::new(LayerNorm {
            groups: 3,
            size: 4,
            epsilon: 1e-3,
        }),
        Box::new(BATCH_NORM),
        Box::new(Residual { numbers: 4 }),
        Box::new(ChannelsFirst(windows().input)),
        Box::new(Activated {
            activation: Activation::Tanh,
            numbers: 3,
        }),
        Box::new(Dropped {
            numbers: 7,
            rate: 0.4,
        }),
        Box::new(RunningCentre { numbers: 3 }),
    ]
}

/// A signal with no number where there is no sample.
fn with_gaps(mut values: Vec<f64>, numbers: usize, batch: Batch) -> Vec<f64> {
    let mut is_held = vec![false; values.len()];
    for sample in 0..batch.samples {
        for at in 0..numbers {
            is_held[batch.place(sample, at, numbers)] = true;
        }
    }
    let gaps = values.iter_mut().zip(is_held).filter(|(_, held)| !held);
    gaps.for_each(|(value, _)| *value = f64::NAN);
    values
}

/// Numbers of the samples, one after the other.
fn in_rows(values: &[f64], numbers: usize, batch: Batch) -> Vec<f64> {
    let all = (0..batch.samples).flat_map(|sample| (0..numbers).map(move |at| (sample, at)));
    all.map(|(sample, at)| values[batch.place(sample, at, numbers)])
        .collect()
}

/// Inputs of a map, with gaps.
fn draw_inputs(map: &dyn Map<f64>, draws: &mut Stream, batch: Batch) -> Vec<Vec<f64>> {
    let numbers = map.inputs().into_iter();
    numbers
        .map(|n| with_gaps(signal(draws, n, batch), n, batch))
        .collect()
}

/// Draws of a step.
fn noise() -> Stream {
    let mut noise = stream(6);
    noise.enter(3, 7);
    noise
}

#[test]
fn signals_are_directional_differences() {
    for map in maps() {
        for (batch, is_training) in BATCHES.into_iter().flat_map(|b| [(b, true), (b, false)]) {
            let (map, draws) = (map.as_ref(), &mut stream(5));
            let (x, v) = (
                draw_inputs(map, draws, batch),
                draw_inputs(map, draws, batch),
            );
            let outputs = map.outputs();
            let g = with_gaps(signal(draws, outputs, batch), outputs, batch);
            let pass = |x: &[Vec<f64>]| {
                // States that the start does not have.
                let mut states = start(map);
                states.iter_mut().flatten().for_each(|s| *s += 0.3);
                run_as(map, x, batch, &mut states, &mut noise(), is_training)
            };
            let at = |h: f64| {
                let moved: Vec<Vec<f64>> = x
                    .iter()
                    .zip(&v)
                    .map(|(x, v)| x.iter().zip(v).map(|(x, v)| x + h * v).collect())
                    .collect();
                let y = pass(&moved).0;
                dot(&in_rows(&y, outputs, batch), &in_rows(&g, outputs, batch))
            };
            let h = 1e-5;
            let wanted = (at(h) - at(-h)) / (2.0 * h);
            let below = pull_back(map, &g, &pass(&x).1, batch);
            let sides = map.inputs().into_iter().zip(below.iter().zip(&v));
            let found: f64 = sides
                .map(|(n, (below, v))| dot(&in_rows(below, n, batch), &in_rows(v, n, batch)))
                .sum();
            assert!(wanted.abs() > 0.05, "{map:?} {batch:?}: {wanted}");
            assert!(
                (found - wanted).abs() < DIFFERENCE,
                "{map:?} {batch:?} {is_training}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn both_layouts_have_the_same_bits_and_states() {
    for map in maps() {
        let outputs = map.outputs();
        let [rows, lanes] = BATCHES.map(|batch| {
            let (map, draws, mut states) = (map.as_ref(), &mut stream(5), start(map.as_ref()));
            let x = draw_inputs(map, draws, batch);
            let g = with_gaps(signal(draws, outputs, batch), outputs, batch);
            let (y, kept) = run(map, &x, batch, &mut states, &mut noise());
            let below = pull_back(map, &g, &kept, batch);
            let below = map.inputs().into_iter().zip(&below);
            let below: Vec<_> = below.map(|(n, b)| in_rows(b, n, batch)).collect();
            (in_rows(&y, outputs, batch), below, states)
        });
        // The test's own map has no such order.
        if map
            .states()
            .first()
            .is_none_or(|(_, start)| start.len() > 1)
        {
            assert_eq!(rows, lanes, "{map:?}");
        }
    }
}

#[test]
fn the_first_of_the_largest_receives_the_signal_and_what_is_no_number_stays() {
    let map = Pool::max(windows());
    let batch = BATCHES[0];
    let run = |x: Vec<f64>| run(&map, &[x], batch, &mut [], &mut noise());
    let length = batch.length(60);
    // All are equal, and below zero: places outside are no candidates.
    let (y, kept) = run(vec![-2.0; length]);
    assert_eq!(y, vec![-2.0; y.len()]);
    let below = pull_back(&map, &vec![1.0; y.len()], &kept, batch).remove(0);
    let first: Vec<f64> = below[..60].iter().step_by(3).copied().collect();
    let row = |signals: [f64; 4]| signals.to_vec();
    // Windows begin in rows 0 (of -1), 1 and 3, at columns 0, 1 and 2.
    let wanted = [
        row([1.0, 1.0, 1.0, 0.0]),
        row([1.0, 1.0, 1.0, 0.0]),
        row([0.0; 4]),
        row([1.0, 1.0, 1.0, 0.0]),
        row([0.0; 4]),
    ];
    assert_eq!(first, wanted.concat());
    let mut x = vec![1.0; length];
    x[0] = f64::NAN;
    x[3 * 4 * 3 + 6] = f64::NAN;
    let (y, _) = run(x);
    let is_lost: Vec<bool> = y[..27].iter().map(|y| y.is_nan()).collect();
    let lost: Vec<usize> = (0..27).filter(|&at| is_lost[at]).collect();
    // Place 0 is seen by one window; place (3, 2) by two windows in each of two rows.
    assert_eq!(lost, [0, 12, 15, 21, 24]);
}

#[test]
fn a_mean_counts_zeros_outside_of_the_image() {
    let (y, _) = run(
        &Pool::mean(windows()),
        &[vec![6.0; 300]],
        BATCHES[0],
        &mut [],
        &mut noise(),
    );
    // 2, 3 and 2 of 3 rows are in the image.
    let of_row = |row: usize| y[row * 9..(row + 1) * 9].iter().sum::<f64>() / 9.0;
    for (row, wanted) in [4.0, 6.0, 4.0].into_iter().enumerate() {
        assert!((of_row(row) - wanted).abs() < 1e-14);
    }
}

#[test]
fn norms_give_mean_0_and_variance_1_to_what_they_say() {
    const NUMBERS: usize = 12;
    let moments = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
        [mean, variance]
    };
    let layer_norm = LayerNorm {
        groups: 3,
        size: 4,
        epsilon: 0.0,
    };
    let batch_norm = BatchNorm {
        epsilon: 0.0,
        ..BATCH_NORM
    };
    for batch in BATCHES {
        let x = draw_inputs(&layer_norm, &mut stream(2), batch);
        let (y, _) = run(&layer_norm, &x, batch, &mut [], &mut noise());
        for group in in_rows(&y, NUMBERS, batch).chunks(4) {
            let [mean, variance] = moments(group);
            assert!(mean.abs() < 1e-14 && (variance - 1.0).abs() < 1e-13);
        }
        let mut states = start(&batch_norm);
        let (y, _) = run(&batch_norm, &x, batch, &mut states, &mut noise());
        let of_channel = |values: &[f64], channel: usize| -> Vec<f64> {
            let rows = in_rows(values, NUMBERS, batch);
            rows[channel..].iter().step_by(3).copied().collect()
        };
        for (channel, (running, moved)) in states[0].iter().zip(&states[1]).enumerate() {
            let [mean, variance] = moments(&of_channel(&y, channel));
            assert!(mean.abs() < 1e-14 && (variance - 1.0).abs() < 1e-13);
            let [mean, variance] = moments(&of_channel(&x[0], channel));
            let unbiased = variance * 20.0 / 19.0;
            assert!((running - 0.25 * mean).abs() < 1e-14);
            assert!((moved - (0.75 + 0.25 * unbiased)).abs() < 1e-14);
        }
    }
}

#[test]
fn draws_are_those_of_layer_and_step_whatever_came_before() {
    let map = Dropped {
        numbers: 40,
        rate: 0.5,
    };
    let x = vec![vec![1.0; 200]];
    let mut noise = stream(9);
    let mut draw = |layer, step, before: u32| {
        for _ in 0..before {
            noise.word();
        }
        noise.enter(layer, step);
        run(&map, &x, BATCHES[0], &mut [], &mut noise).0
    };
    let first = draw(1, 4, 0);
    assert_eq!(draw(1, 4, 11), first);
    assert_ne!(draw(1, 5, 0), first);
    assert_ne!(draw(2, 4, 0), first);
}

#[test]
fn what_is_kept_from_step_to_step_has_a_name_and_moves_in_training_alone() {
    let map = RunningCentre { numbers: 2 };
    let mut states = start(&map);
    assert_eq!(map.states(), [("running_mean", vec![0.0])]);
    let x = vec![vec![3.0; 10]];
    let noise = &mut stream(1);
    let (y, _) = run(&map, &x, BATCHES[0], &mut states, noise);
    assert_eq!((y, states[0][0]), (vec![3.0; 10], 0.1 * 3.0));
    let mut pass = Pass {
        batch: BATCHES[0],
        is_training: false,
        noise,
        states: &mut states,
    };
    let mut y = vec![0.0; 10];
    map.forward(&[&x[0]], &mut y, &mut pass, &mut Kept::default());
    assert_eq!((y, states[0][0]), (vec![3.0 - 0.1 * 3.0; 10], 0.1 * 3.0));
}
