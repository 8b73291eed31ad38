//! Whether threads still report progress.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Last sign of progress of many threads; whoever waits for them asks how long there was none.
#[derive(Debug)]
pub struct Pulse {
    started: Instant,
    /// Milliseconds after the start.
    last: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            last: AtomicU64::new(0),
        }
    }
}

impl Pulse {
    /// Notes progress.
    pub(super) fn beat(&self) {
        self.last.fetch_max(self.now(), Ordering::Relaxed);
    }

    /// Time since the last beat, or the start.
    pub fn silence(&self) -> Duration {
        let last = self.last.load(Ordering::Relaxed);
        Duration::from_millis(self.now().saturating_sub(last))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
