//! `falign man`: a page for every command, with its examples, exit codes, files and environment.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use falign::internal::doctor::VARIABLES;

use super::{command_line, examples};
use crate::ended::{EXIT_CODES, Ended, Usage};
use crate::output;

/// Files that the program reads or writes without being told their names.
const FILES: &[(&str, &str)] = &[
    (
        "runs/NAME",
        "folder of a run, where --out names no other: experiment.toml, summary.csv, figure.svg, figure.png, figure.csv, figure.py, meta.json, results/",
    ),
    (
        "~/.cache/falign/data",
        "data sets that `falign data fetch` fetched (under XDG_CACHE_HOME, where that is set)",
    ),
    (
        "~/.config/falign/mirrors.toml",
        "mirrors of data sets, in place of the built-in ones (under XDG_CONFIG_HOME, where that is set)",
    ),
];

/// Prints the page of the program or of one command, or writes all pages to a folder.
pub(super) fn command(names: &[String], out: Option<&Path>) -> Result<Ended> {
    let program = built();
    let Some(out) = out else {
        let mut asked = &program;
        for name in names {
            asked = asked.find_subcommand(name).ok_or_else(|| {
                let why = format!(
                    "`{}` is no command; `falign --help` has all",
                    names.join(" ")
                );
                Usage(why)
            })?;
        }
        output::bytes(&page(asked)?)?;
        return Ok(Ended::Done);
    };
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for one in all(&program) {
        let path = out.join(format!("{}.1", title(one)));
        std::fs::write(&path, page(one)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        output::line(path.display())?;
    }
    Ok(Ended::Done)
}

/// The program's command line, of which each command knows its whole name. Help has examples too, but
/// pages have them in a section of their own.
fn built() -> Command {
    let mut program = command_line();
    let names: Vec<String> = program
        .get_subcommands()
        .map(|one| one.get_name().to_owned())
        .collect();
    for name in names {
        program = program.mut_subcommand(name, |one| one.after_help(None::<&str>));
    }
    program.build();
    program
}

/// A command and those below it, but for what is hidden and `help`.
fn all(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands();
    let below = below.filter(|one| !one.is_hide_set() && one.get_name() != "help");
    std::iter::once(command)
        .chain(below.flat_map(all))
        .collect()
}

/// The whole name: `falign-data-fetch`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = concat!("falign ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).source(source).render(&mut page)?;
    let mut more = Roff::default();
    let examples = examples::of(command.get_name());
    if !examples.is_empty() {
        more.control("SH", ["EXAMPLES"]);
        for (line, about) in examples {
            entry(&mut more, &format!("falign {line}"), about);
        }
    }
    more.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        entry(&mut more, &code.to_string(), meaning);
    }
    for (head, rows) in [("FILES", FILES), ("ENVIRONMENT", &VARIABLES)] {
        more.control("SH", [head]);
        for (name, meaning) in rows {
            entry(&mut more, name, meaning);
        }
    }
    more.to_writer(&mut page)?;
    Ok(page)
}

/// A tagged paragraph.
fn entry(roff: &mut Roff, name: &str, meaning: &str) {
    let line = |one: Inline| vec![one];
    roff.control("TP", []);
    roff.text(line(bold(name)));
    roff.text(line(roman(meaning)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_examples_exit_codes_files_and_variables() {
        let program = built();
        for one in all(&program).into_iter().skip(1) {
            let text = String::from_utf8(page(one).unwrap()).unwrap();
            for part in ["claim failed", ".SH FILES", "FALIGN_DATA"] {
                assert!(text.contains(part), "{}: {part}\n{text}", title(one));
            }
            assert!(text.contains(&format!(".TH {}", title(one))), "{text}");
            // Commands below another have their examples on its page.
            let is_below = title(one).matches('-').count() > 1;
            assert!(is_below || text.contains(".SH EXAMPLES"), "{text}");
        }
    }
}
