//! Units of one hidden layer that no longer respond: dead or saturated.

use ndarray::Array2;

use crate::math::{Activation, Scalar, Slopes};

/// A slope is flat below this share of the activation's steepest.
const FLAT_SHARE: f64 = 0.01;

/// The slope below which an activity is saturated; none for piecewise linear activations, whose
/// slopes have no tail.
fn flat_below(activation: Activation) -> Option<f64> {
    let steepest = match activation {
        Activation::Linear | Activation::Relu | Activation::LeakyRelu => return None,
        Activation::Tanh | Activation::Softplus => 1.0,
        Activation::Sigmoid => 0.25,
        Activation::Erf => std::f64::consts::FRAC_2_SQRT_PI,
    };
    Some(FLAT_SHARE * steepest)
}

/// What is known of a hidden layer's units after the samples so far.
#[derive(Debug)]
pub(super) struct UnitStates {
    units: usize,
    /// Units that never were active nor had a slope.
    dead: Vec<usize>,
    flat_below: Option<f64>,
    saturated: usize,
    samples: usize,
}

impl UnitStates {
    pub(super) fn new(units: usize, activation: Activation) -> Self {
        Self {
            units,
            dead: (0..units).collect(),
            flat_below: flat_below(activation),
            saturated: 0,
            samples: 0,
        }
    }

    /// Both are (samples, units). Cost: next to nothing for piecewise linear activations once
    /// most units have been active.
    pub(super) fn include<T: Scalar>(&mut self, activities: &Array2<T>, slopes: Slopes<'_, T>) {
        self.samples += activities.nrows();
        for (sample, row) in activities.rows().into_iter().enumerate() {
            self.dead
                .retain(|&unit| row[unit] == T::ZERO && slopes.at(sample, unit) == T::ZERO);
        }
        if let (Some(flat), Slopes::Numbers(slopes)) = (self.flat_below, slopes) {
            // No slope is negative.
            let is_flat = |slope: &&T| slope.to_f64() < flat;
            self.saturated += slopes.iter().filter(is_flat).count();
        }
    }

    /// NaN without samples.
    pub(super) fn dead_fraction(&self) -> f64 {
        if self.samples == 0 {
            return f64::NAN;
        }
        self.dead.len() as f64 / self.units as f64
    }

    /// NaN without samples, and for piecewise linear activations.
    pub(super) fn saturated_fraction(&self) -> f64 {
        match self.flat_below {
            Some(_) => self.saturated as f64 / (self.samples * self.units) as f64,
            None => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slopes never exceed the steepest, and reach it somewhere on a fine grid, but for the
    /// one that reaches it at infinity.
    #[test]
    fn the_steepest_slope_is_the_largest() {
        for activation in Activation::ALL {
            let Some(flat) = flat_below(activation) else {
                continue;
            };
            let slopes = (-4000..=4000).map(|i| activation.derivative(f64::from(i) * 0.01));
            let largest = slopes.fold(0.0, f64::max);
            let error = (largest - flat / FLAT_SHARE).abs();
            assert!(error < 1e-12, "{activation:?} {error:e}");
        }
    }
}
