//! `falign show`: what run folders hold, as a table in the terminal or for other programs.

mod forms;
mod list;
mod network;
mod rows;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use falign::rule::Registry;
use toml::Value;

use super::OverrideArgs;
use super::selection::{no_column_twice, selection};
use super::stored_table::Folder;
use crate::ended::{Ended, Usage};
use crate::output;

pub(super) use self::forms::{is_number, print_last, usual};
pub(super) use self::rows::{Rows, Step};

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ShowArgs {
    /// Run folders, finished or not; or a folder of run folders, which is listed
    #[arg(required_unless_present = "network")]
    dirs: Vec<PathBuf>,
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["dirs", "quantities", "step", "filter", "sort", "csv", "latex"],
        help = "Show the layers of this experiment's networks, a file or a built-in one: shapes, weights, multiply-adds of a sample"
    )]
    network: Option<PathBuf>,
    /// Override a key of the experiment of --network, such as network.layers.2.kernel=3
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "network")]
    set: Vec<String>,
    /// Show the network of this case only (repeatable)
    #[arg(long = "case", value_name = "NAME", requires = "network")]
    cases: Vec<String>,
    /// Quantities to show, such as alignment,loss
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    quantities: Vec<String>,
    /// Step to show: a recorded one, first, last or all [default: last; with --json and --csv all]
    #[arg(long)]
    step: Option<Step>,
    #[arg(
        long = "where",
        value_name = "COLUMN=VALUE",
        value_parser = selection,
        help = "Rows to show: a column's value or a list of them, such as width=3200 or width=[100,200] (repeatable, for other columns)"
    )]
    filter: Vec<(String, Value)>,
    /// Order of the rows: by a column, or by the mean of a quantity
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// Sort from the largest to the smallest
    #[arg(long, requires = "sort")]
    descending: bool,
    /// Print the rows of the summary as CSV
    #[arg(long, conflicts_with_all = ["json", "latex"])]
    csv: bool,
    /// Print the table as LaTeX, for the package booktabs
    #[arg(long, conflicts_with = "json")]
    latex: bool,
    /// Print the rows of the summary, or the layers of --network, as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn command(args: &ShowArgs, rules: &Registry) -> Result<Ended> {
    if let Some(file) = &args.network {
        let overrides = OverrideArgs {
            set: args.set.clone(),
            cases: args.cases.clone(),
            ..OverrideArgs::default()
        };
        network::print(file, &overrides, args.json, rules)?;
        return Ok(Ended::Done);
    }
    no_column_twice(&args.filter)?;
    if let [dir] = &args.dirs[..]
        && let Some(folders) = list::run_folders(dir)?
    {
        list::print(&folders, args.json)?;
        return Ok(Ended::Done);
    }
    let is_data = args.json || args.csv;
    let mut folders = Vec::new();
    for dir in &args.dirs {
        let folder = Folder::read(dir, rules)?;
        if let Some(state) = &folder.state {
            let text = state.line(dir);
            if is_data || args.latex {
                output::note(format!("falign: {text}"));
            } else {
                output::sentence("", &text)?;
            }
        }
        folders.push((dir.display().to_string(), folder.table));
    }
    let tables = folders
        .into_iter()
        .filter_map(|(name, table)| Some((name, table?)));
    let tables: Vec<_> = tables.collect();
    if tables.is_empty() {
        // No run of any is stored yet, as was said.
        return Ok(Ended::Done);
    }
    let named = args.dirs.len() > 1;
    let mut rows = Rows::of(&tables, named)?;
    let step = args
        .step
        .unwrap_or(if is_data { Step::All } else { Step::Last });
    rows.choose(&args.filter, step)?;
    if let Some(column) = &args.sort {
        rows.sort(column, args.descending)?;
    }
    let wanted: Vec<&str> = args.quantities.iter().map(String::as_str).collect();
    for quantity in &wanted {
        rows.check_quantity(quantity)?;
    }
    if args.json {
        output::line(format!("{:#}", forms::json(&rows, &wanted)))?;
    } else if args.csv {
        output::bytes(&forms::csv(&rows, &wanted)?)?;
    } else {
        let shown = forms::Shown::of(&rows, &wanted);
        if args.latex {
            output::bytes(shown.latex().as_bytes())?;
        } else {
            shown.print()?;
        }
    }
    Ok(Ended::Done)
}

/// Error of usage about a folder that nothing can be shown of.
pub(super) fn no_results(dir: &std::path::Path) -> anyhow::Error {
    Usage(format!(
        "{} has no summary.csv: no run folder, and none in it",
        dir.display()
    ))
    .into()
}
