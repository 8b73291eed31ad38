//! A deep run that is stopped anywhere and goes on from its checkpoint is the run that was never
//! stopped, bit for bit; a checkpoint that cannot be trusted costs time and nothing else.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use falign::Error;
use falign::internal::config::setting::Setting;
use falign::internal::network::TensorFile;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::{Checkpoint, Context, Notes, Outcome, simulate};
use falign::rule::Rule;
use serde_json::json;

use crate::support::deep::{IMAGES, at, bits, run, run_until, setting};
use crate::support::experiment::Scratch;

/// Steps of [`IMAGES`].
const STEPS: u64 = 21;

/// Options that give a step more to depend on than the weights.
const STATES: [&[&str]; 22] = [
    &["learning.optimiser=momentum"],
    &["learning.optimiser=rmsprop"],
    &["learning.optimiser=adam"],
    &["learning.optimiser=adam", "learning.rule=kolen_pollack"],
    &["learning.optimiser=momentum", "network.biases=false"],
    &["learning.dropout=0.3"],
    &[
        "learning.dropout=0.3",
        "learning.rule=weight_mirror",
        "learning.optimiser=momentum",
    ],
    &[
        "learning.rule=weight_mirror",
        "learning.feedback_decay=0.01",
    ],
    &[
        "learning.rule=weight_mirror",
        "learning.mirror_response={ activation = 0.5 }",
        "learning.feedback_step_size=0.3",
        "learning.feedback_decay=0.01",
    ],
    &[
        "learning.rule=hebbian_feedback",
        "learning.feedback_step_size=0.01",
    ],
    &["network.center_outputs=true"],
    &["data.random_shift=2", "data.random_flip=true"],
    &["data.random_crop=[3, 2]", "network.center_outputs=true"],
    &[
        "network.center_outputs=true",
        "learning.optimiser=adam",
        "network.output_scale=1.0",
    ],
    &[
        "learning.step_size_schedule=inverse",
        "learning.step_size_decay=0.5",
    ],
    &[
        "learning.step_size_schedule=exponential",
        "learning.step_size_decay=0.5",
    ],
    &["learning.step_size_schedule=cosine"],
    &["learning.schedule=cutoff", "learning.cutoff=9"],
    &[
        "learning.schedule=exponential",
        "learning.decay_steps=5",
        "learning.ridge_layers=all",
        "learning.ridge_form=per_step",
    ],
    &[
        "learning.schedule=table",
        "learning.ridge_table=[0.5, 0.25, 0.1]",
    ],
    &["learning.batch=\"all\"", "run.epochs=21"],
    &[
        "data.samples=60",
        "data.validation=10",
        "run.quantities=[\"validation_loss\", \"test_top_k_accuracy\", \"loss\"]",
        "run.top_k=2",
    ],
];

fn variants() -> Vec<Vec<String>> {
    let rules = Rule::ALL.iter().filter(|rule| rule.kind().is_some());
    let rules = rules.map(|rule| vec![format!("learning.rule={}", rule.name())]);
    let states = STATES.map(|sets| sets.iter().map(|&set| set.to_owned()).collect());
    rules.into_iter().chain(states).collect()
}

fn with(sets: &[String], more: &[&str]) -> Setting {
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    setting(IMAGES, &[&sets[..], more].concat())
}

