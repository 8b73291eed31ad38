//! Proofs that a learning rule is the rule it claims to be.
//!
//! A rule that is almost feedback alignment also learns: one that mixes in a little of the
//! transposed weights, forgets a psi', or lets its feedback drift is not betrayed by its loss
//! curve. [`audit`] runs a rule for a few steps on a network and a batch of the user's own, in
//! `f64`, and compares every number it delivers with the definition, written out here as plain
//! loops. The loops share no code with the engine or with the rules of the family; only the
//! scalar activations are taken from [`math`](crate::math).
//!
//! | check | what must hold |
//! |---|---|
//! | `gradient` | the step is the gradient by finite differences: of every layer for backpropagation, of the output layer for all rules that teach |
//! | `unbiased` | rules that learn by trial estimate the gradient without bias |
//! | `definition` | what changes the hidden layers, signals x psi', is that of the rule's definition |
//! | `deltas` | it is the same whether the rule is asked for signals, or trains a network, or one that does not keep its first layer's changes |
//! | `updates` | weights and biases change by the delivered delta times the activity below |
//! | `transpose` | with feedback weights set to the forward weights, the rule is backpropagation |
//! | `locality` | forward weights above play no part in a teaching signal |
//! | `conservation` | the conservation law of every hidden unit in gradient flow |
//! | `feedback_learning` | feedback weights that learn follow their own rule |
//! | `fixed_feedback` | fixed feedback weights stay to the bit, the others move |
//! | `determinism` | two fresh copies make the same steps to the bit |
//! | `descent` | the loss falls (a failure only where a theorem says it must) |
//!
//! Of networks whose layers are not all dense, or wired freely, two more checks hold: see [`audit_wired`].
//! Plain loops of their operators and maps are in [`layer`](crate::layer).
//!
//! Of a custom rule with a version `study::audit` also asks for `checkpoint`: a fresh copy that gets the feedback
//! weights and the state of another goes on alike.
//!
//! Updates that another program made are compared by [`Updates`](crate::internal::audit::Updates).
//!
//! A check that has no meaning for a rule is [`Verdict::NotApplicable`] and says why. Letters:
//! s teaching signal, d = s x psi', h activity, B feedback weights, c a layer's factor.

mod checkpoint;
mod compare;
mod conservation;
mod definition;
mod deltas;
mod descent;
mod determinism;
pub(crate) mod elsewhere;
mod feedback_learning;
mod fixed_feedback;
mod gradient;
mod locality;
mod maps;
mod net;
pub(crate) mod operators;
mod plain;
mod report;
mod subject;
mod transpose;
mod unbiased;
mod updates;
mod watch;

pub(crate) use checkpoint::checkpoint;
pub use report::{Check, Report, Verdict};
pub(crate) use subject::Audited;
pub use subject::{Claim, Subject};

use crate::Result;
use crate::layer::Wiring;
use crate::stage::{Listener, Stage, Work};

/// Runs every check on `subject`.
///
/// The rule is built afresh for each check, and every draw comes from a fixed seed: the same
/// subject gives the same report. If the loss explodes at the subject's step size, a smaller
/// one is taken: [`Report::step_size`].
///
/// Cost: a few hundred steps of the network, and for each layer about 250 forward passes of the
/// layers above it in plain loops: seconds for 50 samples and 784-1000-10 units. Rules that
/// learn by trial take some thousand trials: give them a smaller network.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if layers, inputs, targets or factors do not fit
/// together; [`Error::Config`](crate::Error::Config) if the claimed composition has no meaning.
///
/// # Example
/// ```
/// use falign::audit::{Claim, Subject, audit};
/// use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
/// use falign::internal::network::FeedbackShape;
/// use falign::internal::network::{Architecture, DenseInput, Initialisation, draw_feedback, draw_layers};
/// use falign::internal::rule::{Composed, Composition, FeedbackLearning};
/// use falign::rule::LearningRule;
/// use ndarray::Array2;
///
/// let architecture = Architecture::new(4, &[6, 5], 2, Activation::Tanh)?;
/// let (start, streams) = (Initialisation::Xavier, Streams::new(1, 0));
/// let layers = draw_layers::<f64>(&architecture, start, streams);
/// let composition = Composition::named("feedback_alignment").unwrap();
/// let shape = FeedbackShape::default();
/// let feedback = draw_feedback(composition, &layers, start, shape, streams);
/// let learning = FeedbackLearning::default();
/// let mut data = streams.open(StreamName::Data);
/// let rule = || -> Box<dyn LearningRule<f64>> {
///     Box::new(Composed::new(composition, feedback.clone(), learning))
/// };
/// let report = audit(&Subject {
///     layers,
///     rule: &rule,
///     claim: Claim::Family { composition, learning },
///     input: DenseInput(Array2::from_shape_simple_fn((8, 4), || data.normal())),
///     targets: Array2::from_shape_simple_fn((8, 2), || data.normal()),
///     loss: Loss::SquaredError,
///     reduction: Reduction::Mean,
///     step_size: 0.1,
///     factors: vec![1.0; 3],
/// })?;
/// assert!(report.passed(), "{report:?}");
/// # Ok::<(), falign::Error>(())
/// ```
pub fn audit(subject: &Subject<'_>) -> Result<Report> {
    let stage = |share| Stage::Audit { share };
    audit_of(
        &Audited::chain(subject)?,
        &Work::new(Listener::NOBODY, 0.0, &stage),
    )
}

