//! Output of `falign run --dry-run`, which does nothing else.

use serde_json::Value;

use crate::support::Lab;

const FILE: &str = "name = \"mine\"\n[data]\nsamples = 12\n[network]\nactivation = \"tanh\"\n\
    [learning]\nstep_size = 0.01\n[run]\nsteps = 120\nruns = 3\nrecord = { every = 40 }\n\
    [sweep]\n\"network.width\" = [30, 60]\n\"learning.ridge\" = [0, 0.1]\n";

#[test]
fn it_says_what_a_run_will_cost_and_leaves_nothing_behind() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let dry = [
        "run",
        "mine.toml",
        "--dry-run",
        "--threads",
        "2",
        "--out",
        "here",
    ];
    let page = lab.falign(&dry).succeeds().out;
    assert!(page.contains("tanh, FA, p = 60"), "{page}");
    // Ridge levels cost the same, widths do not.
    assert_eq!(page.matches("tanh, FA").count(), 2, "{page}");
    assert!(
        page.contains("4 jobs: about") && page.contains("on 2 threads"),
        "{page}"
    );
    assert!(!lab.path("here").exists() && !lab.path("runs").exists());
    lab.falign(&["run", "mine.toml", "--dry-run", "--resume"])
        .ends_with(2);
    // Bad files are refused as by a run.
    lab.falign(&["run", "mine.toml", "--dry-run", "--set", "network.width=0"])
        .refuses(&["network.width"]);
}

#[test]
fn its_json_adds_up() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let told = |more: &[&str]| -> Value {
        let words = [
            &["run", "mine.toml", "--dry-run", "--json", "--threads"],
            more,
        ]
        .concat();
        serde_json::from_str(&lab.falign(&words).succeeds().out).unwrap()
    };
    let json = told(&["1"]);
    let settings = json["settings"].as_array().unwrap();
    assert_eq!(settings.len(), 4);
    let number = |value: &Value| value.as_f64().unwrap();
    let all: f64 = settings
        .iter()
        .map(|one| {
            assert_eq!(
                (one["steps"].as_u64(), one["records"].as_u64()),
                (Some(120), Some(4))
            );
            number(&one["runs"]) * number(&one["run_seconds"])
        })
        .sum();
    assert!((all / number(&json["thread_seconds"]) - 1.0).abs() < 1e-9);
    // One thread does one after the other.
    assert!((all / number(&json["seconds"]) - 1.0).abs() < 1e-9);
    // Two threads share the five runs of one job.
    let sets = ["network.width=30", "learning.ridge=0", "run.runs=5"];
    let sets = sets.map(|set| ["--set", set]).concat();
    let json = told(&[&["2"], &sets[..]].concat());
    assert_eq!(json["jobs"], 1);
    let runs = number(&json["seconds"]) / number(&json["settings"][0]["run_seconds"]);
    assert!((runs - 3.0).abs() < 1e-9, "{json}");
}

/// Processor time of the program, in seconds: a busy machine does not change it.
#[cfg(unix)]
fn processor_seconds(lab: &Lab, words: &[&str]) -> f64 {
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "\"$@\" >/dev/null 2>&1 || exit; times", "sh"])
        .arg(env!("CARGO_BIN_EXE_falign"))
        .args(words)
        .current_dir(lab.path(""));
    let answer = crate::support::Answer::of(shell.output().unwrap()).succeeds();
    // The last line: of its children, for the program and for the system, as 0m1.23s.
    let line = answer.out.lines().last().unwrap();
    let seconds = |time: &str| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        60.0 * minutes.parse::<f64>().unwrap() + seconds.parse::<f64>().unwrap()
    };
    line.split_whitespace().map(seconds).sum()
}

#[cfg(unix)]
#[test]
fn kernels_of_the_data_are_part_of_a_run() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let words = |step_size: &'static str, more: &[&'static str]| {
        let sets = [
            "data.samples=400",
            "network.width=10",
            "learning.ridge=0",
            "run.runs=1",
            "run.steps=5",
            step_size,
        ];
        let sets = sets.map(|set| ["--set", set]).concat();
        [&["run", "mine.toml", "--threads", "1"], more, &sets].concat()
    };
    let (auto, number) = ("learning.step_size=auto", "learning.step_size=1e-3");
    let told = lab.falign(&words(auto, &["--dry-run", "--json"]));
    let told: Value = serde_json::from_str(&told.succeeds().out).unwrap();
    let seconds = told["seconds"].as_f64().unwrap();
    let start = told["settings"][0]["start_seconds"].as_f64().unwrap();
    assert!(
        start > 0.9 * seconds,
        "nearly all of it is the kernel: {told}"
    );
    let with = processor_seconds(&lab, &words(auto, &["--quiet", "--out", "with"]));
    let without = processor_seconds(&lab, &words(number, &["--quiet", "--out", "without"]));
    let took = with - without;
    assert!(
        (took / 3.0..3.0 * took).contains(&seconds),
        "{seconds} {took}"
    );
}

#[test]
fn a_run_that_takes_minutes_to_begin_is_told_so_and_not_waited_for() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let kernel = [
        "data.samples=40000",
        "data.input_dim=3",
        "network.activation=relu",
        "learning.step_size=auto",
    ];
    is_told(&lab, &kernel);
    is_told(&lab, &["network.activation=relu", "data.teacher_width=1e9"]);
}

/// Checks that a run is said to take more than half a minute besides its steps.
fn is_told(lab: &Lab, sets: &[&str]) {
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let more = ["--dry-run", "--json", "--threads", "1", "--memory", "1T"];
    let words = [&["run", "mine.toml"], &more[..], &sets[..]].concat();
    let json: Value = serde_json::from_str(&lab.falign(&words).succeeds().out).unwrap();
    let why = json["untimed"].as_str().unwrap();
    assert!(why.contains(" besides its steps, for data, "), "{json}");
    assert!(json["start_seconds"].as_f64().unwrap() > 30.0, "{json}");
}

#[test]
fn its_table_fits_the_terminal_hides_no_row_and_begins_with_the_dearest() {
    let lab = Lab::new();
    lab.file("mine.toml", FILE);
    let widths: Vec<String> = (1..=45).map(|width| width.to_string()).collect();
    let set = format!("network.width=[{}, 3000]", widths.join(", "));
    let words = [
        "run",
        "mine.toml",
        "--dry-run",
        "--quiet",
        "--threads",
        "1",
        "--set",
        &set,
        "--set",
        "run.runs=1",
        "--set",
        "run.steps=3",
        "--set",
        "learning.ridge=0",
    ];
    let mut command = lab.command(&words);
    command.env("COLUMNS", "80");
    let page = crate::support::Answer::of(command.output().unwrap())
        .succeeds()
        .out;
    assert!(
        page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("tanh, FA, p = "))
        .collect();
    assert_eq!(rows.len(), 46, "{page}");
    assert!(rows[0].starts_with("tanh, FA, p = 3000 "), "{page}");
}
