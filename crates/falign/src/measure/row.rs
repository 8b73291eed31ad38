//! Row of a quantity: all that is known of it.

use super::network::{Batches, LayerMeasured, Looks, Measured};
use super::two_layer::{Seen, SlowSeen};
use crate::two_layer::Needs;

/// A row of the table of quantities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The column name, without a layer.
    pub(crate) name: &'static str,
    /// Unit of its numbers.
    pub(crate) unit: Unit,
    /// Meaning in the letters of `docs/notation.md`.
    pub(crate) meaning: &'static str,
    /// Meaning in networks of any depth, where that is another.
    pub(crate) in_networks: Option<&'static str>,
    /// Whether it is positive by nature, so that its logarithm is summarised too.
    pub(crate) is_positive: bool,
    /// How two-layer engines have it, if they do.
    pub(crate) two_layer: Option<TwoLayer>,
    /// How networks of any depth have it, if they do.
    pub(crate) network: Option<OfNetwork>,
    /// How each hidden layer has it, if they do.
    pub(crate) of_layer: Option<OfLayer>,
}

impl Row {
    /// A quantity that no network has: what a row of the table leaves out.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        unit: Unit::Number,
        meaning: "",
        in_networks: None,
        is_positive: false,
        two_layer: None,
        network: None,
        of_layer: None,
    };
}

/// Units of quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Numbers without a unit: ratios, counts of features, slow time.
    Number,
    /// Cosines, from -1 to 1.
    Cosine,
    /// Shares, from 0 to 1.
    Share,
    /// 1 for yes, 0 for no.
    Flag,
    /// Angles, from 0 to 180.
    Degrees,
    /// Unit of the loss.
    Loss,
    /// Unit of the targets.
    Target,
    /// Unit of the weights.
    Weight,
    /// Unit of squared weights.
    SquaredWeight,
    /// Unit of a kernel's entries.
    Kernel,
    /// Training steps.
    Steps,
    /// Passes through the training set.
    Epochs,
}

impl Unit {
    /// The unit in documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "1",
            Self::Cosine => "cosine",
            Self::Share => "share",
            Self::Flag => "0 or 1",
            Self::Degrees => "degrees",
            Self::Loss => "loss",
            Self::Target => "targets",
            Self::Weight => "weights",
            Self::SquaredWeight => "weights^2",
            Self::Kernel => "kernel",
            Self::Steps => "steps",
            Self::Epochs => "epochs",
        }
    }

    /// The unit in a sentence: of numbers without one, their range.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Number => "none".to_owned(),
            Self::Cosine => "a cosine, from -1 to 1".to_owned(),
            Self::Share => "a share, from 0 to 1".to_owned(),
            Self::Degrees => "degrees, from 0 to 180".to_owned(),
            Self::Loss | Self::Target | Self::Weight | Self::SquaredWeight | Self::Kernel => {
                format!("that of the {}", self.name())
            }
            Self::Flag | Self::Steps | Self::Epochs => self.name().to_owned(),
        }
    }
}

/// How two-layer engines have a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TwoLayer {
    /// Parts of a snapshot that it reads, besides those that every snapshot has.
    pub(crate) needs: Needs,
    /// Whether it compares them with those of the start.
    pub(crate) compares_with_start: bool,
    /// The spectrum of the run's data that it reads.
    pub(crate) spectrum: Option<DataSpectrum>,
    /// How it is made.
    pub(crate) made: Made,
}

