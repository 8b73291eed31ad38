//! TOML values as numbers, as text and on their own.

use toml::Value;

use crate::error::shown;

/// The largest count, 10^15: exact as `f64` and far beyond any memory.
pub(crate) const MAX_COUNT: u64 = 1_000_000_000_000_000;

/// Largest whole number, 2^53, up to which a float that is one is only that one.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A TOML value on its own.
pub(crate) fn parse_value(text: &str) -> Option<Value> {
    let mut table: toml::Table = toml::from_str(&format!("value = {text}")).ok()?;
    let value = table.remove("value")?;
    table.is_empty().then_some(value)
}

/// A whole number, also written as a whole float (`1e6`).
pub(crate) fn whole(value: &Value, min: u64, max: u64) -> Option<u64> {
    let number = match value {
        Value::Integer(number) => u64::try_from(*number).ok()?,
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within 0 ... 2^53 was checked"
        )]
        Value::Float(number)
            if number.fract().abs() <= 0.0 && (0.0..=LARGEST_EXACT).contains(number) =>
        {
            *number as u64
        }
        _ => return None,
    };
    (min..=max).contains(&number).then_some(number)
}

/// A finite number, integer or float.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => number.is_finite().then_some(*number),
        _ => None,
    }
}

/// The whole number that a float stands for, as one that is written out.
pub(crate) fn digits(value: &Value) -> Option<Value> {
    let number = value
        .as_float()
        .filter(|number| number.fract().abs() <= 0.0)?;
    let below = i64::MAX as f64;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "whole and within the range"
    )]
    (number.abs() < below).then(|| Value::Integer(number as i64))
}

/// `{ unit = value }`, and nothing else in the table.
pub(crate) fn unit(value: &Value) -> Option<(&str, &Value)> {
    let table = value.as_table()?;
    let (name, value) = table.iter().next()?;
    (table.len() == 1).then_some((name.as_str(), value))
}

/// A value as a table column shows it: names without quotes, `{ gamma = 3 }` as `gamma=3.0`.
pub(crate) fn column(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) if number.fract().abs() <= 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        Value::Float(number) => format!("{number}"),
        Value::Array(items) => items.iter().map(column).collect::<Vec<_>>().join(" "),
        Value::Table(table) => table
            .iter()
            .map(|(key, value)| format!("{key}={}", column(value)))
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    }
}

/// A value as an error message shows it, cut to one short line.
pub(crate) fn short(value: &Value) -> String {
    shown(&value.to_string().replace('\n', " "))
}
