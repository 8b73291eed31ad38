//! BibTeX of the works that experiments, rules and data sets name as their sources, and of falign.

use std::fmt::Write as _;

use super::Experiment;
use super::setting::{NetworkSetting, Setting};
use crate::data::catalogue;
use crate::data::synthetic::DrawnSet;
use crate::measure::Quantity;
use crate::rule::{DirectFeedback, Gate, Registry, Rule};

/// The works: the key of each is the first author's name and the year.
const REFERENCES: &str = include_str!("references.bib");

/// The paper whose experiments falign runs.
const PAPER: &str = "song2021";

/// Works that a network's key comes from: whether it is set so, the key, and its source.
type OfKey = (fn(&NetworkSetting) -> bool, &'static str, &'static str);
const OF_KEYS: [OfKey; 3] = [
    (
        |own| own.deep().gate != Gate::Derivative,
        "learning.gate",
        "Nakajima et al. (2022)",
    ),
    (
        |own| own.deep().feedback_shape == DirectFeedback::Kernel,
        "learning.feedback_shape = \"kernel\"",
        "Sanfiz & Akrout (2021)",
    ),
    (
        |own| own.deep().feedback_shape == DirectFeedback::Shared,
        "learning.feedback_shape = \"shared\"",
        "Launay et al. (2020)",
    ),
];

/// Entries of the works that a text names by the first author and the year, as in "Nokland (2016)"; several
/// are separated by semicolons.
///
/// ```
/// use falign::internal::config::cite::named;
/// let found = named("Kolen & Pollack (1994); Song, Xu & Lafferty (NeurIPS 2021), Section 6");
/// assert_eq!(found.len(), 2);
/// assert!(found[0].starts_with("@inproceedings{song2021,"));
/// ```
pub fn named(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    let is_named = |key: &str| {
        let (name, year) = key.split_at(key.len() - YEAR);
        let mut parts = text.split(';');
        parts.any(|part| {
            let rest = part.split_once(name).map(|(_, rest)| rest);
            rest.is_some_and(|rest| rest.contains(year))
        })
    };
    entries().filter(|entry| is_named(key(entry))).collect()
}

/// Digits of a year.
const YEAR: usize = 4;

/// The rule of this name, or of this name in figures, whatever its capitals: `DFA`.
///
/// ```
/// use falign::internal::config::cite::rule;
/// use falign::rule::{Registry, Rule};
/// assert_eq!(rule("DFA", &Registry::built_in()), Some(&Rule::DirectFeedbackAlignment));
/// ```
pub fn rule<'a>(name: &str, rules: &'a Registry) -> Option<&'a Rule> {
    rules
        .called(&name.replace('-', "_"))
        .or_else(|| rules.called(name))
}

/// The bibliography of falign's own use: the paper, then what `experiment`, its data sets or `rules` name as
/// their source, then falign at `version` (`None`: this one), each below a line that says what it is.
///
/// ```
/// use falign::internal::config::cite::bibliography;
/// use falign::rule::Rule;
/// let text = bibliography(None, &[Rule::DirectFeedbackAlignment], None);
/// let keys = ["song2021", "nokland2016", "falign"];
/// assert!(keys.iter().all(|key| text.contains(&format!("{{{key},"))));
/// ```
pub fn bibliography(
    experiment: Option<&Experiment>,
    rules: &[Rule],
    version: Option<&str>,
) -> String {
    let paper: Vec<&str> = entries().filter(|entry| key(entry) == PAPER).collect();
    let mut said = paper.clone();
    let mut parts = vec![("The paper whose experiments falign runs".to_owned(), paper)];
    if let Some(experiment) = experiment {
        let source = &experiment.source;
        let found = named(source);
        if !source.is_empty() && found.is_empty() {
            let line = format!("Source of {}: {source}", experiment.name);
            parts.push((line, Vec::new()));
        }
        let new = new(&mut said, found);
        if !new.is_empty() {
            parts.push((format!("Source of {}", experiment.name), new));
        }
    }
    let mut taught: Vec<&Rule> = rules.iter().collect();
    let settings = experiment.map_or(&[][..], |experiment| &experiment.settings);
    taught.extend(settings.iter().map(|one| &one.setting.rule));
    for rule in taught {
        let new = new(&mut said, named(&rule.about().unwrap_or_default()));
        if !new.is_empty() {
            parts.push((format!("Source of the rule {}", rule.name()), new));
        }
    }
    for (is_set, key, source) in OF_KEYS {
        let is_set = |setting: &Setting| matches!(setting, Setting::Network(own) if is_set(own));
        if settings.iter().any(|one| is_set(&one.setting)) {
            let new = new(&mut said, named(source));
            parts.push((format!("Source of {key}"), new));
        }
    }
    let mut measured: Vec<Quantity> = Vec::new();
    for quantity in settings.iter().flat_map(|one| &one.setting.quantities) {
        if !measured.contains(quantity) {
            measured.push(*quantity);
        }
    }
    for quantity in measured {
        let new = new(&mut said, named(quantity.meaning()));
        if !new.is_empty() {
            parts.push((format!("Source of the quantity {}", quantity.name()), new));
        }
    }
    let sets = settings.iter().filter_map(|one| {
        let name = one.setting.classes.labelled.as_deref()?;
        match DrawnSet::of(name) {
            Some(set) => Some((set.name().to_owned(), set.source()?.to_owned())),
            None => catalogue::find(name)
                .ok()
                .map(|set| (set.title, set.source)),
        }
    });
    for (title, source) in sets {
        let new = new(&mut said, named(&source));
        if !new.is_empty() {
            parts.push((format!("The data set {title}"), new));
        }
    }
    let mut text = String::new();
    for (line, entries) in parts {
        let _ = writeln!(text, "% {line}.");
        for entry in entries {
            let _ = writeln!(text, "{entry}\n");
        }
    }
    text + "% The program.\n" + &program(version.unwrap_or(VERSION))
}

