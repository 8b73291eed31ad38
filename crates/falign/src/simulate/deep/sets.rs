//! The samples of one run: to train on, to report on, to choose by.

use std::sync::Arc;

use crate::config::setting::NetworkSetting;
use crate::data::{Inputs, Labelled, Scaler, Split};
use crate::math::{Precision, StreamName};
use crate::network::Examples;
use crate::simulate::Fitted;
use crate::simulate::run_data::{data_streams, load_shared};
use crate::simulate::sources::Sources;
use crate::stage::Listener;
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
pub(super) fn sets(
    setting: &NetworkSetting,
    run: u64,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<Sets> {
    let sets = stored_sets(setting, run, sources, listener)?;
    let Some(blueprint) = &setting.blueprint else {
        return Ok(sets);
    };
    // A list that is another data set's is refused later.
    if blueprint.input.numbers() != sets.train.input_dim() {
        return Ok(sets);
    }
    let in_places = |set: Examples| set.in_places(blueprint.input.image);
    Ok(Sets {
        train: Arc::new(in_places(Arc::unwrap_or_clone(sets.train))),
        test: sets.test.map(in_places),
        validation: sets.validation.map(in_places),
    })
}

/// Sets in the order of the numbers in their files.
fn stored_sets(
    setting: &NetworkSetting,
    run: u64,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<Sets> {
    let deep = setting.deep();
    if !setting.classes.are_named() {
        let data = load_shared(setting, run, Draw::Weights, sources, listener)?;
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
    } = classes(setting, run, sources, listener)?;
    let scaler = match sources.fitted().and_then(Fitted::scaler) {
        Some(scaler) => scaler,
        None => fitted(setting, &train)?,
    };
    for set in [Some(&train), test.as_ref(), validation.as_ref()] {
        set.map_or(Ok(()), |set| fits_precision(setting, &scaler, set))?;
    }
    fits_file(setting, &train)?;
    let seen = setting.frame.map(|frame| frame.seen().numbers());
    let factor = deep.input_factor.value(seen.unwrap_or(train.input_dim()));
    let examples = |data| {
        let examples = Examples::classes(data, scaler.clone(), factor)?;
        Ok::<_, Error>(match setting.frame {
            None => examples,
            Some(frame) => examples.in_frame(frame),
        })
    };
    Ok(Sets {
        test: test.map(examples).transpose()?,
        validation: validation.map(examples).transpose()?,
        train: Arc::new(examples(train)?),
    })
}

/// Refuses a shape of samples that is not that of the images of the data.
fn fits_file(setting: &NetworkSetting, train: &Labelled) -> Result<()> {
    let blueprint = setting.blueprint.as_ref().map(|blueprint| blueprint.input);
    let read = match (setting.frame, blueprint) {
        (Some(frame), _) => frame.image,
        (None, Some(input)) if input.axes().len() > 1 => input.image,
        _ => return Ok(()),
    };
    let stored = train.sample_shape();
    let shape = [read.channels, read.height, read.width];
    let fits = match stored.len() {
        3 => stored == shape,
        // A list that is another data set's is refused later.
        _ => setting.frame.is_none() || train.input_dim() == read.numbers(),
    };
    if fits {
        return Ok(());
    }
    let why = format!("a sample of the data has the shape {stored:?}, channels first; give that");
    Err(Error::config("network.input", format!("{shape:?}"), why))
}

/// Inputs in double precision, which is what files may hold, become numbers of the setting's
/// precision.
fn fits_precision(setting: &NetworkSetting, scaler: &Scaler, data: &Labelled) -> Result<()> {
    if !matches!(data.inputs(), Inputs::Reals(_)) {
        return Ok(());
    }
    let limit = match setting.precision {
        Precision::F32 => f64::from(f32::MAX),
        Precision::F64 => f64::MAX,
    };
    let largest = scaler.largest(data);
    if largest <= limit {
        return Ok(());
    }
    let scaling = setting.classes.resolved_scaling().name();
    Err(Error::config(
        "data.scaling",
        format!("\"{scaling}\""),
        format!(
            "makes an input {largest:e}, and {limit:e} is the largest number of run.precision; scale the inputs, or use \"f64\""
        ),
    ))
}

/// How the inputs of a run with classes are scaled.
pub(crate) fn scaler(setting: &NetworkSetting, run: u64, sources: &Sources) -> Result<Scaler> {
    if let Some(scaler) = sources.fitted().and_then(Fitted::scaler) {
        return Ok(scaler);
    }
    let classes = classes(setting, run, sources, Listener::NOBODY)?;
    fitted(setting, &classes.train)
}

fn fitted(setting: &NetworkSetting, train: &Labelled) -> Result<Scaler> {
    setting.classes.resolved_scaling().fit(train)
}

/// The sets of a run with classes, not scaled yet.
struct Classes {
    train: Arc<Labelled>,
    test: Option<Arc<Labelled>>,
    validation: Option<Arc<Labelled>>,
}

/// Reads or draws them, and cuts them as the setting says.
fn classes(
    setting: &NetworkSetting,
    run: u64,
    sources: &Sources,
    listener: Listener<'_>,
) -> Result<Classes> {
    let deep = setting.deep();
    let streams = data_streams(setting, run);
    let (train, test) = if let Some(pair) = sources.labelled(setting)? {
        (pair.train, Some(pair.test))
    } else {
        let set = setting.classes.drawn().expect("data that no file has");
        let draw = |stream, samples| {
            let shape = [samples, setting.input_dim, setting.outputs];
            set.draw(streams, stream, shape, listener).map(Arc::new)
        };
        let train = draw(StreamName::Data, setting.samples)?;
        let test = match setting.held_out {
            0 => None,
            samples => Some(draw(StreamName::HeldOut, samples)?),
        };
        (train, test)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Experiment;
    use crate::data::{Scaling, TrainTest};
    use crate::math::Streams;
    use crate::simulate::sources::LabelledPair;
    use ndarray::Array2;
    use std::path::Path;

    /// Twelve samples of one input, no two of them near each other, and a test set.
    fn data(inputs: impl Fn(usize) -> f64, kind: fn(Array2<f64>) -> Inputs) -> LabelledPair {
        let set = |samples: usize| {
            let x = Array2::from_shape_fn((samples, 1), |(i, _)| inputs(i));
            let labels = (0..samples).map(|i| i % 2).collect();
            Labelled::new(kind(x), vec![1], labels, 2).unwrap()
        };
        LabelledPair::new(TrainTest::new(set(12), set(3)).unwrap())
    }

    fn sets_of(pair: &LabelledPair, keys: &str) -> Result<(NetworkSetting, Sources, Sets)> {
        let flat = format!("labelled_data = \"given\"\nstep_size = 0.1\nseed = 3\n{keys}").parse();
        let experiment = Experiment::from_flat(&flat.unwrap(), None)?;
        let setting = experiment.settings[0].setting.network().unwrap().clone();
        let sources = Sources::default();
        sources.give_labelled(Path::new("given"), pair.clone());
        let sets = sets(&setting, 0, &sources, Listener::NOBODY)?;
        Ok((setting, sources, sets))
    }

    fn all<T: crate::math::Scalar>(examples: &Examples) -> Array2<T> {
        let rows: Vec<usize> = (0..examples.samples()).collect();
        examples.inputs(&rows)
    }

    #[test]
    fn scaling_knows_nothing_of_validation_and_test_samples() {
        for scaling in [
            Scaling::Unit,
            Scaling::Standardise,
            Scaling::StandardisePerFeature,
        ] {
            let keys = format!("validation = 5\nscaling = \"{}\"", scaling.name());
            let mut can_tell = false;
            // The largest and the smallest are for validation in some of these.
            for first in 0..12 {
                let pair = data(|i| (((i + first) % 12).pow(2)) as f64, Inputs::real);
                let split = Split::draw(&pair.train, 5, Streams::new(3, 0)).unwrap();
                let (setting, sources, sets) = sets_of(&pair, &keys).unwrap();
                let expected = scaling.fit(&split.train).unwrap();
                can_tell |= scaling.fit(&pair.train).unwrap() != expected;
                assert_eq!(scaler(&setting, 0, &sources).unwrap(), expected);
                let scaled = |data: &Labelled| expected.scale::<f64>(data);
                assert_eq!(all::<f64>(&sets.train), scaled(&split.train));
                let validation = all::<f64>(&sets.validation.unwrap());
                assert_eq!(validation, scaled(&split.validation));
                assert_eq!(all::<f64>(&sets.test.unwrap()), scaled(&pair.test));
            }
            assert!(can_tell, "{}", scaling.name());
        }
    }

    #[test]
    fn inputs_are_trained_on_in_the_precision_that_they_are_stored_in() {
        let x = |i: usize| 1.0 + 1e-9 * i as f64;
        let pair = data(x, |x| Inputs::Reals(x.into()));
        let raw = |precision: &str| {
            let keys = format!("scaling = \"none\"\nprecision = \"{precision}\"");
            sets_of(&pair, &keys).unwrap().2.train
        };
        let found = all::<f64>(&raw("f64"));
        assert!((0..12).all(|i| found[(i, 0)].to_bits() == x(i).to_bits()));
        // Rounded before it was scaled, this would be the same number for all.
        let keys = "scaling = \"unit\"\nprecision = \"f32\"";
        let found = all::<f32>(&sets_of(&pair, keys).unwrap().2.train);
        assert!((0..12).all(|i| (f64::from(found[(i, 0)]) - i as f64 / 11.0).abs() < 1e-6));
    }

    #[test]
    fn inputs_beyond_the_precision_are_refused_with_the_fix() {
        let pair = data(|i| 1e200 * i as f64, Inputs::real);
        for (keys, is_refused) in [
            ("scaling = \"none\"\nprecision = \"f32\"", true),
            ("scaling = \"none\"", false),
            ("scaling = \"standardise\"\nprecision = \"f32\"", false),
        ] {
            match sets_of(&pair, keys) {
                Ok(_) => assert!(!is_refused, "{keys}"),
                Err(error) => {
                    let text = error.to_string();
                    assert!(is_refused, "{keys}: {text}");
                    let parts = ["data.scaling", "\"none\"", "1.1e201", "\"f64\""];
                    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
                }
            }
        }
    }
}