/// How a quantity of two-layer engines is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Made {
    /// Function of each recorded step, which every run shows.
    Always(fn(&Seen<'_>) -> f64),
    /// Function of each recorded step, `None` where it does not show what is needed.
    WhereShown(fn(&Seen<'_>) -> Option<f64>),
    /// Loss of the run in the lazy limit, made after its end.
    Lazy,
    /// Function of the slow-time limit's prediction, made after the run's end.
    SlowTime(fn(&SlowSeen<'_>) -> f64),
}

/// A limit that makes predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Wide networks at fixed time.
    Lazy,
    /// Wide networks on the time scale of sqrt(p) steps.
    SlowTime,
}

/// Extreme eigenvalues of a kernel of a run's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataSpectrum {
    /// Gbar, the infinite-width kernel.
    InfiniteKernel,
    /// X X'.
    Inputs,
}

/// A quantity of two-layer engines that every recorded step has.
pub(super) const fn always(value: fn(&Seen<'_>) -> f64) -> TwoLayer {
    predicted(Made::Always(value))
}

/// A quantity of two-layer engines that a recorded step has where it shows what is needed.
pub(super) const fn where_shown(value: fn(&Seen<'_>) -> Option<f64>) -> TwoLayer {
    predicted(Made::WhereShown(value))
}

/// A quantity of two-layer engines that is made in this way.
pub(super) const fn predicted(made: Made) -> TwoLayer {
    TwoLayer {
        needs: Needs::NONE,
        compares_with_start: false,
        spectrum: None,
        made,
    }
}

impl TwoLayer {
    /// Reads these parts of a snapshot too.
    pub(super) const fn reading(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    /// Compares these parts with those of the start.
    pub(super) const fn since_start(mut self, needs: Needs) -> Self {
        self.compares_with_start = true;
        self.reading(needs)
    }

    /// Reads a spectrum of the run's data.
    pub(super) const fn with(mut self, spectrum: DataSpectrum) -> Self {
        self.spectrum = Some(spectrum);
        self
    }
}

/// How networks of any depth have a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfNetwork {
    /// Whether samples must have classes.
    pub(crate) needs_classes: bool,
    /// Looks besides loss and outputs.
    pub(crate) looks: Looks,
    /// How it is made.
    pub(crate) value: NetworkValue,
}

/// How a quantity of networks of any depth is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NetworkValue {
    /// Function of the batches since the last recorded step.
    Batches(fn(&Batches) -> f64),
    /// Function of a set of samples.
    Samples(Samples, fn(&Measured) -> f64),
    /// Mean over hidden layers, on the samples of [`Samples::Held`].
    Layers,
}

/// Samples that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Samples {
    /// The test set, or the training set where there is none.
    Held,
    /// The test set, without which the quantity is refused.
    Test,
    /// The validation set.
    Validation,
    /// The training set.
    Training,
}

/// A quantity of the batches since the last recorded step.
pub(super) const fn batches(value: fn(&Batches) -> f64) -> OfNetwork {
    OfNetwork {
        needs_classes: false,
        looks: Looks::NONE,
        value: NetworkValue::Batches(value),
    }
}

/// A quantity of a set of samples.
pub(super) const fn of(samples: Samples, value: fn(&Measured) -> f64) -> OfNetwork {
    OfNetwork {
        value: NetworkValue::Samples(samples, value),
        ..MEAN_OF_LAYERS
    }
}

/// The mean over hidden layers of what each layer has.
pub(super) const MEAN_OF_LAYERS: OfNetwork = OfNetwork {
    needs_classes: false,
    looks: Looks::NONE,
    value: NetworkValue::Layers,
};

impl OfNetwork {
    /// Looks at this too.
    pub(super) const fn looking(mut self, looks: Looks) -> Self {
        self.looks = looks;
        self
    }

    /// Needs samples with classes.
    pub(super) const fn of_classes(mut self) -> Self {
        self.needs_classes = true;
        self
    }
}

/// How each hidden layer has a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfLayer {
    /// Looks that it needs.
    pub(crate) looks: Looks,
    /// The value of one layer.
    pub(crate) value: fn(&LayerMeasured) -> f64,
}

/// A quantity of each hidden layer.
pub(super) const fn layer(looks: Looks, value: fn(&LayerMeasured) -> f64) -> OfLayer {
    OfLayer { looks, value }
}
