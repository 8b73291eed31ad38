//! Checks of the keys that belong to one engine, and of the needs of the mini-batch engine.

use super::refuse;
use crate::Result;
use crate::config::keys::{self, Key, Networks};
use crate::config::record_text;
use crate::config::setting::{
    Engine, FIELDS, FeedbackDecay, FeedbackStepSize, Field, InitialFeedback, Keys, MirrorResponse,
    Record, SaveWeights, Setting, Sparsity, defaults, field,
};
use crate::config::value::column;
use crate::math::Activation;
use crate::measure::{NetworkValue, Quantity, Samples};
use crate::rule::{DirectFeedback, Gate, Rule, RuleKind, SignalPath};
use crate::two_layer::Draw;

impl Key {
    /// Whether the key has a bearing on what a setting computes.
    pub(crate) fn is_read_by(&self, setting: &Setting) -> bool {
        match self.networks {
            Networks::All => true,
            Networks::Deep => setting.network().is_some(),
            Networks::TwoLayer => setting.two_layer().is_some(),
        }
    }
}

/// A key and its value, as a table shows it.
fn shown(s: &Keys, field: &Field) -> (&'static str, String) {
    let value = (field.get)(s);
    (
        field.key.leaf,
        value.as_ref().map_or_else(String::new, column),
    )
}

/// The first key of these networks alone that is not as the key table has it by default, with its
/// value.
fn changed(s: &Keys, networks: Networks) -> Option<(&'static str, String)> {
    let mut fields = FIELDS.iter().filter(|field| field.key.networks == networks);
    let found = fields.find(|field| !(field.same)(s, defaults()))?;
    Some(shown(s, found))
}

/// Key and value by which this setting asks for what only the mini-batch engine has, and by which
/// `run.engine = "auto"` chooses it.
pub(super) fn asks_of_mini_batch(s: &Keys) -> Option<(&'static str, String)> {
    if let Some(found) = changed(s, Networks::Deep) {
        return Some(found);
    }
    if s.rule.feedback().is_none() {
        return Some(("rule", format!("\"{}\"", s.rule.name())));
    }
    if let Some(quantity) = s.quantities.iter().find(|q| !q.is_two_layer()) {
        return Some(("quantities", format!("\"{quantity}\"")));
    }
    let path = s.initial_weights.as_deref()?;
    let is_deep = path.is_dir() || path.extension().is_some_and(|end| end == "safetensors");
    is_deep.then(|| ("initial_weights", path.display().to_string()))
}

/// Whether nothing but its data with classes select the mini-batch engine.
pub(crate) fn is_selected_by_data(s: &Keys) -> bool {
    let mut others = s.clone();
    others.classes.labelled = None;
    others.classes.labelled_data = None;
    s.engine == Engine::Auto && s.classes.are_named() && asks_of_mini_batch(&others).is_none()
}

/// A setting of a two-layer engine asks for nothing deep.
pub(super) fn two_layer(s: &Keys) -> Result<()> {
    let engine = s.engine.name();
    if let Some((leaf, value)) = asks_of_mini_batch(s) {
        let why = format!(
            "the \"{engine}\" engine does not have this; set run.engine = \"mini_batch\" or \"auto\""
        );
        return refuse(leaf, value, why);
    }
    // What is recorded never chooses the engine: the mini-batch one would take many times as long
    // for the same network.
    if matches!(s.record, Record::EveryEpochs(_) | Record::PerEpoch(_)) {
        let why = format!(
            "the \"{engine}\" engine takes all samples at every step and has no epochs; record in steps, such as {{ every = 10 }}, or set learning.batch or run.engine = \"mini_batch\""
        );
        return refuse("record", record_text(&s.record), why);
    }
    Ok(())
}

/// A setting of the mini-batch engine, which [`asked`] for it.
pub(super) fn mini_batch(s: &Keys, asked: &str) -> Result<()> {
    foreign(s, asked)?;
    data(s)?;
    super::layers::check(s)?;
    network(s)?;
    learning(s, asked)?;
    recorded(s, asked)
}

