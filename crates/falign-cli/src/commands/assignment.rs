//! `--set KEY=VALUE` for shells: every key, and every key with each of its words, can be completed.

use std::ffi::OsStr;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use falign::internal::config::keys::{KEYS, Key};

/// Takes any text, which is read with the experiment; tells shells what it may begin with.
#[derive(Debug, Clone)]
pub(super) struct Assignment;

impl TypedValueParser for Assignment {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
            let of_key = |key: &&'static Key| {
                let dotted = key.dotted();
                let words = key.words().into_iter();
                let words = words.map(|word| format!("{dotted}={word}"));
                std::iter::once(format!("{dotted}=")).chain(words.collect::<Vec<_>>())
            };
            KEYS.iter().flat_map(of_key).collect()
        });
        Some(Box::new(
            ALL.iter().map(String::as_str).map(PossibleValue::new),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_every_word_can_be_completed() {
        let values = Assignment.possible_values().unwrap();
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        for name in [
            "network.width=",
            "network.activation=relu",
            "run.record=last",
        ] {
            assert!(names.contains(&name.to_owned()), "{name}");
        }
        assert!(!names.iter().any(|name| name == "network.width=relu"));
    }
}
