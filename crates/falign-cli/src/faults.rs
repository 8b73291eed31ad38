//! Faults of the program: said in one sentence, with the place that a report of them needs.

use std::panic::Location;
use std::sync::{Mutex, PoisonError};

/// Place where the program panicked first; later panics often follow from it.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Silences panics from now on (unless `RUST_BACKTRACE` is set): whoever waits for the work reports
/// them, with the [`place`].
pub(crate) fn listen() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(Location::to_string);
        let mut known = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.take().or(place);
        drop(known);
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            print(panic);
        }
    }));
}

/// ` (SOURCE:LINE:COLUMN)` of the first panic; nothing if there was none.
pub(crate) fn place() -> String {
    let known = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .as_ref()
        .map_or_else(String::new, |place| format!(" ({place})"))
}
