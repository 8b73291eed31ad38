//! Typed [`Keys`] from TOML values: each error names its key, its value and what is
//! accepted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Value;

use super::document::Given;
use super::key::Key;
use super::keys;
use super::layers::with_part;
use super::setting::{Field, Keys, defaults, field};
use super::suggest::nearest;
use super::types::Fault;
use super::value::{digits, short};
use crate::rule::Registry;
use crate::{Error, Result};

/// Values by leaf name, or by that of a part ([`keys::part`]), each with the place where it was typed.
pub(crate) type Values = BTreeMap<Cow<'static, str>, Given>;

/// Reads a setting; keys that are absent have their defaults. `rules` are those that there are.
pub(crate) fn setting(values: &Values, rules: &Registry) -> Result<Keys> {
    let mut setting = defaults().clone();
    // A part comes after the whole, by name.
    for (name, value) in values {
        set_named(&mut setting, name, value, rules)?;
    }
    Ok(setting)
}

/// Gives a key of a setting, or a part of one, a value.
pub(crate) fn set_named(
    setting: &mut Keys,
    name: &str,
    given: &Given,
    rules: &Registry,
) -> Result<()> {
    let Some((key, part)) = keys::part(name) else {
        return set(setting, field(name), given, rules);
    };
    let field = field(key.leaf);
    let refuse = |why: String| {
        let error = Error::config(format!("{}.{part}", key.dotted()), short(given), why);
        given.origin.locate(error)
    };
    let whole = (field.get)(setting)
        .ok_or_else(|| refuse(format!("{} is not given; give it", key.dotted())))?;
    let whole = with_part(whole, part, given).map_err(refuse)?;
    let whole = Given::at(whole, &given.origin);
    set(setting, field, &whole, rules)
}

/// Gives one key of a setting a value.
pub(crate) fn set(
    setting: &mut Keys,
    field: &Field,
    given: &Given,
    rules: &Registry,
) -> Result<()> {
    if (field.set)(setting, given, rules) {
        Ok(())
    } else {
        Err(given.origin.locate(refusal(&field.key, given, rules)))
    }
}

/// Whether a key takes a value.
pub(crate) fn check(key: &Key, given: &Given, rules: &Registry) -> Result<()> {
    match key.canonical(given, rules) {
        Some(_) => Ok(()),
        None => Err(given.origin.locate(refusal(key, given, rules))),
    }
}

fn refusal(key: &Key, value: &Value, rules: &Registry) -> Error {
    if let Some(Fault { within, shown, why }) = (key.fault)(value, rules) {
        return Error::config(key.dotted() + &within, shown, why);
    }
    let mut expected = format!("expected {}", key.allowed());
    if digits(value).is_some_and(|digits| key.canonical(&digits, rules).is_some()) {
        expected += "; a float is a whole number up to 2^53 only, so write out its digits";
    }
    if let Some(word) = value.as_str() {
        let (word, words) = (word.to_ascii_lowercase(), key.words());
        if let Some(near) = nearest(&word, words.iter().map(String::as_str)) {
            let _ = write!(expected, "; did you mean \"{near}\"?");
        }
    }
    Error::config(key.dotted(), short(value), expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::KEYS;

    fn setting(values: &Values) -> Result<Keys> {
        super::setting(values, &Registry::built_in())
    }

    #[test]
    fn every_default_is_accepted_and_nothing_else_is_set() {
        for key in KEYS.iter() {
            match key.default_value() {
                Some(value) => {
                    let read = key.canonical(&value, &Registry::built_in());
                    assert_eq!(read, Some(value));
                }
                None => assert_eq!((field(key.leaf).get)(defaults()), None, "{}", key.leaf),
            }
        }
    }

    #[test]
    fn every_key_refuses_a_wrong_type_by_name() {
        for key in KEYS.iter() {
            let mut values = Values::new();
            values.insert(key.leaf.into(), Value::Table(toml::Table::new()).into());
            let message = setting(&values).unwrap_err().to_string();
            assert!(message.contains(&key.dotted()), "{message}");
            assert!(message.contains(&key.allowed()), "{message}");
            assert!(message.contains("= {}"), "{message}");
        }
    }

    #[test]
    fn widths_may_be_whole_floats() {
        let mut values = Values::new();
        values.insert("width".into(), Value::Float(1e15).into());
        assert_eq!(setting(&values).unwrap().width, 1_000_000_000_000_000);
        for wrong in [1.5, 1e16, -1.0, f64::NAN, f64::INFINITY] {
            values.insert("width".into(), Value::Float(wrong).into());
            assert!(setting(&values).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refused_number_names_the_true_reason() {
        let refusal = |leaf, value: Value| {
            let mut values = Values::new();
            values.insert(Cow::Borrowed(leaf), value.into());
            setting(&values).unwrap_err().to_string()
        };
        // Any whole number would do, but which one a float this large stands for is not known.
        let text = refusal("seed", Value::Float(1e18));
        assert!(text.contains("write out its digits"), "{text}");
        // Digits would not help.
        for (leaf, value) in [
            ("seed", 1e19),
            ("seed", -1.0),
            ("width", 1e16),
            ("seed", 0.5),
        ] {
            let text = refusal(leaf, Value::Float(value));
            assert!(!text.contains("digits"), "{text}");
        }
        let mut values = Values::new();
        values.insert(
            "seed".into(),
            Value::Integer(1_000_000_000_000_000_000).into(),
        );
        assert_eq!(setting(&values).unwrap().seed, 1_000_000_000_000_000_000);
    }
}
