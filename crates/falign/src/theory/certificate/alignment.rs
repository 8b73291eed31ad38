//! Rest of beta(0), on which alignment hangs, and the alignment that is expected.

use super::Setup;
use super::data::Facts;
use super::line::{Basis, Group, Line};
use super::ridge::unit;
use super::start::short;
use super::{Certificate, LazyFeedback};
use crate::rule::Schedule;

/// Steps whose factors are multiplied one by one; beyond, blocks of steps are.
const SUMMED_ONE_BY_ONE: u64 = 1_000_000;

/// -log `P_T` = -sum over t < `steps` of log |1 - eta lambda(t)|: what ridge takes from beta(0).
pub(super) fn initial_decay(schedule: &Schedule, eta: f64, steps: u64) -> f64 {
    let of_step = |t: f64| -libm::log((1.0 - eta * schedule.at(t)).abs());
    match schedule {
        Schedule::Constant { .. } => steps as f64 * of_step(0.0),
        Schedule::Cutoff { last_step, .. } => {
            steps.min(last_step.saturating_add(1)) as f64 * of_step(0.0)
        }
        _ => {
            let single = steps.min(SUMMED_ONE_BY_ONE);
            let first: f64 = (0..single).map(|t| of_step(t as f64)).sum();
            // So late a schedule hardly changes within a block.
            let length = (steps - single) as f64 / SUMMED_ONE_BY_ONE as f64;
            let middle = |block: u64| single as f64 - 0.5 + (block as f64 + 0.5) * length;
            let blocks = if length > 0.0 { SUMMED_ONE_BY_ONE } else { 0 };
            let rest: f64 = (0..blocks).map(|block| of_step(middle(block))).sum();
            first + length * rest
        }
    }
}

/// How much of beta(0) is left at the end of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// beta(0) is at most 1/e of the rest of beta.
    Little,
    /// beta(0) is at most as much as the rest of beta.
    Half,
    /// beta(0) is most of beta: b is nearly orthogonal to it, the more the wider the network.
    Most,
}

impl Facts {
    /// (1/2) log(p/n): as much is then left of beta(0) as beta has besides, where X and y are of
    /// unit size.
    fn half_way(&self) -> f64 {
        (0.5 * libm::log(self.p / self.n)).max(0.0)
    }

    /// The -log `P_T` from which on beta(0) counts as forgotten.
    pub(super) fn decay_wanted(&self) -> f64 {
        self.half_way() + 1.0
    }

    pub(super) fn left(&self) -> Left {
        if self.initial_decay >= self.decay_wanted() {
            Left::Little
        } else if self.initial_decay >= self.half_way() {
            Left::Half
        } else {
            Left::Most
        }
    }
}

pub(super) fn lines(setup: &Setup<'_>, facts: &Facts) -> Vec<Line> {
    let line =
        |key, label: &str, value, basis| Line::new(Group::Alignment, key, label, value, basis);
    let mut lines = vec![
        line(
            "initial_decay",
            "-log P_T, P_T = product of 1 - eta lambda(t)",
            facts.initial_decay,
            Basis::Theorem,
        )
        .note("at the end of the run"),
        line(
            "initial_decay_wanted",
            "(1/2) log(p/n) + 1: beta(0) is forgotten",
            facts.decay_wanted(),
            Basis::Asymptotic,
        ),
    ];
    let in_force = |value| {
        let label = "c_S of the cutoff in force";
        line("cutoff_in_force", label, value, Basis::Theorem)
    };
    match setup.schedule {
        Schedule::Cutoff { ridge, last_step } => {
            let spent = *last_step as f64 * ridge;
            let of_unit = in_force(spent / unit(facts));
            lines.push(of_unit.note(format!("T = {last_step}")));
        }
        Schedule::Constant { ridge } if *ridge > 0.0 => {
            lines.push(in_force(f64::NAN).none("none: the ridge stays"));
        }
        _ => {}
    }
    lines
}

/// A sentence on how much of beta(0) is left.
pub(super) fn summary(setup: &Setup<'_>, facts: &Facts) -> String {
    if setup.feedback == LazyFeedback::Transpose {
        return "Backpropagation sends errors through beta itself: alignment is 1, whatever is left of beta(0)."
            .to_owned();
    }
    let (decay, wanted) = (facts.initial_decay, facts.decay_wanted());
    if facts.ridge <= 0.0 {
        return "All of beta(0) is left, as there is no ridge: b and beta come to no more alignment than they start \
                with and O(n/sqrt p)."
            .to_owned();
    }
    let numbers = format!(
        "-log P_T = {}, forgotten from (1/2) log(p/n) + 1 = {} on",
        short(decay),
        short(wanted)
    );
    match facts.left() {
        Left::Little => format!("Little is left of beta(0): {numbers}. Alignment can form."),
        Left::Half => {
            format!("About half of beta is still beta(0): {numbers}. Alignment forms next to it.")
        }
        Left::Most => format!(
            "Most of beta is still beta(0): {numbers}. Alignment vanishes as the network widens."
        ),
    }
}

/// The alignment that is expected at the end of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Forecast {
    /// Exactly, on drawn starts.
    Drawn(Drawn),
    /// A limit of infinite width.
    Limit {
        /// The alignment in the limit.
        alignment: f64,
        /// How far a single run may be from it, or how well the limit was computed.
        error: f64,
        /// The name of the limit, and why it applies.
        why: String,
    },
    /// No forecast, for this reason.
    None {
        /// The reason.
        why: String,
    },
}

/// The exact recurrence of a linear network on drawn starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// cos(b, beta(T)) of each draw.
    pub alignment: Vec<f64>,
    /// `P_T` |beta(0)| / |beta(T)| of each draw, where the recurrence tells it.
    pub initial_share: Vec<f64>,
    /// The quantities that were drawn.
    pub what: &'static str,
    /// The cutoff that a wanted alignment needs.
    pub cutoff: CutoffNeeded,
}

