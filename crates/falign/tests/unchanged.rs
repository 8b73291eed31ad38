//! Identities and numbers that moving code must not change: hashes of the job ids of all built-in
//! plans, and of what short runs record.
//!
//! A change of numbers changes a line here, in a commit that says which and why. `FALIGN_TEST_WRITE=1`
//! writes the files anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use falign::internal::config::builtin::BUILTIN;
use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::data::catalogue;
use falign::internal::math::arithmetic;
use falign::internal::math::simd::{Path, best_path, force_path};
use falign::internal::plan::Plan;
use falign::internal::simulate::{RunResult, SavedWeights};
use falign::rule::Rule;
use sha2::{Digest, Sha256};

use crate::support::data_sets::real_mnist;
use crate::support::deep::{IMAGES, run};

/// Digits of a hash: a chance of 2^-64 to miss a change.
const DIGITS: usize = 16;

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut text = String::new();
    for byte in &digest[..DIGITS / 2] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Compares lines `NAME: HASH` with a file of `unchanged/`. What the file has beyond them must be
/// in `skipped`.
fn compare(file: &str, found: &BTreeMap<String, String>, skipped: &dyn Fn(&str) -> bool) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/unchanged")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let read = |line: &str| {
        let (name, hash) = line.split_once(": ").expect("NAME: HASH");
        (name.to_owned(), hash.to_owned())
    };
    let mut wanted: BTreeMap<String, String> = text.lines().map(read).collect();
    if std::env::var_os("FALIGN_TEST_WRITE").is_some() {
        wanted.retain(|name, _| skipped(name));
        wanted.extend(found.clone());
        let lines = wanted
            .iter()
            .map(|(name, hash)| format!("{name}: {hash}\n"));
        std::fs::write(&path, lines.collect::<String>()).unwrap();
        return;
    }
    let mut wrong = Vec::new();
    for (name, hash) in found {
        match wanted.remove(name) {
            Some(before) if before == *hash => {}
            Some(before) => wrong.push(format!("{name}: {hash}, was {before}")),
            None => wrong.push(format!("{name}: {hash}, is new")),
        }
    }
    let gone = wanted.into_keys().filter(|name| !skipped(name));
    wrong.extend(gone.map(|name| format!("{name}: is gone")));
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

#[test]
fn every_built_in_plan_keeps_its_job_ids() {
    let mnist = real_mnist();
    let mut found = BTreeMap::new();
    let mut skipped = Vec::new();
    for builtin in &BUILTIN {
        let mut overrides = Overrides {
            set: Vec::new(),
            cases: vec!["all".to_owned()],
        };
        let plain = Experiment::parse(builtin.text, &overrides);
        let Ok(experiment) = plain else {
            panic!("{}: {plain:?}", builtin.name);
        };
        let labelled = experiment
            .settings
            .iter()
            .any(|one| wants_files(&one.setting));
        let experiment = match (&mnist, labelled) {
            (_, false) => experiment,
            (Some(folder), true) => {
                let folder = folder.display();
                overrides.set.push(format!("data.data_dir={folder}"));
                Experiment::parse(builtin.text, &overrides).unwrap()
            }
            (None, true) => {
                skipped.push(builtin.name);
                continue;
            }
        };
        let plan = Plan::new(&experiment).unwrap();
        let ids: Vec<&str> = plan.jobs.iter().map(|job| job.id.as_str()).collect();
        let line = format!("{} jobs, {}", ids.len(), hash(ids.join(" ").as_bytes()));
        found.insert(builtin.name.to_owned(), line);
    }
    if !skipped.is_empty() {
        say(&format!(
            "ids of {}: FALIGN_TEST_DATA does not name a folder with MNIST",
            skipped.join(", ")
        ));
    }
    compare("ids.txt", &found, &|name| skipped.contains(&name));
}

