//! One file for a repository of data: a finished run folder, with what it takes to check, repeat and cite it.
//!
//! The file is a ZIP whose bytes depend only on the folder and the version of falign. Unpacked it is a run
//! folder again, with paths of input files inside it.

mod inputs;
mod record;
mod writer;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::inputs::Inputs;
use self::writer::Writer;
use crate::claim::Verdict;
use crate::config::Experiment;
use crate::config::cite::bibliography;
use crate::experiment::check;
use crate::file::lock::is_taken;
use crate::plan::folder::{EXPERIMENT, META, ORIGIN, SUMMARY, experiment, said, version};
use crate::plan::result_file::{RESULTS, WEIGHTS};
use crate::plan::so_far::missing;
use crate::plan::{Plan, belongs, execute};
use crate::rule::Registry;
use crate::{Error, Result};

/// Names of the files that an archive has besides those of its run folder.
pub const ADDED: [&str; 4] = ["README.txt", "citation.bib", "manifest.json", "SHA256SUMS"];

/// An archive that has been written.
#[derive(Debug, Clone, PartialEq)]
pub struct Archived {
    /// Number of files in it.
    pub files: usize,
    /// Bytes of the archive.
    pub bytes: u64,
    /// Verdicts on the experiment's claims.
    pub verdicts: Vec<Verdict>,
    /// Input files that are not in it, by the place in the unpacked folder where they belong, with the
    /// SHA-256 of their content.
    pub left_out: Vec<(String, String)>,
}

/// The file that a folder is archived in unless another is named: its own name with `.zip`, beside it.
///
/// ```
/// use falign::internal::archive::beside;
/// assert_eq!(beside("runs/small".as_ref()), std::path::Path::new("runs/small.zip"));
/// ```
pub fn beside(folder: &Path) -> PathBuf {
    // `runs/small/` and `.` have a name too.
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut name = whole.file_name().unwrap_or_default().to_owned();
    name.push(".zip");
    match folder.file_name() {
        Some(_) => folder.with_file_name(name),
        None => whole.with_file_name(name),
    }
}

/// Writes a finished run folder to the file `out`. With `with_data` the experiment's own input files are in it,
/// in a folder `data`; without, it says where they belong. `rules` are those that the experiment may name.
///
/// # Errors
/// [`Error::Record`] if the folder is no run folder, is not finished or is being written, or if a result is
/// damaged; [`Error::Config`] naming an input file that cannot be read; [`Error::Io`], also where `out` is there
/// already.
///
/// # Example
/// ```no_run
/// use falign::internal::archive::archive;
/// use falign::rule::Registry;
/// let archived = archive("runs/quickstart".as_ref(), "quickstart.zip".as_ref(), false, &Registry::built_in())?;
/// assert!(archived.verdicts.iter().all(|verdict| verdict.passed));
/// # Ok::<(), falign::Error>(())
/// ```
pub fn archive(folder: &Path, out: &Path, with_data: bool, rules: &Registry) -> Result<Archived> {
    let experiment = experiment(folder, rules)?;
    let (plan, verdicts) = finished(folder, &experiment)?;
    let inputs = Inputs::of(&experiment, &plan, folder, with_data)?;
    let mut writer = Writer::new(out, &experiment.name)?;
    let mut members = files(folder)?;
    members.extend(inputs.added());
    members.sort();
    for (name, path) in &members {
        if ADDED.contains(&name.as_str()) {
            continue;
        }
        let in_memory = match name.as_str() {
            EXPERIMENT => inputs.experiment(&experiment),
            ORIGIN => inputs.origin(path)?,
            _ => None,
        };
        match in_memory {
            Some(text) => writer.bytes(name, text.as_bytes())?,
            None => writer.file(name, path)?,
        }
    }
    let record = record::Record {
        experiment: &experiment,
        verdicts: &verdicts,
        meta: said(folder).unwrap_or(Value::Null),
        inputs: &inputs,
    };
    let version = version(folder);
    let cited = bibliography(Some(&experiment), &[], version.as_deref());
    writer.bytes("README.txt", record.readme().as_bytes())?;
    writer.bytes("citation.bib", cited.as_bytes())?;
    let manifest = record.manifest(writer.members());
    writer.bytes("manifest.json", manifest.as_bytes())?;
    let sums = record::sums(writer.members());
    writer.bytes("SHA256SUMS", sums.as_bytes())?;
    let files = writer.members().len();
    Ok(Archived {
        files,
        bytes: writer.finish()?,
        verdicts,
        left_out: inputs.left_out(),
    })
}

/// Plan and verdicts of a folder whose runs are all there and whole.
fn finished(folder: &Path, experiment: &Experiment) -> Result<(Plan, Vec<Verdict>)> {
    let refuse = |why: String| Err(Error::record(folder, why));
    if is_taken(folder) {
        return refuse("a program is writing this folder; wait for it".to_owned());
    }
    let plan = Plan::new(experiment)?;
    belongs::check(experiment, &plan, folder)?;
    let go_on = format!(
        "go on with `falign run {} --out {} --resume`",
        folder.join(EXPERIMENT).display(),
        folder.display()
    );
    let (left, all) = missing(&plan, folder);
    if left > 0 {
        let stored = all - left;
        return refuse(format!(
            "has {stored} of {all} runs, and an archive is of finished ones; {go_on}"
        ));
    }
    for name in [SUMMARY, META] {
        if !folder.join(name).exists() {
            return refuse(format!("has all runs, but no {name}; {go_on}"));
        }
    }
    let table = execute::collect(experiment, &plan, folder)?;
    execute::check_weights(experiment, &plan, folder)?;
    let verdicts = check(experiment, &table);
    Ok((plan, verdicts))
}

/// Files of a run folder by their names in it: those at its top, the results and the weights, but no
/// hidden ones. Links are not followed.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for below in ["", RESULTS, WEIGHTS] {
        let place = if below.is_empty() {
            folder.to_owned()
        } else {
            folder.join(below)
        };
        if !place.is_dir() {
            continue;
        }
        let entries = std::fs::read_dir(&place).map_err(|source| Error::io(&place, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| Error::io(&place, source))?;
            let kind = entry.file_type();
            let is_file = kind
                .map_err(|source| Error::io(entry.path(), source))?
                .is_file();
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            if is_file && !name.starts_with('.') {
                let inside = if below.is_empty() {
                    name
                } else {
                    format!("{below}/{name}")
                };
                found.push((inside, entry.path()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
