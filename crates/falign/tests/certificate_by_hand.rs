//! Numbers and verdicts of certificates, each worked out by hand: with ridges that change, feedback
//! against beta(0), and records that are not of every step.

use falign::internal::theory::LazyFeedback;
use falign::internal::theory::certificate::{
    Certificate, Condition, CutoffNeeded, Drawn, Forecast, InitialKernels, MeasuredRun, Met, Setup,
    Verdict, certify,
};
use falign::math::Activation;
use falign::rule::Schedule;
use ndarray::{Array2, array};

use crate::support::normals;

const NO_RIDGE: Schedule = Schedule::Constant { ridge: 0.0 };

fn setup<'a>(activation: Activation, x: &'a Array2<f64>, y: &'a Array2<f64>) -> Setup<'a> {
    Setup {
        activation,
        inputs: x,
        targets: y,
        width: 400,
        step_size: 0.1,
        schedule: &NO_RIDGE,
        steps: 100,
        feedback: LazyFeedback::Fixed { correlation: 0.0 },
        normal_over_dim: None,
        departures: &[],
        kernel_eigenvalues: None,
        initial_kernels: None,
    }
}

/// X X' = diag(4, 1) and |y| = 5.
fn diagonal() -> (Array2<f64>, Array2<f64>) {
    (array![[2.0, 0.0], [0.0, 1.0]], array![[3.0], [4.0]])
}

/// Rows of length 1 at right angles: Gbar of erf is (2/pi) asin(2/3) times the identity.
fn orthonormal(n: usize) -> (Array2<f64>, Array2<f64>) {
    (Array2::eye(n), Array2::ones((n, 1)))
}

fn erf_gamma() -> f64 {
    std::f64::consts::FRAC_2_PI * (2.0f64 / 3.0).asin()
}

/// A ridge that falls from step to step.
fn falling() -> Schedule {
    Schedule::Table {
        values: vec![3.0, 1.0, 0.5, 0.0],
    }
}

fn close(certificate: &Certificate, key: &str, expected: f64) {
    let found = certificate.value(key).unwrap_or_else(|| panic!("no {key}"));
    let error = (found - expected).abs();
    assert!(
        error <= 1e-12 * expected.abs().max(1e-3),
        "{key}: {found}, not {expected}"
    );
}

/// The note of the line of that key.
fn said_of<'a>(certificate: &'a Certificate, key: &str) -> &'a str {
    let line = certificate.lines.iter().find(|line| line.key == key);
    &line.unwrap_or_else(|| panic!("no {key}")).note
}

fn verdict(certificate: &Certificate, key: &str) -> Verdict {
    certificate.statement(key).unwrap().verdict()
}

/// Conditions of a statement that are not met, or open.
fn such(certificate: &Certificate, key: &str, met: Met) -> Vec<&'static str> {
    let conditions = &certificate.statement(key).unwrap().conditions;
    let such = conditions.iter().filter(|c| c.met == met);
    such.map(|c| c.key).collect()
}

fn condition<'a>(certificate: &'a Certificate, statement: &str, key: &str) -> &'a Condition {
    let conditions = &certificate.statement(statement).unwrap().conditions;
    conditions.iter().find(|c| c.key == key).unwrap()
}

