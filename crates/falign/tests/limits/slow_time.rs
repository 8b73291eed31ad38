//! The slow-time limit to a tolerance, against tables of another implementation and networks.

use falign::data::Weights;
use falign::internal::theory::SlowRidge;
use falign::internal::theory::{FeedbackLaw, SlowEstimate, SlowProblem, SlowTime, slow_time_limit};
use falign::math::{Activation, Loss, StreamName, Streams};
use falign::measure::{Quantity, quantity};
use falign::rule::{RidgeForm, Schedule};
use falign::theory::kernel_spectrum;
use falign::two_layer::{
    Dynamics, Linear, LinearStart, Needs, Problem, SampleSpace, Start, Threads,
};
use ndarray::Array2;

use crate::support::allocations::most_during;
use crate::support::{normals, problem};

/// n = 10, d = 40, x ~ N(0, 2.25 I/d), targets +-1.
fn data(draw: u64) -> (Array2<f64>, Array2<f64>) {
    let x = normals(50 + draw, 10, 40) * (1.5 / 40f64.sqrt());
    let y = Array2::from_shape_fn((10, 1), |(i, _)| if i % 2 == 0 { 1.0 } else { -1.0 });
    (x, y)
}

fn limit(
    activation: Activation,
    loss: Loss,
    (x, y): (&Array2<f64>, &Array2<f64>),
    taus: &[f64],
    tolerance: f64,
) -> Vec<SlowEstimate> {
    let problem = SlowProblem {
        activation,
        loss,
        inputs: x,
        targets: y,
        law: &FeedbackLaw::Gaussian,
    };
    let ridge = SlowRidge::constant(3.0 * kernel_spectrum(activation, x).gamma);
    slow_time_limit(problem, &ridge, taus, tolerance).unwrap()
}

/// Mean over draws of the data, per tau: alignment.
fn mean_over_draws(draws: u64, of: impl Fn(u64) -> Vec<SlowEstimate>) -> Vec<f64> {
    let all: Vec<Vec<SlowEstimate>> = (0..draws).map(of).collect();
    (0..all[0].len())
        .map(|row| {
            let sum: f64 = all.iter().map(|one| one[row].alignment.value).sum();
            sum / draws as f64
        })
        .collect()
}

#[test]
fn alignment_of_tanh_and_relu_is_that_of_the_independent_program() {
    /// Largest difference. The program's data were one draw, ours are the mean of three: alignment varies by .02 between draws.
    const SLACK: f64 = 0.035;
    let taus = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
    for (activation, known) in [
        (Activation::Tanh, [0.410, 0.623, 0.775, 0.848, 0.875, 0.878]),
        (Activation::Relu, [0.451, 0.650, 0.785, 0.854, 0.890, 0.910]),
    ] {
        let ours = mean_over_draws(3, |draw| {
            let (x, y) = data(draw);
            limit(activation, Loss::SquaredError, (&x, &y), &taus, 0.01)
        });
        for (ours, known) in ours.iter().zip(known) {
            assert!(
                (ours - known).abs() < SLACK,
                "{activation:?}: {ours} {known}"
            );
        }
    }
}

#[test]
fn three_outputs_align_as_in_the_independent_program() {
    /// As above; the targets were another draw too: signs for the squared error, three classes
    /// for cross-entropy.
    const SLACK: f64 = 0.06;
    let taus = [0.5, 1.0, 2.0, 4.0];
    let classes = Array2::from_shape_fn((10, 3), |(i, c)| f64::from(u8::from(i % 3 == c)));
    let signs = normals(8, 10, 3).mapv(f64::signum);
    for (loss, y, known) in [
        (Loss::SquaredError, &signs, [0.591, 0.719, 0.786, 0.817]),
        (
            Loss::SoftmaxCrossEntropy,
            &classes,
            [0.517, 0.698, 0.804, 0.851],
        ),
    ] {
        let ours = mean_over_draws(2, |draw| {
            let x = data(draw).0;
            limit(Activation::Tanh, loss, (&x, y), &taus, 0.02)
        });
        for (ours, known) in ours.iter().zip(known) {
            assert!((ours - known).abs() < SLACK, "{loss:?}: {ours} {known}");
        }
    }
}

