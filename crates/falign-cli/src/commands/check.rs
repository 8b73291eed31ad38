//! `falign check`: every claim, measured against what is stored.

mod finished;
mod folders;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use falign::internal::claim::{self, Verdict};
use falign::internal::config::{Experiment, Overrides, builtin};
use falign::internal::plan::execute::{check_weights, collect};
use falign::internal::plan::run_table::{RunTable, SettingRuns};
use falign::internal::plan::{Plan, belongs};
use falign::rule::Registry;
use serde_json::json;

use self::folders::Folders;
use super::stored::{InPlace, StoredOptions};
use super::verdicts::Count;
use super::{Program, RunOptions, diverged, dry_run, run, source, verdicts, words};
use crate::ended::{Ended, Usage};
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Run folder, name of a built-in experiment, file, or a pattern such as 'theory/*' (may be left out with --train-data)
    #[arg(required_unless_present = "train_data")]
    target: Option<PathBuf>,
    /// Only say whether there are runs to check on, and how long those that are not there will take
    #[arg(long, conflicts_with_all = ["resume", "store"])]
    dry_run: bool,
    #[command(flatten)]
    run: RunOptions,
    #[command(flatten)]
    stored: StoredOptions,
}

pub(super) fn command(args: &CheckArgs, program: &Program<'_>) -> Result<Ended> {
    let (target, options) = (args.target.as_deref(), &args.run);
    options.overrides.allow_memory();
    if let Some(target) = target
        && args.stored.store.is_some()
        && is_pattern(target)
    {
        let why = "--store takes the results of one experiment, and this is a pattern";
        return Err(Usage(format!("{}: {why}", target.display())).into());
    }
    let mut all_passed = true;
    let mut folders = Folders::new(args, &program.name);
    let names = match target {
        Some(target) => targets(target)?.into_iter().map(Some).collect(),
        None => vec![None],
    };
    let experiments = names
        .iter()
        .map(|name| experiment(name.as_deref(), args, program.rules));
    let experiments: Vec<Experiment> = experiments.collect::<Result<_>>()?;
    let is_one = names.len() == 1;
    let mut count = Count::default();
    // Several experiments are one check: their claims share its level.
    let levels = experiments.iter().map(verdicts::levels).sum();
    for (name, experiment) in names.into_iter().zip(experiments) {
        if args.dry_run {
            foretell(name.as_deref(), &experiment, args)?;
            continue;
        }
        let measured = measured(name.as_deref(), experiment, args, &mut folders);
        let measured = measured.inspect_err(|error| {
            if error.is::<run::Unfinished>() {
                folders.keep();
            }
        })?;
        let Some(measured) = measured else {
            return Ok(Ended::Stopped);
        };
        let verdicts = verdicts::of(&measured.experiment, &measured.table, levels);
        let has_left_out = !measured.experiment.left_out.is_empty();
        let is_lost = has_left_out && diverged::is_all(&measured.table);
        all_passed &= verdicts.iter().all(|v| v.passed) && !is_lost;
        let shown = name.map_or_else(
            || measured.experiment.name.clone(),
            |name| name.display().to_string(),
        );
        show(&shown, &measured, &verdicts, options.json)?;
        count.add(Count::of(&verdicts));
    }
    if !options.json && !is_one && !args.dry_run {
        output::line(format!("all experiments: {}", count.line()))?;
    }
    Ok(if all_passed {
        Ended::Done
    } else {
        Ended::ClaimsFailed
    })
}

fn show(name: &str, measured: &Measured, verdicts: &[Verdict], as_json: bool) -> Result<()> {
    let experiment = &measured.experiment;
    if as_json {
        let claims = claim::json(verdicts);
        let mut report = json!({ "experiment": name, "claims": claims });
        match &measured.origin {
            Origin::Stored(stored) => report["stored"] = stored.json(),
            Origin::Folder(dir) => report["folder"] = dir.display().to_string().into(),
            Origin::Now => {}
        }
        return output::line(report);
    }
    output::sentence(&format!("{name}: "), &experiment.title)?;
    let runs: usize = measured.table.settings.iter().map(SettingRuns::runs).sum();
    output::sentence("", &measured.origin.line(runs))?;
    diverged::print(experiment, &measured.table)?;
    verdicts::print(verdicts, experiment)?;
    output::line(Count::of(verdicts).line())
}

