//! A place in a text that was typed, as an error shows it: the line with the value underlined.

use std::fmt;
use std::ops::Range;

/// Characters of a line that are shown at most.
const SHOWN: usize = 100;

/// A place in a typed text.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides};
/// use falign::Error;
/// let text = "name = \"wide\"\n[network]\nwidth = 0\n";
/// let Err(Error::Config { place: Some(place), .. }) = Experiment::parse(text, &Overrides::none()) else {
///     panic!("refused, with the place");
/// };
/// assert_eq!((place.line, place.column, place.text.as_str()), (3, 9, "width = 0"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, `--set`, or empty for a text without a name.
    pub source: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column of the value's first character, counted from 1.
    pub column: usize,
    /// Characters of the value on that line, at least 1.
    pub length: usize,
    /// The line.
    pub text: String,
}

impl Place {
    /// The place of the bytes `span` of `text`.
    pub(crate) fn new(source: &str, text: &str, span: &Range<usize>) -> Self {
        let floor = |at: usize| text.floor_char_boundary(at.min(text.len()));
        let (start, end) = (floor(span.start), floor(span.end));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let within = text[start..end.clamp(start, line_end)].trim_end();
        Self {
            source: source.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            length: within.chars().count().max(1),
            text: text[line_start..line_end].to_owned(),
        }
    }
}

/// Ends a message: a line feed, then the place.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, place) = match self.source.as_str() {
            "--set" => (String::new(), "--set".to_owned()),
            "" => (
                self.line.to_string(),
                format!("line {}, column {}", self.line, self.column),
            ),
            file => (
                self.line.to_string(),
                format!("{file}:{}:{}", self.line, self.column),
            ),
        };
        let margin = " ".repeat(number.len());
        // Of a long line, what stands around the value; what a terminal would obey is a mark.
        let before = self.column - 1;
        let skipped = before.saturating_sub(SHOWN / 2);
        let shown = self.text.chars().skip(skipped).take(SHOWN);
        let shown: String = shown
            .map(|c| match c {
                '\t' => ' ',
                c if c.is_control() || c.escape_debug().len() > 2 => '\u{fffd}',
                c => c,
            })
            .collect();
        let marks = self.length.min(SHOWN - (before - skipped).min(SHOWN - 1));
        write!(
            f,
            "\n {margin}--> {place}\n {margin} |\n {number} | {}\n {margin} | {}{}",
            shown.trim_end(),
            " ".repeat(before - skipped),
            "^".repeat(marks),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_shows_its_line_with_the_value_underlined() {
        let text = "name = \"a\"\n[network]\nwidth = -1   # none\n";
        let start = text.find("-1").unwrap();
        let place = Place::new("a.toml", text, &(start..start + 2));
        assert_eq!((place.line, place.column, place.length), (3, 9, 2));
        let expected = "\n  --> a.toml:3:9\n   |\n 3 | width = -1   # none\n   |         ^^";
        assert_eq!(place.to_string(), expected);
        let set = Place::new("--set", "network.width=-1", &(14..16));
        let expected = "\n --> --set\n  |\n  | network.width=-1\n  |               ^^";
        assert_eq!(set.to_string(), expected);
    }

    #[test]
    fn a_value_of_many_lines_is_underlined_to_the_end_of_the_first() {
        let text = "x = [\n  1,\n]\n";
        let place = Place::new("", text, &(4..text.len()));
        assert_eq!((place.line, place.column, place.length), (1, 5, 1));
        assert!(place.to_string().starts_with("\n  --> line 1, column 5\n"));
    }

    #[test]
    fn long_lines_are_cut_around_the_value_and_nothing_commands_a_terminal() {
        let text = format!("x = {}\u{1b}[2J", "9".repeat(1000));
        let place = Place::new("", &text, &(900..text.len()));
        let shown = place.to_string();
        assert!(
            shown.lines().all(|line| line.chars().count() <= 110),
            "{shown}"
        );
        assert!(!shown.contains('\u{1b}'), "{shown}");
        // A span that no text has.
        assert_eq!(Place::new("", "ä", &(1..9)).column, 1);
    }
}
