//! The keys of `[[claim]]`: which kinds have each, what it may be, and its default.

use serde_json::{Value as Json, json};

use crate::config::form::{Form, Range, schema};
use crate::config::keys::KEYS;
use crate::config::schema::{reference, where_schema};
use crate::config::value::MAX_COUNT;

/// A key of claims.
pub(crate) struct ClaimKey {
    pub(crate) name: &'static str,
    /// The kinds that have it; all if empty.
    pub(crate) kinds: &'static [&'static str],
    pub(crate) shape: Shape,
    pub(crate) is_required: bool,
    pub(crate) meaning: &'static str,
}

/// Value that a key of a claim holds.
pub(crate) enum Shape {
    Text,
    Quantity,
    Flag,
    /// Any finite number, or one of at least 0.
    Number,
    AtLeast0,
    /// Numbers above 0 and below 1.
    Level,
    /// A recorded step.
    Step,
    /// A leaf key or `case`.
    Axis,
    /// Columns with a value or a list of them, and `step`.
    Where,
    /// Rows of a reference table.
    Rows,
    Kind,
}

/// The kinds, as written in files.
pub(crate) const KINDS: [&str; 9] = [
    "between",
    "increasing_in",
    "decreasing_in",
    "slope",
    "geometric",
    "plateau",
    "near_value",
    "near_quantity",
    "near_reference",
];

const fn key(
    name: &'static str,
    kinds: &'static [&'static str],
    shape: Shape,
    meaning: &'static str,
) -> ClaimKey {
    ClaimKey {
        name,
        kinds,
        shape,
        is_required: false,
        meaning,
    }
}

const fn required(mut key: ClaimKey) -> ClaimKey {
    key.is_required = true;
    key
}

/// Keys of claims.
pub(crate) const CLAIM_KEYS: &[ClaimKey] = &[
    required(key("id", &[], Shape::Text, "unique name")),
    required(key("text", &[], Shape::Text, "the claim in words")),
    key("source", &[], Shape::Text, "where it comes from"),
    required(key(
        "quantity",
        &[],
        Shape::Quantity,
        "the measured quantity it is about",
    )),
    required(key("kind", &[], Shape::Kind, "what must hold")),
    key(
        "where",
        &[],
        Shape::Where,
        "the rows it is about: columns with a value or a list, and the step",
    ),
    key(
        "allow_divergence",
        &[],
        Shape::Flag,
        "whether runs that diverged are left out",
    ),
    key(
        "min",
        &["between", "slope", "plateau"],
        Shape::Number,
        "lowest accepted value",
    ),
    key(
        "max",
        &["between", "slope"],
        Shape::Number,
        "highest accepted value",
    ),
    key(
        "each_run",
        &["between", "near_quantity"],
        Shape::Flag,
        "whether it must hold in every single run",
    ),
    key(
        "from_step",
        &[
            "between",
            "increasing_in",
            "decreasing_in",
            "geometric",
            "near_quantity",
        ],
        Shape::Step,
        "at every recorded step from this one on",
    ),
    required(key(
        "over",
        &["increasing_in", "decreasing_in", "slope"],
        Shape::Axis,
        "the axis along which settings are compared",
    )),
    key(
        "z",
        &[
            "increasing_in",
            "decreasing_in",
            "near_quantity",
            "near_reference",
        ],
        Shape::AtLeast0,
        "standard errors",
    ),
    key(
        "min_r2",
        &["geometric"],
        Shape::AtLeast0,
        "least r^2 of the line",
    ),
    key(
        "min_rate",
        &["geometric"],
        Shape::AtLeast0,
        "least fall of ln per step",
    ),
    key(
        "max_rate",
        &["geometric"],
        Shape::AtLeast0,
        "greatest fall of ln per step",
    ),
    key(
        "floor",
        &["geometric"],
        Shape::AtLeast0,
        "values at or below this are left out",
    ),
    key(
        "tolerance",
        &["plateau", "near_value", "near_quantity"],
        Shape::AtLeast0,
        "greatest distance",
    ),
    required(key("value", &["near_value"], Shape::Number, "the number")),
    key(
        "deviations",
        &["near_value"],
        Shape::AtLeast0,
        "standard deviations over runs that are allowed where those are more",
    ),
    required(key(
        "other",
        &["near_quantity"],
        Shape::Quantity,
        "the other quantity",
    )),
    key(
        "relative",
        &["near_quantity"],
        Shape::Flag,
        "whether the tolerance is a share of the other quantity",
    ),
    key(
        "table",
        &["near_reference"],
        Shape::Text,
        "path of a CSV file",
    ),
    key(
        "values",
        &["near_reference"],
        Shape::Rows,
        "rows of the reference",
    ),
    key(
        "level",
        &["near_reference"],
        Shape::Level,
        "chance that the check fails although all means are equal",
    ),
];

