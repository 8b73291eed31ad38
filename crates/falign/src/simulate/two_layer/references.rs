//! Spectra of a run's data that its quantities are compared with.

use crate::Result;
use crate::math::Activation;
use crate::measure::{DataSpectrum, Quantity, References};
use crate::simulate::resolve::{Resolved, spectrum};
use crate::simulate::watch::{Watch, prepare};
use crate::theory::Spectrum;
use crate::two_layer::{Dynamics, Problem};

/// References of a run for these quantities. Costs O(n^3) for each of the spectra of Gbar and of X X',
/// where asked for.
pub(super) fn references(
    problem: &Problem,
    engine: &mut dyn Dynamics,
    resolved: &Resolved,
    quantities: &[Quantity],
    watch: Option<&Watch>,
) -> Result<References> {
    let asked = |spectrum| quantities.iter().any(|quantity| quantity.reads(spectrum));
    let spectrum = |activation| spectrum(activation, &problem.inputs, watch);
    let mut references = prepare(watch, |listener| {
        References::new(engine, quantities, listener)
    })?;
    if asked(DataSpectrum::InfiniteKernel) {
        references.infinite_kernel = match (resolved.gamma, resolved.kernel_max) {
            (Some(gamma), Some(max)) => Spectrum { gamma, max },
            _ => spectrum(problem.activation)?,
        };
    }
    if asked(DataSpectrum::Inputs) {
        references.inputs = spectrum(Activation::Linear)?;
    }
    Ok(references)
}
