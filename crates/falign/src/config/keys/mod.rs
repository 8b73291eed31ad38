//! The keys of an experiment file, and their table in `docs/config.md`.
//!
//! A key is a row of [`Keys`](super::setting::Keys), [`Classes`](super::setting::Classes) or
//! [`Deep`](super::setting::Deep): the field, its default, its value type and its meaning. Parsing, errors, `--set`, the documentation,
//! the JSON Schema and the Python types are all made from that row.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

pub use super::form::{Form, Order, Range};
pub use super::key::{DataKey, Key, Networks, SECTIONS};
use super::layers::LayerKind;
use super::setting::FIELDS;
pub use super::suggest::{did_you_mean, nearest};

/// Keys by section, in the order of the documentation.
pub static KEYS: LazyLock<Vec<&'static Key>> =
    LazyLock::new(|| FIELDS.iter().map(|field| &field.key).collect());

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
    KEYS.iter().copied().find(|key| key.leaf == name)
}

/// The key with that dotted name.
pub fn dotted(name: &str) -> Option<&'static Key> {
    let (section, leaf) = name.split_once('.')?;
    KEYS.iter()
        .copied()
        .find(|key| key.section == section && key.leaf == leaf)
}

/// The key and the part that a leaf name with more behind it names: `layers.2.kernel`. None of other names.
pub(crate) fn part(name: &str) -> Option<(&'static Key, &str)> {
    let (first, part) = name.split_once('.')?;
    let key = leaf(first).filter(|key| key.has_parts())?;
    Some((key, part))
}

/// The leaf name, or that of a part, of a dotted name: `layers.2.kernel` of `network.layers.2.kernel`.
pub(crate) fn named(name: &str) -> Option<Cow<'static, str>> {
    if let Some(key) = dotted(name) {
        return Some(Cow::Borrowed(key.leaf));
    }
    let (section, rest) = name.split_once('.')?;
    let (key, part) = part(rest)?;
    (key.section == section).then(|| Cow::Owned(format!("{}.{part}", key.leaf)))
}

/// The key of a leaf name or of that of a part.
///
/// # Panics
/// If there is none.
pub(crate) fn of_name(name: &str) -> &'static Key {
    let whole = part(name).map(|(key, _)| key);
    whole.or_else(|| leaf(name)).expect("a name of a key")
}

/// The dotted name of a leaf key; the name itself where there is no such key.
pub(crate) fn dotted_of(name: &str) -> String {
    match part(name) {
        Some((key, part)) => format!("{}.{part}", key.dotted()),
        None => leaf(name).map_or_else(|| name.to_owned(), Key::dotted),
    }
}

/// Advice on what to write instead of an unknown dotted key.
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
            "\n## `[{section}]`: {about}\n\n| key | default | accepted | engines | meaning |\n|---|---|---|---|---|\n"
        );
        for key in KEYS.iter().filter(|key| key.section == section) {
            let default = if key.default.is_empty() {
                "unset".to_owned()
            } else {
                format!("`{}`", key.default)
            };
            let _ = writeln!(
                text,
                "| `{}` | {default} | {} | {} | {} |",
                key.leaf,
                key.allowed(),
                key.networks.name(),
                key.meaning
            );
        }
    }
    text.push_str(include_str!("layers.md"));
    for kind in LayerKind::all() {
        for key in kind {
            let default = match key.default {
                "" if (key.is_optional)() => "unset".to_owned(),
                "" => "must be given".to_owned(),
                given => format!("`{given}`"),
            };
            let (kind, allowed) = (kind[0].name, key.allowed());
            let _ = writeln!(
                text,
                "| `{kind}` | `{}` | {default} | {allowed} | {} |",
                key.name, key.meaning
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
    use crate::rule::Registry;

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
    fn every_key_accepts_something_and_each_of_its_words() {
        for key in KEYS.iter() {
            assert!(!key.forms().is_empty(), "{}", key.leaf);
            for word in key.words() {
                let value = toml::Value::String(word);
                let read = key.canonical(&value, &Registry::built_in());
                assert_eq!(read, Some(value), "{}", key.leaf);
            }
        }
        let rules = leaf("rule").map(Key::words).unwrap();
        let names: Vec<String> = Registry::built_in().names().map(str::to_owned).collect();
        assert_eq!(rules, names);
        let activations = leaf("activation").map(Key::words).unwrap();
        let names = crate::math::Activation::ALL.map(crate::math::Activation::name);
        assert_eq!(activations, names);
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
