//! What does not fit in memory is refused by key, from keys as from files. The tests set the limit
//! and never rely on the machine's.

use std::fmt::Write as _;

use crate::support::Lab;

const FILE: &str = "name = \"x\"\n[data]\nsamples = 4\ninput_dim = 3\n[network]\nwidth = 5\n\
    [learning]\nstep_size = 0.01\n[run]\nruns = 2\nsteps = 5\n";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("x.toml", FILE);
    lab
}

/// Words that set these keys.
fn sets<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    keys.iter().flat_map(|key| ["--set", key]).collect()
}

#[test]
fn what_does_not_fit_is_refused_by_key_and_a_dry_run_warns() {
    let lab = lab();
    let mut rows = String::new();
    for row in 0..30_000 {
        writeln!(rows, "{row},{row}").unwrap();
    }
    lab.file("rows.csv", rows);
    let tanh = "network.activation=tanh";
    for (keys, says) in [
        // n x n kernels.
        (&["data.samples=1e5", tanh][..], "data.samples = 100000"),
        (&["data.train_data=rows.csv", tanh], "data.train_data = "),
        (
            &["data.outputs=10000", "network.width=10"],
            "data.outputs = 10000",
        ),
        (
            &[
                "run.engine=mini_batch",
                "network.hidden_widths=[1000000000]",
            ],
            "network.hidden_widths = [1000000000]",
        ),
        (
            &["run.engine=mini_batch", "data.input_dim=10000000"],
            "data.input_dim = 10000000",
        ),
        (
            &["network.width=50000000", tanh],
            "network.width = 50000000",
        ),
        (
            &["run.engine=reference", "network.width=50000000"],
            "network.width = 50000000",
        ),
        (
            &["data.held_out=1000000", "data.input_dim=100"],
            "data.held_out = 1000000",
        ),
        (
            &["run.steps=9e6", "run.record={ every = 1 }", "run.runs=40"],
            "run.record = ",
        ),
    ] {
        let words = [
            &[
                "run",
                "x.toml",
                "--quiet",
                "--memory",
                "1G",
                "--threads",
                "1",
            ],
            &sets(keys)[..],
        ]
        .concat();
        let answer = lab.falign(&words).refuses(&[says, "of memory", "--memory"]);
        assert!(!lab.path("runs").exists(), "{says}");
        if !answer.err.contains("400 GB is the limit") {
            let dry = lab
                .falign(&[&words[..], &["--dry-run"]].concat())
                .succeeds();
            assert!(
                dry.err.contains("warning: `falign run` refuses this"),
                "{}",
                dry.err
            );
            assert!(dry.err.contains(says), "{}", dry.err);
        }
    }
    lab.falign(&[
        "theory",
        "x.toml",
        "--memory",
        "1G",
        "--set",
        "data.samples=10000",
    ])
    .refuses(&["data.samples = 10000", "of memory"]);
    lab.falign(&["run", "x.toml", "--memory", "much"])
        .ends_with(2);
}

#[test]
fn all_threads_together_must_fit() {
    let lab = lab();
    // Z of 80 MB and its copies.
    let keys = sets(&[
        "data.samples=100",
        "network.width=100000",
        "network.activation=tanh",
        "run.runs=8",
        "run.runs_per_job=1",
        "run.steps=1",
    ]);
    let words = |threads| {
        let first = ["run", "x.toml", "--quiet", "--memory", "600M", "--threads"];
        [&first[..], &[threads], &keys[..]].concat()
    };
    lab.falign(&words("4")).refuses(&[
        "network.width = 100000",
        "for 4 runs at once",
        "fewer threads",
    ]);
    let dry = [&words("1")[..], &["--dry-run"]].concat();
    let answer = lab.falign(&dry).succeeds();
    assert!(!answer.err.contains("warning"), "{}", answer.err);
}

#[test]
fn single_runs_go_on_side_by_side_where_they_fit() {
    let lab = lab();
    let keys = sets(&[
        "data.samples=100",
        "network.width=20000",
        "network.activation=tanh",
        "run.runs=8",
        "run.runs_per_job=8",
        "run.steps=1",
    ]);
    let asked = |threads, memory| {
        let first = ["run", "x.toml", "--quiet", "--dry-run", "--json"];
        let more = ["--threads", threads, "--memory", memory];
        let answer = lab.falign(&[&first[..], &more, &keys].concat()).succeeds();
        let told: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        told["memory_needed_bytes"].as_f64().unwrap()
    };
    let (one, four) = (asked("1", "1T"), asked("4", "1T"));
    assert!((3.5..4.0).contains(&(four / one)), "{four} {one}");
    // Else one after another, as before there was a choice.
    let limit = format!("{:.0}", 0.9 * four);
    let short = asked("4", &limit);
    assert!((0.99..1.01).contains(&(short / one)), "{short} {one}");
}

#[test]
fn a_teacher_that_takes_years_is_refused() {
    let lab = lab();
    for dry in [&[][..], &["--dry-run"]] {
        let words = ["run", "x.toml", "--set", "data.teacher_width=1e15"];
        lab.falign(&[&words[..], dry].concat())
            .refuses(&["data.teacher_width = 1000000000000000", "multiply-adds"]);
    }
    // Only its law is drawn: as fast at any width.
    lab.run(&[
        "x.toml",
        "--set",
        "data.teacher_width=1e15",
        "--set",
        "network.draw=gram",
    ]);
}
