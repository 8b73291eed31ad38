//! The plan: an experiment as an ordered list of jobs with stable ids.
//!
//! A job is one setting and a fixed number of runs, whatever the number of threads. Its id is
//! a hash of everything that its result depends on, so the same job has the same id on every
//! machine and a stored result can be recognised. Equal ids mean equal results.

pub mod belongs;
pub(crate) mod cells;
pub(crate) mod coverage;
pub mod execute;
pub mod folder;
pub mod in_folder;
pub mod in_memory;
pub mod inputs;
pub mod need;
pub mod notes;
pub(crate) mod result_file;
pub mod run_rows;
pub mod run_table;
pub mod share;
pub mod so_far;
pub mod summary;
pub(crate) mod tables;
pub(crate) mod work;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

use crate::config::setting::{FIELDS, Length, Setting, defaults};
use crate::config::{Experiment, keys};
use crate::data::Scaling;
use crate::file::text_path;
use crate::rule::Rule;
use crate::{Error, Result};

/// Length of a job's id.
const ID_DIGITS: usize = 32;

/// Consecutive runs of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// 32 hexadecimal digits.
    pub id: String,
    /// Index into [`Experiment::settings`].
    pub setting_index: usize,
    /// The runs.
    pub runs: Range<u64>,
}

/// Jobs of an experiment: settings in order, runs ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// SHA-256 of the content of each input file that the settings name, by its path.
    pub inputs: BTreeMap<String, String>,
}

/// Keys that say how work is cut or shown, not what a run computes.
pub(super) const NOT_IN_ID: [&str; 4] = ["runs", "runs_per_job", "per_run_table", "data_dir"];

/// Keys whose default was this word before it was `auto`: ids leave that out as they did, and
/// name `auto` where it is something else.
const FORMER_DEFAULTS: [(&str, &str); 2] = [
    ("feedback_step_size", "step_size"),
    ("feedback_decay", "ridge"),
];

/// Whether `auto` of one of them stands for the word that it took the place of.
fn is_former_default(leaf: &str, setting: &Setting) -> bool {
    match setting.rule {
        Rule::WeightMirror => false,
        Rule::HebbianFeedback => leaf == "feedback_step_size" && setting.two_layer().is_some(),
        _ => true,
    }
}

impl Plan {
    /// The plan of a checked experiment. Reads the input files that its settings name, for
    /// their content is part of the ids.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key of an input file that cannot be read, or if there are
    /// more jobs than a folder can hold.
    pub fn new(experiment: &Experiment) -> Result<Self> {
        refuse_too_many(experiment)?;
        let identities = Identities::new(experiment)?;
        let mut jobs = Vec::new();
        for (setting_index, labelled) in experiment.settings.iter().enumerate() {
            let setting = &labelled.setting;
            let mut start = 0;
            while start < setting.runs {
                let end = setting.runs.min(start + setting.runs_per_job);
                jobs.push(Job {
                    id: identities.id(setting_index, &(start..end)),
                    setting_index,
                    runs: start..end,
                });
                start = end;
            }
        }
        let inputs = identities.contents;
        Ok(Self { jobs, inputs })
    }

    /// One JSON object per line and job: `id`, `setting`, `runs` as `[first, end)`.
    pub fn to_jsonl(&self) -> String {
        self.jobs.iter().fold(String::new(), |mut text, job| {
            let Job {
                id,
                setting_index,
                runs,
            } = job;
            let _ = writeln!(
                text,
                r#"{{"id":"{id}","setting":{setting_index},"runs":[{},{}]}}"#,
                runs.start, runs.end
            );
            text
        })
    }
}

/// Identities of the settings, which ids hash.
pub(super) struct Identities {
    of_settings: Vec<Identity>,
    /// Hashes of input files by their path.
    contents: BTreeMap<String, String>,
}

