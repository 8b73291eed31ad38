//! Whether a run has learned anything.

use crate::math::Loss;
use crate::network::{Batch, Examples};
use crate::simulate::Outcome;

/// The loss per sample of the best constant outputs on the training set: what a network has
/// before it has learned anything of the inputs.
pub(super) fn chance_loss(examples: &Examples, loss: Loss) -> f64 {
    let rows: Vec<usize> = (0..examples.samples()).collect();
    let n = rows.len() as f64;
    let k = examples.outputs();
    let (mut sums, mut squares) = (vec![0.0; k], vec![0.0; k]);
    let mut include = |column: usize, y: f64| {
        sums[column] += y;
        squares[column] += y * y;
    };
    if let Some(labels) = examples.labels() {
        for &label in labels {
            include(label, 1.0);
        }
    } else {
        let mut batch = Batch::<f64>::default();
        examples.fill(&rows, &mut batch);
        for ((_, column), y) in batch.targets().indexed_iter() {
            include(column, *y);
        }
    }
    let entropy = |p: f64| if p > 0.0 { -p * libm::log(p) } else { 0.0 };
    sums.iter()
        .zip(&squares)
        .map(|(sum, square)| {
            let p = sum / n;
            match loss {
                // Logistic outputs reach every mean from 0 to 1.
                Loss::SquaredError | Loss::SquaredErrorLogistic => 0.5 * (square / n - p * p),
                Loss::SoftmaxCrossEntropy => entropy(p),
                Loss::Logistic => entropy(p) + entropy(1.0 - p),
            }
        })
        .sum()
}

/// A finished run, or a stalled one: over the second half of its rows, and three at least, the
/// running loss stayed within a hundredth of the loss of the best constant outputs.
pub(super) fn stall(losses: &[f64], steps: &[u64], chance: f64) -> Outcome {
    let is_flat = |loss: &f64| (loss - chance).abs() <= 0.01 * chance;
    let flat = losses.iter().rev().take_while(|loss| is_flat(loss)).count();
    if flat >= 3 && 2 * flat >= losses.len() {
        let step = steps[losses.len() - flat];
        return Outcome::Stalled { step };
    }
    Outcome::Finished
}
