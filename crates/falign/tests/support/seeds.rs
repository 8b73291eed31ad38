//! Cases drawn from seeds, for as long as one likes: `FALIGN_FUZZ_SECONDS=600` for ten minutes, and
//! `FALIGN_FUZZ_SEED` begins elsewhere. What fails names the seed that shows it again.

use std::time::{Duration, Instant};

use falign::math::{Stream, StreamName, Streams};

/// An environment variable as a number.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} = {text}: expected a whole number"))
    })
}

/// Says which seed failed.
struct Told<'a> {
    what: &'a str,
    seed: u64,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "FALIGN_FUZZ_SEED={} shows it again: {}",
                self.seed, self.what
            );
        }
    }
}

/// Tries one seed after the other for so many seconds, and at least one.
pub(crate) fn for_seconds(what: &str, seconds: u64, try_seed: impl Fn(u64)) {
    let until = Instant::now() + Duration::from_secs(number("FALIGN_FUZZ_SECONDS", seconds));
    let first = number("FALIGN_FUZZ_SEED", 0);
    let mut seed = first;
    while seed == first || Instant::now() < until {
        let told = Told { what, seed };
        try_seed(seed);
        drop(told);
        seed += 1;
    }
    eprintln!(
        "{what}: {} cases from seed {first}, none failed",
        seed - first
    );
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
