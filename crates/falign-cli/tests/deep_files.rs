//! Weights of deep networks: written, read by others, and started from.

use std::fs;

use crate::support::{Lab, column, names, table};

const EXPERIMENT: &str = r#"
name = "a"
[data]
labelled = "generated_images"
samples = 40
held_out = 20
input_dim = 16
outputs = 3
[network]
activation = "tanh"
hidden_widths = [9, 8]
biases = true
initialisation = "uniform_fan_in"
[learning]
batch = 10
step_size = 0.3
[run]
runs = 2
epochs = 4
per_run_table = true
save_weights = "final"
"#;

/// A lab with the experiment `a.toml` and its run folder `a`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("a.toml", EXPERIMENT);
    lab.run(&["a.toml", "--out", "a"]);
    lab
}

/// The test accuracies of a run folder at a step, run by run.
fn accuracies(lab: &Lab, out: &str, step: &str) -> Vec<String> {
    let runs = table(&lab.text(&format!("{out}/runs.csv")));
    let accuracies = column(&runs, "test_accuracy");
    let steps = column(&runs, "step");
    let at = steps.iter().zip(accuracies).filter(|(at, _)| *at == step);
    at.map(|(_, accuracy)| accuracy).collect()
}

const NOTHING_MORE: [&str; 4] = ["--set", "run.epochs=0", "--set", "run.save_weights=none"];

#[test]
fn a_run_starts_where_another_ended() {
    let lab = lab();
    let ended = accuracies(&lab, "a", "16");
    assert_ne!(ended, accuracies(&lab, "a", "0"));
    let words = ["a.toml", "--init-from", "a", "--out", "b"];
    lab.run(&[&words[..], &NOTHING_MORE].concat());
    assert_eq!(accuracies(&lab, "b", "0"), ended);
    // With training, it goes on from there.
    lab.run(&[&words[..4], &["c"]].concat());
    assert_eq!(accuracies(&lab, "c", "0"), ended);
    assert_ne!(lab.text("c/runs.csv"), lab.text("a/runs.csv"));

    // One file: the start of every run.
    let file = "a/weights/setting0000-run0001-final.safetensors";
    let words = ["a.toml", "--init-from", file, "--out", "d"];
    let shared = ["--set", "data.dataset=shared", "--set", "run.seed=0"];
    lab.run(&[&words[..], &NOTHING_MORE, &shared].concat());
    let shared = accuracies(&lab, "d", "0");
    assert_eq!(shared[0], shared[1], "the same network, the same images");
}

#[test]
fn other_weights_are_another_run() {
    let lab = lab();
    let words = ["run", "a.toml", "--init-from", "a", "--out", "b", "--quiet"];
    lab.falign(&words).succeeds();
    let path = "a/weights/setting0000-run0000-final.safetensors";
    fs::copy(
        lab.path("a/weights/setting0000-run0001-final.safetensors"),
        lab.path(path),
    )
    .unwrap();
    // The folder's results are those of the weights as they were, and stay.
    let old = lab.text("b/runs.csv");
    lab.falign(&[&words[..], &["--resume"]].concat())
        .refuses(&["b was made of other data", "has changed since"]);
    assert_eq!(lab.text("b/runs.csv"), old);
    lab.run(&["a.toml", "--init-from", "a", "--out", "c"]);
    assert_ne!(lab.text("c/runs.csv"), old);
}

