//! From TOML values to a typed [`Setting`]: types and ranges, each error naming its key.

mod deep;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use toml::Value;

pub(crate) use self::deep::GENERATED_IMAGES;
use super::keys::{KEYS, Key};
use super::layout::short;
use super::setting::{
    Duration, FeedbackDecay, FeedbackStepSize, Record, Ridge, Setting, StepSize, Steps,
};
use crate::data::{Column, TableOptions};
use crate::file::text_path;
use crate::measure::Quantity;
use crate::{Error, Result};

/// Values by leaf name.
pub(crate) type Values = BTreeMap<&'static str, Value>;

/// The largest width, 10^15: exact as `f64` and far beyond any memory.
pub(crate) const MAX_COUNT: u64 = 1_000_000_000_000_000;

/// Up to here, 2^53, a float that is a whole number is only that one.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a setting; keys that are absent take their defaults.
pub(crate) fn setting(values: &Values) -> Result<Setting> {
    let read = Reader { values };
    Ok(Setting {
        samples: read.size("samples", 1, 1_000_000)?,
        input_dim: read.size("input_dim", 1, 10_000_000)?,
        outputs: read.size("outputs", 1, 10_000)?,
        inputs: read.name("inputs")?,
        targets: read.name("targets")?,
        teacher_width: read.get(
            "teacher_width",
            or_word("width", |v| whole(v, 1, MAX_COUNT)),
        )?,
        dataset: read.name("dataset")?,
        held_out: read.size("held_out", 0, 1_000_000)?,
        train_data: read.optional("train_data", path)?,
        held_out_data: read.optional("held_out_data", path)?,
        table: TableOptions {
            header: read.get("header", or_word("auto", Value::as_bool))?,
            target: read.optional("target", columns)?.unwrap_or_default(),
            ignore: read.optional("ignore", columns)?.unwrap_or_default(),
        },
        width: read.count("width", 1, MAX_COUNT)?,
        activation: read.name("activation")?,
        draw: read.name("draw")?,
        output_scale: read.get("output_scale", positive)?,
        center_outputs: read.get("center_outputs", or_word("auto", Value::as_bool))?,
        initial_weights: read.optional("initial_weights", path)?,
        rule: read.name("rule")?,
        step_size: read.get("step_size", step_size)?,
        ridge: read.get("ridge", ridge)?,
        ridge_form: read.name("ridge_form")?,
        schedule: read.name("schedule")?,
        cutoff: read.optional("cutoff", |value| {
            duration(value).filter(|d| !matches!(d, Duration::Number(x) if x.fract() != 0.0))
        })?,
        decay_steps: read.optional("decay_steps", |value| {
            duration(value).filter(|d| !matches!(d, Duration::Number(x) if *x <= 0.0))
        })?,
        ridge_table: read.optional("ridge_table", |value| {
            let values: Option<Vec<f64>> = value.as_array()?.iter().map(non_negative).collect();
            values.filter(|values| !values.is_empty())
        })?,
        dropout: read.get("dropout", |v| non_negative(v).filter(|x| *x < 1.0))?,
        feedback_correlation: read.get("feedback_correlation", |v| within(v, -1.0, 1.0))?,
        feedback_step_size: read.get("feedback_step_size", |value| match value.as_str() {
            Some("auto") => Some(FeedbackStepSize::Auto),
            Some("step_size") => Some(FeedbackStepSize::StepSize),
            _ => positive(value).map(FeedbackStepSize::Number),
        })?,
        feedback_decay: read.get("feedback_decay", |value| match value.as_str() {
            Some("auto") => Some(FeedbackDecay::Auto),
            Some("ridge") => Some(FeedbackDecay::Ridge),
            _ => within(value, 0.0, 1.0).map(FeedbackDecay::Number),
        })?,
        seed: read.count("seed", 0, i64::MAX.unsigned_abs())?,
        runs: read.count("runs", 1, 1_000_000_000)?,
        steps: read.get("steps", steps)?,
        engine: read.name("engine")?,
        precision: read.name("precision")?,
        record: read.get("record", record)?,
        quantities: read.quantities()?,
        alignment_threshold: read.get("alignment_threshold", |v| within(v, -1.0, 1.0))?,
        stop_tolerance: read.get("stop_tolerance", non_negative)?,
        stop_window: read.count("stop_window", 1, MAX_COUNT)?,
        save_weights: read.name("save_weights")?,
        per_run_table: read.get("per_run_table", Value::as_bool)?,
        runs_per_job: read.count("runs_per_job", 1, 1_000_000_000)?,
        deep: read.deep()?,
    })
}

