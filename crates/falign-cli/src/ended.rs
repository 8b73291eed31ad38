//! How a command ends.

/// Exit codes, each with its meaning.
pub(crate) const EXIT_CODES: [(u8, &str); 6] = [
    (0, "done, and every claim that was checked holds"),
    (
        1,
        "something failed: a file cannot be read or written, say, or the doctor found what nothing works without",
    ),
    (
        2,
        "a mistake in the command, in an experiment file or in data",
    ),
    (
        3,
        "a claim failed or cannot be decided, or a check of an audit failed",
    ),
    (
        4,
        "stopped by Ctrl-C or SIGTERM; the command that goes on was printed",
    ),
    (130, "stopped at once by a second Ctrl-C"),
];

/// End of a command that did not fail.
pub(crate) enum Ended {
    Done,
    ClaimsFailed,
    Stopped,
}

impl From<Ended> for u8 {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Done => 0,
            Ended::ClaimsFailed => 3,
            Ended::Stopped => 4,
        }
    }
}

/// An error of usage, for exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}
