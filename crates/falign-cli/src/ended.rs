//! How a command ends.

use std::process::ExitCode;

/// End of a command that did not fail.
pub(crate) enum Ended {
    Done,
    ClaimsFailed,
    Stopped,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(match ended {
            Ended::Done => 0,
            Ended::ClaimsFailed => 3,
            Ended::Stopped => 4,
        })
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
