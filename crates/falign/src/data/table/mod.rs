//! Tables in text: one sample a line, comma-separated values and their kin.

mod columns;
mod dialect;
mod header;
mod number;
mod text;

use std::borrow::Cow;
use std::path::Path;

use ::csv::StringRecord;
use ndarray::Array2;

pub use self::columns::{Column, TableOptions};
pub(super) use self::columns::{choose, find, named};
use self::dialect::{Cut, Line, Separator};
use self::header::{Below, First};
use self::number::Numbers;
pub(super) use self::number::is_missing;
use self::number::is_number;
use super::gzip;
use super::kind::{Format, mismatch};
use crate::error::shown;
use crate::{Error, Result};

const NO_SAMPLES: &str = "it has no samples";

/// The decompressed content of a file: the beginning of one that is no text.
pub(super) fn read_content(path: &Path) -> Result<Vec<u8>> {
    read_within(path, crate::memory::available())
}

/// Bytes of memory that a table takes for each of its text: for `0,` one of 8, and twice that while
/// a list grows.
const BYTES_PER_BYTE: u64 = 9;

/// [`read_content`] where this much memory can be had.
fn read_within(path: &Path, room: Option<u64>) -> Result<Vec<u8>> {
    let limit = room.map_or(u64::MAX, |room| room / BYTES_PER_BYTE);
    let length = |beginning: &[u8]| {
        let is_text = beginning.starts_with(b"\xff\xfe")
            || beginning.starts_with(b"\xfe\xff")
            || !beginning.contains(&0);
        is_text.then_some(limit)
    };
    let beyond = |limit: u64| {
        let (content, room) = (shown_bytes(limit), shown_bytes(room.unwrap_or(limit)));
        format!(
            "its content goes on beyond {content}, which do not fit in the {room} of memory that can \
             be had here; allow more by --memory"
        )
    };
    gzip::read_limited(path, length, beyond)
}

fn shown_bytes(bytes: u64) -> String {
    crate::memory::shown(bytes as f64)
}

/// The characters of a table.
pub(super) fn text<'a>(path: &Path, bytes: &'a [u8]) -> Result<Cow<'a, str>> {
    let wrong = |reason| Error::data(path, reason);
    match mismatch(bytes, Format::Csv) {
        Some(reason) => Err(wrong(reason)),
        None => text::decoded(bytes).map_err(wrong),
    }
}

/// Inputs and targets of a table, see [`super::load_table`], and the names of their columns.
pub(super) fn read_dataset(
    path: &Path,
    bytes: &[u8],
    options: &TableOptions,
) -> Result<(Array2<f64>, Array2<f64>, Names)> {
    let text = text(path, bytes)?;
    let is_name = |cell: &str| columns::is_target(cell) || options.names(cell);
    let mut lines = Lines::open(path, &text, options, is_name)?;
    let chosen = choose(path, lines.header.as_ref(), lines.columns, options)?;
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    let mut rows = 0;
    while let Some(line) = lines.next_line()? {
        for at in &chosen.inputs {
            inputs.push(lines.number(&line, *at, Role::Input)?);
        }
        for at in &chosen.targets {
            targets.push(lines.number(&line, *at, Role::Target)?);
        }
        rows += 1;
    }
    let names = lines.names(chosen.inputs.iter().chain(&chosen.targets));
    lines.finish()?;
    let array = |columns: &[usize], values| {
        Array2::from_shape_vec((rows, columns.len()), values)
            .expect("every line was checked to have these columns")
    };
    Ok((
        array(&chosen.inputs, inputs),
        array(&chosen.targets, targets),
        names,
    ))
}

/// The names of the columns that are read, where they have some.
pub(super) type Names = Option<Vec<String>>;

/// Held-out data must not have the training data's columns in another order.
pub(super) fn same_order(path: &Path, names: &Names, training: &Names) -> Result<()> {
    let (Some(names), Some(training)) = (names, training) else {
        return Ok(());
    };
    for (name, expected) in names.iter().zip(training) {
        if name != expected && training.contains(name) {
            return Err(Error::data(
                path,
                format!(
                    "column `{}` stands where the training data have `{}`; \
                     put the columns into the same order",
                    shown(name),
                    shown(expected)
                ),
            ));
        }
    }
    Ok(())
}

