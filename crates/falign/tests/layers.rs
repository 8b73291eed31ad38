//! Networks as lists of layers: from a file to a run that goes on after a stop, and to its weights.

use std::path::Path;

use falign::data::{Inputs, Labelled, TrainTest};
use falign::internal::config::{Experiment, Overrides, flat_table, sectioned_toml};
use falign::internal::network::TensorFile;
use falign::internal::plan::Plan;
use falign::internal::simulate::sources::{LabelledPair, Sources};
use falign::internal::simulate::{Context, EngineFamily, SavedWeights, given, simulate};
use falign::internal::study::network_table;
use falign::internal::study::prediction::{NewInputs, predict};
use falign::measure::LayerMeasure;
use falign::rule::Registry;
use ndarray::Array2;

use crate::support::deep::{IMAGES, bits, run, run_until, setting};
use crate::support::experiment::Scratch;

/// Images of 4 x 4 pixels through all kinds of layers.
const LAYERS: &str = r#"
name = "layers"
[data]
labelled = "generated_images"
samples = 50
held_out = 30
input_dim = 16
outputs = 4
[network]
activation = "tanh"
biases = true
initialisation = "uniform_fan_in"
layers = [
    { conv = 3, kernel = 2 },
    { norm = "batch" },
    { residual = [{ conv = 3, kernel = 3, padding = 1, activation = "relu" }, { norm = "layer", gain = false }] },
    { pool = "max", size = 2, stride = 1 },
    { local = 2, kernel = [1, 2] },
    { pool = "mean", size = [2, 1] },
    { flatten = true },
    { dropout = 0.1 },
    { dense = 5 },
    { dense = 4 },
]
[learning]
batch = 8
step_size = 0.1
ridge = 0.02
[run]
seed = 5
runs = 1
epochs = 3
record = { every = 4 }
quantities = ["epoch", "loss", "train_accuracy", "test_accuracy", "test_loss", "alignment", "alignment_layer_1", "norm_ratio_layer_1", "update_angle", "weight_angle", "output_norm"]
save_weights = "both"
"#;

/// Steps of three epochs.
const STEPS: u64 = 21;

/// Loss of four classes by chance, ln 4.
const CHANCE: f64 = 2.0 * std::f64::consts::LN_2;

/// Rounding of a forward pass.
const ROUNDING: f64 = 1e-12;

const DIRECT: &str = "learning.rule=direct_feedback_alignment";
const KERNEL: &str = "learning.feedback_shape=kernel";
const SHARED: &str = "learning.feedback_shape=shared";
const RULES: [&str; 3] = [
    "learning.rule=backpropagation",
    "learning.rule=feedback_alignment",
    DIRECT,
];

fn parsed(text: &str) -> falign::Result<Experiment> {
    Experiment::parse(text, &Overrides::none())
}

fn ids(text: &str) -> Vec<String> {
    let plan = Plan::new(&parsed(text).unwrap()).unwrap();
    plan.jobs.into_iter().map(|job| job.id).collect()
}

/// [`LAYERS`] with another list.
fn listed(layers: &str) -> String {
    let (before, rest) = LAYERS.split_once("layers = [").unwrap();
    let (_, after) = rest.split_once("\n]\n").unwrap();
    format!("{before}layers = {layers}\n{after}")
}

#[test]
fn a_list_trains_by_every_family_of_rules() {
    let text = listed(
        "[{ conv = 4, kernel = 2 }, { pool = \"max\", size = 2, stride = 1 }, { norm = \"layer\" }, { dense = 12 }, { dense = 4 }]",
    );
    let mut ends = Vec::new();
    let kinds = [KERNEL, SHARED].map(|kind| vec![DIRECT, kind]);
    let rules = RULES.map(|rule| vec![rule]);
    for rule in rules.into_iter().chain(kinds) {
        let mut set = rule.clone();
        let more = [
            "run.epochs=60",
            "run.record=\"last\"",
            "learning.ridge=0",
            "learning.step_size=0.2",
        ];
        set.extend(more);
        let setting = setting(&text, &set);
        assert_eq!(setting.family(), EngineFamily::Layers);
        let loss = run(&setting, 0).rows.values[0][1];
        assert!(loss < CHANCE / 2.0, "{rule:?}: {loss}");
        ends.push(loss.to_bits());
    }
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), RULES.len() + 2, "no rule is another one");
}

