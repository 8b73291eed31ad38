//! One setting of an experiment: every leaf key of `[data] [network] [learning] [run]`, typed.

mod checked;
mod classes;
mod deep;
mod engine;
mod field;
mod values;
mod word;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub(crate) use self::field::Field;
use self::field::{field as row, fields};
use self::values::{
    CUTOFFS, DECAYS, FEEDBACK_DECAYS, FEEDBACK_STEP_SIZES, RECORDS, RIDGES, SCHEDULES, STEP_SIZES,
    STEPS,
};
use super::key::SECTIONS;
use super::layers::Blueprint;
use super::types::{
    Columns, Flag, InputPath, Optional, OrWord, Quantities, RuleName, ValueType as _, above_0,
    at_least_0, count, list, name, share, size, within,
};
use super::value::MAX_COUNT;
use crate::data::TableOptions;
use crate::data::synthetic::InputLaw;
use crate::math::{Activation, Loss, Precision, Reduction};
use crate::measure::{DataSpectrum, Limit, Quantity};
use crate::network::{Initialisation, OptimiserKind, StepSizes};
use crate::rule::{RidgeForm, Rule};
use crate::two_layer::Draw;

pub use self::checked::{Length, NetworkSetting, Setting, TwoLayerEngine, TwoLayerSetting};
pub use self::classes::Classes;
pub use self::deep::{Deep, InitialFeedback, InputFactor, RidgeLayers, Sparsity};
pub use self::engine::Engine;
pub(crate) use self::values::record_value;
pub use self::values::{Duration, FeedbackStepSize, Record, Ridge, RidgeSchedule, StepSize, Steps};
pub use self::word::{Missing, Word};
pub use crate::rule::feedback_learning::FeedbackDecay;
pub use crate::rule::mirror::MirrorResponse;

