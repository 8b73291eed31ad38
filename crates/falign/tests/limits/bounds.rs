//! Quantities of the theorems, against the columns and formulas that define them.

use falign::math::Activation;
use falign::measure::Quantity;
use falign::theory::kernel_spectrum;
use ndarray::Array2;

use crate::support::experiment::measure;

/// Agreement of two ways to the same number.
const TOLERANCE: f64 = 1e-10;

const ETA: f64 = 0.1;
const LAMBDA: f64 = 0.3;

fn text(network: &str, learning: &str) -> String {
    format!(
        "name = \"bounds\"\n[data]\nsamples = 8\ninput_dim = 20\ninputs = \"orthonormal\"\ntargets = \"signs\"\n[network]\n{network}\n[learning]\nstep_size = {ETA}\n{learning}\n[run]\nseed = 3\nruns = 3\nsteps = 20\nrecord = {{ every = 1 }}\nquantities = [\"residual_norm\", \"alignment\", \"contraction_rate\", \"residual_to_bound\", \"alignment_to_bound\", \"infinite_kernel_min_eigenvalue\", \"infinite_kernel_max_eigenvalue\", \"isometry_eps\"]\n"
    )
}

fn near(value: f64, expected: f64, what: &str) {
    let distance = (value - expected).abs();
    assert!(
        distance <= TOLERANCE * (1.0 + expected.abs()),
        "{what}: {value}, expected {expected}"
    );
}

/// Checks the bounds on orthonormal inputs, where X X' = I, eps is 0 and a linear network's gamma and M are 1.
fn checked(name: &str, network: &str, learning: &str, share: f64, gamma: Option<f64>) {
    let table = measure(name, &text(network, learning));
    let setting = &table.settings[0];
    let at = |q: Quantity, run, row| -> f64 {
        let column: &Array2<f64> = &setting.values[&q];
        column[(run, row)]
    };
    for run in 0..3 {
        assert!(at(Quantity::ContractionRate, run, 0).is_nan());
        assert!(at(Quantity::ResidualToBound, run, 0).is_nan());
        for row in 1..=20 {
            let gamma_there = at(Quantity::InfiniteKernelMinEigenvalue, run, row);
            near(gamma_there, gamma.unwrap_or(gamma_there), "gamma");
            near(at(Quantity::IsometryEps, run, row), 0.0, "eps");
            let before = at(Quantity::ResidualNorm, run, row - 1);
            let now = at(Quantity::ResidualNorm, run, row);
            let rate = (1.0 - now / before) / (ETA * gamma_there);
            near(at(Quantity::ContractionRate, run, row), rate, "rate");
            // Ridge up to step 9 inclusive; |y| = sqrt(8) for signs.
            let lambda = if learning.is_empty() || row > 10 {
                0.0
            } else {
                LAMBDA
            };
            let kept = 1.0 - ETA * share * gamma_there - ETA * lambda;
            let allowed = kept * before + ETA * lambda * 8.0_f64.sqrt();
            near(
                at(Quantity::ResidualToBound, run, row),
                now / allowed,
                "bound",
            );
            let cosine = at(Quantity::Alignment, run, row).abs();
            let expected = cosine * 400.0_f64.sqrt() / 8.0;
            near(
                at(Quantity::AlignmentToBound, run, row),
                expected,
                "alignment",
            );
        }
    }
}

#[test]
fn they_are_what_the_theorems_say() {
    let cutoff = "ridge = 0.3\nschedule = \"cutoff\"\ncutoff = 9";
    let linear = "width = 400\nactivation = \"linear\"";
    let tanh = "width = 400\nactivation = \"tanh\"";
    // Orthonormal inputs have one Gbar, whatever their directions.
    let inputs = Array2::eye(8);
    let gamma = kernel_spectrum(Activation::Tanh, &inputs).gamma;
    checked("bounds-linear", linear, "", 0.5, Some(1.0));
    checked("bounds-linear-ridge", linear, cutoff, 0.5, Some(1.0));
    checked("bounds-tanh", tanh, "", 0.25, Some(gamma));
    checked("bounds-tanh-ridge", tanh, cutoff, 0.25, Some(gamma));
}
