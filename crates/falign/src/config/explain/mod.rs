//! Explanations of what experiment files name: keys, quantities and rules, made from the tables of
//! each.

mod rules;

use std::collections::BTreeSet;

use super::claim::{CLAIM_KEYS, KINDS};
use super::key::{DataKey, Key};
use super::keys::{KEYS, TOP_KEYS};
use super::suggest::nearest;
use crate::measure::{self, Quantity};
use crate::rule::{Registry, Rule};
use crate::{Error, Result};

/// Explanation of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The name, as it is written in files.
    pub name: String,
    /// Kind of what it names.
    pub kind: &'static str,
    /// Labels, each with its text, in reading order.
    pub parts: Vec<(&'static str, String)>,
}

/// Explanations of all that goes by a name: a key (`network.width` or `width`), a quantity, a learning
/// rule (also as figures have it, `DFA`), or a word that is a value of a key. Small and capital letters
/// are the same, and so are `-` and `_`.
///
/// ```
/// use falign::internal::config::explain::explain;
/// use falign::rule::Registry;
/// let all = explain("loss", &Registry::built_in())?;
/// let kinds: Vec<&str> = all.iter().map(|one| one.kind).collect();
/// assert_eq!(kinds, ["a measured quantity", "a key"]);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// # Errors
/// [`Error::Config`] if there is nothing of that name, with the nearest that there is.
pub fn explain(name: &str, rules: &Registry) -> Result<Vec<Explanation>> {
    let asked = name.trim().to_ascii_lowercase().replace('-', "_");
    let mut found = Vec::new();
    if let Some(quantity) = Quantity::from_name(&asked) {
        found.push(of_quantity(quantity));
    }
    // `Kolen–Pollack` too, which is no name in lower case.
    if let Some(rule) = rules.called(&asked).or_else(|| rules.called(name.trim())) {
        found.push(of_rule(rule));
    }
    let is_asked = |key: &&&Key| {
        let names = [key.leaf.to_owned(), key.dotted()];
        names.iter().any(|name| name.eq_ignore_ascii_case(&asked))
    };
    found.extend(KEYS.iter().find(is_asked).map(|key| of_key(key)));
    let top = TOP_KEYS.iter().filter(|(name, _)| *name == asked);
    found.extend(top.map(|(name, meaning)| other(name, "a key at the top of a file", meaning)));
    if found.is_empty() {
        found.extend(of_claims(&asked));
        let has_word = |key: &&&Key| key.words().contains(&asked);
        found.extend(KEYS.iter().filter(has_word).map(|key| of_key(key)));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let all = names(rules);
    let why = match nearest(&asked, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "no key, quantity or rule has this name".to_owned(),
    };
    Err(Error::config("explain", name, why))
}

/// Names that can be explained: of quantities, rules and keys.
pub fn names(rules: &Registry) -> Vec<String> {
    let quantities = Quantity::names().map(str::to_owned);
    let rules = rules.names().map(str::to_owned);
    let keys = KEYS.iter().map(|key| key.leaf.to_owned());
    let all: BTreeSet<String> = quantities.chain(rules).chain(keys).collect();
    all.into_iter().collect()
}

/// Names of the quantities and of the rules, each with the first words of what it is.
pub fn overview(rules: &Registry) -> [Vec<(String, String)>; 2] {
    let quantity = |quantity: Quantity| (quantity.name().into_owned(), short(quantity.meaning()));
    let rule = |rule: &Rule| {
        let about = rule.about().unwrap_or_else(|| OWN.to_owned());
        (rule.name().to_owned(), about)
    };
    [
        Quantity::ALL.map(quantity).into(),
        rules.rules().map(rule).collect(),
    ]
}

/// A rule that falign knows only by name.
const OWN: &str = "A rule of this program's own.";

/// Words of a meaning up to its first semicolon, colon or full stop outside parentheses.
///
/// ```
/// use falign::internal::config::explain::short;
/// assert_eq!(short("eta; auto is 0.5/(M + max lambda)"), "eta");
/// assert_eq!(short("law of (a; b). More"), "law of (a; b)");
/// ```
pub fn short(meaning: &str) -> String {
    let mut depth = 0;
    let mut letters = meaning.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            // `0.5` and `4.1:` go on.
            ';' | ':' | '.'
                if depth == 0 && letters.peek().is_some_and(|(_, next)| *next == ' ') =>
            {
                return meaning[..at].to_owned();
            }
            _ => {}
        }
    }
    meaning.to_owned()
}

