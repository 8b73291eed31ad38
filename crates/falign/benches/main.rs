//! Speed of the engines on one thread, in steps per second.
//!
//! `cargo bench -p falign --bench main`, with a filter such as `sample_space/f32` behind `--`.
//! Sizes stand in the identifiers; data and starts are made outside the timer. For the ratio
//! of two kinds of step on a busy machine see the `ratio` benchmark.

mod two_layer;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    two_layer::sample_space::bench,
    two_layer::weight_space::bench,
    two_layer::linear::bench,
    two_layer::reference::bench,
);
criterion_main!(benches);
