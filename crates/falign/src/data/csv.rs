//! Comma-separated values: one sample a line.

use std::path::Path;

use ::csv::{ReaderBuilder, StringRecord, StringRecordsIntoIter, Trim};
use ndarray::{Array2, s};

use crate::{Error, Result};

const NO_SAMPLES: &str = "it has no samples";

/// Inputs and targets of a table; see [`super::load_dataset`].
pub(super) fn read_dataset(path: &Path, bytes: &[u8]) -> Result<(Array2<f64>, Array2<f64>)> {
    let mut lines = Lines::open(path, bytes, is_target)?;
    let targets = match &lines.header {
        Some(header) => target_columns(path, header)?,
        None => 1,
    };
    let mut values = Vec::new();
    while let Some((line, record)) = lines.next_line()? {
        for (column, cell) in record.iter().enumerate() {
            values.push(number(path, line, column + 1, cell)?);
        }
    }
    let rows = values.len() / lines.columns;
    let all = Array2::from_shape_vec((rows, lines.columns), values)
        .expect("every line was checked to have this many columns");
    let inputs = lines.columns - targets;
    Ok((
        all.slice(s![.., ..inputs]).to_owned(),
        all.slice(s![.., inputs..]).to_owned(),
    ))
}

/// The lines of a table, all with the same number of columns, at least two columns and one
/// line beside the header.
pub(super) struct Lines<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    records: StringRecordsIntoIter<&'a [u8]>,
    /// A first line that is no header, until it is handed out.
    first: Option<StringRecord>,
    /// The names of the columns, if the first line has them.
    pub(super) header: Option<StringRecord>,
    pub(super) columns: usize,
    /// Lines handed out.
    count: usize,
}

impl<'a> Lines<'a> {
    /// Reads the first line. It is a header if it has no number in it, or a cell that `is_name`
    /// knows.
    pub(super) fn open(
        path: &'a Path,
        bytes: &'a [u8],
        is_name: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let mut records = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(bytes)
            .into_records();
        let first = match records.next() {
            None => return Err(Error::data(path, NO_SAMPLES)),
            Some(first) => first.map_err(|error| Error::data(path, error.to_string()))?,
        };
        check_columns(path, &first)?;
        let columns = first.len();
        let is_header =
            first.iter().all(|cell| cell.parse::<f64>().is_err()) || first.iter().any(is_name);
        let (header, first) = if is_header {
            (Some(first), None)
        } else {
            (None, Some(first))
        };
        Ok(Self {
            path,
            bytes,
            records,
            first,
            header,
            columns,
            count: 0,
        })
    }

    /// The next line and its number, from 1.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, StringRecord)>> {
        let record = match self.first.take() {
            Some(first) => first,
            None => match self.records.next() {
                Some(record) => {
                    record.map_err(|error| Error::data(self.path, error.to_string()))?
                }
                None if self.count == 0 => return Err(Error::data(self.path, NO_SAMPLES)),
                None => return Ok(None),
            },
        };
        let line = line(self.bytes, &record);
        if record.len() != self.columns {
            return Err(Error::data(
                self.path,
                format!(
                    "line {line} has {} columns, expected {} as on the first line",
                    record.len(),
                    self.columns,
                ),
            ));
        }
        self.count += 1;
        Ok(Some((line, record)))
    }
}

