//! The command that was meant by a word that is none: `falign figure2`, `falign runs/quickstart`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use falign::internal::config::builtin::BUILTIN;
use falign::internal::config::explain::explain;
use falign::internal::config::keys::nearest;

use super::{Program, source, words};

/// Answer to a command line that begins with no command, where its first word has another meaning here.
pub(crate) fn meant(
    mistake: &clap::Error,
    args: &[OsString],
    program: &Program<'_>,
) -> Option<String> {
    if mistake.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let ContextValue::String(typed) = mistake.get(ContextKind::InvalidSubcommand)? else {
        return None;
    };
    let rest = args.get(1..)?;
    if rest.first()?.to_str() != Some(typed) {
        return None;
    }
    let (what, start) = match meaning(typed, program) {
        Some(found) => found,
        None if typed.contains('/') => {
            return Some(format!(
                "`{typed}` is no command, and there is no file or folder of that name"
            ));
        }
        // clap has named it.
        None if is_answered(mistake) => return None,
        None => near(typed)?,
    };
    let mut line: Vec<OsString> = vec![program.name.clone()];
    line.extend(start);
    line.extend(rest[1..].iter().cloned());
    let line: Vec<String> = line.iter().map(words::quoted).collect();
    Some(format!(
        "`{typed}` is no command{what}; did you mean this?\n  {}",
        line.join(" ")
    ))
}

/// Whether clap names a command that is near.
fn is_answered(mistake: &clap::Error) -> bool {
    let Some(ContextValue::Strings(near)) = mistake.get(ContextKind::SuggestedSubcommand) else {
        return false;
    };
    !near.is_empty()
}

/// Meaning of a word, and the words of the command that has a use for it.
fn meaning(typed: &str, program: &Program<'_>) -> Option<(String, Vec<OsString>)> {
    let path = Path::new(typed);
    let folder = Path::new("runs").join(path);
    let answer = |what: &str, words: &[&OsStr]| {
        let words = words.iter().map(|word| OsString::from(*word));
        Some((format!(", but {what}"), words.collect()))
    };
    let word = OsStr::new::<str>;
    for folder in [path, &folder] {
        if source::is_run_folder(folder) {
            return answer("a run folder", &[word("show"), folder.as_os_str()]);
        }
    }
    if source::is_data(path) {
        let words = [word("run"), word("--train-data"), word(typed)];
        return answer("a data set", &words);
    }
    if source::builtin(path).is_some() {
        return answer("a built-in experiment", &[word("run"), word(typed)]);
    }
    if source::existing(path).is_some() {
        return answer("a file", &[word("run"), word(typed)]);
    }
    // `--set` was forgotten, as in `falign rule=dfa`; which experiment is meant nobody says.
    if let Some((key, _)) = typed.split_once('=') {
        explain(key, program.rules).ok()?;
        let words = ["run", "quickstart", "--set", typed].map(word);
        return answer("a key and its value", &words);
    }
    if explain(typed, program.rules).is_ok() {
        return answer("something to explain", &[word("explain"), word(typed)]);
    }
    None
}

/// The command, or else the built-in experiment, whose name is nearest to a word.
fn near(typed: &str) -> Option<(String, Vec<OsString>)> {
    let commands = super::command_line();
    let names = commands.get_subcommands().map(Command::get_name);
    if let Some(near) = nearest(typed, names) {
        return Some((String::new(), vec![near.into()]));
    }
    let near = nearest(typed, BUILTIN.iter().map(|builtin| builtin.name))?;
    let what = format!(", but nearly the experiment {near}");
    Some((what, vec!["run".into(), near.into()]))
}
