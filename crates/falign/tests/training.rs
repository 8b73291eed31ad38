//! Deep runs of experiment files: they agree with the two-layer engines where both apply, with
//! plain loops over their own weights files, and they say how they ended.

use std::collections::BTreeMap;
use std::fs;

use falign::data::synthetic::labelled_images;
use falign::data::{Inputs, Labelled};
use falign::internal::data::Scaling;
use falign::internal::simulate::{Outcome, RunResult};
use falign::math::{Reduction, StreamName, Streams};
use falign::measure::Quantity;

use crate::support::deep::{IMAGES, bits, run, setting};
use crate::support::experiment::{Scratch, in_folder, measure};

/// Rounding over 40 steps: the engines do the same sums in different orders.
const ROUNDING: f64 = 1e-9;

/// A problem that both the two-layer and the mini-batch engine take.
const BOTH: &str = r#"
name = "both"
[data]
samples = 12
input_dim = 8
inputs = "normal_over_dim"
[network]
width = 30
activation = "tanh"
[learning]
step_size = 0.3
ridge = 0.05
schedule = "cutoff"
cutoff = 17
[run]
seed = 11
runs = 1
steps = 40
record = { every = 1 }
quantities = ["loss", "output_norm", "alignment"]
"#;

fn assert_near(what: &str, found: f64, expected: f64) {
    let distance = (found - expected).abs();
    assert!(
        distance <= ROUNDING * expected.abs(),
        "{what}: {found} and {expected}"
    );
}

#[test]
fn a_full_batch_of_squared_errors_is_the_papers_dynamics() {
    for rule in [
        "backpropagation",
        "feedback_alignment",
        "kolen_pollack",
        "hebbian_feedback",
    ] {
        for activation in ["linear", "relu", "tanh"] {
            let rule_is = format!("learning.rule={rule}");
            let activation_is = format!("network.activation={activation}");
            // Hebbian feedback grows without bound where its step is that of the weights. Deep
            // Kolen-Pollack has no separate step.
            let slow = if rule == "hebbian_feedback" {
                "learning.feedback_step_size=0.01"
            } else {
                "learning.feedback_step_size=step_size"
            };
            let decay = "learning.feedback_decay=ridge";
            let both = [&rule_is[..], &activation_is, slow, decay];
            let with = |more: &str| run(&setting(BOTH, &[&both[..], &[more]].concat()), 0);
            let plain = with("run.engine=reference");
            let deep = with("run.engine=mini_batch");
            assert_eq!(deep.rows.steps, plain.rows.steps);
            assert_eq!(plain.rows.outcome, Outcome::Finished);
            for step in 0..=40 {
                let what = |of: &str| format!("{rule}, {activation}, {of} at step {step}");
                let (d, p) = (&deep.rows.values[step], &plain.rows.values[step]);
                // The batches since the row before: the one of the step before this row.
                if step > 0 {
                    let before = plain.rows.values[step - 1][0] / 12.0;
                    assert_near(&what("loss"), d[0], before);
                } else {
                    assert!(d[0].is_nan());
                }
                assert_near(&what("output_norm"), d[1], p[1]);
                if rule == "backpropagation" {
                    // There the two-layer engines report cos(b, beta) of a b that nothing uses.
                    assert_near(&what("alignment"), d[2], 1.0);
                } else {
                    assert_near(&what("alignment"), d[2], p[2]);
                }
            }
        }
    }
}

/// A step by the mean of one batch of all samples is that by the sum, divided by their number.
#[test]
fn the_mean_of_a_batch_is_its_sum_with_a_smaller_step() {
    let with = |reduction: &str, eta: f64| {
        let eta = format!("learning.step_size={eta}");
        let reduction = format!("learning.reduction={reduction}");
        let sets = [
            "run.engine=mini_batch",
            "learning.ridge=0",
            &eta,
            &reduction,
        ];
        run(&setting(BOTH, &sets), 0)
    };
    let (sum, mean) = (with("sum", 0.25), with("mean", 3.0));
    for (s, m) in sum.rows.values.iter().zip(&mean.rows.values).skip(1) {
        for (s, m) in s.iter().zip(m) {
            assert_near("sum and mean", *m, *s);
        }
    }
}