fn is_pattern(target: &Path) -> bool {
    prefix(target).is_some()
}

/// Beginning of the names that a pattern matches.
fn prefix(target: &Path) -> Option<&str> {
    target.to_str()?.strip_suffix('*')
}

/// A folder, a name, or the built-in names that a pattern ending in `*` matches.
fn targets(target: &Path) -> Result<Vec<PathBuf>> {
    let Some(prefix) = prefix(target) else {
        return Ok(vec![target.to_owned()]);
    };
    let found: Vec<PathBuf> = builtin::BUILTIN
        .iter()
        .filter(|builtin| builtin.name.starts_with(prefix))
        .map(|builtin| builtin.name.into())
        .collect();
    if found.is_empty() {
        return Err(Usage(format!("no built-in experiment matches `{prefix}*`")).into());
    }
    Ok(found)
}

/// Runs that the claims are checked on.
struct Measured {
    experiment: Experiment,
    table: RunTable,
    origin: Origin,
}

/// Origin of runs.
enum Origin {
    /// A finished run folder.
    Folder(PathBuf),
    /// Stored results, and what they lack was carried out.
    Stored(InPlace),
    /// They were carried out.
    Now,
}

impl Origin {
    /// `1400 runs from runs/figure2`.
    fn line(&self, runs: usize) -> String {
        match self {
            Self::Folder(dir) => format!("{runs} runs from {}", dir.display()),
            Self::Stored(stored) => stored.line(),
            Self::Now => format!("{runs} runs carried out for this check"),
        }
    }
}

/// The experiment of a run folder, if the target is one.
fn of_folder(name: Option<&Path>) -> Option<PathBuf> {
    let file = name?.join("experiment.toml");
    file.exists().then_some(file)
}

/// Experiment that a target names; without one, the experiment on `--train-data`.
fn experiment(name: Option<&Path>, args: &CheckArgs, rules: &Registry) -> Result<Experiment> {
    let Some((file, folder)) = of_folder(name).zip(name) else {
        return source::experiment(name, &args.run.overrides, rules);
    };
    let refuse = |why: &str| Err(Usage(format!("{} {why}", folder.display())).into());
    let overrides = args.run.overrides.overrides();
    if overrides != Overrides::none() {
        return refuse("is a run folder: --set, --case and --train-data change no stored results");
    }
    if args.stored.are_for_runs_only() {
        return refuse("is a run folder: --fresh and --stored are about runs to be made");
    }
    Experiment::load_with(&file, &overrides, rules).with_context(|| format!("{}", file.display()))
}

/// The results of a folder, or those of an experiment that is run first, as far as they are not
/// stored.
fn measured(
    name: Option<&Path>,
    experiment: Experiment,
    args: &CheckArgs,
    folders: &mut Folders<'_>,
) -> Result<Option<Measured>> {
    if let Some(folder) = name.filter(|_| of_folder(name).is_some()) {
        return stored(folder, experiment, args).map(Some);
    }
    if is_looked_for(args)
        && let Some((dir, table)) = finished::find(&experiment)?
    {
        return Ok(Some(Measured {
            experiment,
            table,
            origin: Origin::Folder(dir),
        }));
    }
    let stored = in_place(name, &experiment, args)?;
    let Some(table) = table(&experiment, stored.as_ref(), args, folders)? else {
        folders.keep();
        return Ok(None);
    };
    Ok(Some(Measured {
        experiment,
        table,
        origin: stored.map_or(Origin::Now, Origin::Stored),
    }))
}

