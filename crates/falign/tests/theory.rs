//! Theory against the engines: kernels, their limits, and what the limits say of training.

use falign::internal::config::{Experiment, Overrides};
use falign::internal::math::activate;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::{Context, simulate};
use falign::internal::theory::{
    LazyFeedback, LazyLimit, SlowState, feedback_kernel_between, infinite_feature_kernel_between,
};
use falign::internal::theory::{LinearSlowTime, SlowTime};
use falign::internal::theory::{infinite_slope_kernel, spectral_norm};
use falign::internal::theory::{surrogate_kernel, symmetric_part_eigenvalues};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use falign::rule::{Feedback, Schedule};
use falign::theory::{
    eigenvalues, feature_kernel, feedback_kernel, infinite_feature_kernel,
    infinite_feedback_kernel, kernel_drift, kernel_spectrum,
};
use falign::two_layer::{Dynamics, Needs, Problem, SampleSpace, Start, Threads, Weights};
use ndarray::{Array2, array};

use crate::support::{normals, problem, relative};

/// The activations of the paper and of this crate's reference figures.
const MEASURED: [Activation; 5] = [
    Activation::Linear,
    Activation::Relu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Erf,
];

fn drawn(seed: u64, correlation: f64) -> Start {
    Start::Drawn {
        streams: Streams::new(seed, 0),
        correlation,
    }
}

/// W, beta and b of a start.
fn weights(start: &Start, p: usize, d: usize, k: usize) -> Weights {
    let matrix = |columns, values| Array2::from_shape_vec((p, columns), values).unwrap();
    let (output, feedback) = start.output_and_feedback(p, k);
    Weights {
        hidden: matrix(d, start.hidden_rows(0, p, d)),
        output: matrix(k, output),
        feedback: matrix(k, feedback),
    }
}

fn engine(problem: &Problem, start: Start, needs: Needs) -> SampleSpace<f64> {
    SampleSpace::new(problem, start, Streams::new(0, 0), needs, Threads::One)
}

fn outputs(w: &Weights, activation: Activation, x: &Array2<f64>) -> Array2<f64> {
    let psi = x.dot(&w.hidden.t()).mapv(|z| activation.value(z));
    psi.dot(&w.output) / (w.hidden.nrows() as f64).sqrt()
}

/// Least-squares slope of ln y against ln x.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let logs = |v: &[f64]| v.iter().map(|a| a.ln()).collect::<Vec<f64>>();
    let (x, y) = (logs(x), logs(y));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(&x), mean(&y));
    let along: f64 = x.iter().zip(&y).map(|(a, b)| (a - mx) * (b - my)).sum();
    along / x.iter().map(|a| (a - mx) * (a - mx)).sum::<f64>()
}

#[test]
fn infinite_kernels_are_the_means_over_gaussian_weights() {
    const DRAWS: usize = 100_000;
    /// Standard errors; 7 activations and 2 x 10 entries, many of them dependent.
    const SLACK: f64 = 5.0;
    let x = array![
        [0.3, -0.2, 0.1],
        [1.0, 0.5, 0.2],
        [1.1, 0.4, 0.3],
        [-2.0, 1.5, 2.0]
    ];
    let w = normals(3, DRAWS, 3);
    let z = w.dot(&x.t());
    for activation in Activation::ALL {
        let kernels = [
            infinite_feature_kernel(activation, &x),
            infinite_slope_kernel(activation, &x),
        ];
        let units = [
            z.mapv(|z| activation.value(z)),
            z.mapv(|z| activation.derivative(z)),
        ];
        for (kernel, units) in kernels.iter().zip(&units) {
            for i in 0..4 {
                for j in 0..=i {
                    let (mut sum, mut squares) = (0.0, 0.0);
                    for unit in units.rows() {
                        let product = unit[i] * unit[j];
                        sum += product;
                        squares += product * product;
                    }
                    let (mean, square) = (sum / DRAWS as f64, squares / DRAWS as f64);
                    let error = ((square - mean * mean).max(0.0) / DRAWS as f64).sqrt();
                    let distance = (kernel[(i, j)] - mean).abs();
                    assert!(
                        distance < SLACK * error + 1e-12,
                        "{activation:?} ({i}, {j}): {} against {mean} +- {error}",
                        kernel[(i, j)]
                    );
                    assert!((kernel[(i, j)] - kernel[(j, i)]).abs() < 1e-15);
                }
            }
        }
    }
}

