//! The network and its teaching signals as plain loops: one line per equation, no shared code
//! with the engine that is audited.

use ndarray::{Array2, Zip};

use super::compare::ROUNDING;
use crate::math::Loss;
use crate::rule::{Layer, SignalPath};

/// One batch on its way through a network.
pub(super) struct Pass {
    /// Weighted sums of each layer, (batch, units); the last are the outputs.
    pub(super) z: Vec<Array2<f64>>,
}

impl Pass {
    pub(super) fn new(layers: &[Layer<f64>], x: &Array2<f64>) -> Self {
        Self {
            z: climb(layers, 0, sums(&layers[0], x)),
        }
    }

    /// f.
    pub(super) fn outputs(&self) -> &Array2<f64> {
        &self.z[self.z.len() - 1]
    }

    /// psi'(z) of each hidden layer.
    pub(super) fn slopes(&self, layers: &[Layer<f64>]) -> Vec<Array2<f64>> {
        let hidden = self.z[..self.z.len() - 1].iter().zip(layers);
        hidden
            .map(|(z, layer)| z.mapv(|z| layer.activation.derivative(z)))
            .collect()
    }
}

/// psi(z).
pub(super) fn activity(layer: &Layer<f64>, z: &Array2<f64>) -> Array2<f64> {
    z.mapv(|z| layer.activation.value(z))
}

/// `z_ij = c sum_k h_ik w_jk + bias_j`.
pub(super) fn sums(layer: &Layer<f64>, h: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((h.nrows(), layer.units()), |(i, j)| {
        let (h, w) = (h.row(i), layer.weights.row(j));
        let sum: f64 = h.iter().zip(w).map(|(h, w)| h * w).sum();
        layer.factor * sum + layer.bias.as_ref().map_or(0.0, |bias| bias[j])
    })
}

/// The weighted sums of layer `at`, as passed, and of all layers above it.
pub(super) fn climb(layers: &[Layer<f64>], at: usize, z: Array2<f64>) -> Vec<Array2<f64>> {
    let mut all = vec![z];
    for above in at + 1..layers.len() {
        let h = activity(&layers[above - 1], &all[all.len() - 1]);
        all.push(sums(&layers[above], &h));
    }
    all
}

/// The loss of outputs `f`, every sample's times `factor`.
pub(super) fn loss(kind: Loss, f: &Array2<f64>, y: &Array2<f64>, factor: f64) -> f64 {
    let mut total = 0.0;
    for (f, y) in f.rows().into_iter().zip(y.rows()) {
        let log_sum = log_sum_exp(f.iter().copied());
        for (&f, &y) in f.iter().zip(y) {
            total += factor
                * match kind {
                    Loss::SquaredError => 0.5 * (f - y) * (f - y),
                    Loss::SquaredErrorLogistic => 0.5 * (logistic(f) - y) * (logistic(f) - y),
                    Loss::SoftmaxCrossEntropy => y * (log_sum - f),
                    // -y log s(f) - (1 - y) log(1 - s(f)) = log(1 + e^f) - y f.
                    Loss::Logistic => log_sum_exp([0.0, f].into_iter()) - y * f,
                };
        }
    }
    total
}

/// e: the derivative of [`loss`] by the outputs, (batch, outputs).
pub(super) fn residual(kind: Loss, f: &Array2<f64>, y: &Array2<f64>, factor: f64) -> Array2<f64> {
    let predictions = predictions(kind, f);
    Array2::from_shape_fn(f.dim(), |(i, k)| {
        let slope = match kind {
            Loss::SquaredErrorLogistic => logistic(f[(i, k)]) * logistic(-f[(i, k)]),
            _ => 1.0,
        };
        factor * slope * (predictions[(i, k)] - y[(i, k)])
    })
}

/// Predictions, which the loss compares with targets, (batch, outputs).
pub(super) fn predictions(kind: Loss, f: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn(f.dim(), |(i, k)| match kind {
        Loss::SquaredError => f[(i, k)],
        Loss::SquaredErrorLogistic | Loss::Logistic => logistic(f[(i, k)]),
        Loss::SoftmaxCrossEntropy => {
            let log_sum = log_sum_exp(f.row(i).iter().copied());
            libm::exp(f[(i, k)] - log_sum)
        }
    })
}

/// s(f).
fn logistic(f: f64) -> f64 {
    libm::exp(f - log_sum_exp([0.0, f].into_iter()))
}

/// Sizes of the numbers behind each entry of [`residual`]: the entry itself, and a share of the
/// two numbers it is the difference of.
pub(super) fn residual_sizes(e: &Array2<f64>, y: &Array2<f64>, factor: f64) -> Array2<f64> {
    Zip::from(e)
        .and(y)
        .map_collect(|e, y| e.abs() + ROUNDING * (e.abs() + 2.0 * factor * y.abs()))
}

/// Sizes of the numbers behind each psi'(z): 1 - psi^2 and the like round as 1 does.
pub(super) fn slope_sizes(slopes: &[Array2<f64>]) -> Vec<Array2<f64>> {
    let size = |slope: &Array2<f64>| slope.mapv(|slope| slope.abs() + ROUNDING);
    slopes.iter().map(size).collect()
}

/// |x|, entry by entry.
pub(super) fn absolute(x: &Array2<f64>) -> Array2<f64> {
    x.mapv(f64::abs)
}

/// log sum exp, without overflow.
fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    top + libm::log(values.map(|f| libm::exp(f - top)).sum())
}

/// The family's teaching signals: `sent`, (batch, outputs), through the feedback weights `b`,
/// layer by layer,
///
/// `s_l = c_{l+1} d_{l+1} B_l` with `d_l = s_l psi'_l` and `d = sent` at the output, or directly,
/// `s_l = c_last sent B_l`.
pub(super) fn signals(
    path: SignalPath,
    sent: &Array2<f64>,
    b: &[Array2<f64>],
    layers: &[Layer<f64>],
    slopes: &[Array2<f64>],
) -> Vec<Array2<f64>> {
    let mut s = Vec::new();
    let mut d = sent.clone();
    for l in (0..b.len()).rev() {
        let c = match path {
            SignalPath::Layerwise => layers[l + 1].factor,
            SignalPath::Direct => layers[b.len()].factor,
        };
        let signal = Array2::from_shape_fn((sent.nrows(), b[l].ncols()), |(i, j)| {
            let (d, b) = (d.row(i), b[l].column(j));
            c * d.iter().zip(b).map(|(d, b)| d * b).sum::<f64>()
        });
        if path == SignalPath::Layerwise {
            d = &signal * &slopes[l];
        }
        s.push(signal);
    }
    s.reverse();
    s
}

/// `g_jk = c sum_i d_ij h_ik`, the gradient of a layer's weights, (units, inputs).
pub(super) fn gradient(c: f64, d: &Array2<f64>, h: &Array2<f64>) -> Array2<f64> {
    let mut g = Array2::zeros((d.ncols(), h.ncols()));
    for (d, h) in d.rows().into_iter().zip(h.rows()) {
        for (&d, mut g) in d.iter().zip(g.rows_mut()) {
            for (g, h) in g.iter_mut().zip(h) {
                *g += c * d * h;
            }
        }
    }
    g
}
