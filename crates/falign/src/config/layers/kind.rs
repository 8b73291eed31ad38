//! A kind of layer: its keys in a file, the shape above it, and what it is made of.

use std::sync::Arc;

use toml::{Table, Value};

use super::shape::Shape;
use crate::config::form::{self, Form, sentence};
use crate::config::suggest::did_you_mean;
use crate::config::types::{Fault, ValueType};
use crate::config::value::parse_value;
use crate::layer::{Map, Operator};
use crate::math::Activation;
use crate::math::simd::Element;
use crate::rule::Registry;

/// A kind of layer. Its [`keys!`] say what a file may say of it.
pub(crate) trait Kind {
    /// Shape of a sample above, or why there is none.
    fn above(&self, below: Shape) -> Result<Shape, String>;

    /// Drops what says no more than is so without it, so that two spellings of a layer are one. `psi` is the
    /// activation behind layers that have none of their own.
    fn settle(&mut self, psi: Activation) {
        let _ = psi;
    }

    /// The layers and maps of which it is made, each reading the one before. `psi` is the activation
    /// behind layers that have none of their own.
    fn pieces<T: Element>(&self, below: Shape, psi: Activation) -> Vec<Piece<T>>;
}

/// A layer or a map.
#[derive(Debug, Clone)]
pub(crate) enum Piece<T> {
    /// Weights of this operator; of a dense layer, (units, inputs), where there is none.
    Layer {
        operator: Option<Arc<dyn Operator<T>>>,
        /// Numbers of a sample, below and above.
        numbers: [usize; 2],
        activation: Activation,
    },
    /// A function without weights of one value.
    Map(Arc<dyn Map<T>>),
}

/// A key of a kind of layer.
#[derive(Debug)]
pub struct LayerKey {
    /// Name in a file.
    pub name: &'static str,
    /// The default as TOML text; empty where there is none.
    pub(crate) default: &'static str,
    /// Sentence that says what it is.
    pub meaning: &'static str,
    pub(crate) forms: fn() -> Vec<Form>,
    /// Whether a layer may do without it.
    pub(crate) is_optional: fn() -> bool,
}

impl LayerKey {
    /// The default as a value, if there is one.
    pub fn default_value(&self) -> Option<Value> {
        parse_value(self.default)
    }

    /// Python type of the key.
    pub fn python(&self) -> String {
        let mut python = form::python(&(self.forms)());
        if self.default.is_empty() && self.is_optional() {
            python += " | None";
        }
        python
    }

    /// Whether a layer may do without it.
    pub fn is_optional(&self) -> bool {
        (self.is_optional)()
    }

    /// The accepted values in words.
    pub fn allowed(&self) -> String {
        sentence(&(self.forms)())
    }
}

/// Declares a kind of layer: rows `name: type = default, value type, meaning;`, as those of a setting. The
/// first key names the kind. An empty default is that of a key which is unset, or which must be given.
macro_rules! keys {
    (
        $(#[doc = $about:literal])*
        $name:ident {
            $($leaf:ident: $of:ty = $default:literal, $kind:expr, $meaning:literal;)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::struct_field_names, reason = "the key that names the kind")]
        pub(crate) struct $name {
            $(#[doc = $meaning] pub(crate) $leaf: $of,)*
        }

        impl $name {
            pub(crate) const KEYS: &[$crate::config::layers::kind::LayerKey] = &[$(
                $crate::config::layers::kind::LayerKey {
                    name: stringify!($leaf),
                    default: $default,
                    meaning: $meaning,
                    forms: || $kind.forms(),
                    is_optional: || !$default.is_empty() || $kind.unset().is_some(),
                },
            )*];

            /// The kind in words.
            pub(crate) const ABOUT: &str = concat!($($about, "\n"),*);

            /// The layer of a table.
            pub(crate) fn read(
                table: &::toml::Table,
            ) -> ::std::result::Result<Self, $crate::config::types::Fault> {
                $crate::config::layers::kind::known(table, Self::KEYS)?;
                Ok(Self {
                    $($leaf: $crate::config::layers::kind::entry(
                        table, stringify!($leaf), $default, &$kind,
                    )?,)*
                })
            }

            /// The table that reads back as this, without defaults.
            pub(crate) fn write(&self) -> ::toml::Table {
                let entries = [$((
                    stringify!($leaf),
                    $crate::config::layers::kind::written(&self.$leaf, $default, &$kind),
                ),)*];
                let entries = entries.into_iter();
                entries.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
            }
        }
    };
}
pub(crate) use keys;

/// Refuses keys that a kind does not have.
pub(crate) fn known(table: &Table, keys: &[LayerKey]) -> Result<(), Fault> {
    let names = keys.iter().map(|key| key.name);
    for (name, value) in table {
        if !keys.iter().any(|key| key.name == name) {
            let hint = did_you_mean(name, names.clone());
            let why = format!("`{}` has no such key; {hint}", keys[0].name);
            return Err(Fault::of(value, why).within(name));
        }
    }
    Ok(())
}

/// The value of a key in the table of a layer.
pub(crate) fn entry<K: ValueType>(
    table: &Table,
    name: &str,
    default: &str,
    kind: &K,
) -> Result<K::Of, Fault> {
    let Some(value) = table.get(name) else {
        let given = parse_value(default).and_then(|value| kind.read(&value));
        return given.or_else(|| kind.unset()).ok_or_else(|| {
            let expected = sentence(&kind.forms());
            let whole = Value::Table(table.clone());
            Fault::of(&whole, format!("needs `{name}`, {expected}"))
        });
    };
    kind.read(value).ok_or_else(|| {
        let fault = kind.fault(value, &Registry::built_in());
        let expected = || Fault::of(value, format!("expected {}", sentence(&kind.forms())));
        fault.unwrap_or_else(expected).within(name)
    })
}

/// The value of a key, unless it is the default.
pub(crate) fn written<K: ValueType>(of: &K::Of, default: &str, kind: &K) -> Option<Value> {
    let value = kind.write(of)?;
    let usual = parse_value(default).and_then(|value| kind.write(&kind.read(&value)?));
    (usual.as_ref() != Some(&value)).then_some(value)
}
