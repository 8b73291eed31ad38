//! `falign data`: the data sets that experiments may ask for by name.

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use falign::internal::data::catalogue::{Entry, Loaded, Proof, search_path};
use indicatif::{ProgressBar, ProgressStyle};

use crate::ended::{Ended, Usage};
use crate::fetch::{BUILT_IN, Client, Mirrors, Watcher, fetch};
use crate::output::{self, Look};
use crate::table::{Cell, Column, Table};

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the known data sets, and where they are
    List,
    /// Download data sets into the first folder of the search path, and check them
    Fetch {
        /// Names, such as mnist
        #[arg(required = true)]
        names: Vec<String>,
        /// No progress
        #[arg(long, short)]
        quiet: bool,
    },
    /// Compare the files of a data set with its checksums, shape and label counts
    Verify {
        /// Name [default: every data set that is there]
        name: Option<String>,
    },
    /// Print the folder of a data set
    Path {
        /// Name
        name: String,
    },
    /// Print the built-in file of mirrors, a template for one of your own
    Mirrors,
}

#[derive(Debug, Args)]
pub(crate) struct DataOptions {
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Look here before FALIGN_DATA and the user's cache, and fetch to here"
    )]
    data_dir: Option<PathBuf>,
    /// File of mirrors [default: falign/mirrors.toml in the user's configuration]
    #[arg(long, global = true, value_name = "FILE")]
    mirrors: Option<PathBuf>,
    /// Never ask the network; what is missing is an error
    #[arg(long, global = true)]
    offline: bool,
}

pub(super) fn command(command: &DataCommand, options: &DataOptions) -> Result<Ended> {
    let mirrors = Mirrors::load(options.mirrors.as_deref())?;
    let folders = search_path(options.data_dir.as_deref());
    match command {
        DataCommand::List => list(&mirrors, &folders)?,
        DataCommand::Fetch { names, quiet } => {
            for name in names {
                get(&mirrors, name, &folders, options.offline, *quiet)?;
            }
        }
        DataCommand::Verify { name } => verify(&mirrors, name.as_deref(), &folders)?,
        DataCommand::Path { name } => path(&mirrors, name, &folders)?,
        DataCommand::Mirrors => output::bytes(BUILT_IN.as_bytes())?,
    }
    Ok(Ended::Done)
}

fn list(mirrors: &Mirrors, folders: &[PathBuf]) -> Result<()> {
    let columns = vec![
        Column::words("name"),
        Column::number("train"),
        Column::number("test"),
        Column::number("shape"),
        Column::number("classes"),
        Column::number("download"),
        Column::words("folder"),
    ];
    let mut table = Table::new(columns, 1);
    for entry in mirrors.entries()? {
        let shape: Vec<String> = entry.sample_shape.iter().map(usize::to_string).collect();
        let place = match entry.locate(folders) {
            Ok(located) => located.folder.display().to_string().into(),
            Err(_) => Cell::new("not here", Look::Faint),
        };
        table.row(vec![
            entry.name.clone().into(),
            entry.train_samples().to_string().into(),
            entry.test_samples().to_string().into(),
            shape.join("x").into(),
            entry.classes().to_string().into(),
            megabytes(entry.download_bytes()).into(),
            place,
        ]);
    }
    table.print()?;
    output::sentence("looked in: ", &shown(folders))
}

fn shown(folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
    folders.join(", ")
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

fn get(
    mirrors: &Mirrors,
    name: &str,
    folders: &[PathBuf],
    is_offline: bool,
    is_quiet: bool,
) -> Result<()> {
    let entry = mirrors.entry(name)?;
    let Some(root) = folders.first() else {
        return Err(Usage("no folder to fetch to; name one with --data-dir".to_owned()).into());
    };
    let client = if is_offline {
        None
    } else {
        Some(Client::new()?)
    };
    let watcher = Progress::new(is_quiet);
    let urls = mirrors.urls(&entry);
    let fetched = fetch(&entry, root, urls, client.as_ref(), &watcher);
    watcher.end();
    let fetched = fetched?;
    let folder = fetched.located.folder.display();
    if fetched.new == 0 {
        return output::line(format!("{} is there and whole: {folder}", entry.title));
    }
    output::line(format!("{} is whole: {folder}", entry.title))?;
    output::line(format!(
        "source: {}; licence: {}",
        entry.source, entry.licence
    ))
}

fn verify(mirrors: &Mirrors, name: Option<&str>, folders: &[PathBuf]) -> Result<()> {
    let entries = match name {
        Some(name) => vec![mirrors.entry(name)?],
        None => mirrors.entries()?,
    };
    let (mut whole, mut failed) = (0, Vec::new());
    for entry in entries {
        match entry.locate(folders) {
            Err(error) if name.is_some() => return Err(error.into()),
            Err(_) => {}
            Ok(located) => match entry.load(&located) {
                Ok(loaded) => {
                    whole += 1;
                    show_whole(&entry, &located.folder, &loaded)?;
                }
                Err(error) => {
                    output::line(format!("{}: FAILED: {error}", entry.name))?;
                    failed.push(entry.name);
                }
            },
        }
    }
    if !failed.is_empty() {
        bail!(
            "not as published: {0}; `falign data fetch {1}` mends it",
            failed.join(", "),
            failed.join(" "),
        );
    }
    if whole == 0 {
        bail!("no data set is in {}", shown(folders));
    }
    Ok(())
}

fn show_whole(entry: &Entry, folder: &Path, loaded: &Loaded) -> Result<()> {
    output::line(format!("{}: {}", entry.name, folder.display()))?;
    for (path, proof) in &loaded.files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let verdict = match proof {
            Proof::Content => "checksum of the content is right".to_owned(),
            Proof::Published => "checksum of the published file is right".to_owned(),
            Proof::Unproven { content_sha256 } => format!(
                "shape and label counts are right; no checksum of its content is known, \
                 it is {content_sha256}"
            ),
        };
        output::line(format!("  {name}: {verdict}"))?;
    }
    Ok(())
}

fn path(mirrors: &Mirrors, name: &str, folders: &[PathBuf]) -> Result<()> {
    let located = mirrors.entry(name)?.locate(folders)?;
    output::line(located.folder.display())
}

/// Progress on stderr: a bar on a terminal, one line for each event elsewhere.
struct Progress {
    is_quiet: bool,
    /// The bar of the current file.
    bar: RefCell<Option<(String, ProgressBar)>>,
}

impl Progress {
    fn new(is_quiet: bool) -> Self {
        Self {
            is_quiet,
            bar: RefCell::default(),
        }
    }

    fn end(&self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Watcher for Progress {
    fn note(&self, text: &str) {
        self.end();
        if !self.is_quiet {
            output::note(text);
        }
    }

    fn progress(&self, file: &str, have: u64, total: Option<u64>) {
        if self.is_quiet || !std::io::stderr().is_terminal() {
            return;
        }
        let mut current = self.bar.borrow_mut();
        if current.as_ref().is_none_or(|(name, _)| name != file) {
            let (bar, template) = match total {
                Some(total) => (
                    ProgressBar::new(total),
                    "{msg}  {bytes} of {total_bytes}, {bytes_per_sec}",
                ),
                None => (ProgressBar::no_length(), "{msg}  {bytes}, {bytes_per_sec}"),
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(file.to_owned());
            *current = Some((file.to_owned(), bar));
        }
        if let Some((_, bar)) = &*current {
            bar.set_position(have);
        }
    }
}
