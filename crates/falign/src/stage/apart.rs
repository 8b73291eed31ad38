//! Work that cannot be interrupted, on a thread that nobody waits for once it is to stop.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Listener, Stage};
use crate::{Error, Result};

/// Time between two looks at whether anybody still waits.
const TICK: Duration = Duration::from_millis(20);

/// Stage of a thread that works, and whether it should stop.
struct Relay {
    stage: Mutex<Stage>,
    is_stopped: AtomicBool,
}

impl Relay {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does `work` on a separate thread, and gives its value. `stage` is told until `work`, which has a
/// listener of its own, tells of another.
///
/// Once it is to stop, a value that comes within `patience` is still taken. Else the thread is left
/// to end by itself, at the next thing that it tells at the latest, and all that it was given is lost.
///
/// # Errors
/// [`Error::Stopped`] where it is left.
pub(crate) fn apart<T: Send + 'static>(
    listener: Listener<'_>,
    stage: Stage,
    patience: Duration,
    work: impl FnOnce(Listener<'_>) -> T + Send + 'static,
) -> Result<T> {
    let relay = Arc::new(Relay {
        stage: Mutex::new(stage),
        is_stopped: AtomicBool::new(false),
    });
    let (send, receive) = channel();
    let own = Arc::clone(&relay);
    let worker = thread::spawn(move || {
        let notice = |stage| {
            *own.stage() = stage;
            !own.is_stopped.load(Ordering::Relaxed)
        };
        // Nobody waits any more where it was left.
        let _ = send.send(work(Listener::new(&notice)));
    });
    let mut until = None;
    loop {
        if until.is_none() {
            let stage = *relay.stage();
            if !listener.goes_on(stage) {
                relay.is_stopped.store(true, Ordering::Relaxed);
                until = Some(Instant::now() + patience);
            }
        }
        let left = until.map(|until: Instant| until.saturating_duration_since(Instant::now()));
        match receive.recv_timeout(left.unwrap_or(TICK)) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Timeout) if left.is_some() => return Err(Error::Stopped),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => unreachable!("it sends before it ends"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::caught;
    use std::sync::mpsc::Receiver;

    const STAGE: Stage = Stage::Eigenvalues { samples: 7 };
    const NONE: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn what_nobody_stops_gives_its_value_and_tells_what_it_is_at() {
        let told = Mutex::new(Vec::new());
        let (heard, wait): (_, Receiver<()>) = channel();
        let notice = |stage| {
            let mut told = told.lock().unwrap();
            if told.last() != Some(&stage) {
                told.push(stage);
                heard.send(()).unwrap();
            }
            true
        };
        let value = apart(Listener::new(&notice), STAGE, NONE, move |own| {
            wait.recv().unwrap();
            for share in [0.25, 0.5] {
                own.tell(Stage::Curvature { share }).unwrap();
                wait.recv().unwrap();
            }
            3
        });
        assert_eq!(value.unwrap(), 3);
        let curvature = |share| Stage::Curvature { share };
        assert_eq!(
            told.into_inner().unwrap(),
            [STAGE, curvature(0.25), curvature(0.5)]
        );
    }

    #[test]
    fn what_is_stopped_is_left_before_it_ends_and_learns_of_it() {
        let (release, wait) = channel::<()>();
        let (say, learned) = channel();
        let stop = |_| false;
        let left = apart(Listener::new(&stop), STAGE, NONE, move |own| {
            // Released only once nobody waits for it any more.
            wait.recv().unwrap();
            say.send(own.goes_on(STAGE)).unwrap();
        });
        assert!(matches!(left, Err(Error::Stopped)), "{left:?}");
        release.send(()).unwrap();
        assert!(!learned.recv().unwrap(), "it is told to stop");
    }

    #[test]
    fn what_ends_in_time_once_it_is_stopped_is_taken() {
        let (stopped, wait) = channel();
        let stop = |_| {
            stopped.send(()).unwrap();
            false
        };
        let value = apart(Listener::new(&stop), STAGE, LONG, move |_| {
            wait.recv().unwrap();
            5
        });
        assert_eq!(value.unwrap(), 5);
    }

    #[test]
    fn a_panic_is_that_of_whoever_waits() {
        let stops: [fn(Stage) -> bool; 2] = [|_| true, |_| false];
        for goes_on in stops {
            let listener = Listener::new(&goes_on);
            let error = caught(
                || "here".to_owned(),
                || apart::<()>(listener, STAGE, LONG, |_| panic!("deep down")),
            )
            .unwrap_err();
            assert!(error.to_string().contains("deep down"), "{error}");
        }
    }
}
