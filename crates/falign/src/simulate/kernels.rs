//! Quantities of kernels: the engine gives the kernels, `theory` says what describes them.

use ndarray::Array2;

use crate::measure::Quantity;
use crate::theory::{
    centred_kernel_alignment, kernel_drift, kernel_target_alignment, participation_ratio,
    spectral_norm, symmetric_part_eigenvalues,
};
use crate::two_layer::{Dynamics, Needs, Problem, Snapshot};

/// References that the kernels of a run are compared with.
pub(super) struct KernelMeasures {
    targets: Array2<f64>,
    /// Kernels of step 0, where a quantity asks for them.
    start: Kernels,
}

/// G and H, where they were measured.
struct Kernels {
    feature: Option<Array2<f64>>,
    feedback: Option<Array2<f64>>,
}

impl Kernels {
    fn of(snapshot: &Snapshot) -> Self {
        let square = |values: &Option<Vec<f64>>| {
            let values = values.as_ref()?;
            let n = values.len().isqrt();
            Array2::from_shape_vec((n, n), values.clone()).ok()
        };
        Self {
            feature: square(&snapshot.feature_kernel),
            feedback: square(&snapshot.feedback_kernel),
        }
    }
}

impl KernelMeasures {
    /// References of an engine at its start.
    pub(super) fn new(
        problem: &Problem,
        engine: &mut dyn Dynamics,
        quantities: &[Quantity],
    ) -> Self {
        let compared: Vec<Quantity> = quantities
            .iter()
            .copied()
            .filter(|q| q.needs_initial_kernel())
            .collect();
        let start = if compared.is_empty() {
            Snapshot::default()
        } else {
            engine.snapshot(Needs::of(&compared, false))
        };
        Self {
            targets: problem.targets.clone(),
            start: Kernels::of(&start),
        }
    }

    /// Puts the quantities of kernels into a row; NaN for a kernel that is no longer finite.
    pub(super) fn fill(&self, snapshot: &Snapshot, quantities: &[Quantity], row: &mut [f64]) {
        let now = Kernels::of(snapshot);
        let feature = now.feature.as_ref().map(Spectra::of);
        let feedback = now.feedback.as_ref().map(Spectra::of);
        for (value, quantity) in row.iter_mut().zip(quantities) {
            let measured = match quantity {
                q if q.is_of_feature_kernel() => feature
                    .as_ref()
                    .and_then(|g| self.of_feature_kernel(g, *quantity)),
                q if q.is_of_feedback_kernel() => feedback
                    .as_ref()
                    .and_then(|h| self.of_feedback_kernel(h, *quantity)),
                _ => continue,
            };
            *value = measured.unwrap_or(f64::NAN);
        }
    }

    fn of_feature_kernel(&self, g: &Spectra<'_>, quantity: Quantity) -> Option<f64> {
        let start = || self.start.feature.as_ref();
        match quantity {
            Quantity::FeatureKernelDrift => kernel_drift(g.kernel, start()?).ok(),
            Quantity::FeatureKernelMinEigenvalue => g.eigenvalues().first().copied(),
            Quantity::FeatureKernelMaxEigenvalue => g.eigenvalues().last().copied(),
            Quantity::ParticipationRatio => participation_ratio(g.kernel).ok(),
            Quantity::KernelTargetAlignment => {
                kernel_target_alignment(g.kernel, &self.targets).ok()
            }
            Quantity::KernelSimilarity => centred_kernel_alignment(g.kernel, start()?).ok(),
            _ => None,
        }
    }

    fn of_feedback_kernel(&self, h: &Spectra<'_>, quantity: Quantity) -> Option<f64> {
        match quantity {
            Quantity::FeedbackKernelDrift => {
                kernel_drift(h.kernel, self.start.feedback.as_ref()?).ok()
            }
            Quantity::FeedbackKernelNorm => spectral_norm(h.kernel).ok(),
            Quantity::FeedbackKernelMinEigenvalue => h.eigenvalues().first().copied(),
            _ => None,
        }
    }
}

/// A kernel with the eigenvalues of its symmetric part, once they are asked for.
struct Spectra<'a> {
    kernel: &'a Array2<f64>,
    eigenvalues: std::cell::OnceCell<Vec<f64>>,
}

impl<'a> Spectra<'a> {
    fn of(kernel: &'a Array2<f64>) -> Self {
        Self {
            kernel,
            eigenvalues: std::cell::OnceCell::new(),
        }
    }

    fn eigenvalues(&self) -> &[f64] {
        self.eigenvalues
            .get_or_init(|| symmetric_part_eigenvalues(self.kernel).unwrap_or_default())
    }
}