#[test]
fn a_run_that_was_stopped_ends_in_the_same_bits() {
    let scratch = Scratch::new("listed");
    let states: [&[&str]; 4] = [
        &["learning.optimiser=momentum"],
        &["learning.optimiser=adam", "run.precision=f32"],
        &["network.center_outputs=true", "learning.rule=weight_mirror"],
        &["learning.rule=kolen_pollack", "learning.dropout=0.2"],
    ];
    let of_kinds = [KERNEL, SHARED].map(|kind| vec![DIRECT, kind]);
    let of_rules = RULES.map(|rule| vec![rule]).into_iter().chain(of_kinds);
    for set in of_rules.chain(states.map(<[&str]>::to_vec)) {
        let setting = setting(LAYERS, &set);
        let whole = run(&setting, 0);
        assert_eq!(whole.resolved.steps, STEPS);
        for end in [1, 9, STEPS - 1] {
            let path = scratch.0.join(format!("{end}"));
            let _ = std::fs::remove_file(&path);
            assert!(run_until(&setting, &path, end).is_none());
            let resumed = run_until(&setting, &path, u64::MAX).unwrap();
            assert_eq!(bits(&resumed), bits(&whole), "{set:?}, stopped at {end}");
        }
    }
}

/// Every layer has every measure, but for what its place gives no meaning to. Layers are a convolution, the
/// gains of its norm, a convolution in a block, a local layer and a dense one.
#[test]
fn layers_of_every_kind_have_their_measures() {
    let measures = LayerMeasure::ALL.map(LayerMeasure::name);
    let names = |measure: &str| {
        (1..=5)
            .map(|layer| format!("\"{measure}_layer_{layer}\""))
            .collect()
    };
    let names: Vec<String> = measures
        .iter()
        .flat_map(|m| -> Vec<String> { names(m) })
        .collect();
    let quantities = format!("run.quantities=[{}]", names.join(", "));
    let expected = |rule: &str, measure: &str, layer: usize| match measure {
        "pseudoinverse_angle" => false,
        // ReLU has no tails.
        "saturated_fraction" => [1, 4, 5].contains(&layer),
        // Gains have no feedback weights, and a direct path through other layers none to be compared with.
        "weight_angle" | "weight_norm_ratio" => rule != DIRECT && layer != 1,
        "kernel_angle" => rule != DIRECT && [2, 3].contains(&layer),
        _ => true,
    };
    for rule in RULES {
        let setting = setting(
            LAYERS,
            &[rule, "run.record=\"last\"", "run.epochs=1", &quantities],
        );
        let found = &run(&setting, 0).rows.values[0];
        for (at, value) in found.iter().enumerate() {
            let (measure, layer) = (measures[at / 5], at % 5 + 1);
            let is_expected = expected(rule, measure, layer);
            assert_eq!(
                value.is_finite(),
                is_expected,
                "{rule}, {measure}, {layer}: {value}"
            );
        }
    }
}

#[test]
fn a_list_of_dense_layers_is_hidden_widths() {
    let widths = "hidden_widths = [7, 6]";
    let list = "layers = [{ flatten = true }, { dense = 7 }, { dense = 6, activation = \"tanh\" }, { dense = 4, activation = \"identity\" }]";
    let dense = setting(&IMAGES.replace(widths, list), &[]);
    assert_eq!(dense.family(), setting(IMAGES, &[]).family());
    assert_eq!(bits(&run(&dense, 0)), bits(&run(&setting(IMAGES, &[]), 0)));
    let text = IMAGES.replace(widths, "layers = [{ dense = 7 }, { dense = 5 }]");
    let error = parsed(&text).unwrap_err().to_string();
    assert!(
        error.contains("network.layers.1 = { dense = 5 }: the data have 4 outputs"),
        "{error}"
    );
}

