//! psi' of a batch, as numbers or as what the activities tell.

use falign_kernels::thin::SlopeRows;
use ndarray::{ArrayView2, ArrayViewMut2, Zip};

use super::Scalar;

/// psi'(z) of some units, samples in rows.
#[derive(Debug, Clone, Copy)]
pub enum Slopes<'a, T> {
    /// Slopes as numbers.
    Numbers(ArrayView2<'a, T>),
    /// Slopes of `ReLU` with these activities: 0 where an activity is not above 0 (and is a number),
    /// else 1.
    OfRectified(ArrayView2<'a, T>),
}

impl<'a, T: Scalar> Slopes<'a, T> {
    /// (samples, units).
    pub fn dim(&self) -> (usize, usize) {
        let (Self::Numbers(x) | Self::OfRectified(x)) = self;
        x.dim()
    }

    /// Slope of one unit for one sample.
    ///
    /// # Panics
    /// If there is no such sample or unit.
    pub fn at(&self, sample: usize, unit: usize) -> T {
        match self {
            Self::Numbers(slopes) => slopes[(sample, unit)],
            Self::OfRectified(activities) => of_rectified(activities[(sample, unit)]),
        }
    }

    /// Multiplies entry by entry.
    ///
    /// # Panics
    /// If `c` has another shape.
    pub fn multiply(&self, c: &mut ArrayViewMut2<'_, T>) {
        match self {
            Self::Numbers(slopes) => Zip::from(c).and(slopes).for_each(|c, &s| *c = *c * s),
            Self::OfRectified(activities) => Zip::from(c)
                .and(activities)
                .for_each(|c, &a| *c = *c * of_rectified(a)),
        }
    }

    /// Slopes as they lie in memory, if that is row by row.
    pub(super) fn rows(&self) -> Option<SlopeRows<'a, T>> {
        let (Self::Numbers(numbers) | Self::OfRectified(numbers)) = self;
        Some(SlopeRows {
            numbers: numbers.to_slice()?,
            is_of_rectified: matches!(self, Self::OfRectified(_)),
        })
    }
}

/// NaN has a slope of 1, as in [`activate`](super::activate).
fn of_rectified<T: Scalar>(activity: T) -> T {
    if activity <= T::ZERO { T::ZERO } else { T::ONE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rectified_activities_tell_their_slopes() {
        let activities = array![[0.0, 0.7], [-0.0, f64::NAN]];
        let numbers = array![[0.0, 1.0], [0.0, 1.0]];
        let both = [
            Slopes::OfRectified(activities.view()),
            Slopes::Numbers(numbers.view()),
        ];
        for slopes in both {
            let mut signal = array![[3.0, 4.0], [5.0, -6.0]];
            slopes.multiply(&mut signal.view_mut());
            assert_eq!(signal, array![[0.0, 4.0], [0.0, -6.0]], "{slopes:?}");
            for ((sample, unit), slope) in numbers.indexed_iter() {
                let found = slopes.at(sample, unit);
                assert_eq!(found.to_bits(), slope.to_bits(), "{slopes:?}");
            }
        }
    }
}
