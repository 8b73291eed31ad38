//! Kernels that the engines give of their units, against those of `theory` from weights.

use falign::internal::config::{Experiment, Overrides};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::{Context, simulate};
use falign::internal::theory::symmetric_part_eigenvalues;
use falign::internal::two_layer::Reference;
use falign::math::{Activation, Streams};
use falign::measure::Quantity;
use falign::rule::{Feedback, Schedule};
use falign::theory::{feature_kernel, feedback_kernel};
use falign::two_layer::{
    Dynamics, Linear, LinearStart, Needs, Problem, SampleSpace, Start, Threads,
};
use ndarray::Array2;

use crate::support::{problem, relative};

/// Rounding of sums over 40 units, after 12 steps.
const ROUNDING: f64 = 1e-11;

const RULES: [Feedback; 5] = [
    Feedback::Transpose,
    Feedback::Random,
    Feedback::KolenPollack,
    Feedback::Hebbian,
    Feedback::Oja,
];

const BOTH: Needs = Needs {
    coefficients: true,
    output_movement: false,
    hidden_movement: false,
    conservation: false,
    held_out: false,
    shares: false,
    units: true,
    feature_kernel: true,
    feedback_kernel: true,
};

fn engines(problem: &Problem) -> Vec<Box<dyn Dynamics>> {
    let streams = Streams::new(11, 0);
    let start = Start::Drawn {
        streams,
        correlation: 0.3,
    };
    let mut engines: Vec<Box<dyn Dynamics>> = vec![
        Box::new(Reference::<f64>::new(problem, &start, streams)),
        Box::new(SampleSpace::<f64>::new(
            problem,
            start.clone(),
            streams,
            BOTH,
            Threads::One,
        )),
    ];
    if problem.activation == Activation::Linear {
        engines.push(Box::new(Linear::new(
            problem,
            LinearStart::Weights(start),
            BOTH,
        )));
    }
    engines
}

#[test]
fn every_engine_gives_the_kernels_of_its_weights() {
    for activation in [Activation::Linear, Activation::Relu, Activation::Tanh] {
        for feedback in RULES {
            for k in [1, 3] {
                let mut problem = problem(7, 6, 9, k, 40);
                problem.activation = activation;
                problem.feedback = feedback;
                problem.schedule = Schedule::Constant { ridge: 0.4 };
                let mut known: Option<[Vec<f64>; 2]> = None;
                for mut engine in engines(&problem) {
                    for _ in 0..12 {
                        engine.step();
                    }
                    let snapshot = engine.snapshot(BOTH);
                    let found = [snapshot.feature_kernel, snapshot.feedback_kernel]
                        .map(|kernel| kernel.unwrap());
                    // The linear engine has no weights of the rotated rules: the others' then.
                    if let Some(w) = engine.weights() {
                        let b = match feedback {
                            Feedback::Transpose => &w.output,
                            _ => &w.feedback,
                        };
                        let x = &problem.inputs;
                        let g = feature_kernel(&w.hidden, activation, x).unwrap();
                        let h = feedback_kernel(&w.hidden, &w.output, b, activation, x).unwrap();
                        known = Some([g, h].map(|kernel| kernel.iter().copied().collect()));
                    }
                    for (found, known) in found.iter().zip(known.as_ref().unwrap()) {
                        let error = relative(found, known);
                        assert!(
                            error < ROUNDING,
                            "{activation:?} {feedback:?} {k}: {error:e}"
                        );
                    }
                }
            }
        }
    }
}

const NAMES: [&str; 9] = [
    "feature_kernel_drift",
    "feature_kernel_min_eigenvalue",
    "feature_kernel_max_eigenvalue",
    "participation_ratio",
    "kernel_target_alignment",
    "kernel_similarity",
    "feedback_kernel_drift",
    "feedback_kernel_norm",
    "feedback_kernel_min_eigenvalue",
];