/// Arrays of a safetensors file, by the format's own description: eight bytes with the length of
/// a JSON header, the header, the data.
fn read_safetensors(bytes: &[u8]) -> BTreeMap<String, (Vec<usize>, Vec<f64>)> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let (header, data) = bytes[8..].split_at(usize::try_from(length).unwrap());
    let header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(header).unwrap();
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let mut arrays = BTreeMap::new();
    for (name, entry) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        let shape: Vec<usize> = entry["shape"]
            .as_array()
            .unwrap()
            .iter()
            .map(number)
            .collect();
        let place = &entry["data_offsets"];
        let data = &data[number(&place[0])..number(&place[1])];
        let values: Vec<f64> = match entry["dtype"].as_str().unwrap() {
            "F32" => data
                .chunks(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()).into())
                .collect(),
            "F64" => data
                .chunks(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
                .collect(),
            other => panic!("{other}"),
        };
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
        arrays.insert(name.clone(), (shape, values));
    }
    arrays
}

/// Plain loops: tanh layers, then the class of the largest output; the share that is right.
fn accuracy(
    arrays: &BTreeMap<String, (Vec<usize>, Vec<f64>)>,
    layers: usize,
    scaled: &[Vec<f64>],
    labels: &[usize],
) -> f64 {
    let mut right = 0;
    for (x, label) in scaled.iter().zip(labels) {
        let mut a = x.clone();
        for layer in 0..layers {
            let (shape, w) = &arrays[&format!("layers.{layer}.weight")];
            let (units, inputs) = (shape[0], shape[1]);
            assert_eq!(inputs, a.len());
            let bias = &arrays[&format!("layers.{layer}.bias")].1;
            let mut z = vec![0.0; units];
            for unit in 0..units {
                z[unit] = bias[unit];
                for input in 0..inputs {
                    z[unit] += w[unit * inputs + input] * a[input];
                }
                if layer + 1 < layers {
                    z[unit] = z[unit].tanh();
                }
            }
            a = z;
        }
        let largest = (0..a.len()).max_by(|i, j| a[*i].total_cmp(&a[*j]));
        right += usize::from(largest == Some(*label));
    }
    f64::from(u32::try_from(right).unwrap()) / labels.len() as f64
}

/// Pixels of the test set by the mean and standard deviation of the training set.
fn standardised(train: &Labelled, test: &Labelled) -> Vec<Vec<f64>> {
    let pixels = |set: &Labelled| match set.inputs() {
        Inputs::Pixels(x) => x.mapv(f64::from),
        _ => panic!("images are pixels"),
    };
    let (train, test) = (pixels(train), pixels(test));
    let n = train.len() as f64;
    let mean = train.sum() / n;
    let deviation = (train.mapv(|x| (x - mean).powi(2)).sum() / n).sqrt();
    let rows = test.rows().into_iter();
    rows.map(|row| row.iter().map(|x| (x - mean) / deviation).collect())
        .collect()
}

