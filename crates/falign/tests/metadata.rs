//! Files that tell archives, registries and users of the project say the same as `Cargo.toml`.

use std::path::Path;

use toml::Table;

fn root(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cargo() -> Table {
    let whole: Table = root("Cargo.toml").parse().unwrap();
    whole["workspace"]["package"].as_table().unwrap().clone()
}

/// The value of a key at the beginning of a line of CITATION.cff.
fn cited(file: &str, key: &str) -> String {
    let start = format!("{key}: ");
    let line = file.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no {key}"))
        .trim_matches('"')
        .to_owned()
}

/// Items of a list of CITATION.cff.
fn listed<'a>(file: &'a str, key: &str) -> Vec<&'a str> {
    let lines = file
        .lines()
        .skip_while(|line| *line != format!("{key}:"))
        .skip(1);
    let items = lines.map_while(|line| line.strip_prefix("  - "));
    items
        .map(|item| item.trim_start_matches("name: ").trim_matches('"'))
        .collect()
}

#[test]
fn the_version_is_one_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let cargo = cargo();
    assert_eq!(cargo["version"].as_str(), Some(version));
    assert_eq!(cited(&root("CITATION.cff"), "version"), version);
    let zenodo: serde_json::Value = serde_json::from_str(&root(".zenodo.json")).unwrap();
    assert_eq!(zenodo["version"], version);
    // Python's is the extension's, which is Cargo's.
    let python: Table = root("bindings/python/pyproject.toml").parse().unwrap();
    assert!(python["project"].get("version").is_none());
    let dynamic = python["project"]["dynamic"].as_array().unwrap();
    assert!(dynamic.iter().any(|name| name.as_str() == Some("version")));
    let whole: Table = root("Cargo.toml").parse().unwrap();
    let own = whole["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .iter();
    let own = own.filter(|(name, _)| name.starts_with("falign"));
    assert!(
        own.map(|(_, needs)| needs["version"].as_str())
            .all(|found| found == Some(version))
    );
}

#[test]
fn titles_authors_licences_and_words_are_the_same_for_archives_and_registries() {
    let (cargo, citation) = (cargo(), root("CITATION.cff"));
    let zenodo: serde_json::Value = serde_json::from_str(&root(".zenodo.json")).unwrap();
    assert_eq!(zenodo["title"], cited(&citation, "title"));
    assert_eq!(
        zenodo["description"].as_str(),
        cargo["description"].as_str()
    );
    let licences = cargo["license"].as_str().unwrap();
    assert_eq!(listed(&citation, "license").join(" OR "), licences);
    // The form takes one of them; a note has both.
    assert!(licences.split(" OR ").any(|one| zenodo["license"] == one));
    assert!(zenodo["notes"].as_str().unwrap().contains(licences));
    let python: Table = root("bindings/python/pyproject.toml").parse().unwrap();
    assert_eq!(python["project"]["license"].as_str(), Some(licences));
    let people = listed(&citation, "authors");
    assert_eq!(
        zenodo["creators"],
        serde_json::json!([{ "name": people[0] }])
    );
    assert_eq!(people.len(), 1);
    assert_eq!(
        zenodo["keywords"],
        serde_json::json!(listed(&citation, "keywords"))
    );
}

/// Addresses are the repository's, where it has one, and nobody's mail is made up.
#[test]
fn pages_for_the_public_name_the_doctor_and_no_made_up_address() {
    for name in ["SECURITY.md", ".github/ISSUE_TEMPLATE/bug_report.md"] {
        assert!(root(name).contains("`falign doctor --json`"), "{name}");
    }
    for name in [
        "SECURITY.md",
        "CODE_OF_CONDUCT.md",
        ".zenodo.json",
        "CITATION.cff",
    ] {
        let text = root(name);
        assert!(!text.contains('@'), "{name}");
        let hosts = text.split("https://").skip(1);
        assert!(
            hosts
                .into_iter()
                .all(|host| host.starts_with("www.contributor-covenant.org")),
            "{name}"
        );
    }
}

/// Services for notebooks find them by the repository's address.
#[test]
fn notebooks_have_a_badge_where_the_repository_has_an_address() {
    let (cargo, readme) = (cargo(), root("README.md"));
    let service = "https://colab.research.google.com/github/";
    match cargo.get("repository").and_then(|url| url.as_str()) {
        Some(url) => {
            let place = url.trim_start_matches("https://github.com/");
            let badge =
                format!("{service}{place}/blob/main/bindings/python/notebooks/first_run.ipynb");
            assert!(readme.contains(&badge), "README.md: a badge with {badge}");
        }
        None => assert!(!readme.contains(service)),
    }
}
