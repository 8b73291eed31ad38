//! Networks as lists of layers: the same bytes whatever the threads, and their table.

use crate::support::{Lab, assert_same, column, table};

/// A small convolutional network under rules of each family.
const LAYERS: &str = r#"
name = "layers"
[data]
labelled = "generated_images"
samples = 40
held_out = 20
input_dim = 36
outputs = 3
[network]
activation = "relu"
biases = true
initialisation = "xavier_uniform"
layers = [
    { conv = 4, kernel = 3 }, { pool = "max", size = 2 }, { norm = "batch" },
    { residual = [{ conv = 4, kernel = 1 }] }, { local = 2, kernel = 2 }, { dropout = 0.1 }, { dense = 3 },
]
[learning]
batch = 7
step_size = 0.05
ridge = 0.01
[run]
runs = 3
runs_per_job = 2
epochs = 2
per_run_table = true
save_weights = "final"
[sweep]
"learning.rule" = ["backpropagation", "feedback_alignment", "direct_feedback_alignment"]
"network.layers.0.kernel" = [3, 1]
"#;

#[test]
fn the_threads_leave_no_trace() {
    let lab = Lab::new();
    lab.file("layers.toml", LAYERS);
    for threads in ["1", "3"] {
        lab.run(&["layers.toml", "--threads", threads, "--out", threads]);
    }
    assert_same(&lab.path("3"), &lab.path("1"));
    let runs = table(&lab.text("1/runs.csv"));
    assert_eq!(runs.len() - 1, 3 * 2 * 3 * 3);
    assert!(column(&runs, "outcome").iter().all(|o| o == "finished"));
    let kernels = column(&runs, "layers.0.kernel");
    assert_eq!(kernels.iter().filter(|kernel| *kernel == "1").count(), 27);
    let one = [
        "show",
        "1",
        "--step",
        "last",
        "--csv",
        "--where",
        "layers.0.kernel=1",
    ];
    let shown = table(&lab.falign(&one).succeeds().out);
    assert_eq!(column(&shown, "layers.0.kernel"), ["1"; 3]);
}

#[test]
fn the_table_of_layers_fits_a_terminal() {
    let lab = Lab::new();
    lab.file("layers.toml", LAYERS);
    let words = [
        "show",
        "--network",
        "layers.toml",
        "--set",
        "network.layers.0.kernel=3",
    ];
    let said = lab.falign(&words).succeeds().out;
    let rows = said.lines().filter(|line| line.contains("4 x 4 x 4"));
    assert_eq!(rows.count(), 3, "{said}");
    assert!(said.contains("feedback weights"), "{said}");
    let json = lab
        .falign(&[&words[..], &["--json"]].concat())
        .succeeds()
        .out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let networks = json.as_array().unwrap();
    let feedback: Vec<u64> = networks
        .iter()
        .map(|one| {
            let layers = one["layers"].as_array().unwrap().iter();
            layers
                .map(|layer| layer["feedback_weights"].as_u64().unwrap())
                .sum()
        })
        .collect();
    // None; the gains of the norm have none, 16 of the block, 32 of the local layer, 6 of the outputs;
    // directly to 64, 16 and 2 units.
    assert_eq!(feedback, [0, 16 + 32 + 6, 3 * (64 + 16 + 2)]);
}

/// Weights of a run are drawn before and after it, with what tells its setting from others.
#[test]
fn receptive_fields_are_drawn_from_stored_weights() {
    let lab = Lab::new();
    lab.file("layers.toml", LAYERS);
    lab.run(&[
        "layers.toml",
        "--out",
        "out",
        "--set",
        "run.save_weights=both",
    ]);
    let plot = |more: &[&str]| {
        lab.falign(&[&["plot", "out", "--receptive-fields", "--text"], more].concat())
    };
    plot(&["--setting", "2", "--run", "1", "--format", "svg"]).succeeds();
    let drawn = lab.text("out/fields.svg");
    let label = "rule = feedback_alignment, layers.0.kernel = 3, run 1";
    assert!(drawn.contains(label), "{drawn}");
    for grid in ["before training: 4 kernels", "after training: 4 kernels"] {
        assert!(drawn.contains(grid), "{grid}");
    }
    let first =
        "--setting 6: there are 6, from 0, rule = backpropagation, layers.0.kernel = 3 to 5, rule";
    plot(&["--setting", "6"]).refuses(&[first]);
    plot(&["--run", "3"]).refuses(&["no weights of setting 0, run 3"]);
}
