//! Kernels of `falign`: loops over slices in the vectors of whatever processor there is.
//!
//! They are compiled here and nowhere else, once for each precision (`entries`) and instruction set
//! ([`simd`]): a crate that calls them compiles none of them again, and they are fast whatever it is
//! compiled for. What plans them, and what numbers mean, is in `falign`.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests may use the system's functions"
    )
)]

mod activation;
mod entries;
mod exponential;
pub mod lanes;
pub mod listed;
mod numbers;
pub mod panels;
mod pass;
mod product;
pub mod rows;
mod scalar;
pub mod simd;
pub mod thin;

pub use activation::{Activation, Definition, Facts, KernelForm, Mixed};
pub use exponential::exponentials;
pub use numbers::{Learning, Numbers};
pub use pass::{activate, keep_largest, rectify};
pub use product::row_products;
pub use scalar::Scalar;
pub use simd::{fused, fused_single};
