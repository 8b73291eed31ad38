//! What a report of a fault needs to know of a machine, and what is missing or wrong on it: `falign doctor` and Python's
//! `falign.doctor()`.
//!
//! [`examine`] looks, and changes nothing. Its [`Report`] is one object for programs and a list of short texts for readers,
//! made of the same facts.

mod machine;
mod numbers;
mod places;
mod programs;

pub use programs::{NUM_THREADS, VARIABLES};

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Whoever asks, and what only it knows.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Threads that its runs take unless told otherwise; an error where none can be made.
    pub threads: Option<Result<usize, String>>,
    /// Columns of its output; `None` in a pipe.
    pub columns: Option<usize>,
    /// Whether its output is in colour.
    pub has_colours: bool,
    /// Versions of Python and of packages, where Python asks; `None` of packages that are not installed.
    pub python: Option<BTreeMap<String, Option<String>>>,
}

/// One fact of a section.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Key of the fact in JSON.
    pub key: String,
    /// The fact for programs; null where it is not known.
    pub value: Value,
    /// The fact for readers.
    pub text: String,
}

impl Fact {
    /// The key as a reader has it; names of variables stay as they are.
    pub fn label(&self) -> String {
        if self.key.contains(char::is_lowercase) {
            self.key.replace('_', " ")
        } else {
            self.key.clone()
        }
    }
}

/// Facts about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Key of the section in JSON, and its heading.
    pub key: &'static str,
    /// Facts in the order in which they are read.
    pub facts: Vec<Fact>,
}

/// Weight of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something that can be had, and that not everybody needs.
    Missing,
    /// Something that will slow or stop some work.
    Warning,
    /// Something that nothing works without.
    Broken,
}

impl Weight {
    /// Name of the weight in JSON: `missing`, `warning` or `broken`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Warning => "warning",
            Self::Broken => "broken",
        }
    }
}

/// Something that is missing or wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Weight of the finding.
    pub weight: Weight,
    /// Sentence on what is wrong.
    pub what: String,
    /// Sentence or command that mends it.
    pub fix: String,
}

/// Facts and findings.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Sections in the order in which they are read.
    pub sections: Vec<Section>,
    /// Findings, the heaviest last.
    pub findings: Vec<Finding>,
}

/// Looks at this machine, this process and this build.
///
/// # Example
/// ```
/// use falign::internal::doctor::{Caller, examine};
/// let report = examine(&Caller::default());
/// assert_eq!(report.json()["versions"]["falign"], env!("CARGO_PKG_VERSION"));
/// assert!(report.broken().is_empty());
/// ```
pub fn examine(caller: &Caller) -> Report {
    let mut report = Report {
        sections: Vec::new(),
        findings: Vec::new(),
    };
    machine::platform(&mut report);
    machine::processor(&mut report);
    machine::threads(&mut report, caller);
    machine::memory(&mut report);
    programs::versions(&mut report, caller);
    numbers::look(&mut report);
    places::data(&mut report);
    places::folders(&mut report);
    programs::experiments(&mut report);
    programs::terminal(&mut report, caller);
    programs::environment(&mut report);
    report.findings.sort_by_key(|finding| finding.weight);
    report
}

impl Report {
    /// The report as one object: a key for each section, with a key for each of its facts, and
    /// `findings`, a list of objects with `weight`, `what` and `fix`.
    pub fn json(&self) -> Value {
        let mut all = Map::new();
        for section in &self.sections {
            let facts = section.facts.iter();
            let facts = facts.map(|fact| (fact.key.clone(), fact.value.clone()));
            all.insert(section.key.to_owned(), Value::Object(facts.collect()));
        }
        let findings = self.findings.iter().map(|finding| {
            json!({ "weight": finding.weight.name(), "what": finding.what, "fix": finding.fix })
        });
        all.insert("findings".to_owned(), findings.collect());
        Value::Object(all)
    }

