//! Faults of the program itself: a panic becomes an error, so that whoever waits learns of it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Error, Result};

/// The value of `work`, or [`Error::Fault`] where it panics. `place` says what was being done.
///
/// # Errors
/// Those of `work`; [`Error::Fault`] with the message of its panic.
///
/// # Example
/// ```
/// use falign::internal::fault::caught;
/// let third = |list: &[u64]| caught(|| "list 7".to_owned(), || Ok(list[2]));
/// assert_eq!(third(&[1, 2, 3])?, 3);
/// let error = third(&[]).unwrap_err().to_string();
/// assert!(error.starts_with("list 7: index out of bounds"), "{error}");
/// # Ok::<(), falign::Error>(())
/// ```
pub fn caught<T>(place: impl FnOnce() -> String, work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What `work` was changing is dropped with it.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(Error::Fault {
            place: place(),
            message: message(&*panic).to_owned(),
        })
    })
}

/// Message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_panic_is_an_error_with_its_place() {
        let says = |work: fn() -> Result<()>| {
            let error = caught(|| "here".to_owned(), work).unwrap_err();
            assert!(matches!(error, Error::Fault { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("please report it") && text.contains("`falign doctor --json`"));
            text
        };
        assert!(says(|| panic!("plain")).starts_with("here: plain"));
        let with_value: fn() -> Result<()> = || panic!("value {}", std::hint::black_box(3));
        assert!(says(with_value).starts_with("here: value 3"));
        assert!(says(|| std::panic::panic_any(7_u8)).contains("without a message"));
    }

    #[test]
    fn other_errors_pass() {
        let error = caught(String::new, || Err::<(), _>(Error::record("a", "no"))).unwrap_err();
        assert!(matches!(error, Error::Record { .. }));
    }
}
