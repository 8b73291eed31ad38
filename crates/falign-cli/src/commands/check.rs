//! `falign check`: every claim, measured against what is stored.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falign::experiment::claim::Verdict;
use falign::experiment::execute::collect;
use falign::experiment::{Experiment, Overrides, Plan, builtin};
use falign::record::run_table::RunTable;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, RunOptions, Usage, source, words};
use crate::output;

/// The verdict on every claim of an experiment.
pub(super) fn verdicts(experiment: &Experiment, table: &RunTable) -> Vec<Verdict> {
    experiment
        .claims
        .iter()
        .map(|claim| claim.evaluate(table))
        .collect()
}

pub(super) fn as_json(verdicts: &[Verdict]) -> Value {
    verdicts
        .iter()
        .map(|v| {
            json!({
                "id": v.id, "passed": v.passed, "undecidable": v.undecidable,
                "measured": v.measured, "wanted": v.wanted,
                "margin": v.margin.is_finite().then_some(v.margin),
            })
        })
        .collect()
}

pub(super) fn print(verdicts: &[Verdict], experiment: &Experiment) -> Result<()> {
    for v in verdicts {
        let word = match (&v.undecidable, v.passed) {
            (Some(_), _) => "UNDECIDED",
            (None, true) => "pass",
            (None, false) => "FAIL",
        };
        output::line(format!("{word:9} {}", v.id))?;
        if let Some(claim) = experiment.claims.iter().find(|claim| claim.id == v.id) {
            output::line(format!("          {}", claim.text))?;
        }
        output::line(format!("          measured: {}", v.measured))?;
        output::line(format!("          wanted:   {}", v.wanted))?;
        if let Some(reason) = &v.undecidable {
            output::line(format!("          not decidable: {reason}"))?;
        }
    }
    left_out(experiment)
}

/// More claims than this, left out for one reason, are counted rather than named.
const NAMED: usize = 3;

/// The claims that overrides, or the choice of cases, leave nothing to check of.
fn left_out(experiment: &Experiment) -> Result<()> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for (id, reason) in &experiment.left_out {
        match by_reason.iter_mut().find(|(known, _)| known == reason) {
            Some((_, ids)) => ids.push(id),
            None => by_reason.push((reason, vec![id])),
        }
    }
    for (reason, ids) in by_reason {
        let which = if ids.len() > NAMED {
            format!("{} claims", ids.len())
        } else {
            ids.join(", ")
        };
        output::line(format!("left out  {which}: {reason}"))?;
    }
    Ok(())
}

pub(super) fn command(target: &str, options: &RunOptions) -> Result<Ended> {
    let mut all_passed = true;
    let mut folders = Folders::new(target, options);
    for name in targets(target)? {
        let Some((experiment, table)) = measured(&name, options, &mut folders)? else {
            return Ok(Ended::Stopped);
        };
        let verdicts = verdicts(&experiment, &table);
        all_passed &= verdicts.iter().all(|v| v.passed);
        show(&name, &experiment, &verdicts, options.json)?;
    }
    Ok(if all_passed {
        Ended::Done
    } else {
        Ended::ClaimsFailed
    })
}

fn show(name: &str, experiment: &Experiment, verdicts: &[Verdict], as_json: bool) -> Result<()> {
    if as_json {
        let claims = self::as_json(verdicts);
        return output::line(json!({ "experiment": name, "claims": claims }));
    }
    output::line(format!("{name}: {}", experiment.title))?;
    print(verdicts, experiment)?;
    if verdicts.is_empty() {
        output::line("no claims")?;
    }
    Ok(())
}

/// Where experiments that are not run yet are run.
struct Folders<'a> {
    target: &'a str,
    options: &'a RunOptions,
    /// Made when it is needed.
    temporary: Option<TempDir>,
}

impl<'a> Folders<'a> {
    fn new(target: &'a str, options: &'a RunOptions) -> Self {
        Self {
            target,
            options,
            temporary: None,
        }
    }

    /// The folder given with `--out`, or the temporary one.
    fn root(&mut self) -> Result<PathBuf> {
        if let Some(out) = &self.options.out {
            return Ok(out.clone());
        }
        let temporary = match self.temporary.take() {
            Some(made) => made,
            None => tempfile::Builder::new()
                .prefix("falign-")
                .tempdir()
                .context("cannot make a temporary folder")?,
        };
        Ok(self.temporary.insert(temporary).path().to_owned())
    }

    /// The folder of one experiment: several do not share theirs.
    fn of(&mut self, experiment: &Experiment) -> Result<PathBuf> {
        let root = self.root()?;
        Ok(if is_pattern(self.target) {
            root.join(&experiment.name)
        } else {
            root
        })
    }

    /// The exact command that goes on with a check that was stopped.
    fn resume(&mut self) -> Result<String> {
        let start = vec!["check".to_owned(), self.target.to_owned()];
        Ok(words::resume(start, self.options, &self.root()?))
    }

    /// Keeps what is finished for the resume command.
    fn keep(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let _ = temporary.keep();
        }
    }
}

fn is_pattern(target: &str) -> bool {
    target.ends_with('*')
}

/// A folder, a name, or the built-in names that a pattern ending in `*` matches.
fn targets(target: &str) -> Result<Vec<String>> {
    let Some(prefix) = target.strip_suffix('*') else {
        return Ok(vec![target.to_owned()]);
    };
    let found: Vec<String> = builtin::BUILTIN
        .iter()
        .map(|builtin| builtin.name.to_owned())
        .filter(|name| name.starts_with(prefix))
        .collect();
    if found.is_empty() {
        return Err(Usage(format!("no built-in experiment matches `{target}`")).into());
    }
    Ok(found)
}

/// The stored results of a folder, or those of an experiment that is run first.
fn measured(
    name: &str,
    options: &RunOptions,
    folders: &mut Folders<'_>,
) -> Result<Option<(Experiment, RunTable)>> {
    let overrides = options.overrides.overrides();
    let file = Path::new(name).join("experiment.toml");
    if file.exists() {
        if overrides != Overrides::none() {
            let why = "is a run folder: --set and --case change no stored results";
            return Err(Usage(format!("{name} {why}")).into());
        }
        let experiment =
            Experiment::load(&file, &overrides).with_context(|| format!("{}", file.display()))?;
        let plan = Plan::new(&experiment)?;
        let table = collect(&experiment, &plan, Path::new(name)).with_context(|| {
            format!("{name} is not complete; finish it with `falign run` and --resume")
        })?;
        return Ok(Some((experiment, table)));
    }
    let experiment = source::experiment(name, &overrides)?;
    let (dir, resume) = (folders.of(&experiment)?, folders.resume()?);
    let finished = super::run::in_folder(&experiment, &dir, options, &resume)?;
    if finished.is_none() {
        folders.keep();
    }
    Ok(finished.map(|finished| (experiment, finished.table)))
}
