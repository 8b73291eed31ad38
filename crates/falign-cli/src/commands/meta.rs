//! `meta.json` of a run folder: whether this program can read its results.

use std::path::Path;

use falign::experiment::Experiment;
use falign::experiment::folder::numerics_versions;
use falign::record::store::read_text;
use serde_json::Value;

/// Why this program cannot read the results of a folder, where they are of other numerics
/// versions than its own: the ids of their jobs are other ones. Folders of earlier programs have
/// one version for all engines.
pub(super) fn other_version(experiment: &Experiment, folder: &Path) -> Option<String> {
    let text = read_text(&folder.join("meta.json")).ok()?;
    let found: Value = serde_json::from_str(&text).ok()?;
    let versions = &found["numerics_version"];
    numerics_versions(experiment).into_iter().find_map(|(family, ours)| {
        let version = versions.as_u64().or_else(|| versions[family].as_u64())?;
        (version != u64::from(ours)).then(|| {
            format!("its results are of numerics version {version} ({family}), this program's is {ours}; run it again")
        })
    })
}
