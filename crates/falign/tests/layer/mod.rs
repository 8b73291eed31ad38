//! Operators and maps written as plain loops, and what holds of them whatever they are.

mod direct;
mod equal;
mod golden;
mod identities;
mod maps;
mod members;
mod networks;
mod on_the_way;
mod places;
mod training;

use falign::layer::{Batch, Layout};
use falign::math::{Stream, StreamName, Streams};

/// Five samples in both orders; blocks of four leave the last one part empty.
const BATCHES: [Batch; 2] = [
    Batch {
        samples: 5,
        layout: Layout::Rows,
    },
    Batch {
        samples: 5,
        layout: Layout::Lanes(4),
    },
];

fn stream(seed: u64) -> Stream {
    Streams::new(seed, 0).open(StreamName::Data)
}

fn normals(stream: &mut Stream, length: usize) -> Vec<f64> {
    (0..length).map(|_| stream.normal()).collect()
}

/// Normals where there are samples, and zeros in lanes without one.
fn signal(stream: &mut Stream, numbers: usize, batch: Batch) -> Vec<f64> {
    let mut all = vec![0.0; batch.length(numbers)];
    for sample in 0..batch.samples {
        for at in 0..numbers {
            all[batch.place(sample, at, numbers)] = stream.normal();
        }
    }
    all
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
