//! Every write, fsync, rename, open, unlink and mkdir of a run in turn fails, or is the last thing
//! that the program does: then an error names the file or all is well, nothing under a final name
//! is damaged, and `--resume` ends in the bytes of an undisturbed run.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::chance::{Chance, cases, say};
use crate::support::{Lab, assert_same, files};

/// Results, weights and tables of the paper's network.
const SHALLOW: &str = r#"
name = "shallow"
[data]
samples = 4
input_dim = 3
[network]
width = 5
[run]
runs = 3
runs_per_job = 1
steps = 6
save_weights = "final"
"#;

/// Checkpoints too.
const DEEP: &str = r#"
name = "deep"
[data]
labelled = "generated_images"
samples = 30
held_out = 6
input_dim = 9
outputs = 3
[network]
activation = "tanh"
hidden_widths = [6, 5]
[learning]
batch = 9
step_size = 0.05
[run]
runs = 2
epochs = 3
record = { every = 4 }
"#;

/// Kinds of calls that the shim counts.
const KINDS: [&str; 6] = ["open", "write", "fsync", "rename", "unlink", "mkdir"];

/// No room, input and output, no right, quota.
const ERRORS: [&str; 4] = ["28", "5", "13", "122"];

/// How the program is cut off; the last one is of a write only.
const ENDS: [&str; 4] = ["kill", "after", "cut", "torn"];

/// A program whose calls are counted, in a separate folder.
struct Faulty {
    lab: Lab,
    shim: PathBuf,
}

impl Faulty {
    /// `None`, loudly, where there is no C compiler.
    fn new(experiment: &str) -> Option<Self> {
        let lab = Lab::new();
        lab.file("x.toml", experiment);
        let source = lab.file("shim.c", include_str!("shim.c"));
        let shim = lab.path("shim.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&shim, &source])
            .arg("-ldl")
            .output();
        if !compiled.is_ok_and(|output| output.status.success()) {
            say("SKIPPED: injected errors need a C compiler, `cc`");
            return None;
        }
        lab.run(&["x.toml", "--threads", "1", "--out", "expected"]);
        Some(Self { lab, shim })
    }

    /// Runs into `faulted`, with call number `at` of a kind going wrong; 0: none.
    fn run(&self, kind: &str, at: usize, how: &str) -> Output {
        let words = ["run", "x.toml", "--quiet", "--threads", "1"];
        self.lab
            .command(&[&words[..], &["--out", "faulted", "--resume"]].concat())
            .env("LD_PRELOAD", &self.shim)
            .env("FAULT_UNDER", "faulted")
            .env("FAULT_KIND", kind)
            .env("FAULT_AT", at.to_string())
            .env("FAULT_HOW", how)
            .env("FAULT_COUNTS", self.lab.path("counts"))
            .output()
            .unwrap()
    }

    /// How many calls of each kind a whole run makes.
    fn counts(&self) -> BTreeMap<String, usize> {
        assert!(self.run("open", 0, "5").status.success());
        let _ = fs::remove_dir_all(self.lab.path("faulted"));
        let text = self.lab.text("counts");
        let line = |line: &str| {
            let (kind, count) = line.split_once(' ').unwrap();
            (kind.to_owned(), count.parse().unwrap())
        };
        text.lines().map(line).collect()
    }

    /// One call goes wrong; then the run goes on, undisturbed.
    fn case(&self, kind: &str, at: usize, how: &str) {
        let told = format!("{kind} {at}: {how}");
        let folder = self.lab.path("faulted");
        let _ = fs::remove_dir_all(&folder);
        let output = self.run(kind, at, how);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!err.contains("panicked"), "{told}: {err}");
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => {
                // An error is told, but for folders that are there and what is removed later on.
                let is_told = how == "short" || err.contains("faulted");
                let is_mended = matches!(kind, "mkdir" | "unlink");
                assert!(is_told || is_mended, "{told} is not told");
                self.assert_results(&told, &err);
            }
            (Some(code), _) => {
                assert!(matches!(code, 1 | 2), "{told}: exit code {code}: {err}");
                assert!(err.starts_with("falign: "), "{told}: {err}");
                assert!(err.contains("faulted"), "{told} names no file: {err}");
                let is_clean = |name: &String| !name.contains(".part");
                let is_clean = !folder.exists() || files(&folder).keys().all(is_clean);
                assert!(is_clean || kind == "unlink", "{told}: it leaves a part");
            }
            (None, signal) => {
                assert_eq!(signal, Some(9), "{told}");
                assert!(ENDS.contains(&how), "{told}");
            }
        }
        let again = self.run(kind, 0, how);
        let err = String::from_utf8_lossy(&again.stderr);
        assert!(again.status.success(), "{told}, resumed: {err}");
        // What was not whole would be made again, and that is told.
        assert_eq!(err, "", "{told}, resumed");
        assert_same(&folder, &self.lab.path("expected"));
    }

    /// A run that says that it is done has every result, as it should be; if checkpoints are left,
    /// it says that too.
    fn assert_results(&self, told: &str, err: &str) {
        let folder = self.lab.path("faulted");
        let is_left = folder.join("checkpoints").exists();
        assert_eq!(
            is_left,
            err.contains("faulted/checkpoints"),
            "{told}: {err}"
        );
        let mut found = files(&folder);
        found.retain(|name, _| !name.starts_with("checkpoints"));
        let expected = files(&self.lab.path("expected"));
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "{told}");
        assert!(found == expected, "{told}: it says all is well");
    }
}

#[test]
fn whatever_call_fails_or_is_the_last_nothing_is_lost_or_taken_for_whole() {
    let mut chance = Chance::new("injected errors");
    for experiment in [SHALLOW, DEEP] {
        let Some(faulty) = Faulty::new(experiment) else {
            return;
        };
        let counts = faulty.counts();
        for kind in KINDS {
            let count = counts[kind];
            assert!(count > 0, "no {kind} is counted: the shim does not report");
            // Each call where all are asked for, else some.
            let some = cases(2, count).min(count);
            for turn in 0..some {
                let at = if some == count {
                    turn + 1
                } else {
                    1 + chance.below(count)
                };
                faulty.case(kind, at, ERRORS[chance.below(ERRORS.len())]);
                if kind == "write" {
                    faulty.case(kind, at, "short");
                }
                let end = ENDS[chance.below(ENDS.len() - usize::from(kind != "write"))];
                faulty.case(kind, at, end);
            }
        }
    }
}
