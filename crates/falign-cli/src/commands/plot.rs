//! `falign plot`: pictures from stored tables only.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use falign::internal::config::figure::{Figure, Panel, Scale};
use falign::internal::config::{Experiment, Overrides};
use falign::rule::Registry;
use toml::{Table as Toml, Value};

use super::fields::{label, receptive_fields};
use super::selection::{no_column_twice, selection};
use super::stored_table::Folder;
use crate::ended::{Ended, Usage};
use crate::output;
use falign_figure::{Format, Mean, Options, Table, draw_kernels, points, render, write};

/// Tables of a run folder, which a picture's points must not replace.
const TABLES: [&str; 2] = ["summary", "runs"];

/// Points in an inch.
const INCH: f64 = 72.0;

#[derive(Debug, Args)]
pub(super) struct PlotArgs {
    /// Run folder; of one that is not finished the stored runs are drawn
    dir: PathBuf,
    /// Name of the files in the folder, without ending [default: figure, or plot where what is shown is chosen]
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// Formats of the picture
    #[arg(long, value_delimiter = ',', value_enum, default_values = ["svg", "png"])]
    format: Vec<Format>,
    /// Width of the picture, as in 3.25in, 82mm, 8.2cm or 234pt
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    width: Option<f64>,
    /// Width of the PNG in pixels, up to 10000
    #[arg(long, default_value_t = 2160, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    png_width: u32,
    /// Leave out the caption below the panels
    #[arg(long)]
    no_caption: bool,
    /// Keep letters as text in the SVG, for drawing programs, in place of outlines
    #[arg(long)]
    text: bool,
    /// Mean on logarithmic axes
    #[arg(long, value_enum, default_value_t)]
    mean: Mean,
    /// Draw the first layer's weights before and after training, as images, from `run.save_weights`
    #[arg(long, conflicts_with_all = ["panel", "columns", "y"])]
    receptive_fields: bool,
    /// Setting of the weights, counted from 0 in the order of the summary
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        requires = "receptive_fields"
    )]
    setting: usize,
    /// Run of the weights
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        requires = "receptive_fields"
    )]
    run: u64,
    #[command(flatten)]
    choice: Choice,
}

/// Choice of what is shown, where it is not the whole figure of the experiment.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is shown")]
struct Choice {
    /// Draw only these panels, by their letters
    #[arg(long, value_name = "LETTERS", value_delimiter = ',')]
    panel: Vec<String>,
    /// Panels to a row
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=26))]
    columns: Option<u64>,
    /// Draw one panel of this quantity
    #[arg(long, value_name = "QUANTITY", conflicts_with = "panel")]
    y: Option<String>,
    /// Column or quantity of the horizontal axis [default: step]
    #[arg(long, value_name = "COLUMN", requires = "y")]
    x: Option<String>,
    /// Column whose values are the colours
    #[arg(long, value_name = "COLUMN", requires = "y")]
    series: Option<String>,
    /// Column whose values are the line styles
    #[arg(long, value_name = "COLUMN", requires = "y")]
    dash: Option<String>,
    /// Rows that are shown: a column's value or a list of them, such as width=3200 or step=last (repeatable, for other columns)
    #[arg(long = "where", value_name = "COLUMN=VALUE", requires = "y", value_parser = selection)]
    filter: Vec<(String, Value)>,
    /// Style of the panel
    #[arg(long, requires = "y", value_parser = ["curve", "points", "map"])]
    style: Option<String>,
    /// Low end of the horizontal axis
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    x_min: Option<f64>,
    /// High end of the horizontal axis
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    x_max: Option<f64>,
    /// Low end of the vertical axis
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    y_min: Option<f64>,
    /// High end of the vertical axis
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    y_max: Option<f64>,
    /// Scale of the horizontal axis
    #[arg(long, value_parser = ["linear", "log"])]
    x_scale: Option<String>,
    /// Scale of the vertical axis
    #[arg(long, value_parser = ["linear", "log"])]
    y_scale: Option<String>,
}

