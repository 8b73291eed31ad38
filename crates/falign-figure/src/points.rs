//! Points that a panel shows, from the table and its wishes.

use anyhow::{Context as _, Result, bail};
use falign::internal::config::figure::{Center, Panel, Scale, Spread, Style};

use super::table::{Table, near, same, split_unit};
use super::{Mean, Options};

/// Kind of middle of a series, once decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Middle {
    /// 10 to the mean of log10.
    Geometric,
    /// The arithmetic mean.
    Arithmetic,
    /// The median.
    Median,
}

/// A point over runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Horizontal value.
    pub(super) x: f64,
    /// The middle; `None` where there is none, because runs diverged or nothing was measured.
    pub(super) center: Option<f64>,
    /// Lower end of the band or bar.
    pub(super) low: Option<f64>,
    /// Upper end of the band or bar.
    pub(super) high: Option<f64>,
    /// Runs behind the point.
    pub(super) runs: u64,
    /// Runs that had diverged by then.
    pub(super) diverged: u64,
}

impl Point {
    /// Whether there is nothing to show because of divergence.
    pub(super) fn is_lost(&self) -> bool {
        self.diverged > 0 && (self.center.is_none() || self.diverged >= self.runs)
    }
}

/// Points of one colour and line style, in order of `x`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// Cell of the panel's `series` column; empty without one.
    pub(super) by: String,
    /// Cell of the panel's `dash` column; empty without one.
    pub(super) dash: String,
    /// The points.
    pub(super) points: Vec<Point>,
}

/// Content of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    /// The series, ordered by dash and then by series value.
    pub(super) series: Vec<Series>,
    /// Kind of the middle.
    pub(super) middle: Middle,
    /// Kind of the spread; `None` where the table has none.
    pub(super) spread: Spread,
    /// Cells of the horizontal column from left to right, which `x` of a point counts; empty
    /// unless the panel is a map.
    pub(super) columns: Vec<String>,
    /// Unit of the horizontal values where the file gives them in one: `gamma` of `gamma=3`.
    pub(super) unit: Option<String>,
}

/// Name in place of a `dash` column where a prediction is drawn over a measurement.
pub(super) const PREDICTION: &str = "prediction";
/// The line style of what was measured, where a prediction is drawn over it.
const MEASURED: &str = "measured";
/// The line style of the prediction.
pub(super) const THEORY: &str = "theory";

/// The columns that colours and line styles stand for: none in a map, whose colours are numbers.
pub(super) fn split_of(panel: &Panel) -> (Option<&str>, Option<&str>) {
    let dash = match &panel.prediction {
        _ if panel.style == Style::Map => return (None, None),
        Some(_) => Some(PREDICTION),
        None => panel.dash.as_deref(),
    };
    (panel.series.as_deref(), dash)
}

impl Series {
    /// Whether it is a prediction drawn over measurements.
    pub(super) fn is_theory(&self) -> bool {
        self.dash == THEORY
    }
}

impl Shown {
    /// Least and greatest number of runs behind a point.
    pub(super) fn runs(&self) -> Option<(u64, u64)> {
        let runs = self.points().map(|point| point.runs);
        Some((runs.clone().min()?, runs.max()?))
    }

    /// Points of all series.
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> + Clone {
        self.series.iter().flat_map(|series| &series.points)
    }
}

/// The points a panel asks for.
///
/// # Errors
/// If a column is unknown, no row passes the filter, or rows share a series and an `x`.
pub(super) fn select(table: &Table, panel: &Panel, options: &Options) -> Result<Shown> {
    let of_layers = panel.is_by_layer().then(|| table.by_layer(&panel.y));
    let of_layers = of_layers.transpose()?;
    let table = of_layers.as_ref().unwrap_or(table);
    let x = x_column(table, &panel.x)?;
    let column = |name: &Option<String>| name.as_deref().map(|name| table.column(name)).transpose();
    let (by, dash) = (column(&panel.series)?, column(&panel.dash)?);
    let mut rows = rows(table, panel, x)?;
    if table.name(x).ends_with("_mean") {
        // A measured place that has no value, because runs diverged, is none.
        rows.retain(|&row| table.number(row, x).is_some());
    }
    let across = Across::new(table, panel, x, &rows)?;
    let reader = Reader::new(table, panel, options)?;
    let theory = theory_reader(table, panel, options)?;
    let mut predicted = Vec::new();
    let mut series = Vec::new();
    for dash_value in dash_values(table, dash, &rows) {
        for value in by.map_or_else(|| vec![String::new()], |by| table.values(by, &rows)) {
            let chosen: Vec<usize> = rows
                .iter()
                .copied()
                .filter(|&row| {
                    let is = |column: Option<usize>, value: &str| {
                        column.is_none_or(|column| same(table.text(row, column), value))
                    };
                    is(by, &value) && is(dash, &dash_value)
                })
                .collect();
            no_two_at_one_place(table, panel, &chosen, x)?;
            let mut points: Vec<Point> = chosen
                .iter()
                .filter_map(|&row| Some(reader.point(row, across.place(table, row)?)))
                .collect();
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            if let Some(theory) = &theory {
                let line = theory.line(&chosen, &across);
                if !line.is_empty() {
                    predicted.push(Series {
                        by: value.clone(),
                        dash: THEORY.to_owned(),
                        points: line,
                    });
                }
            }
            let measured = || MEASURED.to_owned();
            if !points.is_empty() {
                series.push(Series {
                    by: value,
                    dash: theory
                        .as_ref()
                        .map_or_else(|| dash_value.clone(), |_| measured()),
                    points,
                });
            }
        }
    }
    series.extend(predicted);
    Ok(Shown {
        series,
        middle: reader.middle,
        spread: reader.spread,
        columns: across.columns,
        unit: across.unit,
    })
}

