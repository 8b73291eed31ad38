//! Speed of the engines on one thread, in steps per second.
//!
//! `cargo bench -p falign --bench main`, with a filter such as `sample_space/f32` behind `--`.
//! Sizes stand in the identifiers; data and starts are made outside the timer. For the ratio
//! of two kinds of step on a busy machine see the `ratio` benchmark.

mod two_layer;

fn main() {
    let bench = two_layer::bench::Bench::from_arguments();
    two_layer::sample_space::bench(&bench);
    two_layer::weight_space::bench(&bench);
    two_layer::linear::bench(&bench);
    two_layer::reference::bench(&bench);
}
