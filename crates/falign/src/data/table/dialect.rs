//! How the lines of a table part into cells: by commas, semicolons, tabs or runs of spaces.
//!
//! Told by the first two lines. Empty lines and lines that begin with `#` are no lines of the table;
//! a first line `sep=;`, as spreadsheets write it, names the separator.

use ::csv::{ReaderBuilder, StringRecord, StringRecordsIntoIter, Trim};

/// Character between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Byte(u8),
    /// One or more spaces.
    Spaces,
}

/// Looked for in this order: commas are decimal where semicolons or tabs part the cells, and
/// spaces are part of names where anything else does.
const SEPARATORS: [Separator; 4] = [
    Separator::Byte(b'\t'),
    Separator::Byte(b';'),
    Separator::Byte(b','),
    Separator::Spaces,
];

impl Separator {
    fn byte(self) -> u8 {
        match self {
            Self::Byte(byte) => byte,
            Self::Spaces => b' ',
        }
    }

    /// Whether a line, without space at its ends, has it outside quotes.
    fn is_in(self, line: &str) -> bool {
        let mut is_quoted = false;
        line.trim_matches(' ').bytes().any(|byte| {
            is_quoted ^= byte == b'"';
            byte == self.byte() && !is_quoted
        })
    }
}

/// Whether a line is one of the table.
fn has_cells(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

fn separator(text: &str) -> Separator {
    let mut lines = text.lines().filter(|line| has_cells(line));
    let first = lines.next().unwrap_or_default();
    let second = lines.next().unwrap_or(first);
    let mut found = SEPARATORS.into_iter().filter(|one| one.is_in(first));
    let in_both = found.clone().find(|one| one.is_in(second));
    // Spaces in the first line alone are those of a name.
    in_both
        .or_else(|| found.find(|one| *one != Separator::Spaces))
        .unwrap_or(Separator::Byte(b','))
}

/// The separator that a first line `sep=;` names, and the text after it.
fn named(text: &str) -> Option<(Separator, &str)> {
    let (line, rest) = text.split_once('\n')?;
    let line = line.trim_end_matches('\r').trim_matches('"');
    let (word, name) = line.split_at_checked(4)?;
    let [byte] = name.as_bytes() else {
        return None;
    };
    let separator = SEPARATORS.into_iter().find(|one| one.byte() == *byte)?;
    word.eq_ignore_ascii_case("sep=")
        .then_some((separator, rest))
}

/// A line of the table and its number in the file, from 1.
pub(super) type Line = (u64, StringRecord);

/// The lines of a table, cut into cells.
pub(super) struct Cut<'a> {
    pub(super) separator: Separator,
    text: &'a str,
    /// Lines before `text`.
    skipped: u64,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Csv(StringRecordsIntoIter<&'a [u8]>),
    Spaces(std::iter::Enumerate<std::str::Lines<'a>>),
}

impl<'a> Cut<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (separator, text, skipped) = match named(text) {
            Some((separator, rest)) => (separator, rest, 1),
            None => (separator(text), text, 0),
        };
        let kind = match separator {
            Separator::Byte(byte) => Kind::Csv(
                ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .trim(Trim::All)
                    .delimiter(byte)
                    .comment(Some(b'#'))
                    .from_reader(text.as_bytes())
                    .into_records(),
            ),
            Separator::Spaces => Kind::Spaces(text.lines().enumerate()),
        };
        Self {
            separator,
            text,
            skipped,
            kind,
        }
    }

    /// The line that a record begins on. The reader's own position is before lines that are no
    /// lines of the table.
    fn line(&self, record: &StringRecord) -> u64 {
        record.position().map_or(0, |position| {
            let first = usize::try_from(position.byte()).unwrap_or(self.text.len());
            let rest = self.text.get(first..).unwrap_or_default();
            let passed = rest
                .split('\n')
                .take_while(|line| matches!(*line, "" | "\r") || line.starts_with('#'));
            self.skipped + position.line() + passed.count() as u64
        })
    }
}

impl Iterator for Cut<'_> {
    type Item = Result<Line, String>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.kind {
            Kind::Csv(records) => Some(match records.next()? {
                Ok(record) => Ok((self.line(&record), record)),
                Err(error) => Err(error.to_string()),
            }),
            Kind::Spaces(lines) => {
                let (index, line) = lines.find(|(_, line)| has_cells(line))?;
                Some(Ok((self.skipped + index as u64 + 1, words(line))))
            }
        }
    }
}

/// The words of a line; quotes hold words together.
fn words(line: &str) -> StringRecord {
    let mut record = StringRecord::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let quoted = rest
            .strip_prefix('"')
            .and_then(|inside| inside.split_once('"'));
        let (word, after) = match quoted {
            Some(parts) => parts,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        record.push_field(word);
        rest = after.trim_start();
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(u64, Vec<String>)> {
        Cut::new(text)
            .map(|line| {
                let (line, record) = line.unwrap();
                (line, record.iter().map(str::to_owned).collect())
            })
            .collect()
    }

    #[test]
    fn separators_are_told_by_the_first_lines() {
        for text in [
            "a b,y\n1,2\n",
            "a b;y\n1;2\n",
            "a b\ty\n1\t2\n",
            "sep=;\na b;y\n1;2\n",
            "SEP=,\r\na b,y\r\n1,2\r\n",
            "\"a b\" y\n 1   2 \n",
            "# a, b\n\n\"a b\",y\n# 1,1\n1,2\n",
        ] {
            let lines = cut(text);
            assert_eq!(lines.len(), 2, "{text:?}");
            assert_eq!(lines[0].1, ["a b", "y"], "{text:?}");
            assert_eq!(lines[1].1, ["1", "2"], "{text:?}");
        }
        assert_eq!(cut("1,5;2,5\n0,5;1\n")[0].1, ["1,5", "2,5"]);
        assert_eq!(cut("1,5\t2,5\n")[0].1, ["1,5", "2,5"]);
        assert_eq!(cut("a (in m; s),b\n1,2\n")[0].1, ["a (in m; s)", "b"]);
        assert_eq!(cut("\"1;5\",2\n\"3;4\",5\n")[0].1, ["1;5", "2"]);
        assert_eq!(cut("sepal length\n1\n")[0].1, ["sepal length"]);
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let numbers = |text: &str| -> Vec<u64> { cut(text).into_iter().map(|one| one.0).collect() };
        assert_eq!(numbers("a,y\n\n1,2\n# no line\n\r\n3,4\n"), [1, 3, 6]);
        assert_eq!(numbers("sep=,\n# no line\na,y\n1,2\n"), [3, 4]);
        assert_eq!(numbers("# no line\n\n1 2\n\n3 4\n"), [3, 5]);
        assert_eq!(numbers("\"a\nb\",y\n1,2\n"), [1, 3]);
    }
}