fields! {
    /// Every key, typed: what ids, tables and files are made of. Those that all networks read alike are
    /// read here; the others by the variants of a checked [`Setting`]. Values in theory units stay
    /// symbolic, because they depend on each run's data; a run resolves them and stores what it used.
    pub struct Keys at (), ROWS {
        [pub data] All, Generated;
        samples: usize = "50",
            size(1, 1_000_000),
            "n, training samples";
        input_dim: usize = "150",
            size(1, 10_000_000),
            "d, inputs per sample";
        outputs: usize = "1",
            size(1, 10_000),
            "k, outputs of the network";
        inputs: InputLaw = "\"normal\"",
            name::<InputLaw>(),
            "law of the generated inputs: N(0, 1) entries (Figure 2), N(0, 1/d) entries (the propositions), or orthonormal rows";
        targets: Targets = "\"teacher\"",
            name::<Targets>(),
            "generated targets: a network of the same architecture with fresh Gaussian weights, or independent fair signs";
        teacher_width: Option<u64> = "\"width\"",
            OrWord("width", count(1, MAX_COUNT)),
            "hidden units of the teacher; \"width\" is the network's own";
        dataset: DatasetScope = "\"per_run\"",
            name::<DatasetScope>(),
            "whether every run draws its own data or all use those of run 0";
        held_out: usize = "0",
            size(0, 1_000_000),
            "generated held-out samples, for `held_out_loss`";
        [pub data] All, Given;
        train_data: Option<PathBuf> = "",
            Optional(InputPath("an NPZ, NPY or CSV file")),
            "X and y to train on, instead of generated data; relative to the experiment file";
        held_out_data: Option<PathBuf> = "",
            Optional(InputPath("an NPZ, NPY or CSV file")),
            "held-out X and y, with the columns of `train_data` or of the table in `labelled_data`; relative to the experiment file";
        [pub network] All, Neither;
        width: u64 = "3200",
            count(1, MAX_COUNT),
            "p, hidden units";
        activation: Activation = "\"linear\"",
            name::<Activation>(),
            "psi, the activation of the hidden layer";
        [pub(in crate::config) network] TwoLayer, Neither;
        draw: Draw = "\"auto\"",
            name::<Draw>(),
            "how the start is drawn: the weights themselves, or only their Gram matrix (linear engine; the same law at any width); auto: gram for the linear engine above a width of 10^5";
        output_scale: f64 = "1.0",
            above_0(),
            "alpha in f = alpha beta' psi(W x)/sqrt(p)";
        [pub(in crate::config) network] All, Neither;
        center_outputs: Option<bool> = "\"auto\"",
            OrWord("auto", Flag),
            "whether the initial outputs are subtracted; auto: exactly when `output_scale` is not 1";
        [pub network] All, Neither;
        initial_weights: Option<PathBuf> = "",
            Optional(InputPath("an NPZ file, a safetensors file or a run folder")),
            "W, beta, b to start from; for the mini-batch engine a safetensors file, or a run folder whose run r this run r starts from; relative to the experiment file";
        [pub learning] All, Neither;
        rule: Rule = "\"feedback_alignment\"",
            RuleName,
            "which weights carry the error backward, and whether they learn. The two-layer engines have the rules \"backpropagation\", \"feedback_alignment\", \"kolen_pollack\", \"hebbian_feedback\" and \"oja_feedback\", the mini-batch engine all but the last of these";
        step_size: StepSize = "\"auto\"",
            STEP_SIZES,
            "eta; auto is 0.5/(M + max lambda), over_M = a is a/M, with M the largest eigenvalue of the infinite-width kernel that training begins with: Gbar, and rho K o Gdot besides for a `feedback_correlation` rho above 0 (backpropagation: rho = 1). In the mini-batch engine M is the largest eigenvalue of h J'J over the batches of the run's start, J the outputs' derivatives by the weights, h the loss's largest second derivative (1, softmax 1/2, logistic 1/4), reduced as the loss is; auto is 0.5 (1 - momentum)/(M + max lambda), less for rules that learn by trial, and 0.001 for `rmsprop` and `adam`";
        [pub(in crate::config) learning] All, Neither;
        ridge: Ridge = "0.0",
            RIDGES,
            "lambda, the ridge on beta; gamma = L is L times the least non-zero eigenvalue of the infinite-width kernel";
        [pub learning] All, Neither;
        ridge_form: RidgeForm = "\"step_scaled\"",
            name::<RidgeForm>(),
            "beta shrinks by 1 - eta lambda(t) (appendix of the paper), or by 1 - lambda(t) (as its Section 4.1 prints)";
        [pub(in crate::config) learning] All, Neither;
        schedule: &'static Word<Result<RidgeSchedule, Missing>> = "\"constant\"",
            SCHEDULES,
            "lambda(t): constant; until `cutoff`; lambda/(1 + t/t0)^2 or lambda exp(-t/t0) with t0 = `decay_steps`; or `ridge_table`";
        cutoff: Option<Duration> = "",
            Optional(CUTOFFS),
            "T, the last step with ridge (inclusive); c_s = c is S/lambda with S = c gamma sqrt(gamma p)/(eta sqrt(n) M)";
        decay_steps: Option<Duration> = "",
            Optional(DECAYS),
            "t0 of the decaying schedules, in steps or as for `cutoff`";
        ridge_table: Option<Vec<f64>> = "",
            Optional(list(at_least_0())),
            "lambda(0), lambda(1), ...; the last value holds from there on";
        [pub learning] All, Neither;
        dropout: f64 = "0.0",
            share(),
            "probability that a hidden unit is dropped, per step and sample (inverted dropout)";
        feedback_correlation: f64 = "0.0",
            within(-1.0, 1.0),
            "rho, initial correlation of b with beta";
        feedback_step_size: FeedbackStepSize = "\"auto\"",
            FEEDBACK_STEP_SIZES,
            "eta_b of the rules whose feedback weights learn; \"step_size\" is eta. auto: for layers of n inputs in batches of m samples, weight mirrors min(0.1, 0.2 m/n), Hebbian feedback what keeps feedback weights as large as activities are correlated, with a decay of 0.01; eta in the two-layer engines. Kolen-Pollack feedback in deep networks changes exactly as the forward weights do and has none";
        feedback_decay: FeedbackDecay = "\"auto\"",
            FEEDBACK_DECAYS,
            "kappa, decay of learned feedback weights per step; \"ridge\" is the decay of the forward weights. auto: weight mirrors eta_b, so that B tends to W; Hebbian feedback what makes its product a running mean and nothing larger; the ridge for Kolen-Pollack and Oja";
        [pub run] All, Neither;
        seed: u64 = "0",
            count(0, i64::MAX.unsigned_abs()),
            "root of every random stream";
        runs: u64 = "10",
            count(1, 1_000_000_000),
            "independent runs of each setting";
        [pub(in crate::config) run] All, Neither;
        steps: Steps = "1000",
            STEPS,
            "training steps, or until eta t/sqrt(p) = tau, or until eta lambda t has a value (lambda the largest ridge)";
        engine: Engine = "\"auto\"",
            name::<Engine>(),
            "implementation of the dynamics; auto: mini_batch where a key asks for what only it has; linear for the linear activation without dropout (but not where single hidden units are asked of a rule other than feedback_alignment), sample_space otherwise";
        [pub run] All, Neither;
        precision: Precision = "\"f64\"",
            name::<Precision>(),
            "precision of the dynamics; with f32 the loss has a floor near 1e-10";
        record: Record = "\"auto\"",
            RECORDS,
            "steps at which quantities are measured; auto: { count = 100 }, or { every_epochs = 1 } for the mini-batch engine; per_epoch: that many parts of each epoch; all but `at` include the last, all but `at` and \"last\" step 0";
        quantities: Vec<Quantity> = "\"auto\"",
            Quantities("auto"),
            "what is measured; auto: loss, regularised_loss, residual_norm, alignment, output_norm, tau, eta_lambda_t, or for the mini-batch engine epoch, loss, test_loss, alignment, and with classes train_accuracy and test_accuracy";
        [pub(in crate::config) run] TwoLayer, Neither;
        alignment_threshold: f64 = "0.1",
            within(-1.0, 1.0),
            "c of Definition 4.1, for `aligned` and `aligned_since`";
        stop_tolerance: f64 = "0.0",
            at_least_0(),
            "a run has converged when the loss changes by less than this part over `stop_window` steps; 0 never stops";
        stop_window: u64 = "100",
            count(1, MAX_COUNT),
            "steps over which `stop_tolerance` compares";
        [pub run] All, Neither;
        save_weights: SaveWeights = "\"none\"",
            name::<SaveWeights>(),
            "which weights are saved for each run: W, beta, b in an NPZ file, or those of a deep network in a safetensors file";
        per_run_table: bool = "false",
            Flag,
            "whether `runs.csv`, one row per setting, run and step, is written too";
        runs_per_job: u64 = "5",
            count(1, 1_000_000_000),
            "runs in one resumable job";
    }
    also {
        /// `target`, `ignore` and `header`.
        pub table: TableOptions = TableOptions::default(),
        /// `labelled`, `labelled_data`, `data_dir` and `scaling`.
        pub classes: Classes = Classes::of_defaults(),
        /// Keys that only the mini-batch engine reads.
        pub(in crate::config) deep: Deep = Deep::of_defaults(),
    }
}

