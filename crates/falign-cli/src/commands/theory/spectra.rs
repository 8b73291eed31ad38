//! The picture of the kernels' spectra.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falign::internal::config::Experiment;
use falign::internal::config::figure::{Figure, Panel};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::study::spectra::{KernelSpectrum, kernel_spectra};

use falign_figure::{Options, Table, render, write, written};

use crate::progress;

/// Columns of the table behind the picture, as those of a `summary.csv`.
const COLUMNS: [&str; 6] = [
    "network",
    "kernel",
    "rank",
    "step",
    "runs",
    "eigenvalue_mean",
];

/// Eigenvalues below this share of the largest are rounding.
const ROUNDING: f64 = 1e-15;

/// Draws the spectra into `out`, which is made if need be, and returns the files.
pub(super) fn draw(
    experiment: &Experiment,
    folder: Option<&Path>,
    watch: &Watch,
    out: &Path,
) -> Result<Vec<PathBuf>> {
    let spectra = progress::preparing(watch, || {
        kernel_spectra(experiment, &Sources::default(), folder, Some(watch))
    })?;
    let mut networks: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for spectrum in &spectra {
        let network = network(spectrum);
        if !networks.contains(&network) {
            networks.push(network.clone());
        }
        let largest = spectrum.sizes.first().copied().unwrap_or(0.0);
        let above = |&(_, size): &(usize, &f64)| *size > ROUNDING * largest;
        for (index, size) in spectrum.sizes.iter().enumerate().filter(above) {
            rows.push(vec![
                network.clone(),
                spectrum.kernel.to_owned(),
                (index + 1).to_string(),
                "0".to_owned(),
                "1".to_owned(),
                format!("{size:e}"),
            ]);
        }
    }
    let figure = figure(&networks, &experiment.title)?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let table = Table::new(&COLUMNS, rows);
    let files = render(&figure, &table, &Options::default())?;
    write(&files, out, "spectra")
}

fn network(spectrum: &KernelSpectrum) -> String {
    let setting = &spectrum.setting;
    let about = format!(
        "{}, {}, *p* = {}",
        written(setting.activation.name()),
        written(setting.rule.name()),
        written(&setting.width.to_string()),
    );
    if spectrum.case.is_empty() {
        about
    } else {
        format!("{}: {about}", spectrum.case)
    }
}

fn figure(networks: &[String], title: &str) -> Result<Figure> {
    let panel = |network: &String| -> Result<Panel> {
        let mut panel: Panel = toml::from_str(
            "x = \"rank\"\nx_scale = \"log\"\ny = \"eigenvalue\"\ny_scale = \"log\"\nseries = \"kernel\"\n\
             y_label = \"size of the eigenvalue\"\nx_label = \"rank\"\n",
        )?;
        panel.title.clone_from(network);
        panel
            .filter
            .insert("network".to_owned(), toml::Value::String(network.clone()));
        Ok(panel)
    };
    Ok(Figure {
        title: title.to_owned(),
        columns: networks.len().clamp(1, 3),
        caption: "Sizes of the eigenvalues of the feature kernel *G* and of the symmetric part of the feedback kernel *H*, \
                  at the start (0) and after training (*T*); Gbar: *G* at infinite width."
            .to_owned(),
        panels: networks.iter().map(panel).collect::<Result<_>>()?,
        ..Figure::default()
    })
}
