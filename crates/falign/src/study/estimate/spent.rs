//! Time that a computation takes: by the clock on the wall, and of processors.

use std::ops::Sub;
use std::time::Instant;

/// Threads whose processor time is counted: all that a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Workers {
    /// The thread that asks, while other threads carry out other runs.
    ThisThread,
    /// The threads of the program, which all share one run.
    AllThreads,
}

/// A reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) wall: Instant,
    /// Seconds of processor time, from an arbitrary start.
    pub(super) processor: f64,
}

/// Seconds between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Spent {
    /// Seconds by the clock on the wall, in which other programs have their share.
    pub(super) wall: f64,
    /// Seconds of processors, whatever else the machine does.
    pub(super) processor: f64,
}

impl Moment {
    pub(super) fn now(workers: Workers) -> Self {
        let wall = Instant::now();
        Self {
            wall,
            processor: processor_seconds(workers),
        }
    }
}

impl Sub for Moment {
    type Output = Spent;

    fn sub(self, earlier: Self) -> Spent {
        Spent {
            wall: (self.wall - earlier.wall).as_secs_f64(),
            processor: self.processor - earlier.processor,
        }
    }
}

#[cfg(unix)]
fn processor_seconds(workers: Workers) -> f64 {
    use rustix::time::{ClockId, clock_gettime};
    let clock = match workers {
        Workers::ThisThread => ClockId::ThreadCPUTime,
        Workers::AllThreads => ClockId::ProcessCPUTime,
    };
    let time = clock_gettime(clock);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

/// Time on the wall where there is no such clock; on an idle machine it is the same.
#[cfg(not(unix))]
fn processor_seconds(_: Workers) -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Work of at least so long by the processor's clock; that of the wall.
    fn work(seconds: f64) -> Spent {
        let start = Moment::now(Workers::ThisThread);
        let mut sum = 0.0_f64;
        loop {
            for i in 0..10_000 {
                sum = std::hint::black_box(sum + f64::from(i));
            }
            let spent = Moment::now(Workers::ThisThread) - start;
            if spent.processor >= seconds {
                return spent;
            }
        }
    }

    #[test]
    fn a_thread_that_waits_takes_no_processor_time() {
        let start = Moment::now(Workers::ThisThread);
        std::thread::sleep(Duration::from_millis(60));
        let spent = Moment::now(Workers::ThisThread) - start;
        assert!(spent.wall >= 0.06 && spent.processor < 0.03, "{spent:?}");
    }

    #[test]
    fn other_threads_count_only_where_they_share_a_run() {
        let start = [Workers::ThisThread, Workers::AllThreads].map(Moment::now);
        std::thread::spawn(|| work(0.05)).join().unwrap();
        let [own, all] = [
            Moment::now(Workers::ThisThread) - start[0],
            Moment::now(Workers::AllThreads) - start[1],
        ];
        assert!(
            own.processor < 0.04 && all.processor >= 0.05,
            "{own:?} {all:?}"
        );
    }

    #[test]
    fn the_same_work_takes_the_same_processor_time_beside_many_others() {
        let count = 4 * std::thread::available_parallelism().map_or(1, usize::from);
        let hands: Vec<_> = (0..count)
            .map(|_| std::thread::spawn(|| work(0.05)))
            .collect();
        let spent: Vec<Spent> = hands.into_iter().map(|hand| hand.join().unwrap()).collect();
        let wall: f64 = spent.iter().map(|one| one.wall).sum();
        let processor: f64 = spent.iter().map(|one| one.processor).sum();
        // Each had about a quarter of a core.
        assert!(
            wall > 1.5 * processor,
            "{wall} s on the wall, {processor} s of work"
        );
        assert!(processor < 0.1 * count as f64, "{processor} s of work");
    }
}