/// Use of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Input,
    Target,
}

/// The lines of a table, all with the same number of columns, at least two columns and one
/// line besides the header.
pub(super) struct Lines<'a> {
    path: &'a Path,
    cut: Cut<'a>,
    /// Lines that were looked at, until they are handed out.
    ahead: std::collections::VecDeque<Line>,
    /// The names of the columns, if the first line has them.
    pub(super) header: Option<StringRecord>,
    pub(super) columns: usize,
    below: Option<Below>,
    numbers: Numbers,
    /// Lines handed out.
    count: usize,
}

impl<'a> Lines<'a> {
    /// Reads the first line, and looks at the second. A cell that `is_name` knows makes a header.
    pub(super) fn open(
        path: &'a Path,
        text: &'a str,
        options: &TableOptions,
        is_name: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let wrong = |reason: String| Error::data(path, reason);
        let mut cut = Cut::new(text);
        if let Some(at) = text.lines().position(is_missing_not_comment) {
            return Err(wrong(format!(
                "line {}, column 1: `#N/A` is a missing value; fill it in, or take the line out",
                at + 1
            )));
        }
        let Some(first) = cut.next().transpose().map_err(wrong)? else {
            return Err(wrong(NO_SAMPLES.to_owned()));
        };
        if first.1.len() < 2 {
            return Err(wrong(format!(
                "line {} has one column, expected inputs and at least one target; \
                 columns are parted by commas, semicolons, tabs or spaces",
                first.0
            )));
        }
        let second = cut.next().transpose().map_err(wrong)?;
        let taken = match options.header {
            Some(true) => First::Names,
            Some(false) => First::Sample,
            None => {
                let below = second.as_ref().map(|line| &line.1);
                header::first((first.0, &first.1), below, is_name).map_err(wrong)?
            }
        };
        let columns = first.1.len();
        let (header, first, below) = match taken {
            First::Names => (Some(first.1), None, None),
            First::Sample => (None, Some(first), None),
            First::Watched(below) => (None, Some(first), Some(below)),
        };
        let numbers = Numbers::new(cut.separator == Separator::Byte(b';'));
        Ok(Self {
            path,
            cut,
            ahead: first.into_iter().chain(second).collect(),
            header,
            columns,
            below,
            numbers,
            count: 0,
        })
    }

    /// The next line and its number, from 1.
    pub(super) fn next_line(&mut self) -> Result<Option<Line>> {
        let next = match self.ahead.pop_front() {
            Some(line) => Some(line),
            None => self
                .cut
                .next()
                .transpose()
                .map_err(|reason| self.wrong(reason))?,
        };
        let Some((line, record)) = next else {
            return if self.count == 0 {
                Err(self.wrong(NO_SAMPLES))
            } else {
                Ok(None)
            };
        };
        if record.len() != self.columns {
            let is_named = self.count == 0 && self.header.is_some();
            let hint = if is_named && record.len() == self.columns + 1 {
                "; if the lines have names, leave them out (R: `row.names = FALSE`)"
            } else {
                ""
            };
            return Err(self.wrong(format!(
                "line {line} has {} columns, expected {} as on the first line{hint}",
                record.len(),
                self.columns,
            )));
        }
        if let Some(below) = &mut self.below
            && self.count > 0
        {
            below.see(&record);
        }
        self.count += 1;
        Ok(Some((line, record)))
    }

    /// A cell of a line as a finite number.
    pub(super) fn number(&mut self, (line, record): &Line, at: usize, role: Role) -> Result<f64> {
        let cell = record.get(at).unwrap_or_default();
        self.numbers.read(cell).map_err(|reason| {
            let hint = if self.count == 1 && !is_missing(cell) && !is_number(cell) {
                self.text_hint(at, role)
            } else {
                String::new()
            };
            let column = at + 1;
            self.wrong(format!("line {line}, column {column}: {reason}{hint}"))
        })
    }

