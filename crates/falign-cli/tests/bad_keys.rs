//! A value that cannot be used is refused in one line, with its key and what would be accepted.

use falign::internal::config::keys::{Form, KEYS, Key, Order};

use crate::support::Lab;

/// Values that no key accepts, and others of types that a key may not have.
const WRONG: [&str; 9] = [
    "true",
    "\"\"",
    "{}",
    "{ a = 1, b = 2 }",
    "[[true]]",
    "[]",
    "1979-05-27",
    "nan",
    "\"nonsense\"",
];

/// Values just outside a form.
fn outside(form: &Form) -> Vec<String> {
    let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    match form {
        Form::Word(word) => vec![format!("\"{word}s\"")],
        Form::Flag => own(&["\"yes\"", "1"]),
        Form::Whole { min, max, .. } => {
            let above = match i64::try_from(max + 1) {
                Ok(above) => above.to_string(),
                Err(_) => "1e19".to_owned(),
            };
            let below = i64::try_from(*min).unwrap() - 1;
            vec![below.to_string(), above, format!("{min}.5")]
        }
        Form::Number(range) => {
            let ends = [
                (range.min, range.has_min, -0.1),
                (range.max, range.has_max, 0.1),
            ];
            let finite = ends.into_iter().filter(|(end, _, _)| end.is_finite());
            let beyond = |(end, is_inside, step): (f64, bool, f64)| {
                format!("{:?}", if is_inside { end + step } else { end })
            };
            finite.map(beyond).chain(["inf".to_owned()]).collect()
        }
        Form::Path(_) => own(&["1", "[\"a\"]"]),
        Form::Column => own(&["0", "1.5"]),
        Form::Quantity => own(&["1", "\"los\""]),
        Form::List { of, order } => {
            let mut values: Vec<String> = outside(of)
                .iter()
                .map(|value| format!("[{value}]"))
                .collect();
            match order {
                Order::Any => {}
                Order::Distinct => values.push("[\"loss\", \"loss\"]".to_owned()),
                Order::Ascending => values.extend(own(&["[2, 1]", "[1, 1]"])),
            }
            values
        }
        Form::Layers { .. } => own(&[
            "[]",
            "[3]",
            "[{ dense = 0 }]",
            "[{ dens = 3 }]",
            "[{ dense = 3, kernel = 2 }]",
            "[{ conv = 3 }]",
            "[{ conv = 3, kernel = 2, dense = 4 }]",
            "[{ flatten = false }]",
            "[{ residual = [{ dense = 1.5 }] }]",
        ]),
        Form::Unit(name, of) => {
            let within = outside(of).into_iter();
            let mut values: Vec<String> = within
                .map(|value| format!("{{ {name} = {value} }}"))
                .collect();
            values.push(format!("{{ {name}s = 1 }}"));
            values.push(format!("{{ {name} = 1, other = 1 }}"));
            values
        }
    }
}

/// Whether a value that is outside one form of a key is within another.
fn is_within(form: &Form, value: &toml::Value) -> bool {
    match form {
        Form::Flag => value.is_bool(),
        Form::Column => {
            let text = value.as_str().is_some_and(|name| !name.is_empty());
            text || value.as_integer().is_some_and(|number| number != 0)
        }
        Form::Path(_) => value.as_str().is_some_and(|path| !path.is_empty()),
        Form::Whole { min, max, .. } => {
            let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
            number.is_some_and(|number| (*min..=*max).contains(&number))
        }
        // The only number above an end that another form has is a whole one.
        Form::Number(range) => {
            let number = value.as_integer().map(|number| number as f64);
            number.is_some_and(|x| x > range.min && x < range.max)
        }
        _ => false,
    }
}

/// Values that a key refuses.
fn bad(key: &Key) -> Vec<String> {
    let forms = key.forms();
    let mut values: Vec<String> = forms.iter().flat_map(outside).collect();
    values.extend(WRONG.map(str::to_owned));
    values.retain(|text| {
        let table: toml::Table = format!("x = {text}").parse().unwrap();
        !forms.iter().any(|form| is_within(form, &table["x"]))
    });
    assert!(values.len() >= WRONG.len() - 2, "{}", key.leaf);
    values
}

