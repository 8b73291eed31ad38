#![allow(
    clippy::float_cmp,
    reason = "lists copy numbers: they are equal or wrong"
)]

use std::sync::Arc;

use falign_kernels::listed::Lists;
use ndarray::{Array2, ShapeBuilder};

use super::{PixelInput, PixelLayout};
use crate::math::simd::{Element, Path, force_path};
use crate::math::{DeferredProduct, Slopes};
use crate::network::input::{Delta, DenseInput, Descent, Fused, Input};

/// Pixels of which about one in five is not zero, in strokes; one sample and one column empty.
fn pixels(samples: usize, input_dim: usize) -> Array2<u8> {
    Array2::from_shape_fn((samples, input_dim), |(i, j)| {
        let has_ink = (i * 7 + j) % 11 < 2 && i != 1 && j != 3;
        if has_ink {
            u8::try_from((i * 31 + j * 17) % 255 + 1).unwrap()
        } else {
            0
        }
    })
}

fn layout(shape: &[usize]) -> Arc<PixelLayout> {
    let mut layout = PixelLayout::identity(shape);
    let input_dim = layout.input_dim();
    layout.scale = (0..input_dim).map(|j| 0.01 + 1e-4 * j as f64).collect();
    layout.shift = (0..input_dim).map(|j| -0.4 + 0.01 * j as f64).collect();
    Arc::new(layout)
}

fn wave<T: Element>(shape: (usize, usize), frequency: f64) -> Array2<T> {
    let mut at = 0.0;
    Array2::from_shape_simple_fn(shape, || {
        at += frequency;
        T::from_f64(f64::sin(at))
    })
}

/// Sums and gradients of an input, weights and gradient with the units of an input side by side.
fn products<T: Element>(input: &dyn Input<T>, units: usize, d: usize) -> [Array2<T>; 2] {
    let mut weights = Array2::from_elem((units, d).f(), T::ZERO);
    weights.assign(&wave((units, d), 0.7));
    let delta = wave((input.batch(), units), 1.3);
    let factor = T::from_f64(0.25);
    let mut z = Array2::from_elem((input.batch(), units), T::ZERO);
    input.forward(&weights.view(), factor, &mut z.view_mut());
    let mut gradient = weights.clone();
    input.gradient(&delta.view(), factor, &mut gradient.view_mut());
    [z, gradient]
}

fn both<T: Element>(samples: usize, shape: &[usize]) -> (PixelInput<T>, DenseInput<T>) {
    let d = shape.iter().product();
    let (pixels, layout) = (pixels(samples, d), layout(shape));
    let dense = Array2::from_shape_fn((samples, d), |(i, j)| {
        T::from_f64(layout.scale[j] * f64::from(pixels[(i, j)]) + layout.shift[j])
    });
    let mut input = PixelInput::new(layout);
    // Classes 0 to 2 in turn.
    let pixels = pixels.as_slice().unwrap();
    input.fill(samples, |i| (&pixels[i * d..][..d], i % 3));
    (input, DenseInput(dense))
}

fn largest_difference<T: Element>(a: &Array2<T>, b: &Array2<T>) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |most: f64, (a, b)| {
        most.max((a.to_f64() - b.to_f64()).abs())
    })
}

#[test]
fn products_are_those_of_the_dense_input_for_every_shape() {
    for (samples, shape, units) in [
        (1, &[1][..], 1),
        (5, &[3, 3], 3),
        (6, &[8], 64),
        (13, &[47], 81),
        (40, &[2, 5, 10], 129),
    ] {
        let d = shape.iter().product();
        let (listed, dense) = both::<f64>(samples, shape);
        let found = products(&listed, units, d);
        for (found, wanted) in found.iter().zip(&products(&dense, units, d)) {
            let difference = largest_difference(found, wanted);
            assert!(difference < 1e-13, "{samples} {d} {units}: {difference:e}");
        }
        let (listed, dense) = both::<f32>(samples, shape);
        let found = products(&listed, units, d);
        for (found, wanted) in found.iter().zip(&products(&dense, units, d)) {
            let difference = largest_difference(found, wanted);
            assert!(difference < 4e-5, "{samples} {d} {units}: {difference:e}");
        }
    }
}

