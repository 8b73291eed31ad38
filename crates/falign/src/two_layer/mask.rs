//! Dropout masks, indexed by step, sample and hidden unit, so that engines share them.

use crate::math::{Stream, StreamName, Streams};

/// Units whose words lie together.
pub(super) const GROUP: usize = 8;

/// Inverted dropout: a unit is dropped for a sample with probability `rate`, else its
/// activity is multiplied by 1/(1 - rate).
#[derive(Debug, Clone)]
pub(super) struct Masks {
    stream: Stream,
    threshold: u64,
    keep: f64,
    samples: usize,
    groups: usize,
    words: Vec<u32>,
}

impl Masks {
    pub(super) fn new(streams: Streams, rate: f64, samples: usize, width: usize) -> Self {
        Self {
            stream: streams.open(StreamName::Dropout),
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "rate in [0, 1)"
            )]
            threshold: (rate * 4_294_967_296.0) as u64,
            keep: 1.0 / (1.0 - rate),
            samples,
            groups: width.div_ceil(GROUP),
            words: vec![0; samples * GROUP],
        }
    }

    /// The factors of units `8 group .. 8 group + 8` at `step`: sample i's unit l at `i * 8 + l`.
    pub(super) fn group(&mut self, step: u64, group: usize, out: &mut Vec<f64>) {
        let first = (u128::from(step) * self.groups as u128 + group as u128)
            * (self.samples * GROUP) as u128;
        self.stream.seek32(first);
        self.stream.fill_words32(&mut self.words);
        out.clear();
        out.extend(self.words.iter().map(|&w| {
            if u64::from(w) < self.threshold {
                0.0
            } else {
                self.keep
            }
        }));
    }
}
