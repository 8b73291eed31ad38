//! `meta.json` of a run folder: what made it, and how its runs ended.

use std::collections::BTreeMap;
use std::path::Path;

use falign::experiment::Experiment;
use falign::math::simd;
use falign::record::run_table::RunTable;
use serde_json::{Value, json};

/// Of the families of engines that an experiment runs.
fn numerics_versions(experiment: &Experiment) -> BTreeMap<&'static str, u32> {
    let settings = experiment.settings.iter();
    settings
        .map(|one| one.setting.resolved_engine().family())
        .map(|family| (family.name(), family.numerics_version()))
        .collect()
}

/// The text of `meta.json` of a complete folder.
pub(super) fn text(
    experiment: &Experiment,
    table: &RunTable,
    seconds: f64,
    threads: Option<u16>,
) -> String {
    let count = |name: &str| {
        table
            .settings
            .iter()
            .flat_map(|s| &s.outcomes)
            .filter(|o| o.name() == name)
            .count()
    };
    let seeds: std::collections::BTreeSet<u64> =
        experiment.settings.iter().map(|s| s.setting.seed).collect();
    let meta = json!({
        "name": experiment.name,
        "version": env!("CARGO_PKG_VERSION"),
        "numerics_version": numerics_versions(experiment),
        "seeds": seeds,
        "wall_seconds": seconds,
        "threads": threads,
        "machine": {
            "architecture": std::env::consts::ARCH,
            "system": std::env::consts::OS,
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "instruction_set": simd::best_path().name(),
        },
        "runs": {
            "finished": count("finished"),
            "converged": count("converged"),
            "stalled": count("stalled"),
            "diverged": count("diverged"),
        },
    });
    format!("{meta:#}\n")
}

/// Why this program cannot read the results of a folder, where they are of other numerics
/// versions than its own: the ids of their jobs are other ones. Folders of earlier programs have
/// one version for all engines.
pub(super) fn other_version(experiment: &Experiment, folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("meta.json")).ok()?;
    let found: Value = serde_json::from_str(&text).ok()?;
    let versions = &found["numerics_version"];
    numerics_versions(experiment).into_iter().find_map(|(family, ours)| {
        let version = versions.as_u64().or_else(|| versions[family].as_u64())?;
        (version != u64::from(ours)).then(|| {
            format!("its results are of numerics version {version} ({family}), this program's is {ours}; run it again")
        })
    })
}
