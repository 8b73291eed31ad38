//! A run that was cut short goes on where it was, and ends in the same bytes.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::chance::{Chance, cases};
use crate::support::{Answer, Lab, assert_same, names};

/// 40 jobs of some tens of milliseconds each: there is work left when a busy machine lets the
/// test look.
const EXPERIMENT: &str = r#"
name = "slow"
[data]
samples = 20
input_dim = 30
[network]
width = 400
activation = "tanh"
[learning]
step_size = 0.01
[run]
runs = 20
runs_per_job = 1
steps = 300
[sweep]
"learning.ridge" = [0, 0.5]
[[case]]
name = "it's slow"
[[case]]
name = "other"
"network.width" = 401
"#;

const CASE: [&str; 2] = ["--case", "it's slow"];

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_mins(1);

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("slow.toml", EXPERIMENT);
    lab
}

pub(crate) fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < LIMIT, "waited too long for {what}");
        sleep(Duration::from_millis(1));
    }
}

pub(crate) fn wait_for_results(folder: &Path, count: usize) {
    let results = folder.join("results");
    wait_until("results", || names(&results, ".bin").len() >= count);
}

pub(crate) fn send(signal: &str, child: &Child) {
    send_all(&[signal], child);
}

/// Sends signals with next to no time between them.
fn send_all(signals: &[&str], child: &Child) {
    let each = signals.iter();
    let command: Vec<String> = each
        .map(|signal| format!("kill -{signal} {}", child.id()))
        .collect();
    let status = Command::new("sh")
        .args(["-c", &command.join(" && ")])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The lines that a program says, one after the other.
struct Said(std::io::Lines<BufReader<std::process::ChildStderr>>);

impl Said {
    fn of(child: &mut Child) -> Self {
        Self(BufReader::new(child.stderr.take().unwrap()).lines())
    }

    /// The next line that contains `words`.
    fn wait_for(&mut self, words: &str) -> String {
        let mut lines = self.0.by_ref().map(Result::unwrap);
        let line = lines.find(|line| line.contains(words));
        line.unwrap_or_else(|| panic!("it ended before it said {words}"))
    }

    /// Sends a signal, and expects that it ends the program at once, with what is finished kept.
    fn ends_at(self, signal: &str, mut child: Child) {
        let start = Instant::now();
        send(signal, &child);
        let rest: Vec<String> = self.0.map(Result::unwrap).collect();
        let stopped = child.wait().unwrap();
        assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
        assert_eq!(stopped.code(), Some(4), "{rest:?}");
        let is_kept = |line: &String| line.contains("what is finished is kept");
        assert!(rest.iter().any(is_kept), "{rest:?}");
        assert!(
            rest.iter().any(|line| line.contains("--resume")),
            "{rest:?}"
        );
    }
}

/// Checks that nothing that a kill left had to be made again.
pub(crate) fn assert_nothing_damaged(output: &Output) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!err.contains("made again"), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}

#[test]
fn killed_at_any_moment_it_goes_on_to_the_same_bytes() {
    let mut chance = Chance::new("kills of two-layer runs");
    for save in ["none", "both"].repeat(cases(1, 5)) {
        let lab = lab();
        let save = format!("run.save_weights={save}");
        let common = [&["slow.toml", "--set", &save], &CASE[..]].concat();
        lab.run(&[&common[..], &["--out", "expected"]].concat());
        let mut killed = 0;
        // While it starts, and after so many results; each kill comes a little later.
        for results in [0, 0, 1, 4, 9, 15] {
            let words = [
                &["run", "--quiet"],
                &common[..],
                &["--out", "run", "--resume"],
            ];
            let mut child = lab.start(&words.concat());
            wait_for_results(&lab.path("run"), results);
            sleep(chance.moment(25));
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            killed += usize::from(output.status.signal() == Some(9));
            assert_nothing_damaged(&output);
        }
        assert!(killed > 3, "only {killed} runs were still there to kill");
        // What a kill in the middle of a write leaves, whether or not one came then.
        for folder in ["run", "run/results", "run/weights"] {
            std::fs::create_dir_all(lab.path(folder)).unwrap();
            lab.file(&format!("{folder}/.a.bin.123-4.part"), "half");
        }
        let last = lab.run(&[&common[..], &["--out", "run", "--resume"]].concat());
        assert_eq!(last.err, "");
        if save.ends_with("none") {
            std::fs::remove_dir(lab.path("run/weights")).unwrap();
        }
        assert_same(&lab.path("run"), &lab.path("expected"));
    }
}

