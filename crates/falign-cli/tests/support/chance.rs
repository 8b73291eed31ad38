//! Seeded chance for harnesses of random faults, and how long they go on.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `short` cases at a push, `long` ones where `./check.sh --all` asks for them.
pub(crate) fn cases(short: usize, long: usize) -> usize {
    if asks_for_all() { long } else { short }
}

fn asks_for_all() -> bool {
    std::env::var_os("FALIGN_TEST_ALL").is_some()
}

/// Numbers from a seed, by `SplitMix64`.
pub(crate) struct Chance(u64);

impl Chance {
    /// Prints the seed: the same one at every push, a new one for all cases, and that of
    /// `FALIGN_TEST_SEED` where it is set.
    pub(crate) fn new(harness: &str) -> Self {
        let set = std::env::var("FALIGN_TEST_SEED").ok();
        let seed = match set {
            Some(text) => text.parse().expect("FALIGN_TEST_SEED is a whole number"),
            None if asks_for_all() => clock(),
            None => 1,
        };
        say(&format!("{harness}: FALIGN_TEST_SEED={seed}"));
        Self(seed)
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.bits() % bound as u64).unwrap()
    }

    /// Milliseconds below `bound`.
    pub(crate) fn moment(&mut self, bound: usize) -> Duration {
        Duration::from_millis(self.below(bound) as u64)
    }
}

fn clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs()
}

/// A line on stderr, which the test runner does not keep from a test that passes.
pub(crate) fn say(text: &str) {
    // Whether it can be read or not, the test goes on.
    let _ = writeln!(std::io::stderr(), "{text}");
}
