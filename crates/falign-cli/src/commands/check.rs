//! `falign check`: every claim, measured against what is stored.

use std::path::Path;

use anyhow::{Context as _, Result};
use falign::experiment::claim::Verdict;
use falign::experiment::execute::collect;
use falign::experiment::{Experiment, Overrides, Plan, builtin};
use falign::record::run_table::RunTable;
use serde_json::{Value, json};

use super::{Ended, RunOptions, Usage, source};

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

#[allow(clippy::print_stdout, reason = "the command's result")]
pub(super) fn print(verdicts: &[Verdict], experiment: &Experiment) {
    for v in verdicts {
        let word = match (&v.undecidable, v.passed) {
            (Some(_), _) => "UNDECIDED",
            (None, true) => "pass",
            (None, false) => "FAIL",
        };
        println!("{word:9} {}", v.id);
        if let Some(claim) = experiment.claims.iter().find(|claim| claim.id == v.id) {
            println!("          {}", claim.text);
        }
        println!("          measured: {}", v.measured);
        println!("          wanted:   {}", v.wanted);
        if let Some(reason) = &v.undecidable {
            println!("          not decidable: {reason}");
        }
    }
    for (id, reason) in &experiment.left_out {
        println!("left out  {id}: {reason}");
    }
}

pub(super) fn command(target: &str, options: &RunOptions) -> Result<Ended> {
    let mut all_passed = true;
    for name in targets(target)? {
        let Some((experiment, table)) = measured(&name, options)? else {
            return Ok(Ended::Stopped);
        };
        let verdicts = verdicts(&experiment, &table);
        all_passed &= verdicts.iter().all(|v| v.passed);
        show(&name, &experiment, &verdicts, options.json);
    }
    Ok(if all_passed {
        Ended::Done
    } else {
        Ended::ClaimsFailed
    })
}

#[allow(clippy::print_stdout, reason = "the command's result")]
fn show(name: &str, experiment: &Experiment, verdicts: &[Verdict], as_lines: bool) {
    if as_lines {
        println!(
            "{}",
            json!({ "experiment": name, "claims": as_json(verdicts) })
        );
    } else {
        println!("{name}: {}", experiment.title);
        print(verdicts, experiment);
        if verdicts.is_empty() {
            println!("no claims");
        }
    }
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
fn measured(name: &str, options: &RunOptions) -> Result<Option<(Experiment, RunTable)>> {
    let file = Path::new(name).join("experiment.toml");
    if file.exists() {
        let experiment = Experiment::load(&file, &Overrides::none())
            .with_context(|| format!("{}", file.display()))?;
        let plan = Plan::new(&experiment)?;
        let table = collect(&experiment, &plan, Path::new(name))
            .with_context(|| format!("{name} is not complete"))?;
        return Ok(Some((experiment, table)));
    }
    let experiment = source::experiment(name, &options.overrides.overrides())?;
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let dir = options
        .out
        .clone()
        .unwrap_or_else(|| temporary.path().join(&experiment.name));
    let resume = format!("falign check {name} --out {} --resume", dir.display());
    let finished = super::run::in_folder(&experiment, &dir, options, &resume)?;
    Ok(finished.map(|finished| (experiment, finished.table)))
}
