//! Deep networks from experiment files: the same bytes whatever the threads and whatever else
//! runs, and what is said of how runs end.

use crate::data_sets::real_mnist;
use crate::support::{Lab, assert_same, column, names, table};

/// Experiment with every rule of deep networks, in both precisions.
const EVERY_RULE: &str = r#"
name = "every_rule"
title = "Every rule of deep networks"
[data]
labelled = "generated_images"
samples = 40
held_out = 20
input_dim = 16
outputs = 3
[network]
activation = "tanh"
hidden_widths = [9, 8]
initialisation = "xavier"
[learning]
batch = 7
step_size = 0.05
ridge = 0.01
[run]
runs = 3
runs_per_job = 2
epochs = 4
per_run_table = true
save_weights = "final"
quantities = ["epoch", "loss", "train_accuracy", "test_accuracy", "alignment", "alignment_layer_1", "alignment_layer_2"]
[sweep]
"learning.rule" = [
    "backpropagation", "feedback_alignment", "kolen_pollack", "hebbian_feedback",
    "direct_feedback_alignment", "sign_direct_feedback_alignment",
    "direct_random_target_projection", "uniform_sign_symmetry", "fixed_random_sign_symmetry",
    "batch_random_sign_symmetry", "weight_mirror", "last_layer_only", "node_perturbation",
    "weight_perturbation",
]
"run.precision" = ["f32", "f64"]
"#;

#[test]
fn the_threads_leave_no_trace() {
    let lab = Lab::new();
    lab.file("every_rule.toml", EVERY_RULE);
    for threads in ["1", "2", "3"] {
        lab.run(&["every_rule.toml", "--threads", threads, "--out", threads]);
        assert!(!lab.path(threads).join("checkpoints").exists());
    }
    assert_same(&lab.path("2"), &lab.path("1"));
    assert_same(&lab.path("3"), &lab.path("1"));
    let runs = table(&lab.text("1/runs.csv"));
    // 14 rules, 2 precisions, 3 runs, steps 0, 6, 12, 18, 24.
    assert_eq!(runs.len() - 1, 14 * 2 * 3 * 5);
    assert!(column(&runs, "outcome").iter().all(|o| o == "finished"));
    assert_eq!(names(&lab.path("1/weights"), ".safetensors").len(), 84);
    // No rule is another one in disguise, and f32 is not f64.
    let mut last: Vec<&String> = Vec::new();
    let losses = column(&runs, "loss");
    last.extend(losses.iter().skip(4).step_by(5));
    last.sort();
    last.dedup();
    assert_eq!(last.len(), 84);
}

/// Measures of single layers have separate columns.
#[test]
fn measures_of_single_layers_are_in_the_tables() {
    let lab = Lab::new();
    lab.file("every_rule.toml", EVERY_RULE);
    let rules = "learning.rule=[\"feedback_alignment\", \"backpropagation\"]";
    lab.run(&["every_rule.toml", "--out", "run", "--set", rules]);
    let runs = table(&lab.text("run/runs.csv"));
    let numbers = |name: &str| -> Vec<f64> {
        let cells = column(&runs, name);
        cells.iter().map(|cell| cell.parse().unwrap()).collect()
    };
    let mean = numbers("alignment");
    let (first, second) = (numbers("alignment_layer_1"), numbers("alignment_layer_2"));
    for ((mean, first), second) in mean.iter().zip(first).zip(second) {
        assert!((mean - 0.5 * (first + second)).abs() < 1e-12);
    }
    let summary = table(&lab.text("run/summary.csv"));
    assert_eq!(column(&summary, "alignment_layer_2_mean").len(), 2 * 2 * 5);
    let shown = lab.falign(&["show", "run", "--quantities", "alignment_layer_1"]);
    assert!(shown.succeeds().out.contains("alignment_layer_1"));
}

