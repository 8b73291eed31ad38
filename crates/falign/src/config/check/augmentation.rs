//! How training images are seen: shifts, windows and mirrors, checked against the shape of a sample.

use super::refuse;
use crate::Result;
use crate::config::layers::{Blueprint, Sides};
use crate::config::setting::{Keys, defaults, field};
use crate::config::value::column;
use crate::data::{Scaling, image_shape};
use crate::layer::Image;
use crate::network::Frame;

/// Leaves of the keys.
const LEAVES: [&str; 3] = ["random_shift", "random_crop", "random_flip"];

impl Keys {
    /// The first key that says how images are seen, with its value.
    pub(super) fn augmentation(&self) -> Option<(&'static str, String)> {
        let fields = LEAVES.map(field);
        let set = fields
            .into_iter()
            .find(|field| !(field.same)(self, defaults()))?;
        let value = (set.get)(self);
        Some((
            set.key.leaf,
            value.as_ref().map_or_else(String::new, column),
        ))
    }

    /// The shape of the images in the file of the data, where the network or a key that is read before any
    /// data asks for it.
    pub(in crate::config) fn stored_input(&self) -> Option<Vec<usize>> {
        let path = self.classes.labelled_data.as_deref()?;
        let layers = self.deep.layers.as_ref();
        let has_places = layers.is_some_and(|layers| Blueprint::widths(layers).is_none());
        if self.deep.input.is_some() || !(has_places || self.augmentation().is_some()) {
            return None;
        }
        image_shape(path, self.classes.image_axes).map(Vec::from)
    }

    /// The frame in which images are seen; none where no key asks for one.
    pub(in crate::config) fn frame(&self) -> Result<Option<Frame>> {
        let Some((leaf, value)) = self.augmentation() else {
            return Ok(None);
        };
        if !self.classes.are_named() {
            let why = "is for images with classes; set data.labelled or data.labelled_data, or remove this";
            return refuse(leaf, value, why);
        }
        let Some(shape) = self.sample_shape()? else {
            let why = "needs the shape of an image, which the key of these data does not tell; give network.input, such as [1, 28, 28]";
            return refuse(leaf, value, why);
        };
        let image = shape.image;
        if image.places() == 1 {
            let why = format!(
                "is for images, and a sample is {shape} numbers without places; give the shape of an image in network.input, or remove this"
            );
            return refuse(leaf, value, why);
        }
        if self.classes.resolved_scaling() == Scaling::StandardisePerFeature {
            let why = "moves numbers to other places, and data.scaling = \"standardise_per_feature\" has statistics of each place; use \"standardise\"";
            return refuse(leaf, value, why);
        }
        let Image { height, width, .. } = image;
        let seen = self.deep.random_crop.unwrap_or(Sides {
            down: height,
            along: width,
        });
        let down = if shape.is_sequence { 1 } else { seen.down };
        if shape.is_sequence && self.deep.random_crop.is_some() && seen.down != seen.along {
            let why = "a sequence has one axis: give one number";
            return refuse("random_crop", seen, why);
        }
        if down > height || seen.along > width {
            let why = format!("is larger than the image, {shape}; make it smaller");
            return refuse("random_crop", seen, why);
        }
        let shift = self.deep.random_shift;
        let sides = [height, width].into_iter().filter(|side| *side > 1);
        if let Some(side) = sides.min().filter(|side| shift >= *side) {
            let why = format!("moves an image of {side} places out of sight; lower it");
            return refuse("random_shift", shift, why);
        }
        Ok(Some(Frame {
            image,
            height: down,
            width: seen.along,
            shift,
            flip: self.deep.random_flip,
        }))
    }
}