#[test]
fn every_path_gives_the_same_bits() {
    let (listed, _) = both::<f32>(13, &[47]);
    let bits = |path| {
        force_path(Some(path));
        let found = products(&listed, 70, 47);
        force_path(None);
        found.map(|a| a.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
    };
    let portable = bits(Path::Portable);
    assert_eq!(portable, bits(Path::Avx2));
    assert_eq!(portable, bits(Path::Avx512));
}

#[test]
fn rectified_activities_are_those_of_the_preactivations_on_every_path() {
    fn check<T: Element>(samples: usize, shape: &[usize], units: usize) {
        let d = shape.iter().product();
        let (listed, dense) = both::<T>(samples, shape);
        let mut weights = Array2::from_elem((units, d).f(), T::ZERO);
        weights.assign(&wave((units, d), 0.7));
        let inputs: [&dyn Input<T>; 2] = [&listed, &dense];
        for input in inputs {
            let mut z = Array2::from_elem((samples, units), T::ZERO);
            let mut activities = z.clone();
            input.forward(&weights.view(), T::ONE, &mut z.view_mut());
            input.forward_rectified(&weights.view(), T::ONE, &mut activities.view_mut());
            assert!(z.iter().any(|&z| z < T::ZERO), "{samples} {d} {units}");
            z.mapv_inplace(|z| if z < T::ZERO { T::ZERO } else { z });
            assert_eq!(activities, z, "{samples} {d} {units}");
        }
    }
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        for (samples, shape, units) in [(2, &[1][..], 3), (13, &[47], 81), (40, &[2, 5, 10], 129)] {
            check::<f32>(samples, shape, units);
            check::<f64>(samples, shape, units);
        }
        force_path(None);
    }
}

/// Weights after a step by the gradient, of the input itself or by hand.
fn descended<T: Element>(input: &PixelInput<T>, units: usize, d: usize) -> [Array2<T>; 2] {
    let mut weights = Array2::from_elem((units, d).f(), T::ZERO);
    weights.assign(&wave((units, d), 0.7));
    let delta = wave((input.batch(), units), 1.3);
    let (factor, step_size, keep) = (T::from_f64(0.25), T::from_f64(0.3), T::from_f64(0.99));
    let mut gradient = weights.clone();
    input.gradient(&delta.view(), factor, &mut gradient.view_mut());
    weights.zip_mut_with(&gradient, |w, &g| *w = keep * *w + -(step_size * g));
    [stepped(input, Delta::Made(delta.view()), units, d), weights]
}

/// Weights after a step by these deltas, from the same start.
fn stepped<T: Element>(
    input: &PixelInput<T>,
    delta: Delta<'_, T>,
    units: usize,
    d: usize,
) -> Array2<T> {
    let mut weights = Array2::from_elem((units, d).f(), T::ZERO);
    weights.assign(&wave((units, d), 0.7));
    let (factor, step_size, keep) = (T::from_f64(0.25), T::from_f64(0.3), T::from_f64(0.99));
    let descent = Descent { step_size, keep };
    assert!(input.descend(delta, factor, &mut weights.view_mut(), descent));
    weights
}

#[test]
fn descending_is_one_step_by_the_gradient_on_every_path() {
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        for (samples, shape, units) in [(1, &[1][..], 1), (13, &[47], 81), (40, &[2, 5, 10], 129)] {
            let d = shape.iter().product();
            let [found, by_hand] = descended(&both::<f32>(samples, shape).0, units, d);
            assert_eq!(found, by_hand, "{path:?} {samples} {d} {units}");
            let [found, by_hand] = descended(&both::<f64>(samples, shape).0, units, d);
            assert_eq!(found, by_hand, "{path:?} {samples} {d} {units}");
        }
        force_path(None);
    }
    // Weights by rows are left alone.
    let (listed, _) = both::<f64>(13, &[47]);
    let (mut weights, delta) = (wave::<f64>((70, 47), 0.7), wave::<f64>((13, 70), 1.3));
    let descent = Descent {
        step_size: 0.3,
        keep: 0.99,
    };
    assert!(!listed.descend(
        Delta::Made(delta.view()),
        1.0,
        &mut weights.view_mut(),
        descent
    ));
    assert_eq!(weights, wave::<f64>((70, 47), 0.7));
}

/// Weights after a step by deltas of few terms, made before it or on the way.
fn descended_by_product<T: Element>(
    input: &PixelInput<T>,
    units: usize,
    d: usize,
    is_rectified: bool,
) -> [Array2<T>; 2] {
    let samples = input.batch();
    let (a, b, s) = (
        wave((samples, 5), 1.3),
        wave((5, units), 0.3),
        wave((samples, units), 0.9),
    );
    let (a, b) = (a.view(), b.view());
    let s = Some(if is_rectified {
        Slopes::OfRectified(s.view())
    } else {
        Slopes::Numbers(s.view())
    });
    let factor = T::from_f64(0.7);
    let product = DeferredProduct { factor, a, b, s };
    let mut delta = Array2::from_elem((samples, units), T::ZERO);
    product.write(&mut delta.view_mut());
    [Delta::Deferred(product), Delta::Made(delta.view())]
        .map(|delta| stepped(input, delta, units, d))
}

