//! The data of one run with real targets: generated, or from files.

use ndarray::Array2;

use super::sources::Sources;
use crate::Result;
use crate::config::setting::{DatasetScope, Inputs, Setting, Targets};
use crate::data::Matrix;
use crate::data::synthetic::{InputLaw, Teacher, inputs, signs, teach};
use crate::math::{StreamName, Streams};
use crate::two_layer::Draw;

/// Inputs and targets of one run: training and, if wanted, held-out.
pub(crate) struct RunData<M = Array2<f64>> {
    pub(crate) inputs: M,
    pub(crate) targets: M,
    pub(crate) held_out: Option<(M, M)>,
}

/// The streams that draw a run's data.
pub(super) fn data_streams(setting: &Setting, run: u64) -> Streams {
    let run = match setting.dataset {
        DatasetScope::PerRun => run,
        DatasetScope::Shared => 0,
    };
    Streams::new(setting.seed, run)
}

fn generate(setting: &Setting, run: u64, draw: Draw) -> RunData {
    let streams = data_streams(setting, run);
    let law = match setting.inputs {
        Inputs::Normal => InputLaw::Normal,
        Inputs::NormalOverDim => InputLaw::NormalOverDim,
        Inputs::Orthonormal => InputLaw::Orthonormal,
    };
    let x = inputs(
        streams,
        StreamName::Data,
        law,
        setting.samples,
        setting.input_dim,
    );
    // Held-out rows need not be orthogonal to each other: only their scale is kept.
    let held_out_law = if law == InputLaw::Orthonormal {
        InputLaw::NormalOverDim
    } else {
        law
    };
    let new = inputs(
        streams,
        StreamName::HeldOut,
        held_out_law,
        setting.held_out,
        setting.input_dim,
    );
    let all = ndarray::concatenate(ndarray::Axis(0), &[x.view(), new.view()])
        .expect("the same number of columns");
    let y = match setting.targets {
        Targets::Signs => signs(streams, all.nrows(), setting.outputs),
        Targets::Teacher => {
            let teacher = Teacher {
                width: setting.teacher_width.unwrap_or(setting.width),
                activation: setting.activation,
                outputs: setting.outputs,
                in_law: draw == Draw::Gram,
            };
            teach(streams, teacher, &all)
        }
    };
    let n = setting.samples;
    RunData {
        targets: y.slice(ndarray::s![..n, ..]).to_owned(),
        held_out: (setting.held_out > 0)
            .then(|| (new.clone(), y.slice(ndarray::s![n.., ..]).to_owned())),
        inputs: x,
    }
}

/// Generates a run's data, or takes those of the files that the setting names, as the run's own.
pub(crate) fn load(setting: &Setting, run: u64, draw: Draw, sources: &Sources) -> Result<RunData> {
    let data = load_shared(setting, run, draw, sources)?;
    let held_out = data.held_out;
    Ok(RunData {
        inputs: data.inputs.into_array(),
        targets: data.targets.into_array(),
        held_out: held_out.map(|(x, y)| (x.into_array(), y.into_array())),
    })
}

/// The same, to be read only: data of files are scaled once, and not copied.
pub(super) fn load_shared(
    setting: &Setting,
    run: u64,
    draw: Draw,
    sources: &Sources,
) -> Result<RunData<Matrix<f64>>> {
    if let Some(pair) = sources.scaled_reals(setting)? {
        let held_out = pair.held_out;
        return Ok(RunData {
            inputs: pair.train.inputs.clone(),
            targets: pair.train.targets.clone(),
            held_out: held_out.map(|set| (set.inputs.clone(), set.targets.clone())),
        });
    }
    let data = generate(setting, run, draw);
    Ok(RunData {
        inputs: data.inputs.into(),
        targets: data.targets.into(),
        held_out: data.held_out.map(|(x, y)| (x.into(), y.into())),
    })
}
