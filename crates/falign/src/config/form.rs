//! Values that a key may have, as plain data: the sentence of an error, the Python type and the
//! JSON Schema are made from it.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::layers::{LayerKey, LayerKind};
use crate::measure::{LayerMeasure, Quantity};

/// A shape of values. A key has one, or several alternatives.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A string that is this word.
    Word(Cow<'static, str>),
    /// `true` or `false`.
    Flag,
    /// A whole number from `min` to `max`, of `of` (steps, say) unless that is empty.
    Whole {
        /// Least.
        min: u64,
        /// Greatest.
        max: u64,
        /// Things that it counts.
        of: &'static str,
    },
    /// A finite number.
    Number(Range),
    /// A path, not empty, to this.
    Path(&'static str),
    /// A column of a table: its name, or its number from 1, or from the end (-1 is the last).
    Column,
    /// The name of a measured quantity.
    Quantity,
    /// A list, not empty.
    List {
        /// Shape of the items.
        of: Box<Form>,
        /// Order of the items.
        order: Order,
    },
    /// `{ name = value }`.
    Unit(&'static str, Box<Form>),
    /// A list of layers, not empty.
    Layers {
        /// Whether it is within another one.
        is_nested: bool,
    },
}

/// An interval of finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lower end.
    pub min: f64,
    /// Whether the lower end itself is inside.
    pub has_min: bool,
    /// The upper end; infinite for none.
    pub max: f64,
    /// Whether the upper end itself is inside.
    pub has_max: bool,
    /// Things that it counts (steps, say); empty for a plain number.
    pub of: &'static str,
}

impl Range {
    /// Whether a finite number is inside.
    pub(super) fn contains(&self, x: f64) -> bool {
        let above = x > self.min || (self.has_min && x >= self.min);
        let below = x < self.max || (self.has_max && x <= self.max);
        x.is_finite() && above && below
    }
}

/// Order of the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Any, repeated or not.
    Any,
    /// Any, no item twice.
    Distinct,
    /// Ascending order: each item is greater than the one before.
    Ascending,
}

