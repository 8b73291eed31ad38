//! A layer of any operator as plain loops, samples in rows.

use std::sync::Arc;

use ndarray::{Array1, Array2};

use crate::audit::plain;
use crate::layer::{Batch, Finish, Inputs, Operator, Way};
use crate::rule::Layer;

/// The operator of a layer in plain loops.
enum Loops<'a> {
    Dense,
    Gain,
    Plain(Arc<dyn Operator<f64>>),
    /// Nobody has written it so: its own calls, which are compared with each other.
    Own(&'a dyn Operator<f64>),
}

impl<'a> Loops<'a> {
    fn of(layer: &'a Layer<f64>) -> Self {
        match layer.operator() {
            None => Self::Dense,
            Some(_) if layer.is_gain() => Self::Gain,
            Some(operator) => operator.plain().map_or(Self::Own(operator), Self::Plain),
        }
    }

    fn operator(&self) -> &dyn Operator<f64> {
        match self {
            Self::Plain(operator) => operator.as_ref(),
            Self::Own(operator) => *operator,
            Self::Dense | Self::Gain => unreachable!("written out where they are asked for"),
        }
    }
}

/// z = c A(W, h) + bias, (batch, units).
pub(in crate::audit) fn sums(layer: &Layer<f64>, h: &Array2<f64>) -> Array2<f64> {
    let mut z = forward(layer, &layer.weights, h);
    if let Some(bias) = &layer.bias {
        for ((_, j), z) in z.indexed_iter_mut() {
            *z += bias[j % bias.len()];
        }
    }
    z
}

/// c A(w, h), (batch, units).
pub(in crate::audit) fn forward(
    layer: &Layer<f64>,
    w: &Array2<f64>,
    h: &Array2<f64>,
) -> Array2<f64> {
    let c = layer.factor;
    let shape = (h.nrows(), layer.units());
    let loops = Loops::of(layer);
    match loops {
        Loops::Dense => Array2::from_shape_fn(shape, |(i, j)| {
            let products = h.row(i).into_iter().zip(w.row(j)).map(|(h, w)| h * w);
            c * products.sum::<f64>()
        }),
        Loops::Gain => {
            let gains = flat(w);
            Array2::from_shape_fn(shape, |(i, j)| c * gains[j % gains.len()] * h[(i, j)])
        }
        _ => {
            let (operator, batch) = (loops.operator(), Batch::rows(h.nrows()));
            let (w, mut space, h) = (flat(w), Vec::new(), flat(h));
            let mut y = vec![0.0; shape.0 * shape.1];
            let packed = operator.pack(&w, Way::Forward, &mut space);
            operator.forward(packed, Inputs::Numbers(&h), &mut y, batch, Finish::None);
            c * matrix(shape, y)
        }
    }
}

/// c A'(b, d), (batch, inputs): the signal below through weights b of the layer's shape.
pub(in crate::audit) fn pull_back(
    layer: &Layer<f64>,
    b: &Array2<f64>,
    d: &Array2<f64>,
) -> Array2<f64> {
    let c = layer.factor;
    let shape = (d.nrows(), layer.inputs());
    let loops = Loops::of(layer);
    match loops {
        Loops::Dense => Array2::from_shape_fn(shape, |(i, j)| {
            let products = d.row(i).into_iter().zip(b.column(j)).map(|(d, b)| d * b);
            c * products.sum::<f64>()
        }),
        Loops::Gain => {
            let gains = flat(b);
            Array2::from_shape_fn(shape, |(i, j)| c * gains[j % gains.len()] * d[(i, j)])
        }
        _ => {
            let (operator, batch) = (loops.operator(), Batch::rows(d.nrows()));
            let (b, mut space, d) = (flat(b), Vec::new(), flat(d));
            let mut below = vec![0.0; shape.0 * shape.1];
            let packed = operator.pack(&b, Way::Back, &mut space);
            operator.pull_back(packed, &d, &mut below, batch, Finish::None);
            c * matrix(shape, below)
        }
    }
}

/// c times the gradient by the weights, in their shape, of what has the derivative d by A(w, h).
pub(in crate::audit) fn gradient(
    layer: &Layer<f64>,
    c: f64,
    d: &Array2<f64>,
    h: &Array2<f64>,
) -> Array2<f64> {
    let loops = Loops::of(layer);
    match loops {
        Loops::Dense => plain::gradient(c, d, h),
        Loops::Gain => {
            let mut gradient = Array2::zeros(layer.weights.dim());
            let channels = gradient.len();
            for ((i, j), d) in d.indexed_iter() {
                let gain = gradient.iter_mut().nth(j % channels).expect("a channel");
                *gain += c * d * h[(i, j)];
            }
            gradient
        }
        _ => {
            let (operator, batch) = (loops.operator(), Batch::rows(h.nrows()));
            let mut gradient = vec![0.0; layer.weights.len()];
            operator.gradient(Inputs::Numbers(&flat(h)), &flat(d), &mut gradient, batch);
            c * matrix(layer.weights.dim(), gradient)
        }
    }
}

/// Sums of d over samples, and over the places that share a bias.
pub(in crate::audit) fn bias_gradient(d: &Array2<f64>, biases: usize) -> Array1<f64> {
    let mut gradient = Array1::zeros(biases);
    for ((_, j), d) in d.indexed_iter() {
        gradient[j % biases] += d;
    }
    gradient
}

/// Numbers row by row.
pub(in crate::audit) fn flat(x: &Array2<f64>) -> Vec<f64> {
    x.iter().copied().collect()
}

fn matrix(shape: (usize, usize), numbers: Vec<f64>) -> Array2<f64> {
    Array2::from_shape_vec(shape, numbers).expect("as many numbers")
}
