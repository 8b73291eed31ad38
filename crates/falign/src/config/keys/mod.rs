//! The key table: every key of an experiment file, its default and its range, in one place.
//!
//! Parsing, "did you mean", `--set` and `docs/config.md` all read this table, so they cannot
//! disagree.

mod table;

use std::fmt::Write as _;

pub use self::table::KEYS;

/// One key of `[data] [network] [learning] [run]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The section, `network`.
    pub section: &'static str,
    /// The name within the section, unique across all sections: `width`.
    pub leaf: &'static str,
    /// The default as TOML text; empty if the key is unset by default.
    pub default: &'static str,
    /// What is accepted: type, range, names.
    pub allowed: &'static str,
    /// What the key means.
    pub meaning: &'static str,
}

impl Key {
    /// The dotted key, `network.width`.
    pub fn dotted(&self) -> String {
        format!("{}.{}", self.section, self.leaf)
    }

    /// The default as a value; `None` if the key is unset by default.
    pub fn default_value(&self) -> Option<toml::Value> {
        super::read::parse_value(self.default)
    }
}

/// The sections of an experiment file, in order, each with what it describes.
pub const SECTIONS: [(&str, &str); 4] = [
    ("data", "the training data"),
    ("network", "the network and its start"),
    ("learning", "the learning rule, its step and its ridge"),
    ("run", "how long, how often, and what is measured"),
];

/// The keys at the top of an experiment file, each with its meaning.
pub const TOP_KEYS: [(&str, &str); 6] = [
    ("name", "short name; also the default folder, `runs/NAME`"),
    ("title", "one line"),
    (
        "about",
        "prose: what the experiment shows and how firmly it is known",
    ),
    ("source", "where the claim comes from"),
    ("expected_time", "time on a stated machine"),
    (
        "default_case",
        "the case that runs where `--case` names none (`--case all` runs all); unset: all",
    ),
];

/// The key with that leaf name.
pub fn leaf(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.leaf == name)
}

/// The key with that dotted name.
pub fn dotted(name: &str) -> Option<&'static Key> {
    let (section, leaf) = name.split_once('.')?;
    KEYS.iter()
        .find(|key| key.section == section && key.leaf == leaf)
}

/// The candidate nearest to `name` in spelling, if any is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// More names than this are no part of a sentence.
const LISTED: usize = 40;

/// "did you mean `x`?", or the list of what exists when nothing is near.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    if all.is_empty() {
        "there are none".to_owned()
    } else if all.len() > LISTED {
        format!("docs/config.md lists all {}", all.len())
    } else {
        format!("there are {}", all.join(", "))
    }
}

/// What to write instead of an unknown dotted key.
pub(crate) fn suggest_dotted(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    if let Some(key) = leaf(last) {
        return format!("unknown key; did you mean `{}`?", key.dotted());
    }
    match nearest(last, KEYS.iter().map(|key| key.leaf)).and_then(leaf) {
        Some(key) => format!("unknown key; did you mean `{}`?", key.dotted()),
        None => "unknown key; docs/config.md lists all keys".to_owned(),
    }
}

/// The text of `docs/config.md`.
pub fn config_markdown() -> String {
    let mut text = String::from(include_str!("head.md"));
    text.push_str("\n## Top of the file\n\n| key | meaning |\n|---|---|\n");
    for (name, meaning) in TOP_KEYS {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
    for (section, about) in SECTIONS {
        let _ = write!(
            text,
            "\n## `[{section}]`: {about}\n\n| key | default | accepted | meaning |\n|---|---|---|---|\n"
        );
        for key in KEYS.iter().filter(|key| key.section == section) {
            let default = if key.default.is_empty() {
                "unset".to_owned()
            } else {
                format!("`{}`", key.default)
            };
            let _ = writeln!(
                text,
                "| `{}` | {default} | {} | {} |",
                key.leaf, key.allowed, key.meaning
            );
        }
    }
    text.push_str("\n## Measured quantities (`run.quantities`)\n\n");
    text.push_str(&crate::measure::markdown());
    text.push_str(include_str!("tail.md"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_names_are_unique_and_sections_known() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(
                SECTIONS.iter().any(|(name, _)| *name == key.section),
                "{key:?}"
            );
            assert!(
                KEYS[..index].iter().all(|other| other.leaf != key.leaf),
                "{key:?}"
            );
        }
    }

    #[test]
    fn nothing_near_lists_what_there_is_unless_that_has_no_end() {
        let names = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<_>>();
        let hint = |name: &str, count| did_you_mean(name, names(count).iter().map(String::as_str));
        assert_eq!(hint("n1", 9), "did you mean `n1`?");
        assert_eq!(hint("zzz", 3), "there are n0, n1, n2");
        assert_eq!(hint("zzz", 0), "there are none");
        assert!(hint("zzz", 40).ends_with("n38, n39"));
        assert_eq!(hint("zzz", 41), "docs/config.md lists all 41");
    }

    #[test]
    fn the_committed_key_table_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
        if std::env::var_os("FALIGN_WRITE_DOCS").is_some() {
            std::fs::write(path, config_markdown()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == config_markdown(),
            "docs/config.md is stale: run `FALIGN_WRITE_DOCS=1 cargo test -p falign key_table`"
        );
    }

    #[test]
    fn a_misspelt_key_is_recognised() {
        assert!(suggest_dotted("network.activaton").contains("`network.activation`"));
        assert!(suggest_dotted("run.width").contains("`network.width`"));
        assert!(suggest_dotted("width").contains("`network.width`"));
    }
}