#[test]
fn folders_that_cannot_be_started_from_are_named_with_the_reason() {
    let lab = lab();
    let sweep = "learning.ridge=[0, 0.1]";
    lab.run(&["a.toml", "--out", "several", "--set", sweep]);
    lab.run(&["a.toml", "--out", "none", "--set", "run.save_weights=none"]);
    lab.run(&[
        "a.toml",
        "--out",
        "initial",
        "--set",
        "run.save_weights=initial",
    ]);
    let refuses = |words: &[&str], parts: &[&str]| {
        let start = ["run", "a.toml", "--quiet", "--out", "b", "--init-from"];
        let answer = lab.falign(&[&start[..], words].concat());
        let code = answer.code.unwrap();
        answer.fails(code, parts);
        assert!(matches!(code, 1 | 2), "{code}");
        assert!(!lab.path("b").exists(), "{words:?}");
    };
    refuses(
        &["several"],
        &["several: ", "several settings", "name one file"],
    );
    let needs = ["run.save_weights = \"final\"", "as many runs"];
    let file = |run: &str| format!("setting0000-run{run}-final.safetensors");
    for (folder, set, run) in [
        ("a", "run.runs=3", "0002"),
        ("none", "run.runs=1", "0000"),
        ("initial", "run.runs=1", "0000"),
    ] {
        let file = file(run);
        refuses(
            &[folder, "--set", set],
            &[&[folder, &file], &needs[..]].concat(),
        );
    }
    refuses(
        &["nowhere"],
        &["network.initial_weights", "nowhere", "No such file"],
    );
}

#[test]
fn weights_of_another_shape_are_named_with_both_shapes() {
    let lab = lab();
    for (set, name, shapes) in [
        (
            "network.hidden_widths=[10, 8]",
            "`layers.0.weight`",
            ["[9, 16]", "[10, 16]"],
        ),
        (
            "network.hidden_widths=[9, 7]",
            "`layers.1.weight`",
            ["[8, 9]", "[7, 9]"],
        ),
        ("data.outputs=4", "`layers.2.weight`", ["[3, 8]", "[4, 8]"]),
        (
            "learning.rule=direct_feedback_alignment",
            "`feedback.0`",
            ["[8, 9]", "[3, 9]"],
        ),
        (
            "network.hidden_widths=[9, 8, 7]",
            "`layers.2.weight`",
            ["[3, 8]", "[7, 8]"],
        ),
    ] {
        let words = ["run", "a.toml", "--quiet", "--out", "b", "--set", set];
        let answer = lab.falign(&[&words[..], &["--init-from", "a"]].concat());
        let code = answer.code.unwrap();
        let file = "setting0000-run0000-final.safetensors";
        answer.fails(code, &[file, "does not fit", name, shapes[0], shapes[1]]);
        assert!(!lab.path("b").exists(), "{set}");
    }
    // Without biases in the file.
    lab.run(&["a.toml", "--out", "plain", "--set", "network.biases=false"]);
    let answer = lab.falign(&[
        "run",
        "a.toml",
        "--quiet",
        "--out",
        "b",
        "--init-from",
        "plain",
    ]);
    let code = answer.code.unwrap();
    answer.fails(code, &["has no array `layers.0.bias`", "layers.0.weight"]);
}

/// Arrays that a network has no place for would vanish without a word.
#[test]
fn arrays_that_nothing_reads_are_named_with_the_fix() {
    let lab = lab();
    let start = |sets: &[&str]| {
        let mut words = vec!["run", "a.toml", "--quiet", "--init-from", "a", "--out", "b"];
        for set in sets {
            words.extend(["--set", set]);
        }
        lab.falign(&words)
    };
    let feedback = "`feedback.0`, `feedback.1`";
    for (set, parts) in [
        (
            "network.biases=false",
            &[
                "`layers.0.bias`, `layers.1.bias`, `layers.2.bias`",
                "network.biases = true",
            ][..],
        ),
        (
            "learning.rule=backpropagation",
            &[
                feedback,
                "\"backpropagation\" has no",
                "network.initial_feedback = \"drawn\"",
            ],
        ),
        (
            "learning.rule=weight_perturbation",
            &[feedback, "network.initial_feedback = \"drawn\""],
        ),
    ] {
        let answer = start(&[set]);
        let code = answer.code.unwrap();
        let common = [
            "final.safetensors",
            "does not fit",
            "arrays that nothing reads",
        ];
        answer.fails(code, &[&common, parts].concat());
        assert!(!lab.path("b").exists(), "{set}");
    }
    // The same network, with another rule from here on.
    let drawn = "network.initial_feedback=drawn";
    start(&["learning.rule=backpropagation", drawn]).succeeds();
    assert_eq!(accuracies(&lab, "b", "0"), accuracies(&lab, "a", "16"));
    let answer = lab.falign(&["run", "a.toml", "--set", drawn, "--out", "c"]);
    let code = answer.code.unwrap();
    answer.fails(
        code,
        &[
            "network.initial_feedback",
            "network.initial_weights",
            "remove this",
        ],
    );
}

