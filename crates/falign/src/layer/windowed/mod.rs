//! Convolutions and local layers, with samples in the lanes.

mod plan;
mod rows;

use std::sync::Arc;

use falign_kernels::lanes::{Correlation, End, Gradient};

use self::plan::{Plan, Side};
use crate::layer::batch::{Batch, Inputs, Layout};
use crate::layer::finish::Finish;
use crate::layer::geometry::Windows;
use crate::layer::operator::{Extent, Operator, Packed, Parameter, Way};
use crate::layer::plain::Plain;
use crate::math::simd::Element;

/// A convolution or a local layer: each channel above is a weighted sum of a window below.
///
/// `y[i, j, c] = sum over k, l, d of w[c, k, l, d] x[i s + k - p, j s + l - p, d]`, with zeros outside of
/// the image; a local layer has weights and biases of its own for each place (i, j). The sums are those of
/// [`Plain`], in another order.
///
/// The operator is made for [`Layout::Lanes`] of whole vectors ([`best_layout`](Self::best_layout)); any other batch is laid out so
/// on its way. A sum has the same bits on every instruction set and in every layout; but the gradient of a
/// convolution is summed block by block, so that its bits are those of the block's size.
///
/// Cost of each call: samples x places above x window x channels below x channels above multiply-adds, less
/// those that would meet zeros outside of the image.
///
/// # Example
/// ```
/// use falign::internal::layer::{Image, Window, Windowed, Windows};
/// use falign::layer::{Batch, Finish, Inputs, Operator, Way};
/// let input = Image { channels: 1, height: 1, width: 4 };
/// let along = Window { size: 3, stride: 1, padding: 1 };
/// let operator = Windowed::convolution(Windows { input, down: Window::POINT, along }, 1);
/// let (x, mut y, mut space) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4], Vec::new());
/// let weights = operator.pack(&[1.0, 0.0, -1.0], Way::Forward, &mut space);
/// operator.forward(weights, Inputs::Numbers(&x), &mut y, Batch::rows(1), Finish::None);
/// assert_eq!(y, [-2.0, -2.0, -2.0, 3.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windowed {
    /// The operator in plain loops, with the same shapes.
    shape: Plain,
    plan: Plan,
}

impl Windowed {
    /// Convolution by the same weights, (channels, down, along, channels below), at every place.
    ///
    /// # Panics
    /// If a window does not fit the image, or its padding is not below its size.
    pub fn convolution(windows: Windows, channels: usize) -> Self {
        Self::new(Plain::convolution(windows, channels))
    }

    /// Local layer: weights of its own, (height, width, channels, down, along, channels below), at every place,
    /// and biases of its own.
    ///
    /// # Panics
    /// If a window does not fit the image, or its padding is not below its size.
    pub fn local(windows: Windows, channels: usize) -> Self {
        Self::new(Plain::local(windows, channels))
    }

    fn new(shape: Plain) -> Self {
        let Windows { down, along, .. } = shape.windows;
        let is_within = [down, along].map(|window| window.padding < window.size);
        assert_eq!(is_within, [true; 2], "less padding than a window");
        let plan = Plan::new(shape.windows, shape.output, shape.is_shared);
        Self { shape, plan }
    }

    /// Whether places share weights: else a gradient has too few products for a sum across lanes.
    fn is_summed_over_lanes(&self) -> bool {
        self.shape.is_shared && self.shape.output.places() > 1
    }

    /// Layout in which batches of so many samples take least time.
    ///
    /// Blocks of four vectors fill the registers; a smaller batch has as few lanes as hold it.
    pub fn best_layout<T: Element>(samples: usize) -> Layout {
        let vectors = samples.div_ceil(T::LANES).clamp(1, 4);
        Layout::Lanes(vectors.next_power_of_two() * T::LANES)
    }
}

/// Samples of a block, where kernels take the batch as it lies.
fn lanes_of<T: Element>(batch: Batch) -> Option<usize> {
    match batch.layout {
        Layout::Lanes(lanes) if [1, 2, 4].map(|vectors| vectors * T::LANES).contains(&lanes) => {
            Some(lanes)
        }
        _ => None,
    }
}

