//! Mutated experiment files.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use falign::internal::config::builtin::BUILTIN;
use falign::internal::config::keys;
use falign::internal::config::keys::{KEYS, SECTIONS};
use falign::internal::config::setting::{Length, Setting, Steps};
use falign::internal::config::{Experiment, LabelledSetting, Overrides};
use falign::internal::plan::{Plan, in_memory};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::math::Stream;

use super::{NUMBERS, damaged, is_a_sentence, place};
use crate::support::deep::IMAGES;
use crate::support::seeds::{draws, for_cases, pick};

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
ridge = 0.1
schedule = "exponential"
decay_steps = 3
[run]
engine = "mini_batch"
runs = 1
epochs = 2
"#,
];

/// Values of other kinds than the one that stands there.
const VALUES: [&str; 25] = [
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
    "[\"lazy_loss\", \"slow_time_alignment\", \"contraction\"]",
    "[\"feature_kernel_drift\", \"kernel_similarity\", \"tau\"]",
    "[\"train_set_loss\", \"update_angle\", \"dead_fraction_layer_1\"]",
    "\"alignment_layer_65536\"",
    "[1e15]",
    "{ every = 1, count = 2 }",
];

/// Values that many keys take.
const PLAIN: [&str; 12] = [
    "1",
    "2",
    "3",
    "7",
    "20",
    "0.5",
    "0.01",
    "0.9",
    "true",
    "[3, 2]",
    "\"all\"",
    "{ every = 4 }",
];

/// A text that differs from one of these in a few places.
fn mutated(draws: &mut Stream, texts: &[&str]) -> String {
    let mut text = pick(draws, texts).to_owned();
    for _ in 0..pick(draws, &[1, 1, 1, 2, 2, 3]) {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = draws.below(lines.len().max(1));
        match draws.below(20) {
            0 if !lines.is_empty() => drop(lines.remove(at)),
            1 if !lines.is_empty() => lines.insert(place(draws, lines.len()), lines[at].clone()),
            2 => {
                // A line of another experiment.
                let other = pick(draws, texts).lines().collect::<Vec<_>>();
                lines.insert(place(draws, lines.len()), pick(draws, &other).to_owned());
            }
            3 => {
                let bytes = damaged(draws, text.as_bytes());
                text = String::from_utf8_lossy(&bytes).into_owned();
                continue;
            }
            4..12 => set_value(draws, &mut lines, at),
            _ => set_key(draws, &mut lines),
        }
        text = lines.join("\n");
    }
    text
}

