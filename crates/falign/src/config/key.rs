//! One key: what a file may say under it, and what it means.

use serde_json::Value as Json;
use toml::Value;

use crate::config::form::{self, Form};
use crate::config::types::Fault;
use crate::config::value::parse_value;
use crate::rule::Registry;

/// The sections of an experiment file, in order, each with what it describes.
pub const SECTIONS: [(&str, &str); 4] = [
    ("data", "the training data"),
    ("network", "the network and its start"),
    ("learning", "the learning rule, its step and its ridge"),
    ("run", "how long, how often, and what is measured"),
];

/// One key of `[data] [network] [learning] [run]`.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The section, `network`.
    pub section: &'static str,
    /// The name within the section, unique across all sections: `width`.
    pub leaf: &'static str,
    /// The default as TOML text; empty if the key is unset by default.
    pub default: &'static str,
    /// The networks that it is about.
    pub networks: Networks,
    /// Whether it describes generated data, or data that the user passes.
    pub data: DataKey,
    /// Meaning of the key.
    pub meaning: &'static str,
    pub(crate) forms: fn() -> Vec<Form>,
    pub(crate) canonical: fn(&Value, &Registry) -> Option<Value>,
    pub(crate) fault: fn(&Value, &Registry) -> Option<Fault>,
}

/// Networks that a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networks {
    /// Networks of all engines.
    All,
    /// Networks of the two-layer engines.
    TwoLayer,
    /// Networks of the mini-batch engine.
    Deep,
}

impl Networks {
    /// The name of their engines in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::TwoLayer => "two-layer",
            Self::Deep => "mini-batch",
        }
    }
}

/// Role of a key in describing the training data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKey {
    /// A key without bearing on where they come from.
    Neither,
    /// A key that describes how they are generated: without meaning for data that the user passes.
    Generated,
    /// A key that describes data that the user passes: where they are, and how they are read.
    Given,
}

/// Leaf names are unique.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.leaf == other.leaf
    }
}

impl Eq for Key {}

impl Key {
    /// The dotted key, `network.width`.
    pub fn dotted(&self) -> String {
        format!("{}.{}", self.section, self.leaf)
    }

    /// The default as a value; `None` if the key is unset by default.
    pub fn default_value(&self) -> Option<Value> {
        parse_value(self.default)
    }

    /// The accepted values: the alternatives.
    pub fn forms(&self) -> Vec<Form> {
        (self.forms)()
    }

    /// The accepted values in words: type, range, names.
    pub fn allowed(&self) -> String {
        form::sentence(&self.forms())
    }

    /// The words among its values, such as `auto`, or the names of all rules.
    ///
    /// ```
    /// use falign::internal::config::keys;
    /// let words = keys::leaf("targets").map(|key| key.words());
    /// assert_eq!(words, Some(vec!["teacher".to_owned(), "signs".to_owned()]));
    /// ```
    pub fn words(&self) -> Vec<String> {
        form::words(&self.forms()).map(str::to_owned).collect()
    }

    /// Python type of the key.
    pub fn python(&self) -> String {
        let mut python = form::python(&self.forms());
        if self.default.is_empty() {
            python += " | None";
        }
        python
    }

    /// JSON Schema of the key, with its meaning.
    pub fn schema(&self) -> Json {
        let mut schema = form::schema(&self.forms());
        schema["description"] = format!("{}\n\n{}", self.meaning, self.allowed()).into();
        if let Some(default) = self.default_value() {
            schema["default"] = serde_json::to_value(default).unwrap_or_default();
        }
        schema
    }

    /// A value in its one canonical spelling; `None` if it is not accepted. `rules` are those
    /// that there are.
    pub(crate) fn canonical(&self, value: &Value, rules: &Registry) -> Option<Value> {
        (self.canonical)(value, rules)
    }

    /// Whether it holds the path of an input file.
    pub(crate) fn is_path(&self) -> bool {
        self.forms()
            .iter()
            .any(|form| matches!(form, Form::Path(_)))
    }

    /// Whether its values may be lists.
    pub(crate) fn holds_lists(&self) -> bool {
        let forms = self.forms();
        forms
            .iter()
            .any(|form| matches!(form, Form::List { .. } | Form::Layers { .. }))
    }

    /// Whether parts of its value can be set and swept: `network.layers.2.kernel`.
    pub(crate) fn has_parts(&self) -> bool {
        let forms = self.forms();
        forms.iter().any(|form| matches!(form, Form::Layers { .. }))
    }

    /// Whether it describes generated training data.
    pub(crate) fn is_generated(&self) -> bool {
        self.data == DataKey::Generated
    }
}
