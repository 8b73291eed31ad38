//! Cost of a step and of a record, from the times at which a run reports its steps.

use std::time::Duration;

use super::spent::{Moment, Spent, Workers};
use crate::plan::work::Rates;

/// Shortest interval, in seconds, that is told from the noise of the clock.
const SHORTEST: f64 = 1e-3;

/// Listens to a run, and stops it when it knows enough.
pub(super) struct Clock<'a> {
    workers: Workers,
    started: Moment,
    /// Time on the wall: whoever asks waits no longer on a busy machine.
    budget: Duration,
    /// Recorded steps of the whole run, ascending.
    records: &'a [u64],
    /// Time from the call to step 0, the record there included.
    setup: Option<Spent>,
    last: (Moment, u64),
    /// Steps between two looks at the clock.
    stride: u64,
    intervals: Vec<Interval>,
}

/// Steps and time between two looks at the clock.
#[derive(Debug, Clone, Copy)]
struct Interval {
    steps: u64,
    records: usize,
    spent: Spent,
}

impl<'a> Clock<'a> {
    /// Starts now. `records`: recorded steps of the whole run.
    pub(super) fn new(workers: Workers, budget: Duration, records: &'a [u64]) -> Self {
        let now = Moment::now(workers);
        Self {
            workers,
            started: now,
            budget,
            records,
            setup: None,
            last: (now, 0),
            stride: 1,
            intervals: Vec::new(),
        }
    }

    /// Notes a step; `false` when enough is known.
    pub(super) fn note(&mut self, step: u64) -> bool {
        let workers = self.workers;
        self.hear_at(step, || Moment::now(workers))
    }

    fn hear_at(&mut self, step: u64, now: impl Fn() -> Moment) -> bool {
        let Some(_) = self.setup else {
            let now = now();
            self.setup = Some(now - self.started);
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
            spent: took,
        });
        self.last = (now, step);
        if took.wall < SHORTEST {
            self.stride = self.stride.saturating_mul(2);
        }
        let spent = (now - self.started).wall;
        let budget = self.budget.as_secs_f64();
        // Where a record is far away, its cost is worth some patience.
        let wants_record =
            self.intervals.iter().all(|one| one.records == 0) && self.recorded(step, u64::MAX) > 1;
        spent < budget || (wants_record && spent < 4.0 * budget)
    }

    /// Moment of the last look, within a millisecond or two of the last step.
    pub(super) fn last_look(&self) -> Moment {
        self.last.0
    }

    // Recorded steps after `from`, up to `to`.
    fn recorded(&self, from: u64, to: u64) -> usize {
        let up_to = |step: u64| self.records.partition_point(|&record| record <= step);
        up_to(to) - up_to(from)
    }

    /// Rates by the clock on the wall: the median interval, for other programs have their share in
    /// each.
    pub(super) fn wall(&self) -> Rates {
        self.rates(|spent| spent.wall, 0.5)
    }

    /// Rates by the processor's clock. Interrupts, caches and the other half of a core only ever add
    /// to it, more so under load: the lower quarter depends on them least.
    pub(super) fn processor(&self) -> Rates {
        self.rates(|spent| spent.processor, 0.25)
    }

    /// Rates by one of the two clocks, from this quantile of the intervals.
    fn rates(&self, clock: impl Fn(Spent) -> f64, share: f64) -> Rates {
        let (with, without): (Vec<Interval>, Vec<Interval>) =
            self.intervals.iter().partition(|one| one.records > 0);
        let steps = without
            .iter()
            .map(|one| clock(one.spent) / one.steps as f64);
        let step = quantile(steps, share);
        let beyond = |one: &Interval| clock(one.spent) - step * one.steps as f64;
        let records = with.iter().map(|one| beyond(one) / one.records as f64);
        let record = quantile(records, share).max(0.0);
        let at_start = if self.records.first() == Some(&0) {
            record
        } else {
            0.0
        };
        Rates {
            setup: (self.setup.map_or(0.0, clock) - at_start).max(0.0),
            step,
            record,
        }
    }
}

/// The quantile of some values, 0 of none: one slow interval says nothing of the others.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below a length"
    )]
    let at = (share * values.len() as f64) as usize;
    values.get(at).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const WORKERS: Workers = Workers::ThisThread;

    /// A machine on which the processor works for every other moment.
    fn after(start: Moment, time: Duration) -> Moment {
        Moment {
            wall: start.wall + 2 * time,
            processor: start.processor + time.as_secs_f64(),
        }
    }

    // A run of 1000 steps of 2 ms, each tenth of which is recorded in 5 ms, after 1 s; all take
    // twice as long on the wall.
    #[test]
    fn steps_records_and_the_start_are_told_apart() {
        let records: Vec<u64> = (0..=100).map(|i| 10 * i).collect();
        let mut clock = Clock::new(WORKERS, Duration::from_secs(4), &records);
        let started = clock.started;
        let now = Cell::new(Duration::from_millis(1005));
        let mut noted = 0;
        for step in 0..1000 {
            noted = step;
            if !clock.hear_at(step, || after(started, now.get())) {
                break;
            }
            let record = if (step + 1) % 10 == 0 { 5 } else { 0 };
            now.set(now.get() + Duration::from_millis(2 + record));
        }
        assert!((400..410).contains(&noted), "stopped at {noted}");
        for (rates, factor) in [(clock.processor(), 1.0), (clock.wall(), 2.0)] {
            let near = |is: f64, wanted: f64| (is - factor * wanted).abs() < 1e-9;
            assert!(
                near(rates.setup, 1.0) && near(rates.step, 2e-3) && near(rates.record, 5e-3),
                "{rates:?}"
            );
        }
    }

    // Of every four steps one has the core to itself; the others take half as long again.
    #[test]
    fn processor_time_is_that_of_the_steps_that_had_the_core_to_themselves() {
        let records = [0, 1000];
        let mut clock = Clock::new(WORKERS, Duration::from_secs(1), &records);
        let started = clock.started;
        let now = Cell::new(Duration::ZERO);
        for step in 0..100 {
            clock.hear_at(step, || after(started, now.get()));
            let time = if step % 4 == 1 { 2000 } else { 3000 + step };
            now.set(now.get() + Duration::from_micros(time));
        }
        let (processor, wall) = (clock.processor().step, clock.wall().step);
        assert!((processor - 2e-3).abs() < 1e-4, "{processor}");
        assert!((6e-3..6.2e-3).contains(&wall), "{wall}");
    }

    #[test]
    fn short_steps_are_timed_many_at_once() {
        let records = [0, 1_000_000];
        let mut clock = Clock::new(WORKERS, Duration::from_millis(100), &records);
        let looks = Cell::new(0);
        let start = clock.started;
        let mut step = 0;
        loop {
            let time = || {
                looks.set(looks.get() + 1);
                after(start, Duration::from_nanos(250 * step))
            };
            if !clock.hear_at(step, time) {
                break;
            }
            step += 1;
        }
        assert!(looks.get() < 200, "{} looks at the clock", looks.get());
        let step = clock.processor().step;
        assert!((step - 250e-9).abs() < 1e-12);
    }
}
