//! `falign config`.

use anyhow::Result;
use falign::experiment::Overrides;

use super::{Ended, source};

#[allow(clippy::print_stdout, reason = "the command's result")]
pub(super) fn command(name: &str, resolved: bool, overrides: &Overrides) -> Result<Ended> {
    // Checked in either case, so that what is printed runs.
    let experiment = source::experiment(name, overrides)?;
    if resolved || *overrides != Overrides::none() {
        print!("{}", experiment.resolved_toml());
    } else {
        print!("{}", source::text(name)?);
    }
    Ok(Ended::Done)
}
