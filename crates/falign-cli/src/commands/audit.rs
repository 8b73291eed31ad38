//! `falign audit`: is a rule the rule it is called?

use std::num::NonZero;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use falign::audit::{Check, Verdict};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::study::audit::{Limits, RuleAudit, audit_rules};
use serde_json::{Value, json};

use super::{OverrideArgs, Program, source};
use crate::ended::Ended;
use crate::{output, progress};

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Name of a built-in experiment, or a file (may be left out with --train-data)
    #[arg(required_unless_present = "train_data")]
    experiment: Option<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Units that hidden layers are cut to; rules that learn by trial take a fifth
    #[arg(long, default_value = "100")]
    width: NonZero<usize>,
    /// Samples in the audited batch
    #[arg(long, default_value = "32")]
    samples: NonZero<usize>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn command(args: &AuditArgs, program: &Program<'_>) -> Result<Ended> {
    args.overrides.allow_memory();
    let experiment =
        source::experiment(args.experiment.as_deref(), &args.overrides, program.rules)?;
    let limits = Limits {
        width: args.width.get(),
        samples: args.samples.get(),
    };
    // To tell of; a signal ends the program, for nothing is written.
    let watch = Watch::default();
    let audits = progress::preparing(&watch, || {
        let sources = Sources::default();
        audit_rules(&experiment, &sources, limits, Some(&watch))
    })?;
    if args.json {
        let all: Vec<Value> = audits.iter().map(as_json).collect();
        output::line(format!("{:#}", json!({ "audits": all })))?;
    } else {
        for one in &audits {
            print(one)?;
        }
    }
    Ok(if audits.iter().all(|one| one.report.passed()) {
        Ended::Done
    } else {
        Ended::ClaimsFailed
    })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "pass",
        Verdict::Failed => "FAIL",
        Verdict::NotApplicable => "-",
    }
}

fn sizes(one: &RuleAudit) -> String {
    let sizes: Vec<String> = one.sizes.iter().map(usize::to_string).collect();
    sizes.join("-")
}

fn print(one: &RuleAudit) -> Result<()> {
    let case = if one.case.is_empty() {
        String::new()
    } else {
        format!(" ({})", one.case)
    };
    let version = match version(one) {
        Some(version) => format!(" version {version}"),
        None => String::new(),
    };
    output::line(format!(
        "{}{version}{case}: {} network, {} samples, step size {}",
        one.rule.name(),
        sizes(one),
        one.samples,
        one.report.step_size
    ))?;
    output::line(format!(
        "  {:<18} {:<4}  {:>8}  {:>8}  note",
        "check", "", "found", "allowed"
    ))?;
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:.1e}"));
    for check in &one.report.checks {
        output::line(format!(
            "  {:<18} {:<4}  {:>8}  {:>8}  {}",
            check.name,
            word(check.verdict),
            number(check.value),
            number(check.bound),
            check.note
        ))?;
    }
    // What a failed check says must hold, in words.
    for check in failed(one) {
        output::line(format!("  {} asks that {}", check.name, check.meaning))?;
    }
    output::line("")
}

/// Version of a custom rule that has one.
fn version(one: &RuleAudit) -> Option<&str> {
    one.rule.custom()?.version()
}

fn failed(one: &RuleAudit) -> impl Iterator<Item = &Check> {
    let checks = one.report.checks.iter();
    checks.filter(|check| check.verdict == Verdict::Failed)
}

fn as_json(one: &RuleAudit) -> Value {
    let checks = one.report.checks.iter().map(|check| {
        json!({
            "check": check.name, "verdict": word(check.verdict), "found": check.value,
            "allowed": check.bound, "note": check.note, "meaning": check.meaning,
        })
    });
    let mut audit = json!({
        "case": one.case, "rule": one.rule.name(), "network": one.sizes, "samples": one.samples,
        "step_size": one.report.step_size, "passed": one.report.passed(),
        "checks": checks.collect::<Vec<_>>(),
    });
    if one.rule.custom().is_some() {
        audit["rule_version"] = version(one).into();
    }
    audit
}
