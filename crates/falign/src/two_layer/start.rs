//! The start of a run: W(0), beta(0) and b, given or drawn from named streams.

use crate::data::Weights;
use crate::math::{StreamName, Streams};

/// Where the initial weights come from. Drawn hidden weights are made again whenever they
/// are needed, not stored.
#[derive(Debug, Clone)]
pub enum Start {
    /// Given weights.
    Given(Weights),
    /// i.i.d. N(0, 1) from the streams of a run; b = rho beta + sqrt(1 - rho^2) xi.
    Drawn {
        /// The run's streams.
        streams: Streams,
        /// rho in [-1, 1].
        correlation: f64,
    },
}

impl Start {
    /// Rows `first .. first + count` of W(0), row-major.
    pub fn hidden_rows(&self, first: usize, count: usize, input_dim: usize) -> Vec<f64> {
        match self {
            Self::Given(weights) => weights
                .hidden
                .rows()
                .into_iter()
                .skip(first)
                .take(count)
                .flat_map(|row| row.to_vec())
                .collect(),
            Self::Drawn { streams, .. } => {
                let mut rows = vec![0.0; count * input_dim];
                let mut stream = streams.open(StreamName::HiddenWeights);
                stream.seek((first * input_dim) as u64);
                stream.fill_normal(&mut rows);
                rows
            }
        }
    }

    /// beta(0) and b, each row-major (width, outputs).
    pub fn output_and_feedback(&self, width: usize, outputs: usize) -> (Vec<f64>, Vec<f64>) {
        match self {
            Self::Given(weights) => (
                weights.output.iter().copied().collect(),
                weights.feedback.iter().copied().collect(),
            ),
            Self::Drawn {
                streams,
                correlation,
            } => {
                let mut output = vec![0.0; width * outputs];
                let mut feedback = output.clone();
                streams
                    .open(StreamName::OutputWeights)
                    .fill_normal(&mut output);
                streams
                    .open(StreamName::FeedbackWeights)
                    .fill_normal(&mut feedback);
                correlate(&output, &mut feedback, *correlation);
                (output, feedback)
            }
        }
    }
}

/// xi becomes rho beta + sqrt(1 - rho^2) xi.
pub(super) fn correlate(beta: &[f64], xi: &mut [f64], rho: f64) {
    let rest = ((1.0 - rho) * (1.0 + rho)).sqrt();
    for (b, &beta) in xi.iter_mut().zip(beta) {
        *b = rho.mul_add(beta, rest * *b);
    }
}
