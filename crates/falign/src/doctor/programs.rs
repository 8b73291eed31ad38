//! The programs: versions, what comes with them, the terminal and the environment.

use std::io::IsTerminal as _;

use serde_json::{Map, Value};

use super::{Caller, Report, Weight, fact, private, said};
use crate::config::builtin::BUILTIN;
use crate::config::keys::did_you_mean;
use crate::data::catalogue::FALIGN_DATA;
use crate::simulate::EngineFamily;

pub(super) fn versions(report: &mut Report, caller: &Caller) {
    let families = EngineFamily::ALL.into_iter();
    let numerics: Map<String, Value> = families
        .map(|family| (family.name().to_owned(), family.numerics_version().into()))
        .collect();
    let is_development = cfg!(debug_assertions);
    let mut facts = vec![
        fact("falign", env!("CARGO_PKG_VERSION")),
        fact("commit", option_env!("FALIGN_COMMIT")),
        fact(
            "build",
            if is_development {
                "development"
            } else {
                "release"
            },
        ),
        fact("target", env!("FALIGN_TARGET")),
        fact("compiler", env!("FALIGN_COMPILER")),
        fact("numerics", Value::Object(numerics)),
    ];
    let python: Option<Map<String, Value>> = caller.python.as_ref().map(|versions| {
        let versions = versions.iter();
        versions
            .map(|(name, version)| (name.clone(), version.clone().into()))
            .collect()
    });
    if let Some(python) = python {
        let shown = python.iter().map(|(name, version)| match version.as_str() {
            Some(version) => format!("{name} {version}"),
            None => format!("no {name}"),
        });
        let shown: Vec<String> = shown.collect();
        facts.push(said("python", python, shown.join(", ")));
    } else {
        facts.push(said("python", Value::Null, "not asked from Python"));
    }
    report.add("versions", facts);
    if is_development {
        report.find(
            Weight::Warning,
            "this is a development build, which is slower and checks more",
            "pip install falign, or cargo install --path crates/falign-cli in a clone",
        );
    }
}

pub(super) fn experiments(report: &mut Report) {
    let stored = BUILTIN.iter().filter(|builtin| builtin.stored.is_some());
    let stored: Vec<&str> = stored.map(|builtin| builtin.name).collect();
    report.add(
        "experiments",
        vec![
            fact("built_in", BUILTIN.len()),
            fact("with_stored_runs", stored),
        ],
    );
}

pub(super) fn terminal(report: &mut Report, caller: &Caller) {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    let is_unicode = is_unicode(locale.as_deref());
    let is_terminal = std::io::stdout().is_terminal();
    report.add(
        "terminal",
        vec![
            fact("is_terminal", is_terminal),
            said(
                "columns",
                caller.columns,
                caller
                    .columns
                    .map_or_else(|| "no limit".to_owned(), |columns| columns.to_string()),
            ),
            fact("colours", caller.has_colours),
            fact("kind", set(&"TERM")),
            fact("locale", locale),
            fact("unicode", is_unicode),
        ],
    );
    if is_terminal && !is_unicode {
        report.find(
            Weight::Warning,
            "the locale is not of UTF-8: \u{b1}, \u{d7} and bars of progress may look wrong",
            "export LANG=C.UTF-8",
        );
    }
}

