//! The keys that only the mini-batch engine reads.

use serde::{Deserialize, Serialize};

use super::field::fields;
use super::word::{Missing, Word, Words, word};
use crate::config::layers::{LayerList, Layers, Sides, SidesType};
use crate::config::types::{
    Choices, Flag, Optional, OrWord, ValueType as _, above_0, ascending, at_least_0, count, list,
    name, one, share, size,
};
use crate::math::{Loss, Reduction};
use crate::network::{Initialisation, OptimiserKind, StepSizes};
use crate::rule::{DirectFeedback, Gate, MirrorResponse};

/// Sizes of data sets and layers.
const MAX_SIZE: u64 = 1_000_000_000;

const INPUT_FACTORS: Choices<InputFactor> = Choices(&[
    one!(above_0() => InputFactor::Number, _),
    one!("one_over_sqrt_dim" => InputFactor::OneOverSqrtDim),
]);

const SPARSITIES: Choices<Sparsity> = Choices(&[
    one!(share() => Sparsity::Every, _),
    one!(list(share()) => Sparsity::Each, _),
]);

const MIRROR_RESPONSES: Choices<MirrorResponse> = Choices(&[
    one!("linear" => MirrorResponse::Linear),
    one!("activation", above_0() => MirrorResponse::Activation, { noise }),
]);

const RIDGE_LAYERS: Choices<RidgeLayers> = Choices(&[
    one!("output" => RidgeLayers::Output),
    one!("hidden" => RidgeLayers::Hidden),
    one!("all" => RidgeLayers::All),
    one!(ascending(size(1, MAX_SIZE)) => RidgeLayers::These, _),
]);

const INITIALISATIONS: Words<Initialisation> = Words(&[
    word("paper", |_| Initialisation::Paper),
    word("uniform_fan_in", |_| Initialisation::UniformFanIn),
    word("xavier", |_| Initialisation::Xavier),
    word("xavier_uniform", |_| Initialisation::XavierUniform),
    word("he", |_| Initialisation::He),
    word("he_uniform", |_| Initialisation::HeUniform),
    word("ntk", |_| Initialisation::Ntk),
    word("zero", |_| Initialisation::Zero),
    word("scaled_uniform", |s| Initialisation::ScaledUniform {
        scale: s.deep.init_scale,
    }),
]);

const OPTIMISERS: Words<OptimiserKind> = Words(&[
    word("sgd", |_| OptimiserKind::Sgd),
    word("momentum", |s| OptimiserKind::Momentum {
        momentum: s.deep.momentum,
    }),
    word("nesterov", |s| OptimiserKind::Nesterov {
        momentum: s.deep.momentum,
    }),
    word("rmsprop", |s| OptimiserKind::RmsProp {
        decay: s.deep.rmsprop_decay,
        epsilon: s.deep.epsilon,
    }),
    word("adam", |s| OptimiserKind::Adam {
        beta_1: s.deep.adam_beta_1,
        beta_2: s.deep.adam_beta_2,
        epsilon: s.deep.epsilon,
    }),
]);

const STEP_SIZE_SCHEDULES: Words<Result<StepSizes<(), ()>, Missing>> = Words(&[
    word("constant", |_| Ok(StepSizes::Constant { step_size: () })),
    word("inverse", |s| {
        Ok(StepSizes::Inverse {
            step_size: (),
            decay_epochs: s.deep.step_size_decay.ok_or(Missing("step_size_decay"))?,
        })
    }),
    word("exponential", |s| {
        Ok(StepSizes::Exponential {
            step_size: (),
            decay_epochs: s.deep.step_size_decay.ok_or(Missing("step_size_decay"))?,
        })
    }),
    word("cosine", |_| {
        Ok(StepSizes::Cosine {
            step_size: (),
            epochs: (),
        })
    }),
]);