/// Horizontal places of rows: at a number, or in the column of a cell.
struct Across {
    column: usize,
    columns: Vec<String>,
    unit: Option<String>,
}

impl Across {
    fn new(table: &Table, panel: &Panel, column: usize, rows: &[usize]) -> Result<Self> {
        let values = table.values(column, rows);
        let mut units: Vec<Option<&str>> = values
            .iter()
            .filter(|value| !value.is_empty())
            .map(|value| split_unit(value).0)
            .collect();
        units.dedup();
        let is_map = panel.style == Style::Map;
        if !is_map && units.len() > 1 {
            bail!(
                "`{}` has values of different units ({}); choose those of one under `where`",
                panel.x,
                values.join(", ")
            );
        }
        Ok(Self {
            column,
            unit: match units[..] {
                [unit] if !is_map => unit.map(str::to_owned),
                _ => None,
            },
            columns: if is_map { values } else { Vec::new() },
        })
    }

    fn place(&self, table: &Table, row: usize) -> Option<f64> {
        if self.columns.is_empty() {
            return table.amount(row, self.column);
        }
        let cell = table.text(row, self.column);
        let place = self.columns.iter().position(|value| same(value, cell))?;
        Some(place as f64)
    }
}

// A prediction is a line through its means: its spread over runs is that of the data.
fn theory_reader<'a>(
    table: &'a Table,
    panel: &Panel,
    options: &Options,
) -> Result<Option<Reader<'a>>> {
    let Some(prediction) = &panel.prediction else {
        return Ok(None);
    };
    let panel = Panel {
        y: prediction.clone(),
        spread: Spread::None,
        ..panel.clone()
    };
    Reader::new(table, &panel, options).map(Some)
}

// `step` and settings are columns; a recorded quantity stands for its mean.
fn x_column(table: &Table, name: &str) -> Result<usize> {
    match table
        .find(name)
        .or_else(|| table.find(&format!("{name}_mean")))
    {
        Some(column) => Ok(column),
        None => table.column(name),
    }
}

// Solid lines are for the rule under study: backpropagation, the yardstick, comes last.
fn dash_values(table: &Table, dash: Option<usize>, rows: &[usize]) -> Vec<String> {
    let Some(dash) = dash else {
        return vec![String::new()];
    };
    let mut values = table.values(dash, rows);
    values.sort_by_key(|value| value == "backpropagation");
    values
}

fn rows(table: &Table, panel: &Panel, x: usize) -> Result<Vec<usize>> {
    let mut rows: Vec<usize> = (0..table.len()).collect();
    let mut last = table.settings().contains(&x) && !panel.filter.contains_key("step");
    for (name, wanted) in &panel.filter {
        let column = table.column(name)?;
        if name == "step" && wanted.as_str() == Some("last") {
            last = true;
            continue;
        }
        let wanted: Vec<String> = match wanted {
            toml::Value::Array(values) => values.iter().map(cell).collect(),
            value => vec![cell(value)],
        };
        let before = table.values(column, &rows);
        rows.retain(|&row| {
            wanted
                .iter()
                .any(|value| same(table.text(row, column), value))
        });
        if rows.is_empty() {
            bail!(
                "no row has {name} = {}; the rows left at that point have {}",
                wanted.join(" or "),
                before.join(", ")
            );
        }
    }
    if last {
        rows = last_rows(table, &rows)?;
    }
    Ok(rows)
}

