//! The three calls of each layer's operator against each other and against plain loops.

use ndarray::{Array1, Array2};

use super::compare::{EXACT, largest, ratio};
use super::report::{Check, Question};
use super::subject::{Audited, Purpose};
use crate::layer::{Batch, Finish, Inputs, Operator, Way};
use crate::math::Stream;

const QUESTION: Question = Question {
    name: "operators",
    meaning: "<forward(w, x), g> = <x, pull_back(w, g)> = <w, gradient(x, g)> of every layer, and each of \
              these is that of plain loops",
};

pub(super) fn check(subject: &Audited<'_>) -> Check {
    let batch = Batch {
        samples: subject.targets.nrows(),
        layout: subject.net.wiring().layout(),
    };
    let mut draws = Purpose::Operators.open();
    let operators = subject.layers.iter().filter_map(|layer| layer.operator());
    let errors: Vec<f64> = operators
        .map(|operator| operator_error(operator, batch, &mut draws))
        .collect();
    let dense = subject.layers.len() - errors.len();
    let note = format!(
        "{} layers at random numbers; {dense} dense ones are compared by their updates and signals",
        errors.len()
    );
    QUESTION.within(largest(errors), EXACT, note)
}

/// Largest relative error of an operator's calls at random numbers, as one bilinear form and against its
/// [plain loops](Operator::plain). Samples that a block lacks are no numbers there.
///
/// # Example
/// ```
/// use falign::internal::audit::operator_error;
/// use falign::internal::layer::{Image, Window, Windowed, Windows};
/// use falign::layer::{Batch, Layout};
/// use falign::math::{StreamName, Streams};
/// let window = Window { size: 3, stride: 2, padding: 1 };
/// let input = Image { channels: 2, height: 7, width: 5 };
/// let operator = Windowed::convolution(Windows { input, down: window, along: window }, 4);
/// let (batch, draws) = (Batch { samples: 5, layout: Layout::Lanes(8) }, &mut Streams::new(1, 0).open(StreamName::Data));
/// assert!(operator_error(&operator, batch, draws) < 1e-12);
/// ```
pub fn operator_error(operator: &dyn Operator<f64>, batch: Batch, draws: &mut Stream) -> f64 {
    let extent = operator.extent();
    let mut normals = |count: usize| Array1::from_shape_simple_fn(count, || draws.normal());
    let w = normals(operator.weights().length());
    let x = normals(batch.samples * extent.inputs);
    let g = normals(batch.samples * extent.outputs);
    let found = Calls::new(operator, [&w, &x, &g], batch);
    let absolute = [&w, &x, &g].map(|numbers| numbers.mapv(f64::abs));
    let plain = operator.plain();
    let loops = plain.as_deref().unwrap_or(operator);
    let rows = Batch::rows(batch.samples);
    let sizes = Calls::new(loops, absolute.each_ref(), rows);
    let terms = sizes.y.dot(&absolute[2]);
    let forms = [found.y.dot(&g), found.below.dot(&x), found.gradient.dot(&w)];
    let apart = |a: f64, b: f64| ratio((a - b).abs(), terms);
    let of_forms = [apart(forms[0], forms[1]), apart(forms[0], forms[2])];
    let expected = Calls::new(loops, [&w, &x, &g], rows);
    let of_numbers = |found: &Array1<f64>, expected: &Array1<f64>, sizes: &Array1<f64>| {
        let numbers = found.iter().zip(expected).zip(sizes);
        largest(numbers.map(|((found, expected), size)| ratio((found - expected).abs(), *size)))
    };
    largest(of_forms.into_iter().chain([
        of_numbers(&found.y, &expected.y, &sizes.y),
        of_numbers(&found.below, &expected.below, &sizes.below),
        of_numbers(&found.gradient, &expected.gradient, &sizes.gradient),
    ]))
}

/// Results of the three calls, samples in rows.
struct Calls {
    y: Array1<f64>,
    below: Array1<f64>,
    gradient: Array1<f64>,
}

impl Calls {
    /// Calls at these weights, inputs and signals above.
    fn new(operator: &dyn Operator<f64>, [w, x, g]: [&Array1<f64>; 3], batch: Batch) -> Self {
        let extent = operator.extent();
        let (x, g) = (
            laid(x, extent.inputs, batch),
            laid(g, extent.outputs, batch),
        );
        let (w, mut space) = (w.to_vec(), Vec::new());
        let mut y = vec![0.0; g.len()];
        let packed = operator.pack(&w, Way::Forward, &mut space);
        operator.forward(packed, Inputs::Numbers(&x), &mut y, batch, Finish::None);
        let mut below = vec![0.0; x.len()];
        let packed = operator.pack(&w, Way::Back, &mut space);
        operator.pull_back(packed, &g, &mut below, batch, Finish::None);
        let mut gradient = vec![0.0; w.len()];
        operator.gradient(Inputs::Numbers(&x), &g, &mut gradient, batch);
        let rows = |laid: &[f64], numbers: usize| {
            let place = |(i, j)| laid[batch.place(i, j, numbers)];
            let rows = Array2::from_shape_fn((batch.samples, numbers), place);
            Array1::from_iter(rows)
        };
        Self {
            y: rows(&y, extent.outputs),
            below: rows(&below, extent.inputs),
            gradient: Array1::from_vec(gradient),
        }
    }
}

/// Numbers of samples in rows where a batch has them, and none in lanes without a sample.
pub(super) fn laid<'a>(
    rows: impl IntoIterator<Item = &'a f64>,
    numbers: usize,
    batch: Batch,
) -> Vec<f64> {
    let mut laid = vec![f64::NAN; batch.length(numbers)];
    for (at, number) in rows.into_iter().enumerate() {
        laid[batch.place(at / numbers, at % numbers, numbers)] = *number;
    }
    laid
}
