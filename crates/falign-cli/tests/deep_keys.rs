//! What an engine cannot do is refused in one line, with the key, its value and the fix.

use crate::support::{Answer, Lab};

const IMAGES: &str = r#"
name = "images"
[data]
labelled = "generated_images"
samples = 40
held_out = 10
input_dim = 16
outputs = 3
[network]
hidden_widths = [6, 5]
[learning]
batch = 10
step_size = 0.1
[run]
runs = 1
"#;

/// Network of the same widths on real targets.
const REALS: &str = r#"
name = "reals"
[data]
samples = 20
input_dim = 5
[network]
hidden_widths = [6, 5]
[learning]
step_size = 0.1
[run]
runs = 1
steps = 4
"#;

/// Two layers, as before there were more.
const TWO_LAYERS: &str = r#"
name = "two"
[data]
samples = 10
input_dim = 5
[network]
width = 10
activation = "tanh"
[learning]
step_size = 0.1
[run]
runs = 1
steps = 4
"#;

/// The program's answer, away from the real user's data sets.
fn run(lab: &Lab, words: &[&str]) -> Answer {
    let mut command = lab.command(&[&["run", "--quiet", "--out", "run"], words].concat());
    command.env("HOME", lab.path(""));
    for name in ["XDG_CACHE_HOME", "FALIGN_DATA"] {
        command.env_remove(name);
    }
    Answer::of(command.output().unwrap())
}

fn assert_refused(text: &str, table: &[(&[&str], &[&str])]) {
    let lab = Lab::new();
    lab.file("it.toml", text);
    run(&lab, &["it.toml"]).succeeds();
    std::fs::remove_dir_all(lab.path("run")).unwrap();
    for (set, parts) in table {
        let sets = set.iter().flat_map(|set| ["--set", set]);
        let words: Vec<&str> = ["it.toml"].into_iter().chain(sets).collect();
        run(&lab, &words).refuses(parts);
        assert!(!lab.path("run").exists(), "{set:?}");
    }
}

#[test]
fn what_two_layer_engines_do_not_have_is_refused() {
    let table: &[(&[&str], &[&str])] = &[
        (
            &["network.hidden_layers=2"],
            &["network.hidden_layers = 2", "run.engine = \"mini_batch\""],
        ),
        (
            &["learning.batch=4"],
            &["learning.batch = 4", "does not have this", "mini_batch"],
        ),
        (
            &["learning.optimiser=adam"],
            &["learning.optimiser = adam", "mini_batch"],
        ),
        (
            &["network.biases=true"],
            &["network.biases = true", "mini_batch"],
        ),
        (
            &["learning.rule=weight_mirror"],
            &["learning.rule = \"weight_mirror\"", "mini_batch"],
        ),
        (
            &["run.quantities=[\"loss\", \"norm_ratio\"]"],
            &["run.quantities = \"norm_ratio\"", "mini_batch"],
        ),
        (
            &["run.record={ every_epochs = 2 }"],
            &["run.record", "every_epochs", "mini_batch"],
        ),
        (
            &["run.record={ per_epoch = 2 }"],
            &["run.record", "per_epoch", "mini_batch"],
        ),
        (
            &["data.labelled=generated_images"],
            &["data.labelled = generated_images", "mini_batch"],
        ),
        (
            &["network.initial_weights=a.safetensors"],
            &["network.initial_weights", "a.safetensors", "mini_batch"],
        ),
    ];
    for engine in ["sample_space", "reference"] {
        let text = TWO_LAYERS.replace("[run]", &format!("[run]\nengine = \"{engine}\""));
        assert_refused(&text, table);
    }
}

/// Quantities to record at other steps are no reason to train by another, slower engine.
#[test]
fn a_record_in_epochs_does_not_choose_the_engine() {
    let table: &[(&[&str], &[&str])] = &[
        (
            &["run.record={ per_epoch = 2 }"],
            &["run.record", "per_epoch", "has no epochs", "learning.batch"],
        ),
        (
            &["run.record={ every_epochs = 3 }"],
            &["run.record", "every_epochs", "has no epochs", "every = 10"],
        ),
    ];
    assert_refused(TWO_LAYERS, table);
    let linear = TWO_LAYERS.replace("tanh", "linear");
    assert_refused(&linear, table);
    // A deep network on all samples at once: its epochs have one step.
    assert_refused(
        REALS,
        &[(
            &["run.record={ per_epoch = 2 }"],
            &["run.record", "per_epoch", "learning.batch is \"all\""],
        )],
    );
}

