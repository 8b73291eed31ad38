//! The precisions an engine can run in.

use serde::{Deserialize, Serialize};

use super::Scalar;

/// Precision of the dynamics. Recorded quantities are always `f64`.
///
/// # Example
/// ```
/// use falign::math::Precision;
/// assert_eq!((Precision::of::<f32>(), Precision::default().name()), (Precision::F32, "f64"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Single precision: twice the speed; the loss has a floor near 1e-10.
    F32,
    /// Double precision.
    #[default]
    F64,
}

impl Precision {
    /// The precision of a scalar.
    pub const fn of<T: Scalar>() -> Self {
        if size_of::<T>() == size_of::<f32>() {
            Self::F32
        } else {
            Self::F64
        }
    }

    /// The name in experiment files: `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}