#[test]
fn kernels_between_sets_are_blocks_of_the_kernel_of_all() {
    let (left, right) = (normals(4, 3, 5), normals(5, 4, 5));
    let mut all = left.clone();
    for row in right.rows() {
        all.push_row(row).unwrap();
    }
    for activation in Activation::ALL {
        let whole = infinite_feature_kernel(activation, &all);
        let block = infinite_feature_kernel_between(activation, &left, &right).unwrap();
        for ((i, j), value) in block.indexed_iter() {
            // Different norms choose different quadrature points.
            assert!((value - whole[(i, 3 + j)]).abs() < 1e-12, "{activation:?}");
        }
    }
    let error = infinite_feature_kernel_between(Activation::Relu, &left, &normals(1, 2, 4));
    assert!(error.unwrap_err().to_string().contains("5 columns"));
}

#[test]
fn the_surrogate_is_near_for_tanh_and_lacks_a_constant_for_sigmoid() {
    let (n, d) = (20, 4000);
    let x = normals(8, n, d) / (d as f64).sqrt();
    let distance = |activation, constant: f64| {
        let mut surrogate = surrogate_kernel(activation, &x) + constant;
        surrogate.diag_mut().map_inplace(|g| *g -= constant);
        kernel_drift(&infinite_feature_kernel(activation, &x), &surrogate).unwrap()
    };
    // sqrt(log n / d) + n / d is .032.
    assert!(distance(Activation::Tanh, 0.0) < 0.05);
    // (E psi)^2 = 1/4 in every entry off the diagonal.
    assert!((distance(Activation::Sigmoid, 0.0) - (n as f64 - 1.0) / 4.0).abs() < 0.1);
    assert!(distance(Activation::Sigmoid, 0.25) < 0.05);
    // So the least eigenvalue is not the printed one.
    let least = |kernel: &Array2<f64>| symmetric_part_eigenvalues(kernel).unwrap()[0];
    let printed = least(&surrogate_kernel(Activation::Sigmoid, &x));
    let gamma = kernel_spectrum(Activation::Sigmoid, &x).gamma;
    assert!(printed > 0.25 && gamma < 0.05, "{printed} {gamma}");
}

/// One tiny step changes the residual by -eta (G + H) e, for every activation and rule.
#[test]
fn the_kernels_are_the_first_step_of_the_engine() {
    /// Relative, at eta = 1e-6: second order in eta and rounding of the difference.
    const TOLERANCE: f64 = 1e-4;
    let (n, d, p) = (5, 4, 40);
    for activation in Activation::ALL {
        for k in [1, 2, 3] {
            for feedback in [Feedback::Random, Feedback::Transpose] {
                let mut problem = problem(6, n, d, k, p as u64);
                problem.activation = activation;
                problem.feedback = feedback;
                problem.step_size = 1e-6;
                let start = drawn(9, 0.3);
                let w = weights(&start, p, d, k);
                let back = match feedback {
                    Feedback::Transpose => &w.output,
                    _ => &w.feedback,
                };
                let x = &problem.inputs;
                let g = feature_kernel(&w.hidden, activation, x).unwrap();
                let h = feedback_kernel(&w.hidden, &w.output, back, activation, x).unwrap();
                let e = outputs(&w, activation, x) - &problem.targets;
                let through_h = h
                    .dot(&Array2::from_shape_vec((n * k, 1), e.iter().copied().collect()).unwrap());
                let through_g = g.dot(&e);
                let expected: Vec<f64> = through_g
                    .iter()
                    .zip(&through_h)
                    .map(|(a, b)| a + b)
                    .collect();
                let mut engine = engine(&problem, start, Needs::default());
                let before = engine.snapshot(Needs::default()).residual;
                engine.step();
                let after = engine.snapshot(Needs::default()).residual;
                let pairs = before.iter().zip(&after);
                let moved: Vec<f64> = pairs.map(|(a, b)| (a - b) / 1e-6).collect();
                let error = relative(&moved, &expected);
                assert!(
                    error < TOLERANCE,
                    "{activation:?} k = {k} {feedback:?}: {error:e}"
                );
            }
        }
    }
}

