//! Claims on the results of an experiment, with their sources: `[[claim]]`.
//!
//! A claim is read and checked with its file and tested on the recorded runs. Too little to
//! decide on is never a pass.

mod fields;
pub(crate) mod foreseen;
mod keys;
mod read;
pub(crate) mod select;
mod table;

use std::path::PathBuf;

pub(crate) use self::keys::{CLAIM_KEYS, KINDS, claim_schema, step};
pub(crate) use self::read::read;

use crate::measure::Quantity;

/// A checked claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Unique name.
    pub id: String,
    /// The claim in words.
    pub text: String,
    /// Source of the claim; empty for a claim of the file's own.
    pub source: String,
    /// The measured quantity it is about.
    pub quantity: Quantity,
    /// Rows it is about: column and accepted values, as tables show them.
    pub filter: Vec<(String, Vec<String>)>,
    /// The recorded step it is about.
    pub step: At,
    /// The condition that must hold.
    pub test: Test,
    /// Whether runs that diverged are left out instead of making the claim undecidable.
    pub allow_divergence: bool,
    /// The claim as written, for the resolved file.
    pub(crate) typed: toml::Table,
}

/// A recorded step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Last step of each setting.
    Last,
    /// The step that is named.
    Step(u64),
}

/// Condition that must hold: the kinds of `docs/config.md`.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The mean over runs lies within, in every selected setting.
    Between {
        /// Lowest accepted mean.
        min: f64,
        /// Highest accepted mean.
        max: f64,
        /// Whether every single run must lie within, not the mean.
        each_run: bool,
        /// First step of the claim, which then is about every recorded step from there on, not only about one.
        from_step: Option<u64>,
    },
    /// Adjacent levels of `over` differ by more than z standard errors of the within-run
    /// difference, all in one direction.
    Monotone {
        /// A leaf key or `case`.
        over: String,
        /// Whether the quantity must grow.
        increasing: bool,
        /// Standard errors.
        z: f64,
        /// First step of the claim, which then is about every step from there on that both levels recorded.
        from_step: Option<u64>,
    },
    /// Slope of log rms over runs against log level.
    Slope {
        /// A leaf key with numeric values.
        over: String,
        /// Lowest accepted slope.
        min: f64,
        /// Highest accepted slope.
        max: f64,
    },
    /// ln of the quantity, averaged over runs, falls linearly in the step.
    Geometric {
        /// Least r^2 of the line.
        min_r2: f64,
        /// Least fall of ln per step.
        min_rate: f64,
        /// Greatest fall of ln per step.
        max_rate: f64,
        /// Steps from the first at which a run is at or below this are left out.
        floor: f64,
        /// Steps before this one are left out.
        from_step: u64,
    },
    /// The last value is near the median of the last quarter of the recorded rows.
    Plateau {
        /// Greatest relative distance, averaged over runs.
        tolerance: f64,
        /// Least mean of the last values.
        min: f64,
    },
    /// The mean over runs is near a number, such as a published one, whose own spread is unknown.
    NearValue {
        /// The number.
        value: f64,
        /// Greatest distance of the mean over runs, unless `deviations` allow more.
        tolerance: f64,
        /// Standard deviations over runs that are allowed where those are more: a single
        /// published run may be as far from its mean as ours are.
        deviations: f64,
    },
    /// Another quantity of the same runs, such as a prediction, is near.
    NearQuantity {
        /// The other quantity.
        other: Quantity,
        /// Greatest distance of the means over runs.
        tolerance: f64,
        /// Whether the distance is taken relative to the other quantity.
        is_relative: bool,
        /// Standard errors of the difference that are allowed besides the tolerance.
        z: f64,
        /// Whether it must hold in every single run, not in the mean.
        each_run: bool,
        /// First step of the claim, which then is about every recorded step from there on, not only about one.
        from_step: Option<u64>,
    },
    /// Means agree with a table.
    NearReference {
        /// Source of the table.
        reference: Reference,
        /// How far a mean may be from the table's.
        bound: Bound,
    },
}

/// How far the mean of a setting may be from that of a reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Number of combined standard errors, whatever the number of runs and of rows.
    Errors(f64),
    /// As far as chance would take one of all the comparisons of a check with this probability,
    /// if every mean agreed: Student's t, shared out over rows and claims (Bonferroni).
    Level(f64),
}

/// Source of reference values. Rows have columns of the summary (leaf keys, `case`, `step`)
/// that select settings, and `mean`, `std`, `runs`.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// A CSV file with a header.
    File(PathBuf),
    /// Rows given in the claim.
    Rows(Vec<ReferenceRow>),
}

/// One row of a reference table.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceRow {
    /// Columns and values, as tables show them.
    pub filter: Vec<(String, String)>,
    /// The step; the last if absent.
    pub step: At,
    /// Mean over the reference's runs.
    pub mean: f64,
    /// Standard deviation over the reference's runs (ddof 1).
    pub std: f64,
    /// Number of the reference's runs.
    pub runs: f64,
}

impl Claim {
    /// Whether the claim fails by chance at a level that it shares with others of a check.
    pub fn has_level(&self) -> bool {
        let Test::NearReference { bound, .. } = self.test else {
            return false;
        };
        matches!(bound, Bound::Level(_))
    }

    /// Whether it compares the recorded steps of a setting, not one of them alone.
    pub(crate) fn is_about_many_steps(&self) -> bool {
        match &self.test {
            Test::Geometric { .. } | Test::Plateau { .. } => true,
            Test::Between { from_step, .. }
            | Test::Monotone { from_step, .. }
            | Test::NearQuantity { from_step, .. } => from_step.is_some(),
            Test::Slope { .. } | Test::NearValue { .. } | Test::NearReference { .. } => false,
        }
    }

    /// The kind as written in files.
    pub fn kind(&self) -> &'static str {
        match &self.test {
            Test::Between { .. } => "between",
            Test::Monotone {
                increasing: true, ..
            } => "increasing_in",
            Test::Monotone { .. } => "decreasing_in",
            Test::Slope { .. } => "slope",
            Test::Geometric { .. } => "geometric",
            Test::Plateau { .. } => "plateau",
            Test::NearValue { .. } => "near_value",
            Test::NearQuantity { .. } => "near_quantity",
            Test::NearReference { .. } => "near_reference",
        }
    }
}