#[test]
fn what_the_mini_batch_engine_does_not_have_is_refused() {
    assert_refused(
        REALS,
        &[
            (
                &["network.draw=gram"],
                &["network.draw = \"gram\"", "\"weights\""],
            ),
            (
                &["network.output_scale=2.0"],
                &["network.output_scale = 2", "remove it"],
            ),
            (
                &["run.alignment_threshold=0.2"],
                &["run.alignment_threshold = 0.2", "remove it"],
            ),
            (
                &["run.stop_tolerance=0.1"],
                &["run.stop_tolerance = 0.1", "remove it"],
            ),
            (
                &["run.stop_window=7"],
                &["run.stop_window = 7", "remove it"],
            ),
            (
                &["learning.ridge={ gamma = 1 }"],
                &["learning.ridge = { gamma = 1 }", "give a number"],
            ),
            (
                &["run.steps={ tau = 3 }"],
                &["run.steps = { tau = 3 }", "give a number"],
            ),
            (
                &["run.steps={ eta_lambda_t = 3 }"],
                &["run.steps = { eta_lambda_t = 3 }", "give a number"],
            ),
            (
                &["learning.rule=oja_feedback"],
                &["learning.rule = \"oja_feedback\"", "\"hebbian_feedback\""],
            ),
            (
                &["learning.mirror_response={ activation = 0.1 }"],
                &[
                    "learning.mirror_response = activation=0.1",
                    "learning.rule is \"feedback_alignment\"",
                    "remove it",
                ],
            ),
            (
                &[
                    "learning.rule=weight_mirror",
                    "learning.mirror_response={ activation = 0.1 }",
                ],
                &["learning.feedback_step_size = \"auto\"", "give a number"],
            ),
            (
                &[
                    "learning.rule=weight_mirror",
                    "learning.mirror_response={ activation = 0.1 }",
                    "learning.feedback_step_size=0.5",
                ],
                &["learning.feedback_decay = \"auto\"", "give a number"],
            ),
            (
                &["run.quantities=[\"contraction\"]"],
                &["run.quantities = \"contraction\"", "docs/config.md"],
            ),
        ],
    );
}

/// Nobody has named an engine: the key that chose it is named along with the one at fault.
#[test]
fn the_key_that_chose_the_engine_is_named() {
    const PLAIN: &str = "name = \"plain\"\n[run]\nsteps = 5\n";
    let gain = "network.init_gain=2.0";
    let asks = "network.init_gain asks for the mini-batch engine";
    assert_refused(
        PLAIN,
        &[
            (
                &[
                    gain,
                    "learning.ridge={ gamma = 1 }",
                    "learning.step_size=0.1",
                ],
                &["learning.ridge = { gamma = 1 }", asks],
            ),
            (
                &[gain, "run.steps={ tau = 3 }", "learning.step_size=0.1"],
                &["run.steps = { tau = 3 }", asks],
            ),
            (&[gain, "network.draw=gram"], &["network.draw", asks]),
            (
                &[gain, "run.stop_window=7"],
                &["run.stop_window = 7", asks, "remove it"],
            ),
            (
                &[gain, "learning.step_size=0.1", "learning.rule=oja_feedback"],
                &["learning.rule", asks, "hebbian_feedback"],
            ),
            (
                &[
                    gain,
                    "learning.step_size=0.1",
                    "run.quantities=[\"contraction\"]",
                ],
                &["run.quantities", asks],
            ),
            (
                &["run.engine=mini_batch", "run.stop_window=7"],
                &[
                    "run.stop_window = 7",
                    "run.engine asks for the mini-batch engine",
                ],
            ),
        ],
    );
    let lab = Lab::new();
    lab.file("plain.toml", PLAIN);
    let sets = [
        "--set",
        "network.hidden_layers=2",
        "--set",
        "learning.step_size=0.1",
    ];
    for lemmas in [&[][..], &["--lemmas"]] {
        let words = [&["theory", "plain.toml"], &sets[..], lemmas].concat();
        lab.falign(&words).refuses(&[
            "run.engine",
            "network.hidden_layers asks for the mini-batch engine",
        ]);
    }
}

