//! `falign list`.

use anyhow::Result;
use falign::internal::config::{Experiment, Overrides, builtin};

use crate::ended::Ended;
use crate::output;

pub(super) fn command() -> Result<Ended> {
    let mut rows = Vec::new();
    for builtin in &builtin::BUILTIN {
        let experiment = Experiment::parse(builtin.text, &Overrides::none())?;
        rows.push((builtin.name, experiment.title, experiment.expected_time));
    }
    let width = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    for (name, title, time) in rows {
        output::line(format!("{name:width$}  {title} ({time})"))?;
    }
    Ok(Ended::Done)
}
