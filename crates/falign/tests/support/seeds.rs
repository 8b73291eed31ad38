//! Cases drawn from seeds, for as long as one likes: longer with `./check.sh --all`, ten minutes with
//! `FALIGN_FUZZ_SECONDS=600`; `FALIGN_TEST_SEED` begins elsewhere.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use falign::math::{Stream, StreamName, Streams};

/// How much longer `./check.sh --all` takes.
const ALL: u64 = 20;

/// An environment variable as a number.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} = {text}: expected a whole number")))
}

/// A line on stderr, which the test runner does not keep from a test that passes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says which seed failed.
struct Told<'a> {
    what: &'a str,
    seed: u64,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&format!(
                "{}: FALIGN_TEST_SEED={} shows it again",
                self.what, self.seed
            ));
        }
    }
}

/// Tries one seed after the other for so many seconds, and at least one: the same ones at every push,
/// new ones with `./check.sh --all`.
pub(crate) fn for_seconds(what: &str, seconds: u64, try_seed: impl Fn(u64)) {
    let is_all = std::env::var_os("FALIGN_TEST_ALL").is_some();
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let (seconds, first) = if is_all {
        (ALL * seconds, clock())
    } else {
        (seconds, 0)
    };
    let seconds = number("FALIGN_FUZZ_SECONDS").unwrap_or(seconds);
    let first = number("FALIGN_TEST_SEED").unwrap_or(first);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut seed = first;
    while seed == first || Instant::now() < until {
        let told = Told { what, seed };
        try_seed(seed);
        drop(told);
        seed += 1;
    }
    let count = seed - first;
    say(&format!(
        "{what}: {count} cases, FALIGN_TEST_SEED={first} and on, none failed"
    ));
}

/// What a seed draws.
pub(crate) fn draws(seed: u64) -> Stream {
    Streams::new(seed, 0).open(StreamName::Audit)
}

/// From `low` to `high`, small numbers as often as large ones.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small positive sizes"
)]
pub(crate) fn size(stream: &mut Stream, low: f64, high: f64) -> usize {
    (low * (high / low).powf(stream.uniform())).round() as usize
}

/// One of a list.
pub(crate) fn pick<T: Copy>(stream: &mut Stream, list: &[T]) -> T {
    list[stream.below(list.len())]
}
