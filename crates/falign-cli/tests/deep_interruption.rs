//! A deep run that was stopped in its middle goes on from there, and ends in the same bytes.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;

use crate::interruption::{assert_nothing_damaged, go_on, send, wait_for_results, wait_until};
use crate::support::chance::{Chance, cases};
use crate::support::{Answer, Lab, assert_same, names};

/// Experiment with all that a step can depend on besides the weights, in runs of some seconds.
const EXPERIMENT: &str = r#"
name = "slow"
[data]
labelled = "generated_images"
samples = 400
held_out = 50
input_dim = 36
outputs = 4
[network]
activation = "tanh"
hidden_widths = [50, 40]
biases = true
initialisation = "uniform_fan_in"
[learning]
batch = 9
step_size = 0.02
step_size_schedule = "cosine"
dropout = 0.2
ridge = 0.01
[run]
runs = 2
runs_per_job = 2
epochs = 240
record = { every = 97 }
per_run_table = true
save_weights = "both"
[[case]]
name = "adam"
"learning.optimiser" = "adam"
"learning.rule" = "kolen_pollack"
[[case]]
name = "momentum"
"learning.optimiser" = "momentum"
"learning.rule" = "weight_mirror"
"network.center_outputs" = true
[[case]]
name = "rmsprop"
"learning.optimiser" = "rmsprop"
"learning.rule" = "batch_random_sign_symmetry"
"run.precision" = "f32"
[[case]]
name = "trial"
"learning.rule" = "node_perturbation"
"learning.dropout" = 0
"learning.schedule" = "cutoff"
"learning.cutoff" = 500
"#;

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("slow.toml", EXPERIMENT);
    lab.run(&["slow.toml", "--out", "expected"]);
    lab
}

