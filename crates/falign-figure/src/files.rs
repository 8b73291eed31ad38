//! The files next to a picture: its points, and a script that redraws it with matplotlib.

use anyhow::{Context as _, Result};
use falign::internal::config::figure::{Scale, Style};
use serde::Serialize;

use super::caption::letter;
use super::looks::Looks;
use super::names;
use super::page::{Page, x_label, y_label};
use super::points::Series;
use super::text::Rich;

/// The points shown, and no others, as CSV.
pub(super) fn points_csv(page: &Page<'_>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "panel", "series", "dash", "x", "center", "low", "high", "runs",
    ])?;
    for (index, plot) in page.plots.iter().enumerate() {
        for series in &plot.shown.series {
            for point in &series.points {
                // In a map `x` counts the columns: their cells say more.
                let across = plot.shown.columns.get(point.x as usize);
                let cell = |value: Option<f64>| value.map_or(String::new(), exact);
                writer.write_record([
                    letter(index),
                    series.by.clone(),
                    series.dash.clone(),
                    across.cloned().unwrap_or_else(|| exact(point.x)),
                    cell(point.center),
                    cell(point.low),
                    cell(point.high),
                    point.runs.to_string(),
                ])?;
            }
        }
    }
    String::from_utf8(writer.into_inner().context("cannot finish the points")?)
        .context("the points are not text")
}

// The shortest decimal that reads back as the same number.
fn exact(value: f64) -> String {
    if value.abs() > 0.0 && !(1e-4..1e16).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// Panels and lines as the Python module wants them, which draws them from their points. Every
/// value is both JSON and Python.
#[derive(Serialize)]
struct Panel {
    letter: String,
    title: String,
    x: String,
    y: String,
    x_scale: Scale,
    y_scale: Scale,
    y_range: (f64, f64),
    /// Ends that are given, from which the others follow: one of two numbers, or empty.
    x_range: Vec<(f64, f64)>,
    /// Height of a dotted line, or empty.
    reference: Vec<f64>,
    /// Exponent of a dotted power law through the first point, or empty.
    slope: Vec<f64>,
    style: Style,
    value: String,
    looks: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    series: &'a str,
    dash: &'a str,
    colour: &'a str,
    dashes: Vec<f64>,
    label: String,
}

/// The module that redraws figures: a file of the Python package.
const MODULE: &str = include_str!("redraw.py");

/// Line of the module that says what to draw.
const FIGURE: &str = "\nFIGURE: dict[str, Any] = {}\n";

/// A Python script that redraws the picture from the points next to it.
pub(super) fn script(page: &Page<'_>) -> Result<String> {
    let figure = format!("\nFIGURE: dict[str, Any] = {}\n", description(page)?);
    Ok(MODULE.replacen(FIGURE, &figure, 1))
}

/// Description of the figure besides the points, as JSON, from which the module draws.
pub(super) fn description(page: &Page<'_>) -> Result<String> {
    let mut looks: Vec<&Looks> = Vec::new();
    let mut panels = Vec::new();
    for (index, plot) in page.plots.iter().enumerate() {
        let place = looks.iter().position(|known| *known == plot.looks);
        let place = place.unwrap_or_else(|| {
            looks.push(plot.looks);
            looks.len() - 1
        });
        let panel = Panel {
            letter: letter(index),
            title: mathtext(&plot.panel.title),
            x: mathtext(&x_label(plot)),
            y: mathtext(&y_label(plot.panel)),
            x_scale: plot.panel.x_scale,
            y_scale: plot.panel.y_scale,
            y_range: plot.y.ends(),
            x_range: plot
                .panel
                .x_min
                .or(plot.panel.x_max)
                .map(|_| plot.x.ends())
                .into_iter()
                .collect(),
            reference: plot.panel.reference.into_iter().collect(),
            slope: plot.panel.slope.into_iter().collect(),
            style: plot.panel.style,
            value: mathtext(&names::column(&plot.panel.y)),
            looks: place,
        };
        panels.push(serde_json::to_string(&panel)?);
    }
    let looks: Vec<String> = looks
        .iter()
        .map(|looks| {
            let lines = lines(page, looks).into_iter();
            let lines: Vec<String> = lines
                .map(|line| serde_json::to_string(&line))
                .collect::<Result<_, _>>()?;
            Ok(format!("[\n      {}\n    ]", lines.join(",\n      ")))
        })
        .collect::<Result<_>>()?;
    Ok(format!(
        "{{\n  \"title\": {},\n  \"columns\": {},\n  \"looks\": [\n    {}\n  ],\n  \"panels\": [\n    {}\n  ]\n}}",
        serde_json::to_string(&mathtext(&page.figure.title))?,
        page.figure.columns.clamp(1, page.plots.len().max(1)),
        looks.join(",\n    "),
        panels.join(",\n    "),
    ))
}

fn mathtext(markup: &str) -> String {
    Rich::parse(markup).mathtext()
}

/// The lines of all panels with these looks, each once, in the order of the legend.
fn lines<'a>(page: &'a Page<'_>, looks: &'a Looks) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let plots = page.plots.iter();
    let plots = plots.filter(|plot| plot.looks == looks && !plot.is_map());
    let mut series: Vec<&Series> = plots.flat_map(|plot| &plot.shown.series).collect();
    series.sort_by_key(|one| looks.order(one));
    for one in series {
        if lines
            .iter()
            .any(|line| (line.series, line.dash) == (&one.by, &one.dash))
        {
            continue;
        }
        let (colour, dashes, _) = looks.of(one);
        let name = |column: &Option<String>, cell: &str| {
            column.as_ref().map(|column| match cell.parse::<f64>() {
                Ok(_) => format!("{} {}", names::column(column), names::value(cell)),
                Err(_) => names::value(cell),
            })
        };
        let parts = [name(&looks.by, &one.by), name(&looks.dash_by, &one.dash)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(Line {
            series: &one.by,
            dash: &one.dash,
            colour,
            dashes: dashes
                .split_whitespace()
                .filter_map(|part| part.parse().ok())
                .collect(),
            label: mathtext(&parts.join(", ")),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_has_one_place_for_what_to_draw() {
        assert_eq!(MODULE.matches(FIGURE).count(), 1);
    }
}
