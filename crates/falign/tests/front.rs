//! The front door: the numbers of an experiment file, and its errors.

use std::sync::Arc;

use falign::data::{Dataset, Inputs, Labelled, TrainTest};
use falign::experiment::{Experiment, Overrides, check, run, run_in};
use falign::internal::network::{
    self, Architecture, FeedbackShape, StepOptions, draw_feedback, draw_layers,
};
use falign::internal::plan::in_memory;
use falign::internal::rule::{Composed, Composition, FeedbackLearning, LastLayerOnly};
use falign::internal::simulate::Outcome;
use falign::internal::simulate::given;
use falign::internal::simulate::given::Given;
use falign::internal::simulate::watch::Watch;
use falign::layer::{Dense, Operator};
use falign::math::{Activation, Loss, Precision, Reduction, StreamName, Streams};
use falign::measure::Quantity;
use falign::rule::{CustomRule, Feedback, LearningRule, Registry, Rule, RuleStart};
use falign::two_layer::Problem;
use falign::{DenseInput, Initialisation, Network, NetworkBuilder, OptimiserKind};
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
    let (experiment, sources) =
        given::experiment(flat.parse().unwrap(), &data, path, &Registry::built_in()).unwrap();
    let runs = in_memory::run(&experiment, &sources, &Watch::default()).unwrap();
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

#[test]
fn a_built_network_takes_the_steps_of_its_parts() {
    let x = inputs(7, 5);
    let y = Array2::from_shape_fn((7, 3), |(i, j)| ((i + 4 * j) as f64 * 0.3).cos());
    let mut built = Network::builder(5, 3)
        .hidden(&[6, 4])
        .activation(Activation::Tanh)
        .biases(true)
        .rule(Rule::DirectFeedbackAlignment)
        .initialisation(Initialisation::He)
        .optimiser(OptimiserKind::ADAM)
        .reduction(Reduction::Sum)
        .step_size(0.02)
        .ridge(0.5)
        .dropout(0.25)
        .seed(11)
        .build()
        .unwrap();

    let streams = Streams::new(11, 0);
    let mut architecture = Architecture::new(5, &[6, 4], 3, Activation::Tanh).unwrap();
    architecture.has_biases = true;
    let layers = draw_layers::<f64>(&architecture, Initialisation::He, streams);
    let composition = Composition::named("direct_feedback_alignment").unwrap();
    let (law, shape) = (Initialisation::He, FeedbackShape::default());
    let feedback = draw_feedback(composition, &layers, law, shape, streams);
    let rule = Composed::new(composition, feedback, FeedbackLearning::default());
    let mut parts = network::Network::new(layers, Box::new(rule), OptimiserKind::ADAM);
    let options = StepOptions {
        loss: Loss::SquaredError,
        reduction: Reduction::Sum,
        step_size: 0.02,
        factors: &[1.0, 1.0, 1.0 - 0.02 * 0.5],
        dropout: 0.25,
    };
    let mut noise = streams.open(StreamName::Dropout);
    let input = DenseInput(x.clone());
    for _ in 0..5 {
        let losses = [
            built.step(&x, &y),
            parts.step(&input, &y, options, &mut noise),
        ];
        assert_eq!(losses[0].to_bits(), losses[1].to_bits());
    }
    assert_eq!(built.layers(), parts.layers());
    assert_eq!(built.outputs(&x), parts.forward(&input));
    assert_eq!(built.alignment(&x, &y).len(), 2);

    let operators: [Arc<dyn Operator<f64>>; 3] =
        [(5, 6), (6, 4), (4, 3)].map(|(inputs, units)| -> Arc<dyn Operator<f64>> {
            Arc::new(Dense::new(inputs, units, 1.0))
        });
    let network = |builder: NetworkBuilder<f64>| builder.biases(true).seed(11).build().unwrap();
    let mut dense = network(Network::builder(5, 3).hidden(&[6, 4]));
    let mut given = network(Network::builder(5, 3).operators(&operators));
    for _ in 0..5 {
        let [a, b] = [&mut dense, &mut given].map(|network| network.step(&x, &y));
        assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    }
}

#[test]
fn a_network_that_cannot_be_is_refused_by_name() {
    let own = || {
        let made =
            |_: &RuleStart<'_, f32>| -> Box<dyn LearningRule<f32>> { Box::new(LastLayerOnly) };
        CustomRule::new("lazy", made, |_| Box::new(LastLayerOnly))
    };
    let refused = |builder: NetworkBuilder<f32>| builder.build().unwrap_err().to_string();
    let network = || Network::<f32>::builder(5, 3);
    let dense =
        |inputs, units| -> Arc<dyn Operator<f32>> { Arc::new(Dense::new(inputs, units, 1.0)) };
    for (message, name) in [
        (refused(network().step_size(0.0)), "step_size"),
        (refused(network().ridge(-1.0)), "ridge"),
        (refused(network().dropout(1.0)), "dropout"),
        (refused(network().rule(Rule::OjaFeedback)), "oja_feedback"),
        (
            refused(network().rule(Rule::WeightPerturbation).dropout(0.5)),
            "dropout = 0.5: expected 0",
        ),
        (refused(network().rule(own().into())), "own_rule"),
        (refused(network().hidden(&[4, 0])), "5-[4, 0]-3"),
        (
            refused(network().operators(&[dense(5, 4), dense(3, 3)])),
            "operator 1",
        ),
        (
            refused(network().operators(&[dense(5, 4)])),
            "the last operator",
        ),
    ] {
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn problem_defaults_are_the_papers_plainest_network() {
    let (x, y) = (inputs(4, 3), inputs(4, 2));
    let problem = Problem::new(x, y, 50, 0.25);
    assert_eq!(
        (problem.step_size, problem.feedback_step_size),
        (0.25, 0.25)
    );
    assert_eq!(
        (problem.samples(), problem.input_dim(), problem.outputs()),
        (4, 3, 2)
    );
    assert_eq!(
        (problem.factor(0), problem.feedback),
        (1.0, Feedback::Random)
    );
}

#[test]
fn experiments_run_in_memory_and_in_a_folder_alike_and_are_judged() {
    let text = r#"
name = "ridges"
[network]
width = 50
[learning]
step_size = 1e-3
[run]
steps = 200
runs = 5
[sweep]
"learning.ridge" = [0, 20]
[[claim]]
id = "ridge_aligns"
text = "Alignment grows with ridge."
source = "Section 4 of Song, Xu & Lafferty (2021)"
quantity = "alignment"
kind = "increasing_in"
over = "ridge"
"#;
    let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
    let folder = std::env::temp_dir().join(format!("falign-front-{}", std::process::id()));
    let table = run(&experiment).unwrap();
    assert_eq!(run_in(&experiment, &folder).unwrap(), table);
    assert_eq!(run_in(&experiment, &folder).unwrap(), table, "found there");
    std::fs::remove_dir_all(&folder).unwrap();
    let [verdict] = &check(&experiment, &table)[..] else {
        panic!("one claim, one verdict");
    };
    assert!(
        verdict.passed && verdict.id == "ridge_aligns",
        "{verdict:?}"
    );
}