    /// The names of these columns.
    pub(super) fn names<'b>(&self, columns: impl Iterator<Item = &'b usize>) -> Names {
        let header = self.header.as_ref()?;
        Some(columns.map(|at| header[*at].to_owned()).collect())
    }

    /// A hint on what to do about a column of text.
    fn text_hint(&self, at: usize, role: Role) -> String {
        let name = self.column(at);
        match role {
            Role::Input => format!(
                "; if column {} is text, leave it out: data.ignore = {name}",
                at + 1
            ),
            Role::Target => format!(
                "; if column {} has names of classes, the file is for data.labelled_data, \
                 with data.target = {name}",
                at + 1
            ),
        }
    }

    /// A column as keys name it.
    fn column(&self, at: usize) -> String {
        match self.header.as_ref().and_then(|header| header.get(at)) {
            Some(name) if !name.is_empty() => format!("\"{}\"", shown(name)),
            _ => (at + 1).to_string(),
        }
    }

    /// Checks, at the end, what only the whole table tells.
    pub(super) fn finish(self) -> Result<()> {
        let path = self.path;
        let wrong = |reason| Error::data(path, reason);
        self.below.map_or(Ok(()), Below::finish).map_err(wrong)?;
        self.numbers.finish().map_err(wrong)
    }

    fn wrong(&self, reason: impl Into<String>) -> Error {
        Error::data(self.path, reason)
    }
}

