//! Folders of the runs that a check makes.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use falign::internal::config::Experiment;
use tempfile::TempDir;

use super::{CheckArgs, is_pattern};
use crate::commands::words;

/// Folders in which experiments are run that have no results yet.
pub(super) struct Folders<'a> {
    args: &'a CheckArgs,
    program: &'a OsStr,
    /// Temporary folder, made when it is needed.
    temporary: Option<TempDir>,
}

impl<'a> Folders<'a> {
    pub(super) fn new(args: &'a CheckArgs, program: &'a OsStr) -> Self {
        Self {
            args,
            program,
            temporary: None,
        }
    }

    /// The folder given with `--out`, or the temporary one.
    fn root(&mut self) -> Result<PathBuf> {
        if let Some(out) = &self.args.run.out {
            return Ok(out.clone());
        }
        let temporary = match self.temporary.take() {
            Some(made) => made,
            None => tempfile::Builder::new()
                .prefix("falign-")
                .tempdir()
                .context("cannot make a temporary folder")?,
        };
        Ok(self.temporary.insert(temporary).path().to_owned())
    }

    /// The folder of one experiment: several do not share theirs.
    pub(super) fn of(&mut self, experiment: &Experiment) -> Result<PathBuf> {
        let root = self.root()?;
        Ok(if self.args.target.as_deref().is_some_and(is_pattern) {
            root.join(&experiment.name)
        } else {
            root
        })
    }

    /// The exact command that goes on with a check that was stopped.
    pub(super) fn resume(&mut self) -> Result<String> {
        let mut start = vec![self.program.to_owned(), "check".into()];
        start.extend(self.args.target.clone().map(Into::into));
        start.extend(self.args.stored.words());
        Ok(words::resume(start, &self.args.run, &self.root()?))
    }

    /// Keeps what is finished for the resume command.
    pub(super) fn keep(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let _ = temporary.keep();
        }
    }
}