impl Identities {
    /// Identities of all settings. Reads the input files that they name.
    pub(super) fn new(experiment: &Experiment) -> Result<Self> {
        let mut contents = BTreeMap::new();
        let settings = experiment.settings.iter();
        let of_settings = settings
            .map(|one| Identity::new(&one.setting, &mut contents))
            .collect::<Result<_>>()?;
        Ok(Self {
            of_settings,
            contents,
        })
    }

    /// The id of a job of these runs, whether or not the plan has one.
    pub(super) fn id(&self, setting_index: usize, runs: &Range<u64>) -> String {
        self.of_settings[setting_index].id(runs)
    }
}

/// Values that an id hashes, without the runs.
#[derive(Serialize)]
struct Identity {
    numerics_version: u32,
    /// Canonical values that are not the defaults; files by the hash of their content.
    setting: BTreeMap<&'static str, serde_json::Value>,
}

impl Identity {
    fn new(setting: &Setting, contents: &mut BTreeMap<String, String>) -> Result<Self> {
        let mut values = BTreeMap::new();
        let from_file = setting.train_data.is_some() || setting.classes.are_stored();
        for field in FIELDS.iter() {
            let leaf = field.key.leaf;
            let Some(value) = (field.get)(setting) else {
                continue;
            };
            // Which samples are for validation depends on it, whatever they come from.
            let network = setting.network();
            let is_split = leaf == "dataset" && network.is_some_and(|s| s.deep().validation > 0);
            // Two-layer networks that scale nothing have no such key.
            let is_unscaled = leaf == "scaling"
                && network.is_none()
                && setting.classes.resolved_scaling() == Scaling::None;
            let is_unused = is_unscaled
                || (from_file && field.key.is_generated() && !is_split)
                || (leaf == "steps"
                    && network.is_some_and(|s| matches!(s.length, Length::Epochs(_))))
                || !field.key.is_read_by(setting);
            // Defaults are left out, so that stored results outlive keys that are new.
            let former = FORMER_DEFAULTS.iter().find(|(key, _)| *key == leaf);
            let is_former = former.is_some_and(|(_, word)| value.as_str() == Some(word));
            let is_default = is_former
                || ((field.same)(setting, defaults())
                    && (former.is_none() || is_former_default(leaf, setting)));
            if NOT_IN_ID.contains(&leaf) || is_unused || is_default {
                continue;
            }
            let value = match value.as_str() {
                Some(path) if field.key.is_path() => {
                    let hash = content_hash(leaf, path, contents)?;
                    serde_json::Value::String(format!("sha256:{hash}"))
                }
                _ => json(&value),
            };
            values.insert(leaf, value);
        }
        if crate::config::setting::reads_infinite_kernels(setting)
            && let Some(version) = crate::theory::infinite_kernels_version(setting.activation)
        {
            values.insert("infinite_kernels", version.into());
        }
        if let Some(custom) = setting.rule.custom() {
            values.insert("rule_version", custom.version().into());
        }
        if has_double_inputs(setting)? {
            // They were once rounded to single precision, and results of then have other numbers.
            values.insert("labelled_inputs", "f64".into());
        }
        Ok(Self {
            numerics_version: setting.family().numerics_version(),
            setting: values,
        })
    }

    fn id(&self, runs: &Range<u64>) -> String {
        let text = serde_json::to_string(&(self, [runs.start, runs.end]))
            .expect("string keys and finite numbers always write");
        let mut id = crate::file::sha256(text.as_bytes());
        id.truncate(ID_DIGITS);
        id
    }
}

/// Whether samples with classes have inputs that single precision cannot hold.
fn has_double_inputs(setting: &Setting) -> Result<bool> {
    match &setting.classes.labelled_data {
        Some(path) => crate::data::has_double_inputs(path),
        None => Ok(false),
    }
}

/// More jobs than this, one file each, are a slip of the pen.
const MAX_JOBS: u64 = 1_000_000;