#[test]
fn the_feedback_kernel_is_symmetric_for_one_output_only() {
    let (p, d) = (30, 4);
    let x = normals(2, 5, d);
    let kernel = |k| {
        let w = weights(&drawn(3, 0.0), p, d, k);
        feedback_kernel(&w.hidden, &w.output, &w.feedback, Activation::Tanh, &x).unwrap()
    };
    let asymmetry = |h: &Array2<f64>| spectral_norm(&(h - &h.t())).unwrap();
    let (one, three) = (kernel(1), kernel(3));
    assert!(asymmetry(&one) < 1e-14 && asymmetry(&three) > 0.1);
    // Not positive semidefinite; real eigenvalues for one output, complex ones for three.
    let least = symmetric_part_eigenvalues(&one).unwrap()[0];
    assert!(least < -1e-3, "{least}");
    let one = eigenvalues(&one).unwrap();
    assert!((one[0].0 - least).abs() < 1e-12 && one.iter().all(|z| z.1.abs() < 1e-12));
    let general = eigenvalues(&three).unwrap();
    assert!(general.iter().any(|z| z.1 > 1e-3));
    // Every eigenvalue lies to the right of the symmetric part's least one.
    let least = symmetric_part_eigenvalues(&three).unwrap()[0];
    assert!(general.iter().all(|z| z.0 >= least - 1e-12));
    // With b = beta it is the second part of the tangent kernel.
    let w = weights(&drawn(3, 0.0), p, d, 3);
    let tangent = feedback_kernel(&w.hidden, &w.output, &w.output, Activation::Tanh, &x).unwrap();
    assert!(asymmetry(&tangent) < 1e-14);
    assert!(symmetric_part_eigenvalues(&tangent).unwrap()[0] > -1e-12);
    let error = feedback_kernel_between(&w.hidden, &w.output, &x, Activation::Tanh, &x, &x);
    assert!(error.unwrap_err().to_string().contains("feedback_weights"));
}

#[test]
fn kernels_of_wide_networks_approach_their_limits_at_rate_one_half() {
    const WIDTHS: [usize; 4] = [100, 400, 1600, 6400];
    const SEEDS: u64 = 12;
    let (n, d) = (10, 30);
    let x = normals(1, n, d) / (d as f64).sqrt();
    for activation in MEASURED {
        let limit = infinite_feature_kernel(activation, &x);
        let correlated = infinite_feedback_kernel(activation, &x) * 0.6;
        let mut sums = [[0.0; 4]; 3];
        for (at, &p) in WIDTHS.iter().enumerate() {
            for seed in 0..SEEDS {
                let kernels = |rho| {
                    let w = weights(&drawn(100 + seed, rho), p, d, 1);
                    let h = feedback_kernel(&w.hidden, &w.output, &w.feedback, activation, &x);
                    (
                        feature_kernel(&w.hidden, activation, &x).unwrap(),
                        h.unwrap(),
                    )
                };
                let (g, h) = kernels(0.0);
                sums[0][at] += kernel_drift(&g, &limit).unwrap();
                sums[1][at] += spectral_norm(&h).unwrap();
                sums[2][at] += kernel_drift(&kernels(0.6).1, &correlated).unwrap();
            }
        }
        for (sums, what) in sums.iter().zip(["G - Gbar", "H", "H - rho K o Gdot"]) {
            let rate = slope(&WIDTHS.map(|p| p as f64), sums);
            // Each mean of 12 norms is known to about 10 %: 0.03 in the slope; 4 of them.
            assert!((rate + 0.5).abs() < 0.12, "{activation:?} |{what}|: {rate}");
        }
    }
}

