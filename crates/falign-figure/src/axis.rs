//! Axes: from values to positions between 0 and 1, and where the ticks are.

use anyhow::{Result, bail};
use falign::internal::config::figure::Scale;

use super::names;

/// A scale with its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// The scale.
    pub(super) scale: Scale,
    // Ends on the scale: values, or their log10.
    low: f64,
    high: f64,
}

/// Ends of an axis that are given, and the letter that its keys begin with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// `x` or `y`.
    pub(super) axis: char,
    /// Low end.
    pub(super) low: Option<f64>,
    /// High end.
    pub(super) high: Option<f64>,
}

impl Ends {
    /// Whether a value is between the ends.
    pub(super) fn hold(&self, value: f64) -> bool {
        self.low.is_none_or(|low| value >= low) && self.high.is_none_or(|high| value <= high)
    }
}

/// A tick; minor ones have no label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Position from 0 to 1.
    pub(super) at: f64,
    /// Label in the markup of `text`, for major ticks.
    pub(super) label: Option<String>,
    /// Whether the tick is short.
    pub(super) minor: bool,
}

impl Axis {
    /// An axis around the values, widened by `pad` of its length at each end that is not fixed.
    ///
    /// Values a log axis cannot show are passed over; with nothing to show the axis is 0 to 1,
    /// or 1 to 10. With a fixed end beyond all values it shows none of them.
    ///
    /// # Errors
    /// If a fixed end is not positive on a log axis, or two of them are not in order.
    pub(super) fn around(
        scale: Scale,
        values: impl IntoIterator<Item = f64>,
        pad: f64,
        given: Ends,
    ) -> Result<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values
            .into_iter()
            .filter_map(|value| on_scale(scale, value))
        {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let least = match scale {
            Scale::Linear => 1e-9 * low.abs().max(high.abs()).max(1e-300),
            Scale::Log => 1e-9,
        };
        if high - low < least {
            let half = match scale {
                Scale::Linear if low.abs() > 0.0 => 0.1 * low.abs(),
                Scale::Linear | Scale::Log => 0.5,
            };
            (low, high) = (low - half, high + half);
        }
        let length = high - low;
        let end = |fixed: Option<f64>, name: &str| match fixed {
            None => Ok(None),
            Some(value) => match on_scale(scale, value) {
                Some(end) => Ok(Some(end)),
                None => {
                    bail!(
                        "{}_{name} = {value} cannot be the end of a log axis; use a value above 0",
                        given.axis
                    )
                }
            },
        };
        let fixed = (end(given.low, "min")?, end(given.high, "max")?);
        // The margin of a free end is a share of what is shown, not of data that a fixed end cuts off.
        let margin = pad * (fixed.1.unwrap_or(high) - fixed.0.unwrap_or(low)).max(0.0);
        let low = fixed.0.unwrap_or(low - margin);
        let high = fixed.1.unwrap_or(high + margin);
        let (low, high) = match fixed {
            _ if low < high => (low, high),
            (Some(_), Some(_)) => bail!("{0}_min must be below {0}_max", given.axis),
            (Some(_), None) => (low, low + length),
            (None, _) => (high - length, high),
        };
        Ok(Self { scale, low, high })
    }

    /// Position of a value, 0 at the low end and 1 at the high end, beyond them outside;
    /// `None` where the scale has no place for it.
    pub(super) fn position(&self, value: f64) -> Option<f64> {
        on_scale(self.scale, value).map(|value| self.place(value))
    }

    fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The ends as values.
    pub(super) fn ends(&self) -> (f64, f64) {
        match self.scale {
            Scale::Linear => (self.low, self.high),
            Scale::Log => (libm::exp10(self.low), libm::exp10(self.high)),
        }
    }