fn refuse_too_many(experiment: &Experiment) -> Result<()> {
    let settings = experiment.settings.iter().map(|one| &one.setting);
    let jobs: u64 = settings.map(|s| s.runs.div_ceil(s.runs_per_job)).sum();
    if jobs <= MAX_JOBS {
        return Ok(());
    }
    Err(Error::config(
        "run.runs_per_job",
        experiment.settings[0].setting.runs_per_job,
        format!("makes {jobs} jobs, and {MAX_JOBS} is the limit; raise it, or lower run.runs"),
    ))
}

fn content_hash(leaf: &str, path: &str, contents: &mut BTreeMap<String, String>) -> Result<String> {
    if let Some(hash) = contents.get(path) {
        return Ok(hash.clone());
    }
    let hash = hash_of(leaf, &text_path(path)).map_err(|error| match error {
        Error::Io { source, .. } => {
            let (key, allowed) = keys::leaf(leaf).map_or_else(
                || (leaf.to_owned(), String::new()),
                |key| (key.dotted(), key.allowed()),
            );
            Error::config(
                key,
                path,
                format!("cannot be read: {source}; expected {allowed}"),
            )
        }
        other => other,
    })?;
    contents.insert(path.to_owned(), hash.clone());
    Ok(hash)
}

/// Hash of a file's content; for keys that take a folder, of the files with their names where the
/// data lie, or those of its folder `weights` if it is a run folder.
fn hash_of(leaf: &str, path: &Path) -> Result<String> {
    if !path.is_dir() || matches!(leaf, "train_data" | "held_out_data") {
        return crate::file::content_hash(path);
    }
    let weights = path.join("weights");
    let folder = match leaf {
        "labelled_data" => crate::data::folder_of_files(path)?,
        _ if weights.is_dir() => weights,
        _ => path.to_owned(),
    };
    let entries = std::fs::read_dir(&folder).map_err(|source| Error::io(&folder, source))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|source| Error::io(&folder, source))?.path();
        if file.is_file() {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            files.push(format!("{name} {}", crate::file::content_hash(&file)?));
        }
    }
    files.sort();
    Ok(crate::file::sha256(files.join("\n").as_bytes()))
}

