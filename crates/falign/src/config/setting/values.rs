//! Values of keys that are numbers, words or numbers in units of the theory.

use serde::{Deserialize, Serialize};

use super::word::{Missing, Words, word};
use crate::config::types::{
    Choices, StepCount, ValueType as _, above_0, ascending, at_least_0, count, one, within,
};
use crate::config::value::MAX_COUNT;
use crate::rule::{FeedbackDecay, Schedule};

pub(super) const STEP_SIZES: Choices<StepSize> = Choices(&[
    one!(above_0() => StepSize::Number, _),
    one!("auto" => StepSize::Auto),
    one!("over_M", above_0() => StepSize::OverM, _),
]);

pub(super) const RIDGES: Choices<Ridge> = Choices(&[
    one!(at_least_0() => Ridge::Number, _),
    one!("gamma", at_least_0() => Ridge::Gamma, _),
]);

pub(super) const CUTOFFS: Choices<Duration> = Choices(&[
    one!(StepCount { max: MAX_COUNT } => Duration::Number, _),
    one!("c_s", above_0() => Duration::CS, _),
]);

pub(super) const DECAYS: Choices<Duration> = Choices(&[
    one!(above_0().up_to(MAX_COUNT as f64).of("steps") => Duration::Number, _),
    one!("c_s", above_0() => Duration::CS, _),
]);

pub(super) const SCHEDULES: Words<Result<RidgeSchedule, Missing>> = Words(&[
    word("constant", |s| Ok(Schedule::Constant { ridge: s.ridge })),
    word("cutoff", |s| {
        Ok(Schedule::Cutoff {
            ridge: s.ridge,
            last_step: s.cutoff.ok_or(Missing("cutoff"))?,
        })
    }),
    word("inverse_square", |s| {
        Ok(Schedule::InverseSquare {
            ridge: s.ridge,
            decay_steps: s.decay_steps.ok_or(Missing("decay_steps"))?,
        })
    }),
    word("exponential", |s| {
        Ok(Schedule::Exponential {
            ridge: s.ridge,
            decay_steps: s.decay_steps.ok_or(Missing("decay_steps"))?,
        })
    }),
    word("table", |s| {
        Ok(Schedule::Table {
            values: s.ridge_table.clone().ok_or(Missing("ridge_table"))?,
        })
    }),
]);

pub(super) const FEEDBACK_STEP_SIZES: Choices<FeedbackStepSize> = Choices(&[
    one!("auto" => FeedbackStepSize::Auto),
    one!("step_size" => FeedbackStepSize::StepSize),
    one!(above_0() => FeedbackStepSize::Number, _),
]);

pub(super) const FEEDBACK_DECAYS: Choices<FeedbackDecay> = Choices(&[
    one!("auto" => FeedbackDecay::Auto),
    one!("ridge" => FeedbackDecay::Ridge),
    one!(within(0.0, 1.0) => FeedbackDecay::Number, _),
]);

pub(super) const STEPS: Choices<Steps> = Choices(&[
    one!(count(0, MAX_COUNT) => Steps::Number, _),
    one!("tau", above_0() => Steps::Tau, _),
    one!("eta_lambda_t", above_0() => Steps::EtaLambdaT, _),
]);

pub(super) const RECORDS: Choices<Record> = Choices(&[
    one!("auto" => Record::Auto),
    one!("every", count(1, MAX_COUNT) => Record::Every, _),
    one!("every_epochs", count(1, MAX_COUNT) => Record::EveryEpochs, _),
    one!("per_epoch", count(1, MAX_COUNT) => Record::PerEpoch, _),
    one!("per_decade", count(1, MAX_COUNT) => Record::PerDecade, _),
    one!("count", count(1, MAX_COUNT) => Record::Count, _),
    one!("at", ascending(count(0, MAX_COUNT)) => Record::At, _),
    one!("last" => Record::Last),
]);

/// `learning.step_size`: eta.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepSize {
    /// A number.
    Number(f64),
    /// 0.5/(M + max lambda), M the largest eigenvalue of the kernel that the infinitely wide
    /// network begins to train with, Gbar + h K o Gdot; for deep networks
    /// [`largest_curvature`](crate::network::largest_curvature), and smaller with momentum and for
    /// rules that learn by trial.
    Auto,
    /// `{ over_M = a }`: a/M, the same M.
    OverM(f64),
}

/// `learning.feedback_step_size`: `eta_b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeedbackStepSize {
    /// As suits the rule: see [`FeedbackLearning`](crate::rule::FeedbackLearning). Two-layer
    /// engines take eta.
    Auto,
    /// eta, the step of the forward weights.
    StepSize,
    /// A number.
    Number(f64),
}

/// `learning.ridge`: lambda.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ridge {
    /// A number.
    Number(f64),
    /// `{ gamma = L }`: L gamma, gamma the least non-zero eigenvalue of the infinite-width kernel.
    Gamma(f64),
}

impl Ridge {
    /// The number as it is written, of gamma or of 1: for order only.
    pub(crate) fn written(self) -> f64 {
        match self {
            Self::Number(ridge) | Self::Gamma(ridge) => ridge,
        }
    }
}

/// A number of steps, or of the theorem's units (`learning.cutoff`, `learning.decay_steps`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    /// Steps.
    Number(f64),
    /// `{ c_s = c }`: `S_lambda / lambda` with `S_lambda` = c gamma sqrt(gamma p)/(eta sqrt(n) M).
    CS(f64),
}

/// lambda(t) in units that a run's data resolve.
pub type RidgeSchedule = Schedule<Ridge, Duration, Duration>;

/// `run.steps`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steps {
    /// A number of steps.
    Number(u64),
    /// `{ tau = x }`: until eta t/sqrt(p) = x.
    Tau(f64),
    /// `{ eta_lambda_t = x }`: until eta lambda t = x, lambda the largest ridge.
    EtaLambdaT(f64),
}

/// `run.record`: at which steps quantities are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// `{ count = 100 }`, or `{ every_epochs = 1 }` for the mini-batch engine.
    Auto,
    /// 0, k, 2k, ... and the last.
    Every(u64),
    /// 0, then this many steps per factor of ten, and the last.
    PerDecade(u64),
    /// 0 and this many evenly spaced steps, the last among them.
    Count(u64),
    /// 0, the end of every k-th epoch, and the last step; mini-batch engine only.
    EveryEpochs(u64),
    /// 0, the ends of this many equal parts of each epoch, and the last step; mini-batch engine only.
    PerEpoch(u64),
    /// Exactly these steps.
    At(Vec<u64>),
    /// The last step only.
    Last,
}

/// A record as it is written.
pub(crate) fn record_value(record: &Record) -> toml::Value {
    let value = RECORDS.write(record);
    value.expect("every record has a spelling")
}
