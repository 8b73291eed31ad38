//! Kernels and spectra that a run is compared with.

use super::kernels::Kernel;
use crate::Result;
use crate::measure::Quantity;
use crate::stage::Listener;
use crate::theory::Spectrum;
use crate::two_layer::{Dynamics, Needs, Snapshot};

/// Kernels of the start and spectra of the data that the quantities of a run are compared with, where
/// they are asked for.
pub struct References {
    /// G(0).
    pub(super) feature_kernel: Option<Kernel>,
    /// H(0).
    pub(super) feedback_kernel: Option<Kernel>,
    /// gamma and M of Gbar, on its range; NaN if they are not asked for, as the next.
    pub(crate) infinite_kernel: Spectrum,
    /// Least and largest eigenvalue of X X', on its range.
    pub(crate) inputs: Spectrum,
}

impl References {
    /// References of an engine at its start, without spectra.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) where the listener says so.
    pub(crate) fn new(
        engine: &mut dyn Dynamics,
        quantities: &[Quantity],
        listener: Listener<'_>,
    ) -> Result<Self> {
        let is_compared = |q: &Quantity| q.two_layer().is_some_and(|row| row.compares_with_start);
        let compared: Vec<Quantity> = quantities.iter().copied().filter(is_compared).collect();
        let start = if compared.is_empty() {
            Snapshot::default()
        } else {
            engine.snapshot_with_listener(Needs::of(&compared, false), listener)?
        };
        let unknown = Spectrum {
            gamma: f64::NAN,
            max: f64::NAN,
        };
        Ok(Self {
            feature_kernel: start.feature_kernel.as_deref().and_then(Kernel::square),
            feedback_kernel: start.feedback_kernel.as_deref().and_then(Kernel::square),
            infinite_kernel: unknown,
            inputs: unknown,
        })
    }
}

impl std::fmt::Debug for References {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("References")
            .field("infinite_kernel", &self.infinite_kernel)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}