#[test]
fn stopped_again_and_again_it_is_the_run_that_was_never_stopped() {
    let scratch = Scratch::new("again-and-again");
    let path = scratch.0.join("a.safetensors");
    for (variant, sets) in variants().iter().enumerate() {
        for precision in ["run.precision=f32", "run.precision=f64"] {
            let setting = with(sets, &[precision]);
            let expected = bits(&run(&setting, 0));
            for end in (variant as u64 % 4..STEPS).step_by(4) {
                let stopped = run_until(&setting, &path, end);
                assert!(stopped.is_none(), "{sets:?}: stopped at {end}");
            }
            let found = run_until(&setting, &path, STEPS).unwrap();
            assert!(bits(&found) == expected, "{sets:?}, {precision}");
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn stopped_anywhere_it_is_the_run_that_was_never_stopped() {
    let scratch = Scratch::new("anywhere");
    let path = scratch.0.join("a.safetensors");
    let setting = setting(IMAGES, &["learning.optimiser=adam", "learning.dropout=0.2"]);
    let expected = bits(&run(&setting, 0));
    // In an epoch, at its end, after it; at recorded steps and at others.
    let each: Vec<u64> = (0..STEPS).collect();
    for ends in [&[3][..], &[7], &[8], &[2, 11, 20], &[5, 5, 5], &each] {
        for end in ends {
            assert!(run_until(&setting, &path, *end).is_none());
        }
        let found = run_until(&setting, &path, STEPS).unwrap();
        assert!(bits(&found) == expected, "{ends:?}");
        fs::remove_file(&path).unwrap();
    }
}

/// A run from its checkpoint, and the steps it took.
fn go_on(setting: &Setting, path: &Path) -> (Vec<u64>, Vec<u64>) {
    let (bits, steps, _) = go_on_with(setting, path);
    (bits, steps)
}

/// A run from its checkpoint, its steps, and the notes on the checkpoint.
fn go_on_with(setting: &Setting, path: &Path) -> (Vec<u64>, Vec<u64>, Notes) {
    let sources = Sources::default();
    let notes = Mutex::default();
    let context = Context {
        checkpoint: Some(at(path, &notes)),
        ..Context::new(&sources)
    };
    let mut steps = Vec::new();
    let noted = &mut |step| {
        steps.push(step);
        true
    };
    let result = simulate(setting, 0, context, noted).unwrap().unwrap();
    (bits(&result), steps, notes.into_inner().unwrap())
}

#[test]
fn nothing_is_done_twice() {
    let scratch = Scratch::new("not-twice");
    let path = scratch.0.join("a.safetensors");
    let setting = setting(IMAGES, &[]);
    assert!(run_until(&setting, &path, 13).is_none());
    let steps: Vec<u64> = (13..STEPS).collect();
    assert_eq!(go_on(&setting, &path).1, steps);
    // Finished, and asked for again because another run of its job was stopped.
    assert!(go_on(&setting, &path).1.is_empty());
}

/// A job is done again from the checkpoints of all its runs, those that ended included.
#[test]
fn a_run_that_ended_ends_in_the_same_way_from_its_checkpoint() {
    let scratch = Scratch::new("ended");
    let path = scratch.0.join("a.safetensors");
    // Of the residual, and at once; or of the weights, some steps later.
    let far = ["learning.step_size=1e300", "learning.step_size=1e8"];
    let squares = ["learning.loss=squared_error", "network.activation=relu"];
    let flat = [
        "network.initialisation=scaled_uniform",
        "network.init_scale=1e-6",
        "learning.step_size=1e-9",
    ];
    for (sets, name) in [
        (&[&squares[..], &far[..1]].concat()[..], "diverged"),
        (&[&squares[..], &far[1..]].concat()[..], "diverged"),
        (&flat, "stalled"),
        (&[], "finished"),
    ] {
        for record in ["run.record={ every = 1 }", "run.record={ every = 4 }"] {
            let setting = setting(IMAGES, &[sets, &[record]].concat());
            let expected = run(&setting, 0);
            assert_eq!(expected.rows.outcome.name(), name, "{sets:?}");
            for attempt in 0..3 {
                let found = run_until(&setting, &path, STEPS).unwrap();
                let same = bits(&found) == bits(&expected);
                assert!(
                    same,
                    "{sets:?} {record} {attempt}: {:?}",
                    found.rows.outcome
                );
            }
            let _ = fs::remove_file(&path);
        }
    }
}

#[test]
fn a_damaged_checkpoint_costs_time_and_nothing_else() {
    let scratch = Scratch::new("damaged");
    let path = scratch.0.join("a.safetensors");
    let setting = setting(IMAGES, &["learning.optimiser=momentum"]);
    let expected = bits(&run(&setting, 0));
    assert!(run_until(&setting, &path, 10).is_none());
    let whole = fs::read(&path).unwrap();
    let first_step = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let (found, steps) = go_on(&setting, &path);
        assert!(found == expected);
        steps[0]
    };
    assert_eq!(first_step(&whole), 10);
    for length in (0..whole.len()).step_by(whole.len() / 20) {
        assert_eq!(first_step(&whole[..length]), 0, "{length} bytes");
    }
    assert_eq!(first_step(b"hello"), 0);
    assert_eq!(first_step(&[&whole[..], b"!"].concat()), 0, "longer");
    for at in (0..whole.len()).step_by(whole.len() / 100) {
        let mut altered = whole.clone();
        altered[at] ^= if at % 2 == 0 { 1 } else { 0x20 };
        assert_eq!(first_step(&altered), 0, "byte {at}");
    }
}

/// Whole files with a right checksum, of something else.
#[test]
fn a_checkpoint_of_something_else_is_no_checkpoint() {
    let scratch = Scratch::new("else");
    let path = scratch.0.join("a.safetensors");
    let ours = setting(IMAGES, &[]);
    let expected = bits(&run(&ours, 0));
    let starts_anew = |what: &str| {
        let (found, steps, notes) = go_on_with(&ours, &path);
        assert_eq!(steps[0], 0, "{what}");
        assert!(found == expected, "{what}");
        let (named, reason) = &notes.redone[0];
        assert_eq!((named, notes.redone.len()), (&path, 1), "{what}");
        reason.clone()
    };
    for sets in [
        &["run.quantities=[\"loss\", \"alignment\"]"][..],
        &["network.hidden_widths=[7, 5]"],
        &["network.hidden_widths=[7]"],
        &["network.biases=false"],
        &["learning.rule=backpropagation"],
        &["learning.rule=direct_feedback_alignment"],
    ] {
        let _ = fs::remove_file(&path);
        assert!(run_until(&setting(IMAGES, sets), &path, 10).is_none());
        starts_anew(&format!("{sets:?}"));
    }
    let with_velocities = setting(IMAGES, &["learning.optimiser=momentum"]);
    fs::remove_file(&path).unwrap();
    assert!(run_until(&ours, &path, 10).is_none());
    assert_eq!(go_on(&with_velocities, &path).1[0], 0);

    let v = ours.family().numerics_version();
    for (entry, value, reason) in [
        ("kind", json!("weights"), "no checkpoint"),
        ("numerics_version", json!(v + 1), "another numerics version"),
        ("job", json!("another job"), "another run"),
        ("run", json!(1), "another run"),
        ("job", json!(null), "earlier versions"),
        ("step", json!(null), "does not fit"),
        ("step", json!(-1), "does not fit"),
        ("", json!(null), "no checkpoint"),
    ] {
        fs::remove_file(&path).unwrap();
        assert!(run_until(&ours, &path, 10).is_none());
        let mut file = TensorFile::load(&path).unwrap();
        if entry.is_empty() {
            file.note = value.clone();
        } else {
            file.note[entry] = value.clone();
        }
        fs::write(&path, file.encode()).unwrap();
        let found = starts_anew(&format!("{entry} = {value}"));
        assert!(found.contains(reason), "{entry} = {value}: {found}");
    }
    // Neither its own three numbers, nor a row for each recorded step so far.
    for name in ["running", "losses", "values"] {
        fs::remove_file(&path).unwrap();
        assert!(run_until(&ours, &path, 10).is_none());
        let mut file = TensorFile::load(&path).unwrap();
        file.put(name.to_owned(), &[1], &[1.0]);
        fs::write(&path, file.encode()).unwrap();
        starts_anew(name);
    }
}

#[test]
fn a_checkpoint_that_cannot_be_read_or_written_is_an_error_with_its_path() {
    let scratch = Scratch::new("unreadable");
    let setting = setting(IMAGES, &[]);
    let sources = Sources::default();
    let fails = |path: &Path, end: u64| {
        let notes = Mutex::default();
        let context = Context {
            checkpoint: Some(at(path, &notes)),
            ..Context::new(&sources)
        };
        let error = simulate(&setting, 0, context, &mut |step| step < end).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
    };
    fails(&scratch.0, STEPS);
    // The folder of checkpoints is made again where another program has removed it, no other.
    let folder = scratch.0.join("no folder");
    fails(&folder.join("checkpoints").join("a.safetensors"), 5);
    assert!(!folder.exists());
    fs::create_dir(&folder).unwrap();
    let path = folder.join("checkpoints").join("a.safetensors");
    assert!(run_until(&setting, &path, 5).is_none());
    assert_eq!(go_on(&setting, &path).1[0], 5);
}

/// Two machines round products in different ways: a run of one does not go on as one of the other,
/// unless that is asked for.
#[test]
fn a_checkpoint_of_a_machine_that_rounds_otherwise_is_refused_or_named() {
    let scratch = Scratch::new("rounds");
    let path = scratch.0.join("a.safetensors");
    let setting = setting(IMAGES, &[]);
    assert!(run_until(&setting, &path, 10).is_none());
    let mut file = TensorFile::load(&path).unwrap();
    assert_eq!(
        file.note["arithmetic"],
        falign::internal::math::arithmetic()
    );
    file.note["arithmetic"] = json!("abacus 01234567");
    fs::write(&path, file.encode()).unwrap();
    let sources = Sources::default();
    let go_on = |mix| {
        let notes = Mutex::default();
        let context = Context {
            checkpoint: Some(Checkpoint {
                mix,
                ..at(&path, &notes)
            }),
            ..Context::new(&sources)
        };
        let mut first = None;
        let ended = simulate(&setting, 0, context, &mut |step| {
            first.get_or_insert(step);
            true
        });
        ended.map(|_| (first, notes.into_inner().unwrap()))
    };
    let error = go_on(false).unwrap_err();
    assert!(matches!(error, Error::Record { .. }), "{error:?}");
    let text = error.to_string();
    for part in ["a.safetensors", "abacus 01234567", "--mix"] {
        assert!(text.contains(part), "{text}");
    }
    let (first, notes) = go_on(true).unwrap();
    assert_eq!(first, Some(10));
    assert!(notes.mixed[0].1.contains("abacus"), "{notes:?}");
    assert!(notes.redone.is_empty());
}

#[test]
fn the_outcome_says_at_which_step() {
    let far = [
        "learning.step_size=1e300",
        "learning.loss=squared_error",
        "network.activation=relu",
    ];
    let diverged = run(&setting(IMAGES, &far), 0);
    let Outcome::Diverged { step } = diverged.rows.outcome else {
        panic!("{:?}", diverged.rows.outcome)
    };
    assert!((1..4).contains(&step), "{step}");
    // Rows at 0, 4, 8, ...: the first is there, the others are not.
    assert!(diverged.rows.values[0][0].to_bits() == 0);
    assert!(
        diverged.rows.values[1..]
            .iter()
            .flatten()
            .all(|x| x.is_nan())
    );
    assert_eq!(diverged.rows.values.len(), diverged.rows.steps.len());
}
