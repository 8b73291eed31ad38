//! Updates from the arrays of a file, each by its name.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayD, Axis, Ix1, Ix2};
use serde::de::value::Error as WordError;
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use super::Updates;
use crate::audit::definition::shapes;
use crate::data::arrays::Entry;
use crate::math::{Activation, Loss, Reduction};
use crate::rule::{DirectFeedback, FeedbackWeights, Layer, Rule, RuleKind, SignalPath};
use crate::{Error, Result};

impl Updates {
    /// Updates of named arrays, as [`Updates`] lists them; `path` is what errors name.
    ///
    /// # Errors
    /// [`Error::Data`] naming the array that is missing, of the wrong shape, or read by nothing.
    pub fn of(entries: BTreeMap<String, Entry>, path: &Path) -> Result<Self> {
        let mut file = File { path, entries };
        let rule = file.rule()?;
        let activation: Activation = file.word("activation", None)?;
        let loss: Loss = file.word("loss", Some(Loss::SquaredError))?;
        let reduction: Reduction = file.word("reduction", Some(Reduction::Mean))?;
        let step_size = file.number("step_size")?;
        let step_size = step_size.ok_or_else(|| file.missing("step_size", "a positive number"))?;
        if step_size <= 0.0 {
            return Err(file.wrong("step_size", format!("{step_size} is not positive")));
        }
        let inputs = file.needed("X", "the batch, (samples, inputs)")?;
        let (layers, after) = file.layers(inputs.ncols(), activation)?;
        let outputs = layers[layers.len() - 1].units();
        let targets = file.targets(inputs.nrows(), outputs, loss)?;
        let ridge = file.ridge(layers.len())?;
        let (feedback, feedback_after) = file.feedback(&rule, &layers)?;
        file.is_read()?;
        Ok(Self {
            rule,
            layers,
            after,
            inputs,
            targets,
            loss,
            reduction,
            step_size,
            ridge,
            feedback,
            feedback_after,
        })
    }
}

/// Layers before the step, and weights and biases after it.
type Layers = (Vec<Layer<f64>>, Vec<(Array2<f64>, Option<Array1<f64>>)>);

/// Arrays that are not read yet.
struct File<'a> {
    path: &'a Path,
    entries: BTreeMap<String, Entry>,
}

