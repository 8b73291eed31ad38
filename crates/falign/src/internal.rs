//! For the program `falign`, its pictures, the Python package and the tests of this project: whatever they need of the
//! library beyond what its users are offered. No promise of stability: anything here may change or go with any release.
//!
//! Each room is here under its own name; CONTRIBUTING.md has the map.

/// The room `archive`.
pub mod archive {
    pub use crate::archive::*;
}

/// More of [`audit`](mod@crate::audit).
pub mod audit {
    pub use crate::audit::audit_wired;
    pub use crate::audit::elsewhere::{Findings, Kind, PartFinding, Updates};
    pub use crate::audit::operators::operator_error;
}

/// The room `claim`.
pub mod claim {
    pub use crate::claim::*;
}

/// The room `config`.
pub mod config {
    pub use crate::config::*;
}

/// More of [`data`](crate::data).
pub mod data {
    /// Named data sets.
    pub mod catalogue {
        pub use crate::data::catalogue::*;
    }
    pub use crate::data::arrays::{Entry, load_arrays};
    pub use crate::data::idx::{load_idx, save_idx};
    pub use crate::data::labelled::ImageAxes;
    pub use crate::data::matrix::Matrix;
    pub use crate::data::scaling::{Scaler, Scaling};
    pub use crate::data::validation::Split;
    pub use crate::file::content_hash;
}

/// The room `doctor`.
pub mod doctor {
    pub use crate::doctor::*;
}

/// The room `error`.
pub mod error {
    pub use crate::error::*;
}

/// The room `fault`.
pub mod fault {
    pub use crate::fault::*;
}

/// The room `file`.
pub mod file {
    pub use crate::file::*;
}

/// The room `front`.
pub mod front {
    pub use crate::front::*;
}

/// More of [`math`](crate::math).
pub mod math {
    pub use crate::math::arithmetic::arithmetic;
    pub use crate::math::digits::{digits, with_spread};
    pub use crate::math::gemm::multiply;
    pub use crate::math::normal::normal_quantile;
    pub use falign_kernels::{Facts, KernelForm, Mixed, activate, row_products, simd};
}

/// More of [`layer`](crate::layer).
pub mod layer {
    pub use crate::layer::finish::bias_gradient;
    pub use crate::layer::gain::Gain;
    pub use crate::layer::geometry::{Image, Window, Windows};
    pub use crate::layer::map::{Kept, Map, Pass};
    pub use crate::layer::maps::{
        Activated, BatchNorm, ChannelsFirst, Dropped, LayerNorm, Pool, Residual,
    };
    pub use crate::layer::plain::Plain;
    pub use crate::layer::plain_map::PlainMap;
    pub use crate::layer::windowed::Windowed;
    pub use crate::layer::wiring::{Value, Wiring};
}

/// More of [`measure`](crate::measure).
pub mod measure {
    pub use crate::measure::network::{LayerMeasured, Measured, Measurement, Wanted};
    pub use crate::measure::two_layer::References;
}

/// The room `memory`.
pub mod memory {
    pub use crate::memory::*;
}

/// The room `network`.
pub mod network {
    pub use crate::network::checkpoint::{Misfit, Part, is_feedback};
    pub use crate::network::initialisation::FeedbackShape;
    pub use crate::network::memory::NetworkExtent;
    pub use crate::network::tensor_file::TensorFile;
    pub use crate::network::*;
}

/// The room `plan`.
pub mod plan {
    pub use crate::plan::tables::setting_runs;
    pub use crate::plan::*;
}

/// More of [`rule`](crate::rule).
pub mod rule {
    pub use crate::rule::algebra::{Composition, DirectFeedback, FeedbackWeights, Magnitude, Sent};
    pub use crate::rule::baseline::{LastLayerOnly, NodePerturbation, WeightPerturbation};
    pub use crate::rule::composed::Composed;
    pub use crate::rule::feedback_learning::{
        FeedbackDecay, FeedbackLearning, FeedbackNumbers, FeedbackPlace,
    };
    pub use crate::rule::gate::Gate;
    pub use crate::rule::making::RuleKind;
    pub use crate::rule::mirror::MirrorResponse;
    pub use crate::rule::named::label;
}

/// The room `simulate`.
pub mod simulate {
    pub use crate::simulate::*;
}

/// The room `stage`.
pub mod stage {
    pub use crate::stage::*;
}

/// The room `study`.
pub mod study {
    pub use crate::study::*;
}

/// More of [`theory`](crate::theory).
pub mod theory {
    pub use crate::theory::infinite::{
        infinite_feature_kernel_between, infinite_feedback_kernel_between, infinite_slope_kernel,
        infinite_slope_kernel_between, surrogate_kernel,
    };
    pub use crate::theory::kernel::{feature_kernel_between, feedback_kernel_between};
    pub use crate::theory::lazy::{LazyFeedback, LazyLimit};
    pub use crate::theory::measure::{
        centred_kernel_alignment, kernel_target_alignment, participation_ratio, spectral_norm,
        symmetric_part_eigenvalues,
    };
    pub use crate::theory::recurrence::{LinearNetwork, LinearRecurrence};
    pub use crate::theory::slow_time::{
        Estimate, FeedbackLaw, LinearSlowTime, Moments, SlowEstimate, SlowProblem, SlowRidge,
        SlowState, SlowTime, slow_time_limit,
    };
    pub use crate::theory::spectrum::{certificate_memory, infinite_eigenvalues, spectrum_memory};
    /// Certificates: what theory foretells of a setting.
    pub mod certificate {
        pub use crate::theory::certificate::*;
    }
    /// The inequalities of the paper's lemmas.
    pub mod lemmas {
        pub use crate::theory::lemmas::*;
    }
}

/// More of [`two_layer`](crate::two_layer).
pub mod two_layer {
    pub use crate::two_layer::draw::Draw;
    pub use crate::two_layer::reference::Reference;
    pub use crate::two_layer::snapshot::{Listening, Movement, Shares};
}
