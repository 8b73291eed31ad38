//! Steps of a run at which quantities are measured.

use super::setting::Record;

/// A record of a run of `steps` steps in epochs of `per_epoch` steps, in steps.
///
/// A fraction of an epoch that ends within a step is recorded after the last whole step before it.
///
/// ```
/// use falign::internal::config::setting::Record;
/// use falign::internal::config::steps::in_steps;
/// assert_eq!(in_steps(&Record::EveryEpochs(2), 5, 30), Record::Every(10));
/// let thirds = in_steps(&Record::PerEpoch(3), 5, 11);
/// assert_eq!(thirds, Record::At(vec![0, 1, 3, 5, 6, 8, 10, 11]));
/// ```
pub fn in_steps(record: &Record, per_epoch: u64, steps: u64) -> Record {
    match record {
        Record::EveryEpochs(epochs) => Record::Every(epochs.saturating_mul(per_epoch)),
        Record::PerEpoch(parts) => {
            // More parts than steps of an epoch are all its steps.
            let parts = (*parts).min(per_epoch).max(1);
            let end = |part: u64| {
                let step = u128::from(part) * u128::from(per_epoch) / u128::from(parts);
                u64::try_from(step).unwrap_or(u64::MAX)
            };
            let ends = (0..=MAX_ROWS).map(end);
            let mut at: Vec<u64> = ends.take_while(|step| *step < steps).collect();
            at.push(steps);
            Record::At(at)
        }
        other => other.clone(),
    }
}

/// More recorded steps than this in one run are a slip of the pen, and would not fit in memory.
pub const MAX_ROWS: u64 = 10_000_000;

/// Upper bound of the number of steps that [`recorded_steps`] gives, without making them.
pub fn rows(record: &Record, steps: u64) -> u64 {
    match record {
        Record::Every(every) | Record::EveryEpochs(every) => steps / every + 2,
        Record::PerEpoch(_) => steps.saturating_add(1),
        Record::Auto => 101,
        Record::Count(count) => count.saturating_add(1),
        // Runs of up to 10^16 steps: seventeen factors of ten at most, and step 0.
        Record::PerDecade(per_decade) => per_decade.saturating_mul(17).saturating_add(1),
        Record::At(list) => list.len() as u64,
        Record::Last => 1,
    }
}

/// The steps that `record` asks for in a run of `steps` steps, ascending. Where all samples
/// are one batch, an epoch is a step; [`in_steps`] is for smaller batches.
///
/// ```
/// use falign::internal::config::setting::Record;
/// use falign::internal::config::steps::recorded_steps;
/// assert_eq!(recorded_steps(&Record::Every(4), 10), [0, 4, 8, 10]);
/// assert_eq!(recorded_steps(&Record::Last, 10), [10]);
/// ```
pub fn recorded_steps(record: &Record, steps: u64) -> Vec<u64> {
    let mut chosen: Vec<u64> = match record {
        Record::Auto => return recorded_steps(&Record::Count(100), steps),
        // Parts of an epoch of one step are that step.
        Record::PerEpoch(_) => (0..=steps).collect(),
        Record::Every(every) | Record::EveryEpochs(every) => (0..=steps)
            .step_by(usize::try_from(*every).unwrap_or(usize::MAX))
            .collect(),
        Record::Count(count) => (0..=*count)
            .map(|i| {
                let share = u128::from(i) * u128::from(steps) / u128::from(*count);
                u64::try_from(share).unwrap_or(steps)
            })
            .collect(),
        Record::PerDecade(per_decade) => {
            let mut all = vec![0];
            let mut exponent = 0.0;
            loop {
                // libm's exponential is the same on every machine; the rounding hides the rest.
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a step"
                )]
                let step = libm::exp10(exponent).round() as u64;
                if step > steps {
                    break;
                }
                all.push(step);
                exponent += 1.0 / *per_decade as f64;
            }
            all
        }
        Record::At(list) => {
            let mut list: Vec<u64> = list.iter().copied().filter(|&s| s <= steps).collect();
            list.sort_unstable();
            list.dedup();
            return list;
        }
        Record::Last => vec![],
    };
    chosen.push(steps);
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}