/// Largest distance from the lazy limit over 60 steps, looked at every sixth, relative to |e(0)|: training, held out.
pub(crate) fn lazy_error(problem: &Problem, correlation: f64, seed: u64) -> [f64; 2] {
    let (p, d, k) = (
        problem.width.try_into().unwrap(),
        problem.input_dim(),
        problem.outputs(),
    );
    let (new, new_targets) = problem.held_out.as_ref().unwrap();
    let start = drawn(seed, correlation);
    let w = weights(&start, p, d, k);
    let feedback = match problem.feedback {
        Feedback::Transpose => LazyFeedback::Transpose,
        _ => LazyFeedback::Fixed { correlation },
    };
    let at = |x: &Array2<f64>| outputs(&w, problem.activation, x);
    let mut limit = LazyLimit::new(
        problem.activation,
        feedback,
        problem.step_size,
        problem.schedule.clone(),
        &problem.inputs,
        &problem.targets,
        &at(&problem.inputs),
    )
    .unwrap()
    .with_new_inputs(new, &at(new))
    .unwrap();
    let needs = Needs {
        held_out: true,
        coefficients: true,
        ..Needs::default()
    };
    let mut engine = engine(problem, start, needs);
    let scale = limit.residual().iter().map(|e| e * e).sum::<f64>().sqrt();
    let mut worst = [0.0f64; 2];
    for step in 1..=60 {
        limit.step();
        engine.step();
        if step % 6 != 0 {
            continue;
        }
        let snapshot = engine.snapshot(needs);
        let distance = |limit: &Array2<f64>, measured: &[f64]| {
            let pairs = limit.iter().zip(measured);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt() / scale
        };
        let new_residual = limit.new_outputs().unwrap() - new_targets;
        worst[0] = worst[0].max(distance(limit.residual(), &snapshot.residual));
        let measured = snapshot.held_out_residual.unwrap();
        worst[1] = worst[1].max(distance(&new_residual, &measured));
    }
    worst
}

/// A problem for the lazy limit: eta = 0.5 / (M + lambda), M of Gbar + K o Gdot.
fn lazy_problem(activation: Activation, ridge: f64, k: usize) -> Problem {
    let mut problem = problem(30, 10, 30, k, 1);
    problem.activation = activation;
    problem.held_out = Some((normals(31, 6, 30) / 30f64.sqrt(), normals(32, 6, k)));
    let max = kernel_spectrum(activation, &problem.inputs).max
        + spectral_norm(&infinite_feedback_kernel(activation, &problem.inputs)).unwrap();
    problem.step_size = 0.5 / (max + ridge);
    problem.schedule = Schedule::Constant { ridge };
    problem
}

#[test]
fn training_of_wide_networks_approaches_the_lazy_limit_at_rate_one_half() {
    const WIDTHS: [u64; 3] = [250, 1000, 4000];
    const SEEDS: u64 = 4;
    for activation in MEASURED {
        for (correlation, ridge, feedback, k) in [
            (0.0, 0.0, Feedback::Random, 1),
            (0.7, 0.3, Feedback::Random, 2),
            (0.0, 0.3, Feedback::Transpose, 1),
        ] {
            let mut problem = lazy_problem(activation, ridge, k);
            problem.feedback = feedback;
            let mut sums = [[0.0; 3]; 2];
            for (at, width) in WIDTHS.into_iter().enumerate() {
                problem.width = width;
                for seed in 0..SEEDS {
                    let worst = lazy_error(&problem, correlation, 200 + seed);
                    sums[0][at] += worst[0];
                    sums[1][at] += worst[1];
                }
            }
            for sums in sums {
                let rate = slope(&WIDTHS.map(|p| p as f64), &sums);
                // Each mean of 4 is known to about 15 %: 0.08 in the slope; 3 of them.
                assert!(
                    (rate + 0.5).abs() < 0.25 && sums[2] / (SEEDS as f64) < 0.1,
                    "{activation:?} rho {correlation} {feedback:?}: slope {rate}, {sums:?}"
                );
            }
        }
    }
}

#[test]
fn gamma_and_largest_eigenvalue_have_the_size_measured_elsewhere() {
    // One draw of an independent program gave linear 27.8/352, ReLU 19.9/1245, tanh .42/1.80.
    let x = normals(12, 50, 150);
    for (activation, gamma, max) in [
        (Activation::Linear, 27.8, 352.0),
        (Activation::Relu, 19.9, 1245.0),
        (Activation::Tanh, 0.42, 1.80),
    ] {
        let s = kernel_spectrum(activation, &x);
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.15;
        assert!(
            near(s.gamma, gamma) && near(s.max, max),
            "{activation:?}: {s:?}"
        );
    }
}

