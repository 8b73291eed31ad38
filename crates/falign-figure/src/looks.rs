//! Colour and line style of a series, the same in every panel that splits its rows by
//! the same columns.

use super::palette::{DASHES, GREY, THEORY_DASH, colours};
use super::points::{Series, Shown, THEORY};
use super::table::amounts;

/// A value of the `dash` column, its pattern, and whether it is grey whatever the series.
pub(super) type Dash = (String, &'static str, bool);

/// Colours and line styles of one panel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looks {
    /// The `series` column.
    pub(super) by: Option<String>,
    /// The `dash` column.
    pub(super) dash_by: Option<String>,
    /// Series values with their colours.
    pub(super) colours: Vec<(String, String)>,
    /// Dash values with their patterns.
    pub(super) dashes: Vec<Dash>,
}

/// Columns that split the rows of a panel, and what it shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split<'a> {
    /// The `series` column.
    pub(super) by: Option<&'a str>,
    /// The `dash` column.
    pub(super) dash: Option<&'a str>,
    /// The series shown.
    pub(super) shown: &'a Shown,
}

impl Split<'_> {
    /// Values of the `series` column that are shown, each once.
    fn values(&self) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for series in &self.shown.series {
            if !values.contains(&series.by.as_str()) {
                values.push(&series.by);
            }
        }
        values
    }
}

/// Looks of each panel, in their order, on a page with so many panels to a row.
///
/// A value has one colour on the whole page, whatever `dash` is. Only where the columns of the page
/// each have numbers of their own, as the ridge levels of three activations, each column has the
/// whole range of colours.
pub(super) fn of_panels(panels: &[Split<'_>], columns: usize) -> Vec<Looks> {
    let has_theory = panels
        .iter()
        .any(|panel| panel.shown.series.iter().any(|one| one.dash == THEORY));
    let by_column = have_own_numbers(panels, columns);
    let is_in_scope = |one: usize, other: usize| {
        panels[one].by == panels[other].by && (!by_column || one % columns == other % columns)
    };
    let dashes = |of: usize| {
        let like = (0..panels.len())
            .filter(|&other| is_in_scope(of, other) && panels[other].dash == panels[of].dash);
        dashes_of(like.map(|index| panels[index].shown), has_theory)
    };
    (0..panels.len())
        .map(|index| {
            let mut values: Vec<String> = Vec::new();
            let others = (0..panels.len()).filter(|&other| is_in_scope(index, other));
            for other in others {
                let greys = dashes(other);
                let is_grey = |one: &Series| {
                    greys
                        .iter()
                        .any(|(dash, _, grey)| *grey && *dash == one.dash)
                };
                for series in &panels[other].shown.series {
                    if !is_grey(series) && !values.contains(&series.by) {
                        values.push(series.by.clone());
                    }
                }
            }
            Looks {
                by: panels[index].by.map(str::to_owned),
                dash_by: panels[index].dash.map(str::to_owned),
                colours: coloured(values),
                dashes: dashes(index),
            }
        })
        .collect()
}

/// Whether each column of the page has values of its own, all of them numbers: panels of a column have
/// those of its fullest one, and no column has all of another's.
fn have_own_numbers(panels: &[Split<'_>], columns: usize) -> bool {
    let all: Vec<Vec<&str>> = panels.iter().map(Split::values).collect();
    let is_within = |few: &[&str], many: &[&str]| few.iter().all(|value| many.contains(value));
    let fullest: Vec<&Vec<&str>> = (0..columns.min(panels.len()))
        .filter_map(|column| {
            let of_column = all.iter().skip(column).step_by(columns);
            of_column.max_by_key(|values| values.len())
        })
        .collect();
    let same_split = panels.iter().all(|panel| panel.by == panels[0].by);
    let are_numbers = |values: &&Vec<&str>| amounts(values.iter().copied()).is_some();
    let column_is_alike = all
        .iter()
        .enumerate()
        .all(|(index, values)| is_within(values, fullest[index % columns]));
    let are_apart = fullest.iter().enumerate().all(|(index, values)| {
        let mut others = fullest
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index);
        others.all(|(_, other)| !is_within(values, other))
    });
    fullest.len() > 1
        && same_split
        && panels[0].by.is_some()
        && fullest.iter().all(are_numbers)
        && column_is_alike
        && are_apart
}

/// Values with their colours, in order where they are numbers.
fn coloured(mut values: Vec<String>) -> Vec<(String, String)> {
    if let Some(sizes) = amounts(values.iter().map(String::as_str)) {
        let mut sized: Vec<(f64, String)> = sizes.into_iter().zip(values).collect();
        sized.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        values = sized.into_iter().map(|(_, value)| value).collect();
    }
    let colours = colours(&values);
    values.into_iter().zip(colours).collect()
}

/// Patterns of the dash values of panels; where theory is drawn somewhere, its pattern is its own.
fn dashes_of<'a>(shown: impl Iterator<Item = &'a Shown>, has_theory: bool) -> Vec<Dash> {
    let mut values: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in shown.flat_map(|shown| &shown.series) {
        let place = values.iter().position(|(dash, _)| *dash == one.dash);
        let place = place.unwrap_or_else(|| {
            values.push((&one.dash, Vec::new()));
            values.len() - 1
        });
        if !values[place].1.contains(&one.by.as_str()) {
            values[place].1.push(&one.by);
        }
    }
    values.sort_by_key(|(dash, _)| *dash == "backpropagation");
    // A yardstick that exists for one series value only: its colour would say nothing.
    let several = values.iter().any(|(_, of)| of.len() > 1);
    let free: Vec<&'static str> = DASHES
        .into_iter()
        .filter(|dash| !has_theory || *dash != THEORY_DASH)
        .collect();
    let mut next = free.iter().cycle();
    let mut dashes = Vec::new();
    for (index, (dash, of)) in values.into_iter().enumerate() {
        let is_theory = dash == THEORY;
        let grey = index > 0 && several && of.len() == 1 && !is_theory;
        let pattern = if is_theory {
            THEORY_DASH
        } else {
            next.next().copied().unwrap_or_default()
        };
        dashes.push((dash.to_owned(), pattern, grey));
    }
    dashes
}

