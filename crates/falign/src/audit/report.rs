//! Findings of an audit, one line per check.

use super::compare::is_within;

/// How a check ended.
///
/// # Example
/// ```
/// use falign::audit::{Check, Report, Verdict};
/// let check = Check {
///     name: "descent",
///     meaning: "the loss falls".to_owned(),
///     verdict: Verdict::Failed,
///     value: Some(1.2),
///     bound: Some(1.0),
///     note: "step 3".to_owned(),
/// };
/// let shown = match check.verdict {
///     Verdict::Passed => "holds",
///     Verdict::Failed => "does not hold",
///     Verdict::NotApplicable => "has no meaning here",
/// };
/// assert_eq!(format!("{} {shown}", check.meaning), "the loss falls does not hold");
/// # let _ = Report { checks: vec![check], step_size: 0.1 };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The check's statement holds.
    Passed,
    /// The check's statement does not hold; the note says where.
    Failed,
    /// The check has no meaning for this rule or network; the note says why.
    NotApplicable,
}

/// One check of an audit.
///
/// # Example
/// ```
/// use falign::audit::{Check, Report, Verdict};
/// let check = Check {
///     name: "descent",
///     meaning: "the loss falls".to_owned(),
///     verdict: Verdict::Failed,
///     value: Some(1.2),
///     bound: Some(1.0),
///     note: "step 3".to_owned(),
/// };
/// assert!(check.value > check.bound); // which is why it failed
/// # let _ = Report { checks: vec![check], step_size: 0.1 };
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Name of the check, as in the table of [`audit`](crate::audit).
    pub name: &'static str,
    /// The statement that is checked, one plain sentence.
    pub meaning: String,
    /// How it ended.
    pub verdict: Verdict,
    /// The number that decided, where one did.
    pub value: Option<f64>,
    /// The largest `value` that passes, where there is one.
    pub bound: Option<f64>,
    /// A note: what was compared, where it failed, or why it does not apply.
    pub note: String,
}

/// Checks of one audit: the same ones in the same order for all networks of dense layers, and two more for others.
///
/// # Example
/// ```
/// use falign::audit::{Check, Report, Verdict};
/// let check = Check {
///     name: "descent",
///     meaning: "the loss falls".to_owned(),
///     verdict: Verdict::Failed,
///     value: Some(1.2),
///     bound: Some(1.0),
///     note: "step 3".to_owned(),
/// };
/// let report = Report { checks: vec![check], step_size: 0.1 };
/// assert!(!report.passed());
/// assert_eq!(report.check("descent").unwrap().note, "step 3");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
    /// The step size of the audit's steps: the subject's, unless its loss explodes there. Then
    /// it is the largest half, quarter, ... at which it does not.
    pub step_size: f64,
}

impl Report {
    /// Whether no check failed.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|c| c.verdict != Verdict::Failed)
    }

    /// The check of this name.
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|c| c.name == name)
    }
}

/// A check before it is decided.
pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

impl Question {
    /// Passed if `value` is at most `bound`; a NaN fails.
    pub(super) fn within(&self, value: f64, bound: f64, note: impl Into<String>) -> Check {
        let check = self.decided(is_within(value, bound), note);
        Check {
            value: Some(value),
            bound: Some(bound),
            ..check
        }
    }

    /// Decided without a number.
    pub(super) fn decided(&self, is_passed: bool, note: impl Into<String>) -> Check {
        let verdict = if is_passed {
            Verdict::Passed
        } else {
            Verdict::Failed
        };
        self.with(verdict, note.into())
    }

    /// No meaning here, for this reason.
    pub(super) fn not_applicable(&self, reason: impl Into<String>) -> Check {
        self.with(Verdict::NotApplicable, reason.into())
    }

    fn with(&self, verdict: Verdict, note: String) -> Check {
        Check {
            name: self.name,
            meaning: self.meaning.to_owned(),
            verdict,
            value: None,
            bound: None,
            note,
        }
    }
}
