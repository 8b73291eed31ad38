//! Facts about the data, as the kernel sees them.

use std::collections::BTreeMap;

use ndarray::{Array2, Axis};

use super::alignment::initial_decay;
use super::line::{Basis, Group, Line};
use super::{LazyFeedback, Setup};
use crate::math::Activation;
use crate::stage::Listener;
use crate::theory::algebra::{apart, solve_positive, symmetric_eigenvalues_with_listener};
use crate::theory::infinite::feature_kernel_with_listener;
use crate::theory::matrix::products_with_listener;
use crate::theory::spectrum::{RANK_TOLERANCE, Spectrum};
use crate::theory::{infinite_eigenvalues_with_listener, training_kernel_max_with_listener};
use crate::{Error, Result};

/// Directions with less than this share of M count as out of reach.
const REACH: f64 = 1e-10;

/// Numbers that all parts of a certificate share.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub(super) n: f64,
    pub(super) d: f64,
    pub(super) k: usize,
    pub(super) p: f64,
    pub(super) eta: f64,
    pub(super) is_linear: bool,
    /// Least eigenvalue of Gbar on its range; `max` is its largest.
    pub(super) gamma: f64,
    pub(super) max: f64,
    pub(super) rank: usize,
    /// Spectrum of X X', on its range.
    pub(super) inputs: Spectrum,
    pub(super) inputs_rank: usize,
    /// M of Gbar + h K o Gdot.
    pub(super) training_max: f64,
    /// h.
    pub(super) share: f64,
    /// max lambda(t).
    pub(super) ridge: f64,
    /// -log `P_T` at the end of the run.
    pub(super) initial_decay: f64,
    pub(super) target_norm: f64,
    /// Share of |Y| out of the kernel's range.
    pub(super) out_of_reach: f64,
    /// Two samples with equal inputs.
    pub(super) equal_inputs: Option<(usize, usize)>,
    /// Two whose targets differ besides, and the least loss that all such samples leave.
    pub(super) contradiction: Option<(usize, usize, f64)>,
}

impl Facts {
    /// # Errors
    /// [`Error::Stopped`] where it is to stop.
    pub(super) fn of(setup: &Setup<'_>, listener: Listener<'_>) -> Result<Self> {
        let (x, y) = (setup.inputs, setup.targets);
        let (n, d) = x.dim();
        let squares = gram_eigenvalues(x, listener)?;
        let inputs = Spectrum::of(&squares);
        let is_linear = setup.activation == Activation::Linear;
        let share = match setup.feedback {
            LazyFeedback::Transpose => 1.0,
            LazyFeedback::Fixed { correlation } => correlation.max(0.0),
        };
        // A linear network's kernel is X X', whose spectrum the smaller Gram matrix has.
        let computed = if is_linear || setup.kernel_eigenvalues.is_some() {
            None
        } else {
            let found = infinite_eigenvalues_with_listener(setup.activation, x, listener);
            Some(found.ok_or(Error::Stopped)?)
        };
        let known = setup.kernel_eigenvalues.or(computed.as_deref());
        let eigenvalues = known.unwrap_or(&squares);
        let Spectrum { gamma, max } = Spectrum::of(eigenvalues);
        let training_max = if share <= 0.0 {
            max
        } else if is_linear {
            (1.0 + share) * max
        } else {
            let max = training_kernel_max_with_listener(setup.activation, x, share, listener);
            max.ok_or(Error::Stopped)?
        };
        let rank = rank(eigenvalues, max);
        let (equal_inputs, contradiction) = equal_rows(x, y);
        let mut facts = Self {
            n: n as f64,
            d: d as f64,
            k: y.ncols(),
            p: setup.width as f64,
            eta: setup.step_size,
            is_linear,
            gamma,
            max,
            rank,
            inputs_rank: self::rank(&squares, inputs.max),
            inputs,
            training_max,
            share,
            ridge: setup.schedule.max(),
            initial_decay: initial_decay(setup.schedule, setup.step_size, setup.steps),
            target_norm: y.iter().map(|y| y * y).sum::<f64>().sqrt(),
            out_of_reach: 0.0,
            equal_inputs,
            contradiction,
        };
        if rank < n {
            facts.out_of_reach = out_of_reach(setup, max, facts.target_norm, listener)?;
        }
        Ok(facts)
    }

    /// Whether Gbar is positive definite.
    pub(super) fn is_positive(&self) -> bool {
        self.rank as f64 >= self.n
    }

    /// eps of X: (gamma, eps)-isometric on its range.
    pub(super) fn isometry(&self) -> f64 {
        self.inputs.max / self.inputs.gamma - 1.0
    }

