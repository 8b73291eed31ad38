//! Reader of `[[claim]]` tables, which checks them.

use std::path::Path;

use toml::{Table, Value};

use super::fields::Fields;
use super::keys::KINDS;
use super::{At, Bound, Claim, Reference, ReferenceRow, Test};
use crate::config::document::Node;
use crate::config::keys::{self, KEYS, did_you_mean};
use crate::config::value::{MAX_COUNT, column, number, whole};
use crate::measure::Quantity;
use crate::rule::Registry;
use crate::{Error, Result};

/// The level of a claim that names none: so often it fails by chance.
const LEVEL: f64 = 0.01;

/// Reads all claims of a file. `cases` are the file's cases; relative tables are relative to
/// `folder`.
pub(crate) fn read(
    items: &[Node],
    cases: &[&str],
    rules: &Registry,
    folder: Option<&Path>,
) -> Result<Vec<Claim>> {
    let mut claims: Vec<Claim> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Table(table) = &*item.given else {
            let error = Error::config("claim", &*item.given, "expected [[claim]] tables");
            return Err(item.locate(error));
        };
        let known = Known { cases, rules };
        let claim = one(index, table.clone(), known, folder).map_err(|error| {
            let id = item.get("id").and_then(|id| id.given.as_str());
            let name = id.map_or_else(|| (index + 1).to_string(), str::to_owned);
            item.locate_within(&format!("claim.{name}."), error)
        })?;
        if claims.iter().any(|other| other.id == claim.id) {
            let error = Error::config(
                "claim.id",
                format!("\"{}\"", claim.id),
                "ids of claims are unique; rename one",
            );
            return Err(item.locate_within("claim.", error));
        }
        claims.push(claim);
    }
    Ok(claims)
}

/// Names that a claim may select settings by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    cases: &'a [&'a str],
    rules: &'a Registry,
}

fn one(index: usize, mut typed: Table, known: Known<'_>, folder: Option<&Path>) -> Result<Claim> {
    let id = match typed.get("id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        other => {
            let shown = other.map_or("unset".to_owned(), ToString::to_string);
            return Err(Error::config(
                format!("claim.{}.id", index + 1),
                shown,
                "every claim needs a unique id, a string",
            ));
        }
    };
    if let (Some(Value::String(table)), Some(folder)) = (typed.get_mut("table"), folder) {
        *table = folder.join(&*table).to_string_lossy().into_owned();
    }
    let mut rest = typed.clone();
    rest.remove("id");
    let mut fields = Fields::new(id.clone(), rest);
    let text = fields.text("text")?;
    let source = fields.optional_text("source")?.unwrap_or_default();
    let quantity = quantity(&mut fields, "quantity")?;
    let (filter, step) = selection(&mut fields, known)?;
    let allow_divergence = fields.flag("allow_divergence")?;
    let kind = fields.text("kind")?;
    let test = test(&mut fields, &kind, known)?;
    fields.finish(&kind)?;
    Ok(Claim {
        id,
        text,
        source,
        quantity,
        filter,
        step,
        test,
        allow_divergence,
        typed,
    })
}

fn quantity(fields: &mut Fields, key: &'static str) -> Result<Quantity> {
    let name = fields.text(key)?;
    Quantity::from_name(&name).ok_or_else(|| {
        let hint = did_you_mean(&name, Quantity::names());
        let why = format!("no such quantity; {hint}");
        fields.error(key, format!("\"{name}\""), why)
    })
}

type Filter = Vec<(String, Vec<String>)>;

/// `where`: columns with one value or a list of them, and `step`.
fn selection(fields: &mut Fields, known: Known<'_>) -> Result<(Filter, At)> {
    let mut filter = Vec::new();
    let mut at = At::Last;
    let table = match fields.take("where") {
        None => return Ok((filter, at)),
        Some(Value::Table(table)) => table,
        Some(other) => {
            return Err(fields.error("where", other, "expected { column = value or list }"));
        }
    };
    for (column, value) in table {
        if column == "step" {
            at = step(&value)
                .ok_or_else(|| fields.error("where.step", &value, "expected \"last\" or a step"))?;
            continue;
        }
        let values = match value {
            Value::Array(items) => items,
            other => vec![other],
        };
        let accepted = values
            .iter()
            .map(|value| {
                shown(&column, value, Some(known))
                    .map_err(|(value, why)| fields.error(&format!("where.{column}"), value, why))
            })
            .collect::<Result<_>>()?;
        filter.push((column, accepted));
    }
    Ok((filter, at))
}

