//! The samples of one run: to train on, to report on, to choose by.

use std::sync::Arc;

use crate::data::{Labelled, Scaler, Scaling, Split, synthetic};
use crate::experiment::run_data::{data_streams, load_shared};
use crate::experiment::setting::Setting;
use crate::experiment::sources::Sources;
use crate::math::{Precision, StreamName};
use crate::mlp::{Examples, InputProducts};
use crate::two_layer::Draw;
use crate::{Error, Result};

/// The sets of one run.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) train: Arc<Examples>,
    pub(super) test: Option<Examples>,
    pub(super) validation: Option<Examples>,
}

/// Reads or draws them.
pub(super) fn sets(setting: &Setting, run: u64, sources: &Sources) -> Result<Sets> {
    let deep = &setting.deep;
    if !deep.has_classes() {
        let data = load_shared(setting, run, Draw::Weights, sources)?;
        let factor = deep.input_factor.value(data.inputs.ncols());
        let test = data
            .held_out
            .map(|(inputs, targets)| Examples::reals(inputs, targets, factor))
            .transpose()?;
        return Ok(Sets {
            train: Arc::new(Examples::reals(data.inputs, data.targets, factor)?),
            test,
            validation: None,
        });
    }
    let Classes {
        train,
        test,
        validation,
    } = classes(setting, run, sources)?;
    let scaler = fitted(setting, &train)?;
    let factor = deep.input_factor.value(train.input_dim());
    let examples = |data| Examples::classes(data, scaler.clone(), factor);
    Ok(Sets {
        test: test.map(examples).transpose()?,
        validation: validation.map(examples).transpose()?,
        train: Arc::new(in_precision(setting, examples(train)?)?),
    })
}

/// Training samples whose products have the precision of the setting; what is measured on others
/// has at least single precision.
fn in_precision(setting: &Setting, train: Examples) -> Result<Examples> {
    if setting.precision != Precision::Bf16 {
        return Ok(train);
    }
    let halved = train.with_products(InputProducts::Halved);
    if halved.products() == InputProducts::Halved {
        return Ok(halved);
    }
    Err(Error::config(
        "run.precision",
        "bf16",
        "needs images with one byte for each pixel; \"f32\" is for all data",
    ))
}

/// How the inputs of a run with classes are scaled.
pub(in crate::experiment) fn scaler(
    setting: &Setting,
    run: u64,
    sources: &Sources,
) -> Result<Scaler> {
    fitted(setting, &classes(setting, run, sources)?.train)
}

fn fitted(setting: &Setting, train: &Labelled) -> Result<Scaler> {
    let scaling = setting.deep.scaling.unwrap_or(Scaling::Standardise);
    scaling.fit(train)
}

/// The sets of a run with classes, not scaled yet.
struct Classes {
    train: Arc<Labelled>,
    test: Option<Arc<Labelled>>,
    validation: Option<Arc<Labelled>>,
}

/// Reads or draws them, and cuts them as the setting says.
fn classes(setting: &Setting, run: u64, sources: &Sources) -> Result<Classes> {
    let deep = &setting.deep;
    let streams = data_streams(setting, run);
    let (train, test) = if let Some(pair) = sources.labelled(setting)? {
        (pair.train, Some(pair.test))
    } else {
        let side = setting.input_dim.isqrt();
        let draw = |stream, samples| {
            Arc::new(synthetic::labelled_images(
                streams,
                stream,
                samples,
                side,
                setting.outputs,
            ))
        };
        let test = setting.held_out;
        (
            draw(StreamName::Data, setting.samples),
            (test > 0).then(|| draw(StreamName::HeldOut, test)),
        )
    };
    let train = limited(train, deep.train_limit);
    let test = test.map(|test| limited(test, deep.test_limit));
    let (train, validation) = if deep.validation > 0 {
        let split = Split::draw(&train, deep.validation, streams)?;
        (Arc::new(split.train), Some(Arc::new(split.validation)))
    } else {
        (train, None)
    };
    Ok(Classes {
        train,
        test,
        validation,
    })
}

/// The first samples.
fn limited(data: Arc<Labelled>, limit: Option<usize>) -> Arc<Labelled> {
    match limit {
        Some(limit) if limit < data.samples() => {
            let rows: Vec<usize> = (0..limit).collect();
            Arc::new(data.select(&rows))
        }
        _ => data,
    }
}