pub(super) fn command(args: &PlotArgs, rules: &Registry) -> Result<Ended> {
    let dir = &args.dir;
    let file = dir.join("experiment.toml");
    if !file.exists() {
        return Err(Usage(format!(
            "{} is no run folder: it has no experiment.toml",
            dir.display()
        ))
        .into());
    }
    let mut experiment = Experiment::load_with(&file, &Overrides::none(), rules)
        .with_context(|| format!("{}", file.display()))?;
    let options = Options {
        mean: args.mean,
        formats: args.format.clone(),
        width: args.width,
        png_width: args.png_width,
        has_caption: !args.no_caption,
        has_text: args.text,
    };
    if args.receptive_fields {
        let grids = receptive_fields(dir, &experiment, args.setting, args.run)?;
        let of = label(&experiment.settings[args.setting]);
        let title = format!("First weights of {}{of}, run {}", experiment.name, args.run);
        let files = draw_kernels(&title, &grids, &options)?;
        for path in write(&files, dir, args.name.as_deref().unwrap_or("fields"))? {
            output::line(path.display())?;
        }
        return Ok(Ended::Done);
    }
    let folder = Folder::read(dir, rules)?;
    let Some(table) = folder.table else {
        let state = folder
            .state
            .map_or_else(String::new, |state| state.line(dir));
        return Err(Usage(format!("nothing to draw yet: {state}")).into());
    };
    let unfinished = folder.state.map(|state| {
        output::note(format!("falign: {}", state.line(dir)));
        state.count()
    });
    let is_chosen = args.choice.is_any();
    let paths = if is_chosen {
        no_column_twice(&args.choice.filter)?;
        let asked = experiment.figure.take();
        // Without panels the default ones are drawn, which no letter names.
        let asked = asked.filter(|figure| !figure.panels.is_empty());
        let figure = counted(args.choice.figure(asked)?, unfinished.as_deref());
        let files = render(&figure, &table, &options).with_context(|| dir.display().to_string())?;
        write(&files, dir, args.name.as_deref().unwrap_or("plot"))?
    } else {
        let name = args.name.as_deref().unwrap_or("figure");
        let files = pictures(&experiment, &table, unfinished.as_deref(), &options);
        write(
            &files.with_context(|| dir.display().to_string())?,
            dir,
            name,
        )?
    };
    for path in paths {
        output::line(path.display())?;
    }
    Ok(Ended::Done)
}

impl Choice {
    fn is_any(&self) -> bool {
        let Self {
            panel,
            columns,
            y,
            x: _,
            series: _,
            dash: _,
            filter: _,
            style: _,
            x_min,
            x_max,
            y_min,
            y_max,
            x_scale,
            y_scale,
        } = self;
        let has_ends = [x_min, x_max, y_min, y_max].iter().any(|end| end.is_some());
        !panel.is_empty()
            || columns.is_some()
            || y.is_some()
            || has_ends
            || x_scale.is_some()
            || y_scale.is_some()
    }

    /// The figure with what is chosen of it.
    fn figure(&self, asked: Option<Figure>) -> Result<Figure> {
        let mut figure = match &self.y {
            Some(y) => Figure {
                panels: vec![Panel::from_table(self.one_panel(y))?],
                columns: 1,
                ..Figure::default()
            },
            None => asked.ok_or_else(|| {
                Usage(
                    "this experiment has no [figure] with panels of which a part could be chosen; \
                     name a quantity with --y"
                        .to_owned(),
                )
            })?,
        };
        if !self.panel.is_empty() {
            let all = std::mem::take(&mut figure.panels);
            let count = all.len();
            for letter in &self.panel {
                let at = panel_number(letter).filter(|at| *at < count);
                let at = at.ok_or_else(|| {
                    let last = char::from(b'a' + u8::try_from(count.clamp(1, 26) - 1).unwrap_or(0));
                    Usage(format!("--panel {letter}: the panels are a to {last}"))
                })?;
                figure.panels.push(all[at].clone());
            }
        }
        let columns = self.columns.map_or(figure.columns, |columns| {
            usize::try_from(columns).unwrap_or(usize::MAX)
        });
        figure.columns = columns.min(figure.panels.len()).max(1);
        let scale = |name: &Option<String>| {
            name.as_deref().map(|name| match name {
                "log" => Scale::Log,
                _ => Scale::Linear,
            })
        };
        for panel in &mut figure.panels {
            for (end, chosen) in [
                (&mut panel.x_min, self.x_min),
                (&mut panel.x_max, self.x_max),
                (&mut panel.y_min, self.y_min),
                (&mut panel.y_max, self.y_max),
            ] {
                *end = chosen.or(*end);
            }
            panel.x_scale = scale(&self.x_scale).unwrap_or(panel.x_scale);
            panel.y_scale = scale(&self.y_scale).unwrap_or(panel.y_scale);
            panel.check()?;
        }
        Ok(figure)
    }