fn step(value: &Value) -> Option<At> {
    if value.as_str() == Some("last") {
        return Some(At::Last);
    }
    whole(value, 0, MAX_COUNT).map(At::Step)
}

/// A column's value as tables show it, or the value and why there is none.
/// `known` are the cases and rules that there are; any name will do if there are none to compare with.
fn shown(name: &str, value: &Value, known: Option<Known<'_>>) -> Result<String, (String, String)> {
    if name == "case" {
        return match value.as_str() {
            Some(case) => match known.filter(|known| !known.cases.contains(&case)) {
                None => Ok(case.to_owned()),
                Some(Known { cases, .. }) => Err((
                    value.to_string(),
                    format!(
                        "no such case; {}",
                        did_you_mean(case, cases.iter().copied())
                    ),
                )),
            },
            None => Err((value.to_string(), "expected the name of a case".to_owned())),
        };
    }
    let Some(key) = keys::leaf(name) else {
        let columns = ["case", "step"]
            .into_iter()
            .chain(KEYS.iter().map(|key| key.leaf));
        return Err((
            value.to_string(),
            format!("no such column; {}", did_you_mean(name, columns)),
        ));
    };
    let canonical = match known {
        Some(known) => key.canonical(value, known.rules),
        None if key.leaf == "rule" => value.as_str().map(Value::from),
        None => key.canonical(value, &Registry::built_in()),
    };
    canonical
        .as_ref()
        .map(column)
        .ok_or_else(|| (value.to_string(), format!("expected {}", key.allowed())))
}

fn over(fields: &mut Fields, cases: &[&str]) -> Result<String> {
    let name = fields.text("over")?;
    if keys::leaf(&name).is_some() || (name == "case" && !cases.is_empty()) {
        return Ok(name);
    }
    let columns = std::iter::once("case").chain(KEYS.iter().map(|key| key.leaf));
    let hint = did_you_mean(&name, columns);
    Err(fields.error(
        "over",
        format!("\"{name}\""),
        format!("no such axis; {hint}"),
    ))
}

fn test(fields: &mut Fields, kind: &str, known: Known<'_>) -> Result<Test> {
    let cases = known.cases;
    Ok(match kind {
        "between" => {
            let (min, max) = fields.range("min", "max")?;
            Test::Between {
                min,
                max,
                each_run: fields.flag("each_run")?,
                from_step: from_step(fields)?,
            }
        }
        "increasing_in" | "decreasing_in" => Test::Monotone {
            over: over(fields, cases)?,
            increasing: kind == "increasing_in",
            z: fields.at_least_0("z", 3.0)?,
            from_step: from_step(fields)?,
        },
        "slope" => {
            let over = over(fields, cases)?;
            let (min, max) = fields.range("min", "max")?;
            Test::Slope { over, min, max }
        }
        "geometric" => Test::Geometric {
            min_r2: fields.at_least_0("min_r2", 0.99)?,
            min_rate: fields.at_least_0("min_rate", 0.0)?,
            max_rate: fields.at_least_0("max_rate", f64::INFINITY)?,
            floor: fields.at_least_0("floor", 1e-20)?,
            from_step: from_step(fields)?.unwrap_or(0),
        },
        "plateau" => Test::Plateau {
            tolerance: fields.at_least_0("tolerance", 0.1)?,
            min: fields.number_or("min", f64::NEG_INFINITY)?,
        },
        "near_value" => Test::NearValue {
            value: fields.needed_number("value")?,
            tolerance: fields.at_least_0("tolerance", 0.0)?,
            deviations: fields.at_least_0("deviations", 0.0)?,
        },
        "near_quantity" => Test::NearQuantity {
            other: quantity(fields, "other")?,
            tolerance: fields.at_least_0("tolerance", 0.0)?,
            is_relative: fields.flag("relative")?,
            z: fields.at_least_0("z", 0.0)?,
            each_run: fields.flag("each_run")?,
            from_step: from_step(fields)?,
        },
        "near_reference" => Test::NearReference {
            reference: reference(fields, known)?,
            bound: bound(fields)?,
        },
        other => {
            let hint = did_you_mean(other, KINDS);
            let why = format!("no such kind; {hint}");
            return Err(fields.error("kind", format!("\"{other}\""), why));
        }
    })
}