#[test]
fn nonlinear_numbers_follow_their_formulas() {
    let (x, y) = orthonormal(2);
    let schedule = falling();
    let kernels = InitialKernels {
        feature: Array2::eye(2) * 0.4,
        feedback: Some(Array2::eye(2) * -0.1),
    };
    let certificate = certify(&Setup {
        width: 10_000,
        step_size: 0.25,
        schedule: &schedule,
        initial_kernels: Some(&kernels),
        ..setup(Activation::Erf, &x, &y)
    })
    .unwrap();
    let (g, log) = (erf_gamma(), 10_000f64.ln());
    for (key, value) in [
        ("gamma", g),
        ("kernel_max", g),
        ("initial_feature_kernel_min", 0.4),
        ("initial_feature_kernel_wanted", 0.75 * g),
        ("initial_feedback_kernel_norm", 0.1),
        ("initial_feedback_kernel_allowed", 0.25 * g),
        ("step_bound", 1.0 / (g + 3.0)),
        ("divergence_bound", 2.0 / (g + 3.0)),
        ("ridge_over_gamma", 3.0 / g),
        ("ridge_total", 4.5),
        ("ridge_budget", g * g * 100.0 / (0.25 * 4.0 * log.sqrt())),
        ("contraction_bound", 1.0 - 0.0625 * g),
        ("hidden_movement_scale", 2.0 * log.sqrt() / (g * 100.0)),
        ("output_movement_scale", 2.0 / (g * 100.0)),
        ("alignment_scale", 0.02),
        ("slow_time_steps", 400.0),
        ("ridge_steps", 1.0 / 0.75),
        ("initial_decay", -(0.25f64 * 0.75 * 0.875).ln()),
        ("initial_decay_wanted", 0.5 * 5000f64.ln() + 1.0),
        ("theorem_3_2_sufficient_width", 16.0 * log / g.powi(4)),
        ("theorem_4_2_sufficient_width", 16.0 * log / g.powi(4)),
    ] {
        close(&certificate, key, value);
    }
    // Of one sample and two units the other term is the larger.
    let (x, y) = orthonormal(1);
    let narrow = certify(&Setup {
        width: 2,
        ..setup(Activation::Erf, &x, &y)
    })
    .unwrap();
    close(&narrow, "theorem_3_2_sufficient_width", 1.0 / (0.1 * g * g));
}

#[test]
fn a_falling_ridge_is_spent_step_by_step() {
    let ((x, y), schedule) = (diagonal(), falling());
    let certificate = certify(&Setup {
        width: 4,
        schedule: &schedule,
        ..setup(Activation::Linear, &x, &y)
    })
    .unwrap();
    // S_lambda = 2 / (0.1 sqrt(2) 4) = 3.54, between the sums 3 and 4.
    close(&certificate, "ridge_budget", 2.0 / (0.4 * 2f64.sqrt()));
    close(&certificate, "budget_spent_step", 1.0);
    close(&certificate, "ridge_total", 4.5);
    close(&certificate, "initial_decay", -(0.7f64 * 0.9 * 0.95).ln());
    close(&certificate, "step_share", 0.7);
    assert_eq!(
        such(&certificate, "theorem_4_3", Met::Open),
        ["ridge_budget"]
    );
}

/// One input of length 1: `S_lambda` = 20/0.25 is 32 ridges of 2.5 to the last bit.
#[test]
fn a_budget_is_spent_by_the_step_that_uses_it_up() {
    let (x, y) = (array![[1.0]], array![[1.0]]);
    for (steps, note) in [(32, "after the run's end"), (33, "the theorem ends there")] {
        let certificate = certify(&Setup {
            step_size: 0.25,
            schedule: &Schedule::Constant { ridge: 2.5 },
            steps,
            ..setup(Activation::Linear, &x, &y)
        })
        .unwrap();
        for (key, value) in [
            ("ridge_budget", 80.0),
            ("cutoff_step", 32.0),
            ("budget_spent_step", 32.0),
        ] {
            close(&certificate, key, value);
        }
        assert_eq!(said_of(&certificate, "budget_spent_step"), note);
    }
}

#[test]
fn feedback_against_beta_0_counts_as_none() {
    let (x, y) = diagonal();
    let of = |correlation| {
        certify(&Setup {
            feedback: LazyFeedback::Fixed { correlation },
            ..setup(Activation::Linear, &x, &y)
        })
        .unwrap()
    };
    let against = of(-0.5);
    assert_eq!(against.value("training_kernel_max"), None);
    close(&against, "step_bound", 0.25);
    close(&against, "fastest_steps", 2.5);
    let along = of(0.5);
    close(&along, "training_kernel_max", 6.0);
    close(&along, "step_bound", 1.0 / 6.0);
    close(&along, "fastest_steps", 10.0 / 6.0);
}