/// The line a record begins on, from 1. The reader's own position is before any empty lines.
fn line(bytes: &[u8], record: &StringRecord) -> u64 {
    record.position().map_or(0, |position| {
        let first = usize::try_from(position.byte()).unwrap_or(bytes.len());
        let empty = bytes[first.min(bytes.len())..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
    })
}

fn check_columns(path: &Path, first: &StringRecord) -> Result<()> {
    if first.len() >= 2 {
        return Ok(());
    }
    let cell = first.get(0).unwrap_or_default();
    let separator = [(';', "semicolons"), ('\t', "tabs"), (' ', "spaces")]
        .into_iter()
        .find(|(c, _)| cell.contains(*c));
    Err(Error::data(
        path,
        match separator {
            Some((_, name)) => {
                format!("line 1 has one column, and {name} in it; separate columns by commas")
            }
            None => "line 1 has one column, expected inputs and at least one target".to_owned(),
        },
    ))
}

/// `y`, `target` or `targets`, in any case, with or without a number: `y2`, `target_0`.
fn is_target(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = stem.strip_suffix('_').unwrap_or(stem);
    matches!(stem, "y" | "target" | "targets")
}

/// Every column must have a name.
pub(super) fn check_names(path: &Path, header: &StringRecord) -> Result<()> {
    match header.iter().position(str::is_empty) {
        None => Ok(()),
        Some(column) => Err(Error::data(
            path,
            format!(
                "line 1, column {} has no name; if it numbers the lines, \
                 leave it out (pandas: `index=False`)",
                column + 1
            ),
        )),
    }
}

/// How many of the last columns are targets.
fn target_columns(path: &Path, header: &StringRecord) -> Result<usize> {
    check_names(path, header)?;
    let names: Vec<&str> = header.iter().collect();
    let last = names
        .iter()
        .rev()
        .take_while(|name| is_target(name))
        .count();
    if last == names.len() {
        return Err(Error::data(
            path,
            "all columns are targets, none is an input",
        ));
    }
    if last > 0 {
        return Ok(last);
    }
    match names.iter().position(|name| is_target(name)) {
        None => Ok(1),
        Some(column) => Err(Error::data(
            path,
            format!(
                "line 1, column {} is named `{}` but is not last; put targets last or rename it",
                column + 1,
                names[column]
            ),
        )),
    }
}

/// A cell as a finite number.
pub(super) fn number(path: &Path, line: u64, column: usize, cell: &str) -> Result<f64> {
    let reason = match cell.parse::<f64>() {
        Ok(x) if x.is_finite() => return Ok(x),
        Ok(_) => format!("`{cell}` is not a finite number"),
        Err(_) if cell.is_empty() => "the cell is empty".to_owned(),
        Err(_) => format!("`{cell}` is not a number"),
    };
    Err(Error::data(
        path,
        format!("line {line}, column {column}: {reason}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn read(text: &str) -> Result<(Array2<f64>, Array2<f64>)> {
        read_dataset(Path::new("a.csv"), text.as_bytes())
    }

    #[test]
    fn the_last_column_is_the_target_unless_names_say_more() {
        let one = (array![[1.0, 2.0]], array![[3.0]]);
        let two = (array![[1.0]], array![[2.0, 3.0]]);
        for (text, expected) in [
            ("1,2,3\n", &one),
            ("1,2,3", &one),
            ("a,b,c\n1,2,3\n", &one),
            ("\u{feff}a,b,y\r\n1, 2 ,3e0\r\n", &one),
            ("\"x, first\",b,Target\n1,2,3\n\n", &one),
            ("0,1,y\n1,2,3\n", &one),
            ("y,z,target\n1,2,3\n", &one),
            ("x,y1,y2\n1,2,3\n", &two),
            ("x,target_0,target_1\n1,2,3\n", &two),
        ] {
            assert_eq!(&read(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, part) in [
            ("1,2\n3,4,5\n", "line 2 has 3 columns, expected 2"),
            ("a,y\n1,2\n3\n", "line 3 has 1 columns, expected 2"),
            ("a,y\n1,2\n\n3,x\n", "line 4, column 2: `x` is not a number"),
            ("1,two\n", "line 1, column 2: `two` is not a number"),
            (
                "1,2\nNaN,4\n",
                "line 2, column 1: `NaN` is not a finite number",
            ),
            ("1,2\n3,-inf\n", "line 2, column 2: `-inf` is not a finite"),
            (
                "1,2\n3,1e999\n",
                "line 2, column 2: `1e999` is not a finite",
            ),
            ("1,2\n,4\n", "line 2, column 1: the cell is empty"),
            ("a,y\n", "no samples"),
            ("\n\n", "no samples"),
            ("1\n2\n", "one column"),
            ("1;2\n", "semicolons"),
            ("1\t2\n", "tabs"),
            ("y1,y2\n1,2\n", "none is an input"),
            ("y,x\n1,2\n", "column 1 is named `y` but is not last"),
            (",a,y\n0,1,2\n", "column 1 has no name"),
        ] {
            let error = read(text).unwrap_err();
            assert!(matches!(&error, Error::Data { .. }));
            let message = error.to_string();
            assert!(
                message.starts_with("a.csv: ") && message.contains(part),
                "{message}"
            );
        }
        let binary = read_dataset(Path::new("a.csv"), b"1,\xff\n").unwrap_err();
        assert!(binary.to_string().contains("UTF-8"), "{binary}");
    }
}
