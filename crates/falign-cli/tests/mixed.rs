//! Deep results of machines that round products in different ways do not come together unsaid.

use std::fs;
use std::path::PathBuf;

use falign::internal::file::sealed::{seal, unseal};

use crate::support::{Lab, assert_same, names};

const EXPERIMENT: &str = r#"
name = "mixed"
[data]
labelled = "generated_images"
samples = 30
held_out = 10
input_dim = 16
outputs = 3
[network]
hidden_widths = [6, 5]
[learning]
batch = 10
step_size = 0.05
[run]
epochs = 2
runs = 3
runs_per_job = 1
"#;

/// A complete run folder `run` and an undisturbed copy, `expected`.
fn finished() -> Lab {
    let lab = Lab::new();
    lab.file("mixed.toml", EXPERIMENT);
    for out in ["expected", "run"] {
        lab.run(&["mixed.toml", "--out", out]);
    }
    lab
}

fn results(lab: &Lab) -> Vec<PathBuf> {
    let folder = lab.path("run/results");
    let files = names(&folder, ".bin").into_iter();
    files.map(|name| folder.join(name)).collect()
}

const RESUME: [&str; 6] = ["run", "mixed.toml", "--out", "run", "--quiet", "--resume"];

#[test]
fn results_of_another_machine_are_mixed_only_where_that_is_asked_for() {
    let lab = finished();
    let files = results(&lab);
    let (mut header, values) = unseal(&files[0]).unwrap();
    header["arithmetic"] = "abacus 01234567".into();
    fs::write(&files[0], seal(&header, &values)).unwrap();
    // Nothing is left to do: nothing is mixed.
    lab.run(&["mixed.toml", "--out", "run", "--resume"]);

    fs::remove_file(&files[1]).unwrap();
    let here = falign::internal::math::arithmetic();
    lab.falign(&RESUME).fails(
        1,
        &[
            files[0].file_name().unwrap().to_str().unwrap(),
            "abacus 01234567",
            &format!("here {here}"),
            "--mix",
        ],
    );
    assert!(!files[1].exists());
    let words = [&RESUME[..], &["--mix"]].concat();
    let answer = lab.falign(&words).succeeds();
    assert!(answer.err.starts_with("falign: mixed: "), "{}", answer.err);
    assert!(answer.err.contains("abacus"), "{}", answer.err);
    assert!(files[1].exists());
}

#[test]
fn results_of_earlier_versions_do_not_say_it_and_are_kept() {
    let lab = finished();
    let files = results(&lab);
    let (mut header, values) = unseal(&files[0]).unwrap();
    assert!(header.remove("arithmetic").is_some());
    let old = seal(&header, &values);
    fs::write(&files[0], &old).unwrap();
    fs::remove_file(&files[1]).unwrap();
    lab.run(&["mixed.toml", "--out", "run", "--resume"]);
    assert_eq!(fs::read(&files[0]).unwrap(), old);
    let name = files[0].file_name().unwrap();
    fs::copy(lab.path("expected/results").join(name), &files[0]).unwrap();
    assert_same(&lab.path("run"), &lab.path("expected"));
}

#[test]
fn two_layer_results_say_nothing_of_the_machine() {
    let lab = Lab::new();
    let text = "name = \"two\"\n[data]\nsamples = 4\n[run]\nsteps = 3\n";
    lab.file("two.toml", text);
    lab.run(&["two.toml", "--out", "run"]);
    let (header, _) = unseal(&results(&lab)[0]).unwrap();
    assert!(!header.contains_key("arithmetic"), "{header:?}");
}
