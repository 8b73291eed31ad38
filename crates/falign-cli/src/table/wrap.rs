//! Words in lines.

/// Lines of at most `columns` characters, broken at spaces and, where a word is longer, behind its
/// underscores, slashes and commas; a word that has none of them stays whole. At least one line.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for (at, piece) in pieces(word, columns).into_iter().enumerate() {
            let last = lines.last_mut().expect("there is a line");
            let gap = usize::from(at == 0 && !last.is_empty());
            if last.is_empty() || length(last) + gap + length(piece) <= columns {
                last.push_str(&" "[..gap]);
                last.push_str(piece);
            } else {
                lines.push(piece.to_owned());
            }
        }
    }
    lines
}

/// Characters of a text, each of which takes one column.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

/// A word, cut where it may be if it is too long for a line.
fn pieces(word: &str, columns: usize) -> Vec<&str> {
    if length(word) <= columns {
        return vec![word];
    }
    word.split_inclusive(['_', '/', ',']).collect()
}

/// Columns of a text's longest piece: it cannot be made narrower.
pub(super) fn least(text: &str) -> usize {
    let pieces = text.split_whitespace().flat_map(|word| pieces(word, 0));
    pieces.map(length).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_in_long_names_only() {
        assert_eq!(
            wrapped("the loss of  all runs", 9),
            ["the loss", "of all", "runs"]
        );
        let rule = "direct_random_target_projection";
        assert_eq!(wrapped(rule, 20), ["direct_random_", "target_projection"]);
        assert_eq!(wrapped(rule, 40), [rule]);
        assert_eq!(wrapped("0.0411234", 3), ["0.0411234"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("a b", usize::MAX), ["a b"]);
    }

    #[test]
    fn no_line_is_shorter_than_the_longest_piece() {
        assert_eq!(least("weight_mirror of two"), 7);
        assert_eq!(least(""), 0);
    }
}
