//! What an archive says of itself: for readers, for programs, and for `sha256sum`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::inputs::Inputs;
use super::writer::Member;
use crate::Error;
use crate::claim::{self, Verdict};
use crate::config::Experiment;
use crate::data::catalogue;
use crate::plan::coverage;
use crate::simulate::sources::Sources;

/// Version of the form of `manifest.json`.
const FORMAT: u32 = 1;

/// Command that repeats the runs, in the unpacked folder. Where the runs were shortened, claims may ask for
/// steps that are not recorded: then a key is set to what it is, which says that this is no mistake.
fn command(experiment: &Experiment) -> String {
    let covered = coverage::check(experiment, &Sources::default());
    let set = match (covered, experiment.settings.first()) {
        (Err(Error::Config { .. }), Some(first)) => {
            format!(" --set run.per_run_table={}", first.setting.per_run_table)
        }
        _ => String::new(),
    };
    format!("falign run experiment.toml --out again{set}")
}

/// Facts of an archive.
pub(super) struct Record<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) verdicts: &'a [Verdict],
    /// The folder's `meta.json`.
    pub(super) meta: Value,
    pub(super) inputs: &'a Inputs,
}

impl Record<'_> {
    /// Names of the data sets that the experiment asks for by name.
    fn data_sets(&self) -> Vec<catalogue::Entry> {
        let settings = self.experiment.settings.iter();
        let stored = settings.filter(|one| one.setting.classes.are_stored());
        let names = stored.filter_map(|one| one.setting.classes.labelled.as_deref());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        let entries = names.into_iter().map(catalogue::find);
        entries.flatten().collect()
    }

    /// The text of `README.txt`, in lines of at most 80 columns.
    pub(super) fn readme(&self) -> String {
        let experiment = self.experiment;
        let version = self.meta["version"].as_str().unwrap_or("unknown");
        let mut text = String::new();
        let mut say = |line: &str| {
            let _ = writeln!(text, "{line}");
        };
        say(&format!(
            "{}: a finished run of falign {version}",
            experiment.name
        ));
        say("");
        for (what, value) in [
            ("Title", &experiment.title),
            ("About", &experiment.about),
            ("Source", &experiment.source),
        ] {
            if !value.is_empty() {
                paragraph(&mut say, &format!("{what}: {value}"));
            }
        }
        let count = |name: &str| self.verdicts.iter().filter(|v| v.name() == name).count();
        if !self.verdicts.is_empty() {
            say(&format!(
                "Claims: {} of {} hold; manifest.json has the verdicts.",
                count("passed"),
                self.verdicts.len()
            ));
        }
        say("");
        say("In this folder");
        say("  falign show .            prints its results");
        say("  falign check .           tests its claims again, on the stored rows");
        say("  falign plot .            draws its figure again");
        say(&format!("  {}", command(experiment)));
        say("                           repeats its runs; `falign diff . again` compares");
        say("  sha256sum -c SHA256SUMS  tells whether every file is as it was");
        say("");
        for input in self.inputs.iter().filter(|input| !input.is_inside) {
            say(&format!(
                "Not inside, and needed to check or repeat: {}",
                input.name
            ));
            say(&format!("  SHA-256 {}", input.sha256));
        }
        for set in self.data_sets() {
            let line = format!(
                "Data set, not inside: {} ({}; licence: {}). Get it by `falign data fetch {}`.",
                set.title, set.source, set.licence, set.name
            );
            paragraph(&mut say, &line);
        }
        say("experiment.toml is the experiment with every key written out, results/ the");
        say("stored rows of every run, summary.csv their means, meta.json what made them,");
        say("citation.bib what to cite.");
        text
    }

    /// The text of `manifest.json`: the files that are in the archive so far, and all facts.
    pub(super) fn manifest(&self, members: &[Member]) -> String {
        let experiment = self.experiment;
        let inputs = self.inputs.iter().map(|input| {
            json!({ "path": input.name, "sha256": input.sha256, "inside": input.is_inside })
        });
        let sets = self
            .data_sets()
            .into_iter()
            .map(|set| json!({ "name": set.name, "source": set.source, "licence": set.licence }));
        let files: Map<String, Value> = members
            .iter()
            .map(|member| {
                let facts = json!({ "bytes": member.bytes, "sha256": member.sha256 });
                (member.name.clone(), facts)
            })
            .collect();
        let manifest = json!({
            "format": FORMAT,
            "experiment": {
                "name": experiment.name, "title": experiment.title,
                "about": experiment.about, "source": experiment.source,
            },
            "versions": {
                "falign": self.meta["version"],
                "numerics_version": self.meta["numerics_version"],
                "archived_by": env!("CARGO_PKG_VERSION"),
            },
            "machine": self.meta["machine"],
            "runs": self.meta["runs"],
            "claims": claim::json(self.verdicts),
            "command": command(experiment),
            "inputs": inputs.collect::<Vec<_>>(),
            "data_sets": sets.collect::<Vec<_>>(),
            "files": files,
        });
        format!("{manifest:#}\n")
    }
}

/// The text of `SHA256SUMS`, as `sha256sum` reads it.
pub(super) fn sums(members: &[Member]) -> String {
    let lines = members
        .iter()
        .map(|member| format!("{}  {}\n", member.sha256, member.name));
    lines.collect()
}

/// Columns of a line of `README.txt`.
const COLUMNS: usize = 80;

/// Says a text in lines, broken at spaces.
fn paragraph(say: &mut impl FnMut(&str), text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > COLUMNS {
            say(&line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    say(&line);
}
