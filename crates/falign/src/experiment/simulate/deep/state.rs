//! What has been recorded of a run, and its checkpoint.

use std::path::Path;

use serde_json::json;

use crate::math::simd::Element;
use crate::mlp::{Part, Running, TensorFile, Training};
use crate::observe::EngineFamily;
use crate::{Error, Result};

/// What has been recorded of a run so far.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Per row the values of the setting's quantities.
    pub(super) values: Vec<Vec<f64>>,
    /// The running mean loss at each row.
    pub(super) losses: Vec<f64>,
}

/// That of a network's hidden units.
fn numerics_version<T: Element>(training: &Training<T>) -> u32 {
    let activation = training.network().layers()[0].activation;
    EngineFamily::of_mini_batch(activation).numerics_version()
}

/// Writes a checkpoint.
pub(super) fn keep<T: Element>(
    path: &Path,
    training: &mut Training<T>,
    recorded: &Recorded,
) -> Result<()> {
    let step = training.network().steps_done();
    let mut file = TensorFile::new(json!({
        "kind": "checkpoint",
        "numerics_version": numerics_version(training),
        "step": step,
    }));
    training.network().save(Part::Everything, &mut file);
    let Running {
        loss,
        right,
        samples,
    } = *training.running_mut();
    file.put("running".to_owned(), &[3], &[loss, right, samples]);
    let rows = recorded.values.len();
    file.put("losses".to_owned(), &[rows], &recorded.losses);
    let columns = recorded.values.first().map_or(0, Vec::len);
    let values = recorded.values.iter().flatten();
    file.put("values".to_owned(), &[rows, columns], values);
    crate::file::write_atomic(path, &file.encode())
}

/// Puts a run where its checkpoint left it. Without a checkpoint, and with one that is damaged
/// or of another version, the run starts anew: nothing but time is lost. `steps` are those at
/// which a row of so many `quantities` is recorded.
pub(super) fn resume<T: Element>(
    path: &Path,
    training: &mut Training<T>,
    quantities: usize,
    steps: &[u64],
) -> Result<Recorded> {
    let file = match TensorFile::load(path) {
        Ok(file) => file,
        Err(Error::Io { source, .. }) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io(path, source));
        }
        Err(_) => return Ok(Recorded::default()),
    };
    let step = file.note["step"].as_u64();
    let version = numerics_version(training);
    let is_ours = file.note["kind"] == "checkpoint" && file.note["numerics_version"] == version;
    let (Some(step), true) = (step, is_ours) else {
        return Ok(Recorded::default());
    };
    let [Some((_, running)), Some((_, losses)), Some((_, values))] =
        ["running", "losses", "values"].map(|name| file.get(name))
    else {
        return Ok(Recorded::default());
    };
    let rows = steps.partition_point(|at| *at <= step);
    let fits = losses.len() == rows && values.len() == rows * quantities;
    let [loss, right, samples] = running[..] else {
        return Ok(Recorded::default());
    };
    if !fits
        || training
            .network_mut()
            .restore(Part::Everything, step, &file)
            .is_err()
    {
        return Ok(Recorded::default());
    }
    *training.running_mut() = Running {
        loss,
        right,
        samples,
    };
    Ok(Recorded {
        values: values
            .chunks(quantities.max(1))
            .map(<[f64]>::to_vec)
            .collect(),
        losses,
    })
}
