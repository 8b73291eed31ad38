//! The file of stored results: a checksum, what made them, and one tidy table.
//!
//! ```text
//! # falign stored results 1 3b0f... (SHA-256 of the lines below)
//! # experiment: figure3
//! # program: falign 0.1.0
//! # numerics_version: mini_batch 1
//! # Each run has its first and last recorded rows, every k-th, those at steps ...
//! job,run,outcome,outcome_step,recorded,row,step,alignment,test_accuracy
//! 5f0c17e8a9b3d642,0,finished,,301,0,0,-0.0016,0.0873
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::{KEY_DIGITS, Stored, StoredRow, StoredRun};
use crate::file::sha256;
use crate::measure::{EngineFamily, Outcome, Quantity};
use crate::{Error, Result};

/// First words of every file, with the version of the format.
const FORMAT: &str = "# falign stored results 1 ";

/// What stands behind the checksum.
const CHECKED: &str = " (SHA-256 of the lines below)";

/// Said in every file.
const KEPT: &str = "\
# Of each run: first and last recorded row, every k-th so that about 30 are left, those at steps that claims name, and those
# at which a claim is nearest to failing. Claims have the verdicts and margins that they have on all recorded rows.
";

/// Columns before the quantities.
const COLUMNS: [&str; 7] = [
    "job",
    "run",
    "outcome",
    "outcome_step",
    "recorded",
    "row",
    "step",
];

impl Stored {
    /// The file's text: equal content gives equal bytes, and numbers are written so that they
    /// are read back bit for bit (an empty cell is NaN).
    pub fn to_text(&self) -> String {
        let mut body = String::new();
        let _ = writeln!(body, "# experiment: {}", self.experiment);
        let _ = writeln!(body, "# program: {}", self.program);
        for (family, version) in &self.versions {
            let _ = writeln!(body, "# numerics_version: {} {version}", family.name());
        }
        body.push_str(KEPT);
        let rows = self.runs.values().flat_map(|run| &run.rows);
        let quantities: BTreeSet<Quantity> =
            rows.flat_map(|row| row.values.keys().copied()).collect();
        body.push_str(&COLUMNS.join(","));
        for quantity in &quantities {
            let _ = write!(body, ",{}", quantity.name());
        }
        body.push('\n');
        for ((job, number), run) in &self.runs {
            let outcome = run.outcome.name();
            let at = run
                .outcome
                .step()
                .map_or_else(String::new, |s| s.to_string());
            for kept in &run.rows {
                let StoredRow { row, step, values } = kept;
                let _ = write!(
                    body,
                    "{job},{number},{outcome},{at},{},{row},{step}",
                    run.recorded
                );
                for quantity in &quantities {
                    let cell = values.get(quantity).map(|x| format!("{x:?}"));
                    let _ = write!(body, ",{}", cell.unwrap_or_default());
                }
                body.push('\n');
            }
        }
        format!("{FORMAT}{}{CHECKED}\n{body}", sha256(body.as_bytes()))
    }

    /// Reads what [`to_text`](Self::to_text) wrote; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Record`] if the text is foreign, truncated or altered.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        // A checkout may have changed the ends of lines.
        let text = text.replace("\r\n", "\n");
        let body = checked(&text).map_err(|why| Error::record(path, why))?;
        let mut stored = Self {
            experiment: String::new(),
            program: String::new(),
            versions: BTreeMap::new(),
            runs: BTreeMap::new(),
        };
        let mut columns = None;
        for (number, line) in body.lines().enumerate() {
            let at = |why: String| Error::record(path, format!("line {}: {why}", number + 2));
            match (line.strip_prefix("# "), &columns) {
                (Some(comment), _) => stored.note(comment).map_err(at)?,
                (None, None) => columns = Some(header(line).map_err(at)?),
                (None, Some(quantities)) => stored.row(line, quantities).map_err(at)?,
            }
        }
        Ok(stored)
    }

    fn note(&mut self, comment: &str) -> Result<(), String> {
        let Some((name, value)) = comment.split_once(": ") else {
            return Ok(());
        };
        match name {
            "experiment" => value.clone_into(&mut self.experiment),
            "program" => value.clone_into(&mut self.program),
            "numerics_version" => {
                let words = value.split_once(' ');
                let known = |name: &str| EngineFamily::ALL.into_iter().find(|f| f.name() == name);
                let found = words.and_then(|(name, v)| Some((known(name)?, v.parse().ok()?)));
                let (family, version) =
                    found.ok_or_else(|| format!("`{value}` is no engine family and version"))?;
                self.versions.insert(family, version);
            }
            _ => {}
        }
        Ok(())
    }

    fn row(&mut self, line: &str, quantities: &[Quantity]) -> Result<(), String> {
        let cells: Vec<&str> = line.split(',').collect();
        let (head, values) = cells
            .split_first_chunk::<{ COLUMNS.len() }>()
            .filter(|(_, values)| values.len() == quantities.len())
            .ok_or_else(|| format!("{} cells", cells.len()))?;
        let [job, run, outcome, at, recorded, row, step] = *head;
        if job.len() != KEY_DIGITS {
            return Err(format!("`{job}` is not the start of a job's id"));
        }
        let mut kept = BTreeMap::new();
        for (quantity, cell) in quantities.iter().zip(values) {
            if !cell.is_empty() {
                kept.insert(*quantity, number(cell)?);
            }
        }
        let run = self
            .runs
            .entry((job.to_owned(), number(run)?))
            .or_insert(StoredRun {
                outcome: self::outcome(outcome, at)?,
                recorded: number(recorded)?,
                rows: Vec::new(),
            });
        let row: usize = number(row)?;
        if row >= run.recorded || run.rows.last().is_some_and(|last| last.row >= row) {
            return Err(format!("row {row} of {} is out of order", run.recorded));
        }
        run.rows.push(StoredRow {
            row,
            step: number(step)?,
            values: kept,
        });
        Ok(())
    }
}

/// The text below the first line, if that is right.
fn checked(text: &str) -> Result<&str, String> {
    let (first, body) = text.split_once('\n').unwrap_or((text, ""));
    let sum = first
        .strip_prefix(FORMAT)
        .and_then(|rest| rest.strip_suffix(CHECKED))
        .ok_or("is no file of stored results, or one of another version")?;
    if sum == sha256(body.as_bytes()) {
        Ok(body)
    } else {
        Err("truncated or altered: the checksum does not match".to_owned())
    }
}

/// The quantities of the table.
fn header(line: &str) -> Result<Vec<Quantity>, String> {
    let names: Vec<&str> = line.split(',').collect();
    let quantities = names
        .strip_prefix(&COLUMNS)
        .ok_or_else(|| format!("expected the columns {}, ...", COLUMNS.join(",")))?;
    let known = |name: &&str| Quantity::from_name(name).ok_or(format!("no quantity `{name}`"));
    quantities.iter().map(known).collect()
}

fn outcome(name: &str, at: &str) -> Result<Outcome, String> {
    Ok(match name {
        "finished" => Outcome::Finished,
        "converged" => Outcome::Converged { step: number(at)? },
        "stalled" => Outcome::Stalled { step: number(at)? },
        "diverged" => Outcome::Diverged { step: number(at)? },
        other => return Err(format!("no outcome `{other}`")),
    })
}

fn number<N: std::str::FromStr>(cell: &str) -> Result<N, String> {
    let parsed = cell.parse();
    parsed.map_err(|_| format!("`{cell}` is not the number expected there"))
}
