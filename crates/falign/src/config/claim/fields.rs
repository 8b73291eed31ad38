//! Takes the keys of one `[[claim]]` table one by one; what is left over is unknown.

use toml::{Table, Value};

use super::keys::CLAIM_KEYS;
use crate::config::keys::did_you_mean;
use crate::config::value::number;
use crate::{Error, Result};

/// The keys of a claim that have not been taken yet.
pub(crate) struct Fields {
    id: String,
    table: Table,
    asked: Vec<&'static str>,
}

impl Fields {
    pub(crate) fn new(id: String, table: Table) -> Self {
        Self {
            id,
            table,
            asked: vec!["id"],
        }
    }

    pub(crate) fn error(
        &self,
        key: &str,
        value: impl std::fmt::Display,
        allowed: impl Into<String>,
    ) -> Error {
        Error::config(format!("claim.{}.{key}", self.id), value, allowed)
    }

    pub(crate) fn take(&mut self, key: &'static str) -> Option<Value> {
        self.asked.push(key);
        self.table.remove(key)
    }

    fn required<T>(&self, key: &str, value: Option<T>, expected: &str) -> Result<T> {
        value.ok_or_else(|| self.error(key, "unset", format!("expected {expected}")))
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Result<String> {
        let text = self.optional_text(key)?;
        self.required(key, text, "a string")
    }

    pub(crate) fn optional_text(&mut self, key: &'static str) -> Result<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.error(key, other, "expected a string")),
        }
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Result<bool> {
        match self.take(key) {
            None => Ok(false),
            Some(Value::Boolean(flag)) => Ok(flag),
            Some(other) => Err(self.error(key, other, "expected true or false")),
        }
    }

    pub(crate) fn number(&mut self, key: &'static str) -> Result<Option<f64>> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match number(&value) {
                Some(x) => Ok(Some(x)),
                None => Err(self.error(key, value, "expected a number")),
            },
        }
    }

    pub(crate) fn needed_number(&mut self, key: &'static str) -> Result<f64> {
        let x = self.number(key)?;
        x.ok_or_else(|| self.error(key, "unset", "expected a number"))
    }

    pub(crate) fn number_or(&mut self, key: &'static str, default: f64) -> Result<f64> {
        Ok(self.number(key)?.unwrap_or(default))
    }

    /// A number of at least 0, or the default.
    pub(crate) fn at_least_0(&mut self, key: &'static str, default: f64) -> Result<f64> {
        let x = self.number_or(key, default)?;
        if x < 0.0 {
            return Err(self.error(key, x, "expected a number of at least 0"));
        }
        Ok(x)
    }

    /// `min` and `max`, at least one of them given, in order.
    pub(crate) fn range(&mut self, low: &'static str, high: &'static str) -> Result<(f64, f64)> {
        let (min, max) = (self.number(low)?, self.number(high)?);
        if min.is_none() && max.is_none() {
            return Err(self.error(low, "unset", format!("give {low}, {high} or both")));
        }
        let (min, max) = (
            min.unwrap_or(f64::NEG_INFINITY),
            max.unwrap_or(f64::INFINITY),
        );
        if min > max {
            return Err(self.error(low, min, format!("above {high} = {max}")));
        }
        Ok((min, max))
    }

    /// Refuses what claims of this kind do not have.
    pub(crate) fn finish(self, kind: &str) -> Result<()> {
        let known: Vec<&str> = CLAIM_KEYS
            .iter()
            .filter(|key| key.is_of(kind))
            .map(|key| key.name)
            .collect();
        debug_assert!(
            known.len() == self.asked.len() && known.iter().all(|key| self.asked.contains(key)),
            "{kind}: {known:?} are declared, and {:?} are read",
            self.asked
        );
        match self.table.iter().next() {
            None => Ok(()),
            Some((key, value)) => {
                let hint = did_you_mean(key, known.iter().copied());
                Err(self.error(
                    key,
                    value,
                    format!("unknown key of a claim of kind \"{kind}\"; {hint}"),
                ))
            }
        }
    }
}
