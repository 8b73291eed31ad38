//! Maps as plain loops over samples in rows: what faster ones are held against, for ever.

use ndarray::Array2;

use super::geometry::{Image, Windows};
use super::maps::{BatchNorm, Dropped, LayerNorm};
use crate::math::{Activation, Stream};

/// A map in plain loops, in `f64`, samples in rows, in training.
///
/// # Example
/// ```
/// use falign::internal::layer::{Activated, Map, PlainMap};
/// use falign::math::Activation;
/// let map = Activated { activation: Activation::Relu, numbers: 2 };
/// assert_eq!(Map::<f32>::plain(&map), Some(PlainMap::Activated(Activation::Relu)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PlainMap {
    /// psi of each number.
    Activated(Activation),
    /// Each channel at mean 0 and variance 1 over samples and places.
    BatchNorm(BatchNorm),
    /// The numbers of an image, one channel after the other.
    ChannelsFirst(Image),
    /// Each number silent with a probability, and else larger.
    Dropped(Dropped),
    /// Each group of a sample at mean 0 and variance 1.
    LayerNorm(LayerNorm),
    /// The largest number of each window.
    Max(Windows),
    /// The mean of each window.
    Mean(Windows),
    /// The sum of two inputs.
    Residual,
}

/// The branch of a map on which a pass was: what stays where its input moves by little.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Branch {
    /// Map with one branch alone.
    Only,
    /// The input, for slopes at kinks.
    At(Array2<f64>),
    /// Number below which each number above is, (batch, outputs).
    Of(Array2<usize>),
    /// Factor of each number, (batch, outputs).
    Masks(Array2<f64>),
}

impl PlainMap {
    /// The branch on which these inputs are; dropout draws one.
    pub(crate) fn branch(self, x: &[&Array2<f64>], draws: &mut Stream) -> Branch {
        match self {
            Self::Activated(_) => Branch::At(x[0].clone()),
            Self::Max(windows) => Branch::Of(largest(windows, x[0])),
            Self::Dropped(Dropped { rate, .. }) => Branch::Masks(x[0].mapv(|_| {
                if draws.uniform() < rate {
                    0.0
                } else {
                    1.0 / (1.0 - rate)
                }
            })),
            Self::BatchNorm(_)
            | Self::ChannelsFirst(_)
            | Self::LayerNorm(_)
            | Self::Mean(_)
            | Self::Residual => Branch::Only,
        }
    }

    /// y, continued from this branch.
    pub(crate) fn forward(self, x: &[&Array2<f64>], branch: &Branch) -> Array2<f64> {
        match (self, branch) {
            (Self::Activated(psi), Branch::At(at)) => {
                Array2::from_shape_fn(x[0].dim(), |i| continued(psi, x[0][i], at[i]))
            }
            (Self::Dropped(_), Branch::Masks(masks)) => x[0] * masks,
            (Self::Max(_), Branch::Of(places)) => {
                Array2::from_shape_fn(places.dim(), |(i, j)| x[0][(i, places[(i, j)])])
            }
            (Self::Mean(windows), _) => {
                let share = 1.0 / windows.size() as f64;
                let outputs = numbers_above(windows);
                let mut y = Array2::zeros((x[0].nrows(), outputs));
                each(windows, |above, below| {
                    for i in 0..x[0].nrows() {
                        y[(i, above)] += share * x[0][(i, below)];
                    }
                });
                y
            }
            (Self::Residual, _) => x[0] + x[1],
            (Self::ChannelsFirst(image), _) => {
                let below = |above| below_channels_first(image, above);
                Array2::from_shape_fn(x[0].dim(), |(i, above)| x[0][(i, below(above))])
            }
            (Self::BatchNorm(_) | Self::LayerNorm(_), _) => {
                let mut y = x[0].clone();
                for group in self.groups(x[0].dim()) {
                    let (mean, factor) = self.moments(x[0], &group);
                    for &at in &group {
                        y[at] = factor * (x[0][at] - mean);
                    }
                }
                y
            }
            _ => unreachable!("a branch of the map"),
        }
    }

