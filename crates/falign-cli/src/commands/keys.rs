//! `falign keys`: the keys of experiment files, by section.

use anyhow::Result;
use falign::internal::config::explain::short;
use falign::internal::config::keys::{KEYS, Key, SECTIONS, TOP_KEYS, config_markdown, nearest};

use super::rows;
use crate::ended::{Ended, Usage};
use crate::output;

/// Lists the keys, or those whose section, name, meaning or words have `word`; or prints their table as
/// Markdown.
pub(super) fn command(word: Option<&str>, as_markdown: bool) -> Result<Ended> {
    if as_markdown {
        output::bytes(config_markdown().as_bytes())?;
        return Ok(Ended::Done);
    }
    let word = word.unwrap_or_default().to_lowercase();
    let mut is_found = false;
    let top: Vec<(&str, String)> = TOP_KEYS
        .iter()
        .filter(|(name, meaning)| has(&word, &[name, meaning]))
        .map(|(name, meaning)| (*name, (*meaning).to_owned()))
        .collect();
    is_found |= group("Top of the file", &top)?;
    for (section, about) in SECTIONS {
        let of_section = |key: &&&Key| key.section == section;
        let rows: Vec<(&str, String)> = KEYS
            .iter()
            .filter(of_section)
            .filter(|key| {
                let words = key.words().join(" ");
                has(&word, &[section, &key.dotted(), key.meaning, &words])
            })
            .map(|key| (key.leaf, text(key)))
            .collect();
        is_found |= group(&format!("[{section}] {about}"), &rows)?;
    }
    if !is_found {
        let hint = match nearest(&word, KEYS.iter().map(|key| key.leaf)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`falign keys` has all".to_owned(),
        };
        return Err(Usage(format!("no key is about `{word}`; {hint}")).into());
    }
    output::sentence("", "All of one key: falign explain KEY.")?;
    Ok(Ended::Done)
}

/// Writes the keys of a section, if there are any.
fn group(head: &str, keys: &[(&str, String)]) -> Result<bool> {
    if keys.is_empty() {
        return Ok(false);
    }
    output::sentence("", head)?;
    rows::print(
        "  ",
        keys.iter().map(|(name, text)| (*name, text.as_str())),
        output::row,
    )?;
    output::line("")?;
    Ok(true)
}

/// The first words of a key's meaning, and its default.
fn text(key: &Key) -> String {
    let meaning = short(key.meaning);
    if key.default.is_empty() {
        meaning
    } else {
        format!("{meaning} [{}]", key.default.replace('"', ""))
    }
}

fn has(word: &str, texts: &[&str]) -> bool {
    texts.iter().any(|text| text.to_lowercase().contains(word))
}
