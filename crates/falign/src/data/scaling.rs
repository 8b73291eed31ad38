//! Scaling of inputs as stored to numbers for a network.

use ndarray::{Array2, ArrayRef, Axis, Dimension};
use serde::{Deserialize, Serialize};

use super::Matrix;
use super::labelled::{Inputs, Labelled};
use crate::math::Scalar;
use crate::{Error, Result};

/// How inputs are shifted and scaled, by statistics of the training set alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// Inputs as stored; pixels from 0 to 255.
    None,
    /// Pixels divided by 255. Other inputs: the range of the whole training set to [0, 1].
    Unit,
    /// Mean 0 and standard deviation 1 over all inputs of the training set together: one mean
    /// and one deviation, as usual for MNIST.
    #[default]
    Standardise,
    /// Mean 0 and standard deviation 1 for each input apart. An input that has one value only
    /// in the training set becomes 0 everywhere.
    StandardisePerFeature,
}

impl Scaling {
    /// The scalings in the order of the documentation.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::Unit,
        Self::Standardise,
        Self::StandardisePerFeature,
    ];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unit => "unit",
            Self::Standardise => "standardise",
            Self::StandardisePerFeature => "standardise_per_feature",
        }
    }

    /// Takes the statistics of the training set.
    ///
    /// Standard deviations have divisor n. Sums over pixels are exact, others are taken in
    /// `f64` in the order of the samples, so the result depends on nothing but the data.
    ///
    /// # Errors
    /// [`Error::Shape`] if [`Unit`](Self::Unit) or [`Standardise`](Self::Standardise) meets
    /// inputs that are all equal, or any scaling but [`None`](Self::None) inputs beyond 1e290,
    /// whose sums leave the range of `f64`.
    ///
    /// # Example
    /// ```
    /// use falign::data::{Inputs, Labelled};
    /// use falign::internal::data::Scaling;
    /// use ndarray::array;
    /// let train = Inputs::Pixels(array![[0, 255], [255, 0]].into());
    /// let train = Labelled::new(train, vec![2], vec![0, 1], 2)?;
    /// let scaler = Scaling::Standardise.fit(&train)?;
    /// let x = scaler.scale::<f32>(&train);
    /// assert_eq!(x, array![[-1.0, 1.0], [1.0, -1.0]]);
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn fit(self, train: &Labelled) -> Result<Scaler> {
        if self != Self::None
            && let Inputs::Reals(x) = train.inputs()
            && let Some(((row, column), x)) = x.indexed_iter().find(|(_, x)| x.abs() > LARGEST)
        {
            return Err(Error::shape(
                "inputs",
                format!("numbers up to {LARGEST:e}, for scaling \"{}\"", self.name()),
                format!(
                    "{:?} with {x:e} at row {row}, column {column}",
                    train.inputs().dim()
                ),
            ));
        }
        let one = |(shift, scale): (f64, f64)| (vec![shift], vec![scale]);
        let (shift, scale) = match self {
            Self::None => one((0.0, 1.0)),
            Self::Unit => one(match train.inputs() {
                Inputs::Pixels(_) => (0.0, 255.0),
                Inputs::Singles(x) => range(widened(x)),
                Inputs::Reals(x) => range(x.iter().copied()),
            }),
            Self::Standardise => one(match train.inputs() {
                Inputs::Pixels(x) => pixel_moments(x.iter().copied()),
                Inputs::Singles(x) => real_moments(widened(x)),
                Inputs::Reals(x) => real_moments(x.iter().copied()),
            }),
            Self::StandardisePerFeature => match train.inputs() {
                Inputs::Pixels(x) => x
                    .axis_iter(Axis(1))
                    .map(|x| pixel_moments(x.iter().copied()))
                    .unzip(),
                Inputs::Singles(x) => x
                    .axis_iter(Axis(1))
                    .map(|x| real_moments(widened(&x)))
                    .unzip(),
                Inputs::Reals(x) => x
                    .axis_iter(Axis(1))
                    .map(|x| real_moments(x.iter().copied()))
                    .unzip(),
            },
        };
        if self != Self::StandardisePerFeature && scale[0].is_infinite() {
            return Err(Error::shape(
                "inputs",
                format!(
                    "numbers that are not all equal, for scaling \"{}\"",
                    self.name()
                ),
                format!("{:?} of {} only", train.inputs().dim(), shift[0]),
            ));
        }
        Ok(Scaler {
            shift,
            scale,
            input_dim: train.input_dim(),
        })
    }
}