#[test]
fn defaults_that_are_spelled_out_leave_the_id_as_it_is() {
    let plain = "[{ conv = 3, kernel = 2 }, { pool = \"max\", size = 2 }, { norm = \"layer\" }, { dense = 4 }]";
    let spelled = "[{ conv = 3.0, kernel = [2, 2], stride = 1, padding = 0.0, activation = \"tanh\" }, \
        { pool = \"max\", size = 2, stride = [2, 2] }, { norm = \"layer\", gain = true, epsilon = 1e-5, activation = \"linear\" }, \
        { dense = 4, activation = \"linear\" }]";
    let other = plain.replace("kernel = 2", "kernel = 2, activation = \"relu\"");
    let id = |layers: &str| ids(&listed(layers)).remove(0);
    assert_eq!(id(plain), id(spelled));
    assert_ne!(id(plain), id(&other));
    // The file with every key written out is the same experiment.
    let experiment = parsed(&listed(spelled)).unwrap();
    let again = parsed(&experiment.resolved_toml()).unwrap();
    assert_eq!(again.settings, experiment.settings);
    let flat = flat_table(&listed(spelled), None).unwrap();
    let text = sectioned_toml(&flat).unwrap();
    assert_eq!(parsed(&text).unwrap().settings, experiment.settings);
}

