//! Layers that the library does not have, a plain loop each.

use falign::internal::layer::{Kept, Map, Pass};
use falign::layer::{Batch, Extent, Finish, Inputs, Operator, Packed, Parameter};

/// One-dimensional convolution without padding; weights (outputs, kernel, inputs).
#[derive(Debug)]
pub(super) struct Convolution {
    pub(super) places: usize,
    /// Channels below and above.
    pub(super) channels: [usize; 2],
    pub(super) kernel: usize,
    pub(super) stride: usize,
}

impl Convolution {
    pub(super) fn places_above(&self) -> usize {
        (self.places - self.kernel) / self.stride + 1
    }

    /// Calls `visit` with the places of y, w and x in each of its products.
    fn each(&self, batch: Batch, mut visit: impl FnMut(usize, usize, usize)) {
        let [below, above] = self.channels;
        let (inputs, outputs) = (self.places * below, self.places_above() * above);
        for sample in 0..batch.samples {
            for place in 0..self.places_above() {
                for c in 0..above {
                    let y = batch.place(sample, place * above + c, outputs);
                    for k in 0..self.kernel {
                        for d in 0..below {
                            let at = (place * self.stride + k) * below + d;
                            let w = (c * self.kernel + k) * below + d;
                            visit(y, w, batch.place(sample, at, inputs));
                        }
                    }
                }
            }
        }
    }
}

impl Operator<f64> for Convolution {
    fn extent(&self) -> Extent {
        let [below, above] = self.channels;
        Extent {
            inputs: self.places * below,
            outputs: self.places_above() * above,
            channels: above,
        }
    }

    fn weights(&self) -> Parameter {
        let [below, above] = self.channels;
        Parameter {
            name: "weight",
            shape: vec![above, self.kernel, below],
            fan_in: self.kernel * below,
            fan_out: self.kernel * above,
            has_ridge: true,
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
        let (w, x) = (weights.0, x.numbers());
        y.fill(0.0);
        self.each(batch, |to, at, from| y[to] += w[at] * x[from]);
        let outputs = Operator::<f64>::extent(self).outputs;
        finish.apply(y, outputs, batch);
    }

    fn pull_back(
        &self,
        through: Packed<'_, f64>,
        signal: &[f64],
        below: &mut [f64],
        batch: Batch,
        finish: Finish<'_, f64>,
    ) {
        let w = through.0;
        below.fill(0.0);
        self.each(batch, |from, at, to| below[to] += w[at] * signal[from]);
        let inputs = Operator::<f64>::extent(self).inputs;
        finish.apply(below, inputs, batch);
    }

    fn gradient(&self, x: Inputs<'_, f64>, delta: &[f64], gradient: &mut [f64], batch: Batch) {
        let x = x.numbers();
        self.each(batch, |y, w, at| gradient[w] += delta[y] * x[at]);
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

/// The mean of `size` neighbouring places, channel by channel.
#[derive(Debug)]
pub(super) struct MeanPool {
    pub(super) places: usize,
    pub(super) channels: usize,
    pub(super) size: usize,
}

impl MeanPool {
    fn each(&self, batch: Batch, mut visit: impl FnMut(usize, usize)) {
        let numbers = self.places * self.channels;
        for sample in 0..batch.samples {
            for at in 0..numbers {
                let (place, channel) = (at / self.channels, at % self.channels);
                let above = place / self.size * self.channels + channel;
                let to = batch.place(sample, above, numbers / self.size);
                visit(batch.place(sample, at, numbers), to);
            }
        }
    }
}

impl Map<f64> for MeanPool {
    fn inputs(&self) -> Vec<usize> {
        vec![self.places * self.channels]
    }

    fn outputs(&self) -> usize {
        self.places / self.size * self.channels
    }

    fn forward(&self, x: &[&[f64]], y: &mut [f64], pass: &mut Pass<'_, f64>, _: &mut Kept<f64>) {
        y.fill(0.0);
        let share = 1.0 / self.size as f64;
        self.each(pass.batch, |from, to| y[to] += share * x[0][from]);
    }

    fn pull_back(&self, signal: &[f64], _: &Kept<f64>, below: &mut [&mut [f64]], batch: Batch) {
        let share = 1.0 / self.size as f64;
        below[0].fill(0.0);
        self.each(batch, |to, from| below[0][to] = share * signal[from]);
    }
}

/// The sum of two inputs.
#[derive(Debug)]
pub(super) struct ResidualSum {
    pub(super) numbers: usize,
}

impl Map<f64> for ResidualSum {
    fn inputs(&self) -> Vec<usize> {
        vec![self.numbers; 2]
    }

    fn outputs(&self) -> usize {
        self.numbers
    }

    fn forward(&self, x: &[&[f64]], y: &mut [f64], _: &mut Pass<'_, f64>, _: &mut Kept<f64>) {
        for (y, (a, b)) in y.iter_mut().zip(x[0].iter().zip(x[1])) {
            *y = a + b;
        }
    }

    fn pull_back(&self, signal: &[f64], _: &Kept<f64>, below: &mut [&mut [f64]], _: Batch) {
        for below in below {
            below.copy_from_slice(signal);
        }
    }
}

/// Silences half of the numbers, and doubles the others.
#[derive(Debug)]
pub(super) struct Dropout {
    pub(super) numbers: usize,
}

impl Map<f64> for Dropout {
    fn inputs(&self) -> Vec<usize> {
        vec![self.numbers]
    }

    fn outputs(&self) -> usize {
        self.numbers
    }

    fn forward(&self, x: &[&[f64]], y: &mut [f64], pass: &mut Pass<'_, f64>, kept: &mut Kept<f64>) {
        kept.numbers.clear();
        for (y, x) in y.iter_mut().zip(x[0]) {
            let mask = match pass.is_training {
                true if pass.noise.uniform() < 0.5 => 0.0,
                true => 2.0,
                false => 1.0,
            };
            kept.numbers.push(mask);
            *y = mask * x;
        }
    }

    fn pull_back(&self, signal: &[f64], kept: &Kept<f64>, below: &mut [&mut [f64]], _: Batch) {
        for (below, (s, mask)) in below[0].iter_mut().zip(signal.iter().zip(&kept.numbers)) {
            *below = s * mask;
        }
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
