//! Comma-separated values: one sample a line.

use std::path::Path;

use ::csv::{ReaderBuilder, StringRecord, Trim};
use ndarray::{Array2, s};

use crate::{Error, Result};

/// Inputs and targets of a table; see [`super::load_dataset`].
pub(super) fn read_dataset(path: &Path, bytes: &[u8]) -> Result<(Array2<f64>, Array2<f64>)> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(bytes);
    let mut columns = 0;
    let mut targets = 1;
    let mut values = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Error::data(path, error.to_string()))?;
        let line = line(bytes, &record);
        if index == 0 {
            columns = record.len();
            check_columns(path, &record)?;
            if is_header(&record) {
                targets = target_columns(path, &record)?;
                continue;
            }
        }
        if record.len() != columns {
            return Err(Error::data(
                path,
                format!(
                    "line {line} has {} columns, expected {columns} as on the first line",
                    record.len()
                ),
            ));
        }
        for (column, cell) in record.iter().enumerate() {
            values.push(number(path, line, column + 1, cell)?);
        }
    }
    if values.is_empty() {
        return Err(Error::data(path, "it has no samples"));
    }
    let rows = values.len() / columns;
    let all = Array2::from_shape_vec((rows, columns), values)
        .expect("every line was checked to have this many columns");
    let inputs = columns - targets;
    Ok((
        all.slice(s![.., ..inputs]).to_owned(),
        all.slice(s![.., inputs..]).to_owned(),
    ))
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

/// A first line without any number names the columns, and so does one with a target's name.
fn is_header(first: &StringRecord) -> bool {
    first.iter().all(|cell| cell.parse::<f64>().is_err()) || first.iter().any(is_target)
}

/// `y`, `target` or `targets`, in any case, with or without a number: `y2`, `target_0`.
fn is_target(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = stem.strip_suffix('_').unwrap_or(stem);
    matches!(stem, "y" | "target" | "targets")
}

/// How many of the last columns are targets.
fn target_columns(path: &Path, header: &StringRecord) -> Result<usize> {
    let names: Vec<&str> = header.iter().collect();
    if let Some(column) = names.iter().position(|name| name.is_empty()) {
        let column = column + 1;
        return Err(Error::data(
            path,
            format!(
                "line 1, column {column} has no name; if it numbers the lines, \
                 leave it out (pandas: `index=False`)"
            ),
        ));
    }
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

fn number(path: &Path, line: u64, column: usize, cell: &str) -> Result<f64> {
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