    /// Signal of each input from that of the output. With `is_of_sizes` all terms count by their sizes: how
    /// large a sum's terms are.
    pub(crate) fn pull_back(
        self,
        signal: &Array2<f64>,
        x: &[&Array2<f64>],
        branch: &Branch,
        is_of_sizes: bool,
    ) -> Vec<Array2<f64>> {
        let below = match (self, branch) {
            (Self::Activated(psi), Branch::At(at)) => {
                let slopes = at.mapv(|at| psi.derivative(at));
                signal * &sized(slopes, is_of_sizes)
            }
            (Self::Dropped(_), Branch::Masks(masks)) => signal * masks,
            (Self::Max(_), Branch::Of(places)) => {
                let mut below = Array2::zeros(x[0].dim());
                for ((i, j), &place) in places.indexed_iter() {
                    below[(i, place)] += signal[(i, j)];
                }
                below
            }
            (Self::Mean(windows), _) => {
                let mut below = Array2::zeros(x[0].dim());
                let share = 1.0 / windows.size() as f64;
                each(windows, |above, at| {
                    for i in 0..signal.nrows() {
                        below[(i, at)] += share * signal[(i, above)];
                    }
                });
                below
            }
            (Self::Residual, _) => return vec![signal.clone(), signal.clone()],
            (Self::ChannelsFirst(image), _) => {
                let mut below = Array2::zeros(x[0].dim());
                for ((i, above), &signal) in signal.indexed_iter() {
                    below[(i, below_channels_first(image, above))] = signal;
                }
                below
            }
            (Self::BatchNorm(_) | Self::LayerNorm(_), _) => {
                let mut below = signal.clone();
                for group in self.groups(signal.dim()) {
                    let (mean, factor) = self.moments(x[0], &group);
                    let count = group.len() as f64;
                    let normal = |at| factor * (x[0][at] - mean);
                    // dy_j/dx_i = factor (delta_ij - 1/n - y_i y_j/n).
                    let sum: f64 = group.iter().map(|&j| signal[j]).sum();
                    if is_of_sizes {
                        let along: f64 = group.iter().map(|&j| signal[j] * normal(j).abs()).sum();
                        for &i in &group {
                            let rest = (sum + normal(i).abs() * along) / count;
                            below[i] = factor * (signal[i] + rest);
                        }
                    } else {
                        let along: f64 = group.iter().map(|&j| signal[j] * normal(j)).sum();
                        for &i in &group {
                            let rest = (sum + normal(i) * along) / count;
                            below[i] = factor * (signal[i] - rest);
                        }
                    }
                }
                below
            }
            _ => unreachable!("a branch of the map"),
        };
        vec![below]
    }

    /// States after a step on these inputs from those before it.
    pub(crate) fn states_after(self, before: &[Vec<f64>], x: &[&Array2<f64>]) -> Vec<Vec<f64>> {
        let Self::BatchNorm(BatchNorm { momentum, .. }) = self else {
            return before.to_vec();
        };
        let mut after = before.to_vec();
        for (channel, group) in self.groups(x[0].dim()).iter().enumerate() {
            let count = group.len() as f64;
            let mean = group.iter().map(|&at| x[0][at]).sum::<f64>() / count;
            let square = |&at: &(usize, usize)| (x[0][at] - mean) * (x[0][at] - mean);
            let variance = group.iter().map(square).sum::<f64>() / (count - 1.0).max(1.0);
            for (state, moment) in after.iter_mut().zip([mean, variance]) {
                state[channel] = (1.0 - momentum) * state[channel] + momentum * moment;
            }
        }
        after
    }

    /// Whether what it does differs from step to step.
    pub(crate) fn is_drawn(self) -> bool {
        matches!(self, Self::Dropped(Dropped { rate, .. }) if rate > 0.0)
    }

