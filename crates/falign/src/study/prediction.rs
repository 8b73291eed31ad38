//! Predictions of a setting's trained network for new inputs.

use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayRef2};

use crate::config::setting::{Keys, NetworkSetting, Setting, TwoLayerSetting};
use crate::data::{Inputs, Labelled, Matrix, Weights};
use crate::math::simd::Element;
use crate::math::{Activation, Precision, Scalar, activate};
use crate::network::{Batch, Examples, Network, Part, TensorFile};
use crate::rule::{Layer, RulePrecision};
use crate::simulate::resolve::resolve_watched;
use crate::simulate::sources::Sources;
use crate::simulate::watch::prepare;
use crate::simulate::{Context, Fitted, InputKind, SavedWeights, engine, parts, scaler};
use crate::two_layer::Problem;
use crate::{Error, Result};

/// New inputs, (samples, `input_dim`), of the kind that the network was trained on.
#[derive(Debug, Clone, PartialEq)]
pub enum NewInputs {
    /// Inputs of data with real targets.
    Reals(Matrix<f64>),
    /// Inputs of data with classes: as stored, to be scaled as the training set was.
    Classes(Inputs),
}

/// Outputs, (samples, outputs), of the network of run `run` with these weights: logits where the
/// loss is a cross-entropy. Inputs are scaled and outputs centred as in training, for which the
/// run's data and start are made again, which the watch of the context follows. Nothing is dropped.
///
/// # Errors
/// [`Error::Shape`] where inputs or weights do not fit; [`Error::Stopped`] where the watch says so; as
/// [`simulate`](crate::simulate::simulate).
///
/// # Example
/// ```
/// use falign::internal::study::prediction::{NewInputs, predict};
/// use falign::internal::simulate::{Context, simulate};
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// let flat = "samples = 5\ninput_dim = 2\nwidth = 30\nsave_weights = \"final\"".parse().unwrap();
/// let setting = &Experiment::from_flat(&flat, None)?.settings[0].setting;
/// let sources = Sources::default();
/// let run = simulate(setting, 0, Context::new(&sources), &mut |_| true)?.unwrap();
/// let new = NewInputs::Reals(ndarray::array![[0.0, 0.0], [1.0, -1.0]].into());
/// let outputs = predict(setting, 0, Context::new(&sources), run.weights[1].as_ref().unwrap(), &new)?;
/// assert_eq!(outputs.dim(), (2, 1));
/// assert_eq!(outputs[(0, 0)], 0.0);
/// # Ok::<(), falign::Error>(())
/// ```
pub fn predict(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    weights: &SavedWeights,
    inputs: &NewInputs,
) -> Result<Array2<f64>> {
    let passed = match (setting, weights, inputs) {
        (Setting::Network(setting), SavedWeights::Deep(file), _) => match setting.precision {
            Precision::F32 => deep::<f32>(setting, run, context, file, inputs),
            Precision::F64 => deep::<f64>(setting, run, context, file, inputs),
        },
        (Setting::TwoLayer(setting), SavedWeights::TwoLayer(weights), NewInputs::Reals(inputs)) => {
            two_layer(setting, run, context, weights, inputs)
        }
        _ => Err(of_another(setting)),
    };
    passed.map(|passed| passed.outputs)
}

/// psi(z) of each hidden layer from the input up, (samples, units), of the network of run `run` with these
/// weights; of a layer on images a sample's numbers in the order of a file, channels first. Nothing is dropped.
///
/// # Errors
/// As [`predict`].
///
/// # Example
/// ```
/// use falign::internal::study::prediction::{NewInputs, activities};
/// use falign::internal::simulate::{Context, simulate};
/// use falign::experiment::Experiment;
/// use falign::internal::simulate::sources::Sources;
/// let flat = "samples = 5\ninput_dim = 2\nwidth = 30\nsave_weights = \"final\"".parse().unwrap();
/// let setting = &Experiment::from_flat(&flat, None)?.settings[0].setting;
/// let sources = Sources::default();
/// let run = simulate(setting, 0, Context::new(&sources), &mut |_| true)?.unwrap();
/// let new = NewInputs::Reals(ndarray::array![[0.0, 0.0], [1.0, -1.0]].into());
/// let hidden = activities(setting, 0, Context::new(&sources), run.weights[1].as_ref().unwrap(), &new)?;
/// assert_eq!(hidden[0].dim(), (2, 30));
/// # Ok::<(), falign::Error>(())
/// ```
pub fn activities(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    weights: &SavedWeights,
    inputs: &NewInputs,
) -> Result<Vec<Array2<f64>>> {
    let mut setting = setting.clone();
    // Outputs are not looked at.
    let passed = match (&mut setting, weights, inputs) {
        (Setting::Network(setting), SavedWeights::Deep(file), _) => {
            setting.center_outputs = false;
            match setting.precision {
                Precision::F32 => deep::<f32>(setting, run, context, file, inputs),
                Precision::F64 => deep::<f64>(setting, run, context, file, inputs),
            }
        }
        (Setting::TwoLayer(setting), SavedWeights::TwoLayer(weights), NewInputs::Reals(inputs)) => {
            setting.center_outputs = false;
            two_layer(setting, run, context, weights, inputs)
        }
        (setting, ..) => Err(of_another(setting)),
    };
    passed.map(|passed| passed.activities)
}

