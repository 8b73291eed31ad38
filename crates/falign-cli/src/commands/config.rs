//! `falign config`.

use anyhow::Result;
use falign::experiment::Overrides;

use super::{Ended, source};
use crate::output;

pub(super) fn command(name: &str, resolved: bool, overrides: &Overrides) -> Result<Ended> {
    // Checked in either case, so that what is printed runs.
    let experiment = source::experiment(name, overrides)?;
    let text = if resolved || *overrides != Overrides::none() {
        experiment.resolved_toml()
    } else {
        source::text(name)?
    };
    output::bytes(text.as_bytes())?;
    Ok(Ended::Done)
}