/// The checkpoints of a run folder, each with its step.
fn checkpoints(folder: &Path) -> Vec<(PathBuf, u64)> {
    let folder = folder.join("checkpoints");
    let files = names(&folder, ".safetensors").into_iter();
    let step = |path: &Path| {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        // JSON within a JSON string.
        let (_, after) = text.split_once(r#"\"step\":"#).unwrap();
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap();
        after[..digits].parse().unwrap()
    };
    files
        .map(|file| folder.join(file))
        .map(|path| (path.clone(), step(&path)))
        .collect()
}

const WORDS: [&str; 7] = [
    "run",
    "slow.toml",
    "--quiet",
    "--threads",
    "2",
    "--out",
    "run",
];

#[test]
fn stopped_and_killed_at_any_moment_it_goes_on_to_the_same_bytes() {
    let lab = lab();
    let folder = lab.path("run");
    let mut chance = Chance::new("kills and stops of deep runs");
    for _ in 0..cases(1, 5) {
        let _ = fs::remove_dir_all(&folder);
        let (mut in_the_middle, mut ended) = (0, 0);
        for signal in ["INT", "KILL", "INT", "INT", "KILL", "TERM", "KILL", "INT"] {
            let child = lab.start(&[&WORDS[..], &["--resume"]].concat());
            wait_until("its folder", || {
                folder.join("checkpoints").exists() || folder.join("summary.csv").exists()
            });
            sleep(chance.moment(150));
            send(signal, &child);
            let output = child.wait_with_output().unwrap();
            assert_nothing_damaged(&output);
            let status = output.status;
            if signal == "KILL" {
                ended += usize::from(status.signal() == Some(9));
            } else if status.code() == Some(4) {
                ended += 1;
                in_the_middle += checkpoints(&folder)
                    .iter()
                    .filter(|(_, step)| *step > 0)
                    .count();
            }
        }
        assert!(ended > 3, "only {ended} runs were still there to stop");
        assert!(
            in_the_middle > 0,
            "no checkpoint was of a run in its middle"
        );
        // What a kill between the result and its checkpoints leaves, and one in the middle of a write.
        fs::create_dir_all(folder.join("checkpoints")).unwrap();
        let id = names(&lab.path("expected/results"), ".bin").remove(0);
        let id = id.trim_end_matches(".bin");
        lab.file(&format!("run/checkpoints/{id}-run0000.safetensors"), "old");
        lab.file("run/checkpoints/.a.safetensors.123-4.part", "half");
        lab.falign(&[&WORDS[..], &["--resume"]].concat()).succeeds();
        assert_same(&folder, &lab.path("expected"));
        assert!(!folder.join("checkpoints").exists());
    }
}

/// A run folder that was stopped in the middle of a run, with the steps of its checkpoints.
fn stopped_in_the_middle(lab: &Lab, more: &[&str]) -> (Answer, Vec<(PathBuf, u64)>) {
    let folder = lab.path("run");
    // On a busy machine the signal may come too early, or too late.
    for attempt in 0..10 {
        let _ = fs::remove_dir_all(&folder);
        let child = lab.start(&[&WORDS[..], more].concat());
        wait_for_results(&folder, attempt % 2);
        wait_until("a run", || folder.join("checkpoints").exists());
        sleep(std::time::Duration::from_millis(80));
        send("INT", &child);
        let stopped = Answer::of(child.wait_with_output().unwrap());
        let found = checkpoints(&folder);
        if stopped.code == Some(4) && found.iter().any(|(_, step)| *step > 0) {
            return (stopped, found);
        }
    }
    panic!("it was never stopped in the middle");
}

#[test]
fn the_printed_command_goes_on_from_the_checkpoints() {
    let lab = lab();
    let file = "expected/weights/setting0003-run0000-final.safetensors";
    fs::copy(lab.path(file), lab.path("it's a start.safetensors")).unwrap();
    let more = [
        "--case",
        "trial",
        "--data-dir",
        "no where",
        "--init-from",
        "it's a start.safetensors",
        "--set",
        "run.epochs=60",
    ];
    let words = [&WORDS[..5], &["--out", "undisturbed"], &more[..]].concat();
    lab.falign(&words).succeeds();
    let (stopped, _) = stopped_in_the_middle(&lab, &more);
    assert_eq!(stopped.out, "");
    assert!(!lab.path("run/summary.csv").exists());
    for part in ["--resume", "--init-from", "--data-dir 'no where'"] {
        assert!(stopped.err.contains(part), "{}", stopped.err);
    }
    let done = go_on(&lab, &stopped).wait_with_output().unwrap();
    Answer::of(done).succeeds();
    assert_same(&lab.path("run"), &lab.path("undisturbed"));
    assert!(!lab.path("run/checkpoints").exists());
}

#[test]
fn runs_of_one_job_go_on_from_a_checkpoint_each_whatever_the_threads() {
    let lab = Lab::new();
    lab.file("slow.toml", EXPERIMENT);
    let sets = ["run.runs=5", "run.runs_per_job=5", "run.epochs=60"];
    let sets = sets.map(|set| ["--set", set]).concat();
    let more = [&["--case", "adam"], &sets[..]].concat();
    let words = |threads, out| {
        let first = ["run", "slow.toml", "--quiet", "--threads", threads];
        [&first[..], &["--out", out], &more].concat()
    };
    lab.falign(&words("1", "undisturbed")).succeeds();
    // 60 epochs of 45 batches.
    let is_in_its_middle = |(_, step): &(PathBuf, u64)| (1..2700).contains(step);
    let is_shared = (0..10).any(|_| {
        let (_, found) = stopped_in_the_middle(&lab, &more);
        found.iter().filter(|one| is_in_its_middle(one)).count() == 2
    });
    assert!(is_shared, "no two runs of the job went on at once");
    let again = [&words("3", "run")[..], &["--resume"]].concat();
    lab.falign(&again).succeeds();
    assert_same(&lab.path("run"), &lab.path("undisturbed"));
}

#[test]
fn damaged_checkpoints_cost_time_and_nothing_else() {
    let lab = lab();
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        Vec::clear,
        |bytes| bytes[12] ^= 1,
    ];
    let (_, found) = stopped_in_the_middle(&lab, &[]);
    for (at, (path, _)) in found.iter().enumerate() {
        let mut bytes = fs::read(path).unwrap();
        damages[at % damages.len()](&mut bytes);
        fs::write(path, bytes).unwrap();
    }
    let answer = lab.falign(&[&WORDS[..], &["--resume"]].concat()).succeeds();
    for (path, _) in &found {
        let says = format!(
            "made again: {}",
            path.strip_prefix(lab.path("")).unwrap().display()
        );
        assert!(answer.err.contains(&says), "{}", answer.err);
    }
    assert_same(&lab.path("run"), &lab.path("expected"));
}

/// Copied by a backup that went wrong, say.
#[test]
fn a_checkpoint_of_another_run_is_named_and_not_used() {
    let lab = lab();
    let (_, found) = stopped_in_the_middle(&lab, &[]);
    let (path, _) = found.iter().find(|(_, step)| *step > 0).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let (id, _) = name.split_once("-run").unwrap();
    let swap = |run: &str| path.with_file_name(format!("{id}-run{run}.safetensors"));
    let (first, second) = (swap("0000"), swap("0001"));
    let from = if *path == first { &first } else { &second };
    let to = if *path == first { &second } else { &first };
    fs::copy(from, to).unwrap();
    let answer = lab.falign(&[&WORDS[..], &["--resume"]].concat()).succeeds();
    let name = to.file_name().unwrap().to_str().unwrap();
    let says = format!("made again: run/checkpoints/{name}: the checkpoint of another run");
    assert!(answer.err.contains(&says), "{}", answer.err);
    assert_same(&lab.path("run"), &lab.path("expected"));
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_named() {
    let lab = lab();
    let (_, found) = stopped_in_the_middle(&lab, &[]);
    let path = &found[0].0;
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let answer = lab.falign(&[&WORDS[..], &["--resume"]].concat());
    answer.fails(1, &[name, "Is a directory", "kept for --resume"]);
    fs::remove_dir(path).unwrap();
    lab.falign(&[&WORDS[..], &["--resume"]].concat()).succeeds();
    assert_same(&lab.path("run"), &lab.path("expected"));
}
