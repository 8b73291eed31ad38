//! Columns of a table that are inputs, and those that are targets.

use std::path::Path;

use ::csv::StringRecord;

use crate::error::shown;
use crate::{Error, Result};

/// A column of a table.
///
/// # Example
/// ```
/// use falign::data::{Column, TableOptions, load_table};
/// let path = std::env::temp_dir().join(format!("falign-doc-column-{}.csv", std::process::id()));
/// std::fs::write(&path, "id,x1,x2,y\n7,1,2,0.5\n8,3,4,-0.5\n")?;
/// let options = TableOptions { target: vec![Column::Number(-2), Column::Named("y".into())], ..Default::default() };
/// let data = load_table(&path, &options)?;
/// assert_eq!(data.targets.row(0).to_vec(), [2.0, 0.5]); // x2 and y
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The one with this name.
    Named(String),
    /// Counted from 1, as messages and spreadsheets count, or from the end: -1 is the last.
    Number(i64),
}

/// Facts about a table that its file does not state.
///
/// # Example
/// ```
/// use falign::data::{Column, TableOptions, load_table};
/// let path = std::env::temp_dir().join(format!("falign-doc-options-{}.csv", std::process::id()));
/// std::fs::write(&path, "id,x1,x2,y\n7,1,2,0.5\n8,3,4,-0.5\n")?;
/// let options = TableOptions { ignore: vec![Column::Named("id".into())], ..Default::default() };
/// let data = load_table(&path, &options)?;
/// assert_eq!(data.inputs.row(1).to_vec(), [3.0, 4.0]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableOptions {
    /// Whether the first line of text names the columns; `None`: told by its cells.
    pub header: Option<bool>,
    /// The columns of targets, in this order; empty: told by their names, else the last.
    pub target: Vec<Column>,
    /// Columns that are neither inputs nor targets.
    pub ignore: Vec<Column>,
}

impl TableOptions {
    /// Whether a cell is the name of a column that is asked for.
    pub(in crate::data) fn names(&self, cell: &str) -> bool {
        let mut columns = self.target.iter().chain(&self.ignore);
        columns.any(|column| matches!(column, Column::Named(name) if name == cell))
    }
}

/// Places of columns, from 0.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::data) struct Chosen {
    pub(in crate::data) inputs: Vec<usize>,
    pub(in crate::data) targets: Vec<usize>,
}

/// `y`, `target` or `targets`, in any case, with or without a number: `y2`, `target_0`.
pub(super) fn is_target(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = stem.strip_suffix('_').unwrap_or(stem);
    matches!(stem, "y" | "target" | "targets")
}

/// The names of a header, at most ten.
fn names(header: &StringRecord) -> String {
    const MOST: usize = 10;
    let mut names: Vec<String> = header.iter().take(MOST).map(shown).collect();
    if header.len() > MOST {
        names.push(format!("{} more", header.len() - MOST));
    }
    names.join(", ")
}

/// Position of a column, from 0.
///
/// # Errors
/// [`Error::Data`] if there is none, or more than one.
pub(in crate::data) fn find(
    path: &Path,
    header: Option<&StringRecord>,
    columns: usize,
    column: &Column,
) -> Result<usize> {
    let wrong = |reason| Err(Error::data(path, reason));
    match column {
        Column::Number(number) => {
            let from_1 = if *number < 0 {
                number.saturating_add_unsigned(columns as u64 + 1)
            } else {
                *number
            };
            match usize::try_from(from_1) {
                Ok(from_1 @ 1..) if from_1 <= columns => Ok(from_1 - 1),
                _ => wrong(format!(
                    "there is no column {number}; they are counted from 1 to {columns}, \
                     or from the end, -1 to -{columns}"
                )),
            }
        }
        Column::Named(name) => {
            let Some(header) = header else {
                return wrong(format!(
                    "its first line names no columns, so none is named `{}`; count them from 1, \
                     or set data.header = true",
                    shown(name)
                ));
            };
            let mut found = (0..columns).filter(|at| header.get(*at) == Some(name));
            match (found.next(), found.next()) {
                (Some(at), None) => Ok(at),
                (None, _) => wrong(format!(
                    "no column is named `{}`; there are {}",
                    shown(name),
                    names(header)
                )),
                (Some(one), Some(other)) => wrong(format!(
                    "columns {} and {} are both named `{}`; count them from 1 instead",
                    one + 1,
                    other + 1,
                    shown(name)
                )),
            }
        }
    }
}

/// Checks that every column that is read has a name.
pub(in crate::data) fn named(path: &Path, header: &StringRecord, ignored: &[usize]) -> Result<()> {
    let unnamed = |(at, name): (usize, &str)| name.is_empty() && !ignored.contains(&at);
    match header.iter().enumerate().position(unnamed) {
        None => Ok(()),
        Some(at) => Err(Error::data(
            path,
            format!(
                "line 1, column {} has no name; if it numbers the lines, leave it out: \
                 data.ignore = {} (pandas: `index=False`)",
                at + 1,
                at + 1
            ),
        )),
    }
}

