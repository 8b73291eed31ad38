//! One number by every road that leads to it: deltas of the family's rules.

use crate::math::simd::Element;
use crate::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use crate::network::{
    Architecture, DenseInput, FeedbackShape, Initialisation, Network, OptimiserKind, StepOptions,
    draw_feedback, draw_layers,
};
use crate::rule::{
    Composed, Composition, FeedbackDecay, FeedbackLearning, Layer, LearningRule, Trace,
};
use ndarray::Array2;

use super::write_deltas;

const DIM: usize = 11;

/// Samples and widths: no two of a network alike, and with batches whose products are thin, and
/// others whose are not.
const SIZES: [(usize, &[usize], usize); 5] = [
    (5, &[9], 3),
    (37, &[23, 7], 5),
    (70, &[31, 19, 13], 1),
    (33, &[41, 29], 17),
    (1, &[8, 3, 10], 2),
];

const STARTS: [Initialisation; 5] = [
    Initialisation::Paper,
    Initialisation::Ntk,
    Initialisation::He,
    Initialisation::Xavier,
    Initialisation::UniformFanIn,
];

fn normals(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    let mut stream = Streams::new(seed, 0).open(StreamName::Data);
    Array2::from_shape_simple_fn((rows, columns), || stream.normal())
}

fn noise() -> Stream {
    Streams::new(3, 0).open(StreamName::Dropout)
}

/// A network's layers before a step, the batch as it went through them, and the rule's feedback weights.
struct Case<T> {
    layers: Vec<Layer<T>>,
    trace: Trace<T>,
    feedback: Vec<Array2<T>>,
    composition: Composition,
}

impl<T: Element> Case<T> {
    fn new(
        composition: Composition,
        (samples, hidden, outputs): (usize, &[usize], usize),
        start: Initialisation,
        activation: Activation,
        dropout: f64,
    ) -> Self {
        let architecture = Architecture::new(DIM, hidden, outputs, activation).unwrap();
        let streams = Streams::new(4, 0);
        let layers = draw_layers::<T>(&architecture, start, streams);
        let shape = FeedbackShape::default();
        let feedback = draw_feedback(composition, &layers, start, shape, streams);
        let mut case = Self {
            trace: Trace::new(&layers, 1),
            layers,
            feedback,
            composition,
        };
        let rule = Box::new(case.rule());
        let mut network = Network::new(case.layers.clone(), rule, OptimiserKind::Sgd);
        let targets = normals(6, samples, outputs).mapv(T::from_f64);
        let options = StepOptions {
            loss: Loss::SquaredError,
            reduction: Reduction::Mean,
            step_size: 0.3,
            factors: &vec![0.9; case.layers.len()],
            dropout,
        };
        let input = DenseInput(normals(5, samples, DIM).mapv(T::from_f64));
        network.step(&input, &targets, options, &mut noise());
        case.trace = network.trace().clone();
        case
    }

    fn rule(&self) -> Composed<T> {
        let learning = FeedbackLearning {
            step_size: Some(0.05),
            decay: FeedbackDecay::Ridge,
            ..FeedbackLearning::default()
        };
        Composed::new(self.composition, self.feedback.clone(), learning)
    }

    /// Answer of a fresh rule to this question.
    fn ask(&self, question: impl Fn(&mut Composed<T>, &mut [Array2<T>])) -> Vec<Array2<T>> {
        let mut found: Vec<_> = self
            .trace
            .activities
            .iter()
            .map(|a| a.mapv(|_| T::from_f64(f64::NAN)))
            .collect();
        question(&mut self.rule(), &mut found);
        found
    }

    fn check(&self, what: &str) {
        let Self { layers, trace, .. } = self;
        let mut signals = self.ask(|rule, found| rule.teach(layers, trace, found, &mut noise()));
        for (at, signal) in signals.iter_mut().enumerate() {
            trace.slopes(at).multiply(&mut signal.view_mut());
        }
        let deltas = self.ask(|rule, found| write_deltas(rule, layers, trace, found, &mut noise()));
        let deferred = self.ask(|rule, found| {
            assert!(rule.write_upper_deltas(layers, trace, found, &mut noise()));
            let (first, upper) = found.split_first_mut().unwrap();
            let product = rule.first_delta(layers, trace, upper);
            product.write(&mut first.view_mut());
        });
        let bits = |deltas: &[Array2<T>]| -> Vec<u64> {
            deltas
                .iter()
                .flatten()
                .map(|x| x.to_f64().to_bits())
                .collect()
        };
        // A sample alone may meet no unit that fires.
        let is_taught = signals.iter().flatten().any(|x| x.to_f64().abs() > 1e-6);
        assert!(is_taught || trace.batch() == 1, "{what}");
        assert!(
            bits(&deltas) == bits(&signals),
            "{what}: deltas, and signals times psi'"
        );
        assert!(
            bits(&deferred) == bits(&deltas),
            "{what}: the first delta left, and made"
        );
    }
}

#[test]
fn every_road_to_a_delta_leads_to_the_same_bits() {
    let mut cases = 0;
    for (at, (name, composition)) in Composition::all().enumerate() {
        for (i, sizes) in SIZES.into_iter().enumerate() {
            for (j, start) in STARTS.into_iter().enumerate() {
                let activation = [Activation::Tanh, Activation::Relu][(i + j) % 2];
                let dropout = [0.0, 0.3][(at + i) % 2];
                let what = format!("{name} {sizes:?} {start:?} {activation:?} {dropout}");
                Case::<f32>::new(composition, sizes, start, activation, dropout).check(&what);
                Case::<f64>::new(composition, sizes, start, activation, dropout).check(&what);
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 11 * 5 * 5);
}
