//! Pictures from stored tables: `summary.csv` in, SVG, PNG, the points shown and a script out.
//!
//! Nothing here simulates, and nothing asks the machine for a font, a locale or its maths
//! library: one table gives the same SVG, CSV and script everywhere. The PNG is rendered from
//! that SVG by `resvg` in single precision, the same on every machine of one architecture.

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
mod legend;
mod looks;
mod map;
mod names;
mod page;
mod palette;
mod panel;
mod points;
mod table;
mod text;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falign::config::figure::Figure;
use falign::file::write_atomic;

pub(crate) use defaults::default_figure;
pub(crate) use names::value as written;
pub(crate) use table::Table;

/// The mean shown on log axes where a panel leaves the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Mean {
    /// 10 to the mean of log10: the middle of what a log axis shows.
    #[default]
    Geometric,
    /// The plain mean; a few large runs can dominate it.
    Arithmetic,
}

/// What the caller may choose about a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// The mean on log axes.
    pub(crate) mean: Mean,
    /// Width of the PNG in pixels.
    pub(crate) png_width: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mean: Mean::Geometric,
            png_width: 2160,
        }
    }
}

/// Draws a figure from a table: the endings and contents of `<stem>.svg`, `.png`, `.csv` and
/// `.py`.
///
/// A figure without panels is drawn as [`default_figure`]; its title and caption are kept.
///
/// # Errors
/// If a panel asks for a column or row that the table does not have.
pub(crate) fn render(
    figure: &Figure,
    table: &Table,
    stem: &str,
    options: &Options,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
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
    let page = page::Page::new(figure, &shown, &looks)?;
    let svg = page.svg(&font::Fonts::load()?);
    let png = files::png(&svg, options.png_width)?;
    Ok(vec![
        ("svg", svg.into_bytes()),
        ("png", png),
        ("csv", files::points_csv(&page)?.into_bytes()),
        ("py", files::script(&page, stem).into_bytes()),
    ])
}

/// Writes what [`render`] drew and returns the paths.
///
/// # Errors
/// If a file cannot be written; the old one is then still there.
pub(crate) fn write(files: &[(&str, Vec<u8>)], folder: &Path, stem: &str) -> Result<Vec<PathBuf>> {
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
    let mut default = default_figure(table);
    anyhow::ensure!(
        !default.panels.is_empty(),
        "the table has no quantity to draw"
    );
    default.title.clone_from(&figure.title);
    default.caption = format!("{} {}", figure.caption, default.caption);
    Ok(default)
}
