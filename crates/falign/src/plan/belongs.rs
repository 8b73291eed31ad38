//! Whether a run folder is an experiment's: it is if their plans have the same jobs. Titles, prose,
//! figures and claims do not count, nor does how the file is spelt.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::{EXPERIMENT, META, ORIGIN, PLAN, numerics_versions};
use super::result_file::RESULTS;
use super::{Identities, Job, NOT_IN_ID, Plan};
use crate::config::setting::{FIELDS, Field};
use crate::config::{Experiment, Overrides};
use crate::file::sealed::unseal;
use crate::file::{read_text, write_atomic};
use crate::rule::Registry;
use crate::{Error, Result};

/// Relation of a run folder to an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// The folder is the experiment's. There may be more runs now: jobs of these ids were the last ones of
    /// their settings, and are parts of longer jobs.
    Same {
        /// Ids of jobs that the plan no longer has.
        superseded: Vec<String>,
    },
    /// The folder is not the experiment's; why, as a clause that follows the folder's name.
    Other(String),
}

/// Compares the plan of a run folder with that of an experiment.
///
/// # Errors
/// [`Error::Config`] naming an input file that cannot be read.
pub fn belonging(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<Belonging> {
    let old = match jobs_of(folder, experiment.rules()) {
        Ok(jobs) => jobs,
        Err(why) => return Ok(Belonging::Other(format!("is no run folder: {why}"))),
    };
    let is_same =
        |(old, new): (&OldJob, &Job)| old.id == new.id && old.setting == new.setting_index;
    if old.len() == plan.jobs.len() && old.iter().zip(&plan.jobs).all(is_same) {
        let superseded = Vec::new();
        return Ok(Belonging::Same { superseded });
    }
    let identities = Identities::new(experiment)?;
    let settings = experiment.settings.len();
    let is_of_setting =
        |job: &OldJob| job.setting < settings && identities.id(job.setting, &job.range()) == job.id;
    let old_settings = old.iter().map(|job| job.setting + 1).max().unwrap_or(0);
    if old_settings != settings || !old.iter().all(is_of_setting) {
        return Ok(Belonging::Other(difference(experiment, plan, folder)));
    }
    Ok(with_other_runs(experiment, plan, &old))
}

/// Refuses a run folder that is not its own experiment's any more.
///
/// # Errors
/// [`Error::Record`] with the reason: another numerics version, or data that have changed; else as
/// [`belonging`].
pub fn check(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<()> {
    match belonging(experiment, plan, folder)? {
        Belonging::Same { .. } => Ok(()),
        Belonging::Other(why) => Err(Error::record(
            folder,
            format!("{why}; run it again in another folder"),
        )),
    }
}

/// A line of `plan.jsonl`.
#[derive(Debug, Deserialize)]
pub(super) struct OldJob {
    pub(super) id: String,
    pub(super) setting: usize,
    runs: [u64; 2],
}

impl OldJob {
    /// Jobs of a `plan.jsonl`; `None` where it is none.
    pub(super) fn parse(text: &str) -> Option<Vec<Self>> {
        let lines = text.lines();
        lines.map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub(super) fn range(&self) -> Range<u64> {
        self.runs[0]..self.runs[1]
    }
}

/// The jobs of a folder as it says, or else those of the experiment that it has.
fn jobs_of(folder: &Path, rules: &Registry) -> Result<Vec<OldJob>, String> {
    let own = folder.join(EXPERIMENT);
    if let Err(error) = read_text(&own) {
        return Err(format!("its {EXPERIMENT} cannot be read ({error})"));
    }
    let written = read_text(&folder.join(PLAN)).ok();
    if let Some(jobs) = written.and_then(|text| OldJob::parse(&text)) {
        return Ok(jobs);
    }
    let experiment = Experiment::load_with(&own, &Overrides::none(), rules);
    let plan = experiment.and_then(|experiment| Plan::new(&experiment));
    let plan = plan.map_err(|error| format!("its {PLAN} cannot be read, and {error}"))?;
    let job = |job: Job| OldJob {
        id: job.id,
        setting: job.setting_index,
        runs: [job.runs.start, job.runs.end],
    };
    Ok(plan.jobs.into_iter().map(job).collect())
}

/// Relation of a folder with the same settings, but other runs.
fn with_other_runs(experiment: &Experiment, plan: &Plan, old: &[OldJob]) -> Belonging {
    let new: HashMap<(usize, u64), &Job> = plan
        .jobs
        .iter()
        .map(|job| ((job.setting_index, job.runs.start), job))
        .collect();
    let mut superseded = Vec::new();
    for job in old {
        let runs = experiment.settings[job.setting].setting.runs;
        if job.runs[1] > runs {
            return Belonging::Other(format!(
                "has {} runs of a setting or more, and run.runs = {runs} would leave some out",
                job.runs[1]
            ));
        }
        match new.get(&(job.setting, job.runs[0])) {
            Some(now) if now.id == job.id => {}
            Some(now) if now.runs.end > job.runs[1] => superseded.push(job.id.clone()),
            _ => {
                return Belonging::Other(format!(
                    "has jobs of {} runs, which run.runs_per_job cuts in another way",
                    job.runs[1] - job.runs[0]
                ));
            }
        }
    }
    Belonging::Same { superseded }
}

/// Reason why the settings are not those of the folder, as far as the folder tells.
fn difference(experiment: &Experiment, plan: &Plan, folder: &Path) -> String {
    if let Some(why) = other_version(experiment, folder) {
        return why;
    }
    let origin = Origin::read(folder).unwrap_or_default();
    let changed = plan.inputs.iter().find(|(path, hash)| {
        let known = origin.inputs.get(*path);
        known.is_some_and(|known| known != *hash)
    });
    if let Some((path, _)) = changed {
        return format!("was made of other data: {path} has changed since");
    }
    let other = "belongs to another experiment (or other overrides)";
    let (own, rules) = (folder.join(EXPERIMENT), experiment.rules());
    let Ok(own) = Experiment::load_with(&own, &Overrides::none(), rules) else {
        return other.to_owned();
    };
    if let Some(detail) = first_difference(&own, experiment) {
        return format!("{other}: {detail}");
    }
    if let Some(why) = other_rule_version(&origin, experiment) {
        return why;
    }
    let knows = |path: &String| origin.inputs.contains_key(path);
    if plan.inputs.keys().all(knows) {
        "has results of another version of falign, whose numbers in these settings are others"
    } else {
        "has the same settings, but data that have changed or another version of falign"
    }
    .to_owned()
}

/// The first key whose value differs.
fn first_difference(there: &Experiment, here: &Experiment) -> Option<String> {
    let (old, new) = (there.settings.len(), here.settings.len());
    if old != new {
        return Some(format!("settings: {old} there, {new} here"));
    }
    let pairs = there.settings.iter().zip(&here.settings);
    pairs.into_iter().find_map(|(there, here)| {
        let differs = |field: &&&Field| {
            !NOT_IN_ID.contains(&field.key.leaf) && !(field.same)(&there.setting, &here.setting)
        };
        let Field { key, get, .. } = FIELDS.iter().find(differs)?;
        let shown = |setting| get(setting).map_or_else(|| "unset".to_owned(), |v| v.to_string());
        let (old, new) = (shown(&there.setting), shown(&here.setting));
        let key = key.dotted();
        Some(format!("{key} = {old} there, {new} here"))
    })
}

/// Versions and inputs that made a run folder, besides its experiment.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Origin {
    /// Version of each family of engines, by its name; one for all in folders of early programs.
    numerics_version: serde_json::Value,
    /// SHA-256 of the content of each input file, by its path.
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    /// Version of each custom learning rule, by its name; `null` of one without.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    custom_rules: BTreeMap<String, Option<String>>,
}

/// Versions of the custom learning rules of an experiment, by name.
fn custom_rules(experiment: &Experiment) -> BTreeMap<String, Option<String>> {
    let settings = experiment.settings.iter();
    let custom = settings.filter_map(|one| one.setting.rule.custom());
    custom
        .map(|custom| {
            let version = custom.version().map(str::to_owned);
            (custom.name().to_owned(), version)
        })
        .collect()
}

/// Reason why a folder is of another version of a custom learning rule, if it is.
fn other_rule_version(origin: &Origin, experiment: &Experiment) -> Option<String> {
    let shown = |version: &Option<String>| match version {
        Some(version) => format!("version {version}"),
        None => "no version".to_owned(),
    };
    custom_rules(experiment).iter().find_map(|(name, ours)| {
        let theirs = origin.custom_rules.get(name)?;
        (theirs != ours).then(|| {
            format!(
                "has results of learning rule \"{name}\" with {}, this program's has {}",
                shown(theirs),
                shown(ours)
            )
        })
    })
}

impl Origin {
    /// Origin of a folder; what is finished says it in `meta.json` too.
    fn read(folder: &Path) -> Option<Self> {
        let read = |name: &str| {
            let text = read_text(&folder.join(name)).ok()?;
            serde_json::from_str(&text).ok()
        };
        read(ORIGIN).or_else(|| read(META))
    }
}

/// Writes what makes a run folder: numerics versions, and the content of input files.
pub(super) fn write_origin(experiment: &Experiment, plan: &Plan, folder: &Path) -> Result<()> {
    let origin = Origin {
        numerics_version: serde_json::json!(numerics_versions(experiment)),
        inputs: plan.inputs.clone(),
        custom_rules: custom_rules(experiment),
    };
    let text = serde_json::to_string_pretty(&origin).expect("texts and numbers always write");
    write_atomic(&folder.join(ORIGIN), format!("{text}\n").as_bytes())
}

/// Reason why this program cannot read the results of a folder, where they are of other numerics versions
/// than its own.
fn other_version(experiment: &Experiment, folder: &Path) -> Option<String> {
    let versions = match Origin::read(folder) {
        Some(origin) => origin.numerics_version,
        None => version_of_a_result(folder)?,
    };
    numerics_versions(experiment)
        .into_iter()
        .find_map(|(family, ours)| {
            let version = versions.as_u64().or_else(|| versions[family].as_u64())?;
            (version != u64::from(ours)).then(|| {
                format!(
                    "has results of numerics version {version} ({family}), this program's is {ours}"
                )
            })
        })
}

/// Version in the first result, for a folder of early programs that was not finished.
fn version_of_a_result(folder: &Path) -> Option<serde_json::Value> {
    let entries = std::fs::read_dir(folder.join(RESULTS)).ok()?;
    let mut headers = entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        unseal(&path).ok().map(|(header, _)| header)
    });
    headers.find_map(|header| header.get("numerics_version").cloned())
}