/// `network.width` is not that of layers that differ in width.
#[test]
fn tables_and_calibration_name_the_layers_that_there_are() {
    let lab = Lab::new();
    lab.file("every_rule.toml", EVERY_RULE);
    let run = |out: &str, widths: &str| {
        let rule = "learning.rule=\"backpropagation\"";
        let words = ["--set", rule, "--set", widths, "--out", out];
        lab.run(&[&["every_rule.toml"][..], &words].concat());
        let cells = table(&lab.text(&format!("{out}/summary.csv")));
        let cells = column(&cells, "width");
        assert!(cells.iter().all(|cell| cell == &cells[0]), "{cells:?}");
        cells[0].clone()
    };
    assert_eq!(run("alike", "network.hidden_widths=[9, 9]"), "9");
    assert_eq!(run("differ", "network.hidden_widths=[9, 8]"), "");
    let dry = lab.falign(&["run", "every_rule.toml", "--dry-run"]);
    let page = dry.succeeds().out;
    assert!(page.contains("tanh, BP, p = 9, 8"), "{page}");
}

/// The rows of run 0, and the bytes of its weights.
fn first_run(lab: &Lab, out: &str) -> (Vec<Vec<String>>, Vec<Vec<u8>>) {
    let rows = table(&lab.text(&format!("{out}/runs.csv")));
    let run = rows[0].iter().position(|cell| cell == "run").unwrap();
    let rows = rows.into_iter().filter(|row| row[run] == "0").collect();
    let weights = lab.path(out).join("weights");
    let files = names(&weights, "run0000-final.safetensors");
    let bytes = files.iter().map(|file| std::fs::read(weights.join(file)));
    (rows, bytes.map(Result::unwrap).collect())
}

#[test]
fn a_run_is_the_same_alone_and_among_others() {
    let lab = Lab::new();
    lab.file("every_rule.toml", EVERY_RULE);
    for (out, sets) in [
        ("among", ["run.runs=3", "run.runs_per_job=3"]),
        ("apart", ["run.runs=3", "run.runs_per_job=1"]),
        ("alone", ["run.runs=1", "run.runs_per_job=1"]),
    ] {
        let words = ["every_rule.toml", "--out", out, "--set", sets[0], "--set"];
        lab.run(&[&words[..], &[sets[1]]].concat());
    }
    let (rows, weights) = first_run(&lab, "alone");
    assert_eq!((rows.len(), weights.len()), (14 * 2 * 5, 28));
    for out in ["among", "apart"] {
        assert!(
            first_run(&lab, out) == (rows.clone(), weights.clone()),
            "{out}"
        );
    }
    assert_eq!(lab.text("among/runs.csv"), lab.text("apart/runs.csv"));
}

/// One case that learns, one that stands still, one that leaves all numbers behind.
const ENDS: &str = r#"
name = "ends"
title = "How runs end"
[data]
labelled = "generated_images"
samples = 60
held_out = 20
input_dim = 16
outputs = 4
[network]
activation = "relu"
width = 12
initialisation = "he"
[learning]
rule = "feedback_alignment"
batch = 20
step_size = 0.1
[run]
runs = 2
epochs = 8
per_run_table = true
[[case]]
name = "learns"
[[case]]
name = "stands still"
"network.initialisation" = "scaled_uniform"
"network.init_scale" = 1e-4
"learning.step_size" = 1e-9
[[case]]
name = "leaves"
"learning.loss" = "squared_error"
"learning.step_size" = 1e200
"#;

#[test]
fn how_a_run_ended_is_told_everywhere() {
    let lab = Lab::new();
    lab.file("ends.toml", ENDS);
    let ran = lab.falign(&["run", "ends.toml", "--quiet", "--out", "run"]);
    let ran = ran.succeeds();
    let told = "; 2 diverged; 2 stalled at the loss of constant outputs\n";
    assert!(ran.out.contains(told), "{}", ran.out);

    let runs = table(&lab.text("run/runs.csv"));
    let cells = |name: &str| column(&runs, name);
    let (cases, steps) = (cells("case"), cells("step"));
    let (outcomes, since) = (cells("outcome"), cells("outcome_step"));
    let (losses, accuracies) = (cells("loss"), cells("test_accuracy"));
    for row in 0..cases.len() {
        let expected = match &cases[row][..] {
            "learns" => ("finished", 0..1),
            // The first row has no batch behind it; an epoch has 3 steps.
            "stands still" => ("stalled", 3..4),
            _ => ("diverged", 1..4),
        };
        assert_eq!(outcomes[row], expected.0, "{}", cases[row]);
        let at: u64 = since[row].parse().unwrap_or(0);
        assert!(expected.1.contains(&at), "{}: {at}", cases[row]);
        let is_after = expected.0 == "diverged" && steps[row] != "0";
        assert_eq!(accuracies[row].is_empty(), is_after);
        assert_eq!(losses[row].is_empty(), is_after || steps[row] == "0");
    }

    let meta: serde_json::Value = serde_json::from_str(&lab.text("run/meta.json")).unwrap();
    let expected = serde_json::json!(
        { "finished": 2, "converged": 0, "stalled": 2, "diverged": 2 }
    );
    assert_eq!(meta["runs"], expected);
    let words = [
        "run",
        "ends.toml",
        "--out",
        "run",
        "--resume",
        "--json",
        "--quiet",
    ];
    let report: serde_json::Value =
        serde_json::from_str(&lab.falign(&words).succeeds().out).unwrap();
    assert_eq!(report["runs_diverged"], 2);
    assert_eq!(report["runs_stalled"], 2);
}

