//! Commands that are shown to be typed again.

use std::path::Path;

use super::RunOptions;

/// The exact command that goes on with a stopped run in `dir`; `start` is all that stands
/// before the options.
pub(super) fn resume(start: Vec<String>, options: &RunOptions, dir: &Path) -> String {
    let mut words = vec!["falign".to_owned()];
    words.extend(start);
    let mut option = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
    for set in &options.overrides.set {
        option("--set", set.clone());
    }
    for case in &options.overrides.cases {
        option("--case", case.clone());
    }
    for (flag, path) in [
        ("--data-dir", &options.overrides.data_dir),
        ("--init-from", &options.overrides.init_from),
    ] {
        if let Some(path) = path {
            option(flag, path.display().to_string());
        }
    }
    if let Some(threads) = options.threads {
        option("--threads", threads.to_string());
    }
    option("--out", dir.display().to_string());
    for (flag, is_on) in [("--json", options.json), ("--quiet", options.quiet)] {
        if is_on {
            words.push(flag.to_owned());
        }
    }
    words.push("--resume".to_owned());
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("network.width=400"), "network.width=400");
        assert_eq!(quoted("ridge=[0, 1]"), "'ridge=[0, 1]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