    /// Whether samples of a batch depend on each other.
    pub(crate) fn joins_samples(self) -> bool {
        matches!(self, Self::BatchNorm(_))
    }

    /// Numbers that share their mean and variance, group by group.
    fn groups(self, (samples, numbers): (usize, usize)) -> Vec<Vec<(usize, usize)>> {
        let all = |samples: usize, columns: &dyn Fn(usize) -> bool| {
            let places = (0..samples).flat_map(|i| (0..numbers).map(move |j| (i, j)));
            places.filter(|(_, j)| columns(*j)).collect::<Vec<_>>()
        };
        match self {
            Self::BatchNorm(BatchNorm { channels, .. }) => (0..channels)
                .map(|c| all(samples, &|j| j % channels == c))
                .collect(),
            Self::LayerNorm(LayerNorm { size, .. }) => (0..samples)
                .flat_map(|i| {
                    let firsts = (0..numbers).step_by(size);
                    firsts.map(move |first| (first..first + size).map(|j| (i, j)).collect())
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Mean of a group, and 1 over its standard deviation.
    fn moments(self, x: &Array2<f64>, group: &[(usize, usize)]) -> (f64, f64) {
        let (Self::BatchNorm(BatchNorm { epsilon, .. })
        | Self::LayerNorm(LayerNorm { epsilon, .. })) = self
        else {
            unreachable!("a norm")
        };
        let count = group.len() as f64;
        let mean = group.iter().map(|&at| x[at]).sum::<f64>() / count;
        let square = |&at: &(usize, usize)| (x[at] - mean) * (x[at] - mean);
        let variance = group.iter().map(square).sum::<f64>() / count;
        (mean, 1.0 / (variance + epsilon).sqrt())
    }
}

/// psi of z; along the tangent at `at`, where a kink lies between them.
pub(crate) fn continued(psi: Activation, z: f64, at: f64) -> f64 {
    let is_beyond = |kink: &f64| (z > *kink) != (at > *kink);
    if psi.facts().kinks.iter().any(is_beyond) {
        psi.value(at) + psi.derivative(at) * (z - at)
    } else {
        psi.value(z)
    }
}

fn sized(x: Array2<f64>, is_of_sizes: bool) -> Array2<f64> {
    if is_of_sizes { x.mapv(f64::abs) } else { x }
}

/// Number `[y][x][channel]` of an image that is number `above` of `[channel][y][x]`.
fn below_channels_first(image: Image, above: usize) -> usize {
    let place = above % image.places();
    place * image.channels + above / image.places()
}

fn numbers_above(windows: Windows) -> usize {
    let output = windows.output(windows.input.channels);
    output.expect("windows that fit the image").numbers()
}

/// Calls `visit` with each number above and each number below that its window covers, row by row.
fn each(windows: Windows, mut visit: impl FnMut(usize, usize)) {
    let Windows { input, down, along } = windows;
    let output = windows.output(input.channels).expect("windows that fit");
    for above in 0..output.numbers() {
        let (place, channel) = (above / output.channels, above % output.channels);
        let (i, j) = (place / output.width, place % output.width);
        for k in 0..down.size {
            for l in 0..along.size {
                let row = (i * down.stride + k).checked_sub(down.padding);
                let column = (j * along.stride + l).checked_sub(along.padding);
                if let (Some(row), Some(column)) = (row, column)
                    && row < input.height
                    && column < input.width
                {
                    let below = (row * input.width + column) * input.channels + channel;
                    visit(above, below);
                }
            }
        }
    }
}

/// Number below that is the largest of each window, the first of equal ones.
fn largest(windows: Windows, x: &Array2<f64>) -> Array2<usize> {
    let mut places = Array2::from_elem((x.nrows(), numbers_above(windows)), usize::MAX);
    each(windows, |above, below| {
        for i in 0..x.nrows() {
            let place = &mut places[(i, above)];
            if *place == usize::MAX || x[(i, below)] > x[(i, *place)] {
                *place = below;
            }
        }
    });
    places
}