#[test]
fn what_needs_other_data_is_refused_with_what_it_needs() {
    assert_refused(
        REALS,
        &[
            (&["data.scaling=unit"], &["data.scaling", "data.labelled"]),
            (
                &["data.train_limit=5"],
                &["data.train_limit", "data.labelled"],
            ),
            (
                &["data.test_limit=5"],
                &["data.test_limit", "data.labelled"],
            ),
            (
                &["data.validation=5"],
                &["data.validation", "data.labelled"],
            ),
            (
                &["run.quantities=[\"test_loss\"]"],
                &["run.quantities = \"test_loss\"", "data.held_out"],
            ),
            (
                &["run.quantities=[\"train_accuracy\"]"],
                &["run.quantities = \"train_accuracy\"", "data.labelled"],
            ),
            (
                &["data.held_out=5", "run.quantities=[\"test_accuracy\"]"],
                &["run.quantities = \"test_accuracy\"", "data.labelled"],
            ),
            (
                &["run.quantities=[\"validation_loss\"]"],
                &["run.quantities = \"validation_loss\"", "data.validation"],
            ),
        ],
    );
    assert_refused(
        IMAGES,
        &[
            (
                &["data.labelled_data=a.npz"],
                &["data.labelled_data = given", "data.labelled is given too"],
            ),
            (
                &["data.train_data=a.npz"],
                &["data.train_data = given", "classes", "remove one"],
            ),
            (
                &["data.held_out_data=a.npz"],
                &["data.held_out_data = given", "classes", "remove one"],
            ),
            (&["data.input_dim=15"], &["data.input_dim = 15", "square"]),
            (
                &["data.labelled=mnist1d", "data.outputs=11"],
                &["data.outputs = 11", "2 to 10 classes", "give 10"],
            ),
            (
                &["data.labelled=mnist1d", "data.targets=signs"],
                &["data.targets = \"signs\"", "mnist1d", "remove it"],
            ),
            (
                &["data.inputs=normal"],
                &["data.inputs = \"normal\"", "generated_images", "remove it"],
            ),
            (
                &["data.targets=signs"],
                &["data.targets = \"signs\"", "remove it"],
            ),
            (
                &["data.teacher_width=5"],
                &["data.teacher_width = 5", "remove it"],
            ),
            (
                &["data.validation=40"],
                &["data.validation = 40", "40 training samples"],
            ),
            (
                &["data.validation=30", "data.train_limit=25"],
                &["data.validation = 30", "25 training samples"],
            ),
            (
                &["run.quantities=[\"validation_accuracy\"]"],
                &[
                    "run.quantities = \"validation_accuracy\"",
                    "data.validation",
                ],
            ),
            (
                &["data.held_out=0", "run.quantities=[\"test_accuracy\"]"],
                &["run.quantities = \"test_accuracy\"", "data.held_out"],
            ),
            (
                &["data.held_out=0", "run.quantities=[\"test_loss\"]"],
                &["run.quantities = \"test_loss\"", "data.held_out"],
            ),
            (
                &["data.labelled=mnits"],
                &["data.labelled = \"mnits\"", "\"mnist\""],
            ),
        ],
    );
}

