//! Commands that are shown to be typed again.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;

use super::RunOptions;

/// The exact command that goes on with a stopped run in `dir`; `start` is all that stands
/// before the options, the program first.
pub(super) fn resume(start: Vec<OsString>, options: &RunOptions, dir: &Path) -> String {
    let mut words = start;
    let mut option = |flag: &str, value: OsString| words.extend([flag.into(), value]);
    for set in &options.overrides.set {
        option("--set", set.into());
    }
    for case in &options.overrides.cases {
        option("--case", case.into());
    }
    for (flag, path) in [
        ("--train-data", &options.overrides.train_data),
        ("--data-dir", &options.overrides.data_dir),
        ("--init-from", &options.overrides.init_from),
    ] {
        if let Some(path) = path {
            option(flag, path.into());
        }
    }
    if let Some(bytes) = options.overrides.memory {
        option("--memory", bytes.to_string().into());
    }
    if let Some(threads) = options.threads {
        option("--threads", threads.to_string().into());
    }
    option("--out", dir.into());
    for (flag, is_on) in [
        ("--mix", options.mix),
        ("--json", options.json),
        ("--quiet", options.quiet),
    ] {
        if is_on {
            words.push(flag.into());
        }
    }
    words.push("--resume".into());
    let words: Vec<String> = words.iter().map(quoted).collect();
    words.join(" ")
}

/// `1 run`, `2 runs`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A word as a shell takes it.
pub(super) fn quoted(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    let Some(word) = word.to_str() else {
        return escaped(word.as_encoded_bytes());
    };
    let plain = |c: char| {
        let others = if cfg!(windows) {
            r"-_./=:,+@\"
        } else {
            "-_./=:,+@%"
        };
        c.is_ascii_alphanumeric() || others.contains(c)
    };
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if cfg!(windows) {
        // What cmd and PowerShell both take.
        format!("\"{}\"", word.replace('"', r#"\""#))
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Bytes that are no text, as bash, zsh and POSIX 2024 take them.
fn escaped(bytes: &[u8]) -> String {
    let mut word = "$'".to_owned();
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => word.push(char::from(*byte)),
            // Octal: three digits end by themselves.
            byte => {
                let _ = write!(word, "\\{byte:03o}");
            }
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::{escaped, quoted};

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("network.width=400"), "network.width=400");
        let others = if cfg!(windows) {
            [r#""ridge=[0, 1]""#, r#""it's""#, r"runs\a"]
        } else {
            ["'ridge=[0, 1]'", r"'it'\''s'", r"'runs\a'"]
        };
        assert_eq!(["ridge=[0, 1]", "it's", r"runs\a"].map(quoted), others);
        assert_eq!(escaped(b"a\xff's"), r"$'a\377\'s'");
    }
}