fn of_quantity(quantity: Quantity) -> Explanation {
    Explanation {
        name: quantity.name().into_owned(),
        kind: "a measured quantity",
        parts: measure::parts(quantity),
    }
}

fn of_rule(rule: &Rule) -> Explanation {
    Explanation {
        name: rule.name().to_owned(),
        kind: "a learning rule",
        parts: rules::parts(rule),
    }
}

fn of_key(key: &Key) -> Explanation {
    let default = if key.default.is_empty() {
        "unset"
    } else {
        key.default
    };
    let mut parts = vec![
        ("what", key.meaning.to_owned()),
        ("accepted", key.allowed()),
        ("default", default.to_owned()),
        ("engines", key.networks.name().to_owned()),
    ];
    match key.data {
        DataKey::Neither => {}
        DataKey::Generated => parts.push(("data", "of generated data only".to_owned())),
        DataKey::Given => parts.push(("data", "of given data only".to_owned())),
    }
    let value = match (key.words().first(), key.default) {
        (Some(word), _) => word.clone(),
        (None, "") => "...".to_owned(),
        (None, default) => default.to_owned(),
    };
    parts.extend([
        ("in a file", format!("[{}] {} = ...", key.section, key.leaf)),
        ("in a command", format!("--set {}={value}", key.dotted())),
        ("read on", "docs/config.md; docs/conventions.md".to_owned()),
    ]);
    Explanation {
        name: key.dotted(),
        kind: "a key",
        parts,
    }
}

/// Explanation of a name that has nothing but a meaning.
fn other(name: &str, kind: &'static str, meaning: &str) -> Explanation {
    let read = "docs/config.md".to_owned();
    Explanation {
        name: name.to_owned(),
        kind,
        parts: vec![("what", meaning.to_owned()), ("read on", read)],
    }
}

/// A key, or a kind, of claims.
fn of_claims(name: &str) -> Option<Explanation> {
    if let Some(key) = CLAIM_KEYS.iter().find(|key| key.name == name) {
        let of = match key.kinds {
            [] => "all kinds".to_owned(),
            kinds => kinds.join(", "),
        };
        let mut found = other(name, "a key of claims", key.meaning);
        found.parts.insert(1, ("claims", of));
        return Some(found);
    }
    KINDS.contains(&name).then(|| {
        let keys = CLAIM_KEYS.iter().filter(|key| key.is_of(name));
        let keys: Vec<&str> = keys.map(|key| key.name).collect();
        other(
            name,
            "a kind of claims",
            &format!("claims of this kind have {}", keys.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::LayerMeasure;

    fn one(name: &str) -> Explanation {
        let all = explain(name, &Registry::built_in()).unwrap();
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all.into_iter().next().unwrap()
    }

    #[test]
    fn whatever_has_a_name_is_explained_by_it() {
        let rules = Registry::built_in();
        for name in names(&rules) {
            for explanation in explain(&name, &rules).unwrap() {
                assert!(!explanation.parts[0].1.is_empty(), "{name}");
                assert_eq!(explanation.parts[0].0, "what");
            }
        }
        let layers = LayerMeasure::ALL.map(|measure| Quantity::OfLayer(measure, 3));
        for layer in layers {
            one(&layer.name());
        }
    }

    #[test]
    fn other_spellings_mean_the_same() {
        let rule = one("direct_feedback_alignment");
        for spelling in ["DFA", "dfa", "Direct-Feedback-Alignment"] {
            assert_eq!(one(spelling), rule);
        }
        assert_eq!(one("Kolen–Pollack").name, "kolen_pollack");
        assert_eq!(one("network.width"), one("width"));
    }

    #[test]
    fn a_value_is_explained_by_its_key_and_a_kind_of_claims_by_its_keys() {
        let names = |word: &str| {
            let all = explain(word, &Registry::built_in()).unwrap();
            all.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(names("relu"), ["network.activation"]);
        assert_eq!(names("slope"), ["slope"]);
        assert_eq!(names("min_rate"), ["min_rate"]);
        assert_eq!(names("default_case"), ["default_case"]);
    }

    #[test]
    fn what_does_not_exist_names_what_does() {
        let refused = |name: &str| {
            explain(name, &Registry::built_in())
                .unwrap_err()
                .to_string()
        };
        assert!(refused("algnment").contains("did you mean `alignment`?"));
        assert!(refused("xyzzy").contains("no key, quantity or rule"));
    }
}
