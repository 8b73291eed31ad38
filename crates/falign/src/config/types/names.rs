//! Single words: the names of an enum's variants, of data sets and of learning rules.

use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use serde::Serialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{self, DeserializeOwned, IntoDeserializer as _};
use toml::Value;

use super::{Fault, ValueType};
use crate::config::form::{Form, sentence};
use crate::config::suggest::nearest;
use crate::data::catalogue;
use crate::data::synthetic::DrawnSet;
use crate::rule::{Registry, Rule};

/// A variant of an enum without fields, by the name that it has in `serde`.
pub(crate) struct Name<T>(PhantomData<T>);

pub(crate) const fn name<T>() -> Name<T> {
    Name(PhantomData)
}

impl<T: DeserializeOwned + Serialize> ValueType for Name<T> {
    type Of = T;

    fn read(&self, value: &Value) -> Option<T> {
        let name: StrDeserializer<'_, Error> = value.as_str()?.into_deserializer();
        T::deserialize(name).ok()
    }

    fn write(&self, of: &T) -> Option<Value> {
        Value::try_from(of).ok()
    }

    fn forms(&self) -> Vec<Form> {
        // No variant has an empty name, so that the type says which there are.
        let nothing: StrDeserializer<'_, Expected> = "".into_deserializer();
        let names = match T::deserialize(nothing) {
            Err(Expected(names)) => names,
            Ok(_) => &[],
        };
        names
            .iter()
            .map(|name| Form::Word((*name).into()))
            .collect()
    }
}

/// The names that a type expects where it is given another one.
#[derive(Debug)]
struct Expected(&'static [&'static str]);

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {}", self.0.join(", "))
    }
}

impl std::error::Error for Expected {}

impl de::Error for Expected {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

/// A data set of the catalogue, or one that a run draws itself.
pub(crate) struct DataSet;

impl DataSet {
    fn names() -> &'static [String] {
        static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
            let stored = catalogue::entries().into_iter().map(|entry| entry.name);
            let drawn = DrawnSet::ALL.map(|set| set.name().to_owned());
            stored.chain(drawn).collect()
        });
        &NAMES
    }
}

impl ValueType for DataSet {
    type Of = String;

    fn read(&self, value: &Value) -> Option<String> {
        let name = value.as_str()?;
        Self::names().iter().find(|known| *known == name).cloned()
    }

    fn write(&self, of: &String) -> Option<Value> {
        Some(Value::String(of.clone()))
    }

    fn forms(&self) -> Vec<Form> {
        let names = Self::names().iter();
        names.map(|name| Form::Word(name.as_str().into())).collect()
    }
}

/// A learning rule of a registry; of the built-in ones where there is none.
pub(crate) struct RuleName;

impl RuleName {
    fn forms_of(rules: &Registry) -> Vec<Form> {
        let names = rules.names();
        names
            .map(|name| Form::Word(name.to_owned().into()))
            .collect()
    }
}

impl ValueType for RuleName {
    type Of = Rule;

    fn read(&self, value: &Value) -> Option<Rule> {
        self.read_among(value, &Registry::built_in())
    }

    fn write(&self, of: &Rule) -> Option<Value> {
        Some(Value::String(of.name().to_owned()))
    }

    fn forms(&self) -> Vec<Form> {
        Self::forms_of(&Registry::built_in())
    }

    fn read_among(&self, value: &Value, rules: &Registry) -> Option<Rule> {
        rules.get(value.as_str()?).cloned()
    }

    fn fault(&self, value: &Value, rules: &Registry) -> Option<Fault> {
        let near = value.as_str().and_then(|name| {
            // DFA, as figures and papers have it.
            let called = rules.called(name).map(Rule::name);
            called.or_else(|| nearest(name, rules.names()))
        });
        let hint = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
        let expected = sentence(&Self::forms_of(rules));
        Some(Fault::of(value, format!("expected {expected}{hint}")))
    }
}