/// Whether a locale is one of Unicode; macOS and Windows are without one.
fn is_unicode(locale: Option<&str>) -> bool {
    if !cfg!(all(unix, not(target_vendor = "apple"))) {
        return true;
    }
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Name of the variable with the number of threads of trainings in Python.
pub const NUM_THREADS: &str = "FALIGN_NUM_THREADS";

/// Variables that falign reads, each with its meaning.
pub const VARIABLES: [(&str, &str); 15] = [
    (
        FALIGN_DATA,
        "folder in which data sets are looked for, behind --data-dir and before the user's cache",
    ),
    (
        NUM_THREADS,
        "threads of trainings in Python, where none are asked for",
    ),
    (
        "RAYON_NUM_THREADS",
        "threads of the program's runs, where --threads names none",
    ),
    ("NO_COLOR", "set: no colours"),
    ("CLICOLOR_FORCE", "set: colours in a pipe too"),
    ("COLUMNS", "columns of a line, in place of the terminal's"),
    ("XDG_CACHE_HOME", "the user's cache, in place of ~/.cache"),
    (
        "XDG_CONFIG_HOME",
        "the user's configuration, in place of ~/.config",
    ),
    ("TMPDIR", "folder of temporary run folders"),
    ("http_proxy", "proxy for `falign data fetch`"),
    ("https_proxy", "proxy for `falign data fetch`"),
    ("all_proxy", "proxy for `falign data fetch`"),
    (
        "no_proxy",
        "machines that `falign data fetch` asks without a proxy",
    ),
    (
        "SSL_CERT_FILE",
        "file of certificates that `falign data fetch` trusts besides its own",
    ),
    (
        "RUST_BACKTRACE",
        "set: a fault of the program shows where it happened",
    ),
];

/// Variables that tests of this project read.
const OF_TESTS: [&str; 3] = ["FALIGN_TEST_", "FALIGN_WRITE_DOCS", "FALIGN_PROGRAM"];

pub(super) fn environment(report: &mut Report) {
    let mut facts = Vec::new();
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let is_own = name.starts_with("FALIGN_");
        let is_read = VARIABLES
            .iter()
            .any(|(known, _)| name.eq_ignore_ascii_case(known));
        if !is_own && !is_read {
            continue;
        }
        // The address of a proxy may hold a password.
        let is_secret = name.to_ascii_lowercase().ends_with("_proxy");
        let value = match private(value.as_ref()) {
            value if is_secret && !value.is_empty() => "set".to_owned(),
            value => value,
        };
        let text = if value.is_empty() {
            "(empty)".to_owned()
        } else {
            value.clone()
        };
        facts.push(said(&name, value, text));
        let known = VARIABLES.map(|(known, _)| known);
        let known = known
            .into_iter()
            .filter(|known| known.starts_with("FALIGN_"));
        if is_own && !is_read && !OF_TESTS.iter().any(|start| name.starts_with(start)) {
            report.find(
                Weight::Warning,
                format!(
                    "nothing reads the variable {name}; {}",
                    did_you_mean(&name, known)
                ),
                format!("unset {name}"),
            );
        }
    }
    let threads = std::env::var(NUM_THREADS).unwrap_or_default();
    let is_number = threads.trim().parse::<u16>().is_ok_and(|count| count > 0);
    if !threads.is_empty() && !is_number {
        report.find(
            Weight::Warning,
            format!("{NUM_THREADS} is `{threads}`, which is no number of threads"),
            format!("set it to a number from 1 to 1024, or unset {NUM_THREADS}"),
        );
    }
    facts.sort_by(|a, b| a.key.cmp(&b.key));
    report.add("environment", facts);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_of_unicode_is_told() {
        if cfg!(target_os = "linux") {
            assert!(is_unicode(Some("C.UTF-8")) && is_unicode(Some("de_DE.utf8")));
            assert!(!is_unicode(Some("POSIX")) && !is_unicode(None));
        }
    }

    #[test]
    fn versions_of_python_and_of_what_it_lacks_are_told() {
        let mut report = Report {
            sections: Vec::new(),
            findings: Vec::new(),
        };
        let python = [("numpy", Some("2.4")), ("pandas", None)];
        let python = python.map(|(name, version)| (name.to_owned(), version.map(str::to_owned)));
        let caller = Caller {
            python: Some(python.into()),
            ..Caller::default()
        };
        versions(&mut report, &caller);
        let fact = report.sections[0].facts.last().unwrap();
        assert_eq!(fact.text, "numpy 2.4, no pandas");
        assert!(fact.value["pandas"].is_null());
        assert!(!env!("FALIGN_TARGET").is_empty() && env!("FALIGN_COMPILER").starts_with("rustc "));
    }
}