fn foreign(s: &Keys, asked: &str) -> Result<()> {
    let mut plain = s.clone();
    plain.draw = Draw::Auto;
    if s.draw == Draw::Gram {
        let why = format!("{asked}, which has the weights themselves; use \"weights\"");
        return refuse("draw", "\"gram\"", why);
    }
    if let Some((leaf, value)) = changed(&plain, Networks::TwoLayer) {
        let why = format!("{asked}, and only the two-layer engines read this; remove it");
        return refuse(leaf, value, why);
    }
    Ok(())
}

/// `network.init_gain asks for the mini-batch engine`: which key chose it.
pub(crate) fn asked(s: &Keys) -> String {
    let leaf = asks_of_mini_batch(s).map_or("engine", |(leaf, _)| leaf);
    format!("{} asks for the mini-batch engine", keys::dotted_of(leaf))
}

fn data(s: &Keys) -> Result<()> {
    let d = &s.deep;
    if s.classes.labelled.is_some() && s.classes.labelled_data.is_some() {
        return refuse(
            "labelled_data",
            "given",
            "data.labelled is given too; remove one of the two",
        );
    }
    for (leaf, path) in [
        ("train_data", &s.train_data),
        ("held_out_data", &s.held_out_data),
    ] {
        let is_test = leaf == "held_out_data" && has_table(s);
        if s.classes.are_named() && path.is_some() && !is_test {
            return refuse(
                leaf,
                "given",
                "data with classes are given too; remove one of the two",
            );
        }
    }
    if let Some(set) = s.classes.drawn() {
        if let Some(why) = set.refuses_inputs(s.input_dim) {
            return refuse("input_dim", s.input_dim, why);
        }
        if let Some(why) = set.refuses_classes(s.outputs) {
            return refuse("outputs", s.outputs, why);
        }
        let left = d
            .train_limit
            .map_or(s.samples, |limit| limit.min(s.samples));
        if d.validation >= left {
            return refuse(
                "validation",
                d.validation,
                format!("expected less than the {left} training samples"),
            );
        }
    }
    if s.classes.are_named() {
        return Ok(());
    }
    for (leaf, is_set) in [
        ("train_limit", d.train_limit.is_some()),
        ("test_limit", d.test_limit.is_some()),
        ("validation", d.validation > 0),
    ] {
        if is_set {
            return refuse(
                leaf,
                "set",
                "needs data with classes; set data.labelled or data.labelled_data",
            );
        }
    }
    Ok(())
}

/// Hidden layers and the output layer.
fn layers_of_weights(s: &Keys) -> usize {
    match s.blueprint() {
        Ok(Some(blueprint)) => blueprint.layers_of_weights().len(),
        _ => s.widths().len() + 1,
    }
}

/// Whether any step has a ridge.
fn has_ridge(s: &Keys) -> bool {
    match &s.ridge_table {
        Some(table) => table.iter().any(|ridge| *ridge > 0.0),
        None => s.ridge.written() > 0.0,
    }
}

fn network(s: &Keys) -> Result<()> {
    let d = &s.deep;
    if d.hidden_widths.is_some() && d.hidden_layers != 1 {
        return refuse(
            "hidden_layers",
            d.hidden_layers,
            "network.hidden_widths gives the layers; remove one of the two",
        );
    }
    let layers = layers_of_weights(s);
    if let crate::config::setting::RidgeLayers::These(list) = &d.ridge_layers
        && let Some(layer) = list.iter().find(|layer| **layer > layers)
    {
        return refuse(
            "ridge_layers",
            layer,
            format!("the network has layers 1 to {layers}"),
        );
    }
    if let Sparsity::Each(list) = &d.weight_sparsity
        && list.len() != layers
    {
        return refuse(
            "weight_sparsity",
            format!("{} numbers", list.len()),
            format!(
                "the network has {layers} layers of weights; give one number for each, or one for all"
            ),
        );
    }
    for quantity in &s.quantities {
        if quantity
            .layer()
            .is_some_and(|layer| usize::from(layer) >= layers)
        {
            return refuse(
                "quantities",
                format!("\"{quantity}\""),
                format!("the network has hidden layers 1 to {}", layers - 1),
            );
        }
    }
    if s.initial_weights.is_none() && d.initial_feedback != InitialFeedback::File {
        return refuse(
            "initial_feedback",
            "\"drawn\"",
            "describes a start from network.initial_weights, which is not given; give it, or remove this",
        );
    }
    if s.initial_weights.is_some() && s.feedback_correlation.abs() > 0.0 {
        return refuse(
            "feedback_correlation",
            s.feedback_correlation,
            "describes drawn feedback weights, but network.initial_weights is given; remove one of the two",
        );
    }
    Ok(())
}

