//! Layers that the library does not have, a plain loop each, and short names for some that it has.

use falign::internal::layer::{Image, Kept, Map, Pass, Plain, Window, Windows};
use falign::layer::{Batch, Extent, Finish, Inputs, Operator, Packed, Parameter};

/// One-dimensional convolution without padding, from channels below to channels above.
pub(super) fn convolution(
    places: usize,
    [below, above]: [usize; 2],
    kernel: usize,
    stride: usize,
) -> Plain {
    Plain::convolution(along(places, below, kernel, stride), above)
}

/// Windows over a sequence.
pub(super) fn along(places: usize, channels: usize, size: usize, stride: usize) -> Windows {
    let input = Image {
        channels,
        height: 1,
        width: places,
    };
    let along = Window {
        size,
        stride,
        padding: 0,
    };
    Windows {
        input,
        down: Window::POINT,
        along,
    }
}

/// The row of each token, one after the other; weights (vocabulary, width).
#[derive(Debug)]
pub(super) struct Embedding {
    pub(super) vocabulary: usize,
    pub(super) width: usize,
    /// Tokens of a sample.
    pub(super) context: usize,
}

impl Embedding {
    /// Calls `visit` with the places of y and w.
    fn each(&self, x: Inputs<'_, f64>, batch: Batch, mut visit: impl FnMut(usize, usize)) {
        let tokens = x.tokens();
        for sample in 0..batch.samples {
            for t in 0..self.context {
                let row = tokens[batch.place(sample, t, self.context)] as usize * self.width;
                for d in 0..self.width {
                    let numbers = self.context * self.width;
                    visit(batch.place(sample, t * self.width + d, numbers), row + d);
                }
            }
        }
    }
}

impl Operator<f64> for Embedding {
    fn extent(&self) -> Extent {
        Extent {
            inputs: self.context,
            outputs: self.context * self.width,
            channels: self.width,
        }
    }

    fn weights(&self) -> Parameter {
        Parameter {
            name: "weight",
            shape: vec![self.vocabulary, self.width],
            fan_in: 1,
            fan_out: self.width,
            has_ridge: false,
        }
    }

    fn forward(
        &self,
        weights: Packed<'_, f64>,
        x: Inputs<'_, f64>,
        y: &mut [f64],
        batch: Batch,
        finish: Finish<'_, f64>,
    ) {
        self.each(x, batch, |to, from| y[to] = weights.0[from]);
        finish.apply(y, self.context * self.width, batch);
    }

    /// Tokens receive no signal.
    fn pull_back(
        &self,
        _: Packed<'_, f64>,
        _: &[f64],
        below: &mut [f64],
        _: Batch,
        _: Finish<'_, f64>,
    ) {
        below.fill(0.0);
    }

    fn gradient(&self, x: Inputs<'_, f64>, delta: &[f64], gradient: &mut [f64], batch: Batch) {
        self.each(x, batch, |y, w| gradient[w] += delta[y]);
    }
}

/// Less the running mean of all numbers, which a training step moves by a tenth.
#[derive(Debug)]
pub(super) struct RunningCentre {
    pub(super) numbers: usize,
}

impl Map<f64> for RunningCentre {
    fn inputs(&self) -> Vec<usize> {
        vec![self.numbers]
    }

    fn outputs(&self) -> usize {
        self.numbers
    }

    fn states(&self) -> Vec<(&'static str, Vec<f64>)> {
        vec![("running_mean", vec![0.0])]
    }

    fn forward(&self, x: &[&[f64]], y: &mut [f64], pass: &mut Pass<'_, f64>, _: &mut Kept<f64>) {
        let mean = &mut pass.states[0][0];
        for (y, x) in y.iter_mut().zip(x[0]) {
            *y = x - *mean;
        }
        if pass.is_training {
            let count = (pass.batch.samples * self.numbers) as f64;
            let mut sum = 0.0;
            for sample in 0..pass.batch.samples {
                for at in 0..self.numbers {
                    sum += x[0][pass.batch.place(sample, at, self.numbers)];
                }
            }
            *mean += 0.1 * (sum / count - *mean);
        }
    }

    fn pull_back(&self, signal: &[f64], _: &Kept<f64>, below: &mut [&mut [f64]], _: Batch) {
        below[0].copy_from_slice(signal);
    }
}
