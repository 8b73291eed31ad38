//! Mutated experiment files.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use falign::experiment::builtin::BUILTIN;
use falign::experiment::execute::Watch;
use falign::experiment::keys::{KEYS, SECTIONS};
use falign::experiment::setting::{Setting, Steps};
use falign::experiment::sources::Sources;
use falign::experiment::{Experiment, Overrides, Plan, memory};
use falign::math::Stream;

use super::{NUMBERS, damaged, is_a_sentence, place};
use crate::support::deep::IMAGES;
use crate::support::seeds::{draws, for_seconds, pick};

/// Experiments of a moment, of both kinds of engine, whose mutants are run.
const SMALL: [&str; 4] = [
    IMAGES,
    r#"
name = "two_layer"
[data]
samples = 6
input_dim = 5
held_out = 3
[network]
width = 12
activation = "tanh"
[learning]
step_size = 0.1
ridge = 0.2
schedule = "cutoff"
cutoff = 9
[run]
seed = 3
runs = 2
steps = 20
record = { every = 3 }
quantities = ["loss", "alignment", "output_norm", "held_out_loss"]
[sweep]
"learning.rule" = ["feedback_alignment", "backpropagation"]
[[claim]]
id = "aligned"
text = "alignment is positive"
source = "nobody"
quantity = "alignment"
where = { step = "last" }
kind = "between"
min = 0.0
"#,
    r#"
name = "units"
[data]
samples = 5
input_dim = 9
[network]
width = 20
[learning]
ridge = { gamma = 1 }
schedule = "cutoff"
cutoff = { c_s = 2 }
[run]
runs = 3
steps = 15
[figure]
[[figure.panel]]
x = "step"
y = "loss"
series = "width"
[sweep]
"network.width" = [10, 20]
"#,
    r#"
name = "deep"
[data]
samples = 9
input_dim = 4
outputs = 2
[network]
hidden_widths = [5, 3]
activation = "relu"
initialisation = "he"
feedback_sparsity = 0.3
[learning]
rule = "kolen_pollack"
batch = 4
optimiser = "adam"
step_size = 0.01
[run]
engine = "mini_batch"
runs = 1
epochs = 2
"#,
];

/// Values of other kinds than the one that stands there.
const VALUES: [&str; 22] = [
    "[]",
    "{}",
    "[[]]",
    "[1, \"a\"]",
    "{ every = 0 }",
    "{ count = 1 }",
    "{ gamma = -1 }",
    "{ tau = nan }",
    "{ c_s = 1e300 }",
    "\"auto\"",
    "\"none\"",
    "\"\\u0000\"",
    "\"\\u001b[2J\"",
    "\"../..\"",
    "'''\n\n'''",
    "1979-05-27",
    "false",
    "[0.5, 0.5]",
    "[\"loss\", \"loss\"]",
    "\"alignment_layer_65536\"",
    "[1e15]",
    "{ every = 1, count = 2 }",
];

/// A text that differs from one of these in up to four places.
fn mutated(draws: &mut Stream, texts: &[&str]) -> String {
    let mut text = pick(draws, texts).to_owned();
    for _ in 0..=draws.below(4) {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = draws.below(lines.len().max(1));
        match draws.below(8) {
            0 if !lines.is_empty() => drop(lines.remove(at)),
            1 if !lines.is_empty() => lines.insert(place(draws, lines.len()), lines[at].clone()),
            2 | 3 => set_value(draws, &mut lines, at),
            4 => {
                let key = pick(draws, KEYS);
                let line = format!("{}.{} = {}", key.section, key.leaf, value(draws));
                // Dotted, it may stand before any section.
                lines.insert(0, line);
            }
            5 => {
                let (section, _) = pick(draws, &SECTIONS);
                let key = pick(draws, KEYS);
                lines.push(format!("[{section}]\n{} = {}", key.leaf, value(draws)));
            }
            6 => {
                // A value of another experiment.
                let other = pick(draws, texts).lines().collect::<Vec<_>>();
                lines.insert(place(draws, lines.len()), pick(draws, &other).to_owned());
            }
            _ => {
                let bytes = damaged(draws, text.as_bytes());
                text = String::from_utf8_lossy(&bytes).into_owned();
                continue;
            }
        }
        text = lines.join("\n");
    }
    text
}

fn value(draws: &mut Stream) -> String {
    match draws.below(4) {
        0 => pick(draws, &NUMBERS).to_owned(),
        1 => pick(draws, &VALUES).to_owned(),
        2 => format!("\"{}\"", pick(draws, KEYS).leaf),
        _ => pick(draws, KEYS).default.to_owned(),
    }
}

