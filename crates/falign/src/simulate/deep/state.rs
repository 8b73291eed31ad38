//! The checkpoint of a run on its way: its state, and the rows that it has recorded.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Value, json};

use crate::file::{read_own, write_own};
use crate::math::simd::Element;
use crate::network::{Part, Running, TensorFile, Training};
use crate::rule::Rule;
use crate::simulate::arithmetic::{MIX, other_arithmetic};
use crate::simulate::{Checkpoint, EngineFamily};
use crate::{Error, Result};

/// Family of a network's hidden units.
fn family<T: Element>(training: &Training<T>) -> EngineFamily {
    let network = training.network();
    if network.is_wired() {
        EngineFamily::Layers
    } else {
        EngineFamily::of_mini_batch(network.layers()[0].activation)
    }
}

/// Identity of a checkpoint: all of it must be the same for a run to go on from it.
fn identity<T: Element>(
    checkpoint: Checkpoint<'_>,
    rule: &Rule,
    run: u64,
    training: &Training<T>,
) -> Value {
    let mut identity = json!({
        "kind": "checkpoint",
        "numerics_version": family(training).numerics_version(),
        "job": checkpoint.job,
        "run": run,
    });
    if let Some(custom) = rule.custom() {
        identity[RULE] = json!({ "name": custom.name(), "version": custom.version() });
    }
    identity
}

/// Key in the note of a checkpoint: a custom rule.
const RULE: &str = "rule";

/// Key in the note of a checkpoint: see [`EngineFamily::arithmetic`].
const ARITHMETIC: &str = "arithmetic";

/// Writes a checkpoint: the rows so far, the running mean loss at each, and the state. The folder is created again where another program has removed it, which file
/// systems without locks let happen.
pub(super) fn keep<T: Element>(
    checkpoint: Checkpoint<'_>,
    rule: &Rule,
    run: u64,
    training: &mut Training<T>,
    values: &[Vec<f64>],
    losses: &[f64],
) -> Result<()> {
    let mut note = identity(checkpoint, rule, run, training);
    note["step"] = training.network().steps_done().into();
    note[ARITHMETIC] = family(training).arithmetic().into();
    let mut file = TensorFile::new(note);
    training.network().save(Part::Everything, &mut file);
    let Running {
        loss,
        right,
        samples,
    } = *training.running_mut();
    file.put("running".to_owned(), &[3], &[loss, right, samples]);
    let rows = values.len();
    file.put("losses".to_owned(), &[rows], losses);
    let columns = values.first().map_or(0, Vec::len);
    file.put(
        "values".to_owned(),
        &[rows, columns],
        values.iter().flatten(),
    );
    let bytes = file.encode();
    for _ in 0..FOLDER_TRIES {
        match write_own(checkpoint.path, &bytes) {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                make_folder(checkpoint.path)?;
            }
            other => return other,
        }
    }
    write_own(checkpoint.path, &bytes)
}

/// Another program can remove a folder as often as it ends a run, which is rare.
const FOLDER_TRIES: usize = 3;

/// The folder of checkpoints, not those above it: a run folder that is gone stays so.
fn make_folder(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    match std::fs::create_dir(folder) {
        Err(source) if source.kind() != ErrorKind::AlreadyExists => Err(Error::io(path, source)),
        _ => Ok(()),
    }
}

/// Puts a run where its checkpoint left it. Without a checkpoint the run starts anew, and with one
/// that is damaged, of another run or of another version, which the notes of `checkpoint` then tell: nothing but
/// time is lost. Returns the rows so far, and the running mean loss at each. `steps` are those at which a row of so many `quantities` is recorded.
pub(super) fn resume<T: Element>(
    checkpoint: Checkpoint<'_>,
    rule: &Rule,
    run: u64,
    training: &mut Training<T>,
    quantities: usize,
    steps: &[u64],
) -> Result<(Vec<Vec<f64>>, Vec<f64>)> {
    let path = checkpoint.path;
    let file = match read_own(path) {
        Ok(bytes) => TensorFile::decode(&bytes),
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(Default::default());
        }
        Err(other) => return Err(other),
    };
    let expected = identity(checkpoint, rule, run, training);
    let file = file.and_then(|file| is_of(&file, &expected).map(|()| file));
    if let Ok(file) = &file {
        check_arithmetic(checkpoint, training, &file.note)?;
    }
    match file.and_then(|file| restore(&file, training, quantities, steps)) {
        Ok(recorded) => Ok(recorded),
        Err(reason) => {
            checkpoint.notes().redone.push((path.to_owned(), reason));
            Ok(Default::default())
        }
    }
}

/// Whether a checkpoint is that of this run, or why not.
fn is_of(file: &TensorFile, expected: &Value) -> Result<(), String> {
    let differs = |entry: &str| file.note[entry] != expected[entry];
    let reason = if differs("kind") {
        "no checkpoint"
    } else if differs("numerics_version") {
        "the checkpoint of another numerics version"
    } else if differs(RULE) {
        "the checkpoint of another version of its learning rule"
    } else if file.note["job"].is_null() {
        "a checkpoint that does not say of which run, as those of earlier versions"
    } else if differs("job") || differs("run") {
        "the checkpoint of another run"
    } else {
        return Ok(());
    };
    Err(reason.to_owned())
}

/// Goes on from a checkpoint of a machine that rounds in another way only where that is asked for.
fn check_arithmetic<T: Element>(
    checkpoint: Checkpoint<'_>,
    training: &Training<T>,
    note: &Value,
) -> Result<()> {
    let path = checkpoint.path;
    match other_arithmetic(family(training), &note[ARITHMETIC]) {
        None => Ok(()),
        Some(reason) if checkpoint.mix => {
            checkpoint.notes().mixed.push((path.to_owned(), reason));
            Ok(())
        }
        Some(reason) => Err(Error::record(path, format!("{reason}; {MIX}"))),
    }
}

/// The state and the rows of a checkpoint of this run, or what does not fit.
fn restore<T: Element>(
    file: &TensorFile,
    training: &mut Training<T>,
    quantities: usize,
    steps: &[u64],
) -> Result<(Vec<Vec<f64>>, Vec<f64>), String> {
    let misfit = || "does not fit the run".to_owned();
    let step = file.note["step"].as_u64().ok_or_else(misfit)?;
    let values = |name: &str| file.get(name).map(|(_, values)| values).ok_or_else(misfit);
    let (running, losses, values) = (values("running")?, values("losses")?, values("values")?);
    let [loss, right, samples] = running[..] else {
        return Err(misfit());
    };
    let rows = losses.len();
    // The measures of its last step may have been stopped.
    let [without, with] = [step, step + 1].map(|end| steps.partition_point(|at| *at < end));
    if !(without..=with).contains(&rows) || values.len() != rows * quantities {
        return Err(misfit());
    }
    training
        .network_mut()
        .restore(Part::Everything, step, file)
        .map_err(|misfit| misfit.to_string())?;
    *training.running_mut() = Running {
        loss,
        right,
        samples,
    };
    let values = values.chunks(quantities.max(1)).map(<[f64]>::to_vec);
    Ok((values.collect(), losses))
}