/// An unknown or repeated quantity has its own error.
fn is_named_quantity(key: &Key, value: &str) -> bool {
    key.leaf == "quantities" && value.starts_with("[\"")
}

/// A layer that is none is named by its place.
fn is_layers(key: &Key) -> bool {
    key.leaf == "layers"
}

/// The text of a value as a message may show it: TOML spells 1e16 as 10000000000000000.
fn shown(value: &str) -> String {
    let value: toml::Table = format!("x = {value}").parse().unwrap();
    value["x"].to_string()
}

#[test]
fn every_key_refuses_wrong_types_and_values_out_of_range_by_name() {
    let lab = Lab::new();
    for key in KEYS.iter() {
        for value in bad(key) {
            let Key { section, leaf, .. } = key;
            lab.file(
                "bad.toml",
                format!("name = \"bad\"\n[{section}]\n{leaf} = {value}\n"),
            );
            let (given, allowed) = (
                format!("{} = {}", key.dotted(), shown(&value)),
                key.allowed(),
            );
            let answer = lab.falign(&["run", "bad.toml", "--out", "run"]);
            if is_layers(key) {
                answer.refuses(&["experiment bad.toml", "network.layers"]);
            } else if is_named_quantity(key, &value) {
                answer.refuses(&["experiment bad.toml", "run.quantities = \"los"]);
            } else {
                answer.refuses(&["experiment bad.toml", &given, &allowed]);
            }
            assert!(!lab.path("run").exists(), "{given}");
        }
    }
}

#[test]
fn set_refuses_what_the_file_would() {
    let lab = Lab::new();
    lab.file("good.toml", "name = \"good\"\n");
    for key in KEYS.iter() {
        // A list that no key holds is an axis.
        let bad = bad(key);
        let value = bad.iter().find(|value| !value.starts_with('[')).unwrap();
        let set = format!("{}={value}", key.dotted());
        lab.falign(&["run", "good.toml", "--out", "run", "--set", &set])
            .refuses(&["experiment good.toml", &key.dotted(), &key.allowed()]);
    }
}

/// Values within the range of their keys may still be too large to carry out.
#[test]
fn wishes_that_no_machine_could_hold_are_refused_at_once() {
    for (set, parts) in [
        (
            &["run.steps=1e15", "run.record={ every = 1 }"][..],
            &["run.record = every=1", "record fewer"][..],
        ),
        (
            &["run.record={ per_decade = 1e15 }"],
            &["run.record", "record fewer"],
        ),
        (
            &["run.record={ count = 1e15 }"],
            &["run.record", "record fewer"],
        ),
        (
            &["run.steps={ tau = 1e9 }", "run.record={ every = 1 }"],
            &["run.record = every=1", "record fewer"],
        ),
        (
            &["run.steps={ tau = 3 }", "run.record={ at = [0, 1e9] }"],
            &["run.record", "1000000000", "beyond the last step"],
        ),
        (
            &["run.steps={ eta_lambda_t = 3 }", "learning.ridge=1e-300"],
            &["run.steps = ", "nearly zero"],
        ),
        (
            &["run.runs=1e9"],
            &["run.runs_per_job = 5", "200000000 jobs", "raise it"],
        ),
        (
            &["network.width=1e12", "network.draw=weights"],
            &["network.width = 1000000000000", "memory"],
        ),
        (
            &["network.width=1e9", "network.draw=weights"],
            &["network.width = 1000000000", "memory"],
        ),
        (&["data.samples=1e6"], &["data.samples = 1000000", "memory"]),
        (
            &["data.samples=1e5", "data.input_dim=1e7"],
            &["data.input_dim = 10000000", "memory"],
        ),
    ] {
        let lab = Lab::new();
        lab.file("good.toml", "name = \"good\"\n");
        let sets = set.iter().flat_map(|set| ["--set", set]);
        let words: Vec<&str> = ["run", "good.toml", "--quiet"]
            .into_iter()
            .chain(sets)
            .collect();
        lab.falign(&words).refuses(parts);
    }
}
