//! Windowed sums against plain loops.

use super::*;
use crate::layer::geometry::{Image, Window};
use crate::math::simd::{force_path, paths};
use crate::math::{StreamName, Streams};

/// One product at a time: places of y, w and x in each.
fn products(operator: &Windowed, mut visit: impl FnMut(usize, usize, usize)) {
    let Windows { input, down, along } = operator.shape.windows;
    for i in 0..operator.shape.output.height {
        for j in 0..operator.shape.output.width {
            for (k, l) in down
                .within(i, input.height)
                .flat_map(|k| along.within(j, input.width).map(move |l| (k, l)))
            {
                for c in 0..operator.shape.output.channels {
                    for d in 0..input.channels {
                        let above = (i * operator.shape.output.width + j)
                            * operator.shape.output.channels
                            + c;
                        let filter = if operator.shape.is_shared { c } else { above };
                        let w = ((filter * down.size + k) * along.size + l) * input.channels + d;
                        let y = i * down.stride + k - down.padding;
                        let x = j * along.stride + l - along.padding;
                        visit(above, w, (y * input.width + x) * input.channels + d);
                    }
                }
            }
        }
    }
}

/// Shapes at random: strides beyond windows, one place, lines, more or fewer channels than a tile.
fn operators() -> Vec<Windowed> {
    let mut stream = Streams::new(28, 0).open(StreamName::Data);
    let mut of = |most: usize| 1 + stream.below(most);
    let mut all = Vec::new();
    while all.len() < 30 {
        let mut window = || {
            let size = of(4);
            Window {
                size,
                stride: of(3),
                padding: of(size) - 1,
            }
        };
        let (down, along) = (window(), window());
        let input = Image {
            channels: of(8),
            height: of(6),
            width: of(7),
        };
        let down = if input.height == 1 {
            Window::POINT
        } else {
            down
        };
        let windows = Windows { input, down, along };
        let channels = of(14);
        if windows.output(channels).is_some() {
            all.push(Windowed::convolution(windows, channels));
            all.push(Windowed::local(windows, channels));
        }
    }
    all
}

/// Numbers of a batch; what is no sample's is no number.
fn numbers<T: Element>(seed: u64, count: usize, batch: Batch) -> Vec<T> {
    let mut stream = Streams::new(seed, 0).open(StreamName::Data);
    let mut all = vec![T::from_f64(f64::NAN); batch.length(count)];
    for sample in 0..batch.samples {
        for at in 0..count {
            all[batch.place(sample, at, count)] = T::from_f64(stream.normal());
        }
    }
    all
}

/// Numbers of the samples, in rows.
fn rows<T: Element>(values: &[T], count: usize, batch: Batch) -> Vec<f64> {
    let place = |at: usize| batch.place(at / count, at % count, count);
    (0..batch.samples * count)
        .map(|at| values[place(at)].to_f64())
        .collect()
}

/// Results of the three calls, in rows.
fn calls<T: Element>(operator: &Windowed, batch: Batch) -> [Vec<f64>; 3] {
    let extent = Operator::<T>::extent(operator);
    let count = Operator::<T>::weights(operator).length();
    let w: Vec<T> = numbers(1, count, Batch::rows(1));
    let x: Vec<T> = numbers(2, extent.inputs, batch);
    let delta: Vec<T> = numbers(3, extent.outputs, batch);
    let bias: Vec<T> = numbers(4, extent.channels, Batch::rows(1));
    let slopes: Vec<T> = numbers(5, extent.inputs, batch);
    let mut space = Vec::new();
    let mut y = vec![T::ZERO; batch.length(extent.outputs)];
    let packed = operator.pack(&w, Way::Forward, &mut space);
    operator.forward(
        packed,
        Inputs::Numbers(&x),
        &mut y,
        batch,
        Finish::Bias(&bias),
    );
    let mut below = vec![T::ZERO; batch.length(extent.inputs)];
    let packed = operator.pack(&w, Way::Back, &mut space);
    operator.pull_back(packed, &delta, &mut below, batch, Finish::Slopes(&slopes));
    let mut gradient = vec![T::ONE; count];
    operator.gradient(Inputs::Numbers(&x), &delta, &mut gradient, batch);
    [
        rows(&y, extent.outputs, batch),
        rows(&below, extent.inputs, batch),
        gradient.iter().map(|g| g.to_f64()).collect(),
    ]
}

/// Results by plain loops.
fn expected<T: Element>(operator: &Windowed, samples: usize) -> [Vec<f64>; 3] {
    let batch = Batch::rows(samples);
    let extent = Operator::<T>::extent(operator);
    let count = Operator::<T>::weights(operator).length();
    let of = |seed, count, batch| -> Vec<f64> {
        numbers::<T>(seed, count, batch)
            .iter()
            .map(|x| x.to_f64())
            .collect()
    };
    let (w, bias) = (
        of(1, count, Batch::rows(1)),
        of(4, extent.channels, Batch::rows(1)),
    );
    let x = of(2, extent.inputs, batch);
    let (delta, slopes) = (of(3, extent.outputs, batch), of(5, extent.inputs, batch));
    let mut y = vec![0.0; delta.len()];
    let (mut below, mut gradient) = (vec![0.0; x.len()], vec![1.0; count]);
    for sample in 0..samples {
        let (from, to) = (sample * extent.inputs, sample * extent.outputs);
        products(operator, |above, weight, at| {
            y[to + above] += w[weight] * x[from + at];
            below[from + at] += w[weight] * delta[to + above];
            gradient[weight] += delta[to + above] * x[from + at];
        });
        for at in 0..extent.outputs {
            y[to + at] += bias[at % extent.channels];
        }
    }
    below
        .iter_mut()
        .zip(slopes)
        .for_each(|(below, slope)| *below *= slope);
    [y, below, gradient]
}

fn check<T: Element>(rounding: f64) {
    for operator in operators() {
        let samples = 2 * T::LANES + 3;
        let expected = expected::<T>(&operator, samples);
        let mut first: Option<[Vec<f64>; 3]> = None;
        let layouts = [
            Layout::Rows,
            Layout::Lanes(4),
            Layout::Lanes(T::LANES),
            Layout::Lanes(2 * T::LANES),
            Layout::Lanes(3 * T::LANES),
            Layout::Lanes(4 * T::LANES),
        ];
        for layout in layouts {
            let batch = Batch { samples, layout };
            let mut on_first: Option<[Vec<f64>; 3]> = None;
            for path in paths() {
                force_path(Some(path));
                let found = calls::<T>(&operator, batch);
                for (found, expected) in found.iter().zip(&expected) {
                    for (found, expected) in found.iter().zip(expected) {
                        let error = (found - expected).abs();
                        assert!(
                            error < rounding,
                            "{operator:?} {layout:?} {path:?}: {found} for {expected}"
                        );
                    }
                }
                let on_first = on_first.get_or_insert_with(|| found.clone());
                assert_eq!(*on_first, found, "{path:?} has other bits");
                let first = first.get_or_insert_with(|| found.clone());
                assert_eq!(first[..2], found[..2], "{layout:?} has other bits");
            }
        }
    }
    force_path(None);
}

#[test]
fn sums_are_those_of_plain_loops_with_the_same_bits_on_every_path_and_in_every_layout() {
    check::<f64>(1e-11);
    check::<f32>(1e-3);
}
