//! `falign cite`: BibTeX of the paper, of what an experiment, a run folder or a rule is from, and of falign.

use std::path::Path;

use anyhow::Result;
use falign::internal::config::cite::{self, bibliography};
use falign::internal::plan::folder;
use falign::rule::Registry;

use super::{OverrideArgs, source};
use crate::ended::Ended;
use crate::output;

pub(super) fn command(name: Option<&Path>, run: Option<&Path>, rules: &Registry) -> Result<Ended> {
    let rule = name
        .and_then(Path::to_str)
        .and_then(|name| cite::rule(name, rules));
    let text = match (run, name, rule) {
        (Some(dir), _, _) => {
            let experiment = folder::experiment(dir, rules)?;
            bibliography(Some(&experiment), &[], folder::version(dir).as_deref())
        }
        (None, None, _) => bibliography(None, &[], None),
        (None, _, Some(rule)) => bibliography(None, std::slice::from_ref(rule), None),
        (None, Some(name), None) => {
            let experiment = source::experiment(Some(name), &OverrideArgs::default(), rules)?;
            bibliography(Some(&experiment), &[], None)
        }
    };
    output::bytes(text.as_bytes())?;
    Ok(Ended::Done)
}
