//! Runs whose numbers must be equal.

use crate::support::{Lab, table};

const SMALL: [&str; 6] = [
    "--set",
    "data.samples=10",
    "--set",
    "data.input_dim=12",
    "--set",
    "network.width=40",
];

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file(
        "rules.toml",
        r#"
name = "rules"
[learning]
step_size = 0.01
[run]
steps = 60
per_run_table = true
[[case]]
name = "linear"
[[case]]
name = "linear backpropagation"
"learning.rule" = "backpropagation"
[[case]]
name = "relu"
"network.activation" = "relu"
[[case]]
name = "learned"
"network.activation" = "tanh"
"learning.rule" = "kolen_pollack"
"#,
    );
    lab
}

#[test]
fn ridge_zero_is_no_ridge_in_every_schedule() {
    let lab = lab();
    let run = |out: &str, sets: &[&str]| {
        let mut words = vec!["rules.toml", "--out", out];
        words.extend(SMALL);
        words.extend(sets.iter().flat_map(|set| ["--set", set]));
        lab.run(&words);
        lab.text(&format!("{out}/summary.csv"))
    };
    let none = run("none", &[]);
    let ridge = run("ridge", &["learning.ridge=0.5"]);
    assert_ne!(none, ridge, "a ridge changes the numbers");
    for (out, sets) in [
        ("constant", &["learning.ridge=0"][..]),
        (
            "per_step",
            &["learning.ridge=0", "learning.ridge_form=per_step"],
        ),
        (
            "cutoff",
            &["learning.schedule=cutoff", "learning.cutoff=20"],
        ),
        (
            "decay",
            &["learning.schedule=exponential", "learning.decay_steps=9"],
        ),
        (
            "table",
            &["learning.schedule=table", "learning.ridge_table=[0, 0]"],
        ),
    ] {
        assert_eq!(run(out, sets), none, "{out}");
    }
}

#[test]
fn more_runs_leave_the_first_ones_as_they_were() {
    let lab = lab();
    let run = |runs: &str| {
        let (out, set) = (format!("runs{runs}"), format!("run.runs={runs}"));
        let mut words = vec!["rules.toml", "--out", &out, "--set", &set];
        words.extend(SMALL);
        lab.run(&words);
        table(&lab.text(&format!("{out}/runs.csv")))
    };
    let (few, many) = (run("3"), run("7"));
    let at = few[0].iter().position(|name| name == "run").unwrap();
    let is_first = |row: &&Vec<String>| row[at].parse::<u64>().map_or(true, |run| run < 3);
    let first: Vec<&Vec<String>> = many.iter().filter(is_first).collect();
    assert!(first.len() < many.len());
    assert_eq!(first, few.iter().collect::<Vec<_>>());
}
