//! The problem that every benchmark runs: a teacher's targets, feedback alignment, no ridge.

use falign::data::synthetic::{InputLaw, Teacher, inputs, teach};
use falign::math::{Activation, StreamName, Streams};
use falign::two_layer::{Problem, Start};

/// p, where nothing else is said.
pub(crate) const WIDTH: u64 = 3200;

/// n, d, p and k.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) samples: usize,
    pub(crate) input_dim: usize,
    pub(crate) width: u64,
    pub(crate) outputs: usize,
}

impl Size {
    /// The paper's n and d, one output.
    pub(crate) const fn of_width(width: u64) -> Self {
        Self {
            samples: 50,
            input_dim: 150,
            width,
            outputs: 1,
        }
    }

    /// `n50_d150_p3200`, and `_k10` where there are ten outputs.
    pub(crate) fn name(self) -> String {
        let Self {
            samples,
            input_dim,
            width,
            outputs,
        } = self;
        let outputs = if outputs == 1 {
            String::new()
        } else {
            format!("_k{outputs}")
        };
        format!("n{samples}_d{input_dim}_p{width}{outputs}")
    }
}

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
pub(crate) fn problem(activation: Activation, size: Size) -> Problem {
    let inputs = inputs(
        streams(),
        StreamName::Data,
        InputLaw::NormalOverDim,
        size.samples,
        size.input_dim,
    );
    let teacher = Teacher {
        width: 200,
        activation,
        outputs: size.outputs,
        in_law: false,
    };
    let targets = teach(streams(), teacher, &inputs);
    Problem {
        activation,
        ..Problem::new(inputs, targets, size.width, 0.05)
    }
}