impl Form {
    /// The values in words, with the article: "a whole number from 1 to 100".
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Word(_) | Self::Unit(..) | Self::Flag => self.noun(),
            Self::Path(_) | Self::Column => format!("the {}", self.noun()),
            Self::Whole { .. }
            | Self::Number(_)
            | Self::Quantity
            | Self::List { .. }
            | Self::Layers { .. } => format!("a {}", self.noun()),
        }
    }

    /// The values in words: "whole number from 1 to 100".
    fn noun(&self) -> String {
        match self {
            Self::Word(word) => format!("\"{word}\""),
            Self::Flag => "true or false".to_owned(),
            Self::Whole { min, max, of } => {
                format!(
                    "whole number{} from {} to {}",
                    counted(of),
                    power(*min),
                    power(*max)
                )
            }
            Self::Number(range) => format!("number{}{}", counted(range.of), interval(range)),
            Self::Path(what) => format!("path of {what}"),
            Self::Column => {
                "\"name\" or the whole number of a column (from 1; -1 is the last)".to_owned()
            }
            Self::Quantity => "name of a measured quantity".to_owned(),
            Self::List { of, order } => {
                let order = match order {
                    Order::Any => "",
                    Order::Distinct => "distinct ",
                    Order::Ascending => "ascending ",
                };
                format!("list of {order}{}, not empty", of.plural())
            }
            Self::Unit(name, value) => format!("{{ {name} = {} }}", value.noun()),
            Self::Layers { .. } => {
                "list of layers, such as [{ conv = 6, kernel = 5 }, { dense = 10 }]".to_owned()
            }
        }
    }

    /// Several of them in words.
    fn plural(&self) -> String {
        match self {
            Self::Column => "names or numbers of columns".to_owned(),
            Self::Quantity => "names of measured quantities".to_owned(),
            other => other.noun().replacen("number", "numbers", 1),
        }
    }

    /// JSON Schema of the form. That a list ascends is more than a schema can say.
    fn schema(&self) -> Json {
        match self {
            Self::Word(word) => json!({ "const": word }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Whole { min, max, .. } => {
                json!({ "type": "integer", "minimum": min, "maximum": max })
            }
            Self::Number(range) => {
                let mut schema = json!({ "type": "number" });
                let ends = [
                    (range.min, range.has_min, "minimum", "exclusiveMinimum"),
                    (range.max, range.has_max, "maximum", "exclusiveMaximum"),
                ];
                for (end, is_inside, closed, open) in ends {
                    if end.is_finite() {
                        schema[if is_inside { closed } else { open }] = json!(end);
                    }
                }
                schema
            }
            Self::Path(_) => json!({ "type": "string", "minLength": 1 }),
            Self::Column => json!({ "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "integer", "not": { "const": 0 } },
            ] }),
            Self::Quantity => quantity_schema(),
            Self::List { of, order } => {
                let mut schema = json!({ "type": "array", "items": of.schema(), "minItems": 1 });
                if *order != Order::Any {
                    schema["uniqueItems"] = json!(true);
                }
                schema
            }
            Self::Unit(name, value) => json!({
                "type": "object",
                "properties": { *name: value.schema() },
                "required": [name],
                "additionalProperties": false,
            }),
            Self::Layers { is_nested: true } => {
                json!({ "$ref": "#/definitions/network.layers" })
            }
            Self::Layers { is_nested: false } => json!({
                "type": "array",
                "items": { "anyOf": LayerKind::all().map(layer_schema).collect::<Vec<_>>() },
                "minItems": 1,
            }),
        }
    }

    /// Python type of the form.
    fn python(&self) -> String {
        match self {
            Self::Word(word) => format!("Literal[\"{word}\"]"),
            Self::Flag => "bool".to_owned(),
            Self::Whole { .. } => "int".to_owned(),
            Self::Number(_) => "float".to_owned(),
            Self::Path(_) => "str | PathLike[str]".to_owned(),
            Self::Column => "str | int".to_owned(),
            Self::Quantity => "str".to_owned(),
            Self::List { of, .. } => format!("Sequence[{}]", of.python()),
            Self::Unit(_, value) => format!("Mapping[str, {}]", value.python()),
            Self::Layers { .. } => "Sequence[Mapping[str, object]]".to_owned(),
        }
    }
}

