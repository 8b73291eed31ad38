//! The data of one run with real targets: generated, or from files.

use ndarray::Array2;

use super::sources::Sources;
use crate::Result;
use crate::config::setting::{DatasetScope, Keys, Targets};
use crate::data::Matrix;
use crate::data::synthetic::{
    InputLaw, Teacher, inputs_of, inputs_work, signs_of, teach_of, teach_work,
};
use crate::math::{StreamName, Streams};
use crate::stage::{DRAW, Listener, Stage, Work};
use crate::two_layer::Draw;

/// Inputs and targets of one run: training and, if wanted, held-out.
pub(crate) struct RunData<M = Array2<f64>> {
    pub(crate) inputs: M,
    pub(crate) targets: M,
    pub(crate) held_out: Option<(M, M)>,
}

/// The streams that draw a run's data.
pub(super) fn data_streams(setting: &Keys, run: u64) -> Streams {
    let run = match setting.dataset {
        DatasetScope::PerRun => run,
        DatasetScope::Shared => 0,
    };
    Streams::new(setting.seed, run)
}

/// The law of training inputs, and that of held-out ones.
fn laws(setting: &Keys) -> [InputLaw; 2] {
    match setting.inputs {
        // Held-out rows need not be orthogonal to each other: only their scale is kept.
        InputLaw::Orthonormal => [InputLaw::Orthonormal, InputLaw::NormalOverDim],
        law => [law; 2],
    }
}

/// Teacher that makes a setting's targets; `None` for signs.
fn teacher(setting: &Keys, draw: Draw) -> Option<Teacher> {
    (setting.targets == Targets::Teacher).then(|| Teacher {
        width: setting.teacher_width.unwrap_or(setting.width),
        activation: setting.activation,
        outputs: setting.outputs,
        in_law: draw == Draw::Gram,
    })
}

/// Multiply-adds of the data that a setting generates, about; 0 for those of files.
pub(crate) fn generation_work(setting: &Keys, draw: Draw) -> f64 {
    if setting.train_data.is_some() {
        return 0.0;
    }
    let (n, m) = (setting.samples as f64, setting.held_out as f64);
    let (d, k) = (setting.input_dim as f64, setting.outputs as f64);
    let [law, held_out_law] = laws(setting);
    let targets = match teacher(setting, draw) {
        Some(teacher) => teach_work(teacher, n + m, d),
        None => DRAW * (n + m) * k,
    };
    inputs_work(law, n, d) + inputs_work(held_out_law, m, d) + targets
}

fn generate(setting: &Keys, run: u64, draw: Draw, listener: Listener<'_>) -> Result<RunData> {
    let streams = data_streams(setting, run);
    let work = Work::new(listener, generation_work(setting, draw), &Stage::data);
    let [law, held_out_law] = laws(setting);
    let d = setting.input_dim;
    let x = inputs_of(streams, StreamName::Data, law, (setting.samples, d), &work)?;
    let shape = (setting.held_out, d);
    let new = inputs_of(streams, StreamName::HeldOut, held_out_law, shape, &work)?;
    let all = ndarray::concatenate(ndarray::Axis(0), &[x.view(), new.view()])
        .expect("the same number of columns");
    let y = match teacher(setting, draw) {
        None => signs_of(streams, (all.nrows(), setting.outputs), &work)?,
        Some(teacher) => teach_of(streams, teacher, &all, &work)?,
    };
    let n = setting.samples;
    Ok(RunData {
        targets: y.slice(ndarray::s![..n, ..]).to_owned(),
        held_out: (setting.held_out > 0)
            .then(|| (new.clone(), y.slice(ndarray::s![n.., ..]).to_owned())),
        inputs: x,
    })
}

/// Multiply-adds of a setting's inputs alone, about; 0 for those of files.
pub(crate) fn input_work(setting: &Keys) -> f64 {
    if setting.train_data.is_some() {
        return 0.0;
    }
    let (n, d) = (setting.samples as f64, setting.input_dim as f64);
    inputs_work(laws(setting)[0], n, d)
}

/// Inputs of a run's training data alone: a teacher of many units takes long over its targets.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_inputs(
    setting: &Keys,
    run: u64,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<Array2<f64>> {
    if let Some(pair) = sources.scaled_reals(setting)? {
        return Ok(pair.train.inputs.clone().into_array());
    }
    let work = Work::new(listener, input_work(setting), &Stage::data);
    let shape = (setting.samples, setting.input_dim);
    let streams = data_streams(setting, run);
    inputs_of(streams, StreamName::Data, laws(setting)[0], shape, &work)
}

/// Generates a run's data, or takes those of the files that the setting names, as the run's own.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where the listener says so; as [`Sources::reals`].
pub(crate) fn load(
    setting: &Keys,
    run: u64,
    draw: Draw,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<RunData> {
    let data = load_shared(setting, run, draw, sources, listener)?;
    let held_out = data.held_out;
    Ok(RunData {
        inputs: data.inputs.into_array(),
        targets: data.targets.into_array(),
        held_out: held_out.map(|(x, y)| (x.into_array(), y.into_array())),
    })
}

/// Loads data that are only read: those of files are scaled once, and not copied.
pub(super) fn load_shared(
    setting: &Keys,
    run: u64,
    draw: Draw,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<RunData<Matrix<f64>>> {
    if let Some(pair) = sources.scaled_reals(setting)? {
        let held_out = pair.held_out;
        return Ok(RunData {
            inputs: pair.train.inputs.clone(),
            targets: pair.train.targets.clone(),
            held_out: held_out.map(|set| (set.inputs.clone(), set.targets.clone())),
        });
    }
    let data = generate(setting, run, draw, listener)?;
    Ok(RunData {
        inputs: data.inputs.into(),
        targets: data.targets.into(),
        held_out: data.held_out.map(|(x, y)| (x.into(), y.into())),
    })
}