#[test]
fn contraction_between_records_is_that_of_one_step() {
    let (x, y) = diagonal();
    let setup = setup(Activation::Linear, &x, &y);
    let run = MeasuredRun {
        steps: vec![0, 4, 6],
        residual_norm: Some(vec![5.0, 5.0 * 0.5f64.powi(4), 5.0 * 0.5f64.powi(4) * 0.64]),
        ..MeasuredRun::default()
    };
    let certificate = certify(&setup).unwrap().with_run(&setup, &run);
    close(&certificate, "worst_contraction", 0.8);
}

#[test]
fn residual_inequalities_take_the_ridge_of_the_step_before() {
    let schedule = falling();
    let run = MeasuredRun {
        steps: vec![0, 1, 3],
        residual_norm: Some(vec![5.0, 4.0, 3.6]),
        contraction: Some(vec![f64::NAN, 0.8, 0.9]),
        ..MeasuredRun::default()
    };
    let (x, y) = diagonal();
    let setup = Setup {
        schedule: &schedule,
        ..setup(Activation::Linear, &x, &y)
    };
    // (4 - (1 - 0.05 - 0.3) 5) / (0.3 5), and 0 at step 3, whose ridge was 0.5.
    let linear = certify(&setup).unwrap().with_run(&setup, &run);
    close(&linear, "residual_inequality", 0.5);
    // The same with gamma/4 of the other kernel, |y| = sqrt 2.
    let (x, y) = orthonormal(2);
    let setup = Setup {
        activation: Activation::Erf,
        inputs: &x,
        targets: &y,
        ..setup
    };
    let smooth = certify(&setup).unwrap().with_run(&setup, &run);
    let first = (4.0 - (0.7 - 0.025 * erf_gamma()) * 5.0) / (0.3 * 2f64.sqrt());
    let second = (3.6 - (0.95 - 0.025 * erf_gamma()) * 4.0) / (0.05 * 2f64.sqrt());
    close(&smooth, "residual_inequality", first.max(second));
}

/// (e(1) - 0.65 5)/1.5 is 0.367, and (e(3) - 0.9 4)/0.25 the larger: a ridge below 1 counts as well.
#[test]
fn the_worst_step_may_be_one_of_a_small_ridge() {
    let ((x, y), schedule) = (diagonal(), falling());
    let setup = Setup {
        schedule: &schedule,
        ..setup(Activation::Linear, &x, &y)
    };
    for (last, excess, note) in [
        (3.8, 0.8, "holds at recorded steps"),
        (3.9, 1.2, "does not hold"),
    ] {
        let run = MeasuredRun {
            steps: vec![0, 1, 3],
            residual_norm: Some(vec![5.0, 3.8, last]),
            contraction: Some(vec![f64::NAN, 0.76, last / 4.0]),
            ..MeasuredRun::default()
        };
        let certificate = certify(&setup).unwrap().with_run(&setup, &run);
        close(&certificate, "residual_inequality", excess);
        assert_eq!(said_of(&certificate, "residual_inequality"), note);
    }
}