/// A forward pass.
struct Passed {
    outputs: Array2<f64>,
    /// psi(z) of each hidden layer.
    activities: Vec<Array2<f64>>,
}

/// Weights that are not a setting's.
fn of_another(setting: &Setting) -> Error {
    let expected = format!("those of the {} engine", setting.engine_name());
    Error::shape("weights", expected, "those of another")
}

/// A sentence where new inputs lie far outside the range that each has in the training data, by
/// more than half of it, or are no pixels where the training data are. `None` also where those
/// data are generated.
///
/// # Errors
/// As [`predict`].
pub fn outside(setting: &Setting, sources: &Sources, inputs: &NewInputs) -> Result<Option<String>> {
    let known = match sources.fitted() {
        Some(fitted) => Some(fitted.clone()),
        None => Fitted::of(setting, 0, sources)?,
    };
    let Some(fitted) = &known else {
        return Ok(None);
    };
    Ok(match (fitted.kind, inputs) {
        (InputKind::Reals, NewInputs::Reals(new)) => far(fitted, &Inputs::Reals(new.clone())),
        (InputKind::Reals, _)
        | (_, NewInputs::Reals(_))
        | (InputKind::Pixels, NewInputs::Classes(Inputs::Pixels(_))) => None,
        (InputKind::Pixels, NewInputs::Classes(new))
            if is_within_one(new) && !fitted.is_within_one() =>
        {
            Some(
                "inputs are from 0 to 1, but the network was trained on pixels from 0 to 255; give \
                 pixels as they were"
                    .to_owned(),
            )
        }
        (_, NewInputs::Classes(new)) => far(fitted, new),
    })
}

fn is_within_one(inputs: &Inputs) -> bool {
    let mut is_within = true;
    inputs.each(|_, _, x| is_within &= (0.0..=1.0).contains(&x));
    is_within
}

fn far(train: &Fitted, new: &Inputs) -> Option<String> {
    let columns = train.low.len();
    if new.dim().1 != columns {
        return None;
    }
    let least = train.low.iter().copied().fold(f64::INFINITY, f64::min);
    let most = train.high.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // An input that is constant in training is compared with the range of all.
    let reach = |low: f64, high: f64| 0.5 * if low < high { high - low } else { most - least };
    let (mut first, mut is_outside) = (None, vec![false; columns]);
    new.each(|row, column, x| {
        let (low, high) = (train.low[column], train.high[column]);
        let reach = reach(low, high);
        if x < low - reach || x > high + reach {
            first = first.or(Some((row, column, x)));
            is_outside[column] = true;
        }
    });
    let (row, column, x) = first?;
    let (low, high) = (train.low[column], train.high[column]);
    let count = is_outside.iter().filter(|is| **is).count();
    Some(format!(
        "{count} of {columns} inputs are far outside their range in the training data: that at row \
         {row}, column {column} is {x}, and went from {low} to {high}; scale new inputs as those were"
    ))
}

/// New inputs of data with real targets, scaled as those were.
fn scaled(setting: &Keys, sources: &Sources, inputs: &Matrix<f64>) -> Result<Matrix<f64>> {
    Ok(match sources.real_scaler(setting)? {
        Some(scaler) => scaler.scale_reals(inputs)?.into(),
        None => inputs.clone(),
    })
}

fn two_layer(
    setting: &TwoLayerSetting,
    run: u64,
    context: Context<'_>,
    weights: &Weights,
    inputs: &Matrix<f64>,
) -> Result<Passed> {
    let setting = &setting.at_rest();
    let (problem, _) = resolve_watched(setting, run, setting.draw(), context)?;
    columns_fit(inputs.dim(), weights.hidden.ncols())?;
    let inputs = &scaled(setting, context.sources, inputs)?;
    let hidden = hidden(&problem, weights, inputs);
    let mut outputs = hidden.dot(&weights.output) * problem.scale();
    if problem.center_outputs {
        let (_, _, mut start) = engine(setting, run, context)?;
        let initial = prepare(context.watch, |listener| {
            start.weights_with_listener(listener)
        })?;
        let initial = initial.ok_or_else(|| {
            let engine = setting.engine.name();
            Error::config("network.draw", engine, "single units are needed to predict")
        })?;
        let hidden = self::hidden(&problem, &initial, inputs);
        outputs -= &(hidden.dot(&initial.output) * problem.scale());
    }
    let activities = vec![hidden];
    Ok(Passed {
        outputs,
        activities,
    })
}