    /// Ticks, with room for about `labels` labels.
    pub(super) fn ticks(&self, labels: usize) -> Vec<Tick> {
        let mut ticks = match self.scale {
            Scale::Linear => self.linear_ticks(labels),
            Scale::Log if self.high - self.low < 1.0 => self.short_log_ticks(labels),
            Scale::Log => self.log_ticks(labels),
        };
        ticks.retain(|tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at));
        ticks
    }

    /// Major ticks at the given values only; minor ones stay.
    pub(super) fn ticks_at(&self, values: &[f64], labels: usize) -> Vec<Tick> {
        let mut ticks: Vec<Tick> = self
            .ticks(labels)
            .into_iter()
            .map(|tick| Tick {
                label: None,
                minor: true,
                ..tick
            })
            .collect();
        let powers = values.iter().all(|value| {
            let power = libm::log10(*value);
            *value > 0.0 && (power - power.round()).abs() < 1e-9
        });
        ticks.extend(values.iter().filter_map(|value| {
            let label = if powers && self.scale == Scale::Log {
                power_of_ten(libm::log10(*value).round())
            } else {
                names::number(*value)
            };
            self.position(*value).map(|at| Tick {
                at,
                label: Some(label),
                minor: false,
            })
        }));
        ticks
    }

    fn linear_ticks(&self, labels: usize) -> Vec<Tick> {
        let rough = (self.high - self.low) / labels.max(2) as f64;
        let power = libm::floor(libm::log10(rough));
        let unit = libm::exp10(power);
        let (factor, parts) = [(1.0, 5_u32), (2.0, 4), (2.5, 5), (5.0, 5), (10.0, 5)]
            .into_iter()
            .find(|(factor, _)| factor * unit >= rough * (1.0 - 1e-9))
            .unwrap_or((10.0, 5));
        let step = factor * unit / f64::from(parts);
        let first = libm::ceil(self.low / step - 1e-9);
        let count = libm::floor((self.high - self.low) / step + 1e-9) as usize + 1;
        let decimals = decimals(factor * unit);
        let top = self.low.abs().max(self.high.abs());
        (0..=count)
            .map(|index| {
                let index = first + index as f64;
                let value = index * step;
                let major = (index / f64::from(parts)).fract().abs() < 1e-9;
                let label = if !(1e-4..1e5).contains(&top) {
                    // 0 itself is a sum of steps with a rounding tail.
                    names::number(if value.abs() < step * 1e-6 {
                        0.0
                    } else {
                        value
                    })
                } else if value.abs() < step * 1e-6 {
                    "0".to_owned()
                } else {
                    names::minus(&format!("{value:.decimals$}"))
                };
                Tick {
                    at: self.place(value),
                    label: major.then_some(label),
                    minor: !major,
                }
            })
            .collect()
    }

    fn log_ticks(&self, labels: usize) -> Vec<Tick> {
        let (first, last) = (libm::floor(self.low), libm::ceil(self.high));
        let decades = self.high - self.low;
        let stride = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 20.0, 50.0, 100.0]
            .into_iter()
            .find(|stride| decades / stride <= labels.max(2) as f64)
            .unwrap_or(200.0);
        let mut ticks = Vec::new();
        for step in 0..=((last - first) as usize) {
            let decade = first + step as f64;
            let major = (decade / stride).fract().abs() < 1e-9;
            ticks.push(Tick {
                at: self.place(decade),
                label: major.then(|| power_of_ten(decade)),
                minor: !major,
            });
            if decades <= 8.0 {
                ticks.extend((2..10).map(|digit| Tick {
                    at: self.place(decade + libm::log10(f64::from(digit))),
                    label: None,
                    minor: true,
                }));
            }
        }
        ticks
    }

    // Less than a decade: powers of ten alone could leave the axis bare.
    fn short_log_ticks(&self, labels: usize) -> Vec<Tick> {
        let (first, last) = (libm::floor(self.low), libm::ceil(self.high));
        let fine = self.high - self.low < 0.15;
        let mut ticks = Vec::new();
        for decade in 0..=((last - first) as usize) {
            let decade = first + decade as f64;
            let digits: Vec<u32> = if fine {
                (100..1000).step_by(5).collect()
            } else {
                (100..1000).step_by(100).collect()
            };
            for digit in digits {
                let value = f64::from(digit) / 100.0 * libm::exp10(decade);
                let major = fine || [100, 200, 300, 500].contains(&digit);
                ticks.push(Tick {
                    at: self.place(libm::log10(value)),
                    label: major.then(|| names::number(value)),
                    minor: !major,
                });
            }
        }
        let inside = ticks
            .iter()
            .filter(|tick| tick.label.is_some() && (0.0..=1.0).contains(&tick.at))
            .count();
        if inside < 2 {
            for tick in &mut ticks {
                if tick.label.is_none() {
                    let value = libm::exp10(self.low + tick.at * (self.high - self.low));
                    tick.label = Some(names::number(value));
                    tick.minor = false;
                }
            }
        }
        thinned(ticks, labels)
    }
}

/// The ticks within the axis with at most `labels` labels, evenly left out.
fn thinned(mut ticks: Vec<Tick>, labels: usize) -> Vec<Tick> {
    ticks.retain(|tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at));
    ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
    let labelled = ticks.iter().filter(|tick| tick.label.is_some()).count();
    let stride = labelled.div_ceil(labels.max(1)).max(1);
    let with_label = ticks.iter_mut().filter(|tick| tick.label.is_some());
    for (index, tick) in with_label.enumerate() {
        if index % stride > 0 {
            tick.label = None;
            tick.minor = true;
        }
    }
    ticks
}

fn on_scale(scale: Scale, value: f64) -> Option<f64> {
    let value = match scale {
        Scale::Linear => value,
        Scale::Log if value > 0.0 => libm::log10(value),
        Scale::Log => return None,
    };
    value.is_finite().then_some(value)
}

fn power_of_ten(exponent: f64) -> String {
    format!("10^{{{exponent}}}")
}