/// A text without its decimal numbers: times, and means that have too many digits to read.
fn without_decimals(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let number = word.trim_end_matches(')');
        match number.parse::<f64>() {
            Ok(_) if number.contains('.') => word.replace(number, "[number]"),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_run_says_in_a_few_lines_what_came_out() {
    let lab = Lab::new();
    let claim = r#"
[[claim]]
id = "learns"
text = "Most test images are classified rightly."
source = "a test"
quantity = "test_accuracy"
kind = "between"
where = { case = "learns" }
min = 0.6
max = 1.0
"#;
    lab.file("ends.toml", format!("{ENDS}{claim}"));
    let words = [
        "run",
        "ends.toml",
        "--quiet",
        "--out",
        "run",
        "--set",
        "run.runs=3",
    ];
    let ran = lab.falign(&words).succeeds();
    insta::assert_snapshot!("deep_summary", without_decimals(&ran.out));
    let shown = lab.falign(&["show", "run"]).succeeds().out;
    let rows: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("leaves"))
        .collect();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row.contains("diverged")),
        "{shown}"
    );
}

/// The cases that run are the default one, those named, or all of them.
#[test]
fn an_experiment_may_have_a_default_case() {
    let lab = Lab::new();
    let text = format!("default_case = \"learns\"\n{ENDS}");
    lab.file("ends.toml", text);
    let cases = |out: &str, more: &[&str]| {
        lab.run(&[&["ends.toml", "--out", out], more].concat());
        let summary = table(&lab.text(&format!("{out}/summary.csv")));
        let mut cases = column(&summary, "case");
        cases.dedup();
        cases
    };
    assert_eq!(cases("default", &[]), ["learns"]);
    assert_eq!(cases("named", &["--case", "leaves"]), ["leaves"]);
    let all = cases("all", &["--case", "all"]);
    assert_eq!(all, ["learns", "stands still", "leaves"]);
    // What is stored runs again as it is.
    lab.run(&["all/experiment.toml", "--out", "again"]);
    assert_eq!(lab.text("again/summary.csv"), lab.text("all/summary.csv"));
}

#[test]
fn an_epoch_of_the_real_mnist_teaches_most_digits() {
    let Some(folder) = real_mnist() else {
        return;
    };
    let lab = Lab::new();
    lab.file(
        "mnist.toml",
        r#"
name = "mnist"
[data]
labelled = "mnist"
[network]
activation = "relu"
width = 50
initialisation = "uniform_fan_in"
biases = true
[learning]
step_size = 0.1
batch = 100
[run]
runs = 1
epochs = 1
precision = "f32"
[sweep]
"learning.rule" = ["backpropagation", "feedback_alignment"]
"#,
    );
    let folder = folder.display().to_string();
    lab.run(&["mnist.toml", "--data-dir", &folder, "--out", "run"]);
    let summary = table(&lab.text("run/summary.csv"));
    assert_eq!(column(&summary, "step"), ["0", "600", "0", "600"]);
    let accuracies = column(&summary, "test_accuracy_mean");
    for (before, after) in [(0, 1), (2, 3)] {
        let number = |row: usize| accuracies[row].parse::<f64>().unwrap();
        assert!(
            number(before) < 0.3 && number(after) > 0.8,
            "{accuracies:?}"
        );
    }
}
