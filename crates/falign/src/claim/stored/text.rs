//! The file of stored results: a checksum, what made them, and one tidy table, which has the columns
//! of `runs.csv` behind three more.
//!
//! ```text
//! # falign stored results 2 3b0f... (SHA-256 of the lines below)
//! # experiment: figure3
//! # program: falign 0.1.0
//! # numerics_version: mini_batch 1
//! # Each run has its first and last recorded rows, every k-th, those at steps ...
//! job,row,recorded,case,activation,...,run,step,outcome,outcome_step,alignment,test_accuracy
//! 5f0c17e8a9b3d642,0,301,torch_scaling,relu,...,0,0,finished,,-0.0016,0.0873
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::{KEY_DIGITS, Stored, StoredRow, StoredRun};
use crate::file::sha256;
use crate::measure::Quantity;
use crate::plan::cells::Cells;
use crate::plan::run_rows::{Columns, parsed, start_row};
use crate::simulate::EngineFamily;
use crate::{Error, Result};

/// First words of every file, with the version of the format.
const FORMAT: &str = "# falign stored results 2 ";

/// Words behind the checksum.
const CHECKED: &str = " (SHA-256 of the lines below)";

/// Said in every file.
const KEPT: &str = "\
# Of each run: first and last recorded row, those at steps that claims name, those at which a claim is nearest to failing,
# and, of curves that are shown or followed, every k-th so that about 30 are left. Claims have the verdicts and margins that they have on all recorded rows.
";

/// Columns before those of `runs.csv`: start of the job's id, the row's place among those recorded,
/// and how many these are.
const OWN: [&str; 3] = ["job", "row", "recorded"];

impl Stored {
    /// The file's text: equal content gives equal bytes, and numbers are written so that they
    /// are read back bit for bit (an empty cell is NaN).
    pub fn to_text(&self) -> String {
        let mut notes = String::new();
        let _ = writeln!(notes, "# experiment: {}", self.experiment);
        let _ = writeln!(notes, "# program: {}", self.program);
        for (family, version) in &self.versions {
            let _ = writeln!(notes, "# numerics_version: {} {version}", family.name());
        }
        let rows = self.runs.values().flat_map(|run| &run.rows);
        let quantities: BTreeSet<Quantity> =
            rows.flat_map(|row| row.values.keys().copied()).collect();
        let columns = Columns {
            labels: self.columns.clone(),
            quantities: quantities.into_iter().collect(),
        };
        let mut cells = Cells::new();
        cells.all(OWN);
        columns.write(&mut cells);
        cells.end_row();
        for ((job, number), run) in &self.runs {
            let label = |name| run.labels.get(name).cloned().unwrap_or_default();
            let labels: Vec<String> = self.columns.iter().map(label).collect();
            for StoredRow { row, step, values } in &run.rows {
                cells.add(job);
                cells.all([row, &run.recorded].map(ToString::to_string));
                start_row(&mut cells, &labels, *number, *step, run.outcome);
                let value = |q| values.get(q).map_or_else(String::new, |x| format!("{x:?}"));
                cells.all(columns.quantities.iter().map(value));
                cells.end_row();
            }
        }
        let body = format!("{notes}{KEPT}{}", cells.into_text());
        format!("{FORMAT}{}{CHECKED}\n{body}", sha256(body.as_bytes()))
    }

    /// Reads what [`to_text`](Self::to_text) wrote; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::Record`] if the text is foreign, truncated or altered.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        // A checkout may have changed the ends of lines.
        let text = text.replace("\r\n", "\n");
        let mut table = checked(&text).map_err(|why| Error::record(path, why))?;
        let at = |line: u64, why: String| Error::record(path, format!("line {line}: {why}"));
        let mut stored = Self {
            experiment: String::new(),
            program: String::new(),
            versions: BTreeMap::new(),
            columns: Vec::new(),
            runs: BTreeMap::new(),
        };
        let mut line = 1;
        while let Some(note) = table.strip_prefix("# ") {
            line += 1;
            let (note, rest) = note.split_once('\n').unwrap_or((note, ""));
            stored.note(note).map_err(|why| at(line, why))?;
            table = rest;
        }
        let mut columns = None;
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true);
        for record in reader.from_reader(table.as_bytes()).records() {
            let record = record.map_err(|error| Error::record(path, error.to_string()))?;
            let line = line + record.position().map_or(0, csv::Position::line);
            let cells: Vec<&str> = record.iter().collect();
            match &columns {
                None => columns = Some(header(&cells).map_err(|why| at(line, why))?),
                Some(columns) => stored.row(&cells, columns).map_err(|why| at(line, why))?,
            }
        }
        stored.columns = columns.map_or_else(Vec::new, |columns| columns.labels);
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

    fn row(&mut self, cells: &[&str], columns: &Columns) -> Result<(), String> {
        let ([job, row, recorded], rest) = cells
            .split_first_chunk::<{ OWN.len() }>()
            .ok_or_else(|| format!("{} cells", cells.len()))?;
        if job.len() != KEY_DIGITS {
            return Err(format!("`{job}` is not the start of a job's id"));
        }
        let (row, recorded): (usize, usize) = (parsed(row)?, parsed(recorded)?);
        let found = columns.row(rest)?;
        let run = self.runs.entry(((*job).to_owned(), found.run));
        let run = run.or_insert_with(|| StoredRun {
            labels: labels(columns.labels.iter().zip(found.labels)),
            outcome: found.outcome,
            recorded,
            rows: Vec::new(),
        });
        if row >= run.recorded || run.rows.last().is_some_and(|last| last.row >= row) {
            return Err(format!("row {row} of {} is out of order", run.recorded));
        }
        let values = columns.quantities.iter().copied().zip(found.values);
        run.rows.push(StoredRow {
            row,
            step: found.step,
            values: values.filter(|(_, x)| !x.is_nan()).collect(),
        });
        Ok(())
    }
}

/// Cells by their columns, those that say something.
pub(super) fn labels<'a>(
    cells: impl Iterator<Item = (&'a String, impl AsRef<str>)>,
) -> BTreeMap<String, String> {
    let cells = cells.map(|(name, cell)| (name.clone(), cell.as_ref().to_owned()));
    cells.filter(|(_, cell)| !cell.is_empty()).collect()
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

/// Columns of the table, behind its own.
fn header(names: &[&str]) -> Result<Columns, String> {
    let rest = names.strip_prefix(&OWN);
    Columns::parse(rest.ok_or_else(|| format!("expected the columns {}, ...", OWN.join(",")))?)
}