/// Gives the key on this line, or on the next one that has one, another value.
fn set_value(draws: &mut Stream, lines: &mut [String], at: usize) {
    let Some(line) = lines.iter_mut().skip(at).find(|line| line.contains(" = ")) else {
        return;
    };
    let key = line.split(" = ").next().unwrap_or_default();
    *line = format!("{key} = {}", value(draws));
}

/// Reads a text: an experiment that is the same when it is written out and read again, or a sentence.
fn read(text: &str) -> Option<(Experiment, Plan)> {
    let experiment = match Experiment::parse(text, &Overrides::none()) {
        Ok(experiment) => experiment,
        Err(error) => {
            is_a_sentence(&error);
            return None;
        }
    };
    let plan = match Plan::new(&experiment) {
        Ok(plan) => plan,
        Err(error) => {
            is_a_sentence(&error);
            return None;
        }
    };
    let written = experiment.resolved_toml();
    let again = Experiment::parse(&written, &Overrides::none())
        .unwrap_or_else(|error| panic!("what it writes out is refused: {error}\n{written}"));
    assert_eq!(again.settings, experiment.settings, "{written}");
    assert_eq!(again.claims, experiment.claims, "{written}");
    assert_eq!(again.figure, experiment.figure, "{written}");
    assert_eq!(Plan::new(&again).unwrap(), plan, "{written}");
    Some((experiment, plan))
}

/// Whether a setting is run in a moment, and reads no file.
fn is_small(setting: &Setting) -> bool {
    let deep = &setting.deep;
    let has_files = setting.train_data.is_some()
        || setting.held_out_data.is_some()
        || setting.initial_weights.is_some()
        || deep.labelled_data.is_some()
        || deep.data_dir.is_some()
        || deep
            .labelled
            .as_deref()
            .is_some_and(|name| name != "generated_images");
    let is_short = matches!(setting.steps, Steps::Number(steps) if steps <= 60);
    let widths = deep.widths(setting.width);
    !has_files
        && setting.samples.max(setting.held_out) <= 60
        && setting.input_dim <= 60
        && setting.outputs <= 6
        && setting.runs <= 3
        && (is_short || deep.epochs.is_some())
        && deep.epochs.unwrap_or(1) <= 4
        && setting.width <= 200
        && setting.teacher_width.unwrap_or(1) <= 200
        && widths.len() <= 5
        && widths.iter().all(|width| *width <= 60)
}

/// Runs it on a thread of its own, told to stop after a while; a thread that does not hear is a failure.
fn run(experiment: Experiment, text: &str) {
    const HEARS_WITHIN: Duration = Duration::from_mins(1);
    let watch = Arc::new(Watch::default());
    let (sender, receiver) = mpsc::channel();
    let running = Arc::clone(&watch);
    let thread = std::thread::spawn(move || {
        let found = memory::run(&experiment, &Sources::default(), None, &running);
        let _ = sender.send(found.map(|runs| (experiment, runs)));
    });
    let mut answer = receiver.recv_timeout(Duration::from_secs(5));
    if matches!(answer, Err(mpsc::RecvTimeoutError::Timeout)) {
        watch.stop.store(true, Ordering::Relaxed);
        answer = receiver.recv_timeout(HEARS_WITHIN);
    }
    match answer {
        Ok(Ok((experiment, runs))) => {
            let counts = experiment.settings.iter().map(|one| one.setting.runs);
            assert!(
                counts.eq(runs.iter().map(|runs| runs.len() as u64)),
                "{text}"
            );
            for result in runs.iter().flatten().flatten() {
                assert_eq!(result.steps.len(), result.values.len(), "{text}");
                assert!(result.steps.is_sorted(), "{text}");
            }
        }
        Ok(Err(error)) => drop(is_a_sentence(&error)),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("deaf to a stop for a minute:\n{text}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let _ = thread.join();
            panic!("a run panicked:\n{text}");
        }
    }
}

#[test]
fn mutated_experiments_are_run_or_refused_in_a_sentence() {
    let texts: Vec<&str> = SMALL
        .into_iter()
        .chain(BUILTIN.map(|builtin| builtin.text))
        .collect();
    for text in &texts {
        Experiment::parse(text, &Overrides::none())
            .unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    for_seconds("mutated experiments", 6, |seed| {
        let mut draws = draws(seed);
        // Half of them of those that are small enough to be run.
        let half = draws.below(2);
        let text = mutated(&mut draws, if half == 0 { &SMALL } else { &texts });
        if let Some((experiment, _)) = read(&text)
            && experiment.settings.len() <= 6
            && experiment.settings.iter().all(|one| is_small(&one.setting))
        {
            run(experiment, &text);
        }
    });
}
