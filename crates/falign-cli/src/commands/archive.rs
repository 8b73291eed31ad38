//! `falign archive`: a finished run folder as one file for a repository of data.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use falign::internal::archive::{archive, beside};
use falign::internal::memory::shown;
use falign::rule::Registry;

use super::verdicts::Count;
use super::words::counted;
use crate::ended::Ended;
use crate::output;

#[derive(Debug, Args)]
pub(super) struct ArchiveArgs {
    /// Run folder, finished
    dir: PathBuf,
    /// File to write [default: DIR.zip]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Put the experiment's own data files into it too; without this it says where they belong
    #[arg(long)]
    with_data: bool,
}

pub(super) fn command(args: &ArchiveArgs, rules: &Registry) -> Result<Ended> {
    let out = args.out.clone().unwrap_or_else(|| beside(&args.dir));
    let archived = archive(&args.dir, &out, args.with_data, rules)?;
    let what = format!(
        "{}, {}; {}",
        counted(archived.files as u64, "file"),
        shown(archived.bytes as f64),
        Count::of(&archived.verdicts).line()
    );
    output::sentence(&format!("{}: ", out.display()), &what)?;
    for (name, sha256) in &archived.left_out {
        output::note(format!(
            "falign: {name} is not in it (--with-data puts it there)\n  SHA-256 {sha256}"
        ));
    }
    Ok(Ended::Done)
}
