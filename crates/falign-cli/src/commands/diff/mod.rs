//! `falign diff`: two run folders compared, in their settings, their values and their bytes.

mod files;
mod settings;
mod values;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use falign::rule::Registry;
use serde_json::json;

use self::files::Files;
use self::values::Values;
use super::show::{Rows, Step};
use super::stored_table::Folder;
use crate::ended::{Ended, Usage};
use crate::output;
use crate::table::{Column, Table};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// A run folder
    a: PathBuf,
    /// Another one
    b: PathBuf,
    /// Quantities to compare, such as alignment,loss [default: all that both have, of which the usual ones are shown]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    quantities: Vec<String>,
    /// Step to compare at: a recorded one, first, last or all
    #[arg(long, default_value = "last")]
    step: Step,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn command(args: &DiffArgs, rules: &Registry) -> Result<Ended> {
    let dirs = [args.a.as_path(), args.b.as_path()];
    let [a, b] = dirs.map(|dir| rows(dir, args.step, rules));
    let rows = [a?, b?];
    for rows in &rows {
        for quantity in &args.quantities {
            rows.check_quantity(quantity)?;
        }
    }
    let settings = settings::differences(dirs)?;
    let values = Values::of(&rows, &args.quantities);
    let files = Files::of(dirs)?;
    if args.json {
        let keys = settings
            .iter()
            .map(|one| json!({ "key": one.key, "a": one.values[0], "b": one.values[1] }));
        let report = json!({
            "a": args.a.display().to_string(), "b": args.b.display().to_string(),
            "settings": keys.collect::<Vec<_>>(), "values": values.json(), "files": files.json(),
        });
        output::line(format!("{report:#}"))?;
        return Ok(Ended::Done);
    }
    output::sentence("A: ", &args.a.display().to_string())?;
    output::sentence("B: ", &args.b.display().to_string())?;
    output::line("")?;
    if settings.is_empty() {
        output::line("settings: the same")?;
    } else {
        let columns = ["setting", "A", "B"].map(Column::words);
        let mut table = Table::new(columns.to_vec(), 1);
        for one in settings {
            let [a, b] = one.values.map(Option::unwrap_or_default);
            table.row([one.key, a, b].map(Into::into).to_vec());
        }
        table.print()?;
    }
    output::line("")?;
    values.print()?;
    output::line("")?;
    output::sentence("", &files.line())?;
    Ok(Ended::Done)
}

fn rows(dir: &Path, step: Step, rules: &Registry) -> Result<Rows> {
    let folder = Folder::read(dir, rules)?;
    if let Some(state) = &folder.state {
        output::note(format!("falign: {}", state.line(dir)));
    }
    let Some(table) = folder.table else {
        return Err(Usage(format!("{}: no run is stored yet", dir.display())).into());
    };
    let mut rows = Rows::of(&[(String::new(), table)], false)?;
    rows.choose(&[], step)?;
    Ok(rows)
}
