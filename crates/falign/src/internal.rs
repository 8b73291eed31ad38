//! For the program `falign`, its pictures, the Python package and the tests of this project: whatever they need of the
//! library beyond what its users are offered. No promise of stability: anything here may change or go with any release.
//!
//! Each room is here under its own name; README.md has the map.

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
    pub use crate::data::idx::save_idx;
    pub use crate::file::content_hash;
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
    pub use crate::math::gemm::multiply;
    pub use crate::math::normal::normal_quantile;
    pub use falign_kernels::{Facts, KernelForm, Mixed, activate, row_products, simd};
}

/// The room `memory`.
pub mod memory {
    pub use crate::memory::*;
}

/// More of [`network`](crate::network).
pub mod network {
    pub use crate::network::checkpoint::{Misfit, Part, is_feedback};
    pub use crate::network::initialisation::FeedbackShape;
    pub use crate::network::memory::NetworkExtent;
    pub use crate::network::tensor_file::TensorFile;
}

/// The room `plan`.
pub mod plan {
    pub use crate::plan::*;
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
    pub use crate::theory::spectrum::{certificate_memory, spectrum_memory};
    /// Certificates: what theory foretells of a setting.
    pub mod certificate {
        pub use crate::theory::certificate::*;
    }
    /// The inequalities of the paper's lemmas.
    pub mod lemmas {
        pub use crate::theory::lemmas::*;
    }
}
