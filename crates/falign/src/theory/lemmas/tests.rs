use super::*;
use crate::math::{StreamName, Streams};
use crate::stage::stopped_at_each_stage;
use crate::theory::{
    LinearNetwork, LinearRecurrence, feature_kernel, feedback_kernel, kernel_drift, kernel_spectrum,
};
use ndarray::array;

fn normal(streams: Streams, name: StreamName, shape: (usize, usize)) -> Array2<f64> {
    let mut values = vec![0.0; shape.0 * shape.1];
    streams.open(name).fill_normal(&mut values);
    Array2::from_shape_vec(shape, values).unwrap()
}

/// Rows of a random network of 4 samples, 12 inputs and this width.
fn measured(activation: Activation, width: usize, ridge: f64, step_size: f64) -> Vec<Inequality> {
    let streams = Streams::new(7, 0);
    let x = normal(streams, StreamName::Data, (4, 12)) / 12_f64.sqrt();
    let y = Array2::from_shape_vec((4, 1), vec![1.0, -1.0, 1.0, 1.0]).unwrap();
    let spectrum = kernel_spectrum(activation, &x);
    lemmas(LemmaSetup {
        activation,
        inputs: &x,
        targets: &y,
        hidden_weights: &normal(streams, StreamName::HiddenWeights, (width, 12)),
        output_weights: &normal(streams, StreamName::OutputWeights, (width, 1)),
        feedback_weights: &normal(streams, StreamName::FeedbackWeights, (width, 1)),
        step_size,
        schedule: &Schedule::Constant {
            ridge: ridge * spectrum.gamma,
        },
        steps: 200,
        spectrum,
    })
    .unwrap()
}

fn row(rows: &[Inequality], key: &str) -> Inequality {
    *rows.iter().find(|row| row.key == key).unwrap()
}

#[test]
fn inequalities_without_a_free_constant_hold() {
    let rows = measured(Activation::Linear, 2000, 3.0, 0.1);
    for key in ["A.7", "B.13", "C.3", "C.4"] {
        assert!(row(&rows, key).constant() <= 1.0, "{key}");
    }
}

/// The mean of |b| is sqrt(2/pi), that of |b beta| 2/pi.
#[test]
fn means_of_the_start_are_those_of_normal_weights() {
    let rows = measured(Activation::Linear, 20_000, 0.0, 0.1);
    let pi = std::f64::consts::PI;
    assert!((row(&rows, "A.4").left - (2.0 / pi).sqrt()).abs() < 0.02);
    assert!((row(&rows, "A.5").left - 2.0 / pi).abs() < 0.02);
}

/// v(t) is what the first order leaves of a step: halving eta quarters it, if G and H are right.
#[test]
fn the_remainder_is_of_second_order() {
    let v = |eta| row(&measured(Activation::Tanh, 300, 0.0, eta), "A.13").left;
    let ratio = v(0.02) / v(0.01);
    assert!((ratio - 4.0).abs() < 0.2, "{ratio}");
}

/// A setting with ridge has the rows of Lemma A.6 and A.7, without those of A.5.
#[test]
fn rows_are_those_of_the_setting() {
    let keys = |rows: Vec<Inequality>| rows.iter().map(|row| row.key).collect::<Vec<_>>();
    let with = keys(measured(Activation::Tanh, 50, 1.0, 0.1));
    assert_eq!(with[13..], ["A.16", "A.17", "A.18", "A.14w", "A.14beta"]);
    let without = keys(measured(Activation::Linear, 50, 0.0, 0.1));
    assert_eq!(without[13..], ["B.10", "B.11", "B.12", "B.13"]);
}

#[test]
fn a_settled_ridge_has_the_rows_of_lemma_b_4() {
    let rows = measured(Activation::Linear, 5000, 10.0, 0.1);
    assert!(row(&rows, "B.14").left > 0.5);
    assert!(row(&rows, "B.21").left <= 1.0 + 1e-12);
}

#[test]
fn more_outputs_are_refused() {
    let (x, y) = (Array2::ones((2, 3)), Array2::ones((2, 2)));
    let (w, beta) = (Array2::ones((4, 3)), Array2::ones((4, 2)));
    let error = lemmas(LemmaSetup {
        activation: Activation::Tanh,
        inputs: &x,
        targets: &y,
        hidden_weights: &w,
        output_weights: &beta,
        feedback_weights: &beta,
        step_size: 0.1,
        schedule: &Schedule::Constant { ridge: 0.0 },
        steps: 1,
        spectrum: Spectrum {
            gamma: 1.0,
            max: 1.0,
        },
    });
    assert!(error.unwrap_err().to_string().contains("outputs"));
}

