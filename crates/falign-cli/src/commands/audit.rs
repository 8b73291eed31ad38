//! `falign audit`: is a rule the rule it is called?

use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use falign::audit::Verdict;
use falign::internal::audit::{Findings, Kind, PartFinding, Updates};
use falign::internal::math::digits;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::study::audit::{Limits, RuleAudit, audit_rules};
use serde_json::{Value, json};

use super::{OverrideArgs, Program, source};
use crate::ended::{Ended, Usage};
use crate::output::{self, Look};
use crate::progress;

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Name of a built-in experiment, or a file (may be left out with --train-data)
    #[arg(required_unless_present_any = ["train_data", "updates"])]
    experiment: Option<PathBuf>,
    /// Audit one step of another program, from an NPZ file
    #[arg(long, value_name = "FILE", long_help = UPDATES, conflicts_with_all = ["experiment", "train_data"])]
    updates: Option<PathBuf>,
    /// Relative rounding of the other program's sums, such as 1e-3 for TF32 [default: that of its
    /// numbers' precision]
    #[arg(long, value_name = "SHARE", requires = "updates")]
    tolerance: Option<f64>,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Units that hidden layers are cut to; rules that learn by trial take a fifth
    #[arg(long, default_value = "100")]
    width: NonZero<usize>,
    /// Samples in the audited batch
    #[arg(long, default_value = "32")]
    samples: NonZero<usize>,
    /// Show the checks that do not apply too, and what each has compared
    #[arg(long)]
    all: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Arrays of a file of updates.
const UPDATES: &str = "Audit one step of another program, from an NPZ file with X, y, and of each layer L \
from 0 before.L.weight and after.L.weight, of each hidden layer feedback.L, and rule, activation and \
step_size. The whole table, with a PyTorch script, is in docs/audit_updates.md";

pub(super) fn command(args: &AuditArgs, program: &Program<'_>) -> Result<Ended> {
    if let Some(path) = &args.updates {
        return updates(path, args);
    }
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
            print(one, args.all)?;
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

fn sizes(sizes: &[usize]) -> String {
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    sizes.join("-")
}

/// Two digits; nothing where there is no number.
fn number(x: Option<f64>) -> String {
    x.map_or_else(String::new, |x| digits(x, 2))
}

/// `1 sample`, `32 samples`.
fn samples(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} sample{plural}")
}

/// A row of the table: what was compared, and how it ended.
fn row(name: &str, found: Option<f64>, allowed: Option<f64>, verdict: Verdict) -> Result<()> {
    let (found, allowed) = (number(found), number(allowed));
    let look = match verdict {
        Verdict::Passed => Look::Good,
        Verdict::Failed => Look::Bad,
        Verdict::NotApplicable => Look::Faint,
    };
    let word = look.on(word(verdict));
    output::line(format!("  {name:<18}  {found:>8}  {allowed:>8}  {word}"))
}

/// Head of the table.
fn head(name: &str, found: &str) -> Result<()> {
    let head = format!("  {name:<18}  {found:>8}  {:>8}", "allowed");
    output::line(Look::Head.on(head))
}

fn print(one: &RuleAudit, all: bool) -> Result<()> {
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
        "{}{version}{case}: {} network, {}, step size {}",
        one.rule.name(),
        sizes(&one.sizes),
        samples(one.samples),
        one.report.step_size
    ))?;
    head("check", "found")?;
    for check in &one.report.checks {
        let has_failed = check.verdict == Verdict::Failed;
        if check.verdict == Verdict::NotApplicable && !all {
            continue;
        }
        row(check.name, check.value, check.bound, check.verdict)?;
        if all || has_failed {
            output::sentence("    ", &check.note)?;
        }
        if has_failed {
            output::sentence("    ", &format!("It asks that {}.", check.meaning))?;
        }
    }
    let hidden = one.not_applicable().count();
    if hidden > 0 && !all {
        let plural = if hidden == 1 {
            "check does"
        } else {
            "checks do"
        };
        output::line(format!("  {hidden} {plural} not apply (--all shows why)"))?;
    }
    output::sentence("  ", &one.verdict())?;
    output::line("")
}

/// Audits updates that another program made.
fn updates(path: &Path, args: &AuditArgs) -> Result<Ended> {
    if let Some(share) = args.tolerance
        && !(share > 0.0 && share < 1.0)
    {
        return Err(Usage(format!(
            "--tolerance {share}: expected a share above 0 and below 1"
        ))
        .into());
    }
    let found = Updates::load(path)?.audit(args.tolerance);
    if args.json {
        output::line(format!("{:#}", updates_json(path, &found)))?;
    } else {
        print_updates(path, &found)?;
    }
    Ok(if found.passed() {
        Ended::Done
    } else {
        Ended::ClaimsFailed
    })
}

fn print_updates(path: &Path, found: &Findings) -> Result<()> {
    output::line(format!(
        "{}: {}, {} network, {}, {}",
        path.display(),
        found.rule.name(),
        sizes(&found.sizes),
        samples(found.samples),
        found.precision.name(),
    ))?;
    head("changes", "error")?;
    for part in &found.parts {
        row(
            &place(part),
            Some(part.error),
            Some(part.allowed),
            part.verdict,
        )?;
    }
    output::sentence("  ", &found.verdict)
}

fn place(part: &PartFinding) -> String {
    let what = match part.kind {
        Kind::Weights => "",
        Kind::Biases => ", biases",
        Kind::Feedback => ", feedback",
    };
    format!("layer {}{what}", part.layer)
}

fn updates_json(path: &Path, found: &Findings) -> Value {
    let parts = found.parts.iter().map(|part| {
        json!({
            "layer": part.layer, "what": place(part), "verdict": word(part.verdict), "error": part.error,
            "allowed": part.allowed, "instead": part.instead,
        })
    });
    json!({
        "updates": path.display().to_string(), "rule": found.rule.name(), "network": found.sizes,
        "samples": found.samples, "precision": found.precision.name(), "passed": found.passed(),
        "explained_by": found.explained_by, "also": found.also, "verdict": found.verdict,
        "changes": parts.collect::<Vec<_>>(),
    })
}

/// Version of a custom rule that has one.
fn version(one: &RuleAudit) -> Option<&str> {
    one.rule.custom()?.version()
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
        "step_size": one.report.step_size, "passed": one.report.passed(), "verdict": one.verdict(),
        "checks": checks.collect::<Vec<_>>(),
    });
    if one.rule.custom().is_some() {
        audit["rule_version"] = version(one).into();
    }
    audit
}
