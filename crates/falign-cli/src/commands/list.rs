//! `falign list`.

use anyhow::Result;
use falign::internal::config::keys::nearest;
use falign::internal::config::{Experiment, Overrides, builtin};

use super::rows;
use crate::ended::{Ended, Usage};
use crate::output;

/// Lists the built-in experiments; with a word, those whose name, title, prose or source has it.
pub(super) fn command(word: Option<&str>) -> Result<Ended> {
    let word = word.unwrap_or_default().to_lowercase();
    let mut found = Vec::new();
    for builtin in &builtin::BUILTIN {
        let experiment = Experiment::parse(builtin.text, &Overrides::none())?;
        let Experiment {
            title,
            about,
            source,
            expected_time,
            ..
        } = &experiment;
        let has_word = |text: &&str| text.to_lowercase().contains(&word);
        if [builtin.name, title, about, source].iter().any(has_word) {
            found.push((builtin.name, format!("{title} ({expected_time})")));
        }
    }
    if found.is_empty() {
        let names = builtin::BUILTIN.iter().map(|builtin| builtin.name);
        let hint = match nearest(&word, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`falign list` has all".to_owned(),
        };
        let why = format!("no built-in experiment is about `{word}`; {hint}");
        return Err(Usage(why).into());
    }
    rows::print(
        "",
        found.iter().map(|(name, text)| (*name, text.as_str())),
        output::row,
    )?;
    Ok(Ended::Done)
}
