//! `falign config`.

use std::path::Path;

use anyhow::Result;
use falign::internal::config::Overrides;
use falign::rule::Registry;

use super::{OverrideArgs, source};
use crate::ended::Ended;
use crate::output;

pub(super) fn command(
    name: Option<&Path>,
    resolved: bool,
    overrides: &OverrideArgs,
    rules: &Registry,
) -> Result<Ended> {
    // Checked in either case, so that what is printed runs.
    let experiment = source::experiment(name, overrides, rules)?;
    let text = match name {
        Some(name) if !resolved && overrides.overrides() == Overrides::none() => {
            source::text(name)?
        }
        _ => experiment.resolved_toml(),
    };
    output::bytes(text.as_bytes())?;
    Ok(Ended::Done)
}