/// Sums of one way. Numbers that kernels do not take as they lie are laid out on their way.
fn correlate<T: Element>(
    side: &Side,
    weights: &[T],
    x: &[T],
    y: &mut [T],
    batch: Batch,
    finish: Finish<'_, T>,
) {
    let [from, to] = side.numbers();
    let Some(lanes) = lanes_of::<T>(batch) else {
        let laid = Batch {
            layout: Windowed::best_layout::<T>(batch.samples),
            ..batch
        };
        let mut above = vec![T::ZERO; laid.length(to)];
        let x = relaid(x, from, batch, laid);
        let numbers;
        let finish = match finish {
            Finish::None => Finish::None,
            Finish::Bias(bias) => Finish::Bias(bias),
            Finish::Slopes(slopes) => {
                numbers = relaid(slopes, to, batch, laid);
                Finish::Slopes(&numbers)
            }
            Finish::Rectified(activities) => {
                numbers = relaid(activities, to, batch, laid);
                Finish::Rectified(&numbers)
            }
        };
        correlate(side, weights, &x, &mut above, laid, finish);
        y.copy_from_slice(&relaid(&above, to, laid, batch));
        return;
    };
    let blocks = x.chunks_exact(from * lanes);
    for (block, (x, y)) in blocks.zip(y.chunks_exact_mut(to * lanes)).enumerate() {
        let end = match finish {
            Finish::None => End::None,
            Finish::Bias(bias) => End::Bias(bias),
            Finish::Slopes(slopes) => End::Slopes(&slopes[block * to * lanes..]),
            Finish::Rectified(activities) => End::Rectified(&activities[block * to * lanes..]),
        };
        let correlation = Correlation {
            below: x,
            weights,
            places: &side.places,
            runs: &side.runs,
            channels: side.channels,
            lanes,
            above: y,
            end,
        };
        correlation.run();
    }
}

/// Numbers of each sample as another batch has them; zeros for samples that are none.
fn relaid<T: Element>(values: &[T], numbers: usize, from: Batch, to: Batch) -> Vec<T> {
    let mut rows = vec![T::ZERO; from.samples * numbers];
    from.write_rows(values, numbers, &mut rows);
    let mut laid = Vec::new();
    to.lay_out(&rows, numbers, &mut laid);
    laid
}

impl<T: Element> Operator<T> for Windowed {
    fn extent(&self) -> Extent {
        Operator::<T>::extent(&self.shape)
    }

    fn weights(&self) -> Parameter {
        Operator::<T>::weights(&self.shape)
    }

    fn with_channels(&self, channels: usize) -> Option<Arc<dyn Operator<T>>> {
        Some(Arc::new(Self::new(self.shape.of_channels(channels))))
    }

    fn plain(&self) -> Option<Arc<dyn Operator<T>>> {
        Some(Arc::new(self.shape))
    }

    fn pack<'a>(&self, weights: &'a [T], way: Way, space: &'a mut Vec<T>) -> Packed<'a, T> {
        self.plan.pack(weights, way, space);
        Packed(space)
    }

    fn forward(
        &self,
        weights: Packed<'_, T>,
        x: Inputs<'_, T>,
        y: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        let side = &self.plan.forward;
        correlate(side, weights.0, x.numbers(), y, batch, finish);
    }

    fn pull_back(
        &self,
        through: Packed<'_, T>,
        signal: &[T],
        below: &mut [T],
        batch: Batch,
        finish: Finish<'_, T>,
    ) {
        correlate(&self.plan.back, through.0, signal, below, batch, finish);
    }

    fn gradient(&self, x: Inputs<'_, T>, delta: &[T], gradient: &mut [T], batch: Batch) {
        let [inputs, outputs] = self.plan.forward.numbers();
        let x = x.numbers();
        if !self.is_summed_over_lanes() {
            let (windows, output) = (self.shape.windows, self.shape.output);
            return rows::add_gradient(windows, output, [x, delta], gradient, batch);
        }
        let Some(lanes) = lanes_of::<T>(batch) else {
            let laid = Batch {
                layout: Self::best_layout::<T>(batch.samples),
                ..batch
            };
            let (x, delta) = (
                relaid(x, inputs, batch, laid),
                relaid(delta, outputs, batch, laid),
            );
            return self.gradient(Inputs::Numbers(&x), &delta, gradient, laid);
        };
        let mut add = |x: &[T], delta: &[T]| {
            Gradient {
                below: x,
                delta,
                channels: self.shape.output.channels,
                lanes,
                patches: &self.plan.patches,
                gradient: &mut *gradient,
            }
            .run();
        };
        let whole = batch.samples / lanes;
        let (x, x_left) = x.split_at(whole * inputs * lanes);
        let (delta, delta_left) = delta.split_at(whole * outputs * lanes);
        let blocks = x.chunks_exact(inputs * lanes);
        for (x, delta) in blocks.zip(delta.chunks_exact(outputs * lanes)) {
            add(x, delta);
        }
        let held = batch.samples % lanes;
        if held > 0 {
            // Lanes without a sample hold anything, also what is no number.
            add(
                &cleared(x_left, lanes, held),
                &cleared(delta_left, lanes, held),
            );
        }
    }
}

/// A block in which lanes without a sample are 0.
fn cleared<T: Element>(block: &[T], lanes: usize, held: usize) -> Vec<T> {
    let mut block = block.to_vec();
    for number in block.chunks_exact_mut(lanes) {
        number[held..].fill(T::ZERO);
    }
    block
}

#[cfg(test)]
mod tests;
