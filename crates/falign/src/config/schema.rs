//! JSON Schema of an experiment file, from which editors complete and check TOML while it is
//! typed.
//!
//! It says what a single value may be. Values that contradict one another are found when the file
//! is read.

use serde_json::{Map, Value as Json, json};

use super::claim::{claim_schema, step};
use super::figure::figure_schema;
use super::form::{Form, schema};
use super::key::{Key, SECTIONS};
use super::keys::{KEYS, TOP_KEYS};

/// The schema (draft 7, which TOML editors read) as text.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(&falign::internal::config::schema_json())?;
/// assert_eq!(schema["definitions"]["network.width"]["maximum"], 1_000_000_000_000_000_u64);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Panics
/// Never: plain values always write.
pub fn schema_json() -> String {
    let mut text = serde_json::to_string_pretty(&experiment()).expect("plain values always write");
    text.push('\n');
    text
}

fn experiment() -> Json {
    let mut properties = Map::new();
    for (name, meaning) in TOP_KEYS {
        let mut top = json!({ "type": "string", "description": meaning });
        if name == "name" {
            top["pattern"] = "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$".into();
        }
        properties.insert(name.to_owned(), top);
    }
    properties.extend(sections(&reference));
    properties.insert("sweep".to_owned(), sweep());
    let case = case();
    let claim = claim_schema();
    properties.insert("case".to_owned(), json!({ "type": "array", "items": case }));
    properties.insert(
        "claim".to_owned(),
        json!({ "type": "array", "items": claim }),
    );
    properties.insert("figure".to_owned(), figure_schema());
    let definitions: Map<String, Json> = KEYS
        .iter()
        .map(|key| (key.dotted(), key.schema()))
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "falign experiment",
        "type": "object",
        "properties": properties,
        "required": ["name"],
        "additionalProperties": false,
        "definitions": definitions,
    })
}

/// A reference to the schema of a key's values.
pub(crate) fn reference(key: &Key) -> Json {
    json!({ "$ref": format!("#/definitions/{}", key.dotted()) })
}

/// The four sections, with something for each key.
fn sections(of: &dyn Fn(&Key) -> Json) -> Map<String, Json> {
    let section = |(name, about): &(&str, &str)| {
        let keys = KEYS.iter().filter(|key| key.section == *name);
        let properties: Map<String, Json> =
            keys.map(|key| (key.leaf.to_owned(), of(key))).collect();
        let section = json!({
            "type": "object",
            "description": about,
            "properties": properties,
            "additionalProperties": false,
        });
        ((*name).to_owned(), section)
    };
    SECTIONS.iter().map(section).collect()
}

/// Something for each key, dotted or in its section.
fn keyed(of: &dyn Fn(&Key) -> Json) -> Map<String, Json> {
    let mut properties = sections(of);
    properties.extend(KEYS.iter().map(|key| (key.dotted(), of(key))));
    properties
}

fn sweep() -> Json {
    let list = |key: &Key| {
        json!({
            "type": "array",
            "items": reference(key),
            "minItems": 1,
            "uniqueItems": true,
        })
    };
    json!({
        "type": "object",
        "description": "keys with lists of values; all combinations run, the last key fastest",
        "properties": keyed(&list),
        "patternProperties": { PART: { "type": "array", "minItems": 1 } },
        "additionalProperties": false,
    })
}

/// Names of parts of the list of layers, by their places: `network.layers.0.kernel`.
const PART: &str = r"^network\.layers(\.[0-9]+|\.[a-z_]+)+$";

fn case() -> Json {
    let mut properties = keyed(&reference);
    let name = json!({ "type": "string", "minLength": 1, "description": "unique name" });
    properties.insert("name".to_owned(), name);
    properties.insert("sweep".to_owned(), sweep());
    json!({
        "type": "object",
        "properties": properties,
        "patternProperties": { PART: {} },
        "required": ["name"],
        "additionalProperties": false,
    })
}

/// `where`: columns with a value or a list of them, and `step`. Panels read the tables, where
/// `"400"` and 400 look the same, and may name several steps.
pub(crate) fn where_schema(of_panel: bool) -> Json {
    let or_list = |one: Json| json!({ "anyOf": [one, { "type": "array", "items": one }] });
    let column = |key: &Key| {
        if of_panel {
            json!({})
        } else {
            or_list(reference(key))
        }
    };
    let mut columns: Map<String, Json> = KEYS
        .iter()
        .map(|key| (key.leaf.to_owned(), column(key)))
        .collect();
    columns.insert("case".to_owned(), or_list(json!({ "type": "string" })));
    let mut steps = vec![Form::Word("last".into()), step()];
    if of_panel {
        steps.push(Form::List {
            of: Box::new(step()),
            order: super::form::Order::Any,
        });
    }
    columns.insert("step".to_owned(), schema(&steps));
    json!({ "type": "object", "properties": columns, "additionalProperties": false })
}
