//! Data that the theorems did not have in mind: what fails, and what can still be said.

use super::Setup;
use super::data::Facts;
use super::start::short;

/// Shares of |y| below this are rounding.
const ROUNDING: f64 = 1e-6;

pub(super) fn remarks(setup: &Setup<'_>, facts: &Facts) -> Vec<String> {
    let mut remarks = Vec::new();
    let (n, d, rank) = (facts.n, facts.d, facts.rank);
    if facts.max <= 0.0 {
        remarks.push(
            "gamma = 0 and M = 0: the inputs give the hidden units nothing, so that no step size, ridge or time \
             follows from them and no theorem applies; the outputs stay as they are."
                .to_owned(),
        );
        return remarks;
    }
    if n < 2.0 {
        remarks.push(
            "One sample: gamma = M, the isometry is exact (eps = 0) and alignment is decided by one error only; the \
             theorems hold, but say nothing about how samples interact."
                .to_owned(),
        );
    }
    if let Some((i, j)) = facts.equal_inputs {
        remarks.push(format!(
            "Samples {} and {} have equal inputs: Gbar is singular (rank {rank} of {n}), gamma = 0 as Assumption 3.1 \
             means it, and Theorems 3.2 and 4.2 do not apply. What is printed is the least eigenvalue on the range of \
             Gbar, which still sets the rate there; drop the copies to have the theorems back.",
            i + 1,
            j + 1
        ));
    }
    if let Some((i, j, least)) = facts.contradiction {
        remarks.push(format!(
            "Samples {} and {} have equal inputs and different targets: no network fits both, and the loss cannot \
             fall below {}.",
            i + 1,
            j + 1,
            short(least)
        ));
    }
    if (facts.inputs_rank as f64) < n.min(d) {
        let linear = if facts.is_linear {
            " For linear networks gamma and M are those of the range of X X', and the theorems hold there."
        } else {
            " The kernel of this activation can have full rank all the same."
        };
        remarks.push(format!(
            "X has rank {} of at most {}: its rows are linearly dependent.{linear}",
            facts.inputs_rank,
            n.min(d)
        ));
    }
    if n > d && facts.is_linear {
        remarks.push(format!(
            "More samples than inputs (n = {n}, d = {d}): X X' is singular, and the theorems hold on its range of {rank} \
             dimensions, for the projection of y onto it (\"Large sample scenario\"); {}.",
            if facts.out_of_reach > ROUNDING {
                format!(
                    "{} of |y| is off the range and stays as error",
                    short(facts.out_of_reach)
                )
            } else {
                "all of y lies in the range".to_owned()
            }
        ));
    }
    let explained = facts.equal_inputs.is_some() || facts.is_linear;
    if !facts.is_positive() && !explained {
        remarks.push(format!(
            "Gbar has rank {rank} of {n} to rounding: inputs are so alike that the network cannot tell some \
             combinations of them apart. Theorems 3.2 and 4.2 do not apply; gamma is that of the range."
        ));
    }
    if !facts.is_positive()
        && facts.contradiction.is_none()
        && facts.out_of_reach > ROUNDING
        && !facts.is_linear
    {
        remarks.push(format!(
            "{} of |y| is off the range of Gbar and is not learned by wide networks.",
            short(facts.out_of_reach)
        ));
    }
    remarks.extend(about_targets(setup));
    remarks
}

fn about_targets(setup: &Setup<'_>) -> Option<String> {
    let first = setup.targets.row(0);
    let is_constant = setup.targets.rows().into_iter().all(|row| row == first);
    if !is_constant || setup.targets.nrows() < 2 {
        return None;
    }
    Some(if first.iter().all(|y| *y == 0.0) {
        "All targets are 0: |y| = Theta(sqrt n) fails, and with it Theorems 4.3 and 4.6; ridge then only shrinks \
         the outputs, and there is nothing to align with. Theorem 3.2 does not mind."
            .to_owned()
    } else {
        "All targets are equal: the theorems hold as for any y, but alignment and kernel-target alignment then \
         tell of one direction only, the mean of the features."
            .to_owned()
    })
}
