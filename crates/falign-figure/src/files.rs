//! The files beside a picture: its points, and a script that redraws it.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use falign::config::figure::{Scale, Style};

use super::caption::letter;
use super::looks::Looks;
use super::names;
use super::page::{Page, x_label, y_label};
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

/// A Python script that redraws the picture from its points.
pub(super) fn script(page: &Page<'_>, stem: &str) -> String {
    let mut looks: Vec<&Looks> = Vec::new();
    let mut panels = String::new();
    for (index, plot) in page.plots.iter().enumerate() {
        let place = looks.iter().position(|known| *known == plot.looks);
        let place = place.unwrap_or_else(|| {
            looks.push(plot.looks);
            looks.len() - 1
        });
        let scale = |scale: Scale| match scale {
            Scale::Linear => "linear",
            Scale::Log => "log",
        };
        let text = |markup: &str| quoted(&Rich::parse(markup).mathtext());
        let (low, high) = plot.y.ends();
        let _ = writeln!(
            panels,
            "    dict(letter={}, title={}, x={}, y={}, x_scale=\"{}\", y_scale=\"{}\",\n         \
             y_range=({low:e}, {high:e}), style=\"{}\", value={}, looks=LOOKS[{place}]),",
            quoted(&letter(index)),
            text(&plot.panel.title),
            text(&x_label(plot)),
            text(&y_label(plot.panel)),
            scale(plot.panel.x_scale),
            scale(plot.panel.y_scale),
            match plot.panel.style {
                Style::Points => "points",
                Style::Curve => "curve",
                Style::Map => "map",
            },
            text(&names::column(&plot.panel.y)),
        );
    }
    let looks: String = looks
        .iter()
        .map(|looks| python_looks(page, looks))
        .collect();
    let columns = page.figure.columns.clamp(1, page.plots.len().max(1));
    SCRIPT
        .replace("{stem}", stem)
        .replace("{columns}", &columns.to_string())
        .replace(
            "{title}",
            &quoted(&Rich::parse(&page.figure.title).mathtext()),
        )
        .replace("{looks}", &looks)
        .replace("{panels}", &panels)
}

fn python_looks(page: &Page<'_>, looks: &Looks) -> String {
    let mut known: Vec<(&str, &str)> = Vec::new();
    let mut out = String::from("    {\n");
    let series = page
        .plots
        .iter()
        .filter(|plot| plot.looks == looks && !plot.is_map())
        .flat_map(|plot| &plot.shown.series);
    for one in series {
        let key = (one.by.as_str(), one.dash.as_str());
        if known.contains(&key) {
            continue;
        }
        known.push(key);
        let (colour, dash, _) = looks.of(one);
        let style = if dash.is_empty() {
            "\"-\"".to_owned()
        } else {
            format!("(0, ({}))", dash.replace(' ', ", "))
        };
        let name = |column: &Option<String>, cell: &str| {
            column.as_ref().map(|column| match cell.parse::<f64>() {
                Ok(_) => format!("{} {}", names::column(column), names::value(cell)),
                Err(_) => names::value(cell),
            })
        };
        let parts: Vec<String> = [name(&looks.by, &one.by), name(&looks.dash_by, &one.dash)]
            .into_iter()
            .flatten()
            .collect();
        let label = Rich::parse(&parts.join(", ")).mathtext();
        let _ = writeln!(
            out,
            "        ({}, {}): ({}, {style}, {}),",
            quoted(key.0),
            quoted(key.1),
            quoted(colour),
            quoted(&label),
        );
    }
    out.push_str("    },\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

const SCRIPT: &str = include_str!("redraw.py.txt");