fn learning(s: &Keys, asked: &str) -> Result<()> {
    let d = &s.deep;
    let Some(kind) = s.rule.kind() else {
        // Only Oja's so far.
        return refuse(
            "rule",
            format!("\"{}\"", s.rule.name()),
            format!(
                "{asked}, which does not have it; use \"hebbian_feedback\" with learning.feedback_decay"
            ),
        );
    };
    if kind == RuleKind::LastLayerOnly
        && has_ridge(s)
        && d.ridge_layers
            .each(layers_of_weights(s))
            .iter()
            .rev()
            .skip(1)
            .any(|has| *has)
    {
        let (leaf, value) = shown(s, field("ridge_layers"));
        return refuse(
            leaf,
            value,
            "\"last_layer_only\" trains the output layer alone, and ridge would shrink the others; set it to \"output\"",
        );
    }
    direct(s)?;
    mirrors(s)?;
    let is_trial = kind.is_trial();
    if is_trial && d.weight_sparsity != Sparsity::Every(0.0) {
        return refuse(
            "weight_sparsity",
            "set",
            "perturbation tries changes of all weights, absent ones too; remove it",
        );
    }
    if is_trial && s.dropout > 0.0 {
        return refuse(
            "dropout",
            s.dropout,
            "perturbation compares two passes, which dropout would make different; set it to 0",
        );
    }
    let is_direct = s
        .rule
        .composition()
        .is_some_and(|c| c.path == crate::rule::SignalPath::Direct);
    if is_direct && layers_of_weights(s) > 2 && s.feedback_correlation.abs() > 0.0 {
        return refuse(
            "feedback_correlation",
            s.feedback_correlation,
            "direct feedback weights of a deep network correspond to no forward weights; set it to 0",
        );
    }
    Ok(())
}

/// Keys of direct rules: the weights of their signals, and the function in the place of psi'.
fn direct(s: &Keys) -> Result<()> {
    let keys = [
        (
            "feedback_shape",
            s.deep.feedback_shape == DirectFeedback::Dense,
            "says how signals come straight from the output",
        ),
        (
            "gate",
            s.deep.gate == Gate::Derivative,
            "stands in the place of psi' where signals come straight from the output",
        ),
    ];
    let given = keys.into_iter().filter(|(_, is_default, _)| !is_default);
    let path = s.rule.composition().map(|composition| composition.path);
    for (name, _, does) in given {
        if path != Some(SignalPath::Direct) {
            let (leaf, value) = shown(s, field(name));
            let why = format!(
                "{does}, and learning.rule is \"{}\"; remove it, or take a direct rule, such as \"{}\"",
                s.rule.name(),
                Rule::DirectFeedbackAlignment.name()
            );
            return refuse(leaf, value, why);
        }
    }
    if s.deep.feedback_shape == DirectFeedback::Kernel && s.blueprint()?.is_none() {
        let (leaf, value) = shown(s, field("feedback_shape"));
        return refuse(
            leaf,
            value,
            "stands at each place of the layer above, and dense layers have one place, where kernels are dense; remove it",
        );
    }
    if s.deep.gate != Gate::Derivative && s.activation == Activation::Linear {
        let (leaf, gate) = shown(s, field("gate"));
        return refuse(
            leaf,
            gate,
            "stands in the place of psi', and linear units have none; take another network.activation, or remove it",
        );
    }
    Ok(())
}