/// Inputs and targets among the columns.
pub(in crate::data) fn choose(
    path: &Path,
    header: Option<&StringRecord>,
    columns: usize,
    options: &TableOptions,
) -> Result<Chosen> {
    let places = |list: &[Column]| -> Result<Vec<usize>> {
        let mut places = Vec::new();
        for column in list {
            let at = find(path, header, columns, column)?;
            if places.contains(&at) {
                let reason = format!("column {} is named twice; name it once", at + 1);
                return Err(Error::data(path, reason));
            }
            places.push(at);
        }
        Ok(places)
    };
    let ignored = places(&options.ignore)?;
    if let Some(header) = header {
        named(path, header, &ignored)?;
    }
    let left: Vec<usize> = (0..columns).filter(|at| !ignored.contains(at)).collect();
    let targets = if options.target.is_empty() {
        last_columns(path, header, &left)?
    } else {
        places(&options.target)?
    };
    if let Some(at) = targets.iter().find(|at| ignored.contains(at)) {
        let reason = format!("column {} is both a target and ignored; drop one", at + 1);
        return Err(Error::data(path, reason));
    }
    let inputs: Vec<usize> = left
        .into_iter()
        .filter(|at| !targets.contains(at))
        .collect();
    if inputs.is_empty() {
        return Err(Error::data(
            path,
            "all columns are targets, none is an input",
        ));
    }
    Ok(Chosen { inputs, targets })
}

/// The targets that nobody named: the last columns with such names, else the last one.
fn last_columns(path: &Path, header: Option<&StringRecord>, left: &[usize]) -> Result<Vec<usize>> {
    let name = |at: &usize| {
        header
            .and_then(|header| header.get(*at))
            .unwrap_or_default()
    };
    let is_target = |at: &&usize| is_target(name(at));
    let count = left.iter().rev().take_while(is_target).count();
    if count == 0
        && let Some(at) = left.iter().find(is_target)
    {
        return Err(Error::data(
            path,
            format!(
                "line 1, column {} is named `{}` but is not last; \
                 say which are the targets with data.target",
                at + 1,
                shown(name(at))
            ),
        ));
    }
    Ok(left[left.len().saturating_sub(count.max(1))..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(header: &[&str], target: &[Column], ignore: &[Column]) -> Result<Chosen> {
        let options = TableOptions {
            header: None,
            target: target.to_vec(),
            ignore: ignore.to_vec(),
        };
        let record = StringRecord::from(header.to_vec());
        choose(Path::new("a.csv"), Some(&record), header.len(), &options)
    }

    fn name(name: &str) -> Column {
        Column::Named(name.to_owned())
    }

    #[test]
    fn columns_are_chosen_by_name_and_by_number() {
        let header = ["id", "a", "b", "c"];
        for (target, ignore, inputs, targets) in [
            (&[][..], &[][..], &[0, 1, 2][..], &[3][..]),
            (&[name("a")], &[name("id")], &[2, 3], &[1]),
            (
                &[Column::Number(-1), name("a")],
                &[Column::Number(1)],
                &[2],
                &[3, 1],
            ),
            (&[], &[name("c")], &[0, 1], &[2]),
        ] {
            let expected = Chosen {
                inputs: inputs.to_vec(),
                targets: targets.to_vec(),
            };
            assert_eq!(chosen(&header, target, ignore).unwrap(), expected);
        }
        // An id without a name.
        let expected = Chosen {
            inputs: vec![1],
            targets: vec![2],
        };
        assert_eq!(
            chosen(&["", "a", "y"], &[], &[Column::Number(1)]).unwrap(),
            expected
        );
    }

    #[test]
    fn columns_that_are_not_there_are_refused() {
        let header = ["a", "a", "b", "y"];
        for (target, ignore, part) in [
            (&[Column::Number(0)][..], &[][..], "counted from 1 to 4"),
            (&[Column::Number(5)], &[], "no column 5"),
            (&[Column::Number(-5)], &[], "no column -5"),
            (
                &[name("c")],
                &[],
                "no column is named `c`; there are a, a, b, y",
            ),
            (&[name("a")], &[], "columns 1 and 2 are both named `a`"),
            (
                &[name("y"), Column::Number(4)],
                &[],
                "column 4 is named twice",
            ),
            (
                &[name("y")],
                &[Column::Number(-1)],
                "both a target and ignored",
            ),
            (&[1, 2, 3, 4].map(Column::Number), &[], "none is an input"),
            (&[], &[1, 2, 3].map(Column::Number), "none is an input"),
        ] {
            let text = chosen(&header, target, ignore).unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
        }
    }
}
