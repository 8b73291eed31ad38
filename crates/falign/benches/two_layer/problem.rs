//! The problem that every benchmark runs: a teacher's targets, feedback alignment, no ridge.

use falign::data::synthetic::{InputLaw, Teacher, inputs, teach};
use falign::math::{Activation, StreamName, Streams};
use falign::rule::{Feedback, RidgeForm, Schedule};
use falign::two_layer::{Problem, Start};

/// n.
const SAMPLES: usize = 50;
/// d.
const INPUT_DIM: usize = 150;
/// p, where nothing else is said.
pub(crate) const WIDTH: u64 = 3200;

/// The streams of every start.
pub(crate) fn streams() -> Streams {
    Streams::new(2021, 0)
}

/// Drawn weights.
pub(crate) fn start() -> Start {
    Start::Drawn {
        streams: streams(),
        correlation: 0.0,
    }
}

/// A problem of the given width whose training converges, so that numbers stay ordinary
/// however many steps the timer asks for.
pub(crate) fn problem(activation: Activation, width: u64) -> Problem {
    let inputs = inputs(
        streams(),
        StreamName::Data,
        InputLaw::NormalOverDim,
        SAMPLES,
        INPUT_DIM,
    );
    let teacher = Teacher {
        width: 200,
        activation,
        outputs: 1,
        in_law: false,
    };
    Problem {
        targets: teach(streams(), teacher, &inputs),
        inputs,
        held_out: None,
        width,
        activation,
        feedback: Feedback::Random,
        step_size: 0.05,
        schedule: Schedule::Constant { ridge: 0.0 },
        ridge_form: RidgeForm::StepScaled,
        dropout: 0.0,
        output_scale: 1.0,
        center_outputs: false,
        feedback_step_size: 0.05,
        feedback_decay: None,
    }
}

/// `n50_d150_p3200`.
pub(crate) fn size_name(width: u64) -> String {
    format!("n{SAMPLES}_d{INPUT_DIM}_p{width}")
}
