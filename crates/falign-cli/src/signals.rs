//! Ctrl-C and SIGTERM: the first finishes writing, the second leaves at once. So does the first
//! before anything is written, and after some seconds, where something does not notice it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use falign::internal::simulate::watch::Watch;

/// Exit code after a second signal.
const LEFT: i32 = 130;
/// Exit code of what was stopped and can go on.
const STOPPED: i32 = 4;

/// How long work may go on once it is to stop: the last files take their time to be written. Shorter
/// than what batch systems leave between SIGTERM and SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// Beyond that, for whoever waits for the work to say so.
const REPORT: Duration = Duration::from_secs(2);

/// Work that is running, and the command that goes on with it.
struct Running {
    watch: Arc<Watch>,
    resume: String,
    /// Whether anything may have been written.
    writes: bool,
}

/// Whether a signal has come.
static SEEN: AtomicBool = AtomicBool::new(false);
/// Work that is running; a process has one handler, but may run one experiment after another.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

/// A file that would become larger than the system allows (`ulimit -f`) is an error of its write,
/// which names the file, and does not end the process. For the thread that calls, and all that it
/// begins afterwards.
#[cfg(unix)]
pub(crate) fn refuse_large_files() {
    use nix::sys::signal::{SigSet, Signal};
    // Blocked, the signal waits for ever, and the write says EFBIG. Where it cannot be blocked the
    // process ends as it would have.
    let _ = SigSet::from(Signal::SIGXFSZ).thread_block();
}

/// Does nothing: this system has no such signal.
#[cfg(not(unix))]
pub(crate) fn refuse_large_files() {}

/// Makes the first signal from now on stop what `watch` watches, which `resume` goes on with; a second
/// one ends the process.
pub(crate) fn stop(watch: &Arc<Watch>, resume: &str) -> Result<()> {
    let mut running = running();
    let now = Running {
        watch: Arc::clone(watch),
        resume: resume.to_owned(),
        writes: false,
    };
    if running.replace(now).is_none() {
        ctrlc::set_handler(handle).context("cannot listen for Ctrl-C")?;
    }
    drop(running);
    if SEEN.load(Ordering::SeqCst) {
        watch.stop.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Notes that files are written from now on: until then, while data are read, nothing would be lost by
/// leaving at once.
pub(crate) fn writing_begins() {
    if let Some(running) = &mut *running() {
        running.writes = true;
    }
}

/// Message about a run that was stopped.
pub(crate) fn stopped(resume: &str) -> String {
    format!("falign: stopped; what is finished is kept. Go on with:\n  {resume}")
}

fn running() -> MutexGuard<'static, Option<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn handle() {
    if SEEN.swap(true, Ordering::SeqCst) {
        std::process::exit(LEFT);
    }
    {
        let running = running();
        let Some(running) = &*running else {
            return;
        };
        running.watch.stop.store(true, Ordering::Relaxed);
        if !running.writes {
            leave(running);
        }
    }
    std::thread::spawn(|| {
        std::thread::sleep(GRACE + REPORT);
        // After the runs: files are written whole or not at all, there too.
        if let Some(running) = &*running() {
            leave(running);
        }
    });
}

fn leave(running: &Running) -> ! {
    crate::output::note(stopped(&running.resume));
    std::process::exit(STOPPED)
}
