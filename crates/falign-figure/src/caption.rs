//! The sentences below a picture that say what its curves, bands and bars are.

use falign::internal::config::figure::{Panel, Spread, Style};

use super::names;
use super::points::{Middle, Shown};

/// The caption: the author's text, then what each kind of panel shows, then remarks.
pub(super) fn caption(text: &str, panels: &[(&Panel, &Shown)]) -> String {
    let mut kinds: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, (panel, shown)) in panels.iter().enumerate() {
        let Some(sentence) = sentence(panel, shown) else {
            continue;
        };
        match kinds.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, letters)) => letters.push(index),
            None => kinds.push((sentence, vec![index])),
        }
    }
    let mut parts: Vec<String> = Vec::new();
    if !text.trim().is_empty() {
        parts.push(text.trim().to_owned());
    }
    let alone = kinds.len() == 1;
    parts.extend(kinds.into_iter().map(|(sentence, letters)| {
        if alone {
            let mut characters = sentence.chars();
            let first = characters
                .next()
                .map(|first| first.to_uppercase().to_string());
            format!("{}{}", first.unwrap_or_default(), characters.as_str())
        } else {
            format!("({}) {sentence}", spans(&letters))
        }
    }));
    let shifted = panels
        .iter()
        .any(|(panel, shown)| panel.style == Style::Points && shown.series.len() > 1);
    let predicted = |is_map: bool| {
        panels
            .iter()
            .any(|(panel, _)| panel.prediction.is_some() && (panel.style == Style::Map) == is_map)
    };
    if shifted {
        parts.push("Points at one place are shifted sideways so that all show.".to_owned());
    }
    if predicted(true) {
        parts.push(
            "Second number of a cell: theory, solved on each run's own data; mean over runs."
                .to_owned(),
        );
    }
    if predicted(false) {
        parts.push("Dashed: theory, solved on each run's own data; mean over runs.".to_owned());
    }
    let mut guides: Vec<String> = Vec::new();
    for (panel, _) in panels {
        let height = panel
            .reference
            .map(|at| format!("{} = {}", names::column(&panel.y), names::number(at)));
        let law = panel.slope.map(|slope| {
            let exponent = names::number(slope);
            format!("a power law of exponent {exponent} through the first point")
        });
        for guide in height.into_iter().chain(law) {
            if !guides.contains(&guide) {
                guides.push(guide);
            }
        }
    }
    if !guides.is_empty() {
        parts.push(format!("Dotted: {}.", guides.join("; ")));
    }
    let points = || panels.iter().flat_map(|(_, shown)| shown.points());
    if points().any(super::points::Point::is_lost) {
        parts.push("Crosses: runs diverged there, and no mean exists beyond.".to_owned());
        let is_lost = |(panel, shown): &(&Panel, &Shown)| {
            panel.style == Style::Map && shown.points().any(super::points::Point::is_lost)
        };
        if panels.iter().any(is_lost) {
            parts.push("Below a cross: how many runs diverged, of how many.".to_owned());
        }
    } else if points().any(|point| point.diverged > 0) {
        parts.push("Some of the runs diverged (column runs_diverged).".to_owned());
    }
    parts.join(" ")
}

fn sentence(panel: &Panel, shown: &Shown) -> Option<String> {
    let (least, most) = shown.runs()?;
    let what = match panel.style {
        Style::Curve => "curves",
        Style::Points => "points",
        Style::Map => "colours and numbers",
    };
    if most <= 1 {
        return Some(format!("{what} show a single run."));
    }
    let middle = match shown.middle {
        Middle::Geometric => "geometric mean",
        Middle::Arithmetic => "arithmetic mean",
        Middle::Median => "median",
    };
    let runs = if least == most {
        format!("{most} runs")
    } else {
        format!("{least} to {most} runs")
    };
    let quantity = panel.y.replace('_', " ");
    let spread = match (shown.spread, shown.middle) {
        (Spread::None, _) => return Some(format!("{what}: {middle} over {runs}.")),
        (Spread::Std, Middle::Geometric) => {
            format!("± one standard deviation of log_{{10}} {quantity}")
        }
        (Spread::Std, _) => "± one standard deviation".to_owned(),
        (Spread::Sem, Middle::Geometric) => {
            format!("± one standard error of the mean of log_{{10}} {quantity}")
        }
        (Spread::Sem, _) => "± one standard error of the mean".to_owned(),
        (Spread::Quantiles, _) => "from the 10 % to the 90 % quantile".to_owned(),
    };
    let around = match panel.style {
        Style::Curve => "bands",
        Style::Points | Style::Map => "error bars",
    };
    Some(format!("{what}: {middle} over {runs}; {around}: {spread}."))
}

/// Letter of a panel: a, b, ..., z, aa, ab, ...
pub(super) fn letter(index: usize) -> String {
    let last = char::from(b'a' + u8::try_from(index % 26).unwrap_or(0));
    match index / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

// a–c, e
fn spans(indices: &[usize]) -> String {
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    for &index in indices {
        match pieces.last_mut() {
            Some((_, end)) if *end + 1 == index => *end = index,
            _ => pieces.push((index, index)),
        }
    }
    let pieces: Vec<String> = pieces
        .into_iter()
        .map(|(from, to)| match to - from {
            0 => letter(from),
            1 => format!("{}, {}", letter(from), letter(to)),
            _ => format!("{}–{}", letter(from), letter(to)),
        })
        .collect();
    pieces.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 25, 26, 27].map(letter), ["a", "z", "aa", "ab"]);
    }

    #[test]
    fn neighbouring_panels_are_named_as_a_span() {
        assert_eq!(spans(&[0, 1, 2, 4]), "a–c, e");
        assert_eq!(spans(&[0, 1]), "a, b");
    }
}