impl Looks {
    /// Place of a series in a legend: by its colour, those without one last, then by its dash.
    pub(super) fn order(&self, series: &Series) -> (usize, usize) {
        let colour = self
            .colours
            .iter()
            .position(|(value, _)| *value == series.by);
        let (_, _, dash) = self.of(series);
        (colour.unwrap_or(self.colours.len()), dash)
    }

    /// Colour and dash pattern of a series, and its place among the dash values.
    pub(super) fn of(&self, series: &Series) -> (&str, &'static str, usize) {
        let place = self
            .dashes
            .iter()
            .position(|(dash, ..)| *dash == series.dash)
            .unwrap_or(0);
        let (dash, grey) = self
            .dashes
            .get(place)
            .map_or(("", false), |(_, dash, grey)| (*dash, *grey));
        let colour = self
            .colours
            .iter()
            .find(|(value, _)| !grey && *value == series.by)
            .map_or(GREY, |(_, colour)| colour);
        (colour, dash, place)
    }
}

#[cfg(test)]
mod tests {
    use super::super::points::{Middle, Point};
    use super::*;
    use falign::internal::config::figure::Spread;

    fn shown(pairs: &[(&str, &str)]) -> Shown {
        let point = Point {
            x: 0.0,
            center: Some(1.0),
            low: None,
            high: None,
            runs: 1,
            diverged: 0,
        };
        let series = pairs
            .iter()
            .map(|(series, dash)| Series {
                by: (*series).to_owned(),
                dash: (*dash).to_owned(),
                points: vec![point.clone()],
            })
            .collect();
        Shown {
            series,
            middle: Middle::Arithmetic,
            spread: Spread::None,
            columns: Vec::new(),
            unit: None,
        }
    }

    fn looks(panels: &[&Shown], dash: &[&'static str], columns: usize) -> Vec<Looks> {
        let splits: Vec<Split<'_>> = panels
            .iter()
            .zip(dash)
            .map(|(shown, dash)| Split {
                by: Some("ridge"),
                dash: Some(dash),
                shown,
            })
            .collect();
        of_panels(&splits, columns)
    }

    #[test]
    fn a_lone_yardstick_is_grey_and_dashed() {
        let shown = shown(&[
            ("0", "feedback_alignment"),
            ("0.1", "feedback_alignment"),
            ("0", "backpropagation"),
        ]);
        let looks = &looks(&[&shown], &["rule"], 1)[0];
        let (colour, dash, _) = looks.of(&shown.series[2]);
        assert_eq!((colour, dash), (GREY, DASHES[1]));
        assert_eq!(looks.colours.len(), 2);
    }

    #[test]
    fn a_yardstick_at_every_level_keeps_the_colours() {
        let shown = shown(&[
            ("0", "feedback_alignment"),
            ("1", "feedback_alignment"),
            ("0", "backpropagation"),
            ("1", "backpropagation"),
        ]);
        let looks = &looks(&[&shown], &["rule"], 1)[0];
        assert_eq!(looks.of(&shown.series[1]).0, looks.of(&shown.series[3]).0);
    }

    #[test]
    fn a_value_has_one_colour_whatever_the_dashes_are() {
        let measured = shown(&[("0", "measured"), ("1", "measured"), ("1", THEORY)]);
        let rules = shown(&[
            ("0", "feedback_alignment"),
            ("0.5", "feedback_alignment"),
            ("1", "feedback_alignment"),
            ("0", "backpropagation"),
        ]);
        let looks = looks(&[&measured, &rules], &["prediction", "rule"], 1);
        assert_eq!(looks[0].colours, looks[1].colours);
        assert_eq!(looks[0].colours.len(), 3);
        // Dashes of theory and of backpropagation are told apart.
        let theory = looks[0].of(&measured.series[2]).1;
        let yardstick = looks[1].of(&rules.series[3]).1;
        assert!(!theory.is_empty() && !yardstick.is_empty() && theory != yardstick);
    }

    #[test]
    fn columns_with_levels_of_their_own_have_the_range_of_colours_each() {
        let linear = shown(&[("0", ""), ("2", ""), ("20", "")]);
        let tanh = shown(&[("0", ""), ("0.2", ""), ("2", "")]);
        let first = looks(&[&linear, &tanh, &linear, &tanh], &["rule"; 4], 2);
        assert_eq!(first[0], first[2]);
        assert_eq!(first[0].colours.len(), 3);
        assert_ne!(first[0].colours[2].0, first[1].colours[2].0);
        assert_eq!(first[0].colours[2].1, first[1].colours[2].1);
        // Levels of one column that are among another's have that one's colours.
        let few = shown(&[("0", ""), ("20", "")]);
        let second = looks(&[&linear, &few], &["rule"; 2], 2);
        assert_eq!(second[0].colours, second[1].colours);
        // Panels of one column that differ leave one range for the page.
        let third = looks(&[&linear, &tanh, &tanh, &linear], &["rule"; 4], 2);
        assert_eq!(third[0].colours, third[1].colours);
        assert_eq!(third[0].colours.len(), 4);
    }
}