/// A safetensors file as another program would write it: in single precision, without a note.
fn foreign(arrays: &[(&str, &[usize], &str, Vec<u8>)]) -> Vec<u8> {
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    for (name, shape, dtype, bytes) in arrays {
        let start = data.len();
        data.extend_from_slice(bytes);
        let end = data.len();
        entries.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        ));
    }
    let mut header = format!("{{{}}}", entries.join(",")).into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

#[test]
fn weights_of_other_programs_are_read_and_what_is_no_such_file_is_refused() {
    let lab = Lab::new();
    lab.file("a.toml", EXPERIMENT);
    let floats = |count: usize| {
        [0.25f32.to_le_bytes(), (-0.5f32).to_le_bytes()]
            .concat()
            .repeat(count / 2)
    };
    let halves = |count: usize| vec![0u8; 2 * count];
    let layers = [
        ("layers.0.weight", &[4, 16][..], "F32", floats(64)),
        ("layers.1.weight", &[3, 4], "F32", floats(12)),
    ];
    lab.file("other.safetensors", foreign(&layers));
    let one_layer = [
        "--set",
        "network.hidden_widths=[4]",
        "--set",
        "network.biases=false",
    ];
    // Feedback weights, which it does not have, are drawn where that is asked for.
    let start_with = |out: &str, file: &str, more: &[&str]| {
        let words = [
            "run",
            "a.toml",
            "--quiet",
            "--out",
            out,
            "--init-from",
            file,
        ];
        lab.falign(&[&words[..], &one_layer, more].concat())
    };
    let drawn = ["--set", "network.initial_feedback=drawn"];
    start_with("other", "other.safetensors", &drawn).succeeds();
    let answer = start_with("b", "other.safetensors", &[]);
    let code = answer.code.unwrap();
    let parts = [
        "other.safetensors",
        "no array `feedback.0`",
        "\"feedback_alignment\" needs feedback weights",
        "network.initial_feedback = \"drawn\"",
    ];
    answer.fails(code, &parts);

    let mut half = layers.clone();
    half[1].2 = "F16";
    half[1].3 = halves(12);
    lab.file("half.safetensors", foreign(&half));
    let whole = foreign(&layers);
    lab.file("short.safetensors", &whole[..whole.len() - 1]);
    lab.file("text.safetensors", "layers.0.weight = 1\n");
    lab.file("empty.safetensors", "");
    let own = ["a.toml", "--out", "own", "--set", "run.runs=1"];
    lab.run(&[&own[..], &one_layer].concat());
    let file = names(&lab.path("own/weights"), "").remove(0);
    let mut bytes = fs::read(lab.path("own/weights").join(file)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    lab.file("altered.safetensors", bytes);
    let two = ["--set", "run.save_weights=final", "--set", "run.steps=2"];
    let two = [&["quickstart", "--out", "two", "--case", "relu"], &two[..]].concat();
    let narrow = ["--set", "network.width=5", "--set", "run.runs=1"];
    lab.falign(&[&["run", "--quiet"], &two[..], &narrow].concat());
    let npz = names(&lab.path("two/weights"), ".npz").remove(0);
    fs::copy(lab.path("two/weights").join(npz), lab.path("two.npz")).unwrap();
    for (file, parts) in [
        (
            "half.safetensors",
            &["`layers.1.weight`", "F16", "F32 and F64"][..],
        ),
        ("short.safetensors", &["safetensors"]),
        ("text.safetensors", &["safetensors"]),
        ("empty.safetensors", &["safetensors"]),
        ("altered.safetensors", &["altered", "checksum"]),
        ("two.npz", &["safetensors"]),
        ("a.toml", &["safetensors"]),
    ] {
        let answer = start_with("b", file, &[]);
        let code = answer.code.unwrap();
        answer.fails(code, &[&[file], parts].concat());
        assert!(matches!(code, 1 | 2) && !lab.path("b").exists(), "{file}");
    }
}
