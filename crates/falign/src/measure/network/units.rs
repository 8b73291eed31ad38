//! Units of one hidden layer that no longer respond: dead or saturated.

use ndarray::Array2;

use crate::math::{Activation, Scalar, Slopes};
use crate::rule::Layer;

/// A slope is flat below this share of the activation's steepest.
const FLAT_SHARE: f64 = 0.01;

/// The slope below which an activity is saturated; none for piecewise linear activations, whose
/// slopes have no tail.
fn flat_below(activation: Activation) -> Option<f64> {
    let facts = activation.facts();
    (!facts.is_piecewise_linear).then_some(FLAT_SHARE * facts.largest_slope)
}

/// Units of a hidden layer on a set of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Units {
    /// Share of units that were 0 with slope 0 for every sample.
    pub(crate) dead: f64,
    /// Share of channels of which every unit was dead.
    pub(crate) dead_channels: f64,
    /// Share of activities on a tail; NaN for piecewise linear activations.
    pub(crate) saturated: f64,
}

/// Units of a hidden layer after the samples so far.
#[derive(Debug)]
pub(super) struct UnitStates {
    units: usize,
    /// Units side by side that are the channels of one place.
    channels: usize,
    /// Units that never were active nor had a slope.
    dead: Vec<usize>,
    flat_below: Option<f64>,
    saturated: usize,
    samples: usize,
}

impl UnitStates {
    pub(super) fn new<T: Scalar>(layer: &Layer<T>) -> Self {
        let units = layer.units();
        Self {
            units,
            channels: units / layer.places(),
            dead: (0..units).collect(),
            flat_below: flat_below(layer.activation),
            saturated: 0,
            samples: 0,
        }
    }

    /// Includes samples; the arrays are (samples, units). Cost: next to nothing for piecewise linear activations once
    /// most units have been active.
    pub(super) fn include<T: Scalar>(&mut self, activities: &Array2<T>, slopes: Slopes<'_, T>) {
        self.samples += activities.nrows();
        for (sample, row) in activities.rows().into_iter().enumerate() {
            self.dead
                .retain(|&unit| row[unit] == T::ZERO && slopes.at(sample, unit) == T::ZERO);
        }
        if let (Some(flat), Slopes::Numbers(slopes)) = (self.flat_below, slopes) {
            let is_flat = |slope: &&T| slope.to_f64().abs() < flat;
            self.saturated += slopes.iter().filter(is_flat).count();
        }
    }

    /// Shares of all samples so far; NaN without samples.
    pub(super) fn finish(&self) -> Units {
        let activities = (self.samples * self.units) as f64;
        let share = |of: usize, all: usize| match self.samples {
            0 => f64::NAN,
            _ => of as f64 / all as f64,
        };
        Units {
            dead: share(self.dead.len(), self.units),
            dead_channels: share(self.dead_channels(), self.channels),
            saturated: match self.flat_below {
                Some(_) => self.saturated as f64 / activities,
                None => f64::NAN,
            },
        }
    }

    /// Channels that are dead at every place.
    fn dead_channels(&self) -> usize {
        let mut dead_places = vec![0; self.channels];
        for unit in &self.dead {
            dead_places[unit % self.channels] += 1;
        }
        let places = self.units / self.channels;
        dead_places
            .into_iter()
            .filter(|&dead| dead == places)
            .count()
    }
}