#[test]
fn deltas_that_are_made_on_the_way_are_the_same_on_every_path() {
    for path in [Path::Portable, Path::Avx2, Path::Avx512] {
        force_path(Some(path));
        for (samples, shape, units) in [
            (13, &[47][..], 81),
            (40, &[2, 5, 10], 129),
            (5, &[3, 3], 64),
        ] {
            let d = shape.iter().product();
            for is_rectified in [false, true] {
                let input = &both::<f32>(samples, shape).0;
                let [deferred, made] = descended_by_product(input, units, d, is_rectified);
                assert_eq!(
                    deferred, made,
                    "{path:?} {samples} {d} {units} {is_rectified}"
                );
                let input = &both::<f64>(samples, shape).0;
                let [deferred, made] = descended_by_product(input, units, d, is_rectified);
                assert_eq!(
                    deferred, made,
                    "{path:?} {samples} {d} {units} {is_rectified}"
                );
            }
        }
        force_path(None);
    }
    // Those of many terms are not.
    let (listed, _) = both::<f64>(13, &[47]);
    let (a, b, s) = (
        wave((13, 40), 1.3),
        wave((40, 70), 0.3),
        wave((13, 70), 0.9),
    );
    let delta = Delta::Deferred(DeferredProduct {
        factor: 1.0,
        a: a.view(),
        b: b.view(),
        s: Some(Slopes::Numbers(s.view())),
    });
    let mut weights = Array2::zeros((70, 47).f());
    let descent = Descent {
        step_size: 0.3,
        keep: 0.99,
    };
    assert!(!listed.descend(delta, 1.0, &mut weights.view_mut(), descent));
    assert_eq!(weights, Array2::<f64>::zeros((70, 47)));
}

#[test]
fn the_order_of_weights_in_memory_does_not_matter() {
    let (listed, _) = both::<f64>(13, &[47]);
    let by_rows = wave::<f64>((70, 47), 0.7);
    let mut by_columns = Array2::from_elem((70, 47).f(), 0.0);
    by_columns.assign(&by_rows);
    let delta = wave::<f64>((13, 70), 1.3);
    let run = |weights: &Array2<f64>| {
        let (mut z, mut gradient) = (Array2::zeros((13, 70)), weights.clone());
        listed.forward(&weights.view(), 1.0, &mut z.view_mut());
        listed.gradient(&delta.view(), 1.0, &mut gradient.view_mut());
        (z, gradient)
    };
    assert_eq!(run(&by_rows), run(&by_columns));
}

#[test]
fn what_shares_a_list_changes_no_bit() {
    let (samples, d) = (13, 48);
    let pixels = pixels(samples, d);
    let run = |shape: &[usize], rank: fn(usize) -> usize| {
        let mut input = PixelInput::<f32>::new(layout(shape));
        let pixels = pixels.as_slice().unwrap();
        input.fill(samples, |i| (&pixels[i * d..][..d], rank(i)));
        products(&input, 70, d).map(|a| a.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
    };
    let plain = run(&[48], |i| i);
    assert_eq!(plain, run(&[6, 8], |i| i));
    assert_eq!(plain, run(&[3, 4, 4], |i| i * 7 % 13));
}

#[test]
fn lists_hold_the_union_of_four_rows() {
    // Samples 0 and 1 have one pixel each, 0 and 2; the rest none. Pixels 0, 1, 3, 4 are a group,
    // and so are 2 and 5.
    let mut rows = vec![vec![0u8; 6]; 8];
    rows[0][0] = 5;
    rows[1][2] = 9;
    let mut input = PixelInput::<f64>::new(PixelLayout::identity(&[2, 3]).into());
    input.fill(rows.len(), |i| (&rows[i], 0));
    let columns = |lists: &Lists, group| lists.group(group).0.to_vec();
    assert_eq!(columns(&input.of_samples, 0), [0, 2]);
    let (_, quads) = input.of_samples.group(0);
    assert_eq!(quads, [[5, 0, 0, 0], [0, 9, 0, 0]]);
    assert!(columns(&input.of_samples, 1).is_empty());
    assert_eq!(columns(&input.of_inputs(), 0), [0]);
    assert_eq!(columns(&input.of_inputs(), 1), [1]);
    assert_eq!(input.densities(), [2.0 / 12.0, 2.0 / 16.0]);
}