    /// ln p, at least that of 2: the theorems mean wide networks.
    pub(super) fn log_width(&self) -> f64 {
        libm::log(self.p.max(2.0))
    }
}

/// Eigenvalues of X X', or those of X' X where it is smaller: the others vanish.
fn gram_eigenvalues(x: &Array2<f64>, listener: Listener<'_>) -> Result<Vec<f64>> {
    let gram = if x.nrows() <= x.ncols() {
        products_with_listener(x, x, listener)?
    } else {
        let columns = x.t().as_standard_layout().into_owned();
        products_with_listener(&columns, &columns, listener)?
    };
    symmetric_eigenvalues_with_listener(gram, listener).ok_or(Error::Stopped)
}

fn rank(eigenvalues: &[f64], max: f64) -> usize {
    let counts = eigenvalues.iter().filter(|l| **l > RANK_TOLERANCE * max);
    if max > 0.0 { counts.count() } else { 0 }
}

/// The share of |Y| along directions in which the kernel is singular, to rounding.
fn out_of_reach(setup: &Setup<'_>, max: f64, norm: f64, listener: Listener<'_>) -> Result<f64> {
    if max <= 0.0 || norm <= 0.0 {
        return Ok(if norm > 0.0 { 1.0 } else { 0.0 });
    }
    let (x, y) = (setup.inputs, setup.targets.clone());
    let kernel = feature_kernel_with_listener(setup.activation, x, listener);
    let mut kernel = kernel.ok_or(Error::Stopped)?;
    kernel /= max;
    kernel.diag_mut().map_inplace(|g| *g += REACH);
    let solved = apart(x.nrows(), listener, move || solve_positive(&kernel, &y));
    let left = solved.ok_or(Error::Stopped)?.map(|alpha| alpha * REACH);
    Ok(left.map_or(f64::NAN, |left| {
        left.iter().map(|x| x * x).sum::<f64>().sqrt() / norm
    }))
}

/// Two samples with equal inputs, and two whose targets differ besides, with the least loss.
fn equal_rows(x: &Array2<f64>, y: &Array2<f64>) -> (Option<(usize, usize)>, Contradiction) {
    let mut groups: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    for (i, row) in x.axis_iter(Axis(0)).enumerate() {
        // -0 and 0 are one number.
        let bits = row.iter().map(|x| (x + 0.0).to_bits()).collect();
        groups.entry(bits).or_default().push(i);
    }
    let (mut equal, mut differ, mut least) = (None, None, 0.0);
    for group in groups.values().filter(|group| group.len() > 1) {
        let pair = (group[0], group[1]);
        equal = Some(equal.map_or(pair, |known: (usize, usize)| known.min(pair)));
        let targets = y.select(Axis(0), group);
        let mean = targets.mean_axis(Axis(0)).expect("a group is not empty");
        least += 0.5 * (&targets - &mean).iter().map(|e| e * e).sum::<f64>();
        if let Some(j) = group.iter().find(|j| y.row(**j) != y.row(group[0])) {
            differ = differ.or(Some((group[0], *j)));
        }
    }
    (equal, differ.map(|(i, j)| (i, j, least)))
}

type Contradiction = Option<(usize, usize, f64)>;

pub(super) fn lines(facts: &Facts) -> Vec<Line> {
    let line = |key, label: &str, value| Line::new(Group::Data, key, label, value, Basis::Theorem);
    let count = facts.n;
    let mut lines = vec![
        line("kernel_rank", "rank of Gbar", facts.rank as f64).note(if facts.is_positive() {
            format!("full: {count} samples")
        } else {
            format!("of {count}: all is on its range")
        }),
        line("gamma", "gamma, least eigenvalue of Gbar", facts.gamma).note("Assumption 3.1"),
        line("kernel_max", "M, largest eigenvalue of Gbar", facts.max),
        line("condition", "M / gamma", facts.max / facts.gamma),
        line(
            "isometry_gamma",
            "gamma of X: least eigenvalue of X X'",
            facts.inputs.gamma,
        )
        .note("Definition 4.4"),
        line(
            "isometry_eps",
            "eps of X: (gamma, eps)-isometric",
            facts.isometry(),
        )
        .note("0: orthonormal inputs"),
        line(
            "target_rms",
            "|y| / sqrt(n)",
            facts.target_norm / facts.n.sqrt(),
        )
        .note("Theorem 4.3: Theta(1)"),
    ];
    if !facts.is_positive() {
        lines.push(
            line(
                "out_of_reach",
                "share of |y| off the range of Gbar",
                facts.out_of_reach,
            )
            .note("is not learned"),
        );
    }
    lines
}
