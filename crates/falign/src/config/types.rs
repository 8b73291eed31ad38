//! The value types of keys: how each reads a TOML value, writes it back and describes itself.

mod choices;
mod lists;
mod names;

use std::path::PathBuf;

use toml::Value;

pub(crate) use self::choices::{Alternative, Choices, in_unit, one, unit_forms};
pub(crate) use self::lists::{Columns, Quantities, ascending, list};
pub(crate) use self::names::{DataSet, RuleName, name};
use super::form::{Form, Range};
use super::value::{number, short, whole};
use crate::file::{path_text, text_path};
use crate::rule::Registry;

/// A type of values of one key.
pub(crate) trait ValueType {
    /// The type of a value in a setting.
    type Of;

    /// The value, if it is of this type and in its range.
    fn read(&self, value: &Value) -> Option<Self::Of>;

    /// The canonical spelling, which reads back as the same; `None` for a key that is unset.
    fn write(&self, of: &Self::Of) -> Option<Value>;

    /// The accepted values.
    fn forms(&self) -> Vec<Form>;

    /// Value of an unset key in a setting, for types that have one.
    fn unset(&self) -> Option<Self::Of> {
        None
    }

    /// The value, of a type that has the rules of a registry.
    fn read_among(&self, value: &Value, _rules: &Registry) -> Option<Self::Of> {
        self.read(value)
    }

    /// The part of a value that is at fault and why, where more can be said than what is accepted.
    fn fault(&self, _value: &Value, _rules: &Registry) -> Option<Fault> {
        None
    }
}

/// Part of a value that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Place of the part in the value, such as `.3.kernel`; empty for the value itself.
    pub(crate) within: String,
    /// The part as a message shows it.
    pub(crate) shown: String,
    /// Reason, with what is accepted.
    pub(crate) why: String,
}

impl Fault {
    /// A fault of this part.
    pub(crate) fn of(part: &Value, why: String) -> Self {
        Self {
            within: String::new(),
            shown: short(part),
            why,
        }
    }

    /// Fault of a part that is an entry or an item of another.
    pub(crate) fn within(self, name: impl std::fmt::Display) -> Self {
        Self {
            within: format!(".{name}{}", self.within),
            ..self
        }
    }
}

/// A whole number in a range.
pub(crate) struct Whole {
    min: u64,
    max: u64,
}

pub(crate) const fn count(min: u64, max: u64) -> Whole {
    Whole { min, max }
}

impl ValueType for Whole {
    type Of = u64;

    fn read(&self, value: &Value) -> Option<u64> {
        whole(value, self.min, self.max)
    }

    fn write(&self, of: &u64) -> Option<Value> {
        Some(Value::Integer(i64::try_from(*of).unwrap_or(i64::MAX)))
    }

    fn forms(&self) -> Vec<Form> {
        let (min, max, of) = (self.min, self.max, "");
        vec![Form::Whole { min, max, of }]
    }
}

/// A size in memory in a range.
pub(crate) struct Size(Whole);

pub(crate) const fn size(min: u64, max: u64) -> Size {
    Size(count(min, max))
}

impl ValueType for Size {
    type Of = usize;

    fn read(&self, value: &Value) -> Option<usize> {
        self.0
            .read(value)
            .and_then(|size| usize::try_from(size).ok())
    }

    fn write(&self, of: &usize) -> Option<Value> {
        self.0.write(&(*of as u64))
    }

    fn forms(&self) -> Vec<Form> {
        self.0.forms()
    }
}

/// A whole number of steps that is kept, and written, as a float.
pub(crate) struct StepCount {
    pub(crate) max: u64,
}

impl ValueType for StepCount {
    type Of = f64;

    fn read(&self, value: &Value) -> Option<f64> {
        whole(value, 0, self.max).map(|steps| steps as f64)
    }

    fn write(&self, of: &f64) -> Option<Value> {
        Some(Value::Float(*of))
    }

    fn forms(&self) -> Vec<Form> {
        let (min, max, of) = (0, self.max, "steps");
        vec![Form::Whole { min, max, of }]
    }
}