/// Loudly: not by `eprintln`, which a passing test swallows.
fn say(what: &str) {
    let text = format!("SKIPPED: {what}\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

fn wants_files(setting: &Setting) -> bool {
    let name = setting.classes.labelled.as_deref();
    name.is_some_and(|name| catalogue::find(name).is_ok())
}

/// Values that a run gives, bit by bit; NaN in one form.
fn bits(result: &RunResult) -> String {
    let mut bytes = Vec::new();
    let mut add = |value: f64| {
        let value = if value.is_nan() { f64::NAN } else { value };
        bytes.extend_from_slice(&value.to_bits().to_le_bytes());
    };
    for (&step, row) in result.rows.steps.iter().zip(&result.rows.values) {
        add(step as f64);
        row.iter().copied().for_each(&mut add);
    }
    for weights in result.weights.iter().flatten() {
        match weights {
            SavedWeights::TwoLayer(weights) => {
                for matrix in [&weights.hidden, &weights.output, &weights.feedback] {
                    matrix.iter().copied().for_each(&mut add);
                }
            }
            SavedWeights::Deep(file) => {
                for name in file.names() {
                    let (_, values) = file.get(name).expect("its name");
                    values.iter().copied().for_each(&mut add);
                }
            }
        }
    }
    hash(&bytes)
}

fn setting(text: &str, set: &[String]) -> Option<Setting> {
    let overrides = Overrides {
        set: set.to_vec(),
        cases: Vec::new(),
    };
    let experiment = Experiment::parse(text, &overrides).ok()?;
    Some(experiment.settings[0].setting.clone())
}

/// Seven samples and two outputs, all of which engines do in rows.
const SMALL: &str = r#"
name = "small"
[data]
samples = 7
input_dim = 5
outputs = 2
held_out = 3
[network]
width = 37
[learning]
step_size = 0.07
ridge = 0.3
feedback_correlation = 0.2
[run]
seed = 11
runs = 1
steps = 5
record = { every = 2 }
save_weights = "both"
"#;

/// One output and enough samples for the tiles of `sample_space`, in both precisions.
const TILES: [&str; 3] = ["data.samples=29", "data.outputs=1", "network.width=83"];

const ACTIVATIONS: [&str; 7] = [
    "linear",
    "relu",
    "tanh",
    "sigmoid",
    "erf",
    "softplus",
    "leaky_relu",
];
const RULES: [&str; 5] = [
    "feedback_alignment",
    "backpropagation",
    "kolen_pollack",
    "hebbian_feedback",
    "oja_feedback",
];

/// Options of a two-layer run, apart from rule, precision and activation.
const VARIANTS: [&[&str]; 8] = [
    &["learning.dropout=0.3"],
    &["learning.ridge_form=per_step", "learning.ridge=0.01"],
    &["learning.schedule=cutoff", "learning.cutoff=2"],
    &["network.output_scale=2.5"],
    &[
        "data.inputs=orthonormal",
        "data.samples=4",
        "learning.step_size=auto",
    ],
    &["network.draw=gram", "run.save_weights=none"],
    &["run.steps={ tau = 0.08 }"],
    &["data.targets=signs", "learning.step_size={ over_M = 0.4 }"],
];

fn key(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// The hash of every combination of an engine, a rule, a precision and an activation that there is.
fn two_layer() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut include = |name: String, set: &[String]| {
        if let Some(setting) = setting(SMALL, set) {
            found.insert(name, bits(&run(&setting, 0)));
        }
    };
    for engine in ["reference", "sample_space", "linear"] {
        for precision in ["f64", "f32"] {
            let base = [key("run.engine", engine), key("run.precision", precision)];
            for activation in ACTIVATIONS {
                let base = [&base[..], &[key("network.activation", activation)]].concat();
                let name = format!("{engine} {precision} {activation}");
                for rule in RULES {
                    let set = [&base[..], &[key("learning.rule", rule)]].concat();
                    include(format!("{name} {rule}"), &set);
                    let tiles = TILES.map(str::to_owned);
                    include(
                        format!("{name} {rule} in tiles"),
                        &[&set[..], &tiles].concat(),
                    );
                }
                for variant in VARIANTS {
                    let variant: Vec<String> = variant.iter().map(|&set| set.to_owned()).collect();
                    let set = [&base[..], &variant].concat();
                    include(format!("{name} {}", variant.join(" ")), &set);
                }
            }
        }
    }
    for variant in VARIANTS {
        let end = variant.join(" ");
        assert!(
            found.keys().any(|name| name.ends_with(&end)),
            "{end}: refused by all engines"
        );
    }
    found
}

#[test]
fn two_layer_networks_keep_their_bits_on_every_path() {
    let best = best_path();
    for path in [Path::Portable, Path::Avx2, Path::Avx512, Path::Neon] {
        let is_here =
            path == Path::Portable || path == best || (path, best) == (Path::Avx2, Path::Avx512);
        if !is_here {
            say(&format!("the bits of {} on this processor", path.name()));
            continue;
        }
        force_path(Some(path));
        let found = two_layer();
        force_path(None);
        compare("two_layer.txt", &found, &|_| false);
    }
}

const OPTIMISERS: [&str; 5] = ["sgd", "momentum", "nesterov", "rmsprop", "adam"];

/// Options of a deep network, apart from rule, precision and activation.
const DEEP_VARIANTS: [&[&str]; 7] = [
    &["learning.loss=squared_error"],
    &["learning.loss=squared_error_logistic"],
    &["learning.step_size=auto"],
    &["learning.step_size_schedule=cosine"],
    &["network.feedback_rank=2", "learning.ridge_layers=all"],
    &[
        "network.weight_sparsity=0.3",
        "network.feedback_sparsity=0.4",
    ],
    &["network.initialisation=he", "network.feedback_signs=true"],
];

#[test]
fn deep_networks_keep_their_bits_where_products_round_alike() {
    let mut found = BTreeMap::new();
    let mut refused = Vec::new();
    let mut include = |name: &str, set: &[String]| {
        if let Some(setting) = setting(IMAGES, set) {
            found.insert(format!("{} {name}", arithmetic()), bits(&run(&setting, 0)));
        } else {
            refused.push(name.to_owned());
        }
    };
    for precision in ["f64", "f32"] {
        let with = |set: &[String]| [&[key("run.precision", precision)], set].concat();
        for rule in Rule::ALL {
            let set = with(&[key("learning.rule", rule.name())]);
            include(&format!("{precision} {}", rule.name()), &set);
        }
        for activation in ACTIVATIONS {
            let set = with(&[key("network.activation", activation)]);
            include(&format!("{precision} {activation}"), &set);
        }
        for optimiser in OPTIMISERS {
            let set = with(&[
                key("learning.optimiser", optimiser),
                key("learning.step_size", "0.01"),
            ]);
            include(&format!("{precision} {optimiser}"), &set);
        }
        for variant in DEEP_VARIANTS {
            let variant: Vec<String> = variant.iter().map(|&set| set.to_owned()).collect();
            include(
                &format!("{precision} {}", variant.join(" ")),
                &with(&variant),
            );
        }
    }
    // Oja's rule is one of two-layer networks.
    refused.retain(|name| !name.ends_with("oja_feedback"));
    assert!(refused.is_empty(), "refused: {}", refused.join(", "));
    let here = arithmetic();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/unchanged/deep.txt");
    let known = std::fs::read_to_string(path).unwrap_or_default();
    let writes = std::env::var_os("FALIGN_TEST_WRITE").is_some();
    if !writes && !known.lines().any(|line| line.starts_with(here)) {
        say(&format!("bits of deep networks: none are known for {here}"));
        return;
    }
    compare("deep.txt", &found, &|name| !name.starts_with(here));
}
