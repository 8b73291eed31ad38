//! Progress on stderr: a bar on a terminal, plain lines elsewhere (one at the end, others now
//! and then), nothing when quiet.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use falign::internal::math::digits;
use falign::internal::simulate::watch::Watch;
use falign::internal::stage::Stage;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{duration, output};

/// Time between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// Time before which nothing is shown: work that is done by then needs no progress.
const SOON: Duration = Duration::from_secs(1);
/// Time between two looks at the work.
const TICK: Duration = Duration::from_millis(200);

/// Shows progress until `finished` answers true. Run in a separate thread, which may be
/// unparked to look at once.
pub(crate) fn show(watch: &Watch, jobs: u64, quiet: bool, finished: &dyn Fn() -> bool) {
    if quiet {
        return;
    }
    let terminal = std::io::stderr().is_terminal();
    let bar = ProgressBar::with_draw_target(
        Some(1000),
        if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        },
    );
    if let Ok(style) = ProgressStyle::with_template("{bar:36} {percent:>3} %  {msg}\n{prefix}") {
        bar.set_style(style);
    }
    let start = Instant::now();
    let mut said = start;
    let mut first_share = None;
    loop {
        let is_last = finished();
        let share = share(watch, is_last);
        let begun = *first_share.get_or_insert(share);
        let spent = start.elapsed().as_secs_f64();
        let done = watch.jobs_done.load(Ordering::Relaxed);
        let mut message = format!("{done}/{jobs} jobs");
        if !is_last && share > begun + 1e-3 {
            let seconds = spent * (1.0 - share) / (share - begun);
            let _ = write!(message, ", about {} left", duration::short(seconds));
        }
        let details = if is_last {
            String::new()
        } else {
            details(watch, spent)
        };
        bar.set_message(message.clone());
        bar.set_prefix(details.clone());
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1000"
        )]
        bar.set_position((share * 1000.0) as u64);
        if !terminal && (is_last || said.elapsed() >= PLAIN_EVERY) {
            said = Instant::now();
            let gap = if details.is_empty() { "" } else { ", " };
            output::note(format!("{:5.1} %  {message}{gap}{details}", share * 100.0));
        }
        if is_last {
            break;
        }
        std::thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}

/// Runs that diverged, pace, what was recorded last, and what takes long just now.
fn details(watch: &Watch, spent: f64) -> String {
    let steps = watch.steps.load(Ordering::Relaxed);
    let diverged = match watch.diverged.load(Ordering::Relaxed) {
        0 => None,
        1 => Some("1 run diverged".to_owned()),
        count => Some(format!("{count} runs diverged")),
    };
    let pace = (steps > 0 && spent > SOON.as_secs_f64()).then(|| pace(steps as f64 / spent));
    let last = watch.last_record().unwrap_or_default();
    let value = |name: &str, value: Option<f64>| value.map(|x| format!("{name} {}", digits(x, 3)));
    let parts = [
        diverged,
        pace,
        value("last loss", last.loss),
        value("alignment", last.alignment),
        watch.preparing().map(words),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// Steps in a second, or what one takes.
fn pace(rate: f64) -> String {
    match rate {
        rate if rate < 1.0 => format!("{} a step", duration::short(1.0 / rate)),
        rate if rate < 1e3 => format!("{rate:.0} steps/s"),
        rate if rate < 1e6 => format!("{:.1}k steps/s", rate / 1e3),
        rate => format!("{:.1}M steps/s", rate / 1e6),
    }
}

/// Does `work`, and says how far it is: on a terminal in one line that is rewritten, from a second
/// on, elsewhere now and then; nothing where it is short.
pub(crate) fn preparing<T>(watch: &Watch, work: impl FnOnce() -> T) -> T {
    let terminal = std::io::stderr().is_terminal();
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let teller = scope.spawn(|| {
            let start = Instant::now();
            let mut said = start;
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            while !finished.load(Ordering::Relaxed) {
                std::thread::park_timeout(TICK);
                let Some(stage) = watch.preparing() else {
                    continue;
                };
                if terminal && start.elapsed() >= SOON {
                    if bar.is_hidden() {
                        bar.set_draw_target(ProgressDrawTarget::stderr());
                    }
                    bar.set_message(words(stage));
                    bar.tick();
                } else if !terminal && said.elapsed() >= PLAIN_EVERY {
                    said = Instant::now();
                    output::note(format!("falign: {}", words(stage)));
                }
            }
            bar.finish_and_clear();
        });
        let value = work();
        finished.store(true, Ordering::Relaxed);
        teller.thread().unpark();
        value
    })
}