#[test]
fn the_saved_weights_give_the_recorded_accuracy_by_plain_loops() {
    let folder = Scratch::new("saved-weights");
    for precision in ["f64", "f32"] {
        let text = format!("{IMAGES}precision = \"{precision}\"\n");
        let text = text
            .replace("runs = 1", "runs = 2")
            .replace("epochs = 3", "epochs = 9");
        let folder = folder.0.join(precision);
        fs::create_dir(&folder).unwrap();
        let table = in_folder(&folder, &text);
        let accuracies = &table.settings[0].values[&Quantity::TestAccuracy];
        for run in 0..2 {
            let streams = Streams::new(5, run);
            let train = labelled_images(streams, StreamName::Data, 50, 4, 4);
            let test = labelled_images(streams, StreamName::HeldOut, 30, 4, 4);
            let scaled = standardised(&train, &test);
            let recorded = accuracies.row(usize::try_from(run).unwrap());
            for (name, recorded) in [
                ("initial", recorded[0]),
                ("final", recorded[recorded.len() - 1]),
            ] {
                let path = folder.join(format!(
                    "weights/setting0000-run000{run}-{name}.safetensors"
                ));
                let arrays = read_safetensors(&fs::read(path).unwrap());
                let names: Vec<&str> = arrays.keys().map(String::as_str).collect();
                assert_eq!(
                    names,
                    [
                        "feedback.0",
                        "feedback.1",
                        "layers.0.bias",
                        "layers.0.weight",
                        "layers.1.bias",
                        "layers.1.weight",
                        "layers.2.bias",
                        "layers.2.weight",
                    ]
                );
                assert_eq!(arrays["layers.0.weight"].0, [7, 16]);
                assert_eq!(arrays["layers.2.bias"].0, [4]);
                // Feedback alignment: (units above, units), and never changed.
                assert_eq!(arrays["feedback.0"].0, [6, 7]);
                let found = accuracy(&arrays, 3, &scaled, test.labels());
                assert!(
                    (found - recorded).abs() < 1e-12,
                    "{name}: {found}, {recorded}"
                );
            }
            let last = recorded[recorded.len() - 1];
            assert!(last > 0.6, "something was learned: {last}");
        }
    }
}

#[test]
fn the_inputs_of_a_run_are_those_of_the_public_functions() {
    // The library's scaling is the one the plain loops above used.
    let streams = Streams::new(5, 0);
    let train = labelled_images(streams, StreamName::Data, 50, 4, 4);
    let test = labelled_images(streams, StreamName::HeldOut, 30, 4, 4);
    let scaler = Scaling::Standardise.fit(&train).unwrap();
    let expected = standardised(&train, &test);
    let found = scaler.scale::<f64>(&test);
    for (found, expected) in found.rows().into_iter().zip(&expected) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }
    assert!((Reduction::Mean.factor(8) - 0.125).abs() < 1e-15);
}

/// The values of a quantity, row by row.
fn values(
    result: &RunResult,
    setting: &falign::internal::config::setting::Setting,
    name: &str,
) -> Vec<f64> {
    let at = setting
        .quantities
        .iter()
        .position(|q| q.name() == name)
        .unwrap();
    result.rows.values.iter().map(|row| row[at]).collect()
}

/// Without decay the mirror's signals were dozens of times too large after as many steps.
#[test]
fn feedback_that_learns_stays_as_large_as_the_weights_it_stands_for() {
    let quantities = "run.quantities=[\"norm_ratio\", \"weight_angle\"]";
    let last = |rule: &str| {
        let rule = format!("learning.rule={rule}");
        let sets = [
            &rule,
            quantities,
            "run.epochs=100",
            "learning.ridge=0",
            "learning.step_size=0.1",
        ];
        let setting = setting(IMAGES, &sets);
        let result = run(&setting, 0);
        let last = result.rows.values.last().unwrap();
        [last[0], last[1]]
    };
    let [ratio, angle] = last("weight_mirror");
    assert!((0.7..1.4).contains(&ratio), "{ratio}");
    // Of small matrices; 18 degrees on the average of large ones.
    assert!(angle < 30.0, "{angle}");
    let [ratio, _] = last("hebbian_feedback");
    assert!((0.1..10.0).contains(&ratio), "{ratio}");
}