fields! {
    /// The part of a setting that only the mini-batch engine reads.
    pub struct Deep at (deep.), ROWS {
        [pub data] Deep, Neither;
        input_factor: InputFactor = "1.0",
            INPUT_FACTORS,
            "what multiplies every (scaled) input; one_over_sqrt_dim is 1/sqrt(d)";
        train_limit: Option<usize> = "\"all\"",
            OrWord("all", size(1, MAX_SIZE)),
            "use only so many training samples of a labelled set, the first ones";
        test_limit: Option<usize> = "\"all\"",
            OrWord("all", size(1, MAX_SIZE)),
            "use only so many test samples of a labelled set, the first ones";
        validation: usize = "0",
            size(0, MAX_SIZE),
            "samples taken from the labelled training set at random and measured as `validation_*`, so that choices never touch the test set";
        [pub(in crate::config) data] Deep, Neither;
        random_shift: usize = "0",
            size(0, MAX_SIZE),
            "the most places by which each training image is moved in each step, along rows and along columns, every place as likely as another; from beyond its edges come zeros, as they would be stored";
        random_crop: Option<Sides> = "",
            Optional(SidesType { min: 1 }),
            "size of the window that the network sees of each image, on each axis or [down, along]: at a random place in each training step, in the middle where images are measured; unset: whole images";
        random_flip: bool = "false",
            Flag,
            "whether training images are mirrored in each step, left to right, with probability one half";
        [pub(in crate::config) network] Deep, Neither;
        hidden_layers: usize = "1",
            size(1, 100),
            "hidden layers of `width` units each";
        hidden_widths: Option<Vec<usize>> = "",
            Optional(list(size(1, MAX_SIZE))),
            "units of each hidden layer from the input up, in place of `hidden_layers` and `width`";
        input: Option<Vec<usize>> = "",
            Optional(list(size(1, MAX_SIZE))),
            "shape of a sample for `layers`: channels, height, width, or channels, length; unset: what the name of the data says, MNIST's 1, 28, 28, CIFAR-10's 3, 32, 32, MNIST-1D's 1, 40, or the images of an NPZ file";
        layers: Option<Layers> = "",
            Optional(LayerList),
            "the network as a list of layers from the input up, in place of `width`, `hidden_layers` and `hidden_widths`; the last one is dense, with a unit for each output; `docs/config.md` has a table of all kinds";
        [pub network] Deep, Neither;
        biases: bool = "false",
            Flag,
            "whether layers have biases";
        [pub(in crate::config) network] Deep, Neither;
        initialisation: &'static Word<Initialisation> = "\"paper\"",
            INITIALISATIONS,
            "law of the forward weights. paper: N(0, 1), each layer's sum but the first's divided by sqrt(inputs), which is (2.1) for one hidden layer; uniform_fan_in: U(-1, 1)/sqrt(inputs), biases too, the default of common libraries; xavier: N(0, 2/(inputs + units)); he: N(0, 2/inputs); xavier_uniform and he_uniform: U(-a, a) of those variances, a = sqrt(6/(inputs + units)) and sqrt(6/inputs); ntk: N(0, 1), every sum divided by sqrt(inputs); zero; scaled_uniform: U(-s, s) with s = `init_scale`";
        init_scale: f64 = "0.1",
            above_0(),
            "s of the initialisation `scaled_uniform`";
        [pub network] Deep, Neither;
        init_gain: f64 = "1.0",
            at_least_0(),
            "what multiplies all drawn forward weights and biases";
        weight_sparsity: Sparsity = "0.0",
            SPARSITIES,
            "share of forward connections that do not exist: their weights are 0 and stay so; a list has one share for each layer from the input up";
        initial_feedback: InitialFeedback = "\"file\"",
            name::<InitialFeedback>(),
            "feedback weights of a start from `initial_weights`: those of the file, which must have all that the rule has and no others; or drawn as without a file, whatever the file has";
        [pub(in crate::config) network] Deep, Neither;
        feedback_initialisation: Option<&'static Word<Initialisation>> = "\"initialisation\"",
            OrWord("initialisation", INITIALISATIONS),
            "law of the feedback weights, for their own shape; \"initialisation\" is that of the forward weights";
        [pub network] Deep, Neither;
        feedback_scale: f64 = "1.0",
            at_least_0(),
            "what multiplies all feedback weights";
        feedback_sparsity: f64 = "0.0",
            share(),
            "share of feedback weights that are zero; the others grow so that the variance stays";
        feedback_rank: Option<usize> = "\"full\"",
            OrWord("full", size(1, MAX_SIZE)),
            "rank of each feedback matrix";
        feedback_signs: bool = "false",
            Flag,
            "whether feedback weights are only signs of one size (with `feedback_sparsity`: ternary)";
        [pub learning] Deep, Neither;
        mirror_response: MirrorResponse = "\"linear\"",
            MIRROR_RESPONSES,
            "response y of a weight mirror's units to noise x, independent normals; B gains eta_b times the mean of y x' over the batch. linear: y = W x, x of unit variance. activation = a: the units' own response, uncentred as in the program of Akrout et al. (2019): y = psi(W x + bias), of output units what the loss makes of that, x of standard deviation a. Most of it is scatter: `feedback_step_size` and `feedback_decay` have no `auto` here";
        feedback_shape: DirectFeedback = "\"dense\"",
            name::<DirectFeedback>(),
            "weights B by which a direct rule reaches a layer; three rules of the literature bear one name. dense: a weight from each output to each number of the layer's activity, where the signal lands, or to the activity behind its norm, (outputs, units), by `feedback_initialisation` (Nokland 2016). kernel: a kernel like the layer above's with a channel for each output, at every place the same; the signal lands at that layer's input, and comes down through pools and norms (Sanfiz and Akrout 2021). shared: as dense, of every layer the first columns of one matrix, uniform from -1 to 1 over the square root of its columns (Launay et al. 2020)";
        gate: Gate = "\"derivative\"",
            name::<Gate>(),
            "g, by which a direct rule multiplies the signal of each hidden unit with the weighted sum z. derivative: psi'(z); step: 1 where z > 0, else 0; sin: sin z; cos: cos z; identity: 1. With another than psi' it is augmented direct feedback alignment (Nakajima et al. 2022)";
        [pub(in crate::config) learning] Deep, Neither;
        loss: Option<Loss> = "\"auto\"",
            OrWord("auto", name::<Loss>()),
            "loss; auto: softmax_cross_entropy for data with classes, squared_error (1/2 the sum of squares) otherwise. logistic: cross-entropy of logistic outputs; squared_error_logistic: 1/2 the sum of squares of s(f) - y with the logistic s, whose slope is in the error that is sent";
        reduction: Option<Reduction> = "\"auto\"",
            OrWord("auto", name::<Reduction>()),
            "how the loss is combined over a batch; auto: mean for data with classes, sum (the paper's) otherwise";
        [pub learning] Deep, Neither;
        batch: Option<usize> = "\"all\"",
            OrWord("all", size(1, MAX_SIZE)),
            "samples in a batch; the last of an epoch may be smaller";
        [pub(in crate::config) learning] Deep, Neither;
        optimiser: &'static Word<OptimiserKind> = "\"sgd\"",
            OPTIMISERS,
            "what turns a gradient g into a change. sgd: -eta g; momentum m: -eta v with v <- m v + g; nesterov: -eta (g + m v), the same v, as in PyTorch; rmsprop; adam";
        momentum: f64 = "0.9",
            share(),
            "m of the optimisers `momentum` and `nesterov`";
        rmsprop_decay: f64 = "0.99",
            share(),
            "of the mean square in `rmsprop`";
        adam_beta_1: f64 = "0.9",
            share(),
            "of the mean in `adam`";
        adam_beta_2: f64 = "0.999",
            share(),
            "of the mean square in `adam`";
        epsilon: f64 = "1e-8",
            above_0(),
            "added to the root mean square in `rmsprop` and `adam`";
        step_size_schedule: &'static Word<Result<StepSizes<(), ()>, Missing>> = "\"constant\"",
            STEP_SIZE_SCHEDULES,
            "eta over time t in epochs: constant; eta/(1 + t/t0) or eta exp(-t/t0) with t0 = `step_size_decay`; or half a cosine to 0 at the end";
        step_size_decay: Option<f64> = "",
            Optional(above_0().of("epochs")),
            "t0 of the step-size schedules";
        [pub learning] Deep, Neither;
        ridge_layers: RidgeLayers = "\"output\"",
            RIDGE_LAYERS,
            "whose weights have the ridge, layers counted from 1 at the input; biases never";
        perturbation: f64 = "1e-3",
            above_0(),
            "standard deviation of the noise of `node_perturbation` and `weight_perturbation`";
        [pub(in crate::config) run] Deep, Neither;
        epochs: Option<u64> = "",
            Optional(count(0, MAX_SIZE)),
            "passes through the training set, in place of `steps`";
        [pub run] Deep, Neither;
        top_k: usize = "5",
            size(1, 10_000),
            "k of `test_top_k_accuracy`";
    }
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
    /// Factor for inputs of dimension `input_dim`.
    pub fn value(self, input_dim: usize) -> f64 {
        match self {
            Self::Number(factor) => factor,
            Self::OneOverSqrtDim => 1.0 / (input_dim as f64).sqrt(),
        }
    }
}

/// `network.initial_feedback`: where the feedback weights of a start from `initial_weights` come
/// from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialFeedback {
    /// Feedback weights from the file, which has all that the rule has, and no others.
    #[default]
    File,
    /// Feedback weights drawn as without a file; those of the file are left unread.
    Drawn,
}

/// `learning.ridge_layers`: whose weights have the ridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RidgeLayers {
    /// The output layer's, as in the paper.
    Output,
    /// Weights of all hidden layers.
    Hidden,
    /// Weights of all layers.
    All,
    /// Weights of these layers, counted from 1 at the input.
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
    /// One share for every layer, in [0, 1).
    Every(f64),
    /// Shares of the layers from the input up.
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