/// The defaults of the key table.
pub(crate) fn defaults() -> Values {
    static DEFAULTS: LazyLock<Values> = LazyLock::new(|| {
        KEYS.iter()
            .filter(|key| !key.default.is_empty())
            .map(|key| {
                let value =
                    parse_value(key.default).expect("a test reads every default of the key table");
                (key.leaf, value)
            })
            .collect()
    });
    DEFAULTS.clone()
}

/// One key's value as the tables show it; `None` if it is out of range.
pub(crate) fn canonical(key: &Key, value: &Value) -> Option<String> {
    let mut values = defaults();
    values.insert(key.leaf, value.clone());
    let setting = setting(&values).ok()?;
    super::write::values(&setting)
        .get(key.leaf)
        .map(super::write::column)
}

/// A TOML value on its own.
pub(crate) fn parse_value(text: &str) -> Option<Value> {
    let mut table: toml::Table = toml::from_str(&format!("value = {text}")).ok()?;
    let value = table.remove("value")?;
    table.is_empty().then_some(value)
}

struct Reader<'a> {
    values: &'a Values,
}

impl Reader<'_> {
    fn optional<T>(
        &self,
        leaf: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let key = known(leaf);
        match self.values.get(leaf) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| {
                let mut allowed = expected(key);
                if digits(value).is_some_and(|digits| read(&digits).is_some()) {
                    allowed +=
                        "; a float is a whole number up to 2^53 only, so write out its digits";
                }
                Error::config(key.dotted(), short(value), allowed)
            }),
        }
    }

    fn get<T>(&self, leaf: &'static str, read: impl Fn(&Value) -> Option<T>) -> Result<T> {
        self.optional(leaf, read)?
            .ok_or_else(|| Error::config(known(leaf).dotted(), "unset", expected(known(leaf))))
    }

    fn name<T: DeserializeOwned>(&self, leaf: &'static str) -> Result<T> {
        self.get(leaf, |value| {
            value.as_str()?;
            value.clone().try_into().ok()
        })
    }

    fn count(&self, leaf: &'static str, min: u64, max: u64) -> Result<u64> {
        self.get(leaf, |value| whole(value, min, max))
    }

    fn size(&self, leaf: &'static str, min: u64, max: u64) -> Result<usize> {
        self.get(leaf, |value| {
            whole(value, min, max).and_then(|n| usize::try_from(n).ok())
        })
    }

    /// Names are checked one by one, so that the error names the wrong one.
    /// None at all stands for "auto".
    fn quantities(&self) -> Result<Vec<Quantity>> {
        let key = known("quantities");
        let names: Vec<String> = self.get("quantities", |value| {
            if value.as_str() == Some("auto") {
                return Some(Vec::new());
            }
            let names: Option<Vec<String>> = value
                .as_array()?
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect();
            names.filter(|names| !names.is_empty())
        })?;
        let mut quantities = Vec::with_capacity(names.len());
        for name in names {
            let quantity = Quantity::from_name(&name).ok_or_else(|| {
                Error::config(
                    key.dotted(),
                    format!("\"{name}\""),
                    format!(
                        "no such quantity; {}",
                        super::keys::did_you_mean(&name, Quantity::names())
                    ),
                )
            })?;
            if quantities.contains(&quantity) {
                return Err(Error::config(
                    key.dotted(),
                    format!("\"{name}\""),
                    "listed twice; name each quantity once",
                ));
            }
            quantities.push(quantity);
        }
        Ok(quantities)
    }
}

