//! Doc comments name their subject in their first words.

use std::path::Path;

use crate::rooms::files;

/// Beginnings that cannot be a subject: "What is wrong" is a "Reason ...", "The same for outputs" a
/// "Kernel of outputs", "Its width" the "Width of the teacher".
const NO_SUBJECT: [&str; 34] = [
    "After", "And", "At", "Before", "Behind", "Beside", "Besides", "By", "For", "From", "In", "It",
    "Its", "Likewise", "None", "Not", "Nothing", "Of", "On", "Or", "Same", "See", "That",
    "The same", "Their", "These", "This", "Those", "To", "Until", "What", "Where", "Why", "With",
];

/// First lines of doc comments with their numbers.
fn first_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_inside = false;
    text.lines().zip(1..).filter_map(move |(line, number)| {
        let doc = line.trim_start().strip_prefix("///");
        let is_first = !std::mem::replace(&mut is_inside, doc.is_some());
        doc.filter(|_| is_first)
            .map(|doc| (number, doc.trim_start()))
    })
}

fn names_a_subject(line: &str) -> bool {
    let is_beginning = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    !NO_SUBJECT
        .iter()
        .any(|words| line.strip_prefix(words).is_some_and(is_beginning))
}

#[test]
fn beginnings_are_told_by_whole_words() {
    let text = "/// What is wrong.\nfn a() {}\n    /// Width.\n    /// What it is for.\n    b: u8,\n/// Its width.";
    let found: Vec<_> = first_lines(text)
        .map(|(number, line)| (number, names_a_subject(line)))
        .collect();
    assert_eq!(found, [(1, false), (3, true), (6, false)]);
    assert!(names_a_subject("Iterations.") && names_a_subject("Inputs of a layer."));
}

#[test]
fn doc_comments_name_their_subject_first() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut paths, mut wrong, mut comments) = (Vec::new(), Vec::new(), 0);
    files(crates, &mut paths);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(crates).unwrap().display();
        for (number, line) in first_lines(&text) {
            comments += 1;
            if !names_a_subject(line) {
                wrong.push(format!("{place}:{number}: {line}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "name the subject first:\n{}",
        wrong.join("\n")
    );
    assert!(comments > 3000, "only {comments} doc comments were found");
}
