//! Named random streams: one root seed, one stream per name and run.
//!
//! A stream's key is SHA-256 of (a version tag, the name, the root seed, the run); its words
//! come from ChaCha8, which can be entered at any position. Adding a draw in one room
//! therefore shifts nothing in another, and runs that differ only in ridge, rule or engine
//! share all their randomness. The width is no part of the key: a wider network has the
//! narrower one's units plus more.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::normal::normal_quantile;

/// The names of the streams.
///
/// # Example
/// ```
/// use falign::math::{StreamName, Streams};
/// let streams = Streams::new(1, 0);
/// let first = |name| streams.open(name).normal();
/// // Streams have nothing to do with each other, and always the same numbers.
/// assert_ne!(first(StreamName::Data), first(StreamName::HiddenWeights));
/// assert_eq!(first(StreamName::Data), first(StreamName::Data));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamName {
    /// Training inputs, and targets that no teacher makes.
    Data,
    /// The teacher's hidden weights.
    TeacherHidden,
    /// The teacher's output weights.
    TeacherOutput,
    /// W(0).
    HiddenWeights,
    /// beta(0).
    OutputWeights,
    /// Choice of the forward connections that exist.
    Connections,
    /// b, or its part independent of beta(0).
    FeedbackWeights,
    /// Held-out inputs.
    HeldOut,
    /// Choice of the training samples that become validation samples.
    Split,
    /// The order of training samples, epoch by epoch.
    Batches,
    /// Shifts, windows and mirrors of training images.
    Augmentation,
    /// Dropout masks, and behind them whatever a rule draws in a step.
    Dropout,
    /// Draws of a rule while it is only measured.
    Measured,
    /// The Gram matrix of the start, where only that is drawn.
    Gram,
    /// Draws of a rule's audit; the run number tells its checks apart.
    Audit,
    /// Hidden units of the slow-time limit.
    Particles,
    /// The seed of starts that are drawn to foretell runs.
    Forecast,
}

impl StreamName {
    fn tag(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::TeacherHidden => "teacher/hidden",
            Self::TeacherOutput => "teacher/output",
            Self::HiddenWeights => "hidden_weights",
            Self::OutputWeights => "output_weights",
            Self::Connections => "connections",
            Self::FeedbackWeights => "feedback_weights",
            Self::HeldOut => "held_out",
            Self::Split => "split",
            Self::Batches => "batches",
            Self::Augmentation => "augmentation",
            Self::Dropout => "dropout",
            Self::Measured => "measured",
            Self::Gram => "gram",
            Self::Audit => "audit",
            Self::Particles => "particles",
            Self::Forecast => "forecast",
        }
    }
}

/// Streams of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    run: u64,
}

impl Streams {
    /// The streams of run number `run` under root seed `seed`.
    pub fn new(seed: u64, run: u64) -> Self {
        Self { seed, run }
    }

    /// Opens a stream at its beginning.
    ///
    /// ```
    /// use falign::math::{StreamName, Streams};
    /// let mut a = Streams::new(7, 0).open(StreamName::Data);
    /// let mut b = Streams::new(7, 0).open(StreamName::Data);
    /// a.normal();
    /// let second = a.normal();
    /// b.seek(1); // every normal consumes one word
    /// assert_eq!(b.normal().to_bits(), second.to_bits());
    /// ```
    pub fn open(&self, name: StreamName) -> Stream {
        let key = Sha256::new()
            .chain_update(b"falign stream 1\0")
            .chain_update(name.tag().as_bytes())
            .chain_update([0])
            .chain_update(self.seed.to_le_bytes())
            .chain_update(self.run.to_le_bytes())
            .finalize();
        Stream(ChaCha8Rng::from_seed(key.into()))
    }
}

