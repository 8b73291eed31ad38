//! The certificate: what the theorems and limits say of given data and settings.
//!
//! Pure functions of arrays. Each number is a *theorem*'s, *asymptotic* or *observed*, and says
//! which. Constants that the paper does not name are taken as 1.

mod alignment;
mod data;
mod growth;
mod line;
mod propositions;
mod remarks;
mod ridge;
mod run;
mod start;
mod statement;
mod step_size;
mod theorems;
mod time;

use ndarray::Array2;

pub use alignment::{CutoffNeeded, Drawn, Forecast};
pub use line::{Basis, Group, Line};
pub use run::MeasuredRun;
pub use start::InitialKernels;
pub use statement::{Condition, Met, Statement, Verdict};

use super::LazyFeedback;
use super::matrix::{check_finite, check_shape};
use crate::math::Activation;
use crate::rule::Schedule;
use crate::stage::Listener;
use crate::{Error, Result};
use data::Facts;

/// Data and settings that a certificate is about.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    /// psi.
    pub activation: Activation,
    /// X, (samples, `input_dim`).
    pub inputs: &'a Array2<f64>,
    /// Y, (samples, outputs).
    pub targets: &'a Array2<f64>,
    /// p.
    pub width: u64,
    /// eta > 0.
    pub step_size: f64,
    /// lambda(t), which enters as 1 - eta lambda(t).
    pub schedule: &'a Schedule,
    /// Steps of the run.
    pub steps: u64,
    /// How b and beta(0) are correlated.
    pub feedback: LazyFeedback,
    /// Whether the inputs were drawn from N(0, I/d); `None` where nobody knows.
    pub normal_over_dim: Option<bool>,
    /// Departures of the training from the paper's (dropout, say), each in a few words.
    pub departures: &'a [String],
    /// The eigenvalues of Gbar, if they are known from
    /// [`infinite_eigenvalues`](super::infinite_eigenvalues); else they are computed.
    pub kernel_eigenvalues: Option<&'a [f64]>,
    /// G(0) and H(0) of the start.
    pub initial_kernels: Option<&'a InitialKernels>,
}

/// Statements of theory on data and settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// The numbers, group by group.
    pub lines: Vec<Line>,
    /// Theorems and propositions.
    pub statements: Vec<Statement>,
    /// How much of beta(0) is left, on which alignment hangs, in a sentence.
    pub summary: String,
    /// Unusual properties of the data: what fails, and what can still be said.
    pub remarks: Vec<String>,
    facts: Facts,
}

impl Certificate {
    /// The number of that key, wherever it stands.
    ///
    /// A key is unique, but may be absent where it has no meaning.
    pub fn value(&self, key: &str) -> Option<f64> {
        let of_statements = self.statements.iter().flat_map(|s| &s.lines);
        let mut lines = self.lines.iter().chain(of_statements);
        lines.find(|line| line.key == key)?.value
    }

    /// The statement of that key.
    pub fn statement(&self, key: &str) -> Option<&Statement> {
        self.statements.iter().find(|s| s.key == key)
    }
}

/// The certificate of a setup.
///
/// Cost: the eigenvalues of Gbar, of X X' or X' X, and with `initial_kernels` of G(0) and H(0),
/// each O(n^3), and where a ridge acts the slow-time limit, which gives up after a fixed amount
/// of work. A second for 1000 samples, a minute for 5000.
///
/// # Errors
/// [`Error::Shape`] naming an array that does not fit, is empty or not finite;
/// [`Error::Config`] for a step size or width that is not positive.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::rule::Schedule;
/// use falign::internal::theory::LazyFeedback;
/// use falign::internal::theory::certificate::{Setup, Verdict, certify};
/// use ndarray::array;
/// let certificate = certify(&Setup {
///     activation: Activation::Relu,
///     inputs: &array![[1.0, 0.0], [0.0, 2.0]],
///     targets: &array![[1.0], [-1.0]],
///     width: 1000,
///     step_size: 0.1,
///     schedule: &Schedule::Constant { ridge: 0.0 },
///     steps: 100,
///     feedback: LazyFeedback::Fixed { correlation: 0.0 },
///     normal_over_dim: None,
///     departures: &[],
///     kernel_eigenvalues: None,
///     initial_kernels: None,
/// })?;
/// assert!(certificate.value("gamma").unwrap() > 0.3);
/// // ReLU is not smooth: the theorem is about other networks.
/// let theorem = certificate.statement("theorem_3_2").unwrap();
/// assert_eq!(theorem.verdict(), Verdict::NotMet);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Sections 3 and 4; each line names its own.
pub fn certify(setup: &Setup<'_>) -> Result<Certificate> {
    certify_with_listener(setup, Listener::NOBODY)
}