/// A value for this key: one of its own words more often than anything.
fn value(draws: &mut Stream, leaf: &str) -> String {
    let words = keys::leaf(leaf).map_or_else(Vec::new, keys::Key::words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match draws.below(20) {
        0 | 1 => pick(draws, &NUMBERS).to_owned(),
        2 | 3 => pick(draws, &VALUES).to_owned(),
        4 => format!("\"{}\"", pick(draws, &KEYS).leaf),
        5 => pick(draws, &KEYS).default.to_owned(),
        6..12 => pick(draws, &PLAIN).to_owned(),
        _ if words.is_empty() => pick(draws, &PLAIN).to_owned(),
        _ => format!("\"{}\"", pick(draws, &words)),
    }
}

/// Gives the key on this line, or on the next one that has one, another value.
fn set_value(draws: &mut Stream, lines: &mut [String], at: usize) {
    let mut rest = lines.iter_mut().skip(at);
    let Some(line) = rest.find(|line| line.contains(" = ")) else {
        return;
    };
    let key = line.split(" = ").next().unwrap_or_default();
    let leaf = key.rsplit('.').next().unwrap_or_default().trim_matches('"');
    *line = format!("{key} = {}", value(draws, leaf));
}

/// Sets a key in its section, or, now and then, in another.
fn set_key(draws: &mut Stream, lines: &mut Vec<String>) {
    let key = pick(draws, &KEYS);
    let section = match draws.below(16) {
        0 => pick(draws, &SECTIONS).0,
        _ => key.section,
    };
    let start = format!("{} = ", key.leaf);
    let line = format!("{start}{}", value(draws, key.leaf));
    if let Some(there) = lines.iter_mut().find(|line| line.starts_with(&start)) {
        *there = line;
        return;
    }
    let head = format!("[{section}]");
    let at = lines.iter().position(|line| *line == head);
    let at = at.unwrap_or_else(|| {
        lines.push(head);
        lines.len() - 1
    });
    lines.insert(at + 1, line);
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
    // What is written out names its engine, which the data may have chosen in what was typed.
    let named = |one: &LabelledSetting| LabelledSetting {
        engine_by_data: false,
        ..one.clone()
    };
    let named: Vec<LabelledSetting> = experiment.settings.iter().map(named).collect();
    assert_eq!(again.settings, named, "{written}");
    assert_eq!(again.claims, experiment.claims, "{written}");
    assert_eq!(again.figure, experiment.figure, "{written}");
    assert_eq!(Plan::new(&again).unwrap(), plan, "{written}");
    Some((experiment, plan))
}

/// Whether a setting is run in a moment, and reads no file.
fn is_small(setting: &Setting) -> bool {
    let classes = &setting.classes;
    let has_files = setting.train_data.is_some()
        || setting.held_out_data.is_some()
        || setting.initial_weights.is_some()
        || classes.labelled_data.is_some()
        || classes.data_dir.is_some()
        || classes
            .labelled
            .as_deref()
            .is_some_and(|name| !["generated_images", "mnist1d"].contains(&name));
    let is_short = match setting {
        Setting::TwoLayer(setting) => matches!(setting.steps, Steps::Number(steps) if steps <= 60),
        Setting::Network(setting) => match setting.length {
            Length::Steps(steps) => steps <= 60,
            Length::Epochs(epochs) => epochs <= 4,
        },
    };
    let widths = setting.hidden_widths();
    !has_files
        && setting.samples.max(setting.held_out) <= 60
        && setting.input_dim <= 60
        && setting.outputs <= 6
        && setting.runs <= 3
        && is_short
        && setting.teacher_width.unwrap_or(1) <= 200
        && widths.len() <= 5
        && widths.iter().all(|width| *width <= 100)
}

/// Runs it on a separate thread, told to stop after a while; a thread that does not stop is a failure.
fn run(experiment: Experiment, text: &str) {
    const STOPS_WITHIN: Duration = Duration::from_mins(1);
    let watch = Arc::new(Watch::default());
    let (sender, receiver) = mpsc::channel();
    let running = Arc::clone(&watch);
    let thread = std::thread::spawn(move || {
        let found = in_memory::run(&experiment, &Sources::default(), &running);
        let _ = sender.send(found.map(|runs| (experiment, runs)));
    });
    let mut answer = receiver.recv_timeout(Duration::from_secs(5));
    if matches!(answer, Err(mpsc::RecvTimeoutError::Timeout)) {
        watch.stop.store(true, Ordering::Relaxed);
        answer = receiver.recv_timeout(STOPS_WITHIN);
    }
    match answer {
        Ok(Ok((experiment, runs))) => {
            let counts = experiment.settings.iter().map(|one| one.setting.runs);
            assert!(
                counts.eq(runs.iter().map(|runs| runs.len() as u64)),
                "{text}"
            );
            for result in runs.iter().flatten().flatten() {
                assert_eq!(result.rows.steps.len(), result.rows.values.len(), "{text}");
                assert!(result.rows.steps.is_sorted(), "{text}");
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
    for_cases("mutated experiments", 4000, |seed| {
        let mut draws = draws(seed);
        // Most of those that are small enough to be run.
        let texts: &[&str] = if draws.below(4) == 0 { &texts } else { &SMALL };
        let text = mutated(&mut draws, texts);
        if let Some((experiment, _)) = read(&text)
            && experiment.settings.len() <= 6
            && experiment.settings.iter().all(|one| is_small(&one.setting))
        {
            run(experiment, &text);
        }
    });
}
