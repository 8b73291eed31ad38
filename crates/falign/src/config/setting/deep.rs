//! The keys that only the mini-batch engine reads.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::data::Scaling;
use crate::math::{Loss, Reduction};
use crate::network::OptimiserKind;
use crate::rule::MirrorResponse;

/// The part of a setting that only the mini-batch engine reads.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    missing_docs,
    reason = "each key is documented in the key table, `docs/config.md`"
)]
pub struct Deep {
    // [data]
    pub labelled: Option<String>,
    pub labelled_data: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    /// `None`: `standardise` for data with classes, `none` otherwise.
    pub scaling: Option<Scaling>,
    pub input_factor: InputFactor,
    /// `None`: all.
    pub train_limit: Option<usize>,
    /// `None`: all.
    pub test_limit: Option<usize>,
    pub validation: usize,
    // [network]
    pub hidden_layers: usize,
    /// `None`: `width` in every hidden layer.
    pub hidden_widths: Option<Vec<usize>>,
    pub biases: bool,
    pub initialisation: InitialisationName,
    pub init_scale: f64,
    pub init_gain: f64,
    pub weight_sparsity: Sparsity,
    pub initial_feedback: InitialFeedback,
    /// `None`: that of the forward weights.
    pub feedback_initialisation: Option<InitialisationName>,
    pub feedback_scale: f64,
    pub feedback_sparsity: f64,
    /// `None`: full.
    pub feedback_rank: Option<usize>,
    pub feedback_signs: bool,
    // [learning]
    pub mirror_response: MirrorResponse,
    /// `None`: `softmax_cross_entropy` for data with classes, `squared_error` otherwise.
    pub loss: Option<Loss>,
    /// `None`: `mean` for data with classes, `sum` otherwise.
    pub reduction: Option<Reduction>,
    /// `None`: all training samples.
    pub batch: Option<usize>,
    pub optimiser: OptimiserName,
    pub momentum: f64,
    pub rmsprop_decay: f64,
    pub adam_beta_1: f64,
    pub adam_beta_2: f64,
    pub epsilon: f64,
    pub step_size_schedule: StepSizeSchedule,
    pub step_size_decay: Option<f64>,
    pub ridge_layers: RidgeLayers,
    pub perturbation: f64,
    // [run]
    /// `None`: `steps` counts.
    pub epochs: Option<u64>,
    pub top_k: usize,
}

/// `data.input_factor`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InputFactor {
    /// A number.
    Number(f64),
    /// 1/sqrt(d).
    OneOverSqrtDim,
}

impl InputFactor {
    /// Its value for inputs of dimension `input_dim`.
    pub fn value(self, input_dim: usize) -> f64 {
        match self {
            Self::Number(factor) => factor,
            Self::OneOverSqrtDim => 1.0 / (input_dim as f64).sqrt(),
        }
    }
}

/// `network.initialisation`: the names of [`crate::network::Initialisation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of `network::Initialisation`")]
pub enum InitialisationName {
    #[default]
    Paper,
    UniformFanIn,
    Xavier,
    XavierUniform,
    He,
    HeUniform,
    Ntk,
    Zero,
    ScaledUniform,
}

/// `network.initial_feedback`: where the feedback weights of a start from `initial_weights` come
/// from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialFeedback {
    /// From the file, which has all that the rule has, and no others.
    #[default]
    File,
    /// Drawn, as without a file; those of the file are left unread.
    Drawn,
}

/// `learning.optimiser`: the names of [`OptimiserKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of `network::OptimiserKind`")]
pub enum OptimiserName {
    #[default]
    Sgd,
    Momentum,
    Nesterov,
    Rmsprop,
    Adam,
}

/// `learning.step_size_schedule`: the names of [`crate::network::StepSizes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of `network::StepSizes`")]
pub enum StepSizeSchedule {
    #[default]
    Constant,
    Inverse,
    Exponential,
    Cosine,
}

/// `learning.ridge_layers`: whose weights have the ridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RidgeLayers {
    /// The output layer's, as in the paper.
    Output,
    /// All hidden layers'.
    Hidden,
    /// All layers'.
    All,
    /// Those of these layers, counted from 1 at the input.
    These(Vec<usize>),
}

impl RidgeLayers {
    /// Whether each of `layers` layers has the ridge.
    pub fn each(&self, layers: usize) -> Vec<bool> {
        (1..=layers)
            .map(|layer| match self {
                Self::Output => layer == layers,
                Self::Hidden => layer < layers,
                Self::All => true,
                Self::These(list) => list.contains(&layer),
            })
            .collect()
    }
}

/// `network.weight_sparsity`: share of forward connections that do not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sparsity {
    /// Of every layer, in [0, 1).
    Every(f64),
    /// Of each layer from the input up.
    Each(Vec<f64>),
}

impl Sparsity {
    /// The share of each of `layers` layers; a checked setting has as many.
    pub fn each(&self, layers: usize) -> Vec<f64> {
        match self {
            Self::Every(share) => vec![*share; layers],
            Self::Each(list) => list.clone(),
        }
    }
}

impl Deep {
    /// Whether the data have classes.
    pub fn has_classes(&self) -> bool {
        self.labelled.is_some() || self.labelled_data.is_some()
    }

    /// The loss that `auto` stands for.
    pub fn resolved_loss(&self) -> Loss {
        self.loss.unwrap_or(if self.has_classes() {
            Loss::SoftmaxCrossEntropy
        } else {
            Loss::SquaredError
        })
    }

    /// The reduction that `auto` stands for.
    pub fn resolved_reduction(&self) -> Reduction {
        self.reduction.unwrap_or(if self.has_classes() {
            Reduction::Mean
        } else {
            Reduction::Sum
        })
    }

    /// The scaling that `auto` stands for.
    pub fn resolved_scaling(&self) -> Scaling {
        self.scaling.unwrap_or(if self.has_classes() {
            Scaling::Standardise
        } else {
            Scaling::None
        })
    }

    /// Units of each hidden layer.
    pub fn widths(&self, width: u64) -> Vec<usize> {
        self.hidden_widths.clone().unwrap_or_else(|| {
            let width = usize::try_from(width).unwrap_or(usize::MAX);
            vec![width; self.hidden_layers]
        })
    }

    /// The optimiser with its constants.
    pub fn optimiser_kind(&self) -> OptimiserKind {
        let epsilon = self.epsilon;
        match self.optimiser {
            OptimiserName::Sgd => OptimiserKind::Sgd,
            OptimiserName::Momentum => OptimiserKind::Momentum {
                momentum: self.momentum,
            },
            OptimiserName::Nesterov => OptimiserKind::Nesterov {
                momentum: self.momentum,
            },
            OptimiserName::Rmsprop => OptimiserKind::RmsProp {
                decay: self.rmsprop_decay,
                epsilon,
            },
            OptimiserName::Adam => OptimiserKind::Adam {
                beta_1: self.adam_beta_1,
                beta_2: self.adam_beta_2,
                epsilon,
            },
        }
    }
}
