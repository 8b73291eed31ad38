//! What must hold whatever the numbers.

use falign::internal::math::simd::{Path, force_path};
use falign::math::{Activation, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{Feedback, Schedule};
use falign::two_layer::{
    Dynamics, Linear, LinearStart, Needs, SampleSpace, Start, Threads, Weights,
};

use crate::support::problem;

fn drawn(streams: Streams) -> Start {
    Start::Drawn {
        streams,
        correlation: 0.0,
    }
}

#[test]
fn feedback_set_to_beta_at_every_step_is_backpropagation_bit_for_bit() {
    let streams = Streams::new(11, 0);
    // Few samples, and enough for the gated step.
    let sizes = [(9, 2), (30, 1)];
    let cases = Activation::ALL
        .into_iter()
        .flat_map(|a| sizes.map(|size| (a, size)));
    for (activation, (n, k)) in cases {
        let mut fa = problem(1, n, 12, k, 100);
        fa.activation = activation;
        // Larger steps would diverge, and a NaN may have either sign.
        fa.step_size = 0.3 / n as f64;
        let mut bp = fa.clone();
        bp.feedback = Feedback::Transpose;
        let needs = Needs::default();
        let mut fa = SampleSpace::<f64>::new(&fa, drawn(streams), streams, needs, Threads::One);
        let mut bp = SampleSpace::<f64>::new(&bp, drawn(streams), streams, needs, Threads::One);
        for _ in 0..50 {
            let beta = fa.output_weights();
            fa.set_feedback_weights(&beta);
            fa.step();
            bp.step();
            let bits = |weights: Vec<f64>| weights.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(
                bits(fa.output_weights()),
                bits(bp.output_weights()),
                "{activation:?}"
            );
        }
        assert!(bp.residual_norm().is_finite(), "{activation:?}: diverged");
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let streams = Streams::new(5, 0);
    // Few samples, and enough for the gated step: in one word of gates and in two.
    let cases = Activation::ALL
        .into_iter()
        .flat_map(|a| [11, 50, 70].map(|n| (a, n)));
    for (activation, n) in cases {
        let mut problem = problem(2, n, 7, 1, 300);
        problem.activation = activation;
        // Larger steps would diverge, and a NaN may have either sign.
        problem.step_size = 0.3 / n as f64;
        let mut norms = Vec::new();
        for path in [Path::Portable, Path::Avx2, Path::Avx512] {
            force_path(Some(path));
            let mut double = SampleSpace::<f64>::new(
                &problem,
                drawn(streams),
                streams,
                Needs::default(),
                Threads::One,
            );
            let mut single = SampleSpace::<f32>::new(
                &problem,
                drawn(streams),
                streams,
                Needs::default(),
                Threads::One,
            );
            for _ in 0..40 {
                double.step();
                single.step();
            }
            norms.push((
                double.residual_norm().to_bits(),
                single.residual_norm().to_bits(),
            ));
        }
        force_path(None);
        assert!(
            norms.windows(2).all(|w| w[0] == w[1]),
            "{activation:?}: {norms:?}"
        );
    }
}

#[test]
fn every_instruction_set_gives_the_linear_recursion_the_same_bits() {
    let streams = Streams::new(5, 0);
    // Blocks with padding, several tiles, several outputs.
    for (n, k) in [(1, 1), (11, 1), (61, 1), (30, 3)] {
        let mut problem = problem(2, n, 70, k, 130);
        problem.activation = Activation::Linear;
        problem.step_size = 0.01;
        problem.schedule = Schedule::Constant { ridge: 0.3 };
        let mut residuals = Vec::new();
        for path in [Path::Portable, Path::Avx2, Path::Avx512] {
            force_path(Some(path));
            let start = LinearStart::Weights(drawn(streams));
            let mut engine = Linear::new(&problem, start, Needs::default());
            for _ in 0..40 {
                engine.step();
            }
            let residual = engine.snapshot(Needs::default()).residual;
            residuals.push(residual.into_iter().map(f64::to_bits).collect::<Vec<_>>());
        }
        force_path(None);
        assert!(
            residuals.windows(2).all(|w| w[0] == w[1]),
            "n = {n}, k = {k}"
        );
    }
}

#[test]
fn permuting_hidden_units_changes_nothing_beyond_rounding() {
    let problem = problem(4, 8, 10, 1, 60);
    let streams = Streams::new(2, 0);
    let mut first = SampleSpace::<f64>::new(
        &problem,
        drawn(streams),
        streams,
        Needs::of(&[], true),
        Threads::One,
    );
    let weights = first.weights().unwrap();
    let reversed = |m: &ndarray::Array2<f64>| {
        let mut m = m.clone();
        m.invert_axis(ndarray::Axis(0));
        m
    };
    let permuted = Start::Given(Weights {
        hidden: reversed(&weights.hidden),
        output: reversed(&weights.output),
        feedback: reversed(&weights.feedback),
    });
    let mut second =
        SampleSpace::<f64>::new(&problem, permuted, streams, Needs::default(), Threads::One);
    for _ in 0..100 {
        first.step();
        second.step();
        let (a, b) = (first.residual_norm(), second.residual_norm());
        // Only the order of sums over 60 units differs.
        assert!((a / b - 1.0).abs() < 1e-11, "{a} against {b}");
    }
}

#[test]
fn kolen_pollack_with_equal_decay_shrinks_the_gap_by_the_ridge_factor() {
    let mut problem = problem(6, 8, 10, 2, 50);
    problem.feedback = Feedback::KolenPollack;
    problem.schedule = Schedule::Constant { ridge: 0.5 };
    problem.feedback_step_size = problem.step_size;
    let streams = Streams::new(8, 0);
    let mut engine = SampleSpace::<f64>::new(
        &problem,
        drawn(streams),
        streams,
        Needs::default(),
        Threads::One,
    );
    let mut gap = quantity(
        &problem,
        &engine.snapshot(Needs::default()),
        0,
        Quantity::FeedbackGap,
    )
    .unwrap();
    for step in 1..100 {
        engine.step();
        let next = quantity(
            &problem,
            &engine.snapshot(Needs::default()),
            step,
            Quantity::FeedbackGap,
        )
        .unwrap();
        let factor = 1.0 - problem.step_size * 0.5;
        // The gap comes from three squared norms: absolute rounding 1e-8 of their root.
        assert!(
            (next / gap - factor).abs() < 1e-6,
            "step {step}: {}",
            next / gap
        );
        gap = next;
    }
}
