//! Pictures from stored tables: a `[figure]` and `summary.csv` in; SVG, PNG, PDF, the points shown and
//! a script out. Weights are drawn as little images.
//!
//! Nothing here simulates, and nothing asks the machine for a font, a locale or its maths
//! library: one table gives the same SVG, PDF, CSV and script everywhere. The PNG is rendered from
//! that SVG by `resvg` in single precision, the same on every machine of one architecture; without
//! the feature `png` there are neither PNG nor PDF.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests may use the system's functions"
    )
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of ticks, pixels and runs: small and not negative"
)]

mod axis;
mod canvas;
mod caption;
mod defaults;
mod files;
mod font;
mod hidden;
mod kernels;
mod legend;
mod looks;
mod map;
mod names;
mod page;
mod palette;
mod panel;
#[cfg(feature = "png")]
mod pdf;
mod plot;
#[cfg(feature = "png")]
mod png;
mod points;
mod table;
mod text;

#[cfg(test)]
mod docs;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falign::internal::config::figure::Figure;
use falign::internal::file::write_atomic;

use canvas::Letters;

pub use kernels::{Kernels, draw_kernels};
pub use names::value as written;
pub use table::{Table, same};

/// The mean shown on log axes where a panel leaves the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Mean {
    /// 10 to the mean of log10: the middle of what a log axis shows.
    #[default]
    Geometric,
    /// The plain mean; a few large runs can dominate it.
    Arithmetic,
}

/// Form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Format {
    /// Scalable, for browsers and drawing programs.
    Svg,
    /// Pixels.
    Png,
    /// Scalable, for papers.
    Pdf,
}

/// Choices of the caller about a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The mean on log axes.
    pub mean: Mean,
    /// Forms of the picture. Without the feature `png` there is SVG alone.
    pub formats: Vec<Format>,
    /// Width of the picture in points, 1/72 inch; by its columns if absent.
    pub width: Option<f64>,
    /// Width of the PNG in pixels.
    pub png_width: u32,
    /// Whether the caption is drawn below the panels. The SVG's description has it anyway.
    pub has_caption: bool,
    /// Whether the SVG has letters as text, which drawing programs can edit and each reader shows
    /// in a font of its own, in place of outlines.
    pub has_text: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mean: Mean::Geometric,
            formats: vec![Format::Svg, Format::Png],
            width: None,
            png_width: 2160,
            has_caption: true,
            has_text: false,
        }
    }
}

/// Draws a figure from a table: endings and contents of the files, those of the formats asked for,
/// `csv` and `py`. The script reads the points of the `csv` next to it that has its name.
///
/// A figure without panels shows alignment and loss, or accuracy where there are classes; its title
/// and caption are kept.
///
/// # Errors
/// If a panel asks for a column or row that the table does not have, or the panels have no room in the
/// width asked for.
///
/// # Example
/// ```
/// use falign::internal::config::figure::Figure;
/// use falign_figure::{Options, Table, render};
/// let cells = |row: [&str; 3]| row.map(str::to_owned).to_vec();
/// let rows = vec![cells(["0", "3", "2.0"]), cells(["5", "3", "0.5"])];
/// let table = Table::new(&["step", "runs", "loss_mean"], rows);
/// let files = render(&Figure::default(), &table, &Options::default())?;
/// let (ending, svg) = &files[0];
/// assert!(*ending == "svg" && svg.starts_with(b"<svg"));
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn render(
    figure: &Figure,
    table: &Table,
    options: &Options,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    with_page(figure, table, options, |page| {
        let fonts = font::Fonts::load()?;
        let mut files = files_of(options, &page.title(), |letters| page.svg(&fonts, letters))?;
        files.push(("csv", files::points_csv(page)?.into_bytes()));
        files.push(("py", files::script(page)?.into_bytes()));
        Ok(files)
    })
}

/// Endings and contents of a picture in the formats asked for, from its SVG with letters of either form.
fn files_of(
    options: &Options,
    title: &str,
    draw: impl Fn(Letters) -> Result<String>,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let svg = draw(Letters::Outlines)?;
    #[cfg(not(feature = "png"))]
    let _ = title;
    let mut files = Vec::new();
    for format in [Format::Svg, Format::Png, Format::Pdf] {
        if !options.formats.contains(&format) {
            continue;
        }
        files.extend(match format {
            Format::Svg if options.has_text => Some(("svg", draw(Letters::Text)?.into_bytes())),
            Format::Svg => Some(("svg", svg.clone().into_bytes())),
            #[cfg(feature = "png")]
            Format::Png => Some(("png", png::png(&svg, options.png_width)?)),
            #[cfg(feature = "png")]
            Format::Pdf => Some(("pdf", pdf::pdf(&svg, title)?)),
            #[cfg(not(feature = "png"))]
            Format::Png | Format::Pdf => None,
        });
    }
    Ok(files)
}

/// Points and description from which another program draws a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// The points shown, as CSV: panel, series, dash, x, center, low, high, runs.
    pub csv: String,
    /// Title, labels, axes and the looks of lines, as JSON.
    pub figure: String,
}

/// The points of a figure, without a picture.
///
/// # Errors
/// As [`render`].
///
/// # Example
/// ```
/// use falign::internal::config::figure::Figure;
/// use falign_figure::{Options, Table, points};
/// let row = ["0", "3", "2.0"].map(str::to_owned).to_vec();
/// let table = Table::new(&["step", "runs", "loss_mean"], vec![row]);
/// let points = points(&Figure::default(), &table, &Options::default())?;
/// assert!(points.csv.ends_with("a,,,0,2,,,3\n"), "{}", points.csv);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn points(figure: &Figure, table: &Table, options: &Options) -> Result<Points> {
    with_page(figure, table, options, |page| {
        Ok(Points {
            csv: files::points_csv(page)?,
            figure: files::description(page)?,
        })
    })
}

fn with_page<T>(
    figure: &Figure,
    table: &Table,
    options: &Options,
    draw: impl FnOnce(&page::Page<'_>) -> Result<T>,
) -> Result<T> {
    let figure = &with_panels(figure, table)?;
    let shown = figure
        .panels
        .iter()
        .enumerate()
        .map(|(index, panel)| {
            points::select(table, panel, options).with_context(|| {
                format!(
                    "panel {} ({} against {})",
                    caption::letter(index),
                    panel.y,
                    panel.x
                )
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let looks = page::all_looks(figure, &shown);
    draw(&page::Page::new(figure, &shown, &looks, options)?)
}

/// Writes what [`render`] drew and returns the paths.
///
/// # Errors
/// If a file cannot be written; the old one is then still there.
pub fn write(files: &[(&str, Vec<u8>)], folder: &Path, stem: &str) -> Result<Vec<PathBuf>> {
    files
        .iter()
        .map(|(extension, bytes)| {
            let path = folder.join(format!("{stem}.{extension}"));
            write_atomic(&path, bytes)?;
            Ok(path)
        })
        .collect()
}

fn with_panels(figure: &Figure, table: &Table) -> Result<Figure> {
    if !figure.panels.is_empty() {
        return Ok(figure.clone());
    }
    let mut default = defaults::default_figure(table);
    anyhow::ensure!(
        !default.panels.is_empty(),
        "the table has no quantity to draw"
    );
    default.title.clone_from(&figure.title);
    default.caption = format!("{} {}", figure.caption, default.caption);
    Ok(default)
}