/// 2 samples, 2 inputs and 3 units.
struct Small {
    x: Array2<f64>,
    y: Array2<f64>,
    w: Array2<f64>,
    beta: Array2<f64>,
    b: Array2<f64>,
    schedule: Schedule,
}

impl Small {
    fn new(ridge: f64) -> Self {
        Self {
            x: array![[1.0, 0.5], [-0.4, 1.2]],
            y: array![[1.0], [-0.7]],
            w: array![[0.4, -1.2], [1.1, 0.3], [-0.3, 0.8]],
            beta: array![[0.7], [-0.4], [1.3]],
            b: array![[-0.9], [0.5], [1.6]],
            schedule: Schedule::Constant { ridge },
        }
    }

    /// So many steps of 0.2.
    fn setup(&self, activation: Activation, steps: u64) -> LemmaSetup<'_> {
        LemmaSetup {
            activation,
            inputs: &self.x,
            targets: &self.y,
            hidden_weights: &self.w,
            output_weights: &self.beta,
            feedback_weights: &self.b,
            step_size: 0.2,
            schedule: &self.schedule,
            steps,
            spectrum: Spectrum {
                gamma: 0.5,
                max: 3.0,
            },
        }
    }

    fn rows(&self, activation: Activation, steps: u64) -> Vec<Inequality> {
        lemmas(self.setup(activation, steps)).unwrap()
    }
}

fn close(found: f64, expected: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(error < 1e-12 * expected.abs(), "{what}: {found} {expected}");
}

/// n = d = 2, p = 3, gamma = 1/2, M = 3, eta = 1/5; a ridge of 0.3 spends S = 1.2 in 4 steps.
#[test]
fn right_sides_are_the_papers_with_constants_1() {
    let (root, log) = (3f64.sqrt(), 3f64.ln().sqrt());
    let scale = 2.0 / (0.5 * root);
    let remainder = 0.04 * 4.0 / root;
    let start = (1.0 / DELTA).ln();
    let product = (4.0 * (2.0 / DELTA).ln()).sqrt();
    for (activation, ridge, expected) in [
        (
            Activation::Tanh,
            0.0,
            [
                ("A.11", 2.0 * scale * log),
                ("A.12", 2.0 * scale * (1.0 + log)),
                ("A.13", remainder),
                ("A.14w", scale * log),
                ("A.14beta", scale),
            ]
            .as_slice(),
        ),
        (
            Activation::Tanh,
            0.3,
            &[
                ("A.16", 2.0 * scale * log * 1.24),
                ("A.17", 2.0 * scale * log * 1.24),
                ("A.18", remainder),
                ("A.14w", scale * log * 1.24),
                ("A.14beta", scale * 1.24),
            ],
        ),
        (
            Activation::Linear,
            0.3,
            &[
                ("B.10", 3.0 * (start / 3.0).sqrt()),
                ("B.11", 0.2 / 3.0 * 27f64.sqrt() * product * 6.2 / 0.5),
                ("B.12", 0.04 / 3.0 * 9.0 * 2.0 * (6.2 / 0.5f64).powi(2)),
            ],
        ),
    ] {
        let rows = Small::new(ridge).rows(activation, 4);
        for (key, right) in expected {
            close(row(&rows, key).right, *right, key);
        }
    }
}