/// Rows of [`Keys::table`].
const TABLE_ROWS: &[Field] = &[
    row!(data, All, Given, target = "", Columns, "columns of targets, or of labels, in a CSV or NPY file; unset: the last ones named `y` or `target`, for labels the one named `label`, `class`, `target` or `y`, else the last column", (table.) target),
    row!(data, All, Given, ignore = "", Columns, "columns of a CSV or NPY file that are neither inputs nor targets, such as one that numbers the samples", (table.) ignore),
    row!(data, All, Given, header = "\"auto\"", OrWord("auto", Flag), "whether the first line of a CSV file names its columns; auto: told by its cells", (table.) header),
];

/// Keys with their places, by section and within it in the order of the rows.
pub(crate) static FIELDS: LazyLock<Vec<&'static Field>> = LazyLock::new(|| {
    let rows = [ROWS, TABLE_ROWS, classes::ROWS, deep::ROWS];
    let all = || rows.iter().copied().flatten();
    let of_section = |section| all().filter(move |field| field.key.section == section);
    SECTIONS
        .iter()
        .flat_map(|(section, _)| of_section(*section))
        .collect()
});

/// The field of a leaf key.
///
/// # Panics
/// If there is no such key.
pub(crate) fn field(leaf: &str) -> &'static Field {
    static BY_LEAF: LazyLock<BTreeMap<&'static str, &'static Field>> = LazyLock::new(|| {
        FIELDS
            .iter()
            .map(|field| (field.key.leaf, *field))
            .collect()
    });
    BY_LEAF.get(leaf).expect("a key of the table")
}