/// A line that looks like a comment, but begins with what spreadsheets write for a missing value.
fn is_missing_not_comment(line: &str) -> bool {
    line.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("#n/a"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn read(text: &str) -> Result<(Array2<f64>, Array2<f64>)> {
        let options = TableOptions::default();
        let (inputs, targets, _) = read_dataset(Path::new("a.csv"), text.as_bytes(), &options)?;
        Ok((inputs, targets))
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
            ("a;b;c\n1;2;3\n", &one),
            ("1;2;3,0\n", &one),
            ("a\tb\ty\n1\t2\t3,0\n", &one),
            ("sep=;\n1;2;3\n", &one),
            ("  1   2 3.0\n", &one),
            ("# made by a tool\na,b,y\n# half of it\n1,2,3\n", &one),
            ("x,y1,y2\n1,2,3\n", &two),
            ("x,target_0,target_1\n1,2,3\n", &two),
        ] {
            assert_eq!(&read(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_first_line_that_may_be_names_of_numbers_is_not_guessed() {
        for text in [
            "0,1,2\n0.5,1.5,2.5\n1,2,3.5\n2,1,0.5\n",
            "0,1,2\n5,0,1\n",
            "0,1\n0.5,1.0\n0.25,0\n",
            "1990,1991,1992\n3,2,8\n",
            "10,20,30\n1.5,2.5,3.5\n",
            "1,2,3,4,5,6,7,8\n4,1,0,0,0,2,1,1\n",
        ] {
            let message = read(text).unwrap_err().to_string();
            let parts = [
                "a.csv: line 1, `",
                "data.header = true or data.header = false",
            ];
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
            let rows = |header| {
                let options = TableOptions {
                    header: Some(header),
                    ..TableOptions::default()
                };
                let read = read_dataset(Path::new("a.csv"), text.as_bytes(), &options);
                read.unwrap().0.nrows()
            };
            assert_eq!(rows(false), rows(true) + 1, "{text:?}");
        }
        for (text, rows) in [
            // Lags of a series.
            ("1,2,3,4\n2,3,4,5\n3,4,5,6\n", 3),
            ("0,1\n1,0\n", 2),
            ("1,3\n2.5,4\n", 2),
            ("5,0,0,0\n3,0,1,0\n", 2),
            ("0.0,1.0,2.0\n0.5,1.5,2.5\n", 2),
            ("1,2,3\n", 1),
        ] {
            assert_eq!(read(text).unwrap().0.nrows(), rows, "{text:?}");
        }
    }

    #[test]
    fn a_name_that_is_asked_for_makes_a_header_of_numbers() {
        let options = TableOptions {
            target: vec![Column::Named("2010".to_owned())],
            ..TableOptions::default()
        };
        let text = b"2010,2011,2012\n1,2,3\n";
        let read = read_dataset(Path::new("a.csv"), text, &options).unwrap();
        let names = ["2011", "2012", "2010"].map(str::to_owned).to_vec();
        assert_eq!(read, (array![[2.0, 3.0]], array![[1.0]], Some(names)));
    }

    /// A table of some kilobytes that become megabytes is read where there is room, and else not unpacked.
    #[test]
    fn a_table_that_does_not_fit_in_memory_is_not_unpacked() {
        let folder = crate::file::scratch::Scratch::new("table-room");
        let lines = "1,2,3\n".repeat(1 << 18);
        let packed = crate::data::gzip::tests::compressed(lines.as_bytes());
        assert!(packed.len() < 1 << 14);
        let path = folder.file("a.csv.gz", &packed);
        let large = BYTES_PER_BYTE * lines.len() as u64;
        for room in [None, Some(large)] {
            assert_eq!(read_within(&path, room).unwrap(), lines.as_bytes());
        }
        let text = read_within(&path, Some(large / 2)).unwrap_err().to_string();
        let part = "its content goes on beyond 786 kB, which do not fit in the 7.1 MB of memory";
        assert!(text.contains("a.csv.gz") && text.contains(part), "{text}");
        let binary = [&b"PAR1"[..], &vec![0; 1 << 20]].concat();
        let packed = crate::data::gzip::tests::compressed(&binary);
        let beginning = read_within(&folder.file("b.csv.gz", &packed), None).unwrap();
        assert!(beginning.len() < binary.len());
    }

    #[test]
    fn a_long_cell_is_cut() {
        let text = format!("1,2\n3,{}\n", "x".repeat(100_000));
        let message = read(&text).unwrap_err().to_string();
        assert!(
            message.len() < 120 && message.contains("xxx...` is not"),
            "{message}"
        );
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
                "line 2, column 1: `NaN` is a missing value; fill it in, or take the line out",
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
            ("1|2\n", "commas, semicolons, tabs or spaces"),
            ("1,5\n2,x\n", "line 2, column 2: `x` is not a number"),
            ("1;2\n3;x\n", "line 2, column 2: `x` is not a number"),
            ("a,y\n1,2,3\n", "(R: `row.names = FALSE`)"),
            ("?,?\n1,2\n", "line 1 has missing values only (`?`)"),
            ("NA,na,\n1,2,3\n", "line 1 has missing values only"),
            ("1,?\n3,4\n", "line 1, column 2: `?` is a missing value"),
            (
                "#N/A,1\n2,3\n",
                "line 1, column 1: `#N/A` is a missing value",
            ),
            ("id,2010,2011\n1,2,3\n", "set data.header = true"),
            ("a,b,y\n1,red,3\n", "leave it out: data.ignore = \"b\""),
            ("1,red,3\n2,blue,4\n", "leave it out: data.ignore = 2"),
            (
                "a,y\n1,red\n",
                "for data.labelled_data, with data.target = \"y\"",
            ),
            ("1,2\n3,\u{1b}[31mred\n", "`\\u{1b}[31mred` is not a number"),
            (
                "1,2\n9007199254740993,3\n",
                "line 2, column 1: the whole number 9007199254740993",
            ),
            ("y1,y2\n1,2\n", "none is an input"),
            (
                "y,x\n1,2\n",
                "column 1 is named `y` but is not last; say which are the targets with data.target",
            ),
            (
                ",a,y\n0,1,2\n",
                "column 1 has no name; if it numbers the lines, leave it out: data.ignore = 1",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(matches!(&error, Error::Data { .. }));
            let message = error.to_string();
            assert!(
                message.starts_with("a.csv: ") && message.contains(part),
                "{message}"
            );
        }
        let options = TableOptions::default();
        let binary = read_dataset(Path::new("a.csv"), b"1,\xff\n", &options).unwrap_err();
        assert!(binary.to_string().contains("UTF-8"), "{binary}");
    }
}