#[test]
fn parts_of_the_list_are_swept_and_set() {
    let base = listed("[{ conv = 3, kernel = 2 }, { residual = [{ dense = 27 }] }, { dense = 4 }]")
        .replace(
            "{ residual = [{ dense = 27 }] }",
            "{ pool = \"mean\", size = 2 }",
        );
    let sweep = "[sweep]\n\"network.layers.0.kernel\" = [2, 3]\n\"network.layers.1.pool\" = [\"max\", \"mean\"]\n";
    let swept = parsed(&format!("{base}{sweep}")).unwrap();
    let labels: Vec<String> = swept
        .settings
        .iter()
        .map(|one| {
            one.axes
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        labels,
        [
            "layers.0.kernel=2 layers.1.pool=max",
            "layers.0.kernel=2 layers.1.pool=mean",
            "layers.0.kernel=3 layers.1.pool=max",
            "layers.0.kernel=3 layers.1.pool=mean",
        ]
    );
    let by_hand = |kernel: usize, pool: &str| {
        let text = base.replace("kernel = 2", &format!("kernel = {kernel}"));
        ids(&text.replace("\"mean\"", &format!("\"{pool}\""))).remove(0)
    };
    let expected = [(2, "max"), (2, "mean"), (3, "max"), (3, "mean")].map(|(k, p)| by_hand(k, p));
    assert_eq!(ids(&format!("{base}{sweep}")), expected);
    // Without quotes, in a case, by --set, and written out.
    let bare =
        "[sweep]\nnetwork.layers.0.kernel = [2, 3]\nnetwork.layers.1.pool = [\"max\", \"mean\"]\n";
    assert_eq!(ids(&format!("{base}{bare}")), expected);
    assert_eq!(ids(&swept.resolved_toml()), expected);
    let case = "[[case]]\nname = \"a\"\n\"network.layers.0.kernel\" = 3\n[[case]]\nname = \"b\"\n";
    assert_eq!(
        ids(&format!("{base}{case}")),
        [by_hand(3, "mean"), by_hand(2, "mean")]
    );
    let set = |text: &str, set: &[&str]| {
        let set = set.iter().map(|&set| set.to_owned()).collect();
        let overrides = Overrides {
            set,
            cases: Vec::new(),
        };
        let experiment = Experiment::parse(text, &overrides).unwrap();
        let jobs = Plan::new(&experiment).unwrap().jobs;
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(
        set(&base, &["network.layers.0.kernel=3"]),
        [by_hand(3, "mean")]
    );
    assert_eq!(
        set(&base, &["layers.0.kernel=[2, 3]"]),
        [by_hand(2, "mean"), by_hand(3, "mean")]
    );
    let cased = format!("{base}{case}");
    assert_eq!(
        set(&base, &["network.layers.1.pool=max"]),
        [by_hand(2, "max")]
    );
    assert_eq!(
        set(&cased, &["network.layers.1.pool=max"]),
        [by_hand(3, "max"), by_hand(2, "max")]
    );
}

#[test]
fn lists_that_are_no_network_are_refused_by_layer_with_the_fix() {
    let end = "{ dense = 4 }]";
    for (layers, parts) in [
        (
            format!("[{{ conv = 3, kernel = 5 }}, {end}"),
            &[
                "network.layers.0 = { conv = 3, kernel = 5 }",
                "kernel 5 does not fit 4 x 4",
            ][..],
        ),
        (
            format!("[{{ conv = 3, kernels = 2 }}, {end}"),
            &["network.layers.0.kernels = 2", "did you mean `kernel`?"],
        ),
        (
            format!("[{{ conv = 3 }}, {end}"),
            &["network.layers.0", "needs `kernel`"],
        ),
        (
            format!("[{{ convolution = 3, kernel = 2 }}, {end}"),
            &[
                "network.layers.0",
                "no kind of layer",
                "did you mean `conv`?",
            ],
        ),
        (
            format!("[{{ conv = 3, kernel = 2, dense = 4 }}, {end}"),
            &["network.layers.0", "make two layers"],
        ),
        (
            format!("[{{ conv = 3, kernel = 0 }}, {end}"),
            &[
                "network.layers.0.kernel = 0",
                "expected a whole number from 1",
            ],
        ),
        (
            format!("[{{ conv = 3, kernel = 2, padding = 2 }}, {end}"),
            &["padding 2 is not smaller than the kernel 2"],
        ),
        (
            format!(
                "[{{ conv = 3, kernel = 2 }}, {{ residual = [{{ conv = 3, kernel = 2 }}] }}, {end}"
            ),
            &["network.layers.1", "3 x 2 x 2 of 3 x 3 x 3"],
        ),
        (
            format!("[{{ residual = [{{ pool = \"min\" }}] }}, {end}"),
            &[
                "network.layers.0.residual.0.pool = \"min\"",
                "\"max\" or \"mean\"",
            ],
        ),
        (
            "[{ conv = 3, kernel = 2 }, { dense = 5 }]".to_owned(),
            &[
                "network.layers.1 = { dense = 5 }",
                "the data have 4 outputs",
            ],
        ),
        (
            "[{ conv = 3, kernel = 2 }]".to_owned(),
            &["network.layers.0", "put { dense = 4 } behind it"],
        ),
        (
            "[{ conv = 3, kernel = 2 }, { dense = 4, activation = \"relu\" }]".to_owned(),
            &["network.layers.1", "the outputs are sums"],
        ),
        ("[]".to_owned(), &["network.layers", "a list of layers"]),
    ] {
        let error = parsed(&listed(&layers)).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{layers}: {error}");
        }
    }
}

#[test]
fn keys_beside_a_list_are_refused_with_the_fix() {
    let small = listed("[{ conv = 3, kernel = 2 }, { dense = 4 }]");
    for (set, parts) in [
        (
            "network.width=30",
            &["network.width = 30", "remove one of the two"][..],
        ),
        (
            "network.hidden_widths=[3]",
            &["network.hidden_widths", "remove one of the two"],
        ),
        (
            "network.input=[2, 4, 4]",
            &["network.input = [2, 4, 4]", "data.input_dim is 16"],
        ),
        (
            "network.input=[1, 2, 2, 4]",
            &["network.input", "[channels, height, width]"],
        ),
        (
            "learning.step_size=auto",
            &["learning.step_size", "give a number"],
        ),
        (
            "learning.feedback_shape=shared",
            &["learning.feedback_shape = shared", "take a direct rule"],
        ),
        (
            "learning.gate=sin",
            &["learning.gate = sin", "take a direct rule"],
        ),
        (
            "network.layers.7.kernel=3",
            &["network.layers.7.kernel = 3", "layers 0 to 1"],
        ),
        (
            "network.layers.1.kernel=3",
            &["network.layers.1.kernel = 3", "`dense` has no such key"],
        ),
        (
            "network.layers.0.kernel=9",
            &["network.layers.0", "kernel 9 does not fit 4 x 4"],
        ),
    ] {
        let overrides = Overrides {
            set: vec![set.to_owned()],
            cases: Vec::new(),
        };
        let error = Experiment::parse(&small, &overrides)
            .unwrap_err()
            .to_string();
        for part in parts {
            assert!(error.contains(part), "{set}: {error}");
        }
    }
    let alone = IMAGES.replace(
        "hidden_widths = [7, 6]",
        "hidden_widths = [7, 6]\ninput = [1, 4, 4]",
    );
    let error = parsed(&alone).unwrap_err().to_string();
    assert!(
        error.contains("network.input") && error.contains("network.layers"),
        "{error}"
    );
}

/// Images of 2 channels, 3 rows and 4 columns, as a file has them.
fn pair() -> LabelledPair {
    let set = |samples: usize, shift: usize| {
        let x = Array2::from_shape_fn((samples, 24), |(i, j)| {
            ((7 * i + 5 * j + shift) % 19) as f64 / 19.0 - 0.4
        });
        let labels = (0..samples).map(|i| (i + i / 3) % 3).collect();
        Labelled::new(Inputs::Reals(x.into()), vec![2, 3, 4], labels, 3).unwrap()
    };
    LabelledPair::new(TrainTest::new(set(12, 0), set(5, 3)).unwrap())
}

const WINDOWED: &str = "[{ conv = 3, kernel = [2, 3], padding = 1, stride = 2 }, { local = 2, kernel = 2 }, { dense = 3 }]";

/// A setting on [`pair`].
fn of_pair(layers: &str, more: &str) -> (falign::internal::config::setting::Setting, Sources) {
    let flat = format!(
        "input = [2, 3, 4]\nactivation = \"tanh\"\nbiases = true\ninitialisation = \"uniform_fan_in\"\nscaling = \"none\"\n\
         layers = {layers}\nbatch = 4\nstep_size = 0.1\nepochs = 2\nruns = 1\nsave_weights = \"both\"\n{more}"
    );
    let (experiment, sources) = given::experiment(
        flat.parse().unwrap(),
        &given::Given::Classes(pair()),
        Path::new("given.npz"),
        &Registry::built_in(),
    )
    .unwrap();
    (experiment.settings[0].setting.clone(), sources)
}

fn trained(
    layers: &str,
    more: &str,
) -> (
    falign::internal::config::setting::Setting,
    Sources,
    TensorFile,
) {
    let (setting, sources) = of_pair(layers, more);
    let run = simulate(&setting, 0, Context::new(&sources), &mut |_| true)
        .unwrap()
        .unwrap();
    let [_, Some(SavedWeights::Deep(file))] = run.weights else {
        panic!("weights of a deep network")
    };
    (setting, sources, file)
}

/// An array of a file at these places.
fn number(file: &TensorFile, name: &str, places: &[usize]) -> f64 {
    let (shape, values) = file.get(name).unwrap();
    assert_eq!(shape.len(), places.len(), "{name}");
    let at = shape.iter().zip(places).fold(0, |at, (axis, place)| {
        assert!(place < axis, "{name}");
        at * axis + place
    });
    values[at]
}

#[test]
fn feedback_weights_of_kernels_are_written_as_those_of_the_layer_above() {
    let (_, _, file) = trained(
        WINDOWED,
        "rule = \"direct_feedback_alignment\"\nfeedback_shape = \"kernel\"",
    );
    let shape = |name: &str| file.get(name).unwrap().0.to_vec();
    // The local layer has windows of 2 x 2 over 3 channels at one place, the dense layer 2 inputs; both have here 3
    // channels, one for each output.
    assert_eq!(shape("feedback.0"), [3, 3, 1, 1, 2, 2]);
    assert_eq!(shape("feedback.1"), [3, 2]);
}

/// Written weights make, in PyTorch's order of axes and of images, the outputs that the network makes.
#[test]
fn weights_are_written_as_pytorch_has_them() {
    let (setting, sources, file) = trained(WINDOWED, "rule = \"feedback_alignment\"");
    let shape = |name: &str| file.get(name).unwrap().0.to_vec();
    assert_eq!(shape("layers.0.weight"), [3, 2, 2, 3]);
    assert_eq!(shape("layers.0.bias"), [3]);
    // The convolution makes 3 x 2 x 2 numbers, of which the local layer has one window.
    assert_eq!(shape("layers.1.weight"), [2, 3, 1, 1, 2, 2]);
    assert_eq!(shape("layers.2.weight"), [3, 2]);
    assert_eq!(shape("feedback.0"), [2, 3, 1, 1, 2, 2]);
    let images = pair().test;
    let Inputs::Reals(x) = images.inputs() else {
        panic!("real inputs")
    };
    let new = NewInputs::Classes(images.inputs().clone());
    let saved = SavedWeights::Deep(file.clone());
    let outputs = predict(&setting, 0, Context::new(&sources), &saved, &new).unwrap();
    for sample in 0..images.samples() {
        let pixel = |c: usize, y: usize, x_: usize| match (y.checked_sub(1), x_.checked_sub(1)) {
            (Some(y), Some(column)) if y < 3 && column < 4 => x[(sample, (c * 3 + y) * 4 + column)],
            _ => 0.0,
        };
        let mut hidden = [[[0.0f64; 2]; 2]; 3];
        for (out, hidden) in hidden.iter_mut().enumerate() {
            for (y, row) in hidden.iter_mut().enumerate() {
                for (column, h) in row.iter_mut().enumerate() {
                    let mut sum = number(&file, "layers.0.bias", &[out]);
                    for c in 0..2 {
                        for ky in 0..2 {
                            for kx in 0..3 {
                                let w = number(&file, "layers.0.weight", &[out, c, ky, kx]);
                                sum += w * pixel(c, 2 * y + ky, 2 * column + kx);
                            }
                        }
                    }
                    *h = sum.tanh();
                }
            }
        }
        let mut local = [0.0f64; 2];
        for (out, local) in local.iter_mut().enumerate() {
            let (bias_shape, biases) = file.get("layers.1.bias").unwrap();
            assert_eq!(bias_shape, [2]);
            let mut sum = biases[out];
            for (c, image) in hidden.iter().enumerate() {
                for (ky, row) in image.iter().enumerate() {
                    for (kx, h) in row.iter().enumerate() {
                        sum += number(&file, "layers.1.weight", &[out, c, 0, 0, ky, kx]) * h;
                    }
                }
            }
            *local = sum.tanh();
        }
        for class in 0..3 {
            let mut sum = number(&file, "layers.2.bias", &[class]);
            for (unit, h) in local.iter().enumerate() {
                sum += number(&file, "layers.2.weight", &[class, unit]) * h;
            }
            let found = outputs[(sample, class)];
            assert!((found - sum).abs() < ROUNDING, "{found} {sum}");
        }
    }
}

#[test]
fn flattened_images_have_the_order_of_a_file() {
    let rule = "rule = \"feedback_alignment\"";
    let conv = "{ conv = 3, kernel = 2 }";
    let of = |middle: &str| trained(&format!("[{conv}, {middle}{{ dense = 3 }}]"), rule);
    // A dense layer flattens what it reads; saying so changes nothing.
    let files = [
        "",
        "{ flatten = true }, ",
        "{ flatten = true }, { flatten = true }, ",
    ]
    .map(|middle| of(middle).2);
    assert_eq!(files[0], files[1]);
    assert_eq!(files[0], files[2]);
    let dropped = [
        "{ dropout = 0.3 }, ",
        "{ flatten = true }, { dropout = 0.3 }, ",
    ];
    let [one, other] = dropped.map(|middle| of(middle).2);
    assert_eq!(one, other);
    // A norm behind it has a gain for each of the numbers, in the same order.
    let (setting, sources, file) = of("{ flatten = true }, { norm = \"layer\" }, ");
    let shape = |name: &str| file.get(name).unwrap().0.to_vec();
    assert_eq!(shape("layers.1.weight"), [18]);
    assert_eq!(shape("layers.2.weight"), [3, 18]);
    let images = pair().test;
    let Inputs::Reals(x) = images.inputs() else {
        panic!("real inputs")
    };
    let new = NewInputs::Classes(images.inputs().clone());
    let saved = SavedWeights::Deep(file.clone());
    let outputs = predict(&setting, 0, Context::new(&sources), &saved, &new).unwrap();
    for sample in 0..images.samples() {
        let mut flat = Vec::new();
        for out in 0..3 {
            for (y, column) in (0..2).flat_map(|y| (0..3).map(move |column| (y, column))) {
                let mut sum = number(&file, "layers.0.bias", &[out]);
                for (c, ky, kx) in [0, 1]
                    .into_iter()
                    .flat_map(|c| [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(ky, kx)| (c, ky, kx)))
                {
                    let pixel = x[(sample, (c * 3 + y + ky) * 4 + column + kx)];
                    sum += number(&file, "layers.0.weight", &[out, c, ky, kx]) * pixel;
                }
                flat.push(sum.tanh());
            }
        }
        let mean = flat.iter().sum::<f64>() / 18.0;
        let variance = flat.iter().map(|h| (h - mean) * (h - mean)).sum::<f64>() / 18.0;
        let normal = flat.iter().enumerate().map(|(at, h)| {
            let gain = number(&file, "layers.1.weight", &[at]);
            let shift = number(&file, "layers.1.bias", &[at]);
            gain * (h - mean) / (variance + 1e-5).sqrt() + shift
        });
        let normal: Vec<f64> = normal.collect();
        for class in 0..3 {
            let products = normal.iter().enumerate();
            let weight = |at: usize| number(&file, "layers.2.weight", &[class, at]);
            let sum: f64 = products.map(|(at, h)| weight(at) * h).sum();
            let expected = sum + number(&file, "layers.2.bias", &[class]);
            let found = outputs[(sample, class)];
            assert!((found - expected).abs() < ROUNDING, "{found} {expected}");
        }
    }
}

#[test]
fn a_run_starts_from_the_weights_of_another() {
    let scratch = Scratch::new("listed_start");
    for rule in [
        "backpropagation\"",
        "feedback_alignment\"",
        "direct_feedback_alignment\"",
        "direct_feedback_alignment\"\nfeedback_shape = \"kernel\"",
    ] {
        let rule = format!("rule = \"{rule}");
        let (setting, sources) = of_pair(WINDOWED, &rule);
        let whole = simulate(&setting, 0, Context::new(&sources), &mut |_| true)
            .unwrap()
            .unwrap();
        let Some(SavedWeights::Deep(start)) = &whole.weights[0] else {
            panic!("weights of a deep network")
        };
        let path = scratch.0.join("start.safetensors");
        std::fs::write(&path, start.encode()).unwrap();
        let from = format!(
            "{rule}\ninitial_weights = {:?}\nseed = 9",
            path.to_str().unwrap()
        );
        let (other, sources) = of_pair(WINDOWED, &from);
        let again = simulate(&other, 0, Context::new(&sources), &mut |_| true)
            .unwrap()
            .unwrap();
        assert_eq!(again.weights[0], whole.weights[0], "{rule}");
        assert_ne!(again.weights[1], whole.weights[0]);
    }
}

#[test]
fn a_table_has_shapes_and_numbers_of_weights() {
    let text = LAYERS.replace("[run]", "rule = \"direct_feedback_alignment\"\n[run]");
    let table = network_table(&setting(&text, &[]), &Sources::default()).unwrap();
    let rows: Vec<(&str, &[usize], [usize; 4])> = table
        .rows
        .iter()
        .map(|row| {
            let numbers = [
                row.weights,
                row.biases,
                row.feedback_weights,
                row.multiply_adds,
            ];
            (row.path.as_str(), row.shape.as_slice(), numbers)
        })
        .collect();
    let image = &[3, 3, 3][..];
    assert_eq!(table.input, [1, 4, 4]);
    assert_eq!(
        rows,
        [
            ("0", image, [12, 3, 4 * 27, 12 * 9]),
            ("1", image, [3, 3, 0, 27]),
            ("2.residual.0", image, [81, 3, 4 * 27, 81 * 9]),
            ("2.residual.1", image, [0; 4]),
            ("2", image, [0; 4]),
            ("3", &[3, 2, 2], [0; 4]),
            ("4", &[2, 2, 1], [24, 4, 4 * 4, 24]),
            ("5", &[2], [0; 4]),
            ("6", &[2], [0; 4]),
            ("7", &[2], [0; 4]),
            ("8", &[5], [10, 5, 4 * 5, 10]),
            ("9", &[4], [20, 4, 0, 20]),
        ]
    );
    // Kernels are those of the layers above, with 4 channels; gains have none.
    let feedback = |kind: &str| -> Vec<usize> {
        let table = network_table(&setting(&text, &[kind]), &Sources::default()).unwrap();
        let layers = table.rows.iter().filter(|row| row.layer.is_some());
        layers.map(|row| row.feedback_weights).collect()
    };
    assert_eq!(feedback(KERNEL), [0, 27 * 4, 6 * 2 * 4, 2 * 4, 5 * 4, 0]);
    assert_eq!(feedback(SHARED), feedback("learning.feedback_shape=dense"));
}
