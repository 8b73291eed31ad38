//! Rates of steps, printed one a line.

use std::time::Instant;

/// How long a turn lasts, in seconds.
const TURN: f64 = 0.05;
/// Turns, of which the median is told, and between which a quarter of them lie.
const TURNS: usize = 40;

/// Filter of the benchmarks that are timed.
pub(crate) struct Bench {
    /// Part of the names of what is; empty for all.
    filter: String,
}

impl Bench {
    /// The first argument that is no option is a filter.
    pub(crate) fn from_arguments() -> Self {
        let mut arguments = std::env::args().skip(1);
        let filter = arguments.find(|argument| !argument.starts_with('-'));
        Self {
            filter: filter.unwrap_or_default(),
        }
    }

    /// Prints how many steps a second `work` takes, of which each call takes `steps`. It is made only
    /// where it is asked for.
    #[allow(clippy::print_stdout, reason = "a program that prints its result")]
    pub(crate) fn rate<W: FnMut()>(&self, name: &str, steps: u64, make: impl FnOnce() -> W) {
        if !name.contains(&self.filter) {
            return;
        }
        let mut work = make();
        work();
        let begin = Instant::now();
        work();
        let calls = (TURN / begin.elapsed().as_secs_f64()).ceil().max(1.0);
        let turn = |_| {
            let begin = Instant::now();
            let mut done = 0.0;
            while done < calls {
                work();
                done += 1.0;
            }
            calls * steps as f64 / begin.elapsed().as_secs_f64()
        };
        let mut rates: Vec<f64> = (0..TURNS).map(turn).collect();
        rates.sort_by(f64::total_cmp);
        let [low, median, high] = [TURNS * 3 / 8, TURNS / 2, TURNS * 5 / 8].map(|at| rates[at]);
        println!("{name:<44} {median:>12.0} steps/s  ({low:.0} to {high:.0})");
    }
}