/// The bound on a step is 1 - 0.025 0.465 = 0.988; three draws are 0.1 around 0.3.
#[test]
fn notes_compare_a_run_with_what_was_said_before() {
    let (x, y) = orthonormal(2);
    let setup = setup(Activation::Erf, &x, &y);
    let forecast = Forecast::Drawn(Drawn {
        alignment: vec![0.2, 0.3, 0.4],
        initial_share: vec![f64::NAN; 3],
        what: "weights",
        cutoff: CutoffNeeded::Unknown { why: String::new() },
    });
    let before = certify(&setup).unwrap().with_forecast(&forecast);
    let scale = before.value("output_movement_scale").unwrap();
    let after = |ratio: f64| {
        let run = MeasuredRun {
            steps: vec![0, 1, 2],
            contraction: Some(vec![f64::NAN, ratio, 0.97]),
            output_movement_max: Some(vec![0.0, 0.75 * scale, 0.5 * scale]),
            alignment: Some(vec![0.9, 0.6, 0.15]),
            diverged: Some(2),
            ..MeasuredRun::default()
        };
        before.clone().with_run(&setup, &run)
    };
    let within = after(0.98);
    for (key, value, note) in [
        (
            "worst_contraction",
            0.98,
            "of recorded steps; within the theorem's bound",
        ),
        (
            "final_alignment",
            0.15,
            "-1.5 standard deviations from the predicted mean",
        ),
        ("diverged_step", 2.0, ""),
    ] {
        close(&within, key, value);
        assert_eq!(said_of(&within, key), note);
    }
    close(&within, "output_movement_max", 0.75 * scale);
    let note = said_of(&within, "output_movement_max");
    assert!(
        note.starts_with("0.7500 of the theorem's scale, "),
        "{note}"
    );
    assert_eq!(
        said_of(&within, "hidden_movement_max"),
        "record `hidden_movement_max`"
    );
    let beyond = said_of(&after(0.99), "worst_contraction").to_owned();
    assert!(beyond.ends_with("; beyond the theorem's bound"), "{beyond}");
}

/// A step leaves 0.7 of beta(0): -log `P_T` is 0.357 T. (1/2) log(400/2) = 2.65 is reached at step 8, and
/// 3.65 at step 11.
#[test]
fn the_summary_says_how_much_of_beta_0_is_left() {
    let ((x, y), schedule) = (diagonal(), Schedule::Constant { ridge: 3.0 });
    for (steps, words) in [
        (
            7,
            "Most of beta is still beta(0): -log P_T = 2.50, forgotten from (1/2) log(p/n) + 1 = 3.65 on.",
        ),
        (8, "About half of beta is still beta(0): -log P_T = 2.85"),
        (10, "About half of beta is still beta(0): -log P_T = 3.57"),
        (11, "Little is left of beta(0): -log P_T = 3.92"),
    ] {
        let certificate = certify(&Setup {
            schedule: &schedule,
            steps,
            ..setup(Activation::Linear, &x, &y)
        });
        let summary = certificate.unwrap().summary;
        assert!(summary.starts_with(words), "{steps}: {summary}");
    }
}

/// G passes the edge three and a half steps after the start: with ridge in steps 0 to 3, but not 0 to 2.
#[test]
fn the_last_step_of_a_cutoff_still_moves_features() {
    let (x, y) = (Array2::eye(3) * 1.5, array![[2.0], [-1.0], [1.0]]);
    let late = |width, steps, schedule: &Schedule| {
        let certificate = certify(&Setup {
            width,
            step_size: 0.4,
            schedule,
            steps,
            ..setup(Activation::Linear, &x, &y)
        });
        certificate.unwrap().value("late_divergence_step")
    };
    let ridge = 2.0;
    // The step grows as sqrt p.
    let wide = late(1_000_000_000_000, 10_000_000, &Schedule::Constant { ridge }).unwrap();
    let width = (3.5 / wide * 1e6).powi(2).round();
    assert!(width > 8.0, "{wide}: one unit more or less is no half step");
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small whole number"
    )]
    let at = |last_step| late(width as u64, 40, &Schedule::Cutoff { ridge, last_step });
    assert_eq!((at(2), at(3), at(30)), (None, Some(4.0), Some(4.0)));
}