#[test]
fn units_of_the_theory_resolve_for_every_activation() {
    for activation in Activation::ALL {
        let text = format!(
            "name = \"units\"\n[data]\nsamples = 6\ninput_dim = 9\n[network]\nwidth = 50\nactivation = \"{}\"\n[learning]\nridge = {{ gamma = 3 }}\nschedule = \"cutoff\"\ncutoff = {{ c_s = 5 }}\n[run]\nsteps = 4\nruns = 1\n",
            activation.name()
        );
        let experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
        let sources = Sources::default();
        let setting = &experiment.settings[0].setting;
        let run = simulate(setting, 0, Context::new(&sources), &mut |_| true);
        let r = run.unwrap().unwrap().resolved;
        let (gamma, max) = r.gamma.zip(r.kernel_max).unwrap();
        assert!(gamma > 0.0 && max > gamma, "{activation:?}: {r:?}");
        assert!((r.ridge / (3.0 * gamma) - 1.0).abs() < 1e-14, "{r:?}");
        let eta = 0.5 / (max + r.ridge);
        assert!((r.step_size / eta - 1.0).abs() < 1e-14, "{r:?}");
    }
}

/// Theorem 4.6 on orthonormal inputs with targets +-1: the limit does not depend on the draw.
#[test]
fn the_linear_slow_time_limit_gives_the_known_alignment_after_a_cutoff() {
    let x = Array2::eye(10);
    let y = Array2::from_shape_fn((10, 1), |(i, _)| if i % 3 == 0 { -1.0 } else { 1.0 });
    // (L, c_S, final cosine), which simulations at widths 10^4 to 10^7 gave too.
    for (ridge, c_s, alignment) in [(3.0, 5.0, 0.7488), (10.0, 20.0, 0.8587)] {
        let mut limit = LinearSlowTime::new(&x, &y, Loss::SquaredError).unwrap();
        let end = c_s / (10f64.sqrt() * ridge);
        for _ in 0..100 {
            limit.advance(|_| ridge, end / 100.0).unwrap();
        }
        let state = limit.state(0.0).unwrap();
        assert!(
            (state.moments.alignment() - alignment).abs() < 1e-4,
            "{state:?}"
        );
        assert!(state.loss < 1e-20, "interpolates after the cutoff");
    }
}

#[test]
fn particles_of_a_linear_network_follow_its_equation() {
    let (x, y) = (normals(40, 6, 20) / 20f64.sqrt(), normals(41, 6, 2));
    let streams = Streams::new(1, 0);
    for loss in [Loss::SquaredError, Loss::SoftmaxCrossEntropy] {
        let y = if loss == Loss::SquaredError {
            y.clone()
        } else {
            Array2::from_shape_fn((6, 2), |(i, c)| f64::from(u8::from(i % 2 == c)))
        };
        let mut exact = LinearSlowTime::new(&x, &y, loss).unwrap();
        let mut particles =
            SlowTime::draw(Activation::Linear, loss, &x, &y, 4000, streams).unwrap();
        // A ridge that falls with tau.
        let ridge = |tau: f64| 1.5 / (1.0 + tau);
        for _ in 0..20 {
            exact.advance(ridge, 0.1).unwrap();
            particles.advance(ridge, 0.1).unwrap();
        }
        let ridge = ridge(exact.tau());
        let (a, b) = (exact.state(ridge).unwrap(), particles.state(ridge).unwrap());
        // 16000 particles in fours: about 1 %.
        let pairs = [
            (a.moments.alignment(), b.moments.alignment()),
            (a.alignment_per_sample(), b.alignment_per_sample()),
            (a.loss, b.loss),
        ];
        for (a, b) in pairs {
            assert!((a / b - 1.0).abs() < 0.03, "{loss:?}: {a} {b}");
        }
    }
}

