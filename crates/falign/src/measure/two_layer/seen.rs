//! A recorded step, as quantities see it.

use std::cell::{Cell, OnceCell};

use super::kernels::Kernel;
use super::{Past, References};
use crate::measure::{Made, Quantity};
use crate::stage::Listener;
use crate::two_layer::snapshot::Movement;
use crate::two_layer::{Needs, Problem, Snapshot};
use crate::{Error, Result};

/// A recorded step of a two-layer engine, with what it shows.
pub(crate) struct Seen<'a> {
    pub(crate) problem: &'a Problem,
    /// Steps done.
    pub(crate) step: u64,
    pub(crate) snapshot: &'a Snapshot,
    /// The steps before; `None` where a snapshot is looked at by itself.
    pub(crate) past: Option<&'a Past>,
    /// Kernels and spectra to compare with, likewise.
    pub(crate) references: Option<&'a References>,
    /// Listener that may stop what takes long.
    pub(crate) listener: Listener<'a>,
    is_stopped: Cell<bool>,
    feature_kernel: OnceCell<Option<Kernel>>,
    feedback_kernel: OnceCell<Option<Kernel>>,
}

impl<'a> Seen<'a> {
    /// A snapshot by itself, after so many steps.
    pub(crate) fn new(problem: &'a Problem, snapshot: &'a Snapshot, step: u64) -> Self {
        Self {
            problem,
            step,
            snapshot,
            past: None,
            references: None,
            listener: Listener::NOBODY,
            is_stopped: Cell::new(false),
            feature_kernel: OnceCell::new(),
            feedback_kernel: OnceCell::new(),
        }
    }

    /// The value of a quantity; `None` where it has none here, and for predictions.
    pub(crate) fn value(&self, quantity: Quantity) -> Option<f64> {
        match quantity.two_layer()?.made {
            Made::Always(value) => Some(value(self)),
            Made::WhereShown(value) => value(self),
            Made::Lazy | Made::SlowTime(_) => None,
        }
    }

    /// G.
    pub(crate) fn feature_kernel(&self) -> Option<&Kernel> {
        let of_snapshot = || Kernel::square(self.snapshot.feature_kernel.as_deref()?);
        self.feature_kernel.get_or_init(of_snapshot).as_ref()
    }

    /// H.
    pub(crate) fn feedback_kernel(&self) -> Option<&Kernel> {
        let of_snapshot = || Kernel::square(self.snapshot.feedback_kernel.as_deref()?);
        self.feedback_kernel.get_or_init(of_snapshot).as_ref()
    }

    /// Eigenvalues of the symmetric part of G, ascending.
    pub(crate) fn feature_eigenvalues(&self) -> Option<&[f64]> {
        Some(self.feature_kernel()?.eigenvalues(self))
    }

    /// Eigenvalues of the symmetric part of H, ascending.
    pub(crate) fn feedback_eigenvalues(&self) -> Option<&[f64]> {
        Some(self.feedback_kernel()?.eigenvalues(self))
    }

    /// A value that takes long to find; `None` where there is none, or it was stopped.
    pub(super) fn unless_stopped<T>(
        &self,
        find: impl FnOnce(Listener<'_>) -> Result<T>,
    ) -> Option<T> {
        let found = find(self.listener);
        if matches!(found, Err(Error::Stopped)) {
            self.is_stopped.set(true);
        }
        found.ok()
    }

    /// Ends what is seen.
    ///
    /// # Errors
    /// [`Error::Stopped`] where a value was stopped.
    pub(crate) fn end(self) -> Result<()> {
        if self.is_stopped.into_inner() {
            return Err(Error::Stopped);
        }
        Ok(())
    }

    /// The root mean square of movements over units.
    pub(crate) fn rms(&self, movement: Option<Movement>) -> Option<f64> {
        Some((movement?.sum_squares / self.problem.width as f64).sqrt())
    }
}

/// The value of a quantity in one snapshot, after `step` steps.
///
/// `None` for those that depend on the steps before (contraction, `T_c`, ridge spent), on the start or
/// on spectra of the data, on parts that the snapshot does not have, for predictions, and for those
/// that only deep networks have.
pub fn quantity(
    problem: &Problem,
    snapshot: &Snapshot,
    step: u64,
    quantity: Quantity,
) -> Option<f64> {
    Seen::new(problem, snapshot, step).value(quantity)
}

impl Needs {
    /// Needs of these quantities; `weights` if final weights will be asked for.
    pub fn of(quantities: &[Quantity], weights: bool) -> Self {
        let rows = quantities
            .iter()
            .filter_map(|quantity| quantity.two_layer());
        let all = rows.fold(Self::NONE, |all, row| all.or(row.needs));
        Self {
            coefficients: weights || all.coefficients,
            ..all
        }
    }
}