#[test]
fn the_papers_own_cutoff_is_within_the_budget_and_a_later_one_is_open() {
    // X = I, p = 400: S_lambda = sqrt(200)/0.1, which ridge 3 spends in 47 steps.
    let (x, y) = orthonormal(2);
    let at = |last_step, ridge| {
        certify(&Setup {
            schedule: &Schedule::Cutoff { ridge, last_step },
            ..setup(Activation::Linear, &x, &y)
        })
        .unwrap()
    };
    let own = at(47, 3.0);
    close(&own, "cutoff_step", 47.0);
    close(&own, "cutoff_in_force", 47.0 * 3.0 * 0.1 / 200f64.sqrt());
    close(&own, "initial_decay", -48.0 * 0.7f64.ln());
    assert_eq!(verdict(&own, "theorem_4_3"), Verdict::Met);
    assert_eq!(verdict(&own, "theorem_4_6"), Verdict::Met);
    let constants = own.statement("theorem_4_6").unwrap().constants;
    for word in ["c_S = 1", "L >= 3", "eps <= 1"] {
        assert!(constants.contains(word), "{constants}");
    }
    let later = at(48, 3.0);
    for key in ["theorem_4_3", "theorem_4_6"] {
        assert_eq!(verdict(&later, key), Verdict::Open);
        assert_eq!(such(&later, key, Met::Open), ["ridge_budget"]);
        let there = &condition(&later, key, "ridge_budget").there;
        assert!(there.ends_with("needs c_S = 1.02"), "{there}");
    }
    // Smaller ridges and an end before beta(0) is forgotten.
    let small = at(40, 2.9);
    assert_eq!(such(&small, "theorem_4_6", Met::Open), ["large_ridge"]);
    let early = at(4, 3.0);
    assert_eq!(
        such(&early, "theorem_4_6", Met::Open),
        ["initial_forgotten"]
    );
    assert_eq!(such(&at(4, 0.0), "theorem_4_6", Met::No), ["large_ridge"]);
}

#[test]
fn isometry_is_open_beyond_one() {
    for (square, met) in [(1.99, Met::Yes), (2.01, Met::Open), (4.0, Met::Open)] {
        let x = array![[f64::sqrt(square), 0.0], [0.0, 1.0]];
        let y = array![[1.0], [1.0]];
        let schedule = Schedule::Cutoff {
            ridge: 3.0,
            last_step: 20,
        };
        let certificate = certify(&Setup {
            schedule: &schedule,
            ..setup(Activation::Linear, &x, &y)
        })
        .unwrap();
        let found = condition(&certificate, "theorem_4_6", "isometry");
        assert_eq!(found.met, met, "{}", found.text());
        let expected = if met == Met::Yes {
            Verdict::Met
        } else {
            Verdict::Open
        };
        assert_eq!(verdict(&certificate, "theorem_4_6"), expected);
    }
}

#[test]
fn gaussian_inputs_are_promised_what_davidson_and_szarek_prove() {
    let of = |x: &Array2<f64>, law| {
        let y = Array2::ones((x.nrows(), 1));
        certify(&Setup {
            normal_over_dim: law,
            ..setup(Activation::Linear, x, &y)
        })
        .unwrap()
    };
    let x = |n: usize, d: usize| normals(5, n, d) / (d as f64).sqrt();
    // a = (2 + sqrt(2 log 20))/40 = 0.1112 for 4 samples of dimension 1600.
    let a = (2.0 + (2.0 * 20f64.ln()).sqrt()) / 40.0;
    let certificate = of(&x(4, 1600), Some(true));
    close(&certificate, "isometry_promised", 4.0 * (2.0 * a - a * a));
    assert_eq!(verdict(&certificate, "proposition_4_5"), Verdict::Met);
    // (4.448/0.2451)^2 = 329.2: from 330 inputs on.
    for (d, expected) in [(329, Verdict::Vacuous), (330, Verdict::Met)] {
        let certificate = of(&x(4, d), Some(true));
        assert_eq!(verdict(&certificate, "proposition_4_5"), expected, "{d}");
        let promised = certificate.value("isometry_promised");
        assert_eq!(promised.is_some(), expected == Verdict::Met);
    }
    // Of given inputs nobody knows the law, but a measured eigenvalue may rule it out.
    assert_eq!(
        verdict(&of(&x(4, 330), None), "proposition_4_5"),
        Verdict::Open
    );
    let twice = of(&(x(4, 330) * 2.0), None);
    assert_eq!(verdict(&twice, "proposition_4_5"), Verdict::NotMet);
    assert_eq!(such(&twice, "proposition_4_5", Met::No), ["law_of_inputs"]);
    // Drawn so all the same: one of the draws that the proposition leaves out.
    let unlucky = of(&(x(4, 330) * 2.0), Some(true));
    assert_eq!(verdict(&unlucky, "proposition_4_5"), Verdict::Open);
    assert_eq!(such(&unlucky, "proposition_4_5", Met::Open), ["measured"]);
    // The data of the printed bound's failure.
    let wide = of(&x(60, 120), Some(true));
    assert_eq!(verdict(&wide, "proposition_4_5"), Verdict::Vacuous);
    assert_eq!(wide.value("isometry_promised"), None);
}