/// TOML to JSON, tables by sorted key.
fn json(value: &toml::Value) -> serde_json::Value {
    serde_json::to_value(value).expect("plain values always convert")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use crate::file::scratch::Scratch;
    use ndarray::Array2;

    fn plan(text: &str) -> Plan {
        let text = format!("name = \"test\"\n{text}");
        Plan::new(&Experiment::parse(&text, &Overrides::none()).unwrap()).unwrap()
    }

    #[test]
    fn jobs_cover_every_run_once_whatever_the_remainder() {
        let jobs = plan("[run]\nruns = 12\n[sweep]\n\"network.width\" = [10, 20]").jobs;
        let ranges: Vec<_> = jobs
            .iter()
            .map(|job| (job.setting_index, job.runs.clone()))
            .collect();
        assert_eq!(
            ranges,
            [
                (0, 0..5),
                (0, 5..10),
                (0, 10..12),
                (1, 0..5),
                (1, 5..10),
                (1, 10..12)
            ]
        );
        let mut ids: Vec<_> = jobs.iter().map(|job| &job.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    }

    #[test]
    fn ids_hash_the_resolved_setting_and_nothing_else() {
        let id = |text: &str| plan(text).jobs[0].id.clone();
        let base = id("[run]\nruns = 10");
        assert_eq!(base.len(), 32);
        // A default spelt out, another number of runs, another label: the same job.
        assert_eq!(base, id("[run]\nruns = 10\nengine = \"linear\""));
        assert_eq!(base, id("[run]\nruns = 20"));
        assert_eq!(
            base,
            id("title = \"x\"\n[sweep]\n\"network.width\" = [3200.0]")
        );
        for changed in [
            "[run]\nseed = 1",
            "[run]\nengine = \"sample_space\"",
            "[run]\nprecision = \"f32\"",
            "[network]\ndraw = \"gram\"",
            "[learning]\nridge = 1e-9",
            "[run]\nruns_per_job = 4",
        ] {
            assert_ne!(base, id(changed), "{changed}");
        }
    }

    #[test]
    fn an_id_is_the_same_on_every_machine() {
        // Changes only when the setting's canonical form or the numerics version changes.
        let plan = plan("[run]\nruns = 1");
        assert_eq!(
            plan.to_jsonl(),
            "{\"id\":\"af9bef06c0112854cc1ed097f92a3ca9\",\"setting\":0,\"runs\":[0,1]}\n"
        );
    }

    /// The identity of the only setting, on labelled data in a file.
    fn identity_on(path: &Path, text: &str) -> Identity {
        let text = format!(
            "name = \"test\"\n[data]\nlabelled_data = '{}'\n{text}\n[learning]\nstep_size = 0.1",
            path.display()
        );
        let experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
        Identity::new(&experiment.settings[0].setting, &mut BTreeMap::new()).unwrap()
    }

    /// Four training samples of one input, and two test samples.
    fn labelled(folder: &Scratch, name: &str, unit: f64) -> std::path::PathBuf {
        let column = |values: &[f64]| Array2::from_shape_fn((values.len(), 1), |(i, _)| values[i]);
        let path = folder.path().join(name);
        let arrays = [
            ("x_train", column(&[0.0, unit, 2.0 * unit, 3.0 * unit])),
            ("y_train", column(&[0.0, 1.0, 0.0, 1.0])),
            ("x_test", column(&[0.5, 1.5])),
            ("y_test", column(&[0.0, 1.0])),
        ];
        crate::data::tests::save_npz(&path, &arrays);
        path
    }

    #[test]
    fn only_inputs_that_single_precision_cannot_hold_have_an_entry() {
        let folder = Scratch::new("plan-doubles");
        for (name, unit, expected) in [("single", 0.25, false), ("double", 0.1, true)] {
            let path = labelled(&folder, &format!("{name}.npz"), unit);
            let setting = identity_on(&path, "").setting;
            assert_eq!(setting.contains_key("labelled_inputs"), expected, "{name}");
        }
    }

    /// A folder above the files would else count as empty, whatever they are.
    #[test]
    fn the_files_below_a_named_folder_count() {
        let folder = Scratch::new("plan-below");
        let raw = folder.path().join("MNIST/raw");
        std::fs::create_dir_all(&raw).unwrap();
        let id = |path: &Path, pixel: u8| {
            for (name, shape) in crate::data::IDX_FILES
                .into_iter()
                .zip([&[1, 1, 2][..], &[1]].repeat(2))
            {
                let values = if shape.len() == 1 {
                    vec![0]
                } else {
                    vec![pixel, 9]
                };
                crate::data::idx::save_idx(&raw.join(name), shape, &values).unwrap();
            }
            identity_on(path, "").id(&(0..1))
        };
        assert_ne!(id(folder.path(), 7), id(folder.path(), 8));
        assert_eq!(id(folder.path(), 7), id(&raw, 7));
    }

    #[test]
    fn how_validation_samples_are_drawn_counts_where_samples_are_stored() {
        let folder = Scratch::new("plan-split");
        let path = labelled(&folder, "a.npz", 0.25);
        let id = |keys: &str| identity_on(&path, keys).id(&(0..1));
        assert_ne!(
            id("validation = 2"),
            id("validation = 2\ndataset = \"shared\"")
        );
        assert_ne!(id("validation = 2"), id("validation = 1"));
    }

    #[test]
    fn only_settings_that_read_a_changed_kernel_have_its_version() {
        let has = |text: &str| {
            let text = format!("name = \"test\"\n{text}");
            let experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
            let setting = &experiment.settings[0].setting;
            let identity = Identity::new(setting, &mut BTreeMap::new()).unwrap();
            identity.setting.contains_key("infinite_kernels")
        };
        let auto = "[learning]\nstep_size = \"auto\"";
        for activation in ["tanh", "sigmoid", "softplus", "erf"] {
            let network = format!("[network]\nactivation = \"{activation}\"");
            assert!(has(&format!("{network}\n{auto}")), "{activation}");
            assert!(has(&format!(
                "{network}\n[learning]\nridge = {{ gamma = 1 }}"
            )));
            assert!(has(&format!(
                "{network}\n[run]\nquantities = [\"lazy_loss\"]"
            )));
            let number = "[learning]\nstep_size = 0.1";
            assert!(!has(&format!("{network}\n{number}")), "{activation}");
        }
        for activation in ["linear", "relu", "leaky_relu"] {
            let network = format!("[network]\nactivation = \"{activation}\"");
            assert!(!has(&format!("{network}\n{auto}")), "{activation}");
        }
    }

    #[test]
    fn a_rules_new_default_is_in_the_id_where_it_computes_something_else() {
        let id = |rule: &str, more: &str| {
            let text = format!(
                "[network]\nhidden_widths = [9]\n[learning]\nstep_size = 0.1\nrule = \"{rule}\"\n{more}\n[run]\nruns = 1"
            );
            plan(&text).jobs[0].id.clone()
        };
        let former = "feedback_step_size = \"step_size\"\nfeedback_decay = \"ridge\"";
        // Ids of the program before there was "auto".
        for (rule, before) in [
            ("weight_mirror", "04f454bb528964abefc8bced1e607d12"),
            ("hebbian_feedback", "cd9f91edfd567ce4b11860ae8562bed8"),
            ("kolen_pollack", "60fa7ae3fc690ae45d2e70eb291638ce"),
            ("feedback_alignment", "05898c11397c8532505638246bf75fab"),
        ] {
            assert_eq!(id(rule, former), before, "{rule}");
            let is_new = matches!(rule, "weight_mirror" | "hebbian_feedback");
            assert_eq!(id(rule, "") != before, is_new, "{rule}");
            let one = [
                "feedback_step_size = \"step_size\"",
                "feedback_decay = \"ridge\"",
            ];
            for one in one {
                assert_eq!(id(rule, one) != before, is_new, "{rule} {one}");
            }
        }
    }

    /// The key is younger than these ids.
    #[test]
    fn how_mirrors_respond_is_in_the_id_where_it_is_no_default() {
        let id = |more: &str| {
            let text = format!(
                "[network]\nhidden_widths = [9]\n[learning]\nstep_size = 0.1\nrule = \"weight_mirror\"\nfeedback_step_size = \"step_size\"\nfeedback_decay = \"ridge\"\n{more}\n[run]\nruns = 1"
            );
            plan(&text).jobs[0].id.clone()
        };
        let before = "04f454bb528964abefc8bced1e607d12";
        assert_eq!(id("mirror_response = \"linear\""), before);
        let one = id("mirror_response = { activation = 1 }");
        let other = id("mirror_response = { activation = 0.1 }");
        assert!(one != before && other != before && one != other);
    }

    #[test]
    fn input_files_count_by_content() {
        let folder = std::env::temp_dir().join(format!("falign-plan-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let id = |name: &str, content: &str| {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            let text = format!("[data]\ntrain_data = '{}'", path.display());
            plan(&text).jobs[0].id.clone()
        };
        let first = id("a.csv", "1,2");
        assert_eq!(first, id("b.csv", "1,2"));
        assert_ne!(first, id("a.csv", "1,3"));
        std::fs::remove_dir_all(&folder).unwrap();
        let gone = format!(
            "name = \"test\"\n[data]\ntrain_data = '{}'",
            folder.join("a.csv").display()
        );
        let experiment = Experiment::parse(&gone, &Overrides::none()).unwrap();
        let message = Plan::new(&experiment).unwrap_err().to_string();
        assert!(message.contains("a.csv"), "{message}");
    }
}