#[test]
fn networks_rules_and_records_that_do_not_fit_are_refused() {
    assert_refused(
        IMAGES,
        &[
            (
                &["network.hidden_layers=3"],
                &[
                    "network.hidden_layers = 3",
                    "network.hidden_widths",
                    "remove one",
                ],
            ),
            (
                &["learning.ridge_layers=[1, 4]"],
                &["learning.ridge_layers = 4", "layers 1 to 3"],
            ),
            (
                &["run.quantities=[\"alignment_layer_3\"]"],
                &[
                    "run.quantities = \"alignment_layer_3\"",
                    "hidden layers 1 to 2",
                ],
            ),
            (
                &[
                    "network.initial_weights=a.safetensors",
                    "learning.feedback_correlation=0.5",
                ],
                &[
                    "learning.feedback_correlation = 0.5",
                    "network.initial_weights",
                    "remove one",
                ],
            ),
            (
                &[
                    "learning.rule=last_layer_only",
                    "learning.ridge=0.1",
                    "learning.ridge_layers=all",
                ],
                &["learning.ridge_layers = all", "shrink", "\"output\""],
            ),
            (
                &["learning.feedback_shape=kernel"],
                &["learning.feedback_shape", "take a direct rule"],
            ),
            (
                &[
                    "learning.feedback_shape=kernel",
                    "learning.rule=direct_feedback_alignment",
                ],
                &["learning.feedback_shape", "dense layers have one place"],
            ),
            (
                &["learning.gate=sin"],
                &["learning.gate", "take a direct rule"],
            ),
            (
                &["learning.rule=node_perturbation", "learning.dropout=0.1"],
                &["learning.dropout = 0.1", "set it to 0"],
            ),
            (
                &["learning.rule=weight_perturbation", "learning.dropout=0.1"],
                &["learning.dropout = 0.1", "set it to 0"],
            ),
            (
                &["learning.step_size_schedule=inverse"],
                &["learning.step_size_schedule", "learning.step_size_decay"],
            ),
            (
                &["learning.step_size_schedule=exponential"],
                &["learning.step_size_schedule", "learning.step_size_decay"],
            ),
            (
                &[
                    "learning.rule=direct_feedback_alignment",
                    "learning.feedback_correlation=0.5",
                ],
                &["learning.feedback_correlation = 0.5", "set it to 0"],
            ),
            (
                &["learning.schedule=cutoff"],
                &["learning.schedule = \"cutoff\"", "learning.cutoff"],
            ),
            (
                &["run.record={ at = [1, 2] }", "run.save_weights=final"],
                &["run.record", "run.save_weights"],
            ),
            (
                &["run.steps=10", "run.record={ at = [1, 20] }"],
                &["run.record", "20", "beyond the last step"],
            ),
        ],
    );
}

#[test]
fn steps_and_epochs_exclude_each_other() {
    let lab = Lab::new();
    lab.file(
        "both.toml",
        IMAGES.replace("[run]", "[run]\nsteps = 7\nepochs = 3"),
    );
    run(&lab, &["both.toml"]).refuses(&["run.steps = 7", "run.epochs is given too"]);
    lab.file("one.toml", IMAGES.replace("[run]", "[run]\nepochs = 3"));
    run(&lab, &["one.toml", "--set", "run.steps=7"]).refuses(&["run.steps = 7", "run.epochs"]);
}

#[test]
fn stored_data_sets_are_looked_for_and_never_fetched() {
    let lab = Lab::new();
    let stored = |more: &str| {
        format!(
            "name = \"m\"\n[data]\nlabelled = \"mnist\"\n{more}[learning]\nstep_size = 0.1\nbatch = 100\n[run]\nepochs = 1\n"
        )
    };
    lab.file("m.toml", stored(""));
    let fetch = [
        "`falign data fetch mnist`",
        "FALIGN_DATA",
        ".cache/falign/data",
    ];
    run(&lab, &["m.toml"]).refuses(&fetch);
    let words = ["m.toml", "--data-dir", "no-such-folder"];
    run(&lab, &words).refuses(&[&fetch[..], &["no-such-folder"]].concat());
    assert!(!lab.path("run").exists());
    for (key, value) in [
        ("samples", "10"),
        ("input_dim", "784"),
        ("outputs", "10"),
        ("inputs", "\"normal\""),
        ("targets", "\"signs\""),
        ("teacher_width", "3"),
        ("dataset", "\"shared\""),
        ("held_out", "5"),
    ] {
        lab.file("m.toml", stored(&format!("{key} = {value}\n")));
        let given = format!("data.{key} = {value}");
        run(&lab, &["m.toml"]).refuses(&[&given, "data.labelled is given", "remove one"]);
    }
}

#[test]
fn a_default_case_must_be_a_case() {
    let lab = Lab::new();
    let cases = "[[case]]\nname = \"small\"\n[[case]]\nname = \"large\"\n\"learning.batch\" = 20\n";
    lab.file(
        "d.toml",
        format!("default_case = \"smalx\"\n{IMAGES}{cases}"),
    );
    run(&lab, &["d.toml"]).refuses(&["default_case = \"smalx\"", "did you mean `small`?"]);
    lab.file("d.toml", format!("default_case = \"small\"\n{IMAGES}"));
    run(&lab, &["d.toml"]).refuses(&["default_case = \"small\"", "no such case"]);
    lab.file(
        "d.toml",
        format!("default_case = \"small\"\n{IMAGES}{cases}"),
    );
    run(&lab, &["d.toml", "--case", "largex"]).refuses(&["--case", "largex", "`large`"]);
    let words = ["d.toml", "--case", "all", "--case", "small"];
    run(&lab, &words).refuses(&["--case", "all", "no such case"]);
}
