//! Results that are not what they were: found on `--resume`, named, and made again.

use std::fs;

use crate::support::{Lab, assert_same, names};

const EXPERIMENT: &str = r#"
name = "damaged"
[data]
samples = 5
input_dim = 4
[network]
width = 6
[run]
runs = 6
runs_per_job = 1
steps = 10
save_weights = "both"
"#;

/// A complete run folder `run` and an undisturbed copy, `expected`.
fn finished() -> Lab {
    let lab = Lab::new();
    lab.file("damaged.toml", EXPERIMENT);
    lab.run(&["damaged.toml", "--out", "expected"]);
    lab.run(&["damaged.toml", "--out", "run"]);
    lab
}

/// Goes on with `run`, which must name `files` with these reasons and make them again.
fn assert_made_again(lab: &Lab, files: &[(&str, &str)]) {
    let answer = lab.run(&["damaged.toml", "--out", "run", "--resume", "--json"]);
    let lines: Vec<&str> = answer.err.lines().collect();
    assert_eq!(lines.len(), files.len(), "{}", answer.err);
    for (file, reason) in files {
        let says = format!("falign: made again: run/{file}: ");
        let line = lines.iter().find(|line| line.starts_with(&says));
        let line = line.unwrap_or_else(|| panic!("{file} is not named: {}", answer.err));
        assert!(line[says.len()..].contains(reason), "{line}");
    }
    let report: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(report["jobs_kept"], 6 - files.len());
    assert_same(&lab.path("run"), &lab.path("expected"));
}

#[test]
fn a_truncated_altered_foreign_or_empty_result_is_named_and_made_again() {
    let lab = finished();
    let results = names(&lab.path("run/results"), ".bin");
    let file = |index: usize| format!("results/{}", results[index]);
    let path = |index: usize| lab.path("run").join(file(index));
    let bytes: Vec<Vec<u8>> = (0..6).map(|i| fs::read(path(i)).unwrap()).collect();

    fs::write(path(0), &bytes[0][..bytes[0].len() - 1]).unwrap();
    let mut flipped = bytes[1].clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(path(1), flipped).unwrap();
    fs::write(path(2), &bytes[3]).unwrap();
    fs::write(path(4), "").unwrap();
    fs::write(path(5), "a,b\n1,2\n").unwrap();
    assert_made_again(
        &lab,
        &[
            (&file(0), "truncated"),
            (&file(1), "altered: the checksum"),
            (&file(2), "another job"),
            (&file(4), "empty"),
            (&file(5), "not a result file"),
        ],
    );
}

#[test]
fn altered_or_missing_weights_are_named_and_made_again() {
    let lab = finished();
    let weights = names(&lab.path("run/weights"), ".npz");
    assert_eq!(weights.len(), 12);
    let (altered, missing) = (&weights[1], &weights[4]);
    let path = lab.path("run/weights").join(altered);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
    lab.falign(&["check", "run"])
        .fails(1, &[altered, "truncated or altered", "--resume"]);
    fs::remove_file(lab.path("run/weights").join(missing)).unwrap();
    assert_made_again(
        &lab,
        &[
            (&format!("weights/{altered}"), "altered"),
            (&format!("weights/{missing}"), "missing"),
        ],
    );
}

#[test]
fn a_damaged_table_is_made_again_from_the_results() {
    let lab = finished();
    lab.file("run/summary.csv", "case,width\n");
    fs::remove_file(lab.path("run/figure.svg")).unwrap();
    assert_made_again(&lab, &[]);
}

#[test]
fn checking_an_incomplete_folder_says_what_is_missing() {
    let lab = finished();
    let results = names(&lab.path("run/results"), ".bin");
    fs::remove_file(lab.path("run/results").join(&results[2])).unwrap();
    lab.falign(&["check", "run"])
        .fails(1, &["run is not complete", "--resume", &results[2]]);
}
