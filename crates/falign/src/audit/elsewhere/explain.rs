//! What a part's change is, where it is not what the claimed rule says.

use super::candidates::Candidate;
use super::fit::least_squares;
use super::{Compared, Kind, Part, Updates};
use crate::audit::plain::Pass;
use crate::audit::report::Verdict;
use crate::math::Reduction;
use crate::rule::SignalPath;

/// Relative distance at which a fitted number is taken for the one that it is compared with.
const NEAR: f64 = 1e-3;

/// Rounding of a fitted sum, in that of the terms alone.
const FITTED: f64 = 2.0;

/// Degrees within which a rule is worth naming.
const CLOSE: f64 = 60.0;

/// Numbers that would be explained by as many coefficients, whatever they are.
const FEW: usize = 4;

/// A part's numbers, and what explains them.
struct Change<'a> {
    updates: &'a Updates,
    part: &'a Part,
    before: Vec<f64>,
    /// Numbers after the step, less those before it.
    made: Vec<f64>,
    found: &'a [&'a Compared],
}

/// A clause on what a part's change is instead: the simplest that explains every number of it.
pub(super) fn explain(
    updates: &Updates,
    part: &Part,
    candidates: &[Candidate],
    found: &[&Compared],
    pass: &Pass,
) -> String {
    let (before, after) = updates.numbers(part);
    let change = after
        .iter()
        .zip(&before)
        .map(|(after, before)| after - before);
    let change = Change {
        updates,
        part,
        made: change.collect(),
        before,
        found,
    };
    if change.made.iter().all(|x| *x == 0.0) {
        return "nothing changes".to_owned();
    }
    let is_hidden = part.layer + 1 < updates.layers.len();
    let others = || (1..candidates.len()).filter(|_| is_hidden);
    let named = |at: &usize| candidates[*at].name.is_some();
    let exact = |at: &usize| found[*at].verdict == Verdict::Passed;
    let of_rule = |at: usize| match candidates[at].name {
        Some(name) => format!("the change is that of {}", in_words(name)),
        None => candidates[at].words.to_owned(),
    };
    if let Some(at) = others().filter(named).find(exact) {
        return of_rule(at);
    }
    if let Some(numbers) = change.scaled(0) {
        return change.numbers(numbers);
    }
    if let Some(at) = others().find(exact) {
        return of_rule(at);
    }
    for at in others() {
        if let Some(numbers) = change.scaled(at) {
            return format!("{}, and {}", of_rule(at), change.numbers(numbers));
        }
    }
    if is_hidden
        && let Some(text) = others()
            .filter(named)
            .find_map(|at| change.mixed(candidates, at))
    {
        return text;
    }
    if is_hidden && change.has_other_feedback(&candidates[0], pass) {
        return "the change is that of other feedback weights than these".to_owned();
    }
    change.closest(candidates, is_hidden)
}

/// A rule's name without its underscores.
pub(super) fn in_words(name: &str) -> String {
    name.replace('_', " ")
}

