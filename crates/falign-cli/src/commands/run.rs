//! `falign run`: from an experiment to a complete run folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use falign::experiment::execute::{Execution, Watch, collect, cost, execute};
use falign::experiment::{Experiment, Plan};
use falign::math::simd;
use falign::record::run_table::RunTable;
use falign::record::store::{FolderLock, remove_leftovers, write_atomic};
use falign::record::summary::{runs_csv, summary_csv};
use falign::two_layer::NUMERICS_VERSION;
use serde_json::json;

use super::{Ended, RunArgs, RunOptions, Usage, source};
use crate::{figure, progress, signals};

pub(super) fn command(args: &RunArgs) -> Result<Ended> {
    let mut overrides = args.options.overrides.overrides();
    if let Some(path) = &args.train_data {
        let path = std::path::absolute(path)?;
        let text = toml::Value::String(path.display().to_string());
        overrides.set.push(format!("data.train_data={text}"));
    }
    let (name, experiment) = match &args.experiment {
        Some(name) => (name.clone(), source::experiment(name, &overrides)?),
        None => ("my_data".to_owned(), Experiment::parse(BARE, &overrides)?),
    };
    let dir = args
        .options
        .out
        .clone()
        .unwrap_or_else(|| Path::new("runs").join(&experiment.name));
    let resume = resume_command(&name, args, &dir);
    match in_folder(&experiment, &dir, &args.options, &resume)? {
        None => Ok(Ended::Stopped),
        Some(finished) => Ok(report(&experiment, &finished, &dir, &args.options)),
    }
}

/// What `--train-data` runs where no experiment is named.
const BARE: &str = "name = \"my_data\"\ntitle = \"Feedback alignment on given data\"\n\
[data]\ntrain_data = \"\"\n[learning]\nstep_size = \"auto\"\n";

