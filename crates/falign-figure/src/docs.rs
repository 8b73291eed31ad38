//! Pictures of the documentation are those that the commands draw from stored runs.

use std::path::Path;

use falign::internal::claim::stored::Stored;
use falign::internal::config::Overrides;
use falign::internal::config::builtin::{BUILTIN, load};
use falign::internal::plan::Plan;
use falign::internal::plan::summary::summary_csv;

use super::{Format, Options, Table, render};

/// The figure of a built-in experiment, drawn from its stored runs.
fn drawn(name: &str, overrides: &Overrides) -> Vec<u8> {
    let experiment = load(name, overrides).unwrap();
    let plan = Plan::new(&experiment).unwrap();
    let builtin = BUILTIN.iter().find(|one| one.name == name).unwrap();
    let stored = Stored::parse(&builtin.stored.unwrap().text(), Path::new(name)).unwrap();
    assert!(
        stored.missing(&experiment, &plan).jobs.is_empty(),
        "{name}: runs are not stored"
    );
    let table = stored
        .table(&experiment, &plan, Path::new("no folder"))
        .unwrap();
    let table = Table::parse(summary_csv(&table).as_bytes(), name).unwrap();
    let options = Options {
        formats: vec![Format::Svg],
        ..Options::default()
    };
    let files = render(&experiment.figure.unwrap_or_default(), &table, &options).unwrap();
    files
        .into_iter()
        .find(|(ending, _)| *ending == "svg")
        .unwrap()
        .1
}

#[test]
fn pictures_of_the_documentation_are_those_of_the_commands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    // As many runs as are stored of Figure 3.
    let three = ["run.runs=3"].as_slice();
    let published = ["akrout2019", "bartunov2018", "lillicrap2016"];
    let published = published.map(|name| {
        let file = format!("gallery/{name}.svg");
        (
            file,
            format!("published/{name}"),
            [].as_slice(),
            [].as_slice(),
        )
    });
    let figures = [
        ("figure2", "figure2", [].as_slice(), [].as_slice()),
        ("figure3", "figure3", three, &[]),
        ("figure3_readings", "figure3", three, &["all"]),
    ];
    let figures = figures
        .map(|(file, name, set, cases)| (format!("{file}.svg"), name.to_owned(), set, cases));
    for (file, name, set, cases) in figures.into_iter().chain(published) {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let overrides = Overrides {
            set: owned(set),
            cases: owned(cases),
        };
        let svg = drawn(&name, &overrides);
        let path = folder.join(&file);
        if std::env::var_os("FALIGN_WRITE_DOCS").is_some() {
            std::fs::write(&path, &svg).unwrap();
        }
        assert!(
            std::fs::read(&path).unwrap() == svg,
            "docs/{file} is stale: run `FALIGN_WRITE_DOCS=1 cargo test -p falign-figure documentation`"
        );
    }
}