/// A sequence of 64-bit words and the draws made of them.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// Moves to word number `word` (64-bit words, from 0).
    pub fn seek(&mut self, word: u64) {
        self.0.set_word_pos(u128::from(word) * 2);
    }

    /// Moves to the draws of one layer in one step. Layers have separate sequences, in which every
    /// step has 2^32 words: what is drawn depends on nothing that was drawn before.
    ///
    /// ```
    /// use falign::math::{StreamName, Streams};
    /// let mut stream = Streams::new(7, 0).open(StreamName::Dropout);
    /// stream.enter(3, 1000);
    /// let first = stream.word();
    /// stream.enter(2, 1000);
    /// assert_ne!(stream.word(), first);
    /// stream.enter(3, 1000);
    /// assert_eq!(stream.word(), first);
    /// ```
    pub fn enter(&mut self, layer: u64, step: u64) {
        self.0.set_stream(layer);
        self.seek(step << 32);
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on (0, 1), never 0 or 1; one word.
    pub fn uniform(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Standard normal; one word.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Fills with standard normals, one word each.
    pub(crate) fn fill_normal(&mut self, values: &mut [f64]) {
        for value in values {
            *value = self.normal();
        }
    }

    /// Uniform on 0, 1, ..., `n` - 1; one word. The bias is below n / 2^64.
    ///
    /// # Panics
    /// If `n` is 0.
    ///
    /// ```
    /// use falign::math::{StreamName, Streams};
    /// let mut stream = Streams::new(7, 0).open(StreamName::Split);
    /// assert!((0..100).all(|_| stream.below(3) < 3));
    /// ```
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "there is no number below 0");
        let product = u128::from(self.word()) * n as u128;
        usize::try_from(product >> 64).expect("below n")
    }

    /// +1 or -1 with probability one half; one word.
    pub fn sign(&mut self) -> f64 {
        if self.word() >> 63 == 0 { 1.0 } else { -1.0 }
    }

    /// Chi-squared with `freedom` > 0 degrees of freedom; a random number of words.
    ///
    /// Source: Marsaglia & Tsang (2000), with their boost for shapes below one.
    pub(crate) fn chi_squared(&mut self, freedom: f64) -> f64 {
        let shape = freedom / 2.0;
        if shape < 1.0 {
            let boost = libm::pow(self.uniform(), 1.0 / shape);
            return boost * self.chi_squared(freedom + 2.0);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            let u = self.uniform();
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return 2.0 * d * v;
            }
        }
    }

    /// Fills with 32-bit words, from the current position.
    pub(crate) fn fill_words32(&mut self, words: &mut [u32]) {
        for word in words {
            *word = self.0.next_u32();
        }
    }

    /// Moves to 32-bit word number `word`.
    pub(crate) fn seek32(&mut self, word: u128) {
        self.0.set_word_pos(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_runs_give_unrelated_streams() {
        let first = |seed, run, name| Streams::new(seed, run).open(name).word();
        let words = [
            first(0, 0, StreamName::Data),
            first(1, 0, StreamName::Data),
            first(0, 1, StreamName::Data),
            first(0, 0, StreamName::HeldOut),
        ];
        for (i, a) in words.iter().enumerate() {
            assert!(words[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn draws_have_their_moments() {
        // 1e5 draws: the standard error of a mean is 0.0032 standard deviations; 5 of them.
        let mut stream = Streams::new(3, 0).open(StreamName::Gram);
        let n = 100_000;
        for freedom in [1.0, 5.0, 1e12] {
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let x = (stream.chi_squared(freedom) - freedom) / (2.0 * freedom).sqrt();
                sum += x;
                squares += x * x;
            }
            let mean = sum / f64::from(n);
            let kurtosis = 3.0 + 12.0 / freedom;
            assert!(mean.abs() < 0.016, "{freedom}: {mean}");
            let slack = 5.0 * ((kurtosis - 1.0) / f64::from(n)).sqrt();
            assert!((squares / f64::from(n) - 1.0).abs() < slack, "{freedom}");
        }
    }
}
