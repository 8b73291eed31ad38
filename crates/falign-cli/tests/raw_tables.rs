//! Tables as they are: columns of years and sums of money, on any scale.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::Lab;

/// Longest time that sixteen rows may take with a processor that others use too; they once took hours.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sixteen rows of norms up to 7e5, nearly parallel, and a target.
fn economy(factor: f64) -> String {
    let sizes = [1947.0, 83.0, 2.3e5, 2.4e3, 1.6e3, 1.1e5];
    let mut text = String::from("year,deflator,gnp,unemployed,armed,population,employed\n");
    for row in 0..16_u32 {
        let i = f64::from(row);
        for (column, size) in (3_u32..).zip(sizes) {
            let wave = f64::from(row * column).sin();
            let value = size * (1.0 + 0.05 * i + 0.1 * wave);
            let _ = write!(text, "{:e},", factor * value);
        }
        let _ = writeln!(text, "{}", 60.0 + 0.7 * i + f64::from(row * row % 5));
    }
    text
}

#[test]
fn raw_tables_start_at_once_with_every_smooth_activation() {
    let lab = Lab::new();
    // Norms near 1e6 and near 1e11.
    lab.file("raw.csv", economy(1.0));
    lab.file("cents.csv", economy(1e5));
    for file in ["raw.csv", "cents.csv"] {
        for activation in ["tanh", "sigmoid", "softplus", "erf"] {
            let begun = Instant::now();
            let set = format!("network.activation={activation}");
            let out = format!("{activation}-{file}");
            let words = [
                "--train-data",
                file,
                "--set",
                &set,
                "--set",
                "network.width=20",
                "--set",
                "run.steps=5",
                "--set",
                "run.runs=2",
                "--out",
                &out,
            ];
            let answer = lab.run(&words);
            assert!(!answer.out.contains("diverged"), "{}", answer.out);
            assert!(
                begun.elapsed() < PATIENCE,
                "{activation}: {:?}",
                begun.elapsed()
            );
        }
    }
}

#[test]
fn saturation_is_said_until_the_named_key_mends_it() {
    let lab = Lab::new();
    lab.file("raw.csv", economy(1.0));
    let start = [
        "--train-data",
        "raw.csv",
        "--set",
        "network.activation=tanh",
    ];
    let small = ["--set", "network.width=20", "--set", "run.steps=5"];
    let said = |out, more: &[&str]| {
        lab.run(&[&start[..], &small, &["--out", out], more].concat())
            .err
    };
    let note = said("raw", &[]);
    assert!(note.contains("tanh is saturated"), "{note}");
    let mend = "data.scaling = \"standardise_per_feature\"";
    assert!(note.contains(mend), "{note}");
    let scaled = said("scaled", &["--set", mend]);
    assert!(!scaled.contains("saturated"), "{scaled}");
}

#[test]
fn inputs_whose_squares_are_no_numbers_are_refused_by_their_row() {
    let lab = Lab::new();
    lab.file("huge.csv", "a,b,y\n1,2,3\n4e200,1,2\n");
    for activation in ["linear", "relu", "tanh", "softplus"] {
        let set = format!("network.activation={activation}");
        lab.falign(&["run", "--train-data", "huge.csv", "--set", &set])
            .refuses(&["huge.csv", "row 1 of X", "divide X"]);
    }
    // What is trained on is what counts.
    let scaled = "data.scaling=standardise_per_feature";
    lab.run(&[
        "--train-data",
        "huge.csv",
        "--set",
        scaled,
        "--set",
        "run.steps=2",
    ]);
}