/// A stage of the preparation, as the progress line says it.
fn words(stage: Stage) -> String {
    let (what, share) = match stage {
        Stage::Data { share } => ("data are drawn".to_owned(), Some(share)),
        Stage::Weights { share } => ("weights are drawn".to_owned(), Some(share)),
        Stage::Kernel { samples, share } => (format!("kernel of {samples} samples"), Some(share)),
        Stage::Eigenvalues { samples } => (format!("eigenvalues of {samples} samples"), None),
        Stage::Curvature { share } => ("curvature at the start".to_owned(), Some(share)),
        Stage::SlowTime { groups: 0, share } => ("slow-time limit".to_owned(), Some(share)),
        Stage::SlowTime { groups, share } => {
            (format!("slow-time limit with {groups} groups"), Some(share))
        }
        Stage::Step { step, share } => (format!("step {step}"), share),
        Stage::Measures { step, share } => (format!("measures after step {step}"), share),
        Stage::Forecast { share } => ("drawn starts are followed".to_owned(), Some(share)),
        Stage::Audit { share } => ("checks".to_owned(), Some(share)),
        Stage::Lemmas { share } => ("inequalities".to_owned(), Some(share)),
    };
    match share {
        Some(share) => format!("{what}: {:.0} %", share * 100.0),
        None => what,
    }
}

/// The part of the work that is done, from 0 to 1. Runs without a step are no work: none of it is
/// done until all is.
#[allow(clippy::cast_precision_loss, reason = "a share")]
fn share(watch: &Watch, is_last: bool) -> f64 {
    let [done, total] = [&watch.done, &watch.total].map(|work| work.load(Ordering::Relaxed));
    if total > 0 {
        (done as f64 / total as f64).clamp(0.0, 1.0)
    } else {
        f64::from(u8::from(is_last))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ordering, Watch, details, pace, share, words};
    use falign::internal::stage::Stage;

    #[test]
    fn stages_are_named_in_plain_words_with_their_share() {
        let kernel = Stage::Kernel {
            samples: 9000,
            share: 0.348,
        };
        assert_eq!(words(kernel), "kernel of 9000 samples: 35 %");
        let eigenvalues = Stage::Eigenvalues { samples: 9000 };
        assert_eq!(words(eigenvalues), "eigenvalues of 9000 samples");
        let limit = |groups| Stage::SlowTime {
            groups,
            share: 0.071,
        };
        assert_eq!(words(limit(240)), "slow-time limit with 240 groups: 7 %");
        assert_eq!(words(limit(0)), "slow-time limit: 7 %");
        let step = |share| Stage::Step { step: 3, share };
        assert_eq!(words(step(Some(0.42))), "step 3: 42 %");
        assert_eq!(words(step(None)), "step 3");
        let (step, share) = (0, Some(0.5));
        let measures = Stage::Measures { step, share };
        assert_eq!(words(measures), "measures after step 0: 50 %");
        assert_eq!(words(Stage::Audit { share: 0.125 }), "checks: 12 %");
    }

    #[test]
    fn the_pace_is_in_steps_or_in_what_one_takes() {
        let paces = [0.4, 12.3, 4567.0, 3.2e6].map(pace);
        assert_eq!(
            paces,
            ["2.5 s a step", "12 steps/s", "4.6k steps/s", "3.2M steps/s"]
        );
    }

    #[test]
    fn nothing_is_told_before_there_is_something() {
        let watch = Watch::default();
        assert_eq!(details(&watch, 10.0), "");
        watch.steps.store(500, Ordering::Relaxed);
        assert_eq!(details(&watch, 0.1), "");
        assert_eq!(details(&watch, 10.0), "50 steps/s");
        watch.diverged.store(3, Ordering::Relaxed);
        assert_eq!(details(&watch, 10.0), "3 runs diverged, 50 steps/s");
    }

    #[test]
    fn without_work_the_end_is_all_of_it() {
        let of = |done: u64, total: u64, is_last| {
            let watch = Watch::default();
            watch.total.store(total, Ordering::Relaxed);
            watch.done.store(done, Ordering::Relaxed);
            share(&watch, is_last)
        };
        let shares = [
            of(3, 4, false),
            of(5, 4, false),
            of(0, 0, false),
            of(0, 0, true),
        ];
        assert_eq!(
            shares.map(f64::to_bits),
            [0.75, 1.0, 0.0, 1.0].map(f64::to_bits)
        );
    }
}
