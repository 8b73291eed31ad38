//! The keys that only the mini-batch engine reads.

use toml::Value;

use super::{name, or_word, path, size, unit, whole};
use crate::config::setting::{Deep, InputFactor, MirrorResponse, RidgeLayers, Sparsity};

/// Puts each key that is set.
pub(super) fn put_all(d: &Deep, put: &mut impl FnMut(&'static str, Option<Value>)) {
    let text = |text: &String| Value::String(text.clone());
    let float = |x: f64| Some(Value::Float(x));
    put("labelled", d.labelled.as_ref().map(text));
    put("labelled_data", d.labelled_data.as_deref().map(path));
    put("data_dir", d.data_dir.as_deref().map(path));
    put(
        "scaling",
        Some(or_word(d.scaling.and_then(|s| name(&s)), "auto")),
    );
    let factor = match d.input_factor {
        InputFactor::Number(factor) => Value::Float(factor),
        InputFactor::OneOverSqrtDim => Value::String("one_over_sqrt_dim".to_owned()),
    };
    put("input_factor", Some(factor));
    put("train_limit", Some(or_word(d.train_limit.map(size), "all")));
    put("test_limit", Some(or_word(d.test_limit.map(size), "all")));
    put("validation", Some(size(d.validation)));
    put("hidden_layers", Some(size(d.hidden_layers)));
    put("hidden_widths", d.hidden_widths.as_deref().map(sizes));
    put("biases", Some(Value::Boolean(d.biases)));
    put("initialisation", name(&d.initialisation));
    put("init_scale", float(d.init_scale));
    put("init_gain", float(d.init_gain));
    put("weight_sparsity", Some(sparsity(&d.weight_sparsity)));
    put("initial_feedback", name(&d.initial_feedback));
    let own = d.feedback_initialisation.and_then(|own| name(&own));
    put(
        "feedback_initialisation",
        Some(or_word(own, "initialisation")),
    );
    put("feedback_scale", float(d.feedback_scale));
    put("feedback_sparsity", float(d.feedback_sparsity));
    put(
        "feedback_rank",
        Some(or_word(d.feedback_rank.map(size), "full")),
    );
    put("feedback_signs", Some(Value::Boolean(d.feedback_signs)));
    let mirror_response = match d.mirror_response {
        MirrorResponse::Linear => Value::String("linear".to_owned()),
        MirrorResponse::Activation { noise } => unit("activation", Value::Float(noise)),
    };
    put("mirror_response", Some(mirror_response));
    put("loss", Some(or_word(d.loss.and_then(|l| name(&l)), "auto")));
    put(
        "reduction",
        Some(or_word(d.reduction.and_then(|r| name(&r)), "auto")),
    );
    put("batch", Some(or_word(d.batch.map(size), "all")));
    put("optimiser", name(&d.optimiser));
    put("momentum", float(d.momentum));
    put("rmsprop_decay", float(d.rmsprop_decay));
    put("adam_beta_1", float(d.adam_beta_1));
    put("adam_beta_2", float(d.adam_beta_2));
    put("epsilon", float(d.epsilon));
    put("step_size_schedule", name(&d.step_size_schedule));
    put("step_size_decay", d.step_size_decay.map(Value::Float));
    let layers = match &d.ridge_layers {
        RidgeLayers::These(list) => sizes(list),
        RidgeLayers::Output => Value::String("output".to_owned()),
        RidgeLayers::Hidden => Value::String("hidden".to_owned()),
        RidgeLayers::All => Value::String("all".to_owned()),
    };
    put("ridge_layers", Some(layers));
    put("perturbation", float(d.perturbation));
    put("epochs", d.epochs.map(whole));
    put("top_k", Some(size(d.top_k)));
}

fn sparsity(sparsity: &Sparsity) -> Value {
    match sparsity {
        Sparsity::Every(share) => Value::Float(*share),
        Sparsity::Each(list) => Value::Array(list.iter().copied().map(Value::Float).collect()),
    }
}

fn sizes(list: &[usize]) -> Value {
    Value::Array(list.iter().copied().map(size).collect())
}
