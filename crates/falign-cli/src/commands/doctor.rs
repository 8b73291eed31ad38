//! `falign doctor`: what a report of a fault should say of this machine, and what is missing on it.

use anyhow::{Result, bail};
use falign::internal::doctor::{Caller, Finding, Report, Weight, examine};

use crate::ended::Ended;
use crate::output::{self, Look};

pub(super) fn command(as_json: bool) -> Result<Ended> {
    let pool = rayon::ThreadPoolBuilder::new().build();
    let threads = pool.map(|pool| pool.current_num_threads());
    let report = examine(&Caller {
        threads: Some(threads.map_err(|error| error.to_string())),
        columns: output::columns(),
        has_colours: output::has_colours(),
        python: None,
    });
    if as_json {
        output::line(format!("{:#}", report.json()))?;
    } else {
        print(&report)?;
    }
    let broken: Vec<&str> = report.broken().iter().map(|one| &*one.what).collect();
    if !broken.is_empty() {
        bail!("{}", broken.join("; "));
    }
    Ok(Ended::Done)
}

fn print(report: &Report) -> Result<()> {
    let facts = report.sections.iter().flat_map(|section| &section.facts);
    let width = facts.map(|fact| fact.label().len()).max().unwrap_or(0);
    for section in report.sections.iter().filter(|one| !one.facts.is_empty()) {
        output::line(Look::Head.on(section.key))?;
        for fact in &section.facts {
            output::row(&format!("  {:width$}  ", fact.label()), &fact.text)?;
        }
    }
    for (weight, heading, look) in [
        (Weight::Missing, "missing, and how to get it", Look::Head),
        (Weight::Warning, "warnings", Look::Doubtful),
        (Weight::Broken, "broken", Look::Bad),
    ] {
        let found = report.findings.iter().filter(|one| one.weight == weight);
        let found: Vec<&Finding> = found.collect();
        if found.is_empty() {
            continue;
        }
        output::line(look.on(heading))?;
        for finding in found {
            output::sentence("  ", &finding.what)?;
            output::sentence("    -> ", &finding.fix)?;
        }
    }
    Ok(())
}
