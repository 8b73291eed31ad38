//! Ctrl-C and SIGTERM: the first finishes writing, the second leaves at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use falign::experiment::execute::Watch;

/// Exit code after a second signal.
const LEFT: i32 = 130;

/// Whether a signal has come.
static SEEN: AtomicBool = AtomicBool::new(false);
/// What is running; a process has one handler, but may run one experiment after another.
static RUNNING: Mutex<Option<Arc<Watch>>> = Mutex::new(None);

/// From now on the first signal stops what `watch` watches; a second one ends the process.
pub(crate) fn stop(watch: &Arc<Watch>) -> Result<()> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if running.replace(Arc::clone(watch)).is_none() {
        ctrlc::set_handler(handle).context("cannot listen for Ctrl-C")?;
    }
    if SEEN.load(Ordering::SeqCst) {
        watch.stop.store(true, Ordering::Relaxed);
    }
    Ok(())
}

fn handle() {
    if SEEN.swap(true, Ordering::SeqCst) {
        std::process::exit(LEFT);
    }
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(watch) = &*running {
        watch.stop.store(true, Ordering::Relaxed);
    }
}
