"""The leaf keys of experiment files. Made by ``generate.py``: do not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal


@dataclass(frozen=True, kw_only=True, repr=False)
class Keys:
    """One field for each key of ``[data] [network] [learning] [run]``, with its default."""

    samples: int = 50
    """``[data]`` n, training samples.

    Accepted: a whole number from 1 to 10^6.
    """

    input_dim: int = 150
    """``[data]`` d, inputs per sample.

    Accepted: a whole number from 1 to 10^7.
    """

    outputs: int = 1
    """``[data]`` k, outputs of the network.

    Accepted: a whole number from 1 to 10^4.
    """

    inputs: Literal["normal", "normal_over_dim", "orthonormal"] = 'normal'
    """``[data]`` law of the generated inputs: N(0, 1) entries (Figure 2), N(0, 1/d) entries (the
    propositions), or orthonormal rows.

    Accepted: "normal", "normal_over_dim" or "orthonormal".
    """

    targets: Literal["teacher", "signs"] = 'teacher'
    """``[data]`` generated targets: a network of the same architecture with fresh Gaussian
    weights, or independent fair signs.

    Accepted: "teacher" or "signs".
    """

    teacher_width: Literal["width"] | int = 'width'
    """``[data]`` hidden units of the teacher; "width" is the network's own.

    Accepted: "width" or a whole number from 1 to 10^15.
    """

    dataset: Literal["per_run", "shared"] = 'per_run'
    """``[data]`` whether every run draws its own data or all use those of run 0.

    Accepted: "per_run" or "shared".
    """

    held_out: int = 0
    """``[data]`` generated held-out samples, for `held_out_loss`.

    Accepted: a whole number from 0 to 10^6.
    """

    train_data: str | PathLike[str] | None = None
    """``[data]`` X and y to train on, instead of generated data; relative to the experiment file.

    Accepted: the path of an NPZ, NPY or CSV file.
    """

    held_out_data: str | PathLike[str] | None = None
    """``[data]`` held-out X and y, with the columns of `train_data` or of the table in
    `labelled_data`; relative to the experiment file.

    Accepted: the path of an NPZ, NPY or CSV file.
    """

    target: str | int | Sequence[str | int] | None = None
    """``[data]`` columns of targets, or of labels, in a CSV or NPY file; unset: the last ones
    named `y` or `target`, for labels the one named `label`, `class`, `target` or `y`, else the
    last column.

    Accepted: the "name" or the whole number of a column (from 1; -1 is the last) or a list of
    names or numbers of columns, not empty.
    """

    ignore: str | int | Sequence[str | int] | None = None
    """``[data]`` columns of a CSV or NPY file that are neither inputs nor targets, such as one
    that numbers the samples.

    Accepted: the "name" or the whole number of a column (from 1; -1 is the last) or a list of
    names or numbers of columns, not empty.
    """

    header: Literal["auto"] | bool = 'auto'
    """``[data]`` whether the first line of a CSV file names its columns; auto: told by its cells.

    Accepted: "auto", true or false.
    """

    labelled: Literal["mnist", "fashion_mnist", "kmnist", "cifar10", "generated_images", "mnist1d"] | None = None
    """``[data]`` data set with classes, for the mini-batch engine; a name of `falign data list`
    (its files are looked for, never fetched), or one that the run draws, `samples` and
    `held_out` of it with `input_dim` numbers in `outputs` classes: generated_images, small
    squares; mnist1d, sequences in the form of digits (published with 4000, 1000, 40 and 10).

    Accepted: "mnist", "fashion_mnist", "kmnist", "cifar10", "generated_images" or "mnist1d".
    """

    labelled_data: str | PathLike[str] | None = None
    """``[data]`` training and test set with classes: IDX files with MNIST's names, the binary
    CIFAR-10, or an NPZ file with x_train, y_train, x_test, y_test; or a training set as a table
    with a column of labels, whose test set is `held_out_data`; relative to the experiment file.

    Accepted: the path of a folder, NPZ file, archive, CSV or NPY file.
    """

    image_axes: Literal["nchw", "nhwc"] = 'nchw'
    """``[data]`` axes of images in the NPZ file of `labelled_data`, arrays with four of them:
    nchw, samples, channels, rows, columns, as in PyTorch; nhwc, samples, rows, columns,
    channels, as in TensorFlow.

    Accepted: "nchw" or "nhwc".
    """

    data_dir: str | PathLike[str] | None = None
    """``[data]`` where `labelled` is looked for first; then FALIGN_DATA, then the user's cache
    folder.

    Accepted: the path of a folder.
    """

    scaling: Literal["auto", "none", "unit", "standardise", "standardise_per_feature"] = 'auto'
    """``[data]`` scaling of the inputs of `train_data` or of data with classes, by the training
    set alone: as stored, to [0, 1], by one mean and standard deviation, or by those of each
    input; auto: standardise with classes, none without.

    Accepted: "auto", "none", "unit", "standardise" or "standardise_per_feature".
    """

    input_factor: Literal["one_over_sqrt_dim"] | float = 1.0
    """``[data]`` what multiplies every (scaled) input; one_over_sqrt_dim is 1/sqrt(d).

    Accepted: a number above 0 or "one_over_sqrt_dim".
    """

    train_limit: Literal["all"] | int = 'all'
    """``[data]`` use only so many training samples of a labelled set, the first ones.

    Accepted: "all" or a whole number from 1 to 10^9.
    """

    test_limit: Literal["all"] | int = 'all'
    """``[data]`` use only so many test samples of a labelled set, the first ones.

    Accepted: "all" or a whole number from 1 to 10^9.
    """

    validation: int = 0
    """``[data]`` samples taken from the labelled training set at random and measured as
    `validation_*`, so that choices never touch the test set.

    Accepted: a whole number from 0 to 10^9.
    """

    random_shift: int = 0
    """``[data]`` the most places by which each training image is moved in each step, along rows
    and along columns, every place as likely as another; from beyond its edges come zeros, as
    they would be stored.

    Accepted: a whole number from 0 to 10^9.
    """

    random_crop: int | Sequence[int] | None = None
    """``[data]`` size of the window that the network sees of each image, on each axis or [down,
    along]: at a random place in each training step, in the middle where images are measured;
    unset: whole images.

    Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9, not
    empty.
    """

    random_flip: bool = False
    """``[data]`` whether training images are mirrored in each step, left to right, with
    probability one half.

    Accepted: true or false.
    """

    width: int = 3200
    """``[network]`` p, hidden units.

    Accepted: a whole number from 1 to 10^15.
    """

    activation: Literal["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu"] = 'linear'
    """``[network]`` psi, the activation of the hidden layer.

    Accepted: "linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu",
    "silu" or "elu".
    """

    draw: Literal["auto", "weights", "gram"] = 'auto'
    """``[network]`` how the start is drawn: the weights themselves, or only their Gram matrix
    (linear engine; the same law at any width); auto: gram for the linear engine above a width
    of 10^5.

    Accepted: "auto", "weights" or "gram".
    """

    output_scale: float = 1.0
    """``[network]`` alpha in f = alpha beta' psi(W x)/sqrt(p).

    Accepted: a number above 0.
    """

    center_outputs: Literal["auto"] | bool = 'auto'
    """``[network]`` whether the initial outputs are subtracted; auto: exactly when `output_scale`
    is not 1.

    Accepted: "auto", true or false.
    """

    initial_weights: str | PathLike[str] | None = None
    """``[network]`` W, beta, b to start from; for the mini-batch engine a safetensors file, or a
    run folder whose run r this run r starts from; relative to the experiment file.

    Accepted: the path of an NPZ file, a safetensors file or a run folder.
    """

    hidden_layers: int = 1
    """``[network]`` hidden layers of `width` units each.

    Accepted: a whole number from 1 to 100.
    """

    hidden_widths: Sequence[int] | None = None
    """``[network]`` units of each hidden layer from the input up, in place of `hidden_layers` and
    `width`.

    Accepted: a list of whole numbers from 1 to 10^9, not empty.
    """

    input: Sequence[int] | None = None
    """``[network]`` shape of a sample for `layers`: channels, height, width, or channels, length;
    unset: what the name of the data says, MNIST's 1, 28, 28, CIFAR-10's 3, 32, 32, MNIST-1D's
    1, 40, or the images of an NPZ file.

    Accepted: a list of whole numbers from 1 to 10^9, not empty.
    """

    layers: Sequence[Mapping[str, object]] | None = None
    """``[network]`` the network as a list of layers from the input up, in place of `width`,
    `hidden_layers` and `hidden_widths`; the last one is dense, with a unit for each output;
    `docs/config.md` has a table of all kinds.

    Accepted: a list of layers, such as [{ conv = 6, kernel = 5 }, { dense = 10 }].
    """

    biases: bool = False
    """``[network]`` whether layers have biases.

    Accepted: true or false.
    """

    initialisation: Literal["paper", "uniform_fan_in", "xavier", "xavier_uniform", "he", "he_uniform", "ntk", "zero", "scaled_uniform"] = 'paper'
    """``[network]`` law of the forward weights. paper: N(0, 1), each layer's sum but the first's
    divided by sqrt(inputs), which is (2.1) for one hidden layer; uniform_fan_in: U(-1,
    1)/sqrt(inputs), biases too, the default of common libraries; xavier: N(0, 2/(inputs +
    units)); he: N(0, 2/inputs); xavier_uniform and he_uniform: U(-a, a) of those variances, a =
    sqrt(6/(inputs + units)) and sqrt(6/inputs); ntk: N(0, 1), every sum divided by
    sqrt(inputs); zero; scaled_uniform: U(-s, s) with s = `init_scale`.

    Accepted: "paper", "uniform_fan_in", "xavier", "xavier_uniform", "he", "he_uniform", "ntk",
    "zero" or "scaled_uniform".
    """

    init_scale: float = 0.1
    """``[network]`` s of the initialisation `scaled_uniform`.

    Accepted: a number above 0.
    """

    init_gain: float = 1.0
    """``[network]`` what multiplies all drawn forward weights and biases.

    Accepted: a number of at least 0.
    """

    weight_sparsity: float | Sequence[float] = 0.0
    """``[network]`` share of forward connections that do not exist: their weights are 0 and stay
    so; a list has one share for each layer from the input up.

    Accepted: a number of at least 0 and below 1 or a list of numbers of at least 0 and below 1,
    not empty.
    """

    initial_feedback: Literal["file", "drawn"] = 'file'
    """``[network]`` feedback weights of a start from `initial_weights`: those of the file, which
    must have all that the rule has and no others; or drawn as without a file, whatever the file
    has.

    Accepted: "file" or "drawn".
    """

    feedback_initialisation: Literal["initialisation", "paper", "uniform_fan_in", "xavier", "xavier_uniform", "he", "he_uniform", "ntk", "zero", "scaled_uniform"] = 'initialisation'
    """``[network]`` law of the feedback weights, for their own shape; "initialisation" is that of
    the forward weights.

    Accepted: "initialisation", "paper", "uniform_fan_in", "xavier", "xavier_uniform", "he",
    "he_uniform", "ntk", "zero" or "scaled_uniform".
    """

    feedback_scale: float = 1.0
    """``[network]`` what multiplies all feedback weights.

    Accepted: a number of at least 0.
    """

    feedback_sparsity: float = 0.0
    """``[network]`` share of feedback weights that are zero; the others grow so that the variance
    stays.

    Accepted: a number of at least 0 and below 1.
    """

    feedback_rank: Literal["full"] | int = 'full'
    """``[network]`` rank of each feedback matrix.

    Accepted: "full" or a whole number from 1 to 10^9.
    """

    feedback_signs: bool = False
    """``[network]`` whether feedback weights are only signs of one size (with `feedback_sparsity`:
    ternary).

    Accepted: true or false.
    """

    rule: Literal["backpropagation", "feedback_alignment", "direct_feedback_alignment", "sign_direct_feedback_alignment", "direct_random_target_projection", "uniform_sign_symmetry", "fixed_random_sign_symmetry", "batch_random_sign_symmetry", "kolen_pollack", "weight_mirror", "hebbian_feedback", "oja_feedback", "last_layer_only", "node_perturbation", "weight_perturbation"] = 'feedback_alignment'
    """``[learning]`` which weights carry the error backward, and whether they learn. The two-layer
    engines have the rules "backpropagation", "feedback_alignment", "kolen_pollack",
    "hebbian_feedback" and "oja_feedback", the mini-batch engine all but the last of these.

    Accepted: "backpropagation", "feedback_alignment", "direct_feedback_alignment",
    "sign_direct_feedback_alignment", "direct_random_target_projection",
    "uniform_sign_symmetry", "fixed_random_sign_symmetry", "batch_random_sign_symmetry",
    "kolen_pollack", "weight_mirror", "hebbian_feedback", "oja_feedback", "last_layer_only",
    "node_perturbation" or "weight_perturbation".
    """

    step_size: Literal["auto"] | float | Mapping[str, float] = 'auto'
    """``[learning]`` eta; auto is 0.5/(M + max lambda), over_M = a is a/M, with M the largest
    eigenvalue of the infinite-width kernel that training begins with: Gbar, and rho K o Gdot
    besides for a `feedback_correlation` rho above 0 (backpropagation: rho = 1). In the
    mini-batch engine M is the largest eigenvalue of h J'J over the batches of the run's start,
    J the outputs' derivatives by the weights, h the loss's largest second derivative (1,
    softmax 1/2, logistic 1/4), reduced as the loss is; auto is 0.5 (1 - momentum)/(M + max
    lambda), less for rules that learn by trial, and 0.001 for `rmsprop` and `adam`.

    Accepted: a number above 0, "auto" or { over_M = number above 0 }.
    """

    ridge: float | Mapping[str, float] = 0.0
    """``[learning]`` lambda, the ridge on beta; gamma = L is L times the least non-zero eigenvalue
    of the infinite-width kernel.

    Accepted: a number of at least 0 or { gamma = number of at least 0 }.
    """

    ridge_form: Literal["step_scaled", "per_step"] = 'step_scaled'
    """``[learning]`` beta shrinks by 1 - eta lambda(t) (appendix of the paper), or by 1 -
    lambda(t) (as its Section 4.1 prints).

    Accepted: "step_scaled" or "per_step".
    """

    schedule: Literal["constant", "cutoff", "inverse_square", "exponential", "table"] = 'constant'
    """``[learning]`` lambda(t): constant; until `cutoff`; lambda/(1 + t/t0)^2 or lambda exp(-t/t0)
    with t0 = `decay_steps`; or `ridge_table`.

    Accepted: "constant", "cutoff", "inverse_square", "exponential" or "table".
    """

    cutoff: int | Mapping[str, float] | None = None
    """``[learning]`` T, the last step with ridge (inclusive); c_s = c is S/lambda with S = c gamma
    sqrt(gamma p)/(eta sqrt(n) M).

    Accepted: a whole number of steps from 0 to 10^15 or { c_s = number above 0 }.
    """

    decay_steps: float | Mapping[str, float] | None = None
    """``[learning]`` t0 of the decaying schedules, in steps or as for `cutoff`.

    Accepted: a number of steps above 0 and at most 10^15 or { c_s = number above 0 }.
    """

    ridge_table: Sequence[float] | None = None
    """``[learning]`` lambda(0), lambda(1), ...; the last value holds from there on.

    Accepted: a list of numbers of at least 0, not empty.
    """

    dropout: float = 0.0
    """``[learning]`` probability that a hidden unit is dropped, per step and sample (inverted
    dropout).

    Accepted: a number of at least 0 and below 1.
    """

    feedback_correlation: float = 0.0
    """``[learning]`` rho, initial correlation of b with beta.

    Accepted: a number from -1 to 1.
    """

    feedback_step_size: Literal["auto", "step_size"] | float = 'auto'
    """``[learning]`` eta_b of the rules whose feedback weights learn; "step_size" is eta. auto:
    for layers of n inputs in batches of m samples, weight mirrors min(0.1, 0.2 m/n), Hebbian
    feedback what keeps feedback weights as large as activities are correlated, with a decay of
    0.01; eta in the two-layer engines. Kolen-Pollack feedback in deep networks changes exactly
    as the forward weights do and has none.

    Accepted: "auto", "step_size" or a number above 0.
    """

    feedback_decay: Literal["auto", "ridge"] | float = 'auto'
    """``[learning]`` kappa, decay of learned feedback weights per step; "ridge" is the decay of
    the forward weights. auto: weight mirrors eta_b, so that B tends to W; Hebbian feedback what
    makes its product a running mean and nothing larger; the ridge for Kolen-Pollack and Oja.

    Accepted: "auto", "ridge" or a number from 0 to 1.
    """

    mirror_response: Literal["linear"] | Mapping[str, float] = 'linear'
    """``[learning]`` response y of a weight mirror's units to noise x, independent normals; B
    gains eta_b times the mean of y x' over the batch. linear: y = W x, x of unit variance.
    activation = a: the units' own response, uncentred as in the program of Akrout et al.
    (2019): y = psi(W x + bias), of output units what the loss makes of that, x of standard
    deviation a. Most of it is scatter: `feedback_step_size` and `feedback_decay` have no `auto`
    here.

    Accepted: "linear" or { activation = number above 0 }.
    """

    feedback_shape: Literal["dense", "kernel", "shared"] = 'dense'
    """``[learning]`` weights B by which a direct rule reaches a layer; three rules of the
    literature bear one name. dense: a weight from each output to each number of the layer's
    activity, where the signal lands, or to the activity behind its norm, (outputs, units), by
    `feedback_initialisation` (Nokland 2016). kernel: a kernel like the layer above's with a
    channel for each output, at every place the same; the signal lands at that layer's input,
    and comes down through pools and norms (Sanfiz and Akrout 2021). shared: as dense, of every
    layer the first columns of one matrix, uniform from -1 to 1 over the square root of its
    columns (Launay et al. 2020).

    Accepted: "dense", "kernel" or "shared".
    """

    gate: Literal["derivative", "step", "sin", "cos", "identity"] = 'derivative'
    """``[learning]`` g, by which a direct rule multiplies the signal of each hidden unit with the
    weighted sum z. derivative: psi'(z); step: 1 where z > 0, else 0; sin: sin z; cos: cos z;
    identity: 1. With another than psi' it is augmented direct feedback alignment (Nakajima et
    al. 2022).

    Accepted: "derivative", "step", "sin", "cos" or "identity".
    """

    loss: Literal["auto", "squared_error", "squared_error_logistic", "softmax_cross_entropy", "logistic"] = 'auto'
    """``[learning]`` loss; auto: softmax_cross_entropy for data with classes, squared_error (1/2
    the sum of squares) otherwise. logistic: cross-entropy of logistic outputs;
    squared_error_logistic: 1/2 the sum of squares of s(f) - y with the logistic s, whose slope
    is in the error that is sent.

    Accepted: "auto", "squared_error", "squared_error_logistic", "softmax_cross_entropy" or
    "logistic".
    """

    reduction: Literal["auto", "mean", "sum"] = 'auto'
    """``[learning]`` how the loss is combined over a batch; auto: mean for data with classes, sum
    (the paper's) otherwise.

    Accepted: "auto", "mean" or "sum".
    """

    batch: Literal["all"] | int = 'all'
    """``[learning]`` samples in a batch; the last of an epoch may be smaller.

    Accepted: "all" or a whole number from 1 to 10^9.
    """

    optimiser: Literal["sgd", "momentum", "nesterov", "rmsprop", "adam"] = 'sgd'
    """``[learning]`` what turns a gradient g into a change. sgd: -eta g; momentum m: -eta v with v
    <- m v + g; nesterov: -eta (g + m v), the same v, as in PyTorch; rmsprop; adam.

    Accepted: "sgd", "momentum", "nesterov", "rmsprop" or "adam".
    """

    momentum: float = 0.9
    """``[learning]`` m of the optimisers `momentum` and `nesterov`.

    Accepted: a number of at least 0 and below 1.
    """

    rmsprop_decay: float = 0.99
    """``[learning]`` of the mean square in `rmsprop`.

    Accepted: a number of at least 0 and below 1.
    """

    adam_beta_1: float = 0.9
    """``[learning]`` of the mean in `adam`.

    Accepted: a number of at least 0 and below 1.
    """

    adam_beta_2: float = 0.999
    """``[learning]`` of the mean square in `adam`.

    Accepted: a number of at least 0 and below 1.
    """

    epsilon: float = 1e-08
    """``[learning]`` added to the root mean square in `rmsprop` and `adam`.

    Accepted: a number above 0.
    """

    step_size_schedule: Literal["constant", "inverse", "exponential", "cosine"] = 'constant'
    """``[learning]`` eta over time t in epochs: constant; eta/(1 + t/t0) or eta exp(-t/t0) with t0
    = `step_size_decay`; or half a cosine to 0 at the end.

    Accepted: "constant", "inverse", "exponential" or "cosine".
    """

    step_size_decay: float | None = None
    """``[learning]`` t0 of the step-size schedules.

    Accepted: a number of epochs above 0.
    """

    ridge_layers: Literal["output", "hidden", "all"] | Sequence[int] = 'output'
    """``[learning]`` whose weights have the ridge, layers counted from 1 at the input; biases
    never.

    Accepted: "output", "hidden", "all" or a list of ascending whole numbers from 1 to 10^9, not
    empty.
    """

    perturbation: float = 0.001
    """``[learning]`` standard deviation of the noise of `node_perturbation` and
    `weight_perturbation`.

    Accepted: a number above 0.
    """

    seed: int = 0
    """``[run]`` root of every random stream.

    Accepted: a whole number from 0 to 2^63 - 1.
    """

    runs: int = 10
    """``[run]`` independent runs of each setting.

    Accepted: a whole number from 1 to 10^9.
    """

    steps: int | Mapping[str, float] = 1000
    """``[run]`` training steps, or until eta t/sqrt(p) = tau, or until eta lambda t has a value
    (lambda the largest ridge).

    Accepted: a whole number from 0 to 10^15, { tau = number above 0 } or { eta_lambda_t =
    number above 0 }.
    """

    engine: Literal["auto", "reference", "sample_space", "linear", "mini_batch"] = 'auto'
    """``[run]`` implementation of the dynamics; auto: mini_batch where a key asks for what only it
    has; linear for the linear activation without dropout (but not where single hidden units are
    asked of a rule other than feedback_alignment), sample_space otherwise.

    Accepted: "auto", "reference", "sample_space", "linear" or "mini_batch".
    """

    precision: Literal["f32", "f64"] = 'f64'
    """``[run]`` precision of the dynamics; with f32 the loss has a floor near 1e-10.

    Accepted: "f32" or "f64".
    """

    record: Literal["auto", "last"] | Mapping[str, int] | Mapping[str, Sequence[int]] = 'auto'
    """``[run]`` steps at which quantities are measured; auto: { count = 100 }, or { every_epochs =
    1 } for the mini-batch engine; per_epoch: that many parts of each epoch; all but `at`
    include the last, all but `at` and "last" step 0.

    Accepted: "auto", { every = whole number from 1 to 10^15 }, { every_epochs = whole number
    from 1 to 10^15 }, { per_epoch = whole number from 1 to 10^15 }, { per_decade = whole number
    from 1 to 10^15 }, { count = whole number from 1 to 10^15 }, { at = list of ascending whole
    numbers from 0 to 10^15, not empty } or "last".
    """

    quantities: Literal["auto"] | Sequence[str] = 'auto'
    """``[run]`` what is measured; auto: loss, regularised_loss, residual_norm, alignment,
    output_norm, tau, eta_lambda_t, or for the mini-batch engine epoch, loss, test_loss,
    alignment, and with classes train_accuracy and test_accuracy.

    Accepted: "auto" or a list of distinct names of measured quantities, not empty.
    """

    alignment_threshold: float = 0.1
    """``[run]`` c of Definition 4.1, for `aligned` and `aligned_since`.

    Accepted: a number from -1 to 1.
    """

    stop_tolerance: float = 0.0
    """``[run]`` a run has converged when the loss changes by less than this part over
    `stop_window` steps; 0 never stops.

    Accepted: a number of at least 0.
    """

    stop_window: int = 100
    """``[run]`` steps over which `stop_tolerance` compares.

    Accepted: a whole number from 1 to 10^15.
    """

    save_weights: Literal["none", "initial", "final", "both"] = 'none'
    """``[run]`` which weights are saved for each run: W, beta, b in an NPZ file, or those of a
    deep network in a safetensors file.

    Accepted: "none", "initial", "final" or "both".
    """

    per_run_table: bool = False
    """``[run]`` whether `runs.csv`, one row per setting, run and step, is written too.

    Accepted: true or false.
    """

    runs_per_job: int = 5
    """``[run]`` runs in one resumable job.

    Accepted: a whole number from 1 to 10^9.
    """

    epochs: int | None = None
    """``[run]`` passes through the training set, in place of `steps`.

    Accepted: a whole number from 0 to 10^9.
    """

    top_k: int = 5
    """``[run]`` k of `test_top_k_accuracy`.

    Accepted: a whole number from 1 to 10^4.
    """