/// The exact command that goes on with a stopped run.
fn resume_command(name: &str, args: &RunArgs, dir: &Path) -> String {
    let mut words = vec!["falign".to_owned(), "run".to_owned()];
    if args.experiment.is_some() {
        words.push(name.to_owned());
    }
    let mut option = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
    if let Some(path) = &args.train_data {
        option("--train-data", path.display().to_string());
    }
    for set in &args.options.overrides.set {
        option("--set", set.clone());
    }
    for case in &args.options.overrides.cases {
        option("--case", case.clone());
    }
    if let Some(threads) = args.options.threads {
        option("--threads", threads.to_string());
    }
    option("--out", dir.display().to_string());
    words.push("--resume".to_owned());
    words
        .iter()
        .map(|word| quoted(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A complete run folder.
pub(super) struct Finished {
    pub(super) table: RunTable,
    execution: Execution,
    seconds: f64,
}

/// Runs (or goes on with) an experiment in a folder, and writes its tables and picture.
/// `None`: stopped by a signal; the resume command has been printed.
pub(super) fn in_folder(
    experiment: &Experiment,
    dir: &Path,
    options: &RunOptions,
    resume: &str,
) -> Result<Option<Finished>> {
    let plan = Plan::new(experiment)?;
    let text = experiment.resolved_toml();
    prepare(dir, &text, options.resume)?;
    let _lock = FolderLock::acquire(dir)?;
    for folder in [dir.to_owned(), dir.join("results"), dir.join("weights")] {
        remove_leftovers(&folder)?;
    }
    write_atomic(&dir.join("experiment.toml"), text.as_bytes())?;
    write_atomic(&dir.join("plan.jsonl"), plan.to_jsonl().as_bytes())?;

    let watch = Arc::new(Watch::default());
    let stop = Arc::clone(&watch);
    signals::on_stop(move || stop.stop.store(true, Ordering::Relaxed))?;
    let start = Instant::now();
    let execution = watched(experiment, &plan, dir, options, &watch)?;
    for (path, reason) in &execution.redone {
        eprintln!("falign: made again: {}: {reason}", path.display());
    }
    if !execution.complete {
        eprintln!("falign: stopped; finished jobs are kept. Go on with:\n  {resume}");
        return Ok(None);
    }
    let table = collect(experiment, &plan, dir)?;
    write_atomic(&dir.join("summary.csv"), summary_csv(&table).as_bytes())?;
    if experiment.settings.iter().any(|s| s.setting.per_run_table) {
        write_atomic(&dir.join("runs.csv"), runs_csv(&table).as_bytes())?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let meta = meta(experiment, &table, seconds, options);
    write_atomic(&dir.join("meta.json"), meta.as_bytes())?;
    let wanted = experiment
        .figure
        .clone()
        .unwrap_or_else(|| falign::experiment::figure::Figure {
            title: experiment.title.clone(),
            ..Default::default()
        });
    figure::draw(
        &wanted,
        &dir.join("summary.csv"),
        dir,
        "figure",
        &figure::Options::default(),
    )
    .context("the results are stored, but the figure could not be drawn")?;
    Ok(Some(Finished {
        table,
        execution,
        seconds,
    }))
}

/// Executes with progress shown from a thread of its own.
fn watched(
    experiment: &Experiment,
    plan: &Plan,
    dir: &Path,
    options: &RunOptions,
    watch: &Arc<Watch>,
) -> Result<Execution> {
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the threads")?;
    let total: f64 = plan.jobs.iter().map(|job| cost(experiment, job)).sum();
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let bar = scope.spawn(|| {
            let jobs = plan.jobs.len() as u64;
            progress::show(watch, total, jobs, options.quiet, &|| {
                finished.load(Ordering::Relaxed)
            });
        });
        let execution = pool.install(|| execute(experiment, plan, dir, watch));
        finished.store(true, Ordering::Relaxed);
        let _ = bar.join();
        Ok(execution?)
    })
}

/// Refuses a folder that is in use for something else.
fn prepare(dir: &Path, text: &str, resume: bool) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let mut entries = std::fs::read_dir(dir)
        .with_context(|| format!("cannot read {}", dir.display()))?
        .filter_map(Result::ok);
    let empty = entries.all(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    if empty {
        return Ok(());
    }
    if !resume {
        return Err(Usage(format!(
            "{} is not empty: add --resume to go on with it, or choose another --out",
            dir.display()
        ))
        .into());
    }
    let stored = dir.join("experiment.toml");
    match std::fs::read_to_string(&stored) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => Err(Usage(format!(
            "{} belongs to another experiment (or other overrides); choose another --out",
            dir.display()
        ))
        .into()),
        Err(error) => Err(anyhow::Error::from(error).context(format!(
            "{} is no run folder: cannot read {}",
            dir.display(),
            stored.display()
        ))),
    }
}

fn meta(experiment: &Experiment, table: &RunTable, seconds: f64, options: &RunOptions) -> String {
    let count = |name: &str| {
        table
            .settings
            .iter()
            .flat_map(|s| &s.outcomes)
            .filter(|o| o.name() == name)
            .count()
    };
    let seeds: std::collections::BTreeSet<u64> =
        experiment.settings.iter().map(|s| s.setting.seed).collect();
    let meta = json!({
        "name": experiment.name,
        "version": env!("CARGO_PKG_VERSION"),
        "numerics_version": NUMERICS_VERSION,
        "seeds": seeds,
        "wall_seconds": seconds,
        "threads": options.threads,
        "machine": {
            "architecture": std::env::consts::ARCH,
            "system": std::env::consts::OS,
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "instruction_set": simd::best_path().name(),
        },
        "runs": {
            "finished": count("finished"),
            "converged": count("converged"),
            "diverged": count("diverged"),
        },
    });
    format!("{meta:#}\n")
}

#[allow(clippy::print_stdout, reason = "the command's result")]
fn report(experiment: &Experiment, finished: &Finished, dir: &Path, options: &RunOptions) -> Ended {
    let verdicts = super::check::verdicts(experiment, &finished.table);
    let failed = verdicts.iter().filter(|v| !v.passed).count();
    let diverged: usize = finished
        .table
        .settings
        .iter()
        .map(falign::record::run_table::SettingRuns::diverged)
        .sum();
    if options.json {
        let files: Vec<PathBuf> = ["summary.csv", "figure.svg", "figure.png"]
            .iter()
            .map(|f| dir.join(f))
            .collect();
        let value = json!({
            "dir": dir, "files": files, "seconds": finished.seconds,
            "jobs_kept": finished.execution.kept, "runs_diverged": diverged,
            "claims": super::check::as_json(&verdicts),
        });
        println!("{value:#}");
    } else {
        let runs: usize = finished
            .table
            .settings
            .iter()
            .map(falign::record::run_table::SettingRuns::runs)
            .sum();
        println!("{}", experiment.title);
        println!(
            "{runs} runs of {} settings in {:.1} s{}",
            finished.table.settings.len(),
            finished.seconds,
            if diverged > 0 {
                format!("; {diverged} diverged")
            } else {
                String::new()
            }
        );
        super::check::print(&verdicts, experiment);
        println!("tables and picture: {}", dir.display());
    }
    if failed > 0 {
        Ended::ClaimsFailed
    } else {
        Ended::Done
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("network.width=400"), "network.width=400");
        assert_eq!(quoted("ridge=[0, 1]"), "'ridge=[0, 1]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
