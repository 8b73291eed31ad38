//! The front door: the numbers of an experiment file, and its errors.

use falign::data::{Dataset, Inputs, Labelled, TrainTest};
use falign::internal::plan::in_memory;
use falign::internal::simulate::Outcome;
use falign::internal::simulate::given;
use falign::internal::simulate::given::Given;
use falign::internal::simulate::watch::Watch;
use falign::math::{Activation, Precision};
use falign::measure::Quantity;
use falign::rule::Rule;
use ndarray::{Array, Array2, array};

fn inputs(samples: usize, dim: usize) -> Array2<f64> {
    Array::from_shape_fn((samples, dim), |(i, j)| ((7 * i + 3 * j) as f64).sin())
}

#[test]
fn numbers_are_those_of_an_experiment_file() {
    let (x, held_out) = (inputs(7, 5), inputs(4, 5));
    let y = x.column(1).mapv(|x| x * x - 0.3);
    let z = held_out.column(1).mapv(|x| x * x - 0.3);
    let run = falign::train(&x, &y)
        .held_out(&held_out, &z)
        .rule(Rule::FeedbackAlignment)
        .activation(Activation::Relu)
        .width(37)
        .ridge(0.2)
        .step_size(3e-2)
        .steps(12)
        .runs(3)
        .seed(11)
        .precision(Precision::F32)
        .quantities(&[Quantity::Loss, Quantity::Alignment, Quantity::HeldOutLoss])
        .set("run.record", "{ every = 4 }")
        .run()
        .unwrap();
    let flat = "rule = \"feedback_alignment\"\nactivation = \"relu\"\nwidth = 37\nridge = 0.2\nstep_size = 0.03\n\
                steps = 12\nruns = 3\nseed = 11\nprecision = \"f32\"\nrecord = { every = 4 }\n\
                quantities = [\"loss\", \"alignment\", \"held_out_loss\"]";
    let set = |x: &Array2<f64>, y: ndarray::Array1<f64>| {
        let y = y.insert_axis(ndarray::Axis(1));
        std::sync::Arc::new(Dataset::new(x.clone(), y).unwrap())
    };
    let data = Given::Reals {
        train: set(&x, y),
        held_out: Some(set(&held_out, z)),
    };
    let path = std::path::Path::new("anything");
    let (experiment, sources) = given::experiment(flat.parse().unwrap(), &data, path).unwrap();
    let runs = in_memory::run(&experiment, &sources, None, &Watch::default()).unwrap();
    assert_eq!(run.steps(), [0, 4, 8, 12]);
    for (number, expected) in runs[0].iter().flatten().enumerate() {
        for (row, values) in expected.rows.values.iter().enumerate() {
            let found = [run.loss(), run.alignment()].map(|all| all[[number, row]]);
            let held_out = run.values(Quantity::HeldOutLoss).unwrap()[[number, row]];
            let found = [found[0], found[1], held_out].map(f64::to_bits);
            let expected: Vec<u64> = values.iter().map(|x| x.to_bits()).collect();
            assert_eq!(found[..], expected, "run {number}, row {row}");
        }
    }
    assert_eq!(run.values(Quantity::Tau), None);
    let row = run.rows().nth(2).unwrap();
    let [a, b, c] = row.values(Quantity::Loss)[..] else {
        panic!("three runs")
    };
    let mean = (a + b + c) / 3.0;
    let squares = (a - mean).powi(2) + (b - mean).powi(2) + (c - mean).powi(2);
    assert!((row.mean(Quantity::Loss) / mean - 1.0).abs() < 1e-14);
    assert!((row.standard_error(Quantity::Loss) / (squares / 6.0).sqrt() - 1.0).abs() < 1e-12);
}

#[test]
fn classes_of_any_depth_are_learned() {
    let set = |from: usize| {
        let x = Array::from_shape_fn((30, 4), |(i, j)| ((from + 3 * i + j) as f64 * 1.3).sin());
        let labels = x.column(0).iter().map(|&x| usize::from(x > 0.0)).collect();
        Labelled::new(Inputs::real(x), vec![4], labels, 2).unwrap()
    };
    let run = falign::train_classes(TrainTest::new(set(0), set(500)).unwrap())
        .rule(Rule::DirectFeedbackAlignment)
        .hidden_widths(&[16, 9])
        .step_size(0.1)
        .set("epochs", "20")
        .set("batch", "10")
        .set("save_weights", "final")
        .quantities(&[Quantity::TestAccuracy])
        .run()
        .unwrap();
    let last = run.rows().last().unwrap();
    assert!(last.mean(Quantity::TestAccuracy) > 0.85, "{last:?}");
    assert!(run.outcomes().iter().all(|o| *o == Outcome::Finished));
    assert!(
        run.weights()
            .iter()
            .all(|[start, end]| start.is_none() && end.is_some())
    );
}

#[test]
fn mistakes_name_the_key_or_the_array() {
    let (x, y) = (inputs(3, 2), array![0.1, -0.2, 0.3]);
    let text = |train: falign::Train| train.experiment().unwrap_err().to_string();
    let wide = array![[[1.0]], [[2.0]], [[3.0]]];
    for (train, says) in [
        (falign::train(&x, &y).set("no_such_key", "3"), "no_such_key"),
        (falign::train(&x, &y).set("learning.rule", "magic"), "magic"),
        (falign::train(&x, &y).width(0), "width"),
        (falign::train(&x, &y).seed(u64::MAX), "18446744073709551615"),
        (falign::train(&x, &y).ridge(-1.0), "ridge"),
        (falign::train(&x, &wide), "(samples,) or (samples, outputs)"),
        (falign::train(&x, &array![1.0, 2.0]), "3 rows"),
        (falign::train(&x, &array![1.0, f64::NAN, 2.0]), "targets"),
        (
            falign::train(&x, &y).held_out(&inputs(3, 4), &y),
            "held-out data",
        ),
    ] {
        let text = text(train);
        assert!(text.contains(says), "{text}");
    }
    let sweep = falign::train(&x, &y).set("sweep", "{ ridge = [0, 1] }");
    let text = sweep.run().unwrap_err().to_string();
    assert!(text.contains("sweep"), "{text}");
}