/// The mean of logistic responses to weak noise is most of what moves B: it grows towards W as
/// fast as with linear ones, and scatters far more.
#[test]
fn uncentred_mirrors_scatter_more_than_linear_ones() {
    let angle = |response: &str, step_size: f64| {
        let step_size = format!("learning.feedback_step_size={step_size}");
        let response = format!("learning.mirror_response={response}");
        let sets = [
            "learning.rule=weight_mirror",
            "learning.loss=logistic",
            "network.activation=sigmoid",
            "learning.feedback_decay=0",
            "run.quantities=[\"weight_angle\"]",
            "run.epochs=100",
            &step_size,
            &response,
        ];
        *values(
            &run(&setting(IMAGES, &sets), 0),
            &setting(IMAGES, &sets),
            "weight_angle",
        )
        .last()
        .unwrap()
    };
    // E s(W a n) a n' = a^2/4 W for small a.
    let (noise, step_size) = (0.05, 0.01);
    let linear = angle("linear", step_size);
    let uncentred = angle(
        &format!("{{ activation = {noise} }}"),
        4.0 * step_size / (noise * noise),
    );
    assert!(
        linear < 40.0 && uncentred > linear + 20.0,
        "{linear} {uncentred}"
    );
}

/// A step on the whole set sees the network of the row before it.
#[test]
fn the_whole_training_set_is_measured_as_the_network_is() {
    let quantities =
        "run.quantities=[\"loss\", \"train_set_loss\", \"train_accuracy\", \"train_set_accuracy\"]";
    let sets = [
        quantities,
        "learning.batch=all",
        "run.record={ every = 1 }",
        // More than are measured at a time, and a part of that.
        "data.samples=1700",
        "run.precision=f64",
        "run.save_weights=none",
    ];
    let measured = |more: &[&str]| {
        let setting = setting(IMAGES, &[&sets[..], more].concat());
        let result = run(&setting, 0);
        [
            "loss",
            "train_set_loss",
            "train_accuracy",
            "train_set_accuracy",
        ]
        .map(|name| values(&result, &setting, name))
    };
    let [loss, whole_loss, accuracy, whole_accuracy] = measured(&[]);
    assert_eq!(loss.len(), 4);
    for step in 1..loss.len() {
        assert_near("loss", whole_loss[step - 1], loss[step]);
        assert_near("accuracy", whole_accuracy[step - 1], accuracy[step]);
    }
    // Batches have dropout, the whole set does not.
    let [dropped, whole, ..] = measured(&["learning.dropout=0.5"]);
    assert_near("loss without dropout", whole[0], whole_loss[0]);
    assert!(
        (dropped[1] - whole[0]).abs() > 1e-3,
        "{dropped:?} {whole:?}"
    );
}

#[test]
fn tables_of_deep_networks_say_how_wide_their_layers_are() {
    use falign::internal::plan::run_rows::runs_csv;
    use falign::internal::plan::summary::summary_csv;
    let header = |table: &str| table.lines().next().unwrap().to_owned();
    let deep = measure("widths-deep", IMAGES);
    for text in [summary_csv(&deep), runs_csv(&deep)] {
        assert!(
            header(&text).contains(",step_size,hidden_widths,"),
            "{text}"
        );
        assert!(
            text.lines().skip(1).all(|row| row.contains(",0.5,7 6,")),
            "{text}"
        );
    }
    let one = format!("{IMAGES}[sweep]\n\"network.width\" = [5]");
    let one = one.replace("hidden_widths = [7, 6]", "hidden_layers = 2");
    let text = summary_csv(&measure("widths-one", &one));
    assert!(
        text.lines().skip(1).all(|row| row.contains(",5 5,")),
        "{text}"
    );
    let two_layer = measure("widths-two-layer", BOTH);
    assert!(!summary_csv(&two_layer).contains("hidden_widths"));
}

#[test]
fn a_limit_takes_the_first_samples() {
    let with = |sets: &[&str]| bits(&run(&setting(IMAGES, sets), 0));
    let fewer = with(&["data.samples=30", "data.held_out=20"]);
    assert!(with(&["data.train_limit=30", "data.test_limit=20"]) == fewer);
    assert!(with(&["data.train_limit=1000", "data.test_limit=30"]) == with(&[]));
    assert!(with(&["data.test_limit=20"]) != with(&[]));
}

