//! "Did you mean": the name nearest in spelling to one that does not exist.

/// The candidate nearest to `name` in spelling, if any is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// More names than this are no part of a sentence.
const MOST_NAMES: usize = 40;

/// "did you mean `x`?", or the list of what exists when nothing is near.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    if all.is_empty() {
        "there are none".to_owned()
    } else if all.len() > MOST_NAMES {
        format!("docs/config.md lists all {}", all.len())
    } else {
        format!("there are {}", all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_near_lists_what_there_is_unless_that_has_no_end() {
        let names = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<_>>();
        let hint = |name: &str, count| did_you_mean(name, names(count).iter().map(String::as_str));
        assert_eq!(hint("n1", 9), "did you mean `n1`?");
        assert_eq!(hint("zzz", 3), "there are n0, n1, n2");
        assert_eq!(hint("zzz", 0), "there are none");
        assert!(hint("zzz", 40).ends_with("n38, n39"));
        assert_eq!(hint("zzz", 41), "docs/config.md lists all 41");
    }
}
