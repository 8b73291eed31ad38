//! A network as a list of layers: whether it fits its data, and what it takes the place of.

use super::refuse;
use crate::config::layers::{Blueprint, LayerKind, Layers, Shape, refusal};
use crate::config::setting::{Keys, StepSize, defaults};
use crate::data::catalogue;
use crate::data::synthetic::DrawnSet;
use crate::layer::Image;
use crate::network::OptimiserKind;
use crate::{Error, Result};

impl Keys {
    /// The network as a list of layers with their shapes; none of a list of dense layers alone, which is trained
    /// as `hidden_widths` are, and none without a list.
    pub(in crate::config) fn blueprint(&self) -> Result<Option<Blueprint>> {
        let layers = self.deep.layers.as_ref();
        match layers.filter(|layers| Blueprint::widths(layers).is_none()) {
            None => Ok(None),
            Some(layers) => self.shaped(layers).map(Some),
        }
    }

    fn shaped(&self, layers: &Layers) -> Result<Blueprint> {
        let Some(input) = self.sample_shape()? else {
            return refuse(
                "input",
                "unset",
                "network.layers needs the shape of a sample, which the key of these data does not tell; give it, such as [1, 28, 28]",
            );
        };
        let seen = self.frame()?.map_or(input, |frame| Shape {
            image: frame.seen(),
            ..input
        });
        Blueprint::new(seen, layers.clone(), self.activation)
    }

    /// The shape of a sample, as far as the keys tell.
    pub(super) fn sample_shape(&self) -> Result<Option<Shape>> {
        if let Some(axes) = &self.deep.input {
            return match shape(axes) {
                Some(shape) => Ok(Some(shape)),
                None => refuse(
                    "input",
                    format!("{axes:?}"),
                    "expected [channels, height, width], [channels, length] or [numbers]",
                ),
            };
        }
        match self.classes.drawn() {
            Some(DrawnSet::Images) => {
                let side = self.input_dim.isqrt();
                return Ok(shape(&[1, side, side]));
            }
            Some(DrawnSet::Mnist1d) => return Ok(shape(&[1, self.input_dim])),
            None => {}
        }
        Ok(match self.classes.labelled.as_deref() {
            Some(name) => catalogue::find(name).ok().and_then(|entry| {
                let axes = entry.sample_shape;
                match axes[..] {
                    [height, width] => shape(&[1, height, width]),
                    _ => shape(&axes),
                }
            }),
            None if self.is_generated() => Some(Shape::flat(self.input_dim)),
            None => None,
        })
    }

    fn is_generated(&self) -> bool {
        self.train_data.is_none() && self.classes.labelled_data.is_none()
    }

    /// Outputs of the data, as far as the keys tell.
    fn outputs_of_data(&self) -> Option<usize> {
        if self.classes.drawn().is_some() {
            return Some(self.outputs);
        }
        match self.classes.labelled.as_deref() {
            None => self.is_generated().then_some(self.outputs),
            Some(name) => Some(catalogue::find(name).ok()?.classes()),
        }
    }
}

fn shape(axes: &[usize]) -> Option<Shape> {
    let (channels, height, width) = match *axes {
        [numbers] => return Some(Shape::flat(numbers)),
        [channels, width] => (channels, 1, width),
        [channels, height, width] => (channels, height, width),
        _ => return None,
    };
    let image = Image {
        channels,
        height,
        width,
    };
    let is_sequence = axes.len() == 2;
    Some(Shape { image, is_sequence })
}

/// Checks a list of layers against the other keys.
pub(super) fn check(s: &Keys) -> Result<()> {
    let d = &s.deep;
    let frame = s.frame()?;
    let Some(layers) = &d.layers else {
        return match &d.input {
            None => Ok(()),
            Some(_) if frame.is_some() => Ok(()),
            Some(axes) => refuse(
                "input",
                format!("{axes:?}"),
                "is the shape of a sample that network.layers and random_shift, random_crop and random_flip of [data] read; give one of them, or remove this",
            ),
        };
    };
    let others = [
        ("width", s.width.to_string(), s.width != defaults().width),
        (
            "hidden_layers",
            d.hidden_layers.to_string(),
            d.hidden_layers != 1,
        ),
        (
            "hidden_widths",
            format!("{:?}", d.hidden_widths.iter().flatten().collect::<Vec<_>>()),
            d.hidden_widths.is_some(),
        ),
    ];
    if let Some((leaf, value, _)) = others.into_iter().find(|(.., is_given)| *is_given) {
        return refuse(
            leaf,
            value,
            "network.layers gives the layers; remove one of the two",
        );
    }
    let last = layers.0.len() - 1;
    let output = &layers.0[last];
    let LayerKind::Dense(dense) = output else {
        let outputs = s.outputs_of_data().unwrap_or(10);
        let why = format!(
            "the last layer has a unit for each output; put {{ dense = {outputs} }} behind it"
        );
        return Err(refusal(last, output, why));
    };
    if dense.activation.is_some() {
        let why = "the outputs are sums, of which the loss makes what it needs; remove `activation`, or put a layer of outputs behind it";
        return Err(refusal(last, output, why));
    }
    if let Some(outputs) = s
        .outputs_of_data()
        .filter(|outputs| *outputs != dense.dense)
    {
        let why = format!("the data have {outputs} outputs; give the last layer as many units");
        return Err(refusal(last, output, why));
    }
    if let (Some(axes), None) = (&d.input, &s.train_data)
        && s.is_generated()
        && (s.classes.labelled.is_none() || s.classes.drawn().is_some())
        && axes.iter().product::<usize>() != s.input_dim
    {
        let why = format!("data.input_dim is {}; make the two equal", s.input_dim);
        return refuse("input", format!("{axes:?}"), why);
    }
    match s.blueprint()? {
        None => Ok(()),
        Some(_) => is_trainable(s),
    }
}

/// Refuses what only networks of dense layers have.
fn is_trainable(s: &Keys) -> Result<()> {
    let is_adaptive = matches!(
        s.optimiser(),
        OptimiserKind::Adam { .. } | OptimiserKind::RmsProp { .. }
    );
    let share = match s.step_size {
        StepSize::Number(_) => return Ok(()),
        StepSize::Auto if is_adaptive => return Ok(()),
        StepSize::Auto => "\"auto\"".to_owned(),
        StepSize::OverM(share) => format!("{{ over_M = {share} }}"),
    };
    Err(Error::config(
        "learning.step_size",
        share,
        "the curvature of networks of network.layers that are not all dense is not measured; give a number",
    ))
}
