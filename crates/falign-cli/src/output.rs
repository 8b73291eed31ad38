//! Output of the program: results on stdout, everything else on stderr, and never a panic.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _, stderr, stdout};
use std::sync::LazyLock;

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result};
use clap::builder::styling::{AnsiColor, Effects, Style};

use crate::table::wrap::wrapped;

/// Looks of a piece of text, where stdout takes colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Look {
    #[default]
    Plain,
    /// Heads of tables.
    Head,
    /// Words that matter less than what they stand beside.
    Faint,
    Good,
    Bad,
    /// Neither good nor bad, and to be looked at.
    Doubtful,
}

impl Look {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Head => Style::new().effects(Effects::BOLD),
            Self::Faint => Style::new().effects(Effects::DIMMED),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Self::Doubtful => AnsiColor::Yellow.on_default(),
        }
    }

    /// The text as stdout shows it: in colour on a terminal, unless `NO_COLOR` is set, and as it is
    /// elsewhere.
    pub(crate) fn on(self, text: impl Display) -> String {
        if self == Self::Plain || !has_colours() {
            return text.to_string();
        }
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// Whether stdout takes colours, as clap decides for its help.
pub(crate) fn has_colours() -> bool {
    static FOUND: LazyLock<bool> =
        LazyLock::new(|| AutoStream::choice(&stdout()) != ColorChoice::Never);
    *FOUND
}

/// Columns of a sentence where nothing says how many a line has: in a pipe or a file, which people read too.
const PROSE: usize = 80;

/// Columns that a line of stdout has: those of `COLUMNS`, or of the terminal. In a pipe there is no
/// limit, so that a row of a table stays one line, which other programs read.
pub(crate) fn columns() -> Option<usize> {
    static FOUND: LazyLock<Option<usize>> = LazyLock::new(|| {
        let asked = std::env::var("COLUMNS").ok();
        let asked = asked.and_then(|text| text.parse().ok()).filter(|&c| c > 0);
        asked.or_else(|| {
            let out = stdout();
            let (width, _) = out
                .is_terminal()
                .then(|| terminal_size::terminal_size_of(&out))??;
            Some(usize::from(width.0))
        })
    });
    *FOUND
}

/// Writes a line of results to stdout.
///
/// # Errors
/// If it cannot be written, for instance because the disk is full. A reader that has gone away
/// (`falign keys | head`) is no error: it has what it wanted.
pub(crate) fn line(text: impl Display) -> Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a sentence as [`line()`] does, in as many lines as the terminal needs, and of 80 columns elsewhere:
/// the first after `first`, the others after as many spaces.
pub(crate) fn sentence(first: &str, text: &str) -> Result<()> {
    broken(first, text, columns().unwrap_or(PROSE))
}

/// Writes a name and its text as [`sentence()`] does, but in one line where there is no terminal: a row of
/// a list.
pub(crate) fn row(first: &str, text: &str) -> Result<()> {
    broken(first, text, columns().unwrap_or(usize::MAX))
}

fn broken(first: &str, text: &str, columns: usize) -> Result<()> {
    let indent = first.chars().count();
    let mut start = first.to_owned();
    for part in wrapped(text, columns.saturating_sub(indent)) {
        line(format!("{start}{part}"))?;
        start = " ".repeat(indent);
    }
    Ok(())
}

/// [`line()`] for a text that ends its own lines.
pub(crate) fn bytes(text: &[u8]) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}

/// Writes a line to stderr. Where even that fails there is nobody to tell.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(stderr(), "{text}");
}
