//! Experiments that come with the program, embedded from `experiments/`.

const ALL: &[(&str, &str)] = &[(
    "quickstart",
    include_str!("../../../../experiments/quickstart.toml"),
)];

/// Names, in the order of `falign list`.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The text of a built-in experiment.
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
