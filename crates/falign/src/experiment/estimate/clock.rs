//! From the times at which a run reports its steps to the cost of a step and of a record.

use std::time::{Duration, Instant};

/// Shortest interval that is told from the noise of the clock.
const SHORTEST: Duration = Duration::from_millis(1);

/// Listens to a run, and stops it when it knows enough.
pub(super) struct Clock<'a> {
    started: Instant,
    budget: Duration,
    /// Recorded steps of the whole run, ascending.
    records: &'a [u64],
    /// From the call to step 0, the record there included.
    setup: Option<f64>,
    last: (Instant, u64),
    /// Steps between two looks at the clock.
    stride: u64,
    intervals: Vec<Interval>,
}

/// What happened between two looks at the clock.
#[derive(Debug, Clone, Copy)]
struct Interval {
    steps: u64,
    records: usize,
    seconds: f64,
}

/// Seconds that parts of a run take.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Rates {
    /// Before the first step, without its record.
    pub(super) setup: f64,
    /// One step.
    pub(super) step: f64,
    /// One recorded step, besides the step itself.
    pub(super) record: f64,
}

impl<'a> Clock<'a> {
    /// Starts now. `records`: recorded steps of the whole run.
    pub(super) fn new(budget: Duration, records: &'a [u64]) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            budget,
            records,
            setup: None,
            last: (now, 0),
            stride: 1,
            intervals: Vec::new(),
        }
    }

    /// Hears of a step; `false` when enough is known.
    pub(super) fn hear(&mut self, step: u64) -> bool {
        self.hear_at(step, Instant::now)
    }

    fn hear_at(&mut self, step: u64, now: impl Fn() -> Instant) -> bool {
        let Some(_) = self.setup else {
            let now = now();
            self.setup = Some((now - self.started).as_secs_f64());
            self.last = (now, step);
            return true;
        };
        let steps = step - self.last.1;
        if steps < self.stride {
            return true;
        }
        let now = now();
        let took = now - self.last.0;
        self.intervals.push(Interval {
            steps,
            records: self.recorded(self.last.1, step),
            seconds: took.as_secs_f64(),
        });
        self.last = (now, step);
        if took < SHORTEST {
            self.stride = self.stride.saturating_mul(2);
        }
        let spent = now - self.started;
        // Where a record is far away, its cost is worth some patience.
        let wants_record =
            self.intervals.iter().all(|one| one.records == 0) && self.recorded(step, u64::MAX) > 1;
        spent < self.budget || (wants_record && spent < 4 * self.budget)
    }

    // Recorded steps after `from`, up to `to`.
    fn recorded(&self, from: u64, to: u64) -> usize {
        let up_to = |step: u64| self.records.partition_point(|&record| record <= step);
        up_to(to) - up_to(from)
    }

    /// What was learned.
    pub(super) fn rates(&self) -> Rates {
        let (with, without): (Vec<Interval>, Vec<Interval>) =
            self.intervals.iter().partition(|one| one.records > 0);
        let step = median(without.iter().map(|one| one.seconds / one.steps as f64));
        let beyond = |one: &Interval| one.seconds - step * one.steps as f64;
        let records = with.iter().map(|one| beyond(one) / one.records as f64);
        let record = median(records).max(0.0);
        let at_start = if self.records.first() == Some(&0) {
            record
        } else {
            0.0
        };
        Rates {
            setup: (self.setup.unwrap_or(0.0) - at_start).max(0.0),
            step,
            record,
        }
    }
}

/// The middle one, 0 of none: one slow interval says nothing of the others.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    // A run of 1000 steps of 2 ms, each tenth of which is recorded in 5 ms, after 1 s.
    #[test]
    fn steps_records_and_the_start_are_told_apart() {
        let records: Vec<u64> = (0..=100).map(|i| 10 * i).collect();
        let mut clock = Clock::new(Duration::from_secs(2), &records);
        let now = Cell::new(clock.started + Duration::from_millis(1005));
        let mut heard = 0;
        for step in 0..1000 {
            heard = step;
            if !clock.hear_at(step, || now.get()) {
                break;
            }
            let record = if (step + 1) % 10 == 0 { 5 } else { 0 };
            now.set(now.get() + Duration::from_millis(2 + record));
        }
        assert!((400..410).contains(&heard), "stopped at {heard}");
        let rates = clock.rates();
        let near = |is: f64, wanted: f64| (is - wanted).abs() < 1e-9;
        assert!(
            near(rates.setup, 1.0) && near(rates.step, 2e-3) && near(rates.record, 5e-3),
            "{rates:?}"
        );
    }

    #[test]
    fn short_steps_are_timed_many_at_once() {
        let records = [0, 1_000_000];
        let mut clock = Clock::new(Duration::from_millis(100), &records);
        let looks = Cell::new(0);
        let start = clock.started;
        let mut step = 0;
        loop {
            let time = || {
                looks.set(looks.get() + 1);
                start + Duration::from_nanos(250 * step)
            };
            if !clock.hear_at(step, time) {
                break;
            }
            step += 1;
        }
        assert!(looks.get() < 200, "{} looks at the clock", looks.get());
        assert!((clock.rates().step - 250e-9).abs() < 1e-12);
    }
}