fn from_step(fields: &mut Fields) -> Result<Option<u64>> {
    match fields.take("from_step") {
        None => Ok(None),
        Some(value) => match whole(&value, 0, MAX_COUNT) {
            None => Err(fields.error("from_step", &value, "expected a step")),
            step => Ok(step),
        },
    }
}

/// `z`, or else `level`.
fn bound(fields: &mut Fields) -> Result<Bound> {
    let (z, level) = (fields.number("z")?, fields.number("level")?);
    match (z, level) {
        (Some(z), None) if z >= 0.0 => Ok(Bound::Errors(z)),
        (Some(z), None) => Err(fields.error("z", z, "expected a number of at least 0")),
        (Some(_), Some(level)) => {
            Err(fields.error("level", level, "z is given too; remove one of the two"))
        }
        (None, Some(level)) if level > 0.0 && level < 1.0 => Ok(Bound::Level(level)),
        (None, Some(level)) => {
            Err(fields.error("level", level, "expected a number between 0 and 1"))
        }
        (None, None) => Ok(Bound::Level(LEVEL)),
    }
}

fn reference(fields: &mut Fields, known: Known<'_>) -> Result<Reference> {
    let path = fields.optional_text("table")?;
    match (path, fields.take("values")) {
        (Some(path), None) => Ok(Reference::File(path.into())),
        (None, Some(Value::Array(items))) if !items.is_empty() => {
            let rows = items.iter().map(|item| {
                let table = item
                    .as_table()
                    .ok_or_else(|| fields.error("values", item, "expected a list of tables"))?;
                row(table, Some(known)).map_err(|why| fields.error("values", item, why))
            });
            Ok(Reference::Rows(rows.collect::<Result<_>>()?))
        }
        _ => Err(fields.error(
            "table",
            "unset",
            "give table (a CSV file) or values (a list of tables, not empty), one of them",
        )),
    }
}

/// One reference row; the error says what is wrong with it.
pub(crate) fn row(table: &Table, known: Option<Known<'_>>) -> Result<ReferenceRow, String> {
    let mut filter = Vec::new();
    let mut at = At::Last;
    for (column, value) in table {
        match column.as_str() {
            "mean" | "std" | "runs" => {}
            "step" => {
                at = step(value).ok_or_else(|| format!("step = {value}: expected a step"))?;
            }
            name => {
                let value = shown(name, value, known)
                    .map_err(|(value, why)| format!("{name} = {value}: {why}"))?;
                filter.push((name.to_owned(), value));
            }
        }
    }
    let get = |name: &str| {
        table
            .get(name)
            .and_then(number)
            .ok_or_else(|| format!("needs a number `{name}`"))
    };
    let row = ReferenceRow {
        filter,
        step: at,
        mean: get("mean")?,
        std: get("std")?,
        runs: get("runs")?,
    };
    if row.std < 0.0 || row.runs < 1.0 {
        return Err("needs std of at least 0 and runs of at least 1".to_owned());
    }
    Ok(row)
}

impl Claim {
    /// Takes cases that are not among `cases` out of the claim, so that it can be written
    /// along with them. Whether no case is left of those that it names.
    pub(crate) fn keep_cases(&mut self, cases: &[&str]) -> bool {
        let named = |claim: &Self| {
            let filter = claim.filter.iter();
            let mut of_cases = filter.filter(|(column, _)| column == "case");
            of_cases.next().map_or(0, |(_, names)| names.len())
        };
        let before = named(self);
        let known = |value: &Value| value.as_str().is_none_or(|name| cases.contains(&name));
        if let Some((_, names)) = self.filter.iter_mut().find(|(column, _)| column == "case") {
            names.retain(|name| cases.contains(&name.as_str()));
        }
        if let Some(Value::Array(names)) = self
            .typed
            .get_mut("where")
            .and_then(|filter| filter.get_mut("case"))
        {
            names.retain(known);
        }
        if let Some(Value::Array(rows)) = self.typed.get_mut("values") {
            rows.retain(|row| row.get("case").is_none_or(known));
        }
        if let Test::NearReference {
            reference: Reference::Rows(rows),
            ..
        } = &mut self.test
        {
            rows.retain(|row| {
                let case = row.filter.iter().find(|(column, _)| column == "case");
                case.is_none_or(|(_, name)| cases.contains(&name.as_str()))
            });
        }
        before > 0 && named(self) == 0
    }
}
