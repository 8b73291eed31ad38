//! Conditions of a theorem, and whether they hold.

use super::Line;

/// Whether a condition of a theorem holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// The condition holds.
    Yes,
    /// The condition does not hold.
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
    /// The requirement.
    pub asks: String,
    /// The actual value, or what would decide it.
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

    /// The requirement and the actual value, as one text.
    pub fn text(&self) -> String {
        format!("{}: {}", self.asks, self.there)
    }
}

/// Standing of a theorem in the setting at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The conditions hold, all of them, with the constants that the statement names.
    Met,
    /// The conditions hold but for the sufficient size (of the width, or of `input_dim`): the theorem is silent,
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
    /// Name of the theorem in the paper.
    pub name: &'static str,
    /// The conclusion.
    pub says: &'static str,
    /// The values that the verdict takes for constants that the paper leaves open.
    pub constants: &'static str,
    /// The conditions of the theorem.
    pub conditions: Vec<Condition>,
    /// The size that suffices.
    pub sufficient: Condition,
    /// Numbers of the statement.
    pub lines: Vec<Line>,
}

impl Statement {
    /// The verdict that follows from the conditions.
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
