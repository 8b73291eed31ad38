//! Spectra of an experiment's kernels: at infinite width, at the start of run 0, and at its end.

use std::path::Path;

use ndarray::Array2;

use super::certificate::{
    LARGEST_KERNEL, first_problem, index_of, initial_kernels, kernel_work, representatives,
    theorems_apply,
};
use crate::config::setting::{Setting, TwoLayerSetting};
use crate::config::{Experiment, Overrides};
use crate::data::load_weights;
use crate::simulate::sources::Sources;
use crate::simulate::watch::{Watch, prepare};
use crate::stage::{Listener, Stage, Work};
use crate::theory::certificate::InitialKernels;
use crate::theory::{
    feature_kernel_of, feedback_kernel_of, symmetric_part_eigenvalues_with_listener,
};
use crate::two_layer::Problem;
use crate::{Error, Result};

/// Eigenvalues of one kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelSpectrum {
    /// The setting that stands for its case, rule and activation, as in
    /// [`certify_settings`](super::certificate::certify_settings).
    pub setting: Setting,
    /// Case of the setting; empty if there are none.
    pub case: String,
    /// The kernel: "Gbar", "G(0)", "H(0)", "G(T)" or "H(T)".
    pub kernel: &'static str,
    /// Sizes of the eigenvalues, largest first: of G, which is positive semidefinite, and of the
    /// symmetric part of H, whose sign is that of beta b.
    pub sizes: Vec<f64>,
}

/// Spectra of the kernels of an experiment, on the data and weights of run 0 of the settings that
/// have a certificate: Gbar of infinite width, G(0) and H(0), and with a finished run folder of the
/// same settings G(T) and H(T) of the last weights.
///
/// Cost: O(n^3) a kernel for n samples; a feedback kernel that is too large is left out. `watch` learns
/// how far it is; set to stop, there are no spectra.
///
/// # Errors
/// As [`certify_settings`](super::certificate::certify_settings);
/// [`Error::Record`] if the folder has no last weights of run 0.
///
/// # Example
/// ```
/// use falign::experiment::Overrides;
/// use falign::internal::simulate::sources::Sources;
/// use falign::experiment::Experiment;
/// use falign::internal::study::spectra::kernel_spectra;
/// let file = "name = \"small\"\n[data]\nsamples = 8\n[network]\nwidth = 500\nactivation = \"tanh\"\n";
/// let experiment = Experiment::parse(file, &Overrides::none())?;
/// let spectra = kernel_spectra(&experiment, &Sources::default(), None, None)?;
/// let names: Vec<_> = spectra.iter().map(|spectrum| spectrum.kernel).collect();
/// assert_eq!(names, ["Gbar", "G(0)", "H(0)"]);
/// assert!(spectra.iter().all(|spectrum| spectrum.sizes.len() == 8));
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Song, Xu & Lafferty (2021), (3.3) and Lemma A.3.
pub fn kernel_spectra(
    experiment: &Experiment,
    sources: &Sources,
    folder: Option<&Path>,
    watch: Option<&Watch>,
) -> Result<Vec<KernelSpectrum>> {
    let ran = folder
        .map(|folder| {
            let file = folder.join("experiment.toml");
            Experiment::load_with(&file, &Overrides::none(), experiment.rules())
        })
        .transpose()?;
    let eigenvalues = |kernel: &Array2<f64>| {
        prepare(watch, |listener| {
            symmetric_part_eigenvalues_with_listener(kernel, listener)
        })
    };
    let mut found = Vec::new();
    for (one, _) in representatives(experiment) {
        let setting = theorems_apply(&one.setting)?;
        let (problem, _, infinite) = first_problem(setting, sources, watch)?;
        let mut add = |kernel, sizes: Vec<f64>| {
            found.push(KernelSpectrum {
                setting: one.setting.clone(),
                case: one.case.clone(),
                kernel,
                sizes: largest_first(sizes),
            });
        };
        add("Gbar", infinite);
        if let Some(start) = initial_kernels(setting, &problem, watch)? {
            add("G(0)", eigenvalues(&start.feature)?);
            if let Some(feedback) = &start.feedback {
                add("H(0)", eigenvalues(feedback)?);
            }
        }
        if let (Some(folder), Some(ran)) = (folder, &ran) {
            let last = prepare(watch, |listener| {
                last_kernels(setting, &problem, ran, folder, listener)
            })?;
            add("G(T)", eigenvalues(&last.feature)?);
            if let Some(feedback) = &last.feedback {
                add("H(T)", eigenvalues(feedback)?);
            }
        }
    }
    Ok(found)
}

fn largest_first(mut eigenvalues: Vec<f64>) -> Vec<f64> {
    for value in &mut eigenvalues {
        *value = value.abs();
    }
    eigenvalues.sort_by(|a, b| b.total_cmp(a));
    eigenvalues
}

/// G and H of the last weights of run 0.
fn last_kernels(
    setting: &TwoLayerSetting,
    problem: &Problem,
    ran: &Experiment,
    folder: &Path,
    listener: Listener<'_>,
) -> Result<InitialKernels> {
    let index = index_of(setting, ran, folder)?;
    let path = folder
        .join("weights")
        .join(format!("setting{index:04}-run0000-final.npz"));
    if !path.exists() {
        return Err(Error::record(
            path,
            "no such file: the runs kept no last weights; run them with run.save_weights = \"final\"",
        ));
    }
    let weights = load_weights(&path)?;
    let (psi, x) = (problem.activation, &problem.inputs);
    let is_backpropagation = problem.feedback == crate::rule::Feedback::Transpose;
    let b = if is_backpropagation {
        &weights.output
    } else {
        &weights.feedback
    };
    let (samples, outputs) = problem.targets.dim();
    let with_feedback = samples * outputs <= LARGEST_KERNEL;
    let (of_unit, once) = kernel_work([samples, x.ncols(), outputs], with_feedback);
    let stage = |share| Stage::Kernel { samples, share };
    let all = weights.hidden.nrows() as f64 * of_unit + once;
    let work = Work::new(listener, all, &stage);
    let w = &weights.hidden;
    let feedback = with_feedback
        .then(|| feedback_kernel_of([w, &weights.output, b], psi, x, &work))
        .transpose()?;
    Ok(InitialKernels {
        feature: feature_kernel_of(w, psi, x, &work)?,
        feedback,
    })
}