impl Scaling {
    /// [`fit`](Self::fit) of inputs without classes, (samples, `input_dim`).
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    ///
    /// # Example
    /// ```
    /// use falign::internal::data::Scaling;
    /// use ndarray::array;
    /// let train = array![[1.0, 10.0], [3.0, 30.0]].into();
    /// let scaler = Scaling::StandardisePerFeature.fit_reals(&train)?;
    /// let new = array![[2.0, 40.0]].into();
    /// assert_eq!(scaler.scale_reals(&new)?, array![[0.0, 2.0]]);
    /// # Ok::<(), falign::Error>(())
    /// ```
    pub fn fit_reals(self, train: &Matrix<f64>) -> Result<Scaler> {
        self.fit(&one_class(train)?)
    }
}

/// Inputs as a data set whose classes nobody looks at.
fn one_class(inputs: &Matrix<f64>) -> Result<Labelled> {
    let (samples, input_dim) = inputs.dim();
    let labels = vec![0; samples];
    Labelled::new(Inputs::Reals(inputs.clone()), vec![input_dim], labels, 1)
}

/// Scale of a constant: whatever is divided by it becomes 0.
const CONSTANT: f64 = f64::INFINITY;

/// The largest input whose range and mean are finite for any number of samples.
const LARGEST: f64 = 1e290;

/// Single precision as double.
fn widened<D: Dimension>(x: &ArrayRef<f32, D>) -> impl Iterator<Item = f64> + Clone {
    x.iter().map(|x| f64::from(*x))
}

/// Minimum and range.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        (low.min(x), high.max(x))
    });
    (low, if low < high { high - low } else { CONSTANT })
}

/// Mean and standard deviation, from exact sums.
fn pixel_moments(values: impl Iterator<Item = u8>) -> (f64, f64) {
    let (mut n, mut sum, mut squares) = (0u128, 0u64, 0u64);
    for x in values {
        let x = u64::from(x);
        n += 1;
        sum += x;
        squares += x * x;
    }
    let (sum, squares) = (u128::from(sum), u128::from(squares));
    // n^2 times the variance, a whole number.
    let spread = n * squares - sum * sum;
    let n = n as f64;
    let deviation = (spread as f64).sqrt() / n;
    (
        sum as f64 / n,
        if spread > 0 { deviation } else { CONSTANT },
    )
}

/// Mean and standard deviation, mean first.
fn real_moments<I: Iterator<Item = f64> + Clone>(values: I) -> (f64, f64) {
    let (mut n, mut sum) = (0.0, 0.0);
    for x in values.clone() {
        n += 1.0;
        sum += x;
    }
    let mean = sum / n;
    // The mean is rounded, so a constant has a tiny deviation.
    let (low, width) = range(values.clone());
    if width.is_infinite() {
        return (low, CONSTANT);
    }
    let deviation = |values: I, unit: f64| {
        let offsets = values.map(|x| (x - mean) / unit);
        let squares: f64 = offsets.map(|x| x * x).sum();
        squares.is_normal().then(|| unit * (squares / n).sqrt())
    };
    // Squares of very large or very small numbers leave the range of f64.
    let deviation = deviation(values.clone(), 1.0).or_else(|| deviation(values, width));
    (mean, deviation.unwrap_or(CONSTANT))
}

/// A fitted scaling: (x - `shift`) / `scale`, computed in `f64` and then rounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    shift: Vec<f64>,
    scale: Vec<f64>,
    input_dim: usize,
}

impl Scaler {
    /// The scaling with these shifts and divisors: one of each, or one for each input.
    pub(crate) fn from_parts((shift, scale): (Vec<f64>, Vec<f64>), input_dim: usize) -> Self {
        Self {
            shift,
            scale,
            input_dim,
        }
    }

    /// d, inputs of a sample.
    pub fn input_dim(&self) -> usize {
        self.input_dim
    }

    /// The number that is subtracted: one, or one for each input.
    pub fn shift(&self) -> &[f64] {
        &self.shift
    }