/// Whether a finished folder may take the place of runs: nothing says where they come from or go to.
fn is_looked_for(args: &CheckArgs) -> bool {
    let stored = &args.stored;
    args.run.out.is_none() && !stored.are_for_runs_only() && stored.store.is_none()
}

/// Stored results of an experiment.
fn in_place(
    name: Option<&Path>,
    experiment: &Experiment,
    args: &CheckArgs,
) -> Result<Option<InPlace>> {
    let named = Path::new(&experiment.name);
    args.stored.in_place(name.unwrap_or(named), experiment)
}

/// Says what a check would be made on, and what of it would have to be carried out.
fn foretell(name: Option<&Path>, experiment: &Experiment, args: &CheckArgs) -> Result<()> {
    let finished = || -> Result<Option<(PathBuf, RunTable)>> {
        if is_looked_for(args) {
            finished::find(experiment)
        } else {
            Ok(None)
        }
    };
    let (origin, missing) = if let Some(folder) = name.filter(|_| of_folder(name).is_some()) {
        (format!("runs from {}", folder.display()), None)
    } else if let Some((dir, _)) = finished()? {
        (format!("runs from {}", dir.display()), None)
    } else if let Some(stored) = in_place(name, experiment, args)? {
        let line = stored.line();
        (
            line,
            Some(stored.missing).filter(|plan| !plan.jobs.is_empty()),
        )
    } else {
        ("no runs are there".to_owned(), Some(Plan::new(experiment)?))
    };
    let claims = experiment.claims.len() as u64;
    let counted_claims = words::counted(claims, "claim");
    let Some(plan) = missing else {
        if args.run.json {
            return output::line(json!({
                "experiment": experiment.name, "claims": claims, "origin": origin, "runs_to_carry_out": 0,
            }));
        }
        let text = format!("{counted_claims}; {origin}: nothing is carried out");
        return output::sentence(&format!("{}: ", experiment.name), &text);
    };
    let runs: u64 = plan
        .jobs
        .iter()
        .map(|job| job.runs.end - job.runs.start)
        .sum();
    if !args.run.json {
        let text = format!(
            "{counted_claims}; {origin}: {} would be carried out",
            words::counted(runs, "run")
        );
        output::sentence(&format!("{}: ", experiment.name), &text)?;
    }
    dry_run::of_plan(experiment, &plan, &args.run)
}

/// The results of a run folder.
fn stored(folder: &Path, experiment: Experiment, args: &CheckArgs) -> Result<Measured> {
    let name = folder.display();
    let plan = Plan::new(&experiment)?;
    belongs::check(&experiment, &plan, folder)?;
    let table = collect(&experiment, &plan, folder)
        .and_then(|table| check_weights(&experiment, &plan, folder).map(|()| table))
        .with_context(|| {
            format!("{name} is not complete; finish it with `falign run` and --resume")
        })?;
    args.stored.store(&experiment, folder)?;
    Ok(Measured {
        experiment,
        table,
        origin: Origin::Folder(folder.to_owned()),
    })
}

/// Table of all runs of an experiment, of which those that are not stored are carried out. `None` if they
/// were stopped.
fn table(
    experiment: &Experiment,
    stored: Option<&InPlace>,
    args: &CheckArgs,
    folders: &mut Folders<'_>,
) -> Result<Option<RunTable>> {
    let options = &args.run;
    let (dir, resume) = (folders.of(experiment)?, folders.resume()?);
    let Some(place) = stored else {
        let finished = run::in_folder(experiment, &dir, options, &resume)?;
        if finished.is_some() {
            args.stored.store(experiment, &dir)?;
        }
        return Ok(finished.map(|finished| finished.table));
    };
    let InPlace {
        stored,
        plan,
        missing,
    } = place;
    if !missing.jobs.is_empty()
        && run::carry_out(experiment, plan, missing, &dir, options, &resume)?.is_none()
    {
        return Ok(None);
    }
    Ok(Some(stored.table(experiment, plan, &dir)?))
}