/// The last step T of the shortest constant ridge whose end has the wanted alignment.
#[derive(Debug, Clone, PartialEq)]
pub enum CutoffNeeded {
    /// T, and what is reached with it.
    At {
        /// T.
        last_step: u64,
        /// The alignment that was wanted.
        wanted: f64,
        /// The largest mean alignment of those tried.
        best: f64,
    },
    /// No cutoff within the run reaches it.
    Never {
        /// The alignment that was wanted.
        wanted: f64,
        /// The largest mean alignment of those tried.
        best: f64,
    },
    /// The cutoff was not looked for, for this reason.
    Unknown {
        /// The reason.
        why: String,
    },
}

const CUTOFF_NEEDED: &str = "c_S of the cutoff needed";

impl Certificate {
    /// The certificate with the alignment that is expected.
    #[must_use]
    pub fn with_forecast(mut self, forecast: &Forecast) -> Self {
        let line =
            |key, label: &str, basis| Line::new(Group::Alignment, key, label, f64::NAN, basis);
        let predicted = |basis| line("predicted_alignment", "predicted final cos(b, beta)", basis);
        match forecast {
            Forecast::None { why } => self.lines.push(predicted(Basis::Asymptotic).none(why)),
            Forecast::Limit {
                alignment,
                error,
                why,
            } => {
                self.lines.push(Line {
                    value: Some(*alignment),
                    ..predicted(Basis::Asymptotic).note(format!("+- {}: {why}", short(*error)))
                });
                self.lines.push(Line {
                    value: Some(*error),
                    ..line("predicted_alignment_error", "its error", Basis::Asymptotic)
                });
            }
            Forecast::Drawn(drawn) => self.drawn(drawn),
        }
        if !matches!(forecast, Forecast::Drawn(_)) && self.facts.ridge > 0.0 {
            let needed = line("cutoff_needed", CUTOFF_NEEDED, Basis::Observed);
            let why = "looked for where the prediction is exact";
            self.lines.push(needed.none(why));
        }
        self
    }

    fn drawn(&mut self, drawn: &Drawn) {
        let line = |key, label: &str, value| {
            Line::new(Group::Alignment, key, label, value, Basis::Observed)
        };
        let (mean, spread) = mean_and_spread(&drawn.alignment);
        let count = drawn.alignment.len() as f64;
        let error = spread / count.sqrt();
        self.lines.extend([
            line("predicted_alignment", "predicted final cos(b, beta)", mean).note(format!(
                "+- {}: exact recurrence, {count} draws of {}",
                short(error),
                drawn.what
            )),
            line(
                "predicted_alignment_error",
                "standard error of that mean",
                error,
            ),
            line(
                "predicted_alignment_spread",
                "standard deviation of a single run",
                spread,
            ),
        ]);
        let (share, _) = mean_and_spread(&drawn.initial_share);
        if share.is_finite() {
            let label = "P_T |beta(0)| / |beta(T)|: left of beta(0)";
            self.lines
                .push(line("initial_share", label, share).note("mean of the draws"));
        }
        let needed = line("cutoff_needed", CUTOFF_NEEDED, f64::NAN);
        let about = |wanted: f64, best: f64| {
            format!(
                "for alignment {}; the best of all gives {}",
                short(wanted),
                short(best)
            )
        };
        self.lines.push(match &drawn.cutoff {
            CutoffNeeded::Unknown { why } => needed.none(why),
            CutoffNeeded::Never { wanted, best } => needed.none(format!(
                "no c_S within the run is enough {}",
                about(*wanted, *best)
            )),
            CutoffNeeded::At {
                last_step,
                wanted,
                best,
            } => Line {
                value: Some(*last_step as f64 * self.facts.ridge / unit(&self.facts)),
                ..needed.note(format!("T = {last_step}, {}", about(*wanted, *best)))
            },
        });
    }
}

/// Mean and standard deviation; NaN of nothing.
fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_of_beta_0_is_a_product_over_the_steps() {
        let eta = 0.2;
        for schedule in [
            Schedule::Constant { ridge: 1.5 },
            Schedule::Constant { ridge: 8.0 }, // 1 - eta lambda = -0.6
            Schedule::Cutoff {
                ridge: 1.5,
                last_step: 6,
            },
            Schedule::InverseSquare {
                ridge: 1.5,
                decay_steps: 3.0,
            },
            Schedule::Table {
                values: vec![1.0, 0.0, 2.5],
            },
        ] {
            for steps in [0, 1, 6, 7, 8, 30] {
                let product: f64 = (0..steps).map(|t| 1.0 - eta * schedule.value(t)).product();
                let found = initial_decay(&schedule, eta, steps);
                assert!(
                    (found + product.abs().ln()).abs() < 1e-12,
                    "{schedule:?} {steps}"
                );
            }
        }
    }

    #[test]
    fn millions_of_steps_are_multiplied_in_blocks() {
        let decay = |decay_steps: f64, steps| {
            let schedule = Schedule::Exponential {
                ridge: 1e-3,
                decay_steps,
            };
            // So small a ridge makes the product exp(-eta sum).
            (
                initial_decay(&schedule, 1e-3, steps),
                1e-3 * schedule.sum(steps),
            )
        };
        for (t0, steps) in [
            (50.0, 3_000_000_000),
            (4e5, 7_654_321),
            (1e9, 3_000_000_000),
        ] {
            let (found, expected) = decay(t0, steps);
            assert!(
                (found / expected - 1.0).abs() < 2e-6,
                "{t0}: {found} {expected}"
            );
        }
    }
}