fn cell(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

// The row with the greatest step of each setting.
fn last_rows(table: &Table, rows: &[usize]) -> Result<Vec<usize>> {
    let step = table.column("step")?;
    let mut last: std::collections::BTreeMap<Vec<&str>, (f64, usize)> =
        std::collections::BTreeMap::new();
    for &row in rows {
        let setting = table
            .settings()
            .map(|column| table.text(row, column))
            .collect();
        let at = table.number(row, step).unwrap_or(f64::NEG_INFINITY);
        let best = last.entry(setting).or_insert((at, row));
        if at >= best.0 {
            *best = (at, row);
        }
    }
    let mut rows: Vec<usize> = last.into_values().map(|(_, row)| row).collect();
    rows.sort_unstable();
    Ok(rows)
}

fn no_two_at_one_place(table: &Table, panel: &Panel, rows: &[usize], x: usize) -> Result<()> {
    let mut seen: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for &row in rows {
        let Some(other) = seen.insert(table.text(row, x), row) else {
            continue;
        };
        let differ: Vec<String> = table
            .settings()
            .chain(table.find("step"))
            .filter(|&column| !same(table.text(row, column), table.text(other, column)))
            .map(|column| {
                format!(
                    "{} = {} and {}",
                    table.name(column),
                    table.text(other, column),
                    table.text(row, column)
                )
            })
            .collect();
        bail!(
            "two rows would be one point at {} = {}: they differ in {}; \
             choose one under `where`, or make it `series` or `dash`",
            panel.x,
            table.text(row, x),
            if differ.is_empty() {
                "nothing".to_owned()
            } else {
                differ.join(", ")
            }
        );
    }
    Ok(())
}

struct Reader<'a> {
    table: &'a Table,
    middle: Middle,
    spread: Spread,
    center: usize,
    low: Option<usize>,
    high: Option<usize>,
    runs: Option<usize>,
    diverged: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(table: &'a Table, panel: &Panel, options: &Options) -> Result<Self> {
        let y = &panel.y;
        let of = |statistic: &str| table.find(&format!("{y}_{statistic}"));
        let middle = match panel.center {
            Center::Median => Middle::Median,
            Center::Auto
                if panel.y_scale == Scale::Log
                    && options.mean == Mean::Geometric
                    && of("log10_mean").is_some() =>
            {
                Middle::Geometric
            }
            Center::Auto | Center::Mean => Middle::Arithmetic,
        };
        let center = of(match middle {
            Middle::Geometric => "log10_mean",
            Middle::Arithmetic => "mean",
            Middle::Median => "median",
        })
        .with_context(|| {
            format!(
                "the table has no quantity `{y}`; {}",
                near(y, &table.quantities())
            )
        })?;
        let (low, high) = match (panel.spread, middle) {
            (Spread::None, _) => (None, None),
            (Spread::Quantiles, _) => (of("q10"), of("q90")),
            (Spread::Std | Spread::Sem, Middle::Geometric) => (of("log10_std"), of("log10_std")),
            (Spread::Std, _) => (of("std"), of("std")),
            (Spread::Sem, _) => (of("sem"), of("sem")),
        };
        Ok(Self {
            table,
            middle,
            // The cells of a map show the middle alone.
            spread: if low.and(high).is_some() && panel.style != Style::Map {
                panel.spread
            } else {
                Spread::None
            },
            center,
            low,
            high,
            runs: table.find("runs"),
            diverged: table.find("runs_diverged"),
        })
    }

    // The points that have a middle, as a line in order of x: what diverged is not its matter.
    fn line(&self, rows: &[usize], across: &Across) -> Vec<Point> {
        let mut points: Vec<Point> = rows
            .iter()
            .filter_map(|&row| Some(self.point(row, across.place(self.table, row)?)))
            .filter(|point| point.center.is_some())
            .map(|point| Point {
                diverged: 0,
                ..point
            })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    }

    fn point(&self, row: usize, x: f64) -> Point {
        let cell = |column: Option<usize>| column.and_then(|column| self.table.number(row, column));
        let count = |column| cell(column).map_or(0, |value| value.max(0.0) as u64);
        let runs = self.runs.map_or(1, |column| count(Some(column)));
        let middle = cell(Some(self.center));
        let back = |value: f64| match self.middle {
            Middle::Geometric => libm::exp10(value),
            Middle::Arithmetic | Middle::Median => value,
        };
        let (low, high) = if self.spread == Spread::Quantiles {
            (cell(self.low), cell(self.high))
        } else {
            let factor = match (self.spread, self.middle) {
                (Spread::Sem, Middle::Geometric) => 1.0 / (runs.max(1) as f64).sqrt(),
                _ => 1.0,
            };
            let end = |sign: f64, half: Option<f64>| Some(back(middle? + sign * factor * half?));
            (end(-1.0, cell(self.low)), end(1.0, cell(self.high)))
        };
        let shown =
            |value: Option<f64>| value.filter(|value| middle.is_some() && value.is_finite());
        Point {
            x,
            center: middle.map(back),
            low: shown(low),
            high: shown(high),
            runs,
            diverged: count(self.diverged),
        }
    }
}