/// Ridge-regularised feedback alignment in weight space, written out: (alignment per sample,
/// loss) at the steps that `at` asks for.
fn train(
    activation: Activation,
    loss: Loss,
    (x, y): (&Array2<f64>, &Array2<f64>),
    (eta, ridge): (f64, f64),
    p: usize,
    at: &[usize],
) -> Vec<(f64, f64)> {
    let root = (p as f64).sqrt();
    let mut w = weights(&drawn(70, 0.0), p, x.ncols(), y.ncols());
    let mut measured = Vec::new();
    let mut e = Array2::zeros(y.dim());
    for t in 0..=at[at.len() - 1] {
        let mut psi = x.dot(&w.hidden.t()).as_standard_layout().into_owned();
        let mut dpsi = psi.clone();
        activate(
            activation,
            psi.as_slice_mut().unwrap(),
            dpsi.as_slice_mut().unwrap(),
        );
        let f = psi.dot(&w.output) / root;
        let value = loss.residual(&f, y, Reduction::Sum, &mut e);
        if at.contains(&t) {
            let (bp, fa) = (e.dot(&w.output.t()), e.dot(&w.feedback.t()));
            let cosines = bp
                .rows()
                .into_iter()
                .zip(fa.rows())
                .map(|(a, b)| a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt());
            measured.push((cosines.sum::<f64>() / x.nrows() as f64, value));
        }
        let sent = e.dot(&w.feedback.t()) * dpsi;
        let output = psi.t().dot(&e);
        w.output *= 1.0 - eta * ridge;
        w.output.scaled_add(-eta / root, &output);
        w.hidden.scaled_add(-eta / root, &sent.t().dot(x));
    }
    measured
}

fn slow_states(
    activation: Activation,
    loss: Loss,
    (x, y): (&Array2<f64>, &Array2<f64>),
    ridge: f64,
    taus: &[f64],
) -> Vec<SlowState> {
    let mut limit = SlowTime::draw(activation, loss, x, y, 3000, Streams::new(5, 0)).unwrap();
    let mut states = Vec::new();
    for tau in taus {
        while limit.tau() < tau - 1e-9 {
            limit.advance(|_| ridge, 0.1).unwrap();
        }
        states.push(limit.state(ridge).unwrap());
    }
    states
}

/// One run of width 3000: a limit good to .01 and 2 % there, and one draw adds 1/sqrt(p) = .02.
#[test]
fn wide_networks_under_ridge_follow_the_slow_time_limit() {
    let taus = [0.5, 1.0, 2.0];
    let p = 3000;
    let (n, d) = (10, 40);
    let x = normals(50, n, d) * (1.5 / (d as f64).sqrt());
    let signs = Array2::from_shape_fn((n, 1), |(i, _)| if i % 2 == 0 { 1.0 } else { -1.0 });
    let classes = Array2::from_shape_fn((n, 3), |(i, c)| f64::from(u8::from(i % 3 == c)));
    for (activation, loss, y) in [
        (Activation::Tanh, Loss::SquaredError, &signs),
        (Activation::Relu, Loss::SquaredError, &signs),
        (Activation::Tanh, Loss::SquaredError, &classes),
        (Activation::Tanh, Loss::SoftmaxCrossEntropy, &classes),
    ] {
        let s = kernel_spectrum(activation, &x);
        let ridge = 3.0 * s.gamma;
        let eta = 0.4 / (s.max + ridge);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a step"
        )]
        let at = taus.map(|tau: f64| (tau * (p as f64).sqrt() / eta).round() as usize);
        let measured = train(activation, loss, (&x, y), (eta, ridge), p, &at);
        let states = slow_states(activation, loss, (&x, y), ridge, &taus);
        for ((state, (alignment, value)), tau) in states.iter().zip(measured).zip(taus) {
            let (limit, limit_loss) = (state.alignment_per_sample(), state.loss);
            assert!(
                (limit - alignment).abs() < 0.04 && (limit_loss / value - 1.0).abs() < 0.06,
                "{activation:?} {loss:?} k = {} tau {tau}: limit {limit} {limit_loss}, run {alignment} {value}",
                y.ncols()
            );
        }
    }
}

#[test]
fn the_stream_of_particles_is_its_own() {
    let streams = Streams::new(5, 0);
    let first = |name| streams.open(name).word();
    assert_ne!(
        first(StreamName::Particles),
        first(StreamName::HiddenWeights)
    );
}

#[test]
fn eigenvalues_are_in_order_and_those_of_square_kernels() {
    let kernel = ndarray::array![[2.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.5]];
    let found = eigenvalues(&kernel).unwrap();
    for ((real, imaginary), expected) in found.into_iter().zip([-1.0, 0.5, 2.0]) {
        assert!(
            (real - expected).abs() < 1e-14 && imaginary.abs() < 1e-14,
            "{real}"
        );
    }
    assert!(eigenvalues(&Array2::zeros((2, 3))).is_err());
}
