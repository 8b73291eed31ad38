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
    /// What is asked.
    pub asks: String,
    /// What is there instead, or what would decide it.
    pub there: String,
    /// Whether it holds.
    pub met: Met,
}

impl Condition {
    pub(super) fn new(
        key: &'static str,
        met: impl Into<Met>,
        asks: impl Into<String>,
        there: impl Into<String>,
    ) -> Self {
        Self {
            key,
            asks: asks.into(),
            there: there.into(),
            met: met.into(),
        }
    }

    /// What is asked, and what is there.
    pub fn text(&self) -> String {
        format!("{}: {}", self.asks, self.there)
    }
}

/// What a theorem says of the setting at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All conditions hold, with the constants that the statement names.
    Met,
    /// All hold but the sufficient size (of the width, or of `input_dim`): the theorem is silent,
    /// which is no sign that its conclusion fails.
    Vacuous,
    /// No condition fails, but of one at least it is not known whether it holds.
    Open,
    /// A condition does not hold: the theorem is about something else.
    NotMet,
}

impl Verdict {
    /// `conditions_met`, `sufficient_condition_not_met`, `conditions_open` or
    /// `conditions_not_met`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "conditions_met",
            Self::Vacuous => "sufficient_condition_not_met",
            Self::Open => "conditions_open",
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
    /// What its verdict takes for what the paper leaves open.
    pub constants: &'static str,
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
        let any = |met| self.conditions.iter().any(|c| c.met == met);
        if any(Met::No) {
            Verdict::NotMet
        } else if any(Met::Open) {
            Verdict::Open
        } else if self.sufficient.met == Met::No {
            Verdict::Vacuous
        } else {
            Verdict::Met
        }
    }

    /// A measured number is not what the conclusion says it is: the constants that the verdict
    /// takes are not those of the theorem, or this is one of the draws that it leaves out.
    pub(super) fn contradicted(&mut self, by: String) {
        let asks = "what it says, where it was measured";
        self.conditions
            .push(Condition::new("measured", Met::Open, asks, by));
    }
}
