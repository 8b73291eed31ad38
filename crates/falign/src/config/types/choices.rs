//! Enums whose variants are words, values and values of a unit.

use toml::Value;

use super::ValueType;
use crate::config::form::Form;

/// One of several alternatives, the first that fits.
pub(crate) struct Choices<T: 'static>(pub(crate) &'static [Alternative<T>]);

/// One variant: how it is read, written and described.
pub(crate) struct Alternative<T> {
    pub(crate) read: fn(&Value) -> Option<T>,
    /// `None` for another variant.
    pub(crate) write: fn(&T) -> Option<Value>,
    pub(crate) forms: fn() -> Vec<Form>,
}

impl<T: 'static> ValueType for Choices<T> {
    type Of = T;

    fn read(&self, value: &Value) -> Option<T> {
        self.0.iter().find_map(|one| (one.read)(value))
    }

    fn write(&self, of: &T) -> Option<Value> {
        self.0.iter().find_map(|one| (one.write)(of))
    }

    fn forms(&self) -> Vec<Form> {
        self.0.iter().flat_map(|one| (one.forms)()).collect()
    }
}

/// An [`Alternative`]: `"word" => Variant`, `type => Variant(_)`, `"unit", type => Variant(_)` for
/// `{ unit = value }`, or the same with `Variant { field }`.
macro_rules! one {
    ($word:literal => $variant:path) => {
        $crate::config::types::Alternative {
            read: |value| (value.as_str() == Some($word)).then_some($variant),
            write: |of| {
                matches!(of, $variant).then(|| ::toml::Value::String($word.to_owned()))
            },
            forms: || vec![$crate::config::form::Form::Word($word.into())],
        }
    };
    ($kind:expr => $variant:path, _) => {
        $crate::config::types::Alternative {
            read: |value| $kind.read(value).map($variant),
            write: |of| match of {
                $variant(of) => $kind.write(of),
                _ => None,
            },
            forms: || $kind.forms(),
        }
    };
    ($unit:literal, $kind:expr => $($variant:ident)::+, { $field:ident }) => {
        $crate::config::types::Alternative {
            read: |value| {
                let (unit, value) = $crate::config::value::unit(value)?;
                if unit != $unit {
                    return None;
                }
                let $field = $kind.read(value)?;
                Some($($variant)::+ { $field })
            },
            write: |of| match of {
                $($variant)::+ { $field } => $kind
                    .write($field)
                    .map(|value| $crate::config::types::in_unit($unit, value)),
                _ => None,
            },
            forms: || $crate::config::types::unit_forms($unit, $kind.forms()),
        }
    };
    ($unit:literal, $kind:expr => $variant:path, _) => {
        $crate::config::types::Alternative {
            read: |value| {
                let (unit, value) = $crate::config::value::unit(value)?;
                if unit != $unit {
                    return None;
                }
                $kind.read(value).map($variant)
            },
            write: |of| match of {
                $variant(of) => $kind
                    .write(of)
                    .map(|value| $crate::config::types::in_unit($unit, value)),
                _ => None,
            },
            forms: || $crate::config::types::unit_forms($unit, $kind.forms()),
        }
    };
}
pub(crate) use one;

/// `{ unit = value }`.
pub(crate) fn in_unit(unit: &str, value: Value) -> Value {
    Value::Table(std::iter::once((unit.to_owned(), value)).collect())
}

pub(crate) fn unit_forms(unit: &'static str, forms: Vec<Form>) -> Vec<Form> {
    let in_unit = |form| Form::Unit(unit, Box::new(form));
    forms.into_iter().map(in_unit).collect()
}