/// The final alignment of a linear network under a schedule in units of Theorem 4.6.
fn theorem_4_6(x: &Array2<f64>, y: &Array2<f64>, (l, c_s): (f64, f64), name: &str) -> f64 {
    let (n, spectrum) = (x.nrows() as f64, kernel_spectrum(Activation::Linear, x));
    let ridge = l * spectrum.gamma;
    // S_lambda / lambda in slow time; the width drops out, so any one will do.
    let tau = c_s * spectrum.gamma.sqrt() / (n.sqrt() * spectrum.max * l);
    let (eta, width) = (0.1, 1e12f64);
    let decay_steps = tau * width.sqrt() / eta;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a step"
    )]
    let (schedule, lengths) = match name {
        "cutoff" => (
            Schedule::Cutoff {
                ridge,
                last_step: decay_steps as u64,
            },
            1.1,
        ),
        "inverse_square" => (Schedule::InverseSquare { ridge, decay_steps }, 12.0),
        _ => (Schedule::Exponential { ridge, decay_steps }, 6.0),
    };
    let problem = SlowProblem {
        activation: Activation::Linear,
        loss: Loss::SquaredError,
        inputs: x,
        targets: y,
        law: &FeedbackLaw::Gaussian,
    };
    let ridge = SlowRidge::new(schedule, RidgeForm::StepScaled, eta, width);
    let state = slow_time_limit(problem, &ridge, &[lengths * tau], 1e-4).unwrap();
    assert!(state[0].alignment.error < 1e-4);
    state[0].alignment.value
}

#[test]
fn theorem_4_6_ends_at_the_known_alignment_under_every_schedule() {
    /// Largest difference for Gaussian inputs: a mean over draws, against one draw of the independent program.
    const SLACK: f64 = 0.05;
    // Orthonormal inputs: the same for every draw. Simulated at widths up to 10^7.
    let (x, y) = (Array2::eye(10), data(0).1);
    for (level, name, known) in [
        ((3.0, 5.0), "cutoff", 0.7488),
        ((10.0, 20.0), "cutoff", 0.8587),
        ((10.0, 20.0), "inverse_square", 0.939),
        ((10.0, 20.0), "exponential", 0.931),
    ] {
        let ours = theorem_4_6(&x, &y, level, name);
        // The table has three digits where it was simulated.
        assert!((ours - known).abs() < 1e-3, "{level:?} {name}: {ours}");
    }
    // Gaussian inputs.
    for (level, name, known) in [
        ((3.0, 1.0), "cutoff", 0.1467),
        ((3.0, 5.0), "cutoff", 0.5762),
        ((10.0, 20.0), "cutoff", 0.7157),
        ((3.0, 5.0), "inverse_square", 0.746),
        ((3.0, 5.0), "exponential", 0.724),
    ] {
        let draws = 6;
        let sum: f64 = (0..draws)
            .map(|draw| theorem_4_6(&(normals(90 + draw, 10, 400) / 20.0), &y, level, name))
            .sum();
        let ours = sum / draws as f64;
        assert!((ours - known).abs() < SLACK, "{level:?} {name}: {ours}");
    }
}

#[test]
fn the_stated_error_is_the_distance_from_a_much_better_solution() {
    let (x, y) = data(3);
    let taus = [0.5, 2.0];
    for activation in [Activation::Tanh, Activation::Relu, Activation::Sigmoid] {
        let solve = |tolerance| limit(activation, Loss::SquaredError, (&x, &y), &taus, tolerance);
        let (rough, fine) = (solve(0.02), solve(0.004));
        for (rough, fine) in rough.iter().zip(&fine) {
            for (rough, fine) in [(rough.alignment, fine.alignment), (rough.loss, fine.loss)] {
                // Standard errors: 3 of both together.
                let allowed = 3.0 * (rough.error.powi(2) + fine.error.powi(2)).sqrt();
                assert!(
                    (rough.value - fine.value).abs() < allowed,
                    "{activation:?}: {rough:?} {fine:?}"
                );
            }
            assert!(fine.alignment.error <= 0.004 && rough.alignment.error <= 0.02);
        }
    }
}

/// A run's problem under the ridge of `data`, and the step at which tau is reached.
fn training(activation: Activation, width: u64, tau: f64) -> (Problem, u64) {
    let (x, y) = data(4);
    let spectrum = kernel_spectrum(activation, &x);
    let ridge = 3.0 * spectrum.gamma;
    let mut problem = problem(0, 10, 40, 1, width);
    (problem.inputs, problem.targets) = (x, y);
    problem.activation = activation;
    problem.schedule = Schedule::Constant { ridge };
    problem.step_size = 0.4 / (spectrum.max + ridge);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a step"
    )]
    let steps = (tau * (problem.width as f64).sqrt() / problem.step_size).round() as u64;
    (problem, steps)
}

