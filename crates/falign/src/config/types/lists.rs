//! Lists, none of them empty.

use toml::Value;

use super::{Fault, ValueType};
use crate::config::form::{Form, Order};
use crate::config::suggest::did_you_mean;
use crate::data::Column;
use crate::measure::Quantity;
use crate::rule::Registry;

/// A list of values of one type.
pub(crate) struct Each<K> {
    of: K,
    is_ascending: bool,
}

pub(crate) const fn list<K>(of: K) -> Each<K> {
    Each {
        of,
        is_ascending: false,
    }
}

pub(crate) const fn ascending<K>(of: K) -> Each<K> {
    Each {
        of,
        is_ascending: true,
    }
}

impl<K: ValueType> ValueType for Each<K>
where
    K::Of: PartialOrd,
{
    type Of = Vec<K::Of>;

    fn read(&self, value: &Value) -> Option<Self::Of> {
        let items = value.as_array()?.iter();
        let list: Self::Of = items
            .map(|item| self.of.read(item))
            .collect::<Option<_>>()?;
        let is_in_order = !self.is_ascending || list.is_sorted_by(|a, b| a < b);
        (!list.is_empty() && is_in_order).then_some(list)
    }

    fn write(&self, of: &Self::Of) -> Option<Value> {
        let items = of.iter().map(|item| self.of.write(item));
        items.collect::<Option<Vec<Value>>>().map(Value::Array)
    }

    fn forms(&self) -> Vec<Form> {
        let order = if self.is_ascending {
            Order::Ascending
        } else {
            Order::Any
        };
        let forms = self.of.forms().into_iter();
        let list = |of: Form| Form::List {
            of: Box::new(of),
            order,
        };
        forms.map(list).collect()
    }
}

/// Columns of a table: one, or a list of them. None at all is a key that is unset.
pub(crate) struct Columns;

impl ValueType for Columns {
    type Of = Vec<Column>;

    fn read(&self, value: &Value) -> Option<Vec<Column>> {
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

    fn write(&self, of: &Vec<Column>) -> Option<Value> {
        let mut values = of.iter().map(|column| match column {
            Column::Named(name) => Value::String(name.clone()),
            Column::Number(number) => Value::Integer(*number),
        });
        match of.as_slice() {
            [] => None,
            [_] => values.next(),
            [..] => Some(Value::Array(values.collect())),
        }
    }

    fn forms(&self) -> Vec<Form> {
        let list = Form::List {
            of: Box::new(Form::Column),
            order: Order::Any,
        };
        vec![Form::Column, list]
    }

    fn unset(&self) -> Option<Vec<Column>> {
        Some(Vec::new())
    }
}

/// Measured quantities; none at all is the word.
pub(crate) struct Quantities(pub(crate) &'static str);

impl ValueType for Quantities {
    type Of = Vec<Quantity>;

    fn read(&self, value: &Value) -> Option<Vec<Quantity>> {
        if value.as_str() == Some(self.0) {
            return Some(Vec::new());
        }
        let mut list = Vec::new();
        for name in value.as_array()? {
            let quantity = Quantity::from_name(name.as_str()?)?;
            if list.contains(&quantity) {
                return None;
            }
            list.push(quantity);
        }
        (!list.is_empty()).then_some(list)
    }

    fn write(&self, of: &Vec<Quantity>) -> Option<Value> {
        if of.is_empty() {
            return Some(Value::String(self.0.to_owned()));
        }
        let names = of.iter().map(|one| Value::String(one.name().into_owned()));
        Some(Value::Array(names.collect()))
    }

    fn forms(&self) -> Vec<Form> {
        let list = Form::List {
            of: Box::new(Form::Quantity),
            order: Order::Distinct,
        };
        vec![Form::Word(self.0.into()), list]
    }

    /// Names are looked at one by one, so that the error names the wrong one.
    fn fault(&self, value: &Value, _: &Registry) -> Option<Fault> {
        let names = value.as_array()?.iter().map(Value::as_str);
        let mut seen = Vec::new();
        for name in names.collect::<Option<Vec<&str>>>()? {
            let why = if Quantity::from_name(name).is_none() {
                format!(
                    "no such quantity; {}",
                    did_you_mean(name, Quantity::names())
                )
            } else if seen.contains(&name) {
                "listed twice; name each quantity once".to_owned()
            } else {
                seen.push(name);
                continue;
            };
            return Some(Fault::of(&Value::String(name.to_owned()), why));
        }
        None
    }
}
