use super::*;
use crate::math::{StreamName, Streams};
use crate::theory::kernel_spectrum;

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