fn alignment(problem: &Problem, engine: &mut dyn Dynamics) -> f64 {
    let snapshot = engine.snapshot(Needs::default());
    quantity(problem, &snapshot, 0, Quantity::Alignment).unwrap()
}

#[test]
fn the_composite_formula_holds_at_short_times_and_forgets_a_given_correlation() {
    const RUNS: u64 = 24;
    /// Mean of 24 runs of width 2500 (standard error .004), and what is left of order
    /// 1/sqrt(p) = .02 in the formula.
    const SLACK: f64 = 0.03;
    let (problem, last) = training(Activation::Linear, 2500, 1.0);
    let decay = problem.step_size * problem.schedule.value(0);
    // eta lambda t of about 1, 2, 3, 4, 6, and the end.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "steps"
    )]
    let mut steps: Vec<u64> = [1.0, 2.0, 3.0, 4.0, 6.0]
        .map(|x| (x / decay) as u64)
        .to_vec();
    steps.retain(|step| *step < last);
    steps.push(last);
    let per_step = problem.step_size / (problem.width as f64).sqrt();
    let taus: Vec<f64> = steps.iter().map(|step| *step as f64 * per_step).collect();
    let slow = SlowProblem {
        activation: Activation::Linear,
        loss: Loss::SquaredError,
        inputs: &problem.inputs,
        targets: &problem.targets,
        law: &FeedbackLaw::Gaussian,
    };
    let ridge = SlowRidge::constant(problem.schedule.value(0));
    let limit = slow_time_limit(slow, &ridge, &taus, 1e-4).unwrap();
    for correlation in [0.0, 0.5, 0.9] {
        let mut means = vec![0.0; steps.len()];
        for run in 0..RUNS {
            let start = LinearStart::Gram {
                streams: Streams::new(7, run),
                correlation,
            };
            let mut engine = Linear::new(&problem, start, Needs::default());
            for (mean, step) in means.iter_mut().zip(&steps) {
                while engine.steps_done() < *step {
                    engine.step();
                }
                *mean += alignment(&problem, &mut engine) / RUNS as f64;
            }
        }
        for ((at, mean), step) in limit.iter().zip(&means).zip(&steps) {
            let left = (0..*step).map(|t| problem.factor(t)).product();
            let composite = at
                .state
                .moments
                .composite_alignment(2500.0, left, correlation);
            assert!(
                (composite - mean).abs() < SLACK,
                "rho {correlation} step {step}: {composite} against {mean}"
            );
        }
        // At the end nothing is left of the correlation.
        let last = limit.last().unwrap().alignment.value;
        assert!((means[means.len() - 1] - last).abs() < SLACK);
    }
}

/// b of a law, for a network.
fn drawn(law: &FeedbackLaw, seed: u64, p: usize) -> Array2<f64> {
    let mut stream = Streams::new(seed, 0).open(StreamName::FeedbackWeights);
    Array2::from_shape_simple_fn((p, 1), || match law {
        FeedbackLaw::Gaussian | FeedbackLaw::LowRank { .. } => stream.normal(),
        FeedbackLaw::Sign => stream.sign(),
        FeedbackLaw::Ternary => [-1.0, 0.0, 1.0][stream.below(3)] * 1.5f64.sqrt(),
        FeedbackLaw::Sparse { density } => {
            let (kept, value) = (stream.uniform() < *density, stream.normal());
            if kept { value / density.sqrt() } else { 0.0 }
        }
    })
}

