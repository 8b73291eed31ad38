//! `falign explain`: what a key, a quantity or a rule is, in labelled parts.

use anyhow::Result;
use falign::internal::config::explain::{explain, overview};
use falign::rule::Registry;

use super::rows;
use crate::ended::Ended;
use crate::output::{self, Look};

/// Explains one name; without one, says what there is.
pub(super) fn command(name: Option<&str>, rules: &Registry) -> Result<Ended> {
    let Some(name) = name else {
        return list(rules);
    };
    for (at, one) in explain(name, rules)?.iter().enumerate() {
        if at > 0 {
            output::line("")?;
        }
        output::line(format!("{}: {}", Look::Head.on(&one.name), one.kind))?;
        rows::print(
            "  ",
            one.parts
                .iter()
                .map(|(label, text)| (*label, text.as_str())),
            output::sentence,
        )?;
    }
    Ok(Ended::Done)
}

fn list(rules: &Registry) -> Result<Ended> {
    let heads = ["Quantities (run.quantities)", "Rules (learning.rule)"];
    for (head, names) in heads.into_iter().zip(overview(rules)) {
        output::line(Look::Head.on(head))?;
        rows::print(
            "  ",
            names
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str())),
            output::row,
        )?;
        output::line("")?;
    }
    output::sentence(
        "",
        "Keys of experiment files: falign keys. All of one thing: falign explain NAME.",
    )?;
    Ok(Ended::Done)
}