/// The setting of an empty file.
pub(crate) fn defaults() -> &'static Keys {
    static DEFAULTS: LazyLock<Keys> = LazyLock::new(Keys::of_defaults);
    &DEFAULTS
}

/// Source of generated targets (`data.targets`).
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
    /// Data that each run draws.
    #[default]
    PerRun,
    /// Data of run 0 for all runs.
    Shared,
}

/// `run.save_weights`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveWeights {
    /// No weights.
    #[default]
    None,
    /// W(0), beta(0), b(0).
    Initial,
    /// The last W, beta, b.
    Final,
    /// Weights of the start and of the end.
    Both,
}

impl Keys {
    /// lambda(t), with the keys that its shape needs.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) naming the key that is unset.
    pub(in crate::config) fn ridge_schedule(&self) -> crate::Result<RidgeSchedule> {
        let made = (self.schedule.make)(self);
        made.map_err(|missing| missing.error("schedule", self.schedule.name))
    }

    /// The shape of eta over time, with the keys that it needs; a run knows its first value, and how
    /// long it is.
    ///
    /// # Errors
    /// As [`ridge_schedule`](Self::ridge_schedule).
    pub(in crate::config) fn step_sizes(&self) -> crate::Result<StepSizes<(), ()>> {
        let word = self.deep.step_size_schedule;
        (word.make)(self).map_err(|missing| missing.error("step_size_schedule", word.name))
    }

    /// The optimiser with its constants.
    pub(in crate::config) fn optimiser(&self) -> OptimiserKind {
        (self.deep.optimiser.make)(self)
    }

    /// Law of the forward weights.
    pub(in crate::config) fn initialisation(&self) -> Initialisation {
        (self.deep.initialisation.make)(self)
    }

    /// Law of the feedback weights.
    pub(in crate::config) fn feedback_initialisation(&self) -> Initialisation {
        let own = self.deep.feedback_initialisation;
        (own.unwrap_or(self.deep.initialisation).make)(self)
    }

    /// The loss that `auto` stands for.
    pub(in crate::config) fn resolved_loss(&self) -> Loss {
        self.deep.loss.unwrap_or(if self.classes.are_named() {
            Loss::SoftmaxCrossEntropy
        } else {
            Loss::SquaredError
        })
    }

    /// The reduction that `auto` stands for.
    pub(in crate::config) fn resolved_reduction(&self) -> Reduction {
        self.deep.reduction.unwrap_or(if self.classes.are_named() {
            Reduction::Mean
        } else {
            Reduction::Sum
        })
    }

    /// Units of each hidden layer.
    pub(in crate::config) fn widths(&self) -> Vec<usize> {
        if let Some(layers) = &self.deep.layers {
            let units = || {
                let blueprint = self.blueprint().ok()??;
                let mut layers = blueprint.layers_of_weights();
                layers.pop()?;
                Some(layers.iter().map(|layer| layer.numbers[1]).collect())
            };
            return Blueprint::widths(layers).or_else(units).unwrap_or_default();
        }
        self.deep.hidden_widths.clone().unwrap_or_else(|| {
            let width = usize::try_from(self.width).unwrap_or(usize::MAX);
            vec![width; self.deep.hidden_layers]
        })
    }

    /// The ridge as it is written, of gamma or of 1: for order only.
    pub(crate) fn written_ridge(&self) -> f64 {
        self.ridge.written()
    }
}

/// Whether a value in theory units needs the kernel's spectrum.
pub(crate) fn needs_spectrum(setting: &Keys) -> bool {
    !matches!(setting.step_size, StepSize::Number(_))
        || matches!(setting.ridge, Ridge::Gamma(_))
        || matches!(setting.cutoff, Some(Duration::CS(_)))
        || matches!(setting.decay_steps, Some(Duration::CS(_)))
}

/// Whether numbers of a run depend on the infinite-width kernels of its data.
pub(crate) fn reads_infinite_kernels(setting: &Keys) -> bool {
    let mut quantities = setting.quantities.iter();
    setting.resolved_engine() != Engine::MiniBatch
        && (needs_spectrum(setting)
            || quantities
                .any(|q| q.reads(DataSpectrum::InfiniteKernel) || q.limit() == Some(Limit::Lazy)))
}