/// Decimals that show a multiple of `step` in full.
fn decimals(step: f64) -> usize {
    (0..12)
        .find(|&decimals| {
            let shifted = step * libm::exp10(decimals as f64);
            (shifted - shifted.round()).abs() < 1e-6 * shifted
        })
        .unwrap_or(12)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Ends = Ends {
        axis: 'y',
        low: None,
        high: None,
    };

    fn from(low: f64) -> Ends {
        Ends {
            low: Some(low),
            ..FREE
        }
    }

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks
            .iter()
            .filter_map(|tick| tick.label.as_deref())
            .collect()
    }

    #[test]
    fn a_log_axis_passes_over_values_it_cannot_show() {
        let values = [-1.0, 0.0, f64::NAN, 1e-2, 1e3];
        let axis = Axis::around(Scale::Log, values, 0.0, FREE).unwrap();
        assert_eq!(axis.position(0.0), None);
        assert_eq!(axis.position(-3.0), None);
        assert!((axis.position(1e-2).unwrap()).abs() < 1e-12);
        assert!((axis.position(1e3).unwrap() - 1.0).abs() < 1e-12);
        let bare = Axis::around(Scale::Log, [0.0, -5.0], 0.0, FREE).unwrap();
        assert!(!labels(&bare.ticks(4)).is_empty());
    }

    #[test]
    fn a_long_log_axis_labels_even_powers_and_marks_every_decade() {
        let axis = Axis::around(Scale::Log, [1e-28, 1e4], 0.0, FREE).unwrap();
        let ticks = axis.ticks(5);
        assert_eq!(
            labels(&ticks),
            ["10^{-24}", "10^{-16}", "10^{-8}", "10^{0}"]
        );
        assert_eq!(ticks.iter().filter(|tick| tick.minor).count(), 33 - 4);
    }

    #[test]
    fn a_short_log_axis_is_not_left_bare() {
        for (low, high) in [(2.0, 7.0), (0.31, 0.32), (1.5, 1.9), (9.0, 11.0)] {
            let axis = Axis::around(Scale::Log, [low, high], 0.0, FREE).unwrap();
            assert!(!labels(&axis.ticks(5)).is_empty(), "{low} to {high}");
        }
    }

    #[test]
    fn a_short_log_axis_has_no_more_labels_than_there_is_room_for() {
        for (low, high) in [
            (1.0, 1.3),
            (1.5, 1.9),
            (0.31, 0.32),
            (2.0, 9.5),
            (9.0, 11.0),
        ] {
            let axis = Axis::around(Scale::Log, [low, high], 0.0, FREE).unwrap();
            for room in [2, 3, 5] {
                let ticks = axis.ticks(room);
                let count = labels(&ticks).len();
                assert!(
                    (1..=room).contains(&count),
                    "{low} to {high}: {count} of {room}"
                );
            }
        }
    }

    #[test]
    fn linear_ticks_are_round_and_have_minor_ones() {
        let axis = Axis::around(Scale::Linear, [-0.2, 1.0], 0.0, FREE).unwrap();
        let ticks = axis.ticks(6);
        assert_eq!(
            labels(&ticks),
            ["−0.2", "0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert!(ticks.iter().any(|tick| tick.minor));
    }

    #[test]
    fn one_value_gets_room_around_it() {
        let axis = Axis::around(Scale::Linear, [0.25], 0.0, FREE).unwrap();
        assert!((axis.position(0.25).unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_fixed_end_leaves_a_margin_of_what_is_shown() {
        let axis = Axis::around(Scale::Linear, [0.1, 0.98], 0.05, from(0.9)).unwrap();
        let (low, high) = axis.ends();
        assert_eq!(low.to_bits(), 0.9_f64.to_bits());
        assert!((high - 0.984).abs() < 1e-9, "{high}");
        let ends = Ends {
            high: Some(0.5),
            ..from(0.5)
        };
        assert!(Axis::around(Scale::Linear, [0.1, 0.98], 0.05, ends).is_err());
    }

    #[test]
    fn a_fixed_end_beyond_the_data_leaves_an_axis_without_them() {
        for (scale, fixed) in [
            (Scale::Linear, (Some(2.0), None)),
            (Scale::Linear, (None, Some(-2.0))),
            (Scale::Log, (Some(2.0), None)),
            (Scale::Log, (None, Some(0.01))),
        ] {
            let ends = Ends {
                low: fixed.0,
                high: fixed.1,
                ..FREE
            };
            let axis = Axis::around(scale, [0.1, 0.98], 0.05, ends).unwrap();
            let (low, high) = axis.ends();
            assert!(low < high && !axis.ticks(4).is_empty());
            for value in [0.1, 0.98] {
                let place = axis.position(value).unwrap();
                assert!(!(0.0..=1.0).contains(&place), "{fixed:?} shows {value}");
            }
        }
    }

    #[test]
    fn a_non_positive_end_of_a_log_axis_is_refused_by_name() {
        let error = Axis::around(Scale::Log, [1.0], 0.0, from(0.0)).unwrap_err();
        assert!(error.to_string().contains("y_min = 0"), "{error}");
    }
}