/// Rows of one run of an experiment that measures all of `NAMES`.
fn rows(network: &str) -> Vec<Vec<f64>> {
    let text = format!(
        "name = \"kernels\"\n[data]\nsamples = 5\ninput_dim = 9\ninputs = \"normal_over_dim\"\n\
         [network]\n{network}\n[learning]\nridge = {{ gamma = 2 }}\n\
         [run]\nsteps = 30\nrecord = {{ every = 10 }}\nruns = 1\nquantities = {NAMES:?}\n"
    );
    let experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
    let setting = &experiment.settings[0].setting;
    let sources = Sources::default();
    let result = simulate(setting, 0, Context::new(&sources), &mut |_| true);
    result.unwrap().unwrap().rows.values
}

#[test]
fn quantities_of_kernels_mean_what_they_say() {
    for name in NAMES {
        let quantity = Quantity::from_name(name).unwrap();
        assert!(quantity.is_two_layer() && !quantity.is_deep(), "{name}");
        let needs = Needs::of(&[quantity], false);
        assert!(needs.feature_kernel != needs.feedback_kernel, "{name}");
    }
    for network in [
        "activation = \"tanh\"\nwidth = 60",
        "activation = \"relu\"\nwidth = 60",
        "activation = \"linear\"\nwidth = 60",
    ] {
        let rows = rows(network);
        assert_eq!(rows.len(), 4);
        // At the start nothing has moved, and the features are like themselves.
        assert!(
            rows[0][0].abs() < 1e-15 && rows[0][6].abs() < 1e-15,
            "{network}"
        );
        assert!((rows[0][5] - 1.0).abs() < 1e-14, "{network}");
        for row in &rows {
            let [_, min, max, ratio, alignment, similarity, _, norm, least] = row[..] else {
                panic!("nine values")
            };
            assert!(0.0 < min && min < max, "{network}: {row:?}");
            assert!((1.0..=5.0).contains(&ratio), "{network}: {row:?}");
            assert!(0.0 < alignment && alignment <= 1.0, "{network}: {row:?}");
            assert!(similarity.abs() <= 1.0 + 1e-14, "{network}: {row:?}");
            assert!(-norm - 1e-14 <= least && least < norm, "{network}: {row:?}");
        }
        let last = &rows[3];
        assert!(
            last[0] > 0.0 && last[6] > 0.0 && last[5] < 1.0,
            "{network}: {last:?}"
        );
    }
}

#[test]
fn kernels_of_a_linear_network_need_no_units() {
    // 10^12 units: G(0) is X X' to six digits, and H(0) vanishes like 1/sqrt(p).
    let rows = rows("activation = \"linear\"\nwidth = 1000000000000");
    let text = "name = \"x\"\n[data]\nsamples = 5\ninput_dim = 9\ninputs = \"normal_over_dim\"\n\
                [network]\nwidth = 1000000000000\n[run]\nsteps = 0\n";
    let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
    let setting = experiment.settings[0].setting.two_layer().unwrap();
    let sources = Sources::default();
    let (problem, _) =
        falign::internal::simulate::resolve::resolve(setting, 0, setting.draw(), &sources).unwrap();
    let k: Array2<f64> = problem.inputs.dot(&problem.inputs.t());
    let eigenvalues = symmetric_part_eigenvalues(&k).unwrap();
    assert!((rows[0][1] / eigenvalues[0] - 1.0).abs() < 1e-4);
    assert!((rows[0][2] / eigenvalues[4] - 1.0).abs() < 1e-5);
    assert!(rows[0][7] < 1e-4 * eigenvalues[4]);
    assert!(rows.iter().flatten().all(|value| value.is_finite()));
}

#[test]
fn a_kernel_that_does_not_fit_in_memory_is_refused() {
    let text = "name = \"x\"\n[data]\nsamples = 100000\n[run]\nquantities = [\"feedback_kernel_norm\"]\n\
                [network]\nactivation = \"relu\"\nwidth = 10\n[learning]\nstep_size = 1\n";
    let many = format!("{text}[sweep]\n\"data.outputs\" = [2]\n");
    let error = Experiment::parse(&many, &Overrides::none()).unwrap_err();
    assert!(error.to_string().contains("run.quantities"), "{error}");
}