impl File<'_> {
    fn wrong(&self, name: &str, reason: impl std::fmt::Display) -> Error {
        Error::data(self.path, format!("array `{name}`: {reason}"))
    }

    fn missing(&self, name: &str, what: &str) -> Error {
        let names: Vec<String> = self
            .entries
            .keys()
            .map(|name| format!("`{name}`"))
            .collect();
        let rest = if names.is_empty() {
            String::new()
        } else {
            format!("; not read yet: {}", names.join(", "))
        };
        let reason = format!("it has no array `{name}`: {what}{rest}");
        Error::data(self.path, reason)
    }

    fn numbers(&mut self, name: &str) -> Result<Option<ArrayD<f64>>> {
        match self.entries.remove(name) {
            None => Ok(None),
            Some(Entry::Text(text)) => {
                Err(self.wrong(name, format!("it is the text `{text}`, expected numbers")))
            }
            Some(Entry::Numbers(numbers)) => {
                if numbers.iter().all(|x| x.is_finite()) {
                    return Ok(Some(numbers));
                }
                Err(self.wrong(name, "it has a NaN or an infinity; audit an earlier step"))
            }
        }
    }

    fn shaped<D: ndarray::Dimension>(
        &mut self,
        name: &str,
    ) -> Result<Option<ndarray::Array<f64, D>>> {
        let Some(numbers) = self.numbers(name)? else {
            return Ok(None);
        };
        let shape = format!("{:?}", numbers.shape());
        let axes = D::NDIM.unwrap_or(0);
        let shaped = numbers
            .as_standard_layout()
            .into_owned()
            .into_dimensionality::<D>();
        let reason = format!("it has shape {shape}, expected {axes} axes");
        shaped.map(Some).map_err(|_| self.wrong(name, reason))
    }

    fn needed(&mut self, name: &str, what: &str) -> Result<Array2<f64>> {
        let found = self.shaped::<Ix2>(name)?;
        found.ok_or_else(|| self.missing(name, what))
    }

    fn number(&mut self, name: &str) -> Result<Option<f64>> {
        let numbers = self.numbers(name)?;
        numbers
            .map(|numbers| match (numbers.len(), numbers.first()) {
                (1, Some(number)) => Ok(*number),
                (count, _) => {
                    Err(self.wrong(name, format!("it has {count} numbers, expected one")))
                }
            })
            .transpose()
    }

    fn text(&mut self, name: &str) -> Result<Option<String>> {
        match self.entries.remove(name) {
            None => Ok(None),
            Some(Entry::Text(text)) => Ok(Some(text)),
            Some(Entry::Numbers(_)) => Err(self.wrong(name, "it holds numbers, expected a text")),
        }
    }

    /// A word of experiment files.
    fn word<T: DeserializeOwned>(&mut self, name: &str, or: Option<T>) -> Result<T> {
        let Some(text) = self.text(name)? else {
            return or.ok_or_else(|| self.missing(name, "a name as in experiment files"));
        };
        let word = T::deserialize(text.as_str().into_deserializer());
        word.map_err(|error: WordError| self.wrong(name, error))
    }

    /// The claimed rule: one whose step is no matter of chance.
    fn rule(&mut self) -> Result<Rule> {
        let Some(name) = self.text("rule")? else {
            return Err(self.missing(
                "rule",
                "the name of the claimed rule, such as \"feedback_alignment\"",
            ));
        };
        let rule = Rule::ALL.into_iter().find(|rule| rule.name() == name);
        let why = match rule.as_ref().map(Rule::kind) {
            Some(Some(RuleKind::Family(_) | RuleKind::LastLayerOnly)) => None,
            Some(Some(RuleKind::NodePerturbation | RuleKind::WeightPerturbation)) => {
                Some("learns by chance, so that one step of it proves nothing")
            }
            Some(_) => {
                Some("is a rule of two-layer engines alone; audit an experiment that has it")
            }
            None => Some("is no rule that is known here"),
        };
        match (rule, why) {
            (Some(rule), None) => Ok(rule),
            (_, why) => {
                let known = Rule::ALL.into_iter().filter(|rule| {
                    let kind = rule.kind();
                    matches!(kind, Some(RuleKind::Family(_) | RuleKind::LastLayerOnly))
                });
                let known: Vec<String> = known.map(|rule| rule.name().to_owned()).collect();
                let reason = format!(
                    "`{name}` {}; expected one of {}",
                    why.unwrap_or_default(),
                    known.join(", ")
                );
                Err(self.wrong("rule", reason))
            }
        }
    }

    fn layers(&mut self, inputs: usize, activation: Activation) -> Result<Layers> {
        let is_layer = |l: usize| move |name: &String| name.starts_with(&format!("before.{l}."));
        let layers = 0..self.entries.len();
        let count = layers.take_while(|&l| self.entries.keys().any(is_layer(l)));
        let count = count.count();
        if count == 0 {
            let what = "weights of the first layer before the step, (units, inputs)";
            return Err(self.missing("before.0.weight", what));
        }
        let (mut layers, mut after) = (Vec::new(), Vec::new());
        let mut below = inputs;
        for l in 0..count {
            let name = |when: &str, what: &str| format!("{when}.{l}.{what}");
            let read = |file: &mut Self, when: &str| {
                let name = name(when, "weight");
                let weights = file.needed(&name, "weights, (units, inputs)")?;
                if weights.ncols() == below {
                    return Ok(weights);
                }
                let (units, inputs) = weights.dim();
                let turn = if units == below {
                    "; save its transpose"
                } else {
                    ""
                };
                Err(file.wrong(
                    &name,
                    format!("it has shape ({units}, {inputs}), expected (units, {below}){turn}"),
                ))
            };
            let (weights, moved) = (read(self, "before")?, read(self, "after")?);
            let units = weights.nrows();
            let [bias, moved_bias] = ["before", "after"].map(|when| {
                let name = name(when, "bias");
                let bias = self.shaped::<Ix1>(&name)?;
                match &bias {
                    Some(found) if found.len() != units => Err(self.wrong(
                        &name,
                        format!("it has {} numbers, expected {units}", found.len()),
                    )),
                    _ => Ok(bias),
                }
            });
            let (bias, moved_bias) = (bias?, moved_bias?);
            if bias.is_some() != moved_bias.is_some() {
                let lacks = if bias.is_some() { "after" } else { "before" };
                return Err(self.missing(&name(lacks, "bias"), "the layer has biases"));
            }
            if moved.dim() != weights.dim() {
                let (found, expected) = (moved.dim(), weights.dim());
                let reason = format!("it has shape {found:?}, expected {expected:?}, as before");
                return Err(self.wrong(&name("after", "weight"), reason));
            }
            let factor_name = format!("factor.{l}");
            let factor = self.number(&factor_name)?.unwrap_or(1.0);
            if factor <= 0.0 {
                return Err(self.wrong(&factor_name, format!("{factor} is not positive")));
            }
            let own = if l + 1 == count {
                Activation::Linear
            } else {
                activation
            };
            let layer = Layer::dense(weights, own).with_factor(factor);
            layers.push(match bias {
                Some(bias) => layer.with_bias(bias),
                None => layer,
            });
            after.push((moved, moved_bias));
            below = units;
        }
        Ok((layers, after))
    }

    /// Targets for each output; of the cross-entropy, classes too.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole numbers in range are looked for"
    )]
    fn targets(&mut self, samples: usize, outputs: usize, loss: Loss) -> Result<Array2<f64>> {
        let Some(found) = self.numbers("y")? else {
            return Err(self.missing("y", "targets, (samples, outputs)"));
        };
        let shape = found.shape().to_vec();
        let found = found.as_standard_layout().into_owned();
        let is_list = shape == [samples];
        if is_list && loss == Loss::SoftmaxCrossEntropy && outputs > 1 {
            let classes = found.iter();
            let is_class = |y: &f64| *y >= 0.0 && *y < outputs as f64 && y.fract() == 0.0;
            if !classes.clone().all(is_class) {
                let reason = format!(
                    "expected classes from 0 to {}, or a row for each sample",
                    outputs - 1
                );
                return Err(self.wrong("y", reason));
            }
            let mut targets = Array2::zeros((samples, outputs));
            for (mut row, class) in targets.rows_mut().into_iter().zip(classes) {
                row[*class as usize] = 1.0;
            }
            return Ok(targets);
        }
        if is_list && outputs == 1 {
            let list = found.into_dimensionality::<Ix1>().expect("one axis");
            return Ok(list.insert_axis(Axis(1)));
        }
        if shape == [samples, outputs] {
            return Ok(found.into_dimensionality::<Ix2>().expect("two axes"));
        }
        let reason = format!(
            "it has shape {shape:?}, expected [{samples}, {outputs}]: a row for each sample of X"
        );
        Err(self.wrong("y", reason))
    }

    /// lambda of each layer.
    fn ridge(&mut self, layers: usize) -> Result<Vec<f64>> {
        let mut ridge = vec![0.0; layers];
        let Some(found) = self.numbers("ridge")? else {
            return Ok(ridge);
        };
        let found: Vec<f64> = found.into_iter().collect();
        match found[..] {
            [one] => ridge[layers - 1] = one,
            _ if found.len() == layers => ridge = found,
            _ => {
                let reason = format!(
                    "it has {} numbers, expected one (of the output layer) or {layers}, one for each layer",
                    found.len()
                );
                return Err(self.wrong("ridge", reason));
            }
        }
        if ridge.iter().any(|lambda| *lambda < 0.0) {
            return Err(self.wrong("ridge", "it is negative"));
        }
        Ok(ridge)
    }

    /// Feedback weights before the step and after it, in shapes that the rule can use.
    #[allow(clippy::type_complexity, reason = "twice the same")]
    fn feedback(
        &mut self,
        rule: &Rule,
        layers: &[Layer<f64>],
    ) -> Result<(Vec<Array2<f64>>, Vec<Array2<f64>>)> {
        let claimed = rule.composition();
        let needs = claimed.is_some_and(|one| one.feedback != FeedbackWeights::Transpose);
        let paths = match claimed {
            Some(one) if needs => vec![one.path],
            // What nothing needs may still tell what the rule is instead.
            _ => vec![SignalPath::Layerwise, SignalPath::Direct],
        };
        let mut read = |prefix: &str| -> Result<Vec<Array2<f64>>> {
            let names: Vec<String> = (0..layers.len() - 1)
                .map(|l| format!("{prefix}.{l}"))
                .collect();
            let mut found = Vec::new();
            for name in &names {
                found.extend(self.shaped::<Ix2>(name)?);
            }
            if found.is_empty() {
                return Ok(found);
            }
            let dims: Vec<_> = found.iter().map(Array2::dim).collect();
            let mut wanted = paths
                .iter()
                .map(|path| shapes(*path, DirectFeedback::Dense, layers));
            if wanted.clone().any(|wanted| wanted == dims) {
                return Ok(found);
            }
            let wanted = wanted.next().unwrap_or_default();
            let turned: Vec<_> = dims.iter().map(|(a, b)| (*b, *a)).collect();
            let turn = if turned == wanted {
                "; save their transposes"
            } else {
                ""
            };
            let reason =
                format!("{prefix} weights have shapes {dims:?}, expected {wanted:?}{turn}");
            Err(Error::data(self.path, reason))
        };
        let (before, after) = (read("feedback")?, read("feedback_after")?);
        if before.is_empty() && (needs && layers.len() > 1 || !after.is_empty()) {
            let what = format!("the feedback weights of {}", rule.name());
            return Err(self.missing("feedback.0", &what));
        }
        Ok((before, after))
    }

    /// Refuses arrays that nothing read.
    fn is_read(&self) -> Result<()> {
        let names: Vec<String> = self
            .entries
            .keys()
            .map(|name| format!("`{name}`"))
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let reason = format!(
            "has arrays that nothing reads: {}; `falign audit --help` lists the names",
            names.join(", ")
        );
        Err(Error::data(self.path, reason))
    }
}