/// A finite number in a range.
pub(crate) struct Number(Range);

pub(crate) const fn above_0() -> Number {
    Number(Range {
        min: 0.0,
        has_min: false,
        max: f64::INFINITY,
        has_max: false,
        of: "",
    })
}

pub(crate) const fn at_least_0() -> Number {
    let mut number = above_0();
    number.0.has_min = true;
    number
}

/// A number that is at least 0 and below 1.
pub(crate) const fn share() -> Number {
    let mut number = at_least_0();
    number.0.max = 1.0;
    number
}

pub(crate) const fn within(min: f64, max: f64) -> Number {
    Number(Range {
        min,
        has_min: true,
        max,
        has_max: true,
        of: "",
    })
}

impl Number {
    /// Makes it a number of steps, or of epochs.
    pub(crate) const fn of(mut self, of: &'static str) -> Self {
        self.0.of = of;
        self
    }

    pub(crate) const fn up_to(mut self, max: f64) -> Self {
        self.0.max = max;
        self.0.has_max = true;
        self
    }
}

impl ValueType for Number {
    type Of = f64;

    fn read(&self, value: &Value) -> Option<f64> {
        // Adding zero turns -0 into 0, so that both are one setting.
        number(value)
            .filter(|x| self.0.contains(*x))
            .map(|x| x + 0.0)
    }

    fn write(&self, of: &f64) -> Option<Value> {
        Some(Value::Float(*of))
    }

    fn forms(&self) -> Vec<Form> {
        vec![Form::Number(self.0)]
    }
}

/// `true` or `false`.
pub(crate) struct Flag;

impl ValueType for Flag {
    type Of = bool;

    fn read(&self, value: &Value) -> Option<bool> {
        value.as_bool()
    }

    fn write(&self, of: &bool) -> Option<Value> {
        Some(Value::Boolean(*of))
    }

    fn forms(&self) -> Vec<Form> {
        vec![Form::Flag]
    }
}

/// The path of an input file or folder.
pub(crate) struct InputPath(pub(crate) &'static str);

impl ValueType for InputPath {
    type Of = PathBuf;

    fn read(&self, value: &Value) -> Option<PathBuf> {
        let text = value.as_str().filter(|text| !text.is_empty())?;
        Some(text_path(text))
    }

    fn write(&self, of: &PathBuf) -> Option<Value> {
        Some(Value::String(path_text(of)))
    }

    fn forms(&self) -> Vec<Form> {
        vec![Form::Path(self.0)]
    }
}

/// A word that stands for `None`, or a value.
pub(crate) struct OrWord<K>(pub(crate) &'static str, pub(crate) K);

impl<K: ValueType> ValueType for OrWord<K> {
    type Of = Option<K::Of>;

    fn read(&self, value: &Value) -> Option<Self::Of> {
        if value.as_str() == Some(self.0) {
            return Some(None);
        }
        self.1.read(value).map(Some)
    }

    fn write(&self, of: &Self::Of) -> Option<Value> {
        match of {
            None => Some(Value::String(self.0.to_owned())),
            Some(of) => self.1.write(of),
        }
    }

    fn forms(&self) -> Vec<Form> {
        let mut forms = vec![Form::Word(self.0.into())];
        forms.extend(self.1.forms());
        forms
    }

    fn fault(&self, value: &Value, rules: &Registry) -> Option<Fault> {
        self.1.fault(value, rules)
    }
}

/// A value, or a key that is unset.
pub(crate) struct Optional<K>(pub(crate) K);

impl<K: ValueType> ValueType for Optional<K> {
    type Of = Option<K::Of>;

    fn read(&self, value: &Value) -> Option<Self::Of> {
        self.0.read(value).map(Some)
    }

    fn write(&self, of: &Self::Of) -> Option<Value> {
        of.as_ref().and_then(|of| self.0.write(of))
    }

    fn forms(&self) -> Vec<Form> {
        self.0.forms()
    }

    fn unset(&self) -> Option<Self::Of> {
        Some(None)
    }

    fn fault(&self, value: &Value, rules: &Registry) -> Option<Fault> {
        self.0.fault(value, rules)
    }
}
