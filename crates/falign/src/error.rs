//! The one error type of the library.
//!
//! Every variant is structured so that a caller can match on it; every message names the
//! thing, its value and the fix. Divergence and convergence of a run are **not** errors:
//! they are an [`Outcome`](crate::simulate::Outcome) in the record.

mod place;

use std::path::{Path, PathBuf};

pub use self::place::Place;

/// A result whose error is [`enum@Error`].
///
/// # Example
/// ```
/// fn load() -> falign::Result<usize> {
///     Ok(falign::data::load_dataset("no_such_file.csv".as_ref())?.samples())
/// }
/// assert!(load().unwrap_err().to_string().contains("no_such_file.csv"));
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Characters of a cell, a name or a value that a message shows at most.
const SHOWN: usize = 60;

/// A text from a file or a user as a message shows it: on one line, cut to 60 characters, and
/// what a terminal would obey rather than print as an escape.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for character in text.chars() {
        let piece: String = match character {
            '\'' | '"' | '\\' => character.into(),
            _ => character.escape_debug().collect(),
        };
        length += piece.chars().count();
        if length > SHOWN {
            // Room for the dots.
            while out.chars().count() > SHOWN - 3 {
                out.pop();
            }
            return out + "...";
        }
        out += &piece;
    }
    out
}

/// A text as it was typed, unless a terminal would obey some of it.
fn printable(text: String) -> String {
    if text.contains(char::is_control) {
        shown(&text)
    } else {
        text
    }
}

/// A reason, which may quote a file: what a terminal would obey is an escape, but for line feeds.
fn harmless(reason: String) -> String {
    let obeyed = |c: char| !"\n'\"\\".contains(c) && c.escape_debug().len() > 1;
    if !reason.contains(obeyed) {
        return reason;
    }
    let mut out = String::new();
    for character in reason.chars() {
        if obeyed(character) {
            out.extend(character.escape_debug());
        } else {
            out.push(character);
        }
    }
    out
}

/// Request that ends the message of a fault.
const REPORT: &str = "this is a fault of falign itself; please report it with what you ran and the output of `falign doctor --json`";

/// Error of the library, by the thing that is wrong.
///
/// # Example
/// ```
/// use falign::Error;
/// use ndarray::array;
/// let run = falign::train(&array![[1.0, 2.0]], &array![0.5]).ridge(-1.0).run();
/// match run.unwrap_err() {
///     Error::Config { key, value, allowed, .. } => {
///         assert_eq!((key.as_str(), value.as_str()), ("learning.ridge", "-1.0"));
///         assert!(!allowed.is_empty()); // says what is accepted
///     }
///     other => panic!("{other}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array has the wrong shape.
    #[error("{what} has shape {got}, expected {expected}")]
    Shape {
        /// The array, by its public name.
        what: String,
        /// The shape or rule it must satisfy.
        expected: String,
        /// The shape it has.
        got: String,
    },
    /// A key of an experiment has a value that cannot be used.
    #[error("{key} = {value}: {allowed}{}", place.as_ref().map_or_else(String::new, ToString::to_string))]
    Config {
        /// The dotted key, `network.width`.
        key: String,
        /// The value as typed.
        value: String,
        /// Accepted values, or how to mend it.
        allowed: String,
        /// Place where it was typed, if it was.
        place: Option<Box<Place>>,
    },
    /// A data file cannot be used.
    #[error("{}: {reason}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// Reason, with the row or byte where it is known.
        reason: String,
    },
    /// The operating system refused a file operation.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of a run folder is damaged, foreign or missing.
    #[error("{}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Reason why it cannot be used.
        reason: String,
    },
    /// The caller asked to stop, and there is no value.
    #[error("stopped before it was done")]
    Stopped,
    /// The program itself is at fault: it panicked.
    #[error("{place}: {message}; {}", REPORT)]
    Fault {
        /// Work that was being done.
        place: String,
        /// Message of the panic.
        message: String,
    },
}

impl Error {
    /// An [`Error::Config`].
    pub fn config(
        key: impl Into<String>,
        value: impl std::fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        Self::Config {
            key: printable(key.into()),
            value: printable(value.to_string()),
            allowed: printable(allowed.into()),
            place: None,
        }
    }

    /// An [`Error::Config`] with its place, unless it has one.
    pub(crate) fn at(mut self, find: impl FnOnce() -> Place) -> Self {
        if let Self::Config { place, .. } = &mut self
            && place.is_none()
        {
            *place = Some(Box::new(find()));
        }
        self
    }

    /// An [`Error::Shape`].
    pub fn shape(
        what: impl Into<String>,
        expected: impl std::fmt::Display,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::Shape {
            what: what.into(),
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }

    /// An [`Error::Data`].
    pub fn data(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Data {
            path: path.as_ref().to_path_buf(),
            reason: harmless(reason.into()),
        }
    }

    /// An [`Error::Io`].
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io {
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// An [`Error::Record`].
    pub fn record(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Record {
            path: path.as_ref().to_path_buf(),
            reason: harmless(reason.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, shown};

    #[test]
    fn what_a_message_shows_is_short_and_no_command_to_a_terminal() {
        for (text, expected) in [
            ("sepal 'length'", "sepal 'length'"),
            ("größe \\ \"2\"", "größe \\ \"2\""),
            ("\u{1b}[31mred\0", "\\u{1b}[31mred\\0"),
            ("two\nlines\t", "two\\nlines\\t"),
            ("\u{202e}tfel", "\\u{202e}tfel"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let (most, more) = ("x".repeat(60), "x".repeat(100_000));
        assert_eq!(shown(&most), most);
        assert_eq!(shown(&more), "x".repeat(57) + "...");
    }

    #[test]
    fn typed_values_are_shown_whole_unless_they_are_commands_to_a_terminal() {
        let long = "x".repeat(100);
        let text = Error::config("claim.a\0", &long, "a number").to_string();
        assert_eq!(text, format!("claim.a\\0 = {long}: a number"));
        let text = Error::config("name", "\u{1b}[2J", "letters").to_string();
        assert_eq!(text, "name = \\u{1b}[2J: letters");
    }

    #[test]
    fn reasons_that_quote_a_file_are_no_commands_to_a_terminal() {
        let reason = "version \u{1b}[2J\u{7f}\r'\u{202e}',\nnot \"1\"";
        let expected = "a.bin: version \\u{1b}[2J\\u{7f}\\r'\\u{202e}',\nnot \"1\"";
        for error in [Error::data("a.bin", reason), Error::record("a.bin", reason)] {
            assert_eq!(error.to_string(), expected);
        }
    }
}