/// [`certify`], unless it is stopped.
///
/// # Errors
/// As there; [`Error::Stopped`] where it is to stop.
pub(crate) fn certify_with_listener(
    setup: &Setup<'_>,
    listener: Listener<'_>,
) -> Result<Certificate> {
    check(setup)?;
    let facts = Facts::of(setup, listener)?;
    let mut lines = alignment::lines(setup, &facts);
    lines.extend(data::lines(&facts));
    lines.extend(start::lines(setup, &facts, listener)?);
    lines.extend(step_size::lines(setup, &facts, listener)?);
    lines.extend(ridge::lines(setup, &facts));
    lines.extend(time::lines(setup, &facts));
    let mut statements = theorems::statements(setup, &facts);
    statements.extend(propositions::statements(setup, &facts));
    Ok(Certificate {
        lines,
        statements,
        summary: alignment::summary(setup, &facts),
        remarks: remarks::remarks(setup, &facts),
        facts,
    })
}

fn check(setup: &Setup<'_>) -> Result<()> {
    let Setup {
        inputs, targets, ..
    } = setup;
    if inputs.is_empty() {
        let got = format!("{:?}", inputs.dim());
        return Err(Error::shape("inputs", "at least one sample and input", got));
    }
    check_finite("inputs", inputs)?;
    check_shape("targets", targets, (inputs.nrows(), targets.ncols().max(1)))?;
    check_finite("targets", targets)?;
    if !(setup.step_size > 0.0 && setup.step_size.is_finite()) {
        return Err(Error::config(
            "step_size",
            setup.step_size,
            "expected a number above 0",
        ));
    }
    if setup.width == 0 {
        return Err(Error::config("width", 0, "expected at least 1 hidden unit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Stage, stopped_at_each_stage};

    /// Two equal inputs: the kernel is singular, and the share of the targets off its range is asked
    /// for.
    #[test]
    fn each_kernel_of_a_certificate_is_told_of_and_can_be_stopped() {
        let inputs = Array2::from_shape_fn((6, 4), |(i, j)| ((5 * (i % 5) + j) as f64).sin());
        let targets = Array2::from_shape_fn((6, 1), |(i, _)| (i as f64 * 1.7).cos());
        let schedule = Schedule::Constant { ridge: 0.2 };
        let kernels = InitialKernels {
            feature: inputs.dot(&inputs.t()),
            feedback: Some(Array2::from_shape_fn((6, 6), |(i, j)| {
                (i as f64 - 0.3 * j as f64).sin()
            })),
        };
        let setup = |correlation| Setup {
            activation: Activation::Relu,
            inputs: &inputs,
            targets: &targets,
            width: 300,
            step_size: 0.01,
            schedule: &schedule,
            steps: 20,
            feedback: LazyFeedback::Fixed { correlation },
            normal_over_dim: None,
            departures: &[],
            kernel_eigenvalues: None,
            initial_kernels: Some(&kernels),
        };
        for (correlation, expected) in [(0.0, 2), (0.5, 4)] {
            let setup = setup(correlation);
            let told = stopped_at_each_stage(|listener| certify_with_listener(&setup, listener));
            // Gbar, for its eigenvalues and for the targets; with b that follows beta also both parts
            // of the kernel that is trained with. A kernel ends before its last row.
            let last_row = |stage: &&Stage| {
                let Stage::Kernel { samples: 6, share } = stage else {
                    return false;
                };
                (share - 5.0 / 6.0).abs() < 1e-12
            };
            assert_eq!(told.iter().filter(last_row).count(), expected, "{told:?}");
            let is_followed = |stage: &Stage| matches!(stage, Stage::SlowTime { groups: 300, .. });
            assert_eq!(told.iter().any(is_followed), correlation == 0.0, "{told:?}");
            let goes_on = |_| true;
            let with = certify_with_listener(&setup, Listener::new(&goes_on)).unwrap();
            assert_eq!(
                format!("{with:?}"),
                format!("{:?}", certify(&setup).unwrap())
            );
        }
    }
}
