//! The table of quantities.
//!
//! A row says what a quantity is called and is, in which unit, whether it is positive by nature, and,
//! for the networks that have it, what it reads and the function that makes it.

use super::network::Looks;
use super::products::degrees;
use super::row::{
    DataSpectrum, MEAN_OF_LAYERS, Made, Row, Samples, Unit, always, batches, layer, of, predicted,
    where_shown,
};
use super::two_layer::{alignment, bounds, composite, fit, kernels};
use crate::two_layer::Needs;

quantities! {
    of each layer: Alignment, AlignmentFlattened, AlignmentSummed, AlignmentAngle, NormRatio, WeightAngle,
        WeightNormRatio, KernelAngle, UpdateAngle, PseudoinverseAngle, DeadFraction, DeadChannelFraction,
        SaturatedFraction, EffectiveRank, ProbeAccuracy;

    Loss {
        name: "loss", unit: Unit::Loss,
        meaning: "1/2 sum of e^2 over samples and outputs: the data part",
        in_networks: Some("per sample, over the batches since the last recorded step"),
        is_positive: true,
        two_layer: Some(always(fit::loss)),
        network: Some(batches(|b| b.running.loss / b.running.samples)),
    }
    RegularisedLoss {
        name: "regularised_loss", unit: Unit::Loss,
        meaning: "`loss` + alpha^2 lambda(t)/2 |beta|^2, the objective (4.1)",
        is_positive: true, two_layer: Some(always(fit::regularised_loss)),
    }
    ResidualNorm {
        name: "residual_norm", unit: Unit::Target, meaning: "|e|",
        is_positive: true, two_layer: Some(always(fit::residual_norm)),
    }
    Alignment {
        name: "alignment", unit: Unit::Cosine,
        meaning: "cos(b, beta); k > 1: mean over samples of cos(beta e_i, b e_i)",
        in_networks: Some("mean over samples of the cosine of the delivered signal and backpropagation's; \
                           samples where one of them vanishes are left out"),
        two_layer: Some(always(alignment::per_sample)),
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::SIGNALS, |l| l.signals(|a| a.per_sample))),
    }
    AlignmentFlattened {
        name: "alignment_flattened", unit: Unit::Cosine,
        meaning: "cos of (beta e_1, ..., beta e_n) and (b e_1, ..., b e_n) as two long vectors",
        in_networks: Some("cosine of the two signals of all samples as two long vectors"),
        two_layer: Some(always(alignment::flattened)),
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::SIGNALS, |l| l.signals(|a| a.flattened))),
    }
    AlignmentSummed {
        name: "alignment_summed", unit: Unit::Cosine,
        meaning: "cos(beta sum e_i, b sum e_i), the literal reading of Section 4",
        in_networks: Some("cosine of the two signals summed over samples"),
        two_layer: Some(always(alignment::summed)),
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::SIGNALS, |l| l.signals(|a| a.summed))),
    }
    AlignmentAngle {
        name: "alignment_angle", unit: Unit::Degrees,
        meaning: "the angle whose cosine is `alignment`",
        two_layer: Some(always(|s| degrees(alignment::per_sample(s)))),
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::SIGNALS, |l| l.signals(|a| degrees(a.per_sample)))),
    }
    Aligned {
        name: "aligned", unit: Unit::Flag,
        meaning: "1 if `alignment` >= `alignment_threshold`, else 0",
        two_layer: Some(where_shown(|s| Some(f64::from(u8::from(s.past?.is_aligned))))),
    }
    AlignedSince {
        name: "aligned_since", unit: Unit::Steps,
        meaning: "the first recorded step since which the run has been aligned (T_c of Definition 4.1)",
        two_layer: Some(where_shown(|s| Some(s.past?.aligned_since))),
    }
    OutputNorm {
        name: "output_norm", unit: Unit::Weight, meaning: "|beta|",
        in_networks: Some("norm of the last layer's weights"),
        is_positive: true,
        two_layer: Some(always(fit::output_norm)),
        network: Some(of(Samples::Held, |m| m.output_norm)),
    }
    OutputMovementMax {
        name: "output_movement_max", unit: Unit::Weight,
        meaning: "largest |beta_r(t) - beta_r(0)| over units",
        is_positive: true,
        two_layer: Some(where_shown(|s| Some(s.snapshot.output_movement?.max)).reading(OUTPUT_UNITS)),
    }
    OutputMovementRms {
        name: "output_movement_rms", unit: Unit::Weight,
        meaning: "root mean square of |beta_r(t) - beta_r(0)| over units",
        is_positive: true,
        two_layer: Some(where_shown(|s| s.rms(s.snapshot.output_movement)).reading(OUTPUT)),
    }
    DecayedMovementMax {
        name: "decayed_movement_max", unit: Unit::Weight,
        meaning: "largest |beta_r(t) - P_t beta_r(0)|, P_t the product of the ridge factors so far",
        is_positive: true,
        two_layer: Some(where_shown(|s| Some(s.snapshot.decayed_movement?.max)).reading(OUTPUT_UNITS)),
    }
    DecayedMovementRms {
        name: "decayed_movement_rms", unit: Unit::Weight,
        meaning: "root mean square of |beta_r(t) - P_t beta_r(0)|",
        is_positive: true,
        two_layer: Some(where_shown(|s| s.rms(s.snapshot.decayed_movement)).reading(OUTPUT)),
    }
    HiddenMovementMax {
        name: "hidden_movement_max", unit: Unit::Weight,
        meaning: "largest |w_r(t) - w_r(0)| over units",
        is_positive: true,
        two_layer: Some(where_shown(|s| Some(s.snapshot.hidden_movement?.max)).reading(HIDDEN_UNITS)),
    }
    HiddenMovementRms {
        name: "hidden_movement_rms", unit: Unit::Weight,
        meaning: "root mean square of |w_r(t) - w_r(0)|",
        is_positive: true,
        two_layer: Some(where_shown(|s| s.rms(s.snapshot.hidden_movement)).reading(HIDDEN)),
    }
    Contraction {
        name: "contraction", unit: Unit::Number,
        meaning: "|e(t)| / |e(t-1)|, the contraction of the step that led here; empty at step 0",
        is_positive: true, two_layer: Some(where_shown(|s| Some(s.past?.contraction))),
    }
    ConservationDrift {
        name: "conservation_drift", unit: Unit::SquaredWeight,
        meaning: "root mean square over units of the change of b_r beta_r - |w_r|^2/2 since the start",
        is_positive: true,
        two_layer: Some(where_shown(fit::conservation_drift).reading(Needs { conservation: true, coefficients: true, units: true, ..Needs::NONE })),
    }
    HeldOutLoss {
        name: "held_out_loss", unit: Unit::Loss, meaning: "loss on the held-out samples",
        is_positive: true,
        two_layer: Some(where_shown(fit::held_out_loss).reading(Needs { held_out: true, coefficients: true, ..Needs::NONE })),
    }
    FeedbackGap {
        name: "feedback_gap", unit: Unit::Weight, meaning: "|b - beta|",
        is_positive: true, two_layer: Some(always(fit::feedback_gap)),
    }
    ShareInitial {
        name: "share_initial", unit: Unit::Share,
        meaning: "share of |beta|^2 in the part of beta along beta(0), (part, beta) / |beta|^2, by (B.5); \
                  linear engine, feedback alignment",
        two_layer: Some(where_shown(|s| Some(s.snapshot.shares?.initial)).reading(SHARES)),
    }
    ShareHidden {
        name: "share_hidden", unit: Unit::Share,
        meaning: "share of |beta|^2 in the part that W(0)X' spans: what the start's features have learned",
        two_layer: Some(where_shown(|s| Some(s.snapshot.shares?.hidden)).reading(SHARES)),
    }
    ShareFeedback {
        name: "share_feedback", unit: Unit::Share,
        meaning: "share of |beta|^2 in the part along b, the only one that aligns; the three add up to 1",
        two_layer: Some(where_shown(|s| Some(s.snapshot.shares?.feedback)).reading(SHARES)),
    }
    LazyLoss {
        name: "lazy_loss", unit: Unit::Loss,
        meaning: "prediction: `loss` in the lazy limit, from the run's own data and f(0)",
        is_positive: true, two_layer: Some(predicted(Made::Lazy)),
    }
    SlowTimeAlignment {
        name: "slow_time_alignment", unit: Unit::Cosine,
        meaning: "prediction: `alignment` in the slow-time limit, from the run's own data",
        two_layer: Some(predicted(Made::SlowTime(|s| s.limit.alignment.value))),
    }
    SlowTimeLoss {
        name: "slow_time_loss", unit: Unit::Loss,
        meaning: "prediction: `loss` in the slow-time limit",
        is_positive: true, two_layer: Some(predicted(Made::SlowTime(|s| s.limit.loss.value))),
    }
    CompositeAlignment {
        name: "composite_alignment", unit: Unit::Cosine,
        meaning: "prediction: `alignment` in the slow-time limit with what a finite width keeps of beta(0), and rho",
        two_layer: Some(predicted(Made::SlowTime(composite))),
    }
    ContractionRate {
        name: "contraction_rate", unit: Unit::Number,
        meaning: "(1 - |e(t)| / |e(t-1)|) / (eta gamma): without ridge at least 1/4 by Theorem 3.2, 1/2 for \
                  linear networks by 4.3; empty at step 0",
        two_layer: Some(where_shown(bounds::contraction_rate).with(DataSpectrum::InfiniteKernel)),
    }
    ResidualToBound {
        name: "residual_to_bound", unit: Unit::Number,
        meaning: "|e(t)| / ((1 - eta gamma/4 - eta lambda) |e(t-1)| + eta lambda |y|), gamma/2 for linear \
                  networks: at most 1 by Theorems 3.2, 4.2, 4.3; empty at step 0",
        is_positive: true,
        two_layer: Some(where_shown(bounds::residual_to_bound).with(DataSpectrum::InfiniteKernel)),
    }
    AlignmentToBound {
        name: "alignment_to_bound", unit: Unit::Number,
        meaning: "|cos(b, beta)| sqrt(p) / n: over its bound without ridge (Section 4.1)",
        is_positive: true, two_layer: Some(always(bounds::alignment_to_bound)),
    }
    InfiniteKernelMinEigenvalue {
        name: "infinite_kernel_min_eigenvalue", unit: Unit::Kernel,
        meaning: "gamma, the least eigenvalue of Gbar on its range: of the run's data, the same at every step",
        is_positive: true,
        two_layer: Some(where_shown(|s| Some(s.references?.infinite_kernel.gamma)).with(DataSpectrum::InfiniteKernel)),
    }
    InfiniteKernelMaxEigenvalue {
        name: "infinite_kernel_max_eigenvalue", unit: Unit::Kernel,
        meaning: "M, the largest eigenvalue of Gbar",
        is_positive: true,
        two_layer: Some(where_shown(|s| Some(s.references?.infinite_kernel.max)).with(DataSpectrum::InfiniteKernel)),
    }
    IsometryEps {
        name: "isometry_eps", unit: Unit::Number,
        meaning: "least eps for which the inputs are (gamma, eps)-isometric (Definition 4.4), on the range of X X'",
        is_positive: true,
        two_layer: Some(where_shown(bounds::isometry_eps).with(DataSpectrum::Inputs)),
    }
    Tau {
        name: "tau", unit: Unit::Number, meaning: "slow time eta t / sqrt(p)",
        two_layer: Some(always(|s| s.problem.step_size * s.step as f64 / s.problem.root_width())),
    }
    EtaLambdaT {
        name: "eta_lambda_t", unit: Unit::Number,
        meaning: "ridge spent: eta times the sum of lambda(i) over i < t",
        two_layer: Some(where_shown(|s| Some(s.past?.ridge_spent))),
    }
    FeatureKernelDrift {
        name: "feature_kernel_drift", unit: Unit::Kernel,
        meaning: "|G(t) - G(0)|, spectral norm, G = psi(Z) psi(Z)'/p",
        is_positive: true, two_layer: Some(where_shown(kernels::feature_drift).since_start(FEATURE_KERNEL)),
    }
    FeatureKernelMinEigenvalue {
        name: "feature_kernel_min_eigenvalue", unit: Unit::Kernel, meaning: "least eigenvalue of G",
        is_positive: true,
        two_layer: Some(where_shown(|s| s.feature_eigenvalues()?.first().copied()).reading(FEATURE_KERNEL)),
    }
    FeatureKernelMaxEigenvalue {
        name: "feature_kernel_max_eigenvalue", unit: Unit::Kernel, meaning: "largest eigenvalue of G",
        is_positive: true,
        two_layer: Some(where_shown(|s| s.feature_eigenvalues()?.last().copied()).reading(FEATURE_KERNEL)),
    }
    ParticipationRatio {
        name: "participation_ratio", unit: Unit::Number,
        meaning: "(tr G)^2 / tr G^2, the effective number of features",
        two_layer: Some(where_shown(kernels::participation).reading(FEATURE_KERNEL)),
    }
    KernelTargetAlignment {
        name: "kernel_target_alignment", unit: Unit::Cosine, meaning: "cosine of G with Y Y'",
        two_layer: Some(where_shown(kernels::target_alignment).reading(FEATURE_KERNEL)),
    }
    KernelSimilarity {
        name: "kernel_similarity", unit: Unit::Cosine,
        meaning: "centred kernel alignment (CKA) of G(t) with G(0)",
        two_layer: Some(where_shown(kernels::similarity).since_start(FEATURE_KERNEL)),
    }
    FeedbackKernelDrift {
        name: "feedback_kernel_drift", unit: Unit::Kernel,
        meaning: "|H(t) - H(0)|, spectral norm; under backpropagation H has beta for b",
        is_positive: true, two_layer: Some(where_shown(kernels::feedback_drift).since_start(FEEDBACK_KERNEL)),
    }
    FeedbackKernelNorm {
        name: "feedback_kernel_norm", unit: Unit::Kernel, meaning: "|H(t)|, spectral norm",
        is_positive: true, two_layer: Some(where_shown(kernels::feedback_norm).reading(FEEDBACK_KERNEL)),
    }
    FeedbackKernelMinEigenvalue {
        name: "feedback_kernel_min_eigenvalue", unit: Unit::Kernel,
        meaning: "least eigenvalue of (H + H')/2: below 0, H makes some errors grow",
        two_layer: Some(where_shown(|s| s.feedback_eigenvalues()?.first().copied()).reading(FEEDBACK_KERNEL)),
    }
    Epoch {
        name: "epoch", unit: Unit::Epochs, meaning: "passes through the training set",
        network: Some(batches(|b| b.epoch)),
    }
    TrainAccuracy {
        name: "train_accuracy", unit: Unit::Share,
        meaning: "share of training samples classified rightly, when their batch came",
        network: Some(batches(|b| b.running.right / b.running.samples).of_classes()),
    }
    TestLoss {
        name: "test_loss", unit: Unit::Loss, meaning: "loss per sample on the test set",
        is_positive: true, network: Some(of(Samples::Test, |m| m.loss_per_sample)),
    }
    TestAccuracy {
        name: "test_accuracy", unit: Unit::Share, meaning: "share of test samples classified rightly",
        network: Some(of(Samples::Test, |m| m.accuracy).of_classes()),
    }
    TestTopKAccuracy {
        name: "test_top_k_accuracy", unit: Unit::Share,
        meaning: "share of test samples whose class is among the `top_k` largest outputs",
        network: Some(of(Samples::Test, |m| m.top_k_accuracy).looking(Looks::TOP_K).of_classes()),
    }
    ValidationLoss {
        name: "validation_loss", unit: Unit::Loss, meaning: "loss per sample on the samples of `data.validation`",
        is_positive: true, network: Some(of(Samples::Validation, |m| m.loss_per_sample)),
    }
    ValidationAccuracy {
        name: "validation_accuracy", unit: Unit::Share, meaning: "share of these samples classified rightly",
        network: Some(of(Samples::Validation, |m| m.accuracy).of_classes()),
    }
    TrainSetLoss {
        name: "train_set_loss", unit: Unit::Loss,
        meaning: "loss per sample on the whole training set, by the network of the recorded step and without dropout",
        is_positive: true, network: Some(of(Samples::Training, |m| m.loss_per_sample)),
    }
    TrainSetAccuracy {
        name: "train_set_accuracy", unit: Unit::Share,
        meaning: "share of the training set classified rightly, likewise",
        network: Some(of(Samples::Training, |m| m.accuracy).of_classes()),
    }
    NormRatio {
        name: "norm_ratio", unit: Unit::Number,
        meaning: "norm of the delivered signals of all samples over that of backpropagation's",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::SIGNALS, |l| l.signals(|a| a.norm_ratio))),
    }
    WeightAngle {
        name: "weight_angle", unit: Unit::Degrees,
        meaning: "angle between the layer's feedback weights and the forward weights they stand for, as two long \
                  vectors: those of the next layer on the layerwise path, the product of all layers above on the \
                  direct one (empty where layers are not all dense); sign feedback with its signs; 0 for backpropagation; empty for rules without \
                  feedback weights",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::WEIGHTS, |l| l.weights(|w| w.angle))),
    }
    WeightNormRatio {
        name: "weight_norm_ratio", unit: Unit::Number,
        meaning: "norm of the layer's feedback weights over that of the forward weights they stand for (see \
                  `weight_angle`), factors of the layers between included",
        is_positive: true,
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::WEIGHTS, |l| l.weights(|w| w.norm_ratio))),
    }
    KernelAngle {
        name: "kernel_angle", unit: Unit::Degrees,
        meaning: "mean over pairs of a channel below and one above the next layer of the angle between the feedback \
                  kernel and the forward kernel of the pair: 1/(c d) sum_ij arccos(<B_ij, W_ij>/(|B_ij| |W_ij|)); of a \
                  local layer over its places too; empty for dense layers, kernels of one place, and direct paths",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::WEIGHTS, |l| l.weights(|w| w.kernel_angle))),
    }
    UpdateAngle {
        name: "update_angle", unit: Unit::Degrees,
        meaning: "angle between the gradient of all weights and biases (of a layer: its own) that the rule applies, \
                  summed over samples, and the true one; ridge and optimiser left out; of a rule that learns by \
                  trial, its estimate",
        network: Some(of(Samples::Held, |m| m.update_angle).looking(Looks::UPDATES)),
        of_layer: Some(layer(Looks::UPDATES, |l| l.update_angle)),
    }
    PseudoinverseAngle {
        name: "pseudoinverse_angle", unit: Unit::Degrees,
        meaning: "mean over samples of the angle between the delivered signal and W^+ v, W^+ the pseudoinverse of \
                  the forward weights that the feedback stands for, v what reaches the layer from above: e for \
                  the top hidden layer and on the direct path, else the delivered signal of the layer above times \
                  its slopes (Lillicrap et al. 2016)",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::PSEUDOINVERSE, |l| l.pseudoinverse_angle)),
    }
    DeadFraction {
        name: "dead_fraction", unit: Unit::Share,
        meaning: "share of units that are 0 with slope 0 for every sample: of ReLU, in practice",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::UNITS, |l| l.units(|u| u.dead))),
    }
    DeadChannelFraction {
        name: "dead_channel_fraction", unit: Unit::Share,
        meaning: "share of channels that are 0 with slope 0 at every place for every sample; a channel is a unit where \
                  places share no weights",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::UNITS, |l| l.units(|u| u.dead_channels))),
    }
    SaturatedFraction {
        name: "saturated_fraction", unit: Unit::Share,
        meaning: "share of activities, over units and samples, whose slope is below a hundredth of the activation's \
                  steepest; empty for piecewise linear activations",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::UNITS, |l| l.units(|u| u.saturated))),
    }
    EffectiveRank {
        name: "effective_rank", unit: Unit::Number,
        meaning: "(tr C)^2 / tr C^2 of the covariance C of the layer's activities over samples, in how many directions \
                  they vary: from 1 to the smaller of units and samples - 1; of at most 2000 samples, spread evenly \
                  (the participation ratio of Gao et al. 2017)",
        network: Some(MEAN_OF_LAYERS),
        of_layer: Some(layer(Looks::ACTIVITIES, |l| l.effective_rank)),
    }
    ProbeAccuracy {
        name: "probe_accuracy", unit: Unit::Share,
        meaning: "share of samples that a linear classifier of the layer's activities gets right: ridge regression on \
                  one-hot classes, its ridge the mean squared norm of the activities less their mean, fitted to every \
                  other sample of each class and tested on the rest, of at most 2000 samples, spread evenly (the \
                  linear probes of Alain & Bengio 2016)",
        network: Some(MEAN_OF_LAYERS.of_classes()),
        of_layer: Some(layer(Looks::PROBE, |l| l.probe_accuracy)),
    }
}

/// Movement of beta; the largest of single units.
const OUTPUT: Needs = Needs {
    output_movement: true,
    ..Needs::NONE
};
const OUTPUT_UNITS: Needs = Needs {
    units: true,
    ..OUTPUT
};
/// Movement of W, which is that of C; the largest of single units.
const HIDDEN: Needs = Needs {
    hidden_movement: true,
    coefficients: true,
    ..Needs::NONE
};
const HIDDEN_UNITS: Needs = Needs {
    units: true,
    ..HIDDEN
};
/// The decomposition (B.5).
const SHARES: Needs = Needs {
    shares: true,
    ..Needs::NONE
};
/// G.
const FEATURE_KERNEL: Needs = Needs {
    feature_kernel: true,
    ..Needs::NONE
};
/// H.
const FEEDBACK_KERNEL: Needs = Needs {
    feedback_kernel: true,
    ..Needs::NONE
};