/// One given input of a length on either side of what is promised: a = (1 + sqrt(2 log 20))/20.
#[test]
fn promised_eigenvalues_end_where_the_proposition_says() {
    let a = (1.0 + (2.0 * 20f64.ln()).sqrt()) / 20.0;
    let epsilon = 2.0 * a - a * a;
    let (low, high) = (1.0 - epsilon, (1.0 + 4.0 * epsilon) * (1.0 - epsilon));
    assert!(
        low > 0.68 && low < 0.69 && high > 1.54 && high < 1.56,
        "{low} {high}"
    );
    for (square, expected) in [
        (low - 0.01, Verdict::NotMet),
        (low + 0.01, Verdict::Open),
        (high - 0.01, Verdict::Open),
        (high + 0.01, Verdict::NotMet),
    ] {
        let mut x = Array2::zeros((1, 400));
        x[(0, 7)] = f64::sqrt(square);
        let certificate = certify(&setup(Activation::Linear, &x, &array![[1.0]])).unwrap();
        assert_eq!(
            verdict(&certificate, "proposition_4_5"),
            expected,
            "{square}"
        );
    }
}

/// The mean of a function of a standard normal, by Simpson's rule.
fn mean_of_normal(function: impl Fn(f64) -> f64) -> f64 {
    let (reach, pieces) = (12.0, 4000);
    let step = 2.0 * reach / f64::from(pieces);
    let value = |at: i32| {
        let z = f64::from(at) * step - reach;
        let weight = match at {
            0 => 1.0,
            at if at == pieces => 1.0,
            at if at % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * function(z) * (-z * z / 2.0).exp()
    };
    (0..=pieces).map(value).sum::<f64>() * step / 3.0 / (2.0 * std::f64::consts::PI).sqrt()
}

/// The constant of Proposition 3.3, as it is printed and corrected: they differ where E psi is not 0.
#[test]
fn least_eigenvalues_are_promised_by_their_integrals() {
    let (x, y) = orthonormal(3);
    let sigma = |z: f64| 1.0 / (1.0 + (-z).exp());
    let slope = |z: f64| sigma(z) * (1.0 - sigma(z));
    let sigmoid = [
        mean_of_normal(|z| sigma(z).powi(2)),
        mean_of_normal(sigma),
        mean_of_normal(slope),
    ];
    let tanh = [
        mean_of_normal(|z| z.tanh().powi(2)),
        0.0,
        mean_of_normal(|z| 1.0 - z.tanh().powi(2)),
    ];
    for (activation, [square, mean, slope]) in
        [(Activation::Sigmoid, sigmoid), (Activation::Tanh, tanh)]
    {
        let certificate = certify(&setup(activation, &x, &y)).unwrap();
        let printed = 0.5 * (square - slope * slope);
        let corrected = 0.5 * (square - mean * mean - slope * slope);
        for (key, expected) in [("gamma_printed", printed), ("gamma_promised", corrected)] {
            let found = certificate.value(key).unwrap();
            assert!(
                (found - expected).abs() < 1e-10,
                "{key}: {found} {expected}"
            );
        }
    }
}

/// Every theorem asks for the assumptions that all theorems of training share.
#[test]
fn every_theorem_names_what_its_training_is() {
    let (x, y) = diagonal();
    for (activation, theorems) in [
        (Activation::Linear, ["theorem_4_3", "theorem_4_6"]),
        (Activation::Tanh, ["theorem_3_2", "theorem_4_2"]),
    ] {
        let departures = ["dropout".to_owned()];
        let certificate = certify(&Setup {
            departures: &departures,
            ..setup(activation, &x, &y)
        })
        .unwrap();
        for theorem in theorems {
            for key in [
                "one_output",
                "independent_feedback",
                "small_step",
                "as_in_the_paper",
            ] {
                condition(&certificate, theorem, key);
            }
        }
    }
    let certificate = certify(&setup(Activation::Linear, &x, &y)).unwrap();
    // 5/sqrt 2.
    let there = &condition(&certificate, "theorem_4_6", "targets").there;
    assert!(there.starts_with("|y|/sqrt n = 3.5"), "{there}");
}

#[test]
fn a_measured_step_beyond_the_bound_opens_what_was_met() {
    let (x, y) = diagonal();
    let plain = setup(Activation::Linear, &x, &y);
    let after = |setup: &Setup<'_>, norm: f64, ratio: f64| {
        let run = MeasuredRun {
            steps: vec![0, 1],
            residual_norm: Some(vec![norm / ratio, norm]),
            contraction: Some(vec![f64::NAN, ratio]),
            ..MeasuredRun::default()
        };
        certify(setup).unwrap().with_run(setup, &run)
    };
    assert_eq!(
        verdict(&after(&plain, 4.7, 0.94), "theorem_4_3"),
        Verdict::Met
    );
    let beyond = after(&plain, 4.8, 0.96);
    assert_eq!(verdict(&beyond, "theorem_4_3"), Verdict::Open);
    assert_eq!(such(&beyond, "theorem_4_3", Met::Open), ["measured"]);
    // Under ridge what counts is the excess: (norm - 0.65 norm/ratio)/1.5.
    let schedule = Schedule::Cutoff {
        ridge: 3.0,
        last_step: 5,
    };
    let ridge = Setup {
        schedule: &schedule,
        ..plain
    };
    assert_eq!(
        verdict(&after(&ridge, 4.6, 0.96), "theorem_4_3"),
        Verdict::Met
    );
    let beyond = after(&ridge, 5.3, 0.96);
    assert_eq!(verdict(&beyond, "theorem_4_3"), Verdict::Open);
}

/// A verdict is what its conditions are, whatever the setting.
#[test]
fn no_statement_is_met_while_a_condition_is_open() {
    let (x, y) = (normals(7, 12, 3), normals(6, 12, 1));
    let certificate = certify(&Setup {
        step_size: 0.01,
        ..setup(Activation::Linear, &x, &y)
    })
    .unwrap();
    // More samples than inputs: the part of y off the range stays in (4.3)'s residual.
    assert_eq!(
        such(&certificate, "theorem_4_3", Met::Open),
        ["targets_in_range"]
    );
    assert_eq!(verdict(&certificate, "theorem_4_3"), Verdict::Open);
    assert_eq!(
        condition(&certificate, "theorem_4_6", "targets_in_range").met,
        Met::Yes
    );
    for statement in &certificate.statements {
        let has = |met| statement.conditions.iter().any(|c| c.met == met);
        let expected = match (has(Met::No), has(Met::Open), statement.sufficient.met) {
            (true, _, _) => "conditions_not_met",
            (_, true, _) => "conditions_open",
            (_, _, Met::Yes) => "conditions_met",
            _ => "sufficient_condition_not_met",
        };
        assert_eq!(statement.verdict().name(), expected, "{}", statement.key);
    }
}
