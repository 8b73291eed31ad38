//! Cases drawn from seeds: more of them with `./check.sh --all`, and for ten minutes with
//! `FALIGN_FUZZ_SECONDS=600`; `FALIGN_TEST_SEED` begins elsewhere.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use falign::math::{Stream, StreamName, Streams};

/// How many times as many `./check.sh --all` takes.
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

/// Tries so many seeds one after the other: the same ones at every push, many more and from a new one on
/// with `./check.sh --all`.
pub(crate) fn for_cases(what: &str, count: u64, try_seed: impl Fn(u64)) {
    let is_all = std::env::var_os("FALIGN_TEST_ALL").is_some();
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let (count, first) = if is_all {
        (ALL * count, clock())
    } else {
        (count, 0)
    };
    let first = number("FALIGN_TEST_SEED").unwrap_or(first);
    let started = Instant::now();
    let goes_on = |done| match number("FALIGN_FUZZ_SECONDS") {
        Some(seconds) => done == 0 || started.elapsed() < Duration::from_secs(seconds),
        None => done < count,
    };
    let mut done = 0;
    while goes_on(done) {
        let seed = first + done;
        let told = Told { what, seed };
        try_seed(seed);
        drop(told);
        done += 1;
    }
    say(&format!(
        "{what}: {done} cases, FALIGN_TEST_SEED={first} and on, none failed"
    ));
}

/// Stream of a seed's draws.
pub(crate) fn draws(seed: u64) -> Stream {
    Streams::new(seed, 0).open(StreamName::Audit)
}

/// Size from `low` to `high`, small ones as often as large ones.
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
