//! What a run says at its end.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use falign::internal::config::Experiment;
use falign::internal::plan::run_table::SettingRuns;
use falign_figure::Table;
use serde_json::json;

use super::Finished;
use crate::commands::verdicts::Count;
use crate::commands::words::{counted, quoted};
use crate::commands::{RunOptions, diverged, show, verdicts};
use crate::ended::Ended;
use crate::output;

/// Most settings of a table that is printed without being asked for.
const ROWS: usize = 20;

/// Writes what came out: the table, runs that diverged, verdicts, and where all of it is.
pub(super) fn report(
    experiment: &Experiment,
    finished: &Finished,
    dir: &Path,
    options: &RunOptions,
) -> Result<Ended> {
    let verdicts = verdicts::of(experiment, &finished.table, verdicts::levels(experiment));
    let failed = verdicts.iter().filter(|v| !v.passed).count();
    let settings = finished.table.settings.iter();
    let lost: usize = settings.clone().map(SettingRuns::diverged).sum();
    let outcomes = settings.clone().flat_map(|s| &s.outcomes);
    let stalled = outcomes.filter(|o| o.name() == "stalled").count();
    if options.json {
        let files: Vec<String> = ["summary.csv", "figure.svg", "figure.png"]
            .iter()
            .map(|f| dir.join(f).display().to_string())
            .collect();
        let value = json!({
            "dir": dir.display().to_string(), "files": files, "seconds": finished.seconds,
            "jobs_kept": finished.execution.kept, "runs_diverged": lost, "runs_stalled": stalled,
            "diverged": diverged::json(&finished.table), "claims": falign::internal::claim::json(&verdicts),
        });
        output::line(format!("{value:#}"))?;
    } else {
        let runs: usize = settings.clone().map(SettingRuns::runs).sum();
        let mut ends = String::new();
        if lost > 0 {
            let _ = write!(ends, "; {lost} diverged");
        }
        if stalled > 0 {
            let _ = write!(ends, "; {stalled} stalled at the loss of constant outputs");
        }
        if !experiment.title.is_empty() {
            output::sentence("", &experiment.title)?;
        }
        output::line(format!(
            "{} of {} in {:.1} s{ends}",
            counted(runs as u64, "run"),
            counted(settings.len() as u64, "setting"),
            finished.seconds,
        ))?;
        output::line("")?;
        if finished.table.settings.len() <= ROWS {
            show::print_last(Table::read(&dir.join("summary.csv"))?)?;
            output::line("")?;
        }
        diverged::print(experiment, &finished.table)?;
        verdicts::print(&verdicts, experiment)?;
        if !verdicts.is_empty() {
            output::line(Count::of(&verdicts).line())?;
        }
        output::line(format!("tables and picture: {}", dir.display()))?;
        output::line(format!("next: falign show {}", quoted(dir)))?;
    }
    let has_claims = !(experiment.claims.is_empty() && experiment.left_out.is_empty());
    Ok(
        if failed > 0 || (has_claims && diverged::is_all(&finished.table)) {
            Ended::ClaimsFailed
        } else {
            Ended::Done
        },
    )
}