/// [`audit`] of layers and maps in this wiring, with two more checks.
///
/// | check | what must hold |
/// |---|---|
/// | `operators` | the three calls of each layer's operator are one bilinear form, and those of plain loops |
/// | `maps` | maps pull back by the slope of the pass that they kept, and their states move once a step |
///
/// # Errors
/// As there; [`Error::Shape`](crate::Error::Shape) also where the wiring is another network's.
///
/// # Example
/// ```
/// use falign::DenseInput;
/// use falign::audit::{Claim, Subject};
/// use falign::internal::audit::audit_wired;
/// use falign::internal::layer::{Residual, Wiring};
/// use falign::internal::rule::LastLayerOnly;
/// use falign::math::{Activation, Loss, Reduction};
/// use falign::rule::Layer;
/// use ndarray::Array;
/// use std::sync::Arc;
/// let mut wiring = Wiring::new(3);
/// let hidden = wiring.layer(wiring.input());
/// let sum = wiring.map(Arc::new(Residual { numbers: 3 }), &[wiring.input(), hidden]);
/// wiring.layer(sum);
/// let wave = |n, m| Array::from_shape_fn((n, m), |(i, j)| ((3 * i + 5 * j) as f64).sin());
/// let report = audit_wired(&Subject {
///     layers: vec![Layer::dense(wave(3, 3), Activation::Tanh), Layer::dense(wave(2, 3), Activation::Linear)],
///     rule: &|| Box::new(LastLayerOnly),
///     claim: Claim::LastLayerOnly,
///     input: DenseInput(wave(8, 3)),
///     targets: wave(8, 2),
///     loss: Loss::SquaredError,
///     reduction: Reduction::Mean,
///     step_size: 0.1,
///     factors: vec![1.0; 2],
/// }, wiring)?;
/// assert!(report.passed(), "{report:?}");
/// # Ok::<(), falign::Error>(())
/// ```
#[doc(hidden)]
pub fn audit_wired(subject: &Subject<'_>, wiring: Wiring<f64>) -> Result<Report> {
    let stage = |share| Stage::Audit { share };
    let work = Work::new(Listener::NOBODY, 0.0, &stage);
    audit_of(&Audited::wired(subject, wiring)?, &work)
}

/// Checks of [`audit`].
pub(crate) const CHECKS: usize = 12;

/// Audits as [`audit`] does, as a part of some work of which each check is one unit.
///
/// # Errors
/// As there; [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn audit_of(subject: &Audited<'_>, work: &Work<'_>) -> Result<Report> {
    work.did(0.0)?;
    let subject = &subject.at_stable_step_size()?;
    let steps = watch::watch(subject, WATCHED);
    let done = |check: Check| work.did(1.0).map(|()| check);
    let learning = done(feedback_learning::check(subject, &steps))?;
    let fixed = done(fixed_feedback::check(subject, &steps, &learning))?;
    let mut report = Report {
        step_size: subject.step_size,
        checks: vec![
            done(gradient::check(subject, &steps))?,
            done(unbiased::check(subject))?,
            done(definition::check(subject, &steps))?,
            done(deltas::check(subject))?,
            done(updates::check(subject, &steps))?,
            done(transpose::check(subject))?,
            done(locality::check(subject))?,
            done(conservation::check(subject))?,
            learning,
            fixed,
            done(determinism::check(subject))?,
            done(descent::check(subject))?,
        ],
    };
    if subject.is_wired {
        report.checks.push(operators::check(subject));
        report.checks.push(maps::check(subject, &steps));
    }
    Ok(report)
}

/// Steps whose every number is compared: enough for weights that are one step old, or feedback
/// that drifts, to show.
const WATCHED: usize = 5;