impl Change<'_> {
    /// Whether `gap` of each number is rounding, `times` what it is of the candidate `at`.
    fn is_rounding(&self, at: usize, times: f64, sum: &[f64]) -> bool {
        let gaps = self
            .made
            .iter()
            .zip(sum)
            .map(|(found, sum)| (found - sum).abs());
        let allowed = &self.found[at].entries;
        gaps.zip(allowed)
            .all(|(gap, allowed)| gap <= FITTED * times * allowed)
    }

    /// Step size of candidate `at` and shrinkage with which it explains the change.
    fn scaled(&self, at: usize) -> Option<(f64, f64)> {
        let g = &self.found[at].direction;
        let (step, shrinkage) = if self.before.len() > FEW {
            let found = least_squares(&[g, &self.before], &self.made);
            (-found[0], -found[1])
        } else {
            let shrinkage = self.updates.shrinkage(self.part);
            let rest = self.made.iter().zip(&self.before);
            let rest: Vec<f64> = rest.map(|(change, w)| change + shrinkage * w).collect();
            (-least_squares(&[g], &rest)[0], shrinkage)
        };
        let pairs = g.iter().zip(&self.before);
        let sum: Vec<f64> = pairs.map(|(g, w)| -step * g - shrinkage * w).collect();
        let times = (step / self.updates.step_size).abs().max(1.0);
        self.is_rounding(at, times, &sum)
            .then_some((step, shrinkage))
    }

    /// A clause on a step size and a shrinkage that are not those of the claim.
    fn numbers(&self, (step, shrinkage): (f64, f64)) -> String {
        let updates = self.updates;
        let (eta, claimed) = (updates.step_size, updates.shrinkage(self.part));
        let top = |x: &[f64]| x.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        let own = self.found[0];
        let seen = |x: f64, of: &[f64]| x.abs() * top(of) > top(&own.entries);
        let mut said = Vec::new();
        if seen(step - eta, &own.direction) {
            let n = updates.inputs.nrows() as f64;
            let is = |times: f64| (step - times * eta).abs() <= NEAR * (times * eta).abs();
            said.push(match updates.reduction {
                _ if is(-1.0) => "the sign is wrong".to_owned(),
                Reduction::Sum if is(1.0 / n) => {
                    "the batch is averaged where its sum is claimed".to_owned()
                }
                Reduction::Mean if is(n) => {
                    "the batch is summed where its mean is claimed".to_owned()
                }
                _ => format!("the step size is {} where {eta} is claimed", number(step)),
            });
        }
        if seen(shrinkage - claimed, &self.before) {
            let (found, lambda) = (shrinkage / eta, claimed / eta);
            let near = |a: f64, b: f64| (a - b).abs() <= NEAR * b.abs();
            said.push(if claimed == 0.0 {
                format!("there is a ridge of {} that is not claimed", number(found))
            } else if shrinkage.abs() <= NEAR * claimed {
                format!("the ridge {} is missing", number(lambda))
            } else if near(shrinkage, lambda) {
                format!(
                    "the ridge {} is not multiplied by the step size",
                    number(lambda)
                )
            } else {
                format!(
                    "the ridge is {} where {} is claimed",
                    number(found),
                    number(lambda)
                )
            });
        }
        if said.is_empty() {
            return format!("the change is off by {:.1e} of its size", own.error);
        }
        said.join(" and ")
    }

    /// A clause on shares of the claimed rule and of another, if they explain the change together.
    fn mixed(&self, candidates: &[Candidate], at: usize) -> Option<String> {
        if self.before.len() <= FEW {
            return None;
        }
        let (own, other) = (&self.found[0].direction, &self.found[at].direction);
        let found = least_squares(&[own, other, &self.before], &self.made);
        let shares = [found[0], found[1]].map(|x| -x / self.updates.step_size);
        let sum: Vec<f64> = own
            .iter()
            .zip(other)
            .zip(&self.before)
            .map(|((a, b), w)| found[0] * a + found[1] * b + found[2] * w)
            .collect();
        let times = shares[0].abs().max(shares[1].abs()).max(1.0);
        let is_all = self.is_rounding(0, times, &sum) || self.is_rounding(at, times, &sum);
        let other = in_words(candidates[at].name?);
        is_all.then(|| {
            format!(
                "the change is {} of {} and {} of {other}",
                number(shares[0]),
                in_words(self.updates.rule.name()),
                number(shares[1]),
            )
        })
    }

    /// Whether some other feedback weights explain each unit's change, as the claimed rule would use them.
    fn has_other_feedback(&self, claim: &Candidate, pass: &Pass) -> bool {
        let updates = self.updates;
        let at = self.part.layer;
        let has_feedback = updates.feedback.len() > at;
        if self.part.kind != Kind::Weights || !has_feedback {
            return false;
        }
        let (told, factor) = updates.told(claim, at);
        let below = updates.below(at, pass);
        let (inputs, above) = (below.ncols(), told.ncols());
        if inputs <= above {
            return false;
        }
        let layer = &updates.layers[at];
        let (eta, shrinkage) = (updates.step_size, updates.shrinkage(self.part));
        let claimed = updates.feedback[at]
            .iter()
            .fold(f64::MIN_POSITIVE, |top, b| top.max(b.abs()));
        let slopes = pass.z[at].mapv(|z| layer.activation.derivative(z));
        (0..layer.units()).all(|j| {
            // The part of each unit above in what this one learns.
            let columns: Vec<Vec<f64>> = (0..above)
                .map(|k| {
                    let mut column = vec![0.0; inputs];
                    for (i, h) in below.rows().into_iter().enumerate() {
                        let share = -eta * layer.factor * factor * told[(i, k)] * slopes[(i, j)];
                        column.iter_mut().zip(h).for_each(|(x, h)| *x += share * h);
                    }
                    column
                })
                .collect();
            let of_unit = j * inputs..(j + 1) * inputs;
            let y = self.made[of_unit.clone()]
                .iter()
                .zip(&self.before[of_unit.clone()]);
            let y: Vec<f64> = y.map(|(change, w)| change + shrinkage * w).collect();
            let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let b = least_squares(&views, &y);
            let allowed = &self.found[0].entries[of_unit];
            let top = |b: &[f64]| b.iter().fold(0.0, |top: f64, b| top.max(b.abs()));
            let more = 1.0 + top(&b) / claimed;
            (0..inputs).all(|m| {
                let sum: f64 = columns
                    .iter()
                    .zip(&b)
                    .map(|(column, b)| b * column[m])
                    .sum();
                (y[m] - sum).abs() <= FITTED * more * allowed[m]
            })
        })
    }

    /// A clause on the candidate whose direction is closest to the change without its ridge.
    fn closest(&self, candidates: &[Candidate], is_hidden: bool) -> String {
        let shrinkage = self.updates.shrinkage(self.part);
        let own = self.made.iter().zip(&self.before);
        let own: Vec<f64> = own.map(|(change, w)| -(change + shrinkage * w)).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let angle = |at: usize| {
            let g = &self.found[at].direction;
            let cosine = dot(g, &own) / (dot(g, g) * dot(&own, &own)).sqrt();
            libm::acos(cosine.clamp(-1.0, 1.0)).to_degrees()
        };
        if !is_hidden {
            return format!("the change is {:.1} degrees from the gradient's", angle(0));
        }
        let named = (0..candidates.len()).filter(|&at| at == 0 || candidates[at].name.is_some());
        let angles = named
            .map(|at| (at, angle(at)))
            .filter(|(_, angle)| !angle.is_nan());
        let angles = angles.filter(|(_, angle)| *angle < CLOSE);
        let closest = angles.min_by(|a, b| a.1.total_cmp(&b.1));
        let path = self.updates.rule.composition().map(|one| one.path);
        let has_hidden_above = self.part.layer + 2 < self.updates.layers.len();
        let above = if path == Some(SignalPath::Layerwise) && has_hidden_above {
            " (a wrong layer above changes those below)"
        } else {
            ""
        };
        let angle = closest.map_or_else(String::new, |(at, angle)| {
            let name = candidates[at].name.unwrap_or(self.updates.rule.name());
            format!(", {angle:.1} degrees from that of {}", in_words(name))
        });
        format!("the change is of no rule that is known here{angle}{above}")
    }
}

/// A number in at most four digits.
fn number(x: f64) -> String {
    let digits = format!("{x:.3e}");
    let rounded: f64 = digits.parse().unwrap_or(x);
    format!("{rounded}")
}