/// Alternatives in words: `"auto", true or false`.
pub(super) fn sentence(forms: &[Form]) -> String {
    let all: Vec<String> = forms.iter().map(Form::sentence).collect();
    match all.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        // "true or false" is two.
        Some((last, others)) if *last == Form::Flag.sentence() => {
            format!("{}, {last}", others.join(", "))
        }
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// JSON Schema of alternatives; words are one list.
pub(super) fn schema(forms: &[Form]) -> Json {
    let words: Vec<&str> = words(forms).collect();
    let mut all: Vec<Json> = Vec::new();
    if !words.is_empty() {
        all.push(json!({ "enum": words }));
    }
    let others = forms.iter().filter(|form| !matches!(form, Form::Word(_)));
    all.extend(others.map(Form::schema));
    if all.len() == 1 {
        return all.remove(0);
    }
    json!({ "anyOf": all })
}

/// Python type of alternatives.
pub(super) fn python(forms: &[Form]) -> String {
    let words: Vec<String> = words(forms).map(|word| format!("{word:?}")).collect();
    let mut all: Vec<String> = Vec::new();
    if !words.is_empty() {
        all.push(format!("Literal[{}]", words.join(", ")));
    }
    for form in forms.iter().filter(|form| !matches!(form, Form::Word(_))) {
        let python = form.python();
        if !all.contains(&python) {
            all.push(python);
        }
    }
    all.join(" | ")
}

/// The words among alternatives.
pub(super) fn words(forms: &[Form]) -> impl Iterator<Item = &str> {
    forms.iter().filter_map(|form| match form {
        Form::Word(word) => Some(&**word),
        _ => None,
    })
}

/// JSON Schema of a kind of layer by its keys.
fn layer_schema(keys: &[LayerKey]) -> Json {
    let property = |key: &LayerKey| {
        let mut property = schema(&(key.forms)());
        property["description"] = key.meaning.into();
        (key.name.to_owned(), property)
    };
    let properties: serde_json::Map<String, Json> = keys.iter().map(property).collect();
    let required = keys.iter().filter(|key| !(key.is_optional)());
    json!({
        "type": "object",
        "properties": properties,
        "required": required.map(|key| key.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn counted(of: &str) -> String {
    if of.is_empty() {
        String::new()
    } else {
        format!(" of {of}")
    }
}

/// A number, large powers of ten as such.
fn power(number: u64) -> String {
    if number == i64::MAX.unsigned_abs() {
        return "2^63 - 1".to_owned();
    }
    let exponent = number.checked_ilog10().unwrap_or(0);
    if exponent >= 4 && 10_u64.pow(exponent) == number {
        return format!("10^{exponent}");
    }
    number.to_string()
}

fn interval(range: &Range) -> String {
    let Range {
        min,
        has_min,
        max,
        has_max,
        ..
    } = *range;
    let shown = |x: f64| match x {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, above 10^4 and at most 10^15"
        )]
        x if x.fract().abs() <= 0.0 && (1e4..=1e15).contains(&x) => power(x as u64),
        x => x.to_string(),
    };
    let (low, high) = (shown(min), shown(max));
    if has_min && has_max {
        return format!(" from {low} to {high}");
    }
    let above = if has_min { " of at least" } else { " above" };
    let below = if has_max { "at most" } else { "below" };
    match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("{above} {low} and {below} {high}"),
        (true, false) => format!("{above} {low}"),
        (false, true) => format!(" {below} {high}"),
        (false, false) => String::new(),
    }
}

/// Names of quantities, and of those of single layers by their pattern.
fn quantity_schema() -> Json {
    let names: Vec<&str> = Quantity::names().collect();
    let of_layers = LayerMeasure::ALL.map(LayerMeasure::name);
    json!({ "anyOf": [
        { "enum": names },
        { "type": "string", "pattern": format!("^({})_layer_[1-9][0-9]*$", of_layers.join("|")) },
    ] })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOVE_0: Range = Range {
        min: 0.0,
        has_min: false,
        max: f64::INFINITY,
        has_max: false,
        of: "",
    };

    #[test]
    fn alternatives_read_as_a_sentence() {
        let whole = |max| Form::Whole {
            min: 1,
            max,
            of: "",
        };
        let unit = Form::Unit("tau", Box::new(Form::Number(ABOVE_0)));
        let list = Form::List {
            of: Box::new(whole(1_000_000_000)),
            order: Order::Ascending,
        };
        for (forms, expected) in [
            (vec![whole(100)], "a whole number from 1 to 100"),
            (
                vec![Form::Word("all".into()), whole(10_000)],
                "\"all\" or a whole number from 1 to 10^4",
            ),
            (
                vec![Form::Word("auto".into()), Form::Flag],
                "\"auto\", true or false",
            ),
            (vec![unit], "{ tau = number above 0 }"),
            (
                vec![list],
                "a list of ascending whole numbers from 1 to 10^9, not empty",
            ),
        ] {
            assert_eq!(sentence(&forms), expected);
        }
        let share = Range {
            has_min: true,
            max: 1.0,
            of: "epochs",
            ..ABOVE_0
        };
        let expected = "a number of epochs of at least 0 and below 1";
        assert_eq!(Form::Number(share).sentence(), expected);
    }

    #[test]
    fn words_are_one_literal_and_one_enumeration() {
        let forms = [
            Form::Word("auto".into()),
            Form::Word("linear".into()),
            Form::Flag,
        ];
        assert_eq!(python(&forms), "Literal[\"auto\", \"linear\"] | bool");
        let expected = json!({ "anyOf": [{ "enum": ["auto", "linear"] }, { "type": "boolean" }] });
        assert_eq!(schema(&forms), expected);
        assert_eq!(
            schema(&[Form::Number(ABOVE_0)]),
            json!({ "type": "number", "exclusiveMinimum": 0.0 })
        );
    }
}
