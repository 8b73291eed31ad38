//! Maps pull back through the slope of the pass that they kept.

use falign::internal::layer::Activated;
use falign::internal::layer::{Kept, Map, Pass};
use falign::layer::Batch;
use falign::math::{Activation, Stream};

use super::members::{Dropout, MeanPool, ResidualSum, RunningCentre};
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
    let mut y = vec![0.0; batch.length(map.outputs())];
    let mut kept = Kept::default();
    let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let mut pass = Pass {
        batch,
        is_training: true,
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

#[test]
fn signals_are_directional_differences() {
    let maps: [&dyn Map<f64>; 5] = [
        &MeanPool {
            places: 6,
            channels: 2,
            size: 3,
        },
        &ResidualSum { numbers: 4 },
        &Activated {
            activation: Activation::Tanh,
            numbers: 3,
        },
        &Dropout { numbers: 7 },
        &RunningCentre { numbers: 3 },
    ];
    for map in maps {
        for batch in BATCHES {
            let draws = &mut stream(5);
            let mut inputs = || -> Vec<Vec<f64>> {
                let numbers = map.inputs().into_iter();
                numbers.map(|n| signal(draws, n, batch)).collect()
            };
            let (x, v) = (inputs(), inputs());
            let g = signal(draws, map.outputs(), batch);
            let noise = |word| {
                let mut noise = stream(6);
                noise.enter(3, word);
                noise
            };
            let at = |h: f64| {
                let moved: Vec<Vec<f64>> = x
                    .iter()
                    .zip(&v)
                    .map(|(x, v)| x.iter().zip(v).map(|(x, v)| x + h * v).collect())
                    .collect();
                dot(
                    &run(map, &moved, batch, &mut start(map), &mut noise(7)).0,
                    &g,
                )
            };
            let h = 1e-5;
            let wanted = (at(h) - at(-h)) / (2.0 * h);
            let (_, kept) = run(map, &x, batch, &mut start(map), &mut noise(7));
            let mut below: Vec<Vec<f64>> = x.iter().map(|x| vec![f64::NAN; x.len()]).collect();
            let mut slices: Vec<&mut [f64]> = below.iter_mut().map(Vec::as_mut_slice).collect();
            map.pull_back(&g, &kept, &mut slices, batch);
            // Lanes without a sample do not move.
            let products = below.iter().zip(&v).map(|(below, v)| {
                let pairs = below.iter().zip(v).filter(|(_, v)| **v != 0.0);
                pairs.map(|(below, v)| below * v).sum::<f64>()
            });
            let found: f64 = products.sum();
            assert!(wanted.abs() > 0.05, "{map:?} {batch:?}: {wanted}");
            assert!(
                (found - wanted).abs() < DIFFERENCE,
                "{map:?} {batch:?}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn draws_are_those_of_layer_and_step_whatever_came_before() {
    let map = Dropout { numbers: 40 };
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