/// psi(X W').
fn hidden(problem: &Problem, weights: &Weights, inputs: &ArrayRef2<f64>) -> Array2<f64> {
    // Products with one column come back in Fortran's order.
    let product = inputs.dot(&weights.hidden.t());
    let mut hidden = product.as_standard_layout().into_owned();
    let mut slopes = vec![0.0; hidden.len()];
    let values = hidden.as_slice_mut().expect("a whole array");
    activate(problem.activation, values, &mut slopes);
    hidden
}

fn deep<T: RulePrecision>(
    setting: &NetworkSetting,
    run: u64,
    context: Context<'_>,
    file: &TensorFile,
    inputs: &NewInputs,
) -> Result<Passed> {
    let sources = context.sources;
    let parts = prepare(context.watch, |listener| {
        parts::<T>(&setting.at_rest(), run, sources, listener)
    })?;
    let factor = setting.deep().input_factor.value(parts.train.input_dim());
    let outputs = parts.train.outputs();
    let examples = match inputs {
        NewInputs::Reals(inputs) => {
            columns_fit(inputs.dim(), parts.train.input_dim())?;
            let nothing = Array2::zeros((inputs.nrows(), outputs));
            Examples::reals(scaled(setting, sources, inputs)?, nothing, factor)?
        }
        NewInputs::Classes(inputs) => {
            let dim = inputs.dim();
            let stored = setting.frame.map(|frame| frame.image.numbers());
            columns_fit(dim, stored.unwrap_or(parts.train.input_dim()))?;
            let unknown = vec![0; dim.0];
            let data = Labelled::new(inputs.clone(), vec![dim.1], unknown, outputs)?;
            let scaler = scaler(setting, run, sources)?;
            let examples = Examples::classes(Arc::new(data), scaler, factor)?;
            match setting.frame {
                None => examples,
                Some(frame) => examples.in_frame(frame),
            }
        }
    };
    let examples = match &setting.blueprint {
        Some(blueprint) => examples.in_places(blueprint.input.image),
        None => examples,
    };
    let mut network = parts.network;
    let rows: Vec<usize> = (0..examples.samples()).collect();
    let mut batch = Batch::default();
    examples.fill(&rows, &mut batch);
    let initial = parts
        .options
        .center_outputs
        .then(|| network.forward(&batch).clone());
    restore(&mut network, file)?;
    let mut outputs = network.forward(&batch).mapv(Scalar::to_f64);
    if let Some(initial) = initial {
        outputs.zip_mut_with(&initial, |f, start| *f -= start.to_f64());
    }
    let activities = network.activities_of_file();
    Ok(Passed {
        outputs,
        activities,
    })
}

/// A layer as other libraries have it: z = a W' + bias, and psi(z) above.
#[derive(Debug, Clone, PartialEq)]
pub struct PlainLayer {
    /// W, (units, inputs), with all factors of the layer in it.
    pub weights: Array2<f64>,
    /// (units), where there is any.
    pub bias: Option<Array1<f64>>,
    /// psi; the identity for the last layer.
    pub activation: Activation,
}

/// The network of run `run` with these weights, from the input up, for inputs as they are stored:
/// the first layer has their scaling in it.
///
/// # Errors
/// [`Error::Config`] where outputs are centred, which no layer can do; else as [`predict`].
pub fn plain_layers(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    weights: &SavedWeights,
) -> Result<Vec<PlainLayer>> {
    let centred = |is_centred: bool| {
        let key = "network.center_outputs";
        let allowed = "outputs minus those of the start are no plain network's; train without";
        is_centred.then(|| Error::config(key, true, allowed))
    };
    let mut layers: Vec<PlainLayer> = match (setting, weights) {
        (Setting::TwoLayer(setting), SavedWeights::TwoLayer(weights)) => {
            let setting = setting.at_rest();
            let (problem, _) = resolve_watched(&setting, run, setting.draw(), context)?;
            if let Some(error) = centred(problem.center_outputs) {
                return Err(error);
            }
            let layer = |weights, activation| PlainLayer {
                weights,
                bias: None,
                activation,
            };
            vec![
                layer(weights.hidden.clone(), problem.activation),
                layer(&weights.output.t() * problem.scale(), Activation::Linear),
            ]
        }
        (Setting::Network(setting), SavedWeights::Deep(_)) if setting.blueprint.is_some() => {
            let why =
                "only dense layers are plain ones; take the weights that run.save_weights keeps";
            return Err(Error::config("network.layers", "a list", why));
        }
        (Setting::Network(setting), SavedWeights::Deep(_))
            if setting
                .frame
                .is_some_and(|frame| frame.seen() != frame.image) =>
        {
            let why = "a plain layer reads whole images; cut the windows yourself";
            return Err(Error::config("data.random_crop", "set", why));
        }
        (Setting::Network(setting), SavedWeights::Deep(file)) => {
            let parts = prepare(context.watch, |listener| {
                parts::<f64>(&setting.at_rest(), run, context.sources, listener)
            })?;
            if let Some(error) = centred(parts.options.center_outputs) {
                return Err(error);
            }
            let mut network = parts.network;
            restore(&mut network, file)?;
            network.layers().iter().map(plain).collect()
        }
        _ => return Err(of_another(setting)),
    };
    let first = &mut layers[0];
    let (shift, gain) = scaling_of(setting, run, context.sources, first.weights.ncols())?;
    if shift.iter().any(|x| x.abs() > 0.0) {
        let moved = first.weights.dot(&shift);
        let bias = first
            .bias
            .take()
            .map_or(moved.clone(), |bias| bias + &moved);
        first.bias = Some(bias);
    }
    first.weights *= &gain;
    Ok(layers)
}

