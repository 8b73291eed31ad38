//! What a theorem needs, and whether it is there.

use super::Line;

/// Whether a condition of a theorem holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The paper asks for "some constant", or what would decide it is not known.
    Open,
}

impl Met {
    /// `yes`, `no` or `open`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Open => "open",
        }
    }
}

impl From<bool> for Met {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// One condition of a theorem.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// A stable name.
    pub key: &'static str,
    /// What is asked, and what is there.
    pub text: String,
    /// Whether it holds.
    pub met: Met,
}

impl Condition {
    pub(super) fn new(key: &'static str, met: impl Into<Met>, text: impl Into<String>) -> Self {
        Self {
            key,
            text: text.into(),
            met: met.into(),
        }
    }
}

/// What a theorem says of the setting at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All conditions hold, with 1 for every constant that the paper leaves open.
    Met,
    /// All hold but the sufficient size (of the width, or of `input_dim`): the theorem is silent,
    /// which is no sign that its conclusion fails.
    Vacuous,
    /// A condition does not hold: the theorem is about something else.
    NotMet,
}

impl Verdict {
    /// `conditions_met`, `sufficient_condition_not_met` or `conditions_not_met`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "conditions_met",
            Self::Vacuous => "sufficient_condition_not_met",
            Self::NotMet => "conditions_not_met",
        }
    }
}

/// A theorem or proposition against the setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// A stable name.
    pub key: &'static str,
    /// Its name in the paper.
    pub name: &'static str,
    /// Its conclusion.
    pub says: &'static str,
    /// What it needs.
    pub conditions: Vec<Condition>,
    /// The size that suffices.
    pub sufficient: Condition,
    /// Its numbers.
    pub lines: Vec<Line>,
}

impl Statement {
    /// What follows from the conditions.
    pub fn verdict(&self) -> Verdict {
        if self.conditions.iter().any(|c| c.met == Met::No) {
            Verdict::NotMet
        } else if self.sufficient.met == Met::No {
            Verdict::Vacuous
        } else {
            Verdict::Met
        }
    }
}
