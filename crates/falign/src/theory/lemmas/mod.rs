//! The inequalities of the paper's lemmas, each measured: its left side, its right side with
//! every constant taken as 1, and so the constant that this start and run imply.
//!
//! Pure functions of arrays, for one output. Letters: K = X X'; S the ridge that a run of the
//! given length spends, sum lambda(t); delta the probability that a lemma may fail with.

mod linear;
mod moved;
mod start;
#[cfg(test)]
mod tests;

use ndarray::Array2;

use super::Spectrum;
use super::matrix::{check_columns, check_shape};
use crate::math::Activation;
use crate::rule::Schedule;
use crate::stage::{Listener, Stage, Work};
use crate::{Error, Result};

/// delta of the statements that hold with probability 1 - delta.
pub const DELTA: f64 = 0.05;

/// A two-layer network at its start, and how it is trained.
#[derive(Debug, Clone, Copy)]
pub struct LemmaSetup<'a> {
    /// psi.
    pub activation: Activation,
    /// X, (samples, `input_dim`).
    pub inputs: &'a Array2<f64>,
    /// y, (samples, 1).
    pub targets: &'a Array2<f64>,
    /// W(0), (width, `input_dim`).
    pub hidden_weights: &'a Array2<f64>,
    /// beta(0), (width, 1).
    pub output_weights: &'a Array2<f64>,
    /// b, (width, 1).
    pub feedback_weights: &'a Array2<f64>,
    /// eta > 0.
    pub step_size: f64,
    /// lambda(t), which enters as 1 - eta lambda(t).
    pub schedule: &'a Schedule,
    /// Steps that are looked at.
    pub steps: u64,
    /// gamma and M of the infinite-width kernel.
    pub spectrum: Spectrum,
}

/// Side that the paper's constant is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// left <= c right.
    AtMost,
    /// left >= c right.
    AtLeast,
}

/// One inequality on one start or run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inequality {
    /// Number of the lemma in the paper, such as `A.4`; a letter behind it tells parts apart.
    pub key: &'static str,
    /// The inequality in signs.
    pub says: &'static str,
    /// The larger side.
    pub side: Side,
    /// The measured left side; over a run, where it is nearest to failing.
    pub left: f64,
    /// The right side with constants 1.
    pub right: f64,
}

impl Inequality {
    /// left / right: the constant with which the inequality is an equality.
    pub fn constant(&self) -> f64 {
        self.left / self.right
    }

    fn at_most(key: &'static str, says: &'static str, left: f64, right: f64) -> Self {
        let side = Side::AtMost;
        Self {
            key,
            says,
            side,
            left,
            right,
        }
    }

    fn at_least(key: &'static str, says: &'static str, left: f64, right: f64) -> Self {
        Self {
            side: Side::AtLeast,
            ..Self::at_most(key, says, left, right)
        }
    }
}

/// The inequalities that speak of this network, measured.
///
/// Of the start: (A.4) to (A.7), (B.6) to (B.9), Corollary C.2, Lemmas C.3 and C.4. Of a run of
/// `steps`: for linear networks (B.10) to (B.13), and with a ridge that is at first constant
/// (B.14), (B.15), (B.21); for the others (A.11) to (A.14), or with ridge (A.16) to (A.18) and
/// (A.14). A run that diverges leaves NaN.
///
/// Repaired as their proofs ask: (A.14) is about beta(t) - `P_t` beta(0), as the ridge shrinks
/// beta(0) too; Lemma C.4 has 2 exp(-t); identities are those of the right size.
///
/// Cost: O(p d^2) for the start, O(p n (n + d)) for each step of a network that is not linear.
///
/// # Errors
/// [`Error::Config`] for more than one output; [`Error::Shape`] naming an array that does not fit.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::rule::Schedule;
/// use falign::theory::Spectrum;
/// use falign::internal::theory::lemmas::{LemmaSetup, lemmas};
/// use ndarray::array;
/// let ones = array![[1.0], [-1.0]];
/// let rows = lemmas(LemmaSetup {
///     activation: Activation::Linear,
///     inputs: &array![[1.0, 0.0]],
///     targets: &array![[1.0]],
///     hidden_weights: &array![[1.0, 0.0], [0.0, 1.0]],
///     output_weights: &ones,
///     feedback_weights: &ones,
///     step_size: 0.1,
///     schedule: &Schedule::Constant { ridge: 0.0 },
///     steps: 10,
///     spectrum: Spectrum { gamma: 1.0, max: 1.0 },
/// })?;
/// assert_eq!((rows[0].key, rows[0].left), ("A.4", 1.0));
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Appendices A, B and C.
pub fn lemmas(setup: LemmaSetup<'_>) -> Result<Vec<Inequality>> {
    lemmas_of(setup, &Work::new(Listener::NOBODY, 1.0, &lemma_stage))
}

/// Inequalities of lemmas at a share of them.
pub(crate) fn lemma_stage(share: f64) -> Stage {
    Stage::Lemmas { share }
}

/// [`lemmas`], as one unit of some work.
///
/// # Errors
/// As there; [`Error::Stopped`] where it is to stop.
pub(crate) fn lemmas_of(setup: LemmaSetup<'_>, work: &Work<'_>) -> Result<Vec<Inequality>> {
    let ((n, d), p) = (setup.inputs.dim(), setup.hidden_weights.nrows());
    if setup.targets.ncols() != 1 {
        let why = "the paper's lemmas are about one output; set data.outputs = 1";
        return Err(Error::config("data.outputs", setup.targets.ncols(), why));
    }
    check_shape("targets", setup.targets, (n, 1))?;
    check_columns("hidden_weights", setup.hidden_weights, d)?;
    check_shape("output_weights", setup.output_weights, (p, 1))?;
    check_shape("feedback_weights", setup.feedback_weights, (p, 1))?;
    let mut rows = start::inequalities(&setup)?;
    rows.extend(if setup.activation == Activation::Linear {
        linear::inequalities(&setup, work)?
    } else {
        moved::inequalities(&setup, work)?
    });
    Ok(rows)
}

/// |v|.
fn norm(v: &Array2<f64>) -> f64 {
    dot(v, v).sqrt()
}

/// The sum of products of entries.
fn dot(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The larger one; NaN if either is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}