/// (A.3) with ridge, in whole arrays; v(t) is what G(t), and H(t) with beta(t+1), leave of a step.
#[test]
fn left_sides_are_the_largest_of_the_steps_taken_one_by_one() {
    let (eta, ridge, steps) = (0.2, 0.3, 3);
    let start = Small::new(ridge);
    let rows = start.rows(Activation::Tanh, steps);
    let Small { x, y, b, .. } = &start;
    let (mut w, mut beta) = (start.w.clone(), start.beta.clone());
    let errors = |w: &Array2<f64>, beta: &Array2<f64>| {
        x.dot(&w.t()).mapv(f64::tanh).dot(beta) / 3f64.sqrt() - y
    };
    let g_start = feature_kernel(&w, Activation::Tanh, x).unwrap();
    let h_start = feedback_kernel(&w, &beta, b, Activation::Tanh, x).unwrap();
    let (mut g_most, mut h_most, mut v_most) = (0.0f64, 0.0f64, 0.0f64);
    let (mut w_most, mut beta_most, mut left) = (0.0f64, 0.0f64, 1.0);
    for _ in 0..steps {
        let e = errors(&w, &beta);
        let psi = x.dot(&w.t()).mapv(f64::tanh);
        let sent = e.dot(&b.t()) * psi.mapv(|psi| 1.0 - psi * psi);
        let g = feature_kernel(&w, Activation::Tanh, x).unwrap();
        let next_w = &w - &(sent.t().dot(x) * (eta / 3f64.sqrt()));
        beta = &beta * (1.0 - eta * ridge) - psi.t().dot(&e) * (eta / 3f64.sqrt());
        let h = feedback_kernel(&w, &beta, b, Activation::Tanh, x).unwrap();
        w = next_w;
        left *= 1.0 - eta * ridge;
        let first_order = &e * (1.0 - eta * ridge) - (&g + &h).dot(&e) * eta - y * (eta * ridge);
        v_most = v_most.max(norm(&(errors(&w, &beta) - first_order)) / norm(&e));
        g_most = g_most.max(kernel_drift(&g, &g_start).unwrap());
        h_most = h_most.max(kernel_drift(&h, &h_start).unwrap());
        for (now, then) in w.rows().into_iter().zip(start.w.rows()) {
            let moved = &now - &then;
            w_most = w_most.max(moved.dot(&moved).sqrt());
        }
        for (now, then) in beta.iter().zip(&start.beta) {
            beta_most = beta_most.max((now - left * then).abs());
        }
    }
    for (key, expected) in [
        ("A.16", g_most),
        ("A.17", h_most),
        ("A.14w", w_most),
        ("A.14beta", beta_most),
    ] {
        close(row(&rows, key).left, expected, key);
    }
    // A small difference of large numbers.
    assert!((row(&rows, "A.18").left - v_most).abs() < 1e-14);
}

#[test]
fn lemmas_tell_the_share_of_their_steps_that_is_done() {
    for activation in [Activation::Tanh, Activation::Linear] {
        let small = Small::new(0.3);
        let told = stopped_at_each_stage(|listener| {
            let work = Work::new(listener, 1.0, &lemma_stage);
            lemmas_of(small.setup(activation, 4), &work)
        });
        let shares = [0.25, 0.5, 0.75, 1.0];
        assert_eq!(told, shares.map(lemma_stage), "{activation:?}");
    }
}

/// Ridge 3 is settled from step 14 on: 0.2 3 14 = 8.4.
#[test]
fn a_settled_residual_is_looked_at_from_the_time_of_lemma_b_4_on() {
    let start = Small::new(3.0);
    let rows = start.rows(Activation::Linear, 18);
    let network = LinearNetwork {
        inputs: &start.x,
        targets: &start.y,
        hidden_weights: &start.w,
        output_weights: &start.beta,
        feedback_weights: &start.b,
    };
    let mut exact = LinearRecurrence::new(network, 0.2, start.schedule.clone()).unwrap();
    let kernel = start.x.dot(&start.x.t());
    let mut sum = Array2::zeros((2, 1));
    let (mut least, mut most, mut cosine) = (f64::INFINITY, 0.0f64, f64::NAN);
    for t in 0..18 {
        let e = exact.residual().clone();
        if t >= 14 {
            let along = -dot(&e, &start.y) / dot(&start.y, &start.y);
            least = least.min(along);
            most = most.max(norm(&(&e + &(&start.y * along))) / norm(&start.y));
            let g = kernel.dot(&sum);
            cosine = dot(&g, &e) / (norm(&g) * norm(&e));
        }
        sum += &e;
        exact.step();
    }
    for (key, left, right) in [
        ("B.14", least, 2.5 / 3.5),
        ("B.15", most, 0.5 / 3.5),
        ("B.21", cosine, 0.75),
    ] {
        close(row(&rows, key).left, left, key);
        close(row(&rows, key).right, right, key);
    }
    // No ridge above gamma, or none that has settled.
    for (ridge, steps) in [(0.4, 200), (3.0, 14)] {
        let rows = Small::new(ridge).rows(Activation::Linear, steps);
        assert!(rows.iter().all(|row| row.key != "B.14"), "{ridge} {steps}");
    }
}