    /// The number that is divided by: one, or one for each input; infinite for an input that is
    /// constant in the training set.
    #[doc(alias = "sd")]
    pub fn divisor(&self) -> &[f64] {
        &self.scale
    }

    /// Scaled zero, where all inputs are scaled alike.
    ///
    /// # Panics
    /// If inputs have statistics of their own.
    pub(crate) fn scaled_zero(&self) -> f64 {
        let ([shift], [scale]) = (&self.shift[..], &self.scale[..]) else {
            panic!("one shift for all inputs");
        };
        (0.0 - shift) / scale
    }

    /// The scaled inputs of these samples, (`samples.len()`, `input_dim`) in row-major order,
    /// into `out`.
    ///
    /// # Panics
    /// If `data` has another `input_dim` than the training set, `out` another length, or a
    /// sample is not there.
    pub fn fill<S: Scalar>(&self, data: &Labelled, samples: &[usize], out: &mut [S]) {
        let d = self.input_dim;
        assert_eq!(data.input_dim(), d, "the training set's input_dim");
        assert_eq!(out.len(), samples.len() * d, "one number for each input");
        match data.inputs() {
            Inputs::Pixels(x) => {
                if let ([shift], [scale]) = (&self.shift[..], &self.scale[..]) {
                    let mut table = [S::ZERO; 256];
                    for (pixel, value) in (0u8..=255).zip(&mut table) {
                        *value = S::from_f64((f64::from(pixel) - shift) / scale);
                    }
                    for (row, &sample) in out.chunks_exact_mut(d).zip(samples) {
                        for (out, pixel) in row.iter_mut().zip(x.row(sample)) {
                            *out = table[usize::from(*pixel)];
                        }
                    }
                } else {
                    self.fill_with(samples, out, |sample| {
                        x.row(sample).into_iter().map(|x| f64::from(*x))
                    });
                }
            }
            Inputs::Singles(x) => self.fill_with(samples, out, |sample| {
                x.row(sample).into_iter().map(|x| f64::from(*x))
            }),
            Inputs::Reals(x) => {
                self.fill_with(samples, out, |sample| x.row(sample).into_iter().copied());
            }
        }
    }

    fn fill_with<S: Scalar, I: Iterator<Item = f64>>(
        &self,
        samples: &[usize],
        out: &mut [S],
        row: impl Fn(usize) -> I,
    ) {
        for (out, &sample) in out.chunks_exact_mut(self.input_dim).zip(samples) {
            let moments = self.shift.iter().zip(&self.scale).cycle();
            for ((out, x), (shift, scale)) in out.iter_mut().zip(row(sample)).zip(moments) {
                *out = S::from_f64((x - shift) / scale);
            }
        }
    }

    /// Inputs without classes scaled, (samples, `input_dim`).
    ///
    /// # Errors
    /// [`Error::Shape`] without a sample, or where a number is not finite.
    ///
    /// # Panics
    /// If `inputs` have another `input_dim` than the training set.
    pub fn scale_reals(&self, inputs: &Matrix<f64>) -> Result<Array2<f64>> {
        Ok(self.scale(&one_class(inputs)?))
    }

    /// The largest absolute value of the scaled inputs.
    ///
    /// # Panics
    /// If `data` has another `input_dim` than the training set.
    pub fn largest(&self, data: &Labelled) -> f64 {
        let mut row = vec![0.0f64; self.input_dim];
        (0..data.samples()).fold(0.0, |largest, sample| {
            self.fill(data, &[sample], &mut row);
            row.iter().fold(largest, |largest, x| largest.max(x.abs()))
        })
    }

    /// The scaled inputs, (samples, `input_dim`).
    ///
    /// # Panics
    /// If `data` has another `input_dim` than the training set.
    pub fn scale<S: Scalar>(&self, data: &Labelled) -> Array2<S> {
        let mut x = vec![S::ZERO; data.samples() * self.input_dim];
        let samples: Vec<usize> = (0..data.samples()).collect();
        self.fill(data, &samples, &mut x);
        Array2::from_shape_vec((data.samples(), self.input_dim), x)
            .expect("made with this many numbers")
    }
}

#[cfg(test)]
mod tests;