/// Keys of which a claim has at least one, exactly one, or not both.
struct Pair {
    kinds: &'static [&'static str],
    keys: [&'static str; 2],
    rule: Together,
}

#[derive(Clone, Copy)]
enum Together {
    AtLeastOne,
    One,
    NotBoth,
}

/// Pairs of keys that say together what a claim is about.
const PAIRS: [Pair; 3] = [
    Pair {
        kinds: &["between", "slope"],
        keys: ["min", "max"],
        rule: Together::AtLeastOne,
    },
    Pair {
        kinds: &["near_reference"],
        keys: ["table", "values"],
        rule: Together::One,
    },
    Pair {
        kinds: &["near_reference"],
        keys: ["z", "level"],
        rule: Together::NotBoth,
    },
];

impl Pair {
    fn schema(&self) -> Json {
        let each = self.keys.map(|key| json!({ "required": [key] }));
        match self.rule {
            Together::AtLeastOne => json!({ "anyOf": each }),
            Together::One => json!({ "oneOf": each }),
            Together::NotBoth => json!({ "not": { "required": self.keys } }),
        }
    }
}

impl ClaimKey {
    /// Whether claims of a kind have it.
    pub(crate) fn is_of(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    fn schema(&self, kind: &str) -> Json {
        let number = |min: f64, has_min, max: f64| {
            schema(&[Form::Number(Range {
                min,
                has_min,
                max,
                has_max: false,
                of: "",
            })])
        };
        let mut schema = match self.shape {
            Shape::Text => json!({ "type": "string" }),
            Shape::Quantity => schema(&[Form::Quantity]),
            Shape::Flag => schema(&[Form::Flag]),
            Shape::Number => number(f64::NEG_INFINITY, false, f64::INFINITY),
            Shape::AtLeast0 => number(0.0, true, f64::INFINITY),
            Shape::Level => number(0.0, false, 1.0),
            Shape::Step => schema(&[step()]),
            Shape::Axis => {
                let leaves = KEYS.iter().map(|key| key.leaf);
                json!({ "enum": leaves.chain(["case"]).collect::<Vec<_>>() })
            }
            Shape::Where => where_schema(false),
            Shape::Rows => rows(),
            Shape::Kind => json!({ "const": kind }),
        };
        schema["description"] = self.meaning.into();
        schema
    }
}

/// A step's number.
pub(crate) fn step() -> Form {
    Form::Whole {
        min: 0,
        max: MAX_COUNT,
        of: "",
    }
}

/// Rows of numbers, of which columns say what they are about.
fn rows() -> Json {
    let mut columns = serde_json::Map::new();
    for key in KEYS.iter() {
        columns.insert(key.leaf.to_owned(), reference(key));
    }
    columns.insert("case".to_owned(), json!({ "type": "string" }));
    columns.insert(
        "step".to_owned(),
        schema(&[Form::Word("last".into()), step()]),
    );
    for (name, min) in [("mean", None), ("std", Some(0)), ("runs", Some(1))] {
        let mut number = json!({ "type": "number" });
        if let Some(min) = min {
            number["minimum"] = min.into();
        }
        columns.insert(name.to_owned(), number);
    }
    json!({
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": columns,
            "required": ["mean", "std", "runs"],
            "additionalProperties": false,
        },
    })
}

/// JSON Schema of one claim: each kind has its own keys.
pub(crate) fn claim_schema() -> Json {
    let of_kind = |kind: &str| {
        let keys = || CLAIM_KEYS.iter().filter(|key| key.is_of(kind));
        let properties: serde_json::Map<String, Json> = keys()
            .map(|key| (key.name.to_owned(), key.schema(kind)))
            .collect();
        let required: Vec<&str> = keys().filter(|k| k.is_required).map(|k| k.name).collect();
        let pairs = PAIRS.iter().filter(|pair| pair.kinds.contains(&kind));
        let pairs: Vec<Json> = pairs.map(Pair::schema).collect();
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if !pairs.is_empty() {
            schema["allOf"] = pairs.into();
        }
        schema
    };
    json!({ "oneOf": KINDS.map(of_kind) })
}
