//! One setting of an experiment: every leaf key of `[data] [network] [learning] [run]`, typed.

mod deep;
mod engine;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::data::TableOptions;
use crate::math::{Activation, Precision};
use crate::measure::{DataSpectrum, Limit, Quantity};
use crate::rule::{RidgeForm, Rule};
use crate::two_layer::Draw;

pub use self::deep::{
    Deep, InitialFeedback, InitialisationName, InputFactor, OptimiserName, RidgeLayers, Sparsity,
    StepSizeSchedule,
};
pub use self::engine::Engine;
pub use crate::rule::{FeedbackDecay, MirrorResponse};

/// A fully typed setting. Values in theory units stay symbolic here, because they depend on
/// each run's data; a run resolves them and stores what it used.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    missing_docs,
    reason = "each key is documented in the key table, `docs/config.md`"
)]
pub struct Setting {
    // [data]
    pub samples: usize,
    pub input_dim: usize,
    pub outputs: usize,
    pub inputs: Inputs,
    pub targets: Targets,
    /// Width of the teacher; `None` means the network's own width.
    pub teacher_width: Option<u64>,
    pub dataset: DatasetScope,
    pub held_out: usize,
    pub train_data: Option<PathBuf>,
    pub held_out_data: Option<PathBuf>,
    /// `target`, `ignore` and `header`.
    pub table: TableOptions,
    // [network]
    pub width: u64,
    pub activation: Activation,
    pub draw: Draw,
    pub output_scale: f64,
    /// `None`: centred exactly when `output_scale` is not 1.
    pub center_outputs: Option<bool>,
    pub initial_weights: Option<PathBuf>,
    // [learning]
    pub rule: Rule,
    pub step_size: StepSize,
    pub ridge: Ridge,
    pub ridge_form: RidgeForm,
    pub schedule: ScheduleName,
    pub cutoff: Option<Duration>,
    pub decay_steps: Option<Duration>,
    pub ridge_table: Option<Vec<f64>>,
    pub dropout: f64,
    pub feedback_correlation: f64,
    pub feedback_step_size: FeedbackStepSize,
    pub feedback_decay: FeedbackDecay,
    // [run]
    pub seed: u64,
    pub runs: u64,
    pub steps: Steps,
    pub engine: Engine,
    pub precision: Precision,
    pub record: Record,
    pub quantities: Vec<Quantity>,
    pub alignment_threshold: f64,
    /// Relative change of the loss below which a window counts as converged; 0 never stops.
    pub stop_tolerance: f64,
    pub stop_window: u64,
    pub save_weights: SaveWeights,
    pub per_run_table: bool,
    pub runs_per_job: u64,
    /// What only the mini-batch engine reads.
    pub deep: Deep,
}

/// Law of the generated inputs (`data.inputs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inputs {
    /// Entries N(0, 1): the law behind Figure 2.
    #[default]
    Normal,
    /// Entries N(0, 1/d): the law of the paper's propositions.
    NormalOverDim,
    /// Orthonormal rows, uniformly distributed (needs n <= d).
    Orthonormal,
}

/// Where generated targets come from (`data.targets`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// A network of the same architecture with fresh Gaussian weights.
    #[default]
    Teacher,
    /// Independent fair signs, +1 or -1.
    Signs,
}

/// Whether runs share one data set (`data.dataset`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetScope {
    /// Every run draws its own.
    #[default]
    PerRun,
    /// All runs use the data of run 0.
    Shared,
}

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

/// `learning.schedule`: the shape of lambda(t).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of `rule::Schedule`")]
pub enum ScheduleName {
    #[default]
    Constant,
    Cutoff,
    InverseSquare,
    Exponential,
    Table,
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
    /// Exactly these steps.
    At(Vec<u64>),
    /// The last step only.
    Last,
}

/// `run.save_weights`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveWeights {
    /// None.
    #[default]
    None,
    /// W(0), beta(0), b(0).
    Initial,
    /// The last W, beta, b.
    Final,
    /// Both.
    Both,
}

/// Whether a value in theory units needs the kernel's spectrum.
pub(crate) fn needs_spectrum(setting: &Setting) -> bool {
    !matches!(setting.step_size, StepSize::Number(_))
        || matches!(setting.ridge, Ridge::Gamma(_))
        || matches!(setting.cutoff, Some(Duration::CS(_)))
        || matches!(setting.decay_steps, Some(Duration::CS(_)))
}

/// Whether numbers of a run depend on the infinite-width kernels of its data.
pub(crate) fn reads_infinite_kernels(setting: &Setting) -> bool {
    let mut quantities = setting.quantities.iter();
    setting.resolved_engine() != Engine::MiniBatch
        && (needs_spectrum(setting)
            || quantities
                .any(|q| q.reads(DataSpectrum::InfiniteKernel) || q.limit() == Some(Limit::Lazy)))
}
