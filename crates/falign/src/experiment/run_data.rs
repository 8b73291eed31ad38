//! The data of one run with real targets: generated, or from files.

use ndarray::Array2;

use super::inputs::held_out_fits;
use super::setting::{DatasetScope, Inputs, Setting, Targets};
use super::sources::Sources;
use crate::Result;
use crate::data::synthetic::{InputLaw, Teacher, inputs, signs, teach};
use crate::math::{StreamName, Streams};
use crate::two_layer::Draw;

/// Inputs and targets of one run: training and, if wanted, held-out.
pub(super) struct RunData {
    pub(super) inputs: Array2<f64>,
    pub(super) targets: Array2<f64>,
    pub(super) held_out: Option<(Array2<f64>, Array2<f64>)>,
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

/// Generates a run's data, or takes them from the files that the setting names.
pub(super) fn load(setting: &Setting, run: u64, draw: Draw, sources: &Sources) -> Result<RunData> {
    let mut data = match &setting.train_data {
        None => generate(setting, run, draw),
        Some(path) => {
            let set = sources.dataset(path)?;
            RunData {
                inputs: set.inputs.clone(),
                targets: set.targets.clone(),
                held_out: None,
            }
        }
    };
    if let Some(path) = &setting.held_out_data {
        let set = sources.dataset(path)?;
        let columns =
            |inputs: &Array2<f64>, targets: &Array2<f64>| (inputs.ncols(), targets.ncols());
        held_out_fits(
            path,
            columns(&set.inputs, &set.targets),
            columns(&data.inputs, &data.targets),
        )?;
        data.held_out = Some((set.inputs.clone(), set.targets.clone()));
    }
    Ok(data)
}