    /// Findings without which nothing works.
    pub fn broken(&self) -> Vec<&Finding> {
        let found = self.findings.iter();
        found
            .filter(|finding| finding.weight == Weight::Broken)
            .collect()
    }

    fn add(&mut self, key: &'static str, facts: Vec<Fact>) {
        self.sections.push(Section { key, facts });
    }

    fn find(&mut self, weight: Weight, what: impl Into<String>, fix: impl Into<String>) {
        self.findings.push(Finding {
            weight,
            what: what.into(),
            fix: fix.into(),
        });
    }
}

/// A fact whose text is its value.
fn fact(key: &str, value: impl Into<Value>) -> Fact {
    let value = value.into();
    let text = plain(&value);
    said(key, value, text)
}

/// A fact with a text of its own.
fn said(key: &str, value: impl Into<Value>, text: impl Into<String>) -> Fact {
    Fact {
        key: key.to_owned(),
        value: value.into(),
        text: text.into(),
    }
}

/// A number of bytes.
fn bytes(key: &str, count: Option<u64>) -> Fact {
    let shown = count.map(|count| crate::memory::shown(count as f64));
    said(key, count, shown.unwrap_or_else(|| UNKNOWN.to_owned()))
}

const UNKNOWN: &str = "unknown";

/// A value in words.
fn plain(value: &Value) -> String {
    let joined = |parts: Vec<String>| {
        if parts.is_empty() {
            "none".to_owned()
        } else {
            parts.join(", ")
        }
    };
    match value {
        Value::Null => UNKNOWN.to_owned(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => joined(parts.iter().map(plain).collect()),
        Value::Object(parts) => {
            let parts = parts.iter();
            joined(
                parts
                    .map(|(key, value)| format!("{key} {}", plain(value)))
                    .collect(),
            )
        }
    }
}

/// A path as a report that others read has it: the user's home is `~`.
fn private(path: &Path) -> String {
    let home = std::env::home_dir().filter(|home| home.parent().is_some());
    let below = home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_path_buf));
    match below {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_key_of_its_own_and_a_text() {
        let report = examine(&Caller::default());
        let json = report.json();
        for section in &report.sections {
            let object = json[section.key].as_object().unwrap();
            assert_eq!(object.len(), section.facts.len(), "{}", section.key);
            for fact in &section.facts {
                assert!(!fact.text.is_empty(), "{} {}", section.key, fact.key);
                assert_eq!(object[&fact.key], fact.value);
            }
        }
        assert!(json["findings"].is_array());
    }

    #[test]
    fn findings_are_told_with_their_fixes_the_heaviest_last() {
        let mut report = Report {
            sections: Vec::new(),
            findings: Vec::new(),
        };
        report.find(Weight::Broken, "no threads", "allow some");
        assert_eq!(report.broken().len(), 1);
        report.find(Weight::Missing, "no MNIST", "fetch it");
        report.findings.sort_by_key(|finding| finding.weight);
        let expected = json!([
            { "weight": "missing", "what": "no MNIST", "fix": "fetch it" },
            { "weight": "broken", "what": "no threads", "fix": "allow some" },
        ]);
        assert_eq!(report.json()["findings"], expected);
    }

    #[test]
    fn values_are_said_in_words() {
        let value = json!({ "a": [1, 2.5], "b": null, "c": true, "d": [] });
        assert_eq!(plain(&value), "a 1, 2.5, b unknown, c yes, d none");
        assert_eq!(bytes("free", Some(12_000_000)).text, "12 MB");
        assert_eq!(bytes("free", None).text, UNKNOWN);
    }

    #[test]
    fn a_home_is_not_told() {
        if let Some(home) = std::env::home_dir().filter(|home| home.parent().is_some()) {
            assert_eq!(
                private(&home.join("a")),
                format!("~{}a", std::path::MAIN_SEPARATOR)
            );
        }
        assert_eq!(private(Path::new("/nowhere/a")), "/nowhere/a");
    }
}
