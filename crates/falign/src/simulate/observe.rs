//! View that a caller has of a run on its way.

use super::SavedWeights;

/// A run at a recorded step.
pub struct Look<'a> {
    /// Steps done.
    pub step: u64,
    /// The values of the setting's quantities.
    pub values: &'a [f64],
    /// The weights at this step; `None` where the engine has no single units. A two-layer
    /// setting must ask for final weights (`save_weights`): only then are they kept up to date.
    pub weights: &'a mut dyn FnMut() -> Option<SavedWeights>,
}

impl std::fmt::Debug for Look<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look")
            .field("step", &self.step)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