fn plain(layer: &Layer<f64>) -> PlainLayer {
    PlainLayer {
        weights: &layer.weights * layer.factor,
        bias: layer.bias.clone(),
        activation: layer.activation,
    }
}

/// Scaling of inputs as they are stored, which is affine: what a zero becomes, and what one more adds, for each of
/// `input_dim` inputs.
///
/// # Errors
/// As [`predict`].
pub fn input_scaling(
    setting: &Setting,
    run: u64,
    context: Context<'_>,
    input_dim: usize,
) -> Result<(Array1<f64>, Array1<f64>)> {
    scaling_of(setting, run, context.sources, input_dim)
}

fn scaling_of(
    setting: &Setting,
    run: u64,
    sources: &Sources,
    input_dim: usize,
) -> Result<(Array1<f64>, Array1<f64>)> {
    let network = setting.network();
    let factor = network.map_or(1.0, |setting| setting.deep().input_factor.value(input_dim));
    let Some(network) = network.filter(|setting| setting.classes.are_named()) else {
        let (mut shift, mut gain) = (
            Array1::zeros(input_dim),
            Array1::from_elem(input_dim, factor),
        );
        if let Some(scaler) = sources.real_scaler(setting)? {
            let moments = scaler.shift().iter().zip(scaler.divisor()).cycle();
            for ((zero, one), (moved, divisor)) in shift.iter_mut().zip(&mut gain).zip(moments) {
                *zero = -moved / divisor * factor;
                *one = factor / divisor;
            }
        }
        return Ok((shift, gain));
    };
    let rows = Array2::from_shape_fn((2, input_dim), |(row, _)| if row == 0 { 0.0 } else { 1.0 });
    let data = Labelled::new(Inputs::Reals(rows.into()), vec![input_dim], vec![0, 0], 1)?;
    let scaler = scaler(network, run, sources)?;
    let scaled: Array2<f64> = Examples::classes(Arc::new(data), scaler, factor)?.inputs(&[0, 1]);
    let shift = scaled.row(0).to_owned();
    let gain = &scaled.row(1) - &shift;
    Ok((shift, gain))
}

fn restore<T: Element>(network: &mut Network<T>, file: &TensorFile) -> Result<()> {
    network
        .restore(Part::Layers, 0, file)
        .map_err(|misfit| Error::shape("weights", "those of this network", misfit))
}

/// New inputs have the columns of the training data, and rows.
fn columns_fit((rows, columns): (usize, usize), expected: usize) -> Result<()> {
    if rows > 0 && columns == expected {
        return Ok(());
    }
    Err(Error::shape(
        "inputs",
        format!("(samples, {expected}), at least one sample"),
        format!("({rows}, {columns})"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn inputs_far_outside_the_range_of_training_are_told_with_their_place() {
        let train = Fitted {
            kind: InputKind::Reals,
            shape: vec![3],
            outputs: 1,
            shift: Vec::new(),
            divisor: Vec::new(),
            low: vec![0.0, 5.0, 1.0],
            high: vec![2.0, 5.0, 3.0],
        };
        let said = |new: Array2<f64>| far(&train, &Inputs::Reals(new.into()));
        // Half a range beyond is not far; a constant has the range of all, 5.
        assert_eq!(said(array![[-1.0, 7.5, 4.0], [3.0, 2.5, 0.0]]), None);
        let text = said(array![[0.0, 5.0, 1.0], [0.0, 8.0, 4.5]]).unwrap();
        let place = "2 of 3 inputs are far outside";
        assert!(text.contains(place), "{text}");
        assert!(
            text.contains("row 1, column 1 is 8, and went from 5 to 5"),
            "{text}"
        );
        assert_eq!(said(array![[1e9]]), None, "another error's business");
    }
}