#[test]
fn networks_with_other_feedback_laws_follow_the_limit_of_their_law() {
    /// The mean of four runs of width 2500: .01 from 1/sqrt(p), and the limit's .005.
    const SLACK: f64 = 0.035;
    const RUNS: u64 = 4;
    let mut limits = Vec::new();
    for law in [
        FeedbackLaw::Gaussian,
        FeedbackLaw::Sign,
        FeedbackLaw::Ternary,
        FeedbackLaw::Sparse { density: 0.1 },
    ] {
        let (problem, steps) = training(Activation::Tanh, 2500, 1.0);
        let slow = SlowProblem {
            activation: Activation::Tanh,
            loss: Loss::SquaredError,
            inputs: &problem.inputs,
            targets: &problem.targets,
            law: &law,
        };
        let ridge = SlowRidge::constant(problem.schedule.value(0));
        let limit = slow_time_limit(slow, &ridge, &[1.0], 0.005).unwrap()[0]
            .alignment
            .value;
        let mut mean = 0.0;
        for run in 0..RUNS {
            let start = Start::Given(Weights {
                hidden: normals(200 + run, 2500, 40),
                output: normals(300 + run, 2500, 1),
                feedback: drawn(&law, 400 + run, 2500),
            });
            let streams = Streams::new(0, 0);
            let needs = Needs::default();
            let mut engine = SampleSpace::<f64>::new(&problem, start, streams, needs, Threads::One);
            for _ in 0..steps {
                engine.step();
            }
            mean += alignment(&problem, &mut engine) / RUNS as f64;
        }
        assert!((mean - limit).abs() < SLACK, "{law:?}: {mean} {limit}");
        limits.push(limit);
    }
    // Very sparse feedback is another limit than the Gaussian one, for a nonlinear network.
    assert!((limits[3] - limits[0]).abs() > 0.02, "{limits:?}");
}

#[test]
fn low_rank_feedback_matters_to_a_linear_network_through_its_second_moment() {
    let (x, y) = (data(5).0, normals(6, 10, 2));
    let factor = ndarray::array![[1.0], [1.0]];
    let curve = |law: &FeedbackLaw, activation| {
        let problem = SlowProblem {
            activation,
            loss: Loss::SquaredError,
            inputs: &x,
            targets: &y,
            law,
        };
        slow_time_limit(problem, &SlowRidge::constant(1.0), &[1.0], 0.005).unwrap()[0].clone()
    };
    let low_rank = FeedbackLaw::LowRank { factor };
    let exact = curve(&low_rank, Activation::Linear);
    let full = curve(&FeedbackLaw::Gaussian, Activation::Linear);
    assert_eq!(
        full.state.moments,
        curve(&FeedbackLaw::Sign, Activation::Linear).state.moments
    );
    assert!((exact.alignment.value - full.alignment.value).abs() > 0.02);
    // b sees only the sum of the outputs' residuals.
    let feedback = &exact.state.moments.feedback;
    assert!(feedback.iter().all(|m| (m - 1.0).abs() < 1e-12));
}

#[test]
fn impossible_requests_are_refused() {
    let (x, y) = data(0);
    let ask = |law: &FeedbackLaw, taus: &[f64], tolerance| {
        let problem = SlowProblem {
            activation: Activation::Tanh,
            loss: Loss::SquaredError,
            inputs: &x,
            targets: &y,
            law,
        };
        let limit = slow_time_limit(problem, &SlowRidge::constant(1.0), taus, tolerance);
        limit.unwrap_err().to_string()
    };
    let gaussian = &FeedbackLaw::Gaussian;
    assert!(ask(gaussian, &[1.0, 0.5], 0.1).contains("taus"));
    assert!(ask(gaussian, &[1.0], 0.0).contains("tolerance"));
    assert!(ask(&FeedbackLaw::Sparse { density: 0.0 }, &[1.0], 0.1).contains("density"));
    let factor = Array2::zeros((2, 1));
    assert!(ask(&FeedbackLaw::LowRank { factor }, &[1.0], 0.1).contains("factor"));
}

/// The formula by which `plan::need` counts them.
#[test]
fn particles_take_the_memory_that_is_counted() {
    let (n, k, groups) = (40, 3, 2000);
    let (x, y) = (normals(7, n, 60) * 0.1, normals(8, n, k));
    let streams = Streams::new(1, 0);
    let ((), most) = most_during(|| {
        let (activation, loss) = (Activation::Tanh, Loss::SquaredError);
        let mut limit = SlowTime::draw(activation, loss, &x, &y, groups, streams).unwrap();
        let ridge = SlowRidge::constant(1.0);
        limit.advance_to(0.02, &ridge, 1e-2).unwrap();
        limit.state(1.0).unwrap();
    });
    // Two particles a group, for tanh is odd.
    let counted = 2 * groups * (80 * n + 24 * k) + 64 * n * n;
    let share = most as f64 / counted as f64;
    assert!((0.7..=1.0).contains(&share), "{most} of {counted}");
}