/// The response of weight mirrors, and the numbers that go with it.
fn mirrors(s: &Keys) -> Result<()> {
    if s.deep.mirror_response == MirrorResponse::Linear {
        return Ok(());
    }
    let (leaf, response) = shown(s, field("mirror_response"));
    if s.rule != Rule::WeightMirror {
        let why = format!(
            "describes weight mirrors, and learning.rule is \"{}\"; remove it, or give it in a case of that rule",
            s.rule.name()
        );
        return refuse(leaf, response, why);
    }
    for (leaf, is_auto) in [
        (
            "feedback_step_size",
            s.feedback_step_size == FeedbackStepSize::Auto,
        ),
        ("feedback_decay", s.feedback_decay == FeedbackDecay::Auto),
    ] {
        if is_auto {
            return refuse(
                leaf,
                "\"auto\"",
                "is the number for linear responses of weight mirrors, and learning.mirror_response asks for others; give a number",
            );
        }
    }
    Ok(())
}

/// Whether samples with classes are a table, whose test set is another file.
fn has_table(s: &Keys) -> bool {
    let path = s.classes.labelled_data.as_deref();
    path.is_some_and(crate::data::is_labelled_table)
}

/// Whether there are samples to test on.
fn has_test(s: &Keys) -> bool {
    let is_stored = s.classes.are_stored() && !has_table(s);
    is_stored || s.held_out > 0 || s.held_out_data.is_some()
}

fn recorded(s: &Keys, asked: &str) -> Result<()> {
    let d = &s.deep;
    for quantity in &s.quantities {
        let name = format!("\"{quantity}\"");
        if !quantity.is_deep() {
            let why =
                format!("{asked}, which does not measure it; docs/config.md lists what it does");
            return refuse("quantities", name, why);
        }
        // One layer's is of classes where the mean over layers is.
        let needs_classes = (quantity.row().network).is_some_and(|row| row.needs_classes);
        if needs_classes && !s.classes.are_named() {
            let why = "needs classes; set data.labelled or data.labelled_data";
            return refuse("quantities", name, why);
        }
        let Some(row) = quantity.network() else {
            continue;
        };
        let needs = match row.value {
            NetworkValue::Samples(Samples::Test, _) if !has_test(s) => {
                if !s.classes.are_named() {
                    "a test set; set data.held_out or data.held_out_data"
                } else if has_table(s) {
                    "a test set; set data.held_out_data"
                } else {
                    "a test set; set data.held_out"
                }
            }
            NetworkValue::Samples(Samples::Validation, _) if d.validation == 0 => {
                "validation samples; set data.validation"
            }
            _ => continue,
        };
        return refuse("quantities", name, format!("needs {needs}"));
    }
    if let (Record::PerEpoch(2..), None) = (&s.record, d.batch) {
        return refuse(
            "record",
            record_text(&s.record),
            "learning.batch is \"all\", so that an epoch is a single step; set learning.batch, or record { every_epochs = 1 }",
        );
    }
    if let (Record::At(_), SaveWeights::Final | SaveWeights::Both) = (&s.record, s.save_weights) {
        return refuse(
            "record",
            "{ at = [...] }",
            "a run ends at the last of these, but run.save_weights asks for the last weights; record in another way",
        );
    }
    Ok(())
}

impl Keys {
    /// Record that `auto` stands for in `run.record`.
    pub(crate) fn resolved_record(&self) -> Record {
        match (&self.record, self.engine) {
            (Record::Auto, Engine::MiniBatch) => Record::EveryEpochs(1),
            (Record::Auto, _) => Record::Count(100),
            (named, _) => named.clone(),
        }
    }

    /// Quantities that `auto` stands for in `run.quantities`.
    pub(crate) fn resolved_quantities(&self) -> Vec<Quantity> {
        if !self.quantities.is_empty() {
            return self.quantities.clone();
        }
        if self.engine != Engine::MiniBatch {
            return vec![
                Quantity::Loss,
                Quantity::RegularisedLoss,
                Quantity::ResidualNorm,
                Quantity::Alignment,
                Quantity::OutputNorm,
                Quantity::Tau,
                Quantity::EtaLambdaT,
            ];
        }
        let mut list = vec![Quantity::Epoch, Quantity::Loss, Quantity::Alignment];
        let has_classes = self.classes.are_named();
        if has_classes {
            list.push(Quantity::TrainAccuracy);
        }
        if has_test(self) {
            if has_classes {
                list.push(Quantity::TestAccuracy);
            }
            list.push(Quantity::TestLoss);
        }
        list
    }
}
