//! The keys that only the mini-batch engine reads.

use serde::de::DeserializeOwned;
use toml::Value;

use super::{Reader, or_word, path, positive, whole, within};
use crate::Result;
use crate::config::setting::{Deep, InputFactor, MirrorResponse, RidgeLayers, Sparsity};

/// Sizes of data sets and layers.
const MAX_SIZE: u64 = 1_000_000_000;

impl Reader<'_> {
    pub(super) fn deep(&self) -> Result<Deep> {
        Ok(Deep {
            labelled: self.optional("labelled", |value| {
                let name = value.as_str()?;
                let is_known = name == GENERATED_IMAGES
                    || crate::data::catalogue::entries()
                        .iter()
                        .any(|entry| entry.name == name);
                is_known.then(|| name.to_owned())
            })?,
            labelled_data: self.optional("labelled_data", path)?,
            data_dir: self.optional("data_dir", path)?,
            scaling: self.get("scaling", or_word("auto", named))?,
            input_factor: self.get("input_factor", |value| {
                if value.as_str() == Some("one_over_sqrt_dim") {
                    return Some(InputFactor::OneOverSqrtDim);
                }
                positive(value).map(InputFactor::Number)
            })?,
            train_limit: self.get("train_limit", or_word("all", |v| size(v, 1)))?,
            test_limit: self.get("test_limit", or_word("all", |v| size(v, 1)))?,
            validation: self.size("validation", 0, MAX_SIZE)?,
            hidden_layers: self.size("hidden_layers", 1, 100)?,
            hidden_widths: self.optional("hidden_widths", sizes)?,
            biases: self.get("biases", Value::as_bool)?,
            initialisation: self.name("initialisation")?,
            init_scale: self.get("init_scale", positive)?,
            init_gain: self.get("init_gain", super::non_negative)?,
            weight_sparsity: self.get("weight_sparsity", sparsity)?,
            initial_feedback: self.name("initial_feedback")?,
            feedback_initialisation: self
                .get("feedback_initialisation", or_word("initialisation", named))?,
            feedback_scale: self.get("feedback_scale", super::non_negative)?,
            feedback_sparsity: self.get("feedback_sparsity", below_one)?,
            feedback_rank: self.get("feedback_rank", or_word("full", |v| size(v, 1)))?,
            feedback_signs: self.get("feedback_signs", Value::as_bool)?,
            mirror_response: self.get("mirror_response", mirror_response)?,
            loss: self.get("loss", or_word("auto", named))?,
            reduction: self.get("reduction", or_word("auto", named))?,
            batch: self.get("batch", or_word("all", |v| size(v, 1)))?,
            optimiser: self.name("optimiser")?,
            momentum: self.get("momentum", below_one)?,
            rmsprop_decay: self.get("rmsprop_decay", below_one)?,
            adam_beta_1: self.get("adam_beta_1", below_one)?,
            adam_beta_2: self.get("adam_beta_2", below_one)?,
            epsilon: self.get("epsilon", positive)?,
            step_size_schedule: self.name("step_size_schedule")?,
            step_size_decay: self.optional("step_size_decay", positive)?,
            ridge_layers: self.get("ridge_layers", ridge_layers)?,
            perturbation: self.get("perturbation", positive)?,
            epochs: self.optional("epochs", |v| whole(v, 0, MAX_SIZE))?,
            top_k: self.size("top_k", 1, 10_000)?,
        })
    }
}

/// `data.labelled` for images that a run draws itself.
pub(crate) const GENERATED_IMAGES: &str = "generated_images";

fn named<T: DeserializeOwned>(value: &Value) -> Option<T> {
    value.as_str()?;
    value.clone().try_into().ok()
}

fn below_one(value: &Value) -> Option<f64> {
    within(value, 0.0, 1.0).filter(|x| *x < 1.0)
}

fn size(value: &Value, min: u64) -> Option<usize> {
    whole(value, min, MAX_SIZE).and_then(|n| usize::try_from(n).ok())
}

fn sizes(value: &Value) -> Option<Vec<usize>> {
    let list: Option<Vec<usize>> = value.as_array()?.iter().map(|v| size(v, 1)).collect();
    list.filter(|list| !list.is_empty())
}

fn sparsity(value: &Value) -> Option<Sparsity> {
    match value.as_array() {
        None => below_one(value).map(Sparsity::Every),
        Some(list) => list
            .iter()
            .map(below_one)
            .collect::<Option<Vec<f64>>>()
            .filter(|list| !list.is_empty())
            .map(Sparsity::Each),
    }
}

fn mirror_response(value: &Value) -> Option<MirrorResponse> {
    match super::unit(value) {
        Some(("activation", noise)) => {
            positive(noise).map(|noise| MirrorResponse::Activation { noise })
        }
        Some(_) => None,
        None => (value.as_str() == Some("linear")).then_some(MirrorResponse::Linear),
    }
}

fn ridge_layers(value: &Value) -> Option<RidgeLayers> {
    match value.as_str() {
        Some("output") => Some(RidgeLayers::Output),
        Some("hidden") => Some(RidgeLayers::Hidden),
        Some("all") => Some(RidgeLayers::All),
        Some(_) => None,
        None => sizes(value)
            .filter(|list| list.is_sorted_by(|a, b| a < b))
            .map(RidgeLayers::These),
    }
}
