//! Verdicts on the claims of an experiment, as they are printed.

use anyhow::Result;
use falign::internal::claim::Verdict;
use falign::internal::config::Experiment;
use falign::internal::plan::run_table::RunTable;

use crate::output::{self, Look};

/// How many claims of an experiment share the level of a check.
pub(super) fn levels(experiment: &Experiment) -> usize {
    let claims = experiment.claims.iter();
    claims.filter(|claim| claim.has_level()).count()
}

/// The verdict on every claim of an experiment, in a check with so many [`levels`].
pub(super) fn of(experiment: &Experiment, table: &RunTable, levels: usize) -> Vec<Verdict> {
    let claims = experiment.claims.iter();
    claims
        .map(|claim| claim.evaluate_among(table, levels))
        .collect()
}

/// Writes each verdict with what was measured, and in the last line how many claims hold.
pub(super) fn print(verdicts: &[Verdict], experiment: &Experiment) -> Result<()> {
    for v in verdicts {
        let (word, look) = match v.name() {
            "passed" => ("pass", Look::Good),
            "failed" => ("FAIL", Look::Bad),
            _ => ("UNDECIDED", Look::Doubtful),
        };
        let gap = " ".repeat(INDENT.len() - word.len());
        output::line(format!("{}{gap}{}", look.on(word), v.id))?;
        if let Some(claim) = experiment.claims.iter().find(|claim| claim.id == v.id) {
            output::sentence(INDENT, &claim.text)?;
        }
        let lines = [("measured: ", &v.measured), ("wanted:   ", &v.wanted)];
        for (head, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            output::sentence(&format!("{INDENT}{head}"), text)?;
        }
        if let Some(reason) = &v.undecidable {
            output::sentence(&format!("{INDENT}not decidable: "), reason)?;
        }
    }
    left_out(experiment)
}

/// Width of the first word of a verdict, and of the space before what follows.
const INDENT: &str = "          ";

/// How many verdicts say what, as [`line`](Self::line) tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    all: usize,
    failed: usize,
    undecided: usize,
}

impl Count {
    pub(super) fn of(verdicts: &[Verdict]) -> Self {
        let count = |name: &str| verdicts.iter().filter(|v| v.name() == name).count();
        Self {
            all: verdicts.len(),
            failed: count("failed"),
            undecided: count("undecided"),
        }
    }

    /// Adds the verdicts of another experiment.
    pub(super) fn add(&mut self, other: Self) {
        self.all += other.all;
        self.failed += other.failed;
        self.undecided += other.undecided;
    }

    /// `33 of 35 claims hold; 1 fails, 1 is undecided`.
    pub(super) fn line(self) -> String {
        let Self {
            all,
            failed,
            undecided,
        } = self;
        let hold = all - failed - undecided;
        let (claims, verb) = match all {
            0 => return "no claims".to_owned(),
            1 => ("claim", "holds"),
            _ => ("claims", "hold"),
        };
        let of = |count: usize, one: &str, more: &str| {
            (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { more }))
        };
        let others = [
            of(failed, "fails", "fail"),
            of(undecided, "is undecided", "are undecided"),
        ];
        let others: Vec<String> = others.into_iter().flatten().collect();
        let look = match (failed, undecided) {
            (0, 0) => Look::Good,
            (0, _) => Look::Doubtful,
            _ => Look::Bad,
        };
        let more = if others.is_empty() { "" } else { "; " };
        look.on(format!(
            "{hold} of {all} {claims} {verb}{more}{}",
            others.join(", ")
        ))
    }
}

/// More claims than this, left out for one reason, are counted rather than named.
const NAMED: usize = 3;

/// The claims that overrides, or the choice of cases, leave nothing to check of.
fn left_out(experiment: &Experiment) -> Result<()> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for (id, reason) in &experiment.left_out {
        match by_reason.iter_mut().find(|(known, _)| known == reason) {
            Some((_, ids)) => ids.push(id),
            None => by_reason.push((reason, vec![id])),
        }
    }
    for (reason, ids) in by_reason {
        let which = if ids.len() > NAMED {
            format!("{} claims", ids.len())
        } else {
            ids.join(", ")
        };
        output::sentence("left out  ", &format!("{which}: {reason}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn the_last_line_counts_what_holds_and_what_does_not() {
        let line = |all, failed, undecided| {
            let count = Count {
                all,
                failed,
                undecided,
            };
            count.line()
        };
        assert_eq!(line(35, 0, 0), "35 of 35 claims hold");
        assert_eq!(
            line(35, 1, 2),
            "32 of 35 claims hold; 1 fails, 2 are undecided"
        );
        assert_eq!(line(1, 0, 1), "0 of 1 claim holds; 1 is undecided");
        assert_eq!(line(0, 0, 0), "no claims");
        let mut both = Count::default();
        for _ in 0..2 {
            both.add(Count {
                all: 3,
                failed: 2,
                undecided: 0,
            });
        }
        assert_eq!(both.line(), "2 of 6 claims hold; 4 fail");
    }
}
