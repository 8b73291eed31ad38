//! Colour and line style of a series, the same in every panel that splits its rows by
//! the same columns.

use super::palette::{DASHES, GREY, colours};
use super::points::{Series, Shown, THEORY};
use super::table::amounts;

/// Colours and line styles for one choice of `series` and `dash` column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looks {
    /// The `series` column.
    pub(super) by: Option<String>,
    /// The `dash` column.
    pub(super) dash_by: Option<String>,
    /// Series values with their colours.
    pub(super) colours: Vec<(String, String)>,
    /// Dash values with their patterns, and whether they are grey whatever the series.
    pub(super) dashes: Vec<(String, &'static str, bool)>,
}

impl Looks {
    /// Looks for panels that split by the same columns.
    pub(super) fn new<'a>(
        by: Option<&str>,
        dash_by: Option<&str>,
        shown: impl Iterator<Item = &'a Shown>,
    ) -> Self {
        let series: Vec<&Series> = shown.flat_map(|shown| &shown.series).collect();
        let mut dash_values: Vec<(String, Vec<String>)> = Vec::new();
        for one in &series {
            let place = dash_values.iter().position(|(dash, _)| *dash == one.dash);
            let place = place.unwrap_or_else(|| {
                dash_values.push((one.dash.clone(), Vec::new()));
                dash_values.len() - 1
            });
            let values = &mut dash_values[place].1;
            if !values.contains(&one.by) {
                values.push(one.by.clone());
            }
        }
        dash_values.sort_by_key(|(dash, _)| dash == "backpropagation");
        // A yardstick that exists for one series value only: its colour would say nothing.
        let several = dash_values.iter().any(|(_, values)| values.len() > 1);
        let dashes: Vec<(String, &'static str, bool)> = dash_values
            .iter()
            .enumerate()
            .map(|(index, (dash, values))| {
                let is_theory = dash == THEORY;
                let grey = index > 0 && several && values.len() == 1 && !is_theory;
                (dash.clone(), DASHES[index % DASHES.len()], grey)
            })
            .collect();
        let mut values: Vec<String> = Vec::new();
        for ((_, of_dash), (_, _, grey)) in dash_values.iter().zip(&dashes) {
            for value in of_dash {
                if !grey && !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
        if let Some(sizes) = amounts(values.iter().map(String::as_str)) {
            let mut sized: Vec<(f64, String)> = sizes.into_iter().zip(values).collect();
            sized.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            values = sized.into_iter().map(|(_, value)| value).collect();
        }
        let colours = values.iter().cloned().zip(colours(&values)).collect();
        Self {
            by: by.map(str::to_owned),
            dash_by: dash_by.map(str::to_owned),
            colours,
            dashes,
        }
    }

    /// Whether the looks are those of a panel with these columns.
    pub(super) fn fits(&self, by: Option<&str>, dash_by: Option<&str>) -> bool {
        self.by.as_deref() == by && self.dash_by.as_deref() == dash_by
    }

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

    #[test]
    fn a_lone_yardstick_is_grey_and_dashed() {
        let shown = shown(&[
            ("0", "feedback_alignment"),
            ("0.1", "feedback_alignment"),
            ("0", "backpropagation"),
        ]);
        let looks = Looks::new(Some("ridge"), Some("rule"), [&shown].into_iter());
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
        let looks = Looks::new(Some("ridge"), Some("rule"), [&shown].into_iter());
        assert_eq!(looks.of(&shown.series[1]).0, looks.of(&shown.series[3]).0);
    }
}
