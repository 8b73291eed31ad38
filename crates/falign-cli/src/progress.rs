//! Progress on stderr: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use std::io::IsTerminal as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use falign::experiment::execute::Watch;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(10);
/// Between two looks at the work.
const TICK: Duration = Duration::from_millis(200);

/// Shows progress until `finished` answers true. Run in a thread of its own.
pub(crate) fn show(
    watch: &Watch,
    total_work: f64,
    jobs: u64,
    quiet: bool,
    finished: &dyn Fn() -> bool,
) {
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
    if let Ok(style) = ProgressStyle::with_template("{bar:36} {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    let start = Instant::now();
    let mut said = start;
    let mut first_share = None;
    while !finished() {
        std::thread::sleep(TICK);
        #[allow(clippy::cast_precision_loss, reason = "a share")]
        let share = (watch.done.load(Ordering::Relaxed) as f64 / total_work).clamp(0.0, 1.0);
        let begun = *first_share.get_or_insert(share);
        let done = watch.jobs_done.load(Ordering::Relaxed);
        let left = if share > begun + 1e-3 {
            let seconds = start.elapsed().as_secs_f64() * (1.0 - share) / (share - begun);
            format!(
                ", about {} left",
                HumanDuration(Duration::from_secs_f64(seconds))
            )
        } else {
            String::new()
        };
        let message = format!("{done}/{jobs} jobs{left}");
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1000"
        )]
        bar.set_position((share * 1000.0) as u64);
        bar.set_message(message.clone());
        if !terminal && said.elapsed() >= PLAIN_EVERY {
            said = Instant::now();
            eprintln!("{:5.1} %  {message}", share * 100.0);
        }
    }
    bar.finish_and_clear();
}
