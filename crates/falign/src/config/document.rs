//! A TOML document whose values keep the place where they were typed, so that an error can point at
//! them after sweeps, cases and `--set` are merged.

use std::ops::{Deref, Range};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::error::Place;
use crate::{Error, Result};

/// Place where a value was typed. Two values that say the same are equal wherever they stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin(Option<(Arc<Source>, Range<usize>)>);

/// A text and how an error names it.
#[derive(Debug)]
struct Source {
    name: String,
    text: String,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Origin {
    fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self(Some((Arc::clone(source), span)))
    }

    /// A part of `KEY=VALUE` typed in a command.
    pub(crate) fn of_assignment(text: &str, span: Range<usize>) -> Self {
        let source = Arc::new(Source {
            name: "--set".to_owned(),
            text: text.to_owned(),
        });
        Self::new(&source, span)
    }

    /// The error with this place, unless it has one or there is none.
    pub(crate) fn locate(&self, error: Error) -> Error {
        match &self.0 {
            Some((source, span)) => error.at(|| Place::new(&source.name, &source.text, span)),
            None => error,
        }
    }
}

/// A plain value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    value: Value,
    pub(crate) origin: Origin,
}

impl Deref for Given {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        let origin = Origin::default();
        Self { value, origin }
    }
}

impl Given {
    pub(crate) fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    pub(crate) fn into_value(self) -> Value {
        self.value
    }

    /// A value of which a part was typed there.
    pub(crate) fn at(value: Value, origin: &Origin) -> Self {
        let origin = origin.clone();
        Self { value, origin }
    }
}

/// A value with its place, and those of all values in it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) given: Given,
    /// Place of the key that it stands under.
    key: Origin,
    children: Children,
}

#[derive(Debug, Clone)]
enum Children {
    None,
    Items(Vec<Node>),
    Entries(Vec<(String, Node)>),
}

impl Node {
    /// A table that was not typed as text.
    pub(crate) fn of_table(table: Table) -> Self {
        Self::new(Value::Table(table), None, &|_| Origin::default())
    }

    /// A parsed text with the places of its values. `name` is that of the file, or empty.
    pub(crate) fn of_text(table: Table, text: &str, name: &str) -> Self {
        let source = Arc::new(Source {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        let spans = DeTable::parse(text).ok().map(|root| {
            let span = root.span();
            Spanned::new(span, DeValue::Table(root.into_inner()))
        });
        let origin = |span| Origin::new(&source, span);
        Self::new(Value::Table(table), spans.as_ref(), &origin)
    }

    /// The value of `KEY=VALUE` typed in a command, which begins at byte `start` of it.
    pub(crate) fn of_assignment(value: Value, text: &str, start: usize) -> Self {
        const BEFORE: &str = "value = ";
        let source = Arc::new(Source {
            name: "--set".to_owned(),
            text: text.to_owned(),
        });
        let typed = format!("{BEFORE}{}", &text[start..]);
        let spans = DeTable::parse(&typed)
            .ok()
            .and_then(|root| root.into_inner().remove("value"));
        let origin = |span: Range<usize>| {
            let place = |at: usize| at.saturating_sub(BEFORE.len()) + start;
            Origin::new(&source, place(span.start)..place(span.end))
        };
        let mut node = Self::new(value, spans.as_ref(), &origin);
        if spans.is_none() {
            // Bare words, which are no TOML.
            node.put(&Origin::new(&source, start..text.len()));
        }
        node
    }

    fn put(&mut self, origin: &Origin) {
        self.given.origin = origin.clone();
        if let Children::Items(items) = &mut self.children {
            for item in items {
                item.put(origin);
            }
        }
    }

    fn new(
        value: Value,
        spans: Option<&Spanned<DeValue<'_>>>,
        origin: &dyn Fn(Range<usize>) -> Origin,
    ) -> Self {
        let place = |spans: Option<&Spanned<DeValue<'_>>>| {
            spans.map_or_else(Origin::default, |spans| origin(spans.span()))
        };
        let children = match &value {
            Value::Array(items) => {
                let spans = spans.and_then(|spans| match spans.get_ref() {
                    DeValue::Array(items) => Some(items),
                    _ => None,
                });
                let item = |(at, item): (usize, &Value)| {
                    Self::new(item.clone(), spans.and_then(|all| all.get(at)), origin)
                };
                Children::Items(items.iter().enumerate().map(item).collect())
            }
            Value::Table(table) => {
                let spans = spans.and_then(|spans| match spans.get_ref() {
                    DeValue::Table(table) => Some(table),
                    _ => None,
                });
                let entry = |(name, value): (&String, &Value)| {
                    let found = spans.and_then(|all| all.get_key_value(name.as_str()));
                    let mut node = Self::new(value.clone(), found.map(|(_, one)| one), origin);
                    if let Some((key, _)) = found {
                        node.key = origin(key.span());
                    }
                    (name.clone(), node)
                };
                Children::Entries(table.iter().map(entry).collect())
            }
            _ => Children::None,
        };
        let origin = place(spans);
        Self {
            given: Given { value, origin },
            key: Origin::default(),
            children,
        }
    }

    /// The entries of a table, or none.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.children {
            Children::Entries(entries) => entries,
            Children::None | Children::Items(_) => &[],
        }
    }

    /// The items of an array, or none.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.children {
            Children::Items(items) => items,
            Children::None | Children::Entries(_) => &[],
        }
    }

    pub(crate) fn into_value(self) -> Value {
        self.given.into_value()
    }

    /// The entry of a table under this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let entry = self.entries().iter().find(|(other, _)| other == name);
        entry.map(|(_, node)| node)
    }

    pub(crate) fn is_table(&self) -> bool {
        self.given.is_table()
    }

    /// The error with the place of the key.
    pub(crate) fn locate_key(&self, error: Error) -> Error {
        self.key.locate(error)
    }

    /// The error with the place of the value.
    pub(crate) fn locate(&self, error: Error) -> Error {
        self.given.origin.locate(error)
    }

    /// An error about something in this table, whose key begins with `prefix`: with the place of what
    /// the rest of its key names, as far as that is there.
    pub(crate) fn locate_within(&self, prefix: &str, error: Error) -> Error {
        let Error::Config { key, .. } = &error else {
            return error;
        };
        let mut found = self;
        let path = key.strip_prefix(prefix).unwrap_or_default().to_owned();
        for name in path.split('.') {
            match found.get(name) {
                Some(child) => found = child,
                None => break,
            }
        }
        found.locate(error)
    }
}

/// An error with the place of what it is about.
pub(crate) trait Locate<T> {
    /// The error with the place of a value.
    fn within(self, node: &Node) -> Result<T>;
}

impl<T> Locate<T> for Result<T> {
    fn within(self, node: &Node) -> Self {
        self.map_err(|error| node.locate(error))
    }
}
