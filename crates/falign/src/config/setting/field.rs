//! Declares the fields of a setting and their keys in one: a row is a typed field, its default, its
//! value type and its meaning.

use toml::Value;

use super::Keys;
use crate::config::key::Key;
use crate::config::types::ValueType;
use crate::config::value::parse_value;
use crate::rule::Registry;

/// A key and its place in a [`Keys`].
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key: Key,
    /// Takes a value, if it is accepted; the registry has the rules that there are.
    pub(crate) set: fn(&mut Keys, &Value, &Registry) -> bool,
    /// The canonical spelling; `None` where the key is unset.
    pub(crate) get: fn(&Keys) -> Option<Value>,
    /// Whether two settings have the same value.
    pub(crate) same: fn(&Keys, &Keys) -> bool,
}

/// A row's value where no file gives one.
pub(super) fn default_of<K: ValueType>(kind: &K, default: &str) -> K::Of {
    let value = match parse_value(default) {
        Some(value) => kind.read(&value),
        None => kind.unset(),
    };
    value.expect("a test builds the setting of all defaults")
}

/// The [`Field`] of a row whose value is at `place` of a setting.
macro_rules! field {
    ($section:ident, $networks:ident, $data:ident, $leaf:ident = $default:literal, $kind:expr, $meaning:literal,
     ($($at:ident.)?) $place:ident) => {
        $crate::config::setting::field::Field {
            key: $crate::config::key::Key {
                section: stringify!($section),
                leaf: stringify!($leaf),
                default: $default,
                networks: $crate::config::key::Networks::$networks,
                data: $crate::config::key::DataKey::$data,
                meaning: $meaning,
                forms: || $kind.forms(),
                canonical: |value, rules| {
                    let kind = $kind;
                    let of = kind.read_among(value, rules);
                    of.and_then(|of| kind.write(&of))
                },
                fault: |value, rules| $kind.fault(value, rules),
            },
            set: |setting, value, rules| match $kind.read_among(value, rules) {
                Some(of) => {
                    setting.$($at.)?$place = of;
                    true
                }
                None => false,
            },
            get: |setting| $kind.write(&setting.$($at.)?$place),
            same: |a, b| a.$($at.)?$place.eq(&b.$($at.)?$place),
        }
    };
}
pub(super) use field;

/// A struct with one field for each row, the fields' keys, and the struct of all defaults.
///
/// `[visibility section] networks, data;` heads a group of rows `name: type = default, value type, meaning;`.
/// The default is TOML text, empty for a key that is unset. `at` is the struct's place in a setting: `()` or `(field.)`.
macro_rules! fields {
    (
        $(#[$about:meta])*
        pub struct $name:ident at $at:tt, $rows:ident {
            $(
                [$scope:vis $section:ident] $networks:ident, $data:ident;
                $(
                    $(#[$note:meta])*
                    $leaf:ident: $of:ty = $default:literal, $kind:expr, $meaning:literal;
                )*
            )*
        }
        $(also { $($(#[$also_note:meta])* $also_scope:vis $also:ident: $also_of:ty = $also_default:expr,)* })?
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::doc_markdown, reason = "sentences of `docs/config.md`")]
        pub struct $name {
            $($(
                #[doc = $meaning]
                $(#[$note])*
                $scope $leaf: $of,
            )*)*
            $($($(#[$also_note])* $also_scope $also: $also_of,)*)?
        }

        impl $name {
            /// Settings with every key at its default.
            pub(super) fn of_defaults() -> Self {
                Self {
                    $($($leaf: $crate::config::setting::field::default_of(&$kind, $default),)*)*
                    $($($also: $also_default,)*)?
                }
            }
        }

        /// The rows as fields of a setting.
        pub(super) const $rows: &[$crate::config::setting::field::Field] = &[$($(
            $crate::config::setting::field::field!(
                $section, $networks, $data, $leaf = $default, $kind, $meaning, $at $leaf
            ),
        )*)*];
    };
}
pub(super) use fields;
