//! `falign cite`: BibTeX of the paper, of what an experiment or a rule is from, and of falign.

use std::path::Path;

use anyhow::Result;
use falign::internal::config::cite::bibliography;
use falign::rule::Registry;

use super::{OverrideArgs, source};
use crate::ended::Ended;
use crate::output;

pub(super) fn command(name: Option<&Path>, rules: &Registry) -> Result<Ended> {
    let rule = name.and_then(Path::to_str).and_then(|name| rules.get(name));
    let text = match (name, rule) {
        (None, _) => bibliography(None, &[]),
        (_, Some(rule)) => bibliography(None, std::slice::from_ref(rule)),
        (Some(name), None) => {
            let experiment = source::experiment(Some(name), &OverrideArgs::default(), rules)?;
            bibliography(Some(&experiment), &[])
        }
    };
    output::bytes(text.as_bytes())?;
    Ok(Ended::Done)
}
