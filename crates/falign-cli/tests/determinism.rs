//! The same command gives the same bytes, whatever the threads.

use crate::support::{Lab, assert_same, names};

/// Experiment with all activations of the paper's figure, both precisions, feedback that learns, a run that
/// diverges and one that converges.
const MIXED: &str = r#"
name = "mixed"
title = "A little of everything"
[data]
samples = 12
input_dim = 16
held_out = 4
[network]
width = 48
[learning]
step_size = 0.01
[run]
runs = 5
runs_per_job = 2
steps = 150
record = { count = 15 }
per_run_table = true
quantities = ["loss", "alignment", "held_out_loss", "hidden_movement_rms", "feedback_gap"]
[sweep]
"learning.ridge" = [0, 0.5]
[[case]]
name = "linear"
[[case]]
name = "linear, backpropagation"
"learning.rule" = "backpropagation"
[[case]]
name = "relu"
"network.activation" = "relu"
[[case]]
name = "relu, f32"
"network.activation" = "relu"
"run.precision" = "f32"
[[case]]
name = "tanh"
"network.activation" = "tanh"
"run.stop_tolerance" = 0.5
"run.stop_window" = 20
[[case]]
name = "tanh, f32"
"network.activation" = "tanh"
"run.precision" = "f32"
[[case]]
name = "learned"
"network.activation" = "relu"
"learning.rule" = "kolen_pollack"
[[case]]
name = "diverging"
"network.activation" = "relu"
"learning.step_size" = 1e4
"#;

#[test]
fn the_threads_leave_no_trace() {
    let lab = Lab::new();
    lab.file("mixed.toml", MIXED);
    for threads in ["1", "2", "3"] {
        lab.run(&["mixed.toml", "--threads", threads, "--out", threads]);
    }
    assert_same(&lab.path("2"), &lab.path("1"));
    assert_same(&lab.path("3"), &lab.path("1"));
    let summary = lab.text("1/summary.csv");
    for case in ["linear", "\"tanh, f32\"", "diverging"] {
        assert!(summary.contains(&format!("\n{case},")), "{case}");
    }
    assert!(lab.path("1/runs.csv").exists());
    let runs = lab.text("1/runs.csv");
    for outcome in ["finished", "converged", "diverged"] {
        assert!(runs.contains(&format!(",{outcome},")), "{outcome}");
    }
}

const IMAGES: &str = r#"
name = "images"
[data]
labelled = "generated_images"
samples = 60
held_out = 20
input_dim = 16
outputs = 3
[network]
hidden_widths = [13, 8]
activation = "tanh"
initialisation = "xavier"
[learning]
batch = 9
step_size = 0.05
rule = "batch_random_sign_symmetry"
[run]
epochs = 3
per_run_table = true
save_weights = "both"
"#;

/// One job, whose runs are made by as many threads as there are.
#[test]
fn the_threads_that_share_a_job_leave_no_trace() {
    let lab = Lab::new();
    lab.file("mixed.toml", MIXED);
    lab.file("images.toml", IMAGES);
    let two_layer = ["--case", "learned", "--set", "run.save_weights=both"];
    let two_layer = [&two_layer[..], &["--set", "learning.ridge=0.5"]].concat();
    for (file, more) in [("mixed.toml", &two_layer[..]), ("images.toml", &[])] {
        for threads in ["1", "2", "3", "7"] {
            let out = format!("{file}-{threads}");
            let sets = ["--set", "run.runs=5", "--set", "run.runs_per_job=5"];
            let words = [file, "--threads", threads, "--out", &out];
            lab.run(&[&words[..], &sets, more].concat());
            assert_eq!(names(&lab.path(&out).join("results"), ".bin").len(), 1);
            assert_same(&lab.path(&out), &lab.path(&format!("{file}-1")));
        }
    }
}

/// Fewer runs than threads: the units of one network are spread over the threads.
#[test]
fn one_wide_network_spread_over_threads_leaves_no_trace() {
    let lab = Lab::new();
    for threads in ["1", "3"] {
        lab.run(&[
            "quickstart",
            "--threads",
            threads,
            "--out",
            threads,
            "--case",
            "relu",
            "--set",
            "network.width=5000",
            "--set",
            "learning.ridge=1.0",
            "--set",
            "run.runs=1",
            "--set",
            "run.steps=20",
        ]);
    }
    assert_same(&lab.path("3"), &lab.path("1"));
}
