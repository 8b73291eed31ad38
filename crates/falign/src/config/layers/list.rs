//! A list of layers as a file has it.

use toml::Value;

use super::LayerKind;
use crate::config::form::Form;
use crate::config::suggest::nearest;
use crate::config::types::{Fault, ValueType};
use crate::math::Activation;
use crate::rule::Registry;

/// Layers from the input up. There is at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers(pub(crate) Vec<LayerKind>);

impl Layers {
    /// List without what says no more than is so anyway: the last layer is linear, `psi` is behind the others.
    pub(crate) fn settled(mut self, psi: Activation) -> Self {
        let last = self.0.len() - 1;
        for (at, layer) in self.0.iter_mut().enumerate() {
            let is_output = at == last && matches!(layer, LayerKind::Dense(_));
            layer.settle(if is_output { Activation::Linear } else { psi });
        }
        self
    }

    /// The value of a part, such as `2.kernel`, if it is given or has a default.
    pub(crate) fn part(&self, path: &str) -> Option<Value> {
        let (at, rest) = path.split_once('.')?;
        let layer = self.0.get(at.parse::<usize>().ok()?)?;
        if let (LayerKind::Residual(block), Some(rest)) = (layer, rest.strip_prefix("residual.")) {
            return block.residual.part(rest);
        }
        let key = layer.keys().iter().find(|key| key.name == rest)?;
        let usual = || crate::config::value::parse_value(key.default);
        layer.write().get(rest).cloned().or_else(usual)
    }
}

/// Reads one layer: a table whose kind is told by one of its keys.
fn layer(value: &Value) -> Result<LayerKind, Fault> {
    let names = || LayerKind::all().map(|keys| keys[0].name);
    let expected = || names().collect::<Vec<_>>().join(", ");
    let Some(table) = value.as_table() else {
        let why = format!(
            "expected a layer, such as {{ dense = 10 }}: a table with one of {}",
            expected()
        );
        return Err(Fault::of(value, why));
    };
    let kinds: Vec<&str> = names().filter(|name| table.contains_key(*name)).collect();
    match kinds[..] {
        [kind] => LayerKind::read(kind, table),
        [] => {
            let near = table.keys().find_map(|key| nearest(key, names()));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let why = format!("no kind of layer; give one of {}{hint}", expected());
            Err(Fault::of(value, why))
        }
        [first, second, ..] => {
            let why = format!("has both `{first}` and `{second}`; make two layers of them");
            Err(Fault::of(value, why))
        }
    }
}

fn layers(value: &Value) -> Result<Layers, Fault> {
    let items = value.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| {
        let why = "expected a list of layers, such as [{ conv = 6, kernel = 5 }, { dense = 10 }]";
        Fault::of(value, why.to_owned())
    })?;
    let read = |(at, item): (usize, &Value)| layer(item).map_err(|fault| fault.within(at));
    items
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<_, _>>()
        .map(Layers)
}

/// The type of `network.layers`.
pub(crate) struct LayerList;

impl ValueType for LayerList {
    type Of = Layers;

    fn read(&self, value: &Value) -> Option<Layers> {
        layers(value).ok()
    }

    fn write(&self, of: &Layers) -> Option<Value> {
        let tables = of.0.iter().map(|layer| Value::Table(layer.write()));
        Some(Value::Array(tables.collect()))
    }

    fn forms(&self) -> Vec<Form> {
        vec![Form::Layers { is_nested: false }]
    }

    fn fault(&self, value: &Value, _: &Registry) -> Option<Fault> {
        layers(value).err()
    }
}

/// Layers of a block.
pub(crate) struct Nested;

impl ValueType for Nested {
    type Of = Layers;

    fn read(&self, value: &Value) -> Option<Layers> {
        LayerList.read(value)
    }

    fn write(&self, of: &Layers) -> Option<Value> {
        LayerList.write(of)
    }

    fn forms(&self) -> Vec<Form> {
        vec![Form::Layers { is_nested: true }]
    }

    fn fault(&self, value: &Value, rules: &Registry) -> Option<Fault> {
        LayerList.fault(value, rules)
    }
}

/// The value of `network.layers` with one part of it replaced, such as `2.kernel`.
pub(crate) fn with_part(mut list: Value, path: &str, value: &Value) -> Result<Value, String> {
    let mut place = &mut list;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        place = match place {
            Value::Array(items) => {
                let count = items.len();
                let at = name.parse::<usize>().ok();
                let item = at.and_then(|at| items.get_mut(at));
                item.ok_or_else(|| {
                    format!(
                        "no layer {name}; the list has layers 0 to {}",
                        count.saturating_sub(1)
                    )
                })?
            }
            Value::Table(table) if is_last => {
                table.insert(name.to_owned(), value.clone());
                return Ok(list);
            }
            Value::Table(table) => table
                .get_mut(name)
                .ok_or_else(|| format!("that layer has no `{name}`"))?,
            _ => return Err(format!("nothing is within {name}")),
        };
    }
    *place = value.clone();
    Ok(list)
}