fn known(leaf: &'static str) -> &'static Key {
    super::keys::leaf(leaf).expect("a test reads every field from the key table")
}

/// The whole number that a float stands for, as one that is written out.
fn digits(value: &Value) -> Option<Value> {
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

fn expected(key: &Key) -> String {
    format!("expected {}", key.allowed)
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

fn positive(value: &Value) -> Option<f64> {
    number(value).filter(|x| *x > 0.0)
}

fn non_negative(value: &Value) -> Option<f64> {
    // Adding zero turns -0 into 0, so that both are one setting.
    number(value).filter(|x| *x >= 0.0).map(|x| x + 0.0)
}

fn within(value: &Value, min: f64, max: f64) -> Option<f64> {
    number(value)
        .filter(|x| (min..=max).contains(x))
        .map(|x| x + 0.0)
}

fn path(value: &Value) -> Option<PathBuf> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(text_path)
}

/// A column, or a list of them.
fn columns(value: &Value) -> Option<Vec<Column>> {
    let column = |value: &Value| match value {
        Value::String(name) if !name.is_empty() => Some(Column::Named(name.clone())),
        Value::Integer(number) if *number != 0 => Some(Column::Number(*number)),
        _ => None,
    };
    match value {
        Value::Array(list) if list.is_empty() => None,
        Value::Array(list) => list.iter().map(column).collect(),
        one => column(one).map(|one| vec![one]),
    }
}

/// `word`, read as `None`, or a value.
fn or_word<T>(
    word: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> impl Fn(&Value) -> Option<Option<T>> {
    move |value| {
        if value.as_str() == Some(word) {
            Some(None)
        } else {
            read(value).map(Some)
        }
    }
}

/// `{ unit = value }`, and nothing else in the table.
pub(crate) fn unit(value: &Value) -> Option<(&str, &Value)> {
    let table = value.as_table()?;
    let (name, value) = table.iter().next()?;
    (table.len() == 1).then_some((name.as_str(), value))
}

fn step_size(value: &Value) -> Option<StepSize> {
    if value.as_str() == Some("auto") {
        return Some(StepSize::Auto);
    }
    match unit(value) {
        Some(("over_M", value)) => positive(value).map(StepSize::OverM),
        Some(_) => None,
        None => positive(value).map(StepSize::Number),
    }
}

fn ridge(value: &Value) -> Option<Ridge> {
    match unit(value) {
        Some(("gamma", value)) => non_negative(value).map(Ridge::Gamma),
        Some(_) => None,
        None => non_negative(value).map(Ridge::Number),
    }
}

fn duration(value: &Value) -> Option<Duration> {
    match unit(value) {
        Some(("c_s", value)) => positive(value).map(Duration::CS),
        Some(_) => None,
        None => non_negative(value)
            .filter(|x| *x <= MAX_COUNT as f64)
            .map(Duration::Number),
    }
}

fn steps(value: &Value) -> Option<Steps> {
    match unit(value) {
        Some(("tau", value)) => positive(value).map(Steps::Tau),
        Some(("eta_lambda_t", value)) => positive(value).map(Steps::EtaLambdaT),
        Some(_) => None,
        None => whole(value, 0, MAX_COUNT).map(Steps::Number),
    }
}

fn record(value: &Value) -> Option<Record> {
    match value.as_str() {
        Some("auto") => return Some(Record::Auto),
        Some("last") => return Some(Record::Last),
        _ => {}
    }
    let (name, value) = unit(value)?;
    let count = || whole(value, 1, MAX_COUNT);
    match name {
        "every" => count().map(Record::Every),
        "every_epochs" => count().map(Record::EveryEpochs),
        "per_decade" => count().map(Record::PerDecade),
        "count" => count().map(Record::Count),
        "at" => {
            let steps: Option<Vec<u64>> = value
                .as_array()?
                .iter()
                .map(|step| whole(step, 0, MAX_COUNT))
                .collect();
            steps
                .filter(|steps| !steps.is_empty() && steps.is_sorted_by(|a, b| a < b))
                .map(Record::At)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_accepted() {
        setting(&defaults()).unwrap();
    }

    #[test]
    fn every_key_refuses_a_wrong_type_by_name() {
        for key in KEYS {
            let mut values = defaults();
            values.insert(key.leaf, Value::Table(toml::Table::new()));
            let message = setting(&values).unwrap_err().to_string();
            assert!(message.contains(&key.dotted()), "{message}");
            assert!(message.contains(key.allowed), "{message}");
            assert!(message.contains("= {}"), "{message}");
        }
    }

    #[test]
    fn widths_may_be_whole_floats() {
        let mut values = defaults();
        values.insert("width", Value::Float(1e15));
        assert_eq!(setting(&values).unwrap().width, 1_000_000_000_000_000);
        for wrong in [1.5, 1e16, -1.0, f64::NAN, f64::INFINITY] {
            values.insert("width", Value::Float(wrong));
            assert!(setting(&values).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refused_number_names_the_true_reason() {
        let refusal = |leaf, value: Value| {
            let mut values = defaults();
            values.insert(leaf, value);
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
        let mut values = defaults();
        values.insert("seed", Value::Integer(1_000_000_000_000_000_000));
        assert_eq!(setting(&values).unwrap().seed, 1_000_000_000_000_000_000);
    }
}
