//! The result of an audit in a sentence.

use super::RuleAudit;
use crate::audit::{Check, Verdict};
use crate::rule::RuleKind;

/// Consequence of a failed check: what is wrong with the rule, or with who runs it.
const CONSEQUENCES: [(&str, &str); 16] = [
    ("gradient", "its step is not the gradient of the loss"),
    ("unbiased", "its estimate of the gradient is biased"),
    (
        "definition",
        "its teaching signals are not those of the rule",
    ),
    (
        "deltas",
        "it teaches a network otherwise than when it is asked for signals",
    ),
    (
        "updates",
        "weights change by something else than its signals",
    ),
    (
        "transpose",
        "it is not backpropagation where its feedback weights are the forward ones",
    ),
    ("locality", "forward weights leak into its teaching signals"),
    (
        "conservation",
        "it breaks the conservation law of hidden units",
    ),
    (
        "feedback_learning",
        "its feedback weights do not learn by its rule",
    ),
    (
        "fixed_feedback",
        "feedback weights move that should stay, or stay that should move",
    ),
    ("determinism", "two copies of it make different steps"),
    (
        "descent",
        "the loss rises where a theorem says that it falls",
    ),
    (
        "operators",
        "a layer's calls are not transposes of each other, or not those of its loops",
    ),
    (
        "maps",
        "a map between layers does not pull back by its own slope, or moves its states otherwise than once a step",
    ),
    ("checkpoint", "it goes on otherwise after an interruption"),
    (
        "engine",
        "the engine that runs the experiment takes other steps",
    ),
];

impl RuleAudit {
    /// The result in a sentence without its subject, such as `is feedback alignment: all 10 checks pass`.
    pub fn verdict(&self) -> String {
        let is_private = self.rule.kind() == Some(RuleKind::Other);
        let rule = self.rule.name().replace('_', " ");
        let apply = self.report.checks.iter();
        let apply = apply
            .filter(|check| check.verdict != Verdict::NotApplicable)
            .count();
        let failed: Vec<String> = self
            .failed()
            .map(|check| format!("{} ({})", consequence(check), check.name))
            .collect();
        let passed = match apply {
            1 => "its one check passes".to_owned(),
            all => format!("all {all} checks pass"),
        };
        match (failed.is_empty(), is_private) {
            (true, false) => format!("is {rule}: {passed}"),
            (true, true) => {
                format!("is a learning rule, and claims to be none of the family: {passed}")
            }
            (false, is_private) => {
                let what = if is_private {
                    "a sound learning rule"
                } else {
                    &rule
                };
                let (few, failed) = (failed.len(), failed.join("; "));
                format!("is not {what}: {few} of {apply} checks fail: {failed}")
            }
        }
    }

    /// Checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        let checks = self.report.checks.iter();
        checks.filter(|check| check.verdict == Verdict::Failed)
    }

    /// Checks that have no meaning for the rule or its network.
    pub fn not_applicable(&self) -> impl Iterator<Item = &Check> {
        let checks = self.report.checks.iter();
        checks.filter(|check| check.verdict == Verdict::NotApplicable)
    }
}

/// Consequence of a check that failed.
fn consequence(check: &Check) -> &'static str {
    let known = CONSEQUENCES.iter().find(|(name, _)| *name == check.name);
    known.map_or("what it asks for does not hold", |(_, consequence)| {
        consequence
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Experiment, Overrides};
    use crate::simulate::sources::Sources;
    use crate::study::audit::{Limits, audit_rules};

    /// Audits of a small two-layer and a small deep experiment.
    fn audits() -> Vec<RuleAudit> {
        let two_layer = "name = \"a\"\n[data]\nsamples = 6\ninput_dim = 4\n[network]\nwidth = 5\n\
                         [learning]\nrule = \"oja_feedback\"\nstep_size = 0.01\n";
        let deep = "name = \"a\"\n[data]\nsamples = 6\ninput_dim = 4\n[network]\nwidth = 5\n\
                    [learning]\nbatch = 6\nstep_size = 0.01\n[run]\nsteps = 3\n";
        let limits = Limits {
            width: 5,
            samples: 6,
        };
        let of = |text: &str| {
            let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
            audit_rules(&experiment, &Sources::default(), limits, None).unwrap()
        };
        [of(two_layer), of(deep)].concat()
    }

    #[test]
    fn every_check_has_a_consequence_of_its_own() {
        for audit in audits() {
            for check in &audit.report.checks {
                let known = CONSEQUENCES.iter().filter(|(name, _)| *name == check.name);
                assert_eq!(known.count(), 1, "{}", check.name);
            }
        }
    }

    #[test]
    fn a_verdict_counts_the_checks_that_apply_and_says_what_fails() {
        let [oja, mut own] = <[RuleAudit; 2]>::try_from(audits()).unwrap();
        assert_eq!(oja.verdict(), "is oja feedback: its one check passes");
        let all = own.report.checks.len() - own.not_applicable().count();
        assert!(own.not_applicable().count() > 0 && own.failed().next().is_none());
        assert_eq!(
            own.verdict(),
            format!("is feedback alignment: all {all} checks pass")
        );
        for check in &mut own.report.checks {
            if ["locality", "definition"].contains(&check.name) {
                check.verdict = Verdict::Failed;
            }
        }
        let says = format!(
            "is not feedback alignment: 2 of {all} checks fail: its teaching signals are not those of the \
             rule (definition); forward weights leak into its teaching signals (locality)"
        );
        assert_eq!(own.verdict(), says);
    }
}
