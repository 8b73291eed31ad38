//! Ctrl-C and SIGTERM: the first finishes writing, the second leaves at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

/// Exit code after a second signal.
const LEFT: i32 = 130;

/// Calls `first` at the first signal; a second one ends the process.
pub(crate) fn on_stop(first: impl Fn() + Send + 'static) -> Result<()> {
    let seen = Arc::new(AtomicBool::new(false));
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(LEFT);
        }
        first();
    })
    .context("cannot listen for Ctrl-C")
}