/// Runs the command that a stopped program printed, word for word.
pub(crate) fn go_on(lab: &Lab, stopped: &Answer) -> Child {
    let (first, command) = stopped.err.trim_end().rsplit_once('\n').unwrap();
    assert!(
        first.contains("stopped; what is finished is kept"),
        "{first}"
    );
    let program = Path::new(env!("CARGO_BIN_EXE_falign"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let mut shell = lab.command(&[]);
    let environment: Vec<_> = shell.get_envs().map(|(k, _)| k.to_owned()).collect();
    let mut sh = Command::new("sh");
    for name in environment {
        sh.env_remove(name);
    }
    sh.args(["-c", &format!("exec {}", command.trim())])
        .env("PATH", path)
        .current_dir(lab.path(""))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    shell = sh;
    shell.spawn().unwrap()
}

#[test]
fn the_first_signal_prints_the_command_that_completes_the_run() {
    let lab = lab();
    let set = "run.quantities=[\"loss\", \"alignment\"]";
    let common = [&["slow.toml", "--set", set, "--threads", "2"], &CASE[..]].concat();
    lab.run(&[&common[..], &["--out", "expected"]].concat());

    let out = "where it's kept/run";
    let words = [&["run", "--quiet", "--json"], &common[..], &["--out", out]];
    let child = lab.start(&words.concat());
    wait_for_results(&lab.path(out), 2);
    send("INT", &child);
    let stopped = Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    assert_eq!(stopped.out, "");
    assert!(!lab.path(out).join("summary.csv").exists());

    let child = go_on(&lab, &stopped);
    wait_for_results(&lab.path(out), 8);
    send("TERM", &child);
    let again = Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    assert_eq!(again.err, stopped.err, "the same command again");

    let child = go_on(&lab, &again);
    let done = Answer::of(child.wait_with_output().unwrap()).succeeds();
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert!(report["jobs_kept"].as_u64().unwrap() >= 8, "--json is kept");
    assert_eq!(done.err, "", "--quiet is kept");
    assert_same(&lab.path(out), &lab.path("expected"));
}

#[test]
fn stopped_in_the_midst_of_a_job_that_threads_share_it_goes_on_to_the_same_bytes() {
    let lab = lab();
    let sets = ["run.runs=5", "run.runs_per_job=5", "run.steps=1500"];
    let sets = sets.map(|set| ["--set", set]).concat();
    let words = |threads, out| {
        let first = ["run", "slow.toml", "--quiet", "--threads", threads];
        [&first[..], &["--out", out], &CASE, &sets].concat()
    };
    lab.falign(&words("1", "expected")).succeeds();
    let child = lab.start(&words("2", "run"));
    wait_for_results(&lab.path("run"), 1);
    send("INT", &child);
    Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    assert_eq!(names(&lab.path("run/results"), ".bin").len(), 1);
    let again = [&words("7", "run")[..], &["--resume"]].concat();
    lab.falign(&again).succeeds();
    assert_same(&lab.path("run"), &lab.path("expected"));
}

#[test]
fn a_stopped_check_keeps_what_it_ran_for_the_command_it_prints() {
    let lab = lab();
    let words = [&["check", "slow.toml", "--quiet"], &CASE[..]].concat();
    // Its temporary folder, where the test finds it.
    let child = lab
        .command(&words)
        .env("TMPDIR", lab.path(""))
        .spawn()
        .unwrap();
    let folder = || {
        let name = names(&lab.path(""), "")
            .into_iter()
            .find(|name| name.starts_with("falign-"));
        name.map(|name| lab.path(&name))
    };
    wait_until("a folder", || folder().is_some());
    let folder = folder().unwrap();
    wait_for_results(&folder, 2);
    send("INT", &child);
    let stopped = Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    assert!(stopped.err.contains("falign check"), "{}", stopped.err);

    let child = go_on(&lab, &stopped);
    let done = Answer::of(child.wait_with_output().unwrap()).succeeds();
    assert!(done.out.contains("no claims"), "{}", done.out);
    assert!(folder.join("summary.csv").exists());
}

/// A network of which a step takes a minute: plain loops over so many numbers. Its draws, before, take
/// seconds.
const SLOW_STEPS: [&str; 7] = [
    "run.engine=reference",
    "data.samples=3000",
    "data.input_dim=3000",
    "data.targets=signs",
    "network.activation=relu",
    "learning.ridge=0.0",
    "run.runs=1",
];

#[test]
fn the_second_signal_leaves_at_once() {
    let lab = lab();
    let words = [
        &["--set", "network.width=4000"],
        &SLOW_STEPS.map(|set| ["--set", set]).concat()[..],
    ];
    let words = words.concat();
    // Signals that come before the network has begun stop the program too early for a second
    // one to matter; on a busy machine that takes another try.
    let is_left = (0..5).any(|attempt| {
        let run = format!("run{attempt}");
        let options = [
            "run",
            "slow.toml",
            "--out",
            &run,
            "--quiet",
            "--case",
            "other",
        ];
        let child = lab.start(&[&options[..], &words[..]].concat());
        wait_until("its results", || {
            lab.path(&format!("{run}/results")).exists()
        });
        sleep(Duration::from_millis(300));
        send_all(&["INT", "TERM"], &child);
        let answer = Answer::of(child.wait_with_output().unwrap());
        assert!(matches!(answer.code, Some(4 | 130)), "{}", answer.err);
        answer.code == Some(130)
    });
    assert!(is_left, "no second signal was noticed at once");
}

#[test]
fn a_step_of_plain_loops_is_told_of_and_ends_at_one_signal() {
    let lab = lab();
    let sets = [
        &SLOW_STEPS[..],
        // A step of the wider one lasts longer than two lines of progress are apart.
        &["network.width=[10, 600]", "run.steps=1"],
    ]
    .concat();
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let words = [
        &["run", "slow.toml", "--threads", "1", "--out", "run"][..],
        &CASE,
        &sets,
    ];
    let mut child = lab.start(&words.concat());
    let mut said = Said::of(&mut child);
    wait_for_results(&lab.path("run"), 1);
    let line = said.wait_for(", step 1: ");
    assert!(line.contains("1/2 jobs") && line.ends_with(" %"), "{line}");
    said.ends_at("TERM", child);
    assert_eq!(names(&lab.path("run/results"), ".bin").len(), 1);
}

/// 10^11 multiply-adds a step: seconds.
#[test]
fn a_step_of_a_large_deep_network_is_told_of_and_ends_at_one_signal() {
    let lab = lab();
    let sets = [
        "run.engine=mini_batch",
        "run.precision=f32",
        "data.samples=4000",
        "data.input_dim=200",
        "data.targets=signs",
        "network.hidden_widths=[3000, 3000]",
        "learning.step_size=1e-9",
        "learning.ridge=0",
        "run.runs=1",
        "run.quantities=[\"output_norm\"]",
        "run.record=\"last\"",
    ];
    let sets = sets.map(|set| ["--set", set]).concat();
    let options = ["--threads", "1", "--memory", "1T", "--out", "run"];
    let words = [&["run", "slow.toml"][..], &options, &CASE, &sets];
    let mut child = lab.start(&words.concat());
    let mut said = Said::of(&mut child);
    said.wait_for("0/1 jobs, step ");
    said.ends_at("INT", child);
}

#[test]
fn an_audit_says_how_far_it_is() {
    let lab = lab();
    let options = ["audit", "slow.toml", "--width", "4000", "--samples", "300"];
    let sets = [
        "data.samples=300",
        "data.input_dim=400",
        "network.width=4000",
        "learning.ridge=0",
    ];
    let sets = sets.map(|set| ["--set", set]).concat();
    let mut child = lab.start(&[&options[..], &CASE, &sets].concat());
    let mut said = Said::of(&mut child);
    let line = said.wait_for("falign: checks: ");
    assert!(line.ends_with(" %"), "{line}");
    // Nothing is written: a signal ends it.
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}

/// Much less than the ten seconds after which a computation that ignores a signal is left behind.
const AT_ONCE: Duration = Duration::from_secs(4);

#[test]
fn kernels_that_are_prepared_are_told_of_and_end_at_one_signal() {
    let lab = lab();
    // A minute and more for the kernel that gives the step size.
    let sets = [
        "data.samples=7000",
        "learning.step_size=auto",
        "learning.ridge=0",
        "run.runs=1",
        "run.steps=1",
    ];
    let sets = sets.map(|set| ["--set", set]).concat();
    let options = ["--threads", "1", "--memory", "64G", "--out", "run"];
    let words = [&["run", "slow.toml"], &options[..], &CASE, &sets[..]].concat();
    let mut child = lab.start(&words);
    let mut said = Said::of(&mut child);
    said.wait_for("0/1 jobs, kernel of 7000 samples: ");
    said.ends_at("INT", child);
}

/// Keys of a run that draws for minutes before its first step, and what its progress line says.
const DRAWS: [(&[&str], &str); 3] = [
    (
        &[
            "data.input_dim=40000",
            "data.targets=signs",
            "network.width=400000",
            "network.activation=relu",
        ],
        "weights are drawn: ",
    ),
    (
        &[
            "data.input_dim=40000",
            "data.targets=signs",
            "network.width=400000",
            "network.activation=linear",
            "network.draw=weights",
        ],
        "weights are drawn: ",
    ),
    (
        &["data.teacher_width=1e9", "data.input_dim=1000"],
        "data are drawn: ",
    ),
];

#[test]
fn draws_are_told_of_and_end_at_one_signal() {
    let lab = lab();
    let common = ["learning.ridge=0", "run.runs=1", "run.steps=1"];
    let begun = DRAWS.map(|(keys, says)| {
        let sets = keys.iter().chain(&common).flat_map(|set| ["--set", set]);
        let sets: Vec<&str> = sets.collect();
        let out = format!("run{}", keys.len());
        let options = ["--threads", "1", "--memory", "1T", "--out", &out];
        let words = [&["run", "slow.toml"], &options[..], &CASE, &sets[..]].concat();
        (lab.start(&words), says)
    });
    for (mut child, says) in begun {
        let mut said = Said::of(&mut child);
        said.wait_for(&format!("0/1 jobs, {says}"));
        said.ends_at("INT", child);
    }
}

#[test]
fn reading_a_large_table_ends_at_one_signal() {
    let lab = lab();
    // A few million rows take seconds to read.
    lab.file("rows.csv", "0.25,-1.5,3\n".repeat(6_000_000));
    let options = [
        "--train-data",
        "rows.csv",
        "--out",
        "run",
        "--quiet",
        "--memory",
        "1T",
    ];
    let sets = [
        "--set",
        "learning.step_size=0.01",
        "--set",
        "learning.ridge=0",
    ];
    let child = lab.start(&[&["run", "slow.toml"], &options[..], &CASE, &sets].concat());
    sleep(Duration::from_millis(400));
    let start = Instant::now();
    send("TERM", &child);
    let stopped = Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    assert!(stopped.err.contains("--resume"), "{}", stopped.err);
    assert!(!lab.path("run").exists());
}

#[test]
fn draws_of_deep_networks_end_at_one_signal() {
    let lab = lab();
    // Ten seconds and more, without the feedback weights.
    let sets = [
        "run.engine=mini_batch",
        "run.precision=f32",
        "data.targets=signs",
        "network.hidden_widths=[30000, 30000]",
        "learning.ridge=0",
        "run.runs=1",
        "run.steps=1",
    ];
    let sets = sets.map(|set| ["--set", set]).concat();
    let options = [
        "--threads",
        "1",
        "--memory",
        "1T",
        "--out",
        "run",
        "--quiet",
    ];
    let child = lab.start(&[&["run", "slow.toml"], &options[..], &CASE, &sets[..]].concat());
    wait_until("its results", || lab.path("run/results").exists());
    sleep(Duration::from_millis(500));
    let start = Instant::now();
    send("TERM", &child);
    let stopped = Answer::of(child.wait_with_output().unwrap()).ends_with(4);
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    assert_eq!(
        names(&lab.path("run/results"), ".bin").len(),
        0,
        "{}",
        stopped.err
    );
}

#[test]
fn a_folder_has_one_writer_at_a_time() {
    let lab = lab();
    let words = [&["slow.toml", "--out", "run", "--quiet"], &CASE[..]].concat();
    let mut first = lab.start(&[&["run"], &words[..]].concat());
    wait_for_results(&lab.path("run"), 1);
    lab.falign(&[&["run", "--resume"], &words[..]].concat())
        .fails(1, &["run: another program is writing this folder"]);
    first.kill().unwrap();
    first.wait().unwrap();
}