/// Entries that have not been said yet.
fn new(said: &mut Vec<&'static str>, found: Vec<&'static str>) -> Vec<&'static str> {
    let mut new = found;
    new.retain(|entry| !said.contains(entry));
    said.extend(&new);
    new
}

fn entries() -> impl Iterator<Item = &'static str> {
    REFERENCES.split("\n\n").map(str::trim)
}

fn key(entry: &str) -> &str {
    let inside = entry.split_once('{').map_or("", |(_, rest)| rest);
    inside.split(',').next().unwrap_or_default()
}

/// Version of this falign.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The entry of a version of falign.
fn program(version: &str) -> String {
    format!(
        "@software{{falign,\n\
         \x20 author    = {{{{The falign developers}}}},\n\
         \x20 title     = {{falign: training and analysis of neural networks that learn\n\
         \x20              through random feedback weights}},\n\
         \x20 version   = {{{version}}}\n\
         }}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Overrides, builtin};
    use super::*;

    /// Words of a text without line breaks and braces, as one line.
    fn plain(text: &str) -> String {
        let text = text.replace(['{', '}', '"'], "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_experiment_and_every_rule_has_the_works_that_it_names() {
        for builtin in builtin::BUILTIN {
            let experiment = builtin::load(builtin.name, &Overrides::none()).unwrap();
            assert!(!named(&experiment.source).is_empty(), "{}", builtin.name);
        }
        let year = |text: &str| text.contains(char::is_numeric);
        for rule in &Rule::ALL {
            let about = rule.about().unwrap();
            assert_eq!(!named(&about).is_empty(), year(&about), "{about}");
        }
        for set in catalogue::entries() {
            assert_eq!(named(&set.source).len(), 1, "{}", set.source);
        }
        for source in DrawnSet::ALL.into_iter().filter_map(DrawnSet::source) {
            assert_eq!(named(source).len(), 1, "{source}");
        }
    }

    #[test]
    fn every_work_is_named_somewhere() {
        let mut sources: String = Rule::ALL.iter().filter_map(Rule::about).collect();
        for builtin in builtin::BUILTIN {
            sources += &builtin::load(builtin.name, &Overrides::none())
                .unwrap()
                .source;
            sources.push(';');
        }
        sources.extend(catalogue::entries().into_iter().map(|entry| entry.source));
        sources.extend(DrawnSet::ALL.into_iter().filter_map(DrawnSet::source));
        sources.extend(OF_KEYS.map(|(.., source)| source));
        sources.extend(Quantity::ALL.iter().map(|one| one.meaning()));
        let keys: Vec<&str> = entries().map(key).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        let sources = sources.to_lowercase();
        for key in keys {
            let name = &key[..key.len() - YEAR];
            assert!(sources.contains(name), "{key} is nobody's source");
        }
    }

    #[test]
    fn the_bibliography_says_each_work_once_and_in_80_columns() {
        let experiment = builtin::load("published/lillicrap2016", &Overrides::none()).unwrap();
        let text = bibliography(Some(&experiment), &[], None);
        for key in [
            "{song2021,",
            "{lillicrap2016,",
            "{rumelhart1986,",
            "{lecun1998,",
            "{falign,",
        ] {
            assert_eq!(text.matches(key).count(), 1, "{key} in {text}");
        }
        let all = bibliography(None, &Rule::ALL, None);
        assert!(all.lines().all(|line| line.len() <= 80), "{all}");
    }

    #[test]
    fn a_source_that_is_no_known_work_is_kept_in_words() {
        let text = "name = \"mine\"\nsource = \"a talk\"\n";
        let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
        let text = bibliography(Some(&experiment), &[], Some("0.0.7"));
        assert!(text.contains("% Source of mine: a talk.\n"), "{text}");
        assert!(text.contains("version   = {0.0.7}"), "{text}");
    }

    /// GitHub and archives read that file, BibTeX this room.
    #[test]
    fn the_file_for_archives_says_the_same() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../CITATION.cff");
        let file = plain(&std::fs::read_to_string(root).unwrap());
        let entry = |text: &str, field: &str| {
            let start = text.split_once(&format!(" {field} ")).unwrap().1;
            let start = start.split_once('{').unwrap().1;
            plain(
                start
                    .split("},\n")
                    .next()
                    .unwrap()
                    .split("}\n")
                    .next()
                    .unwrap(),
            )
        };
        let program = program(VERSION);
        for field in ["author", "title", "version"] {
            let said = entry(&program, field);
            assert!(file.contains(&said), "{said} is not in CITATION.cff");
        }
        let paper = named("Song 2021")[0];
        for field in ["title", "booktitle", "volume", "year"] {
            assert!(file.contains(&entry(paper, field)), "{field} of the paper");
        }
        for author in entry(paper, "author").split(" and ") {
            let (family, given) = author.split_once(", ").unwrap();
            let listed = format!("family-names: {family} given-names: {given}");
            assert!(file.contains(&listed), "{author}");
        }
    }
}