    fn one_panel(&self, y: &str) -> Toml {
        let mut panel = Toml::new();
        let x = self.x.as_deref().unwrap_or("step");
        let words = [
            ("y", Some(y)),
            ("x", Some(x)),
            ("series", self.series.as_deref()),
            ("dash", self.dash.as_deref()),
            ("style", self.style.as_deref()),
        ];
        for (key, word) in words {
            if let Some(word) = word {
                panel.insert(key.to_owned(), Value::String(word.to_owned()));
            }
        }
        let filter: Toml = self.filter.iter().cloned().collect();
        if !filter.is_empty() {
            panel.insert("where".to_owned(), Value::Table(filter));
        }
        panel
    }
}

/// Place of a panel's letter, from 0.
fn panel_number(letter: &str) -> Option<usize> {
    match letter.as_bytes() {
        [one @ b'a'..=b'z'] => Some(usize::from(one - b'a')),
        _ => None,
    }
}

fn length(text: &str) -> Result<f64> {
    let units = [
        ("in", INCH),
        ("cm", INCH / 2.54),
        ("mm", INCH / 25.4),
        ("pt", 1.0),
    ];
    let with_unit = |(unit, points): (&str, f64)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Some(number * points)
    };
    match units.into_iter().find_map(with_unit) {
        Some(points) if (INCH..=100.0 * INCH).contains(&points) => Ok(points),
        Some(_) => bail!("expected from 1in to 100in"),
        None => bail!("expected a number with a unit: in, cm, mm or pt, such as 3.25in"),
    }
}

fn name(text: &str) -> Result<String> {
    let is_plain = |one: char| one.is_alphanumeric() || "-_.".contains(one);
    if text.is_empty() || text.starts_with('.') || !text.chars().all(is_plain) {
        bail!("expected a name of letters, digits, `-`, `_` and `.`");
    }
    // Some file systems take two cases of a letter for one.
    if TABLES.contains(&text.to_lowercase().as_str()) {
        bail!("a table of the folder has this name; choose another");
    }
    Ok(text.to_owned())
}

/// Draws what the experiment asks for. Where its settings do not fit that (overrides can do
/// so), the default picture is drawn instead, and stderr says why.
pub(super) fn picture(
    experiment: &Experiment,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>> {
    let summary = dir.join("summary.csv");
    let files = pictures(experiment, &Table::read(&summary)?, None, options);
    let files = files.with_context(|| summary.display().to_string())?;
    write(&files, dir, "figure")
}

/// A figure whose title says of how many runs it is, where that is not all of them.
fn counted(mut figure: Figure, unfinished: Option<&str>) -> Figure {
    if let Some(count) = unfinished {
        figure.title = match figure.title.as_str() {
            "" => count.to_owned(),
            title => format!("{title} ({count})"),
        };
    }
    figure
}

/// Leaves out panels of which nothing is stored yet, and says so, unless that is all of them.
fn drop_empty(figure: &mut Figure, table: &Table, options: &Options) {
    let has_points = |panel: &Panel| {
        let panels = vec![panel.clone()];
        let alone = Figure {
            panels,
            ..Figure::default()
        };
        points(&alone, table, options).is_ok()
    };
    let (kept, empty): (Vec<Panel>, Vec<Panel>) =
        figure.panels.iter().cloned().partition(has_points);
    if !kept.is_empty() && !empty.is_empty() {
        output::note(format!(
            "falign: {} of {} panels have no runs yet, and are left out",
            empty.len(),
            figure.panels.len()
        ));
        figure.columns = figure.columns.min(kept.len());
        figure.panels = kept;
    }
}

/// Contents of the files of the experiment's picture, or of the default one.
fn pictures(
    experiment: &Experiment,
    table: &Table,
    unfinished: Option<&str>,
    options: &Options,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let default = Figure {
        title: experiment.title.clone(),
        ..Figure::default()
    };
    let mut wanted = experiment.figure.clone().unwrap_or_else(|| default.clone());
    if unfinished.is_some() {
        drop_empty(&mut wanted, table, options);
    }
    let has_panels = !wanted.panels.is_empty();
    match render(&counted(wanted, unfinished), table, options) {
        // Another picture has no more room in a width that was asked for.
        Err(error) if has_panels && options.width.is_none() => {
            output::note(format!(
                "falign: the default picture is drawn, for the experiment's own does not fit: {error:#}"
            ));
            render(&counted(default, unfinished), table, options)
        }
        files => files,
    }
}