#[test]
fn validation_samples_are_taken_from_the_training_samples() {
    let quantities = "run.quantities=[\"epoch\", \"validation_loss\", \"validation_accuracy\"]";
    let sets = ["data.validation=20", quantities, "run.save_weights=none"];
    let setting = setting(IMAGES, &sets);
    let result = run(&setting, 0);
    // 30 samples are left: 4 batches of 8, 12 steps.
    assert_eq!(result.rows.steps, [0, 4, 8, 12]);
    assert_eq!(values(&result, &setting, "epoch"), [0.0, 1.0, 2.0, 3.0]);
    for accuracy in values(&result, &setting, "validation_accuracy") {
        let right = accuracy * 20.0;
        assert!((right - right.round()).abs() < 1e-12, "{accuracy} of 20");
    }
    let losses = values(&result, &setting, "validation_loss");
    assert!(losses[3] < losses[0], "{losses:?}");
}

/// Override for rules without feedback weights, which the file has.
const LEFT_UNREAD: &str = "network.initial_feedback=drawn";

/// The loss of one fixed network on the validation set tells which samples it has.
#[test]
fn the_validation_set_is_the_seeds_and_the_runs() {
    let scratch = Scratch::new("split");
    let folder = scratch.0.join("weights-of-run-0");
    fs::create_dir(&folder).unwrap();
    in_folder(&folder, IMAGES);
    let path = folder.join("weights/setting0000-run0000-initial.safetensors");
    let fixed = format!("network.initial_weights={}", path.display());
    let loss = |number: u64, sets: &[&str]| {
        let quantities = "run.quantities=[\"validation_loss\"]";
        let common = ["data.validation=20", quantities, &fixed, "run.epochs=0"];
        let result = run(&setting(IMAGES, &[&common[..], sets].concat()), number);
        result.rows.values[0][0].to_bits()
    };
    let first = loss(0, &[]);
    for sets in [
        &["learning.rule=backpropagation", LEFT_UNREAD][..],
        &["learning.rule=node_perturbation", LEFT_UNREAD],
        &["learning.rule=kolen_pollack", "learning.ridge=0.7"],
        &["learning.ridge=0", "learning.batch=3"],
    ] {
        assert_eq!(loss(0, sets), first, "{sets:?}");
    }
    assert_ne!(loss(1, &[]), first);
    assert_ne!(loss(0, &["run.seed=6"]), first);
    let shared = ["data.dataset=shared"];
    assert_eq!((loss(0, &shared), loss(1, &shared)), (first, first));
}

#[test]
fn what_learns_nothing_is_stalled_and_what_learns_is_not() {
    let still = [
        "network.initialisation=scaled_uniform",
        "network.init_scale=1e-3",
        "learning.step_size=1e-9",
    ];
    let stalled = run(&setting(IMAGES, &still), 0);
    // The first row has no batch behind it.
    assert_eq!(stalled.rows.outcome, Outcome::Stalled { step: 4 });
    assert!(
        stalled
            .rows
            .values
            .iter()
            .flatten()
            .skip(2)
            .all(|x| !x.is_infinite())
    );
    let learned = run(&setting(IMAGES, &["learning.ridge=0"]), 0);
    assert_eq!(learned.rows.outcome, Outcome::Finished);
    // Two rows are too few to tell.
    let short = run(
        &setting(IMAGES, &[&still[..], &["run.epochs=1"]].concat()),
        0,
    );
    assert_eq!(short.rows.outcome, Outcome::Finished);
}

/// Measuring draws separate magnitudes, and gives back those that trained.
#[test]
fn saved_magnitudes_are_those_of_the_last_step_whatever_was_measured() {
    let saved = |quantity: &str| {
        let sets = [
            "learning.rule=batch_random_sign_symmetry",
            "run.save_weights=final",
            &format!("run.quantities=[\"{quantity}\"]"),
        ];
        let [_, last] = run(&setting(IMAGES, &sets), 0).weights;
        last.unwrap()
    };
    let unmeasured = saved("epoch");
    for quantity in ["alignment", "weight_angle", "update_angle"] {
        assert_eq!(saved(quantity), unmeasured, "{quantity}");
    }
}
