//! `falign theory`: what theory says of an experiment, and what its runs did.

mod lemmas;
mod spectra;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::study::certificate::{Question, SettingCertificate, certify_settings};
use falign::internal::study::lemmas::lemma_tables;
use serde_json::{Value, json};

use super::{OverrideArgs, Program, source};
use crate::ended::Ended;
use crate::{output, progress};

/// Columns of a page where the terminal has as many, and the least that its numbers need.
const PAGE: usize = 100;
const NARROWEST: usize = 76;

#[derive(Debug, Args)]
pub(crate) struct TheoryArgs {
    /// Name of a built-in experiment, or a file (may be left out with --run or --train-data)
    #[arg(required_unless_present_any = ["run", "train_data"])]
    experiment: Option<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Width of the network, instead of the experiment's
    #[arg(long)]
    width: Option<u64>,
    /// Add what the first run of this finished run folder did
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Instead, measure the inequalities of the paper's lemmas at widths 100 to 6400
    #[arg(long, conflicts_with_all = ["width", "run", "spectra", "all", "alignment"])]
    lemmas: bool,
    /// Certificates of all settings, not only of the largest ridge and width of each case, rule and
    /// activation
    #[arg(long)]
    all: bool,
    /// The cosine of b and beta whose cutoff is looked for [default: 90 % of the best]
    #[arg(long, value_name = "A")]
    alignment: Option<f64>,
    /// Print the certificates, or the inequalities, as JSON
    #[arg(long)]
    json: bool,
    /// Draw the spectra of the kernels too, as spectra.svg, .png, .csv and .py in this folder
    #[arg(long, value_name = "DIR")]
    spectra: Option<PathBuf>,
}

pub(super) fn command(args: &TheoryArgs, program: &Program<'_>) -> Result<Ended> {
    args.overrides.allow_memory();
    let mut overrides = args.overrides.clone();
    if let Some(width) = args.width {
        overrides.set.push(format!("network.width={width}"));
    }
    let of_run = args
        .run
        .as_deref()
        .filter(|_| overrides.train_data.is_none());
    let of_run = of_run.map(|folder| folder.join("experiment.toml"));
    let name = args.experiment.as_deref().or(of_run.as_deref());
    let experiment = source::experiment(name, &overrides, program.rules)?;
    // To tell of; a signal ends the program, for nothing is written.
    let watch = Watch::default();
    if args.lemmas {
        let tables = progress::preparing(&watch, || {
            lemma_tables(&experiment, &Sources::default(), Some(&watch))
        })?;
        if args.json {
            let all: Vec<Value> = tables.iter().map(lemmas::json).collect();
            output::line(format!("{:#}", json!({ "lemmas": all })))?;
        } else {
            for table in &tables {
                output::bytes(lemmas::text(table).as_bytes())?;
            }
        }
        return Ok(Ended::Done);
    }
    let folder = args.run.as_deref();
    let question = Question {
        folder,
        every_setting: args.all,
        alignment: args.alignment,
        watch: Some(&watch),
    };
    let certificates = progress::preparing(&watch, || {
        certify_settings(&experiment, &Sources::default(), question)
    })?;
    if let Some(out) = &args.spectra {
        for path in spectra::draw(&experiment, folder, &watch, out)? {
            output::note(path.display());
        }
    }
    if args.json {
        let all: Vec<Value> = certificates
            .iter()
            .map(SettingCertificate::to_json)
            .collect();
        output::line(format!("{:#}", json!({ "certificates": all })))?;
    } else {
        let columns = output::columns().unwrap_or(PAGE).clamp(NARROWEST, PAGE);
        for one in &certificates {
            output::bytes(one.page(columns).as_bytes())?;
        }
    }
    Ok(Ended::Done)
}
