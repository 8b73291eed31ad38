//! From a typed [`Setting`] back to TOML values: the one canonical spelling of a setting.
//!
//! Reading what is written here gives the setting back. Ids and resolved files use it.

mod deep;

use std::path::Path;

use serde::Serialize;
use toml::Value;

use super::read::Values;
use super::setting::{
    Duration, FeedbackDecay, FeedbackStepSize, Record, Ridge, Setting, StepSize, Steps,
};
use crate::data::Column;
use crate::file::path_text;
use crate::measure::Quantity;

/// The values of a setting by leaf name; keys that are unset are absent.
pub(crate) fn values(setting: &Setting) -> Values {
    let s = setting;
    let mut out = Values::new();
    let mut put = |leaf: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(leaf, value);
        }
    };
    put("samples", Some(size(s.samples)));
    put("input_dim", Some(size(s.input_dim)));
    put("outputs", Some(size(s.outputs)));
    put("inputs", name(&s.inputs));
    put("targets", name(&s.targets));
    put(
        "teacher_width",
        Some(or_word(s.teacher_width.map(whole), "width")),
    );
    put("dataset", name(&s.dataset));
    put("held_out", Some(size(s.held_out)));
    put("train_data", s.train_data.as_deref().map(path));
    put("held_out_data", s.held_out_data.as_deref().map(path));
    put("target", columns(&s.table.target));
    put("ignore", columns(&s.table.ignore));
    put(
        "header",
        Some(or_word(s.table.header.map(Value::Boolean), "auto")),
    );
    put("width", Some(whole(s.width)));
    put("activation", name(&s.activation));
    put("draw", name(&s.draw));
    put("output_scale", Some(Value::Float(s.output_scale)));
    put(
        "center_outputs",
        Some(or_word(s.center_outputs.map(Value::Boolean), "auto")),
    );
    put("initial_weights", s.initial_weights.as_deref().map(path));
    put("rule", name(&s.rule));
    put("step_size", Some(step_size(s.step_size)));
    put("ridge", Some(ridge(s.ridge)));
    put("ridge_form", name(&s.ridge_form));
    put("schedule", name(&s.schedule));
    put("cutoff", s.cutoff.map(duration));
    put("decay_steps", s.decay_steps.map(duration));
    put(
        "ridge_table",
        s.ridge_table
            .as_ref()
            .map(|table| Value::Array(table.iter().copied().map(Value::Float).collect())),
    );
    put("dropout", Some(Value::Float(s.dropout)));
    put(
        "feedback_correlation",
        Some(Value::Float(s.feedback_correlation)),
    );
    let feedback_step_size = match s.feedback_step_size {
        FeedbackStepSize::Auto => Value::String("auto".to_owned()),
        FeedbackStepSize::StepSize => Value::String("step_size".to_owned()),
        FeedbackStepSize::Number(number) => Value::Float(number),
    };
    put("feedback_step_size", Some(feedback_step_size));
    let feedback_decay = match s.feedback_decay {
        FeedbackDecay::Auto => Value::String("auto".to_owned()),
        FeedbackDecay::Ridge => Value::String("ridge".to_owned()),
        FeedbackDecay::Number(number) => Value::Float(number),
    };
    put("feedback_decay", Some(feedback_decay));
    put("seed", Some(whole(s.seed)));
    put("runs", Some(whole(s.runs)));
    put("steps", Some(steps(s.steps)));
    put("engine", name(&s.engine));
    put("precision", name(&s.precision));
    put("record", Some(record(&s.record)));
    put("quantities", Some(quantities(&s.quantities)));
    put(
        "alignment_threshold",
        Some(Value::Float(s.alignment_threshold)),
    );
    put("stop_tolerance", Some(Value::Float(s.stop_tolerance)));
    put("stop_window", Some(whole(s.stop_window)));
    put("save_weights", name(&s.save_weights));
    put("per_run_table", Some(Value::Boolean(s.per_run_table)));
    put("runs_per_job", Some(whole(s.runs_per_job)));
    deep::put_all(&s.deep, &mut put);
    out
}

/// A value as a table column shows it: names without quotes, `{ gamma = 3 }` as `gamma=3.0`.
pub(crate) fn column(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) if number.fract().abs() <= 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        Value::Float(number) => format!("{number}"),
        Value::Array(items) => items.iter().map(column).collect::<Vec<_>>().join(" "),
        Value::Table(table) => table
            .iter()
            .map(|(key, value)| format!("{key}={}", column(value)))
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    }
}

fn name<T: Serialize>(value: &T) -> Option<Value> {
    Value::try_from(value).ok()
}

fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn size(number: usize) -> Value {
    whole(number as u64)
}

fn path(path: &Path) -> Value {
    Value::String(path_text(path))
}

fn or_word(value: Option<Value>, word: &str) -> Value {
    value.unwrap_or_else(|| Value::String(word.to_owned()))
}

/// One column alone, several as a list.
fn columns(list: &[Column]) -> Option<Value> {
    let mut values = list.iter().map(|column| match column {
        Column::Named(name) => Value::String(name.clone()),
        Column::Number(number) => Value::Integer(*number),
    });
    match list {
        [] => None,
        [_] => values.next(),
        [..] => Some(Value::Array(values.collect())),
    }
}

fn unit(unit: &str, value: Value) -> Value {
    Value::Table(std::iter::once((unit.to_owned(), value)).collect())
}

fn step_size(value: StepSize) -> Value {
    match value {
        StepSize::Number(number) => Value::Float(number),
        StepSize::Auto => Value::String("auto".to_owned()),
        StepSize::OverM(number) => unit("over_M", Value::Float(number)),
    }
}

fn ridge(value: Ridge) -> Value {
    match value {
        Ridge::Number(number) => Value::Float(number),
        Ridge::Gamma(number) => unit("gamma", Value::Float(number)),
    }
}

fn duration(value: Duration) -> Value {
    match value {
        Duration::Number(number) => Value::Float(number),
        Duration::CS(number) => unit("c_s", Value::Float(number)),
    }
}

fn steps(value: Steps) -> Value {
    match value {
        Steps::Number(number) => whole(number),
        Steps::Tau(number) => unit("tau", Value::Float(number)),
        Steps::EtaLambdaT(number) => unit("eta_lambda_t", Value::Float(number)),
    }
}

/// `run.record` in one line.
pub(crate) fn record_text(value: &Record) -> String {
    column(&record(value))
}

pub(crate) fn record(value: &Record) -> Value {
    match value {
        Record::Auto => Value::String("auto".to_owned()),
        Record::EveryEpochs(epochs) => unit("every_epochs", whole(*epochs)),
        Record::Every(steps) => unit("every", whole(*steps)),
        Record::PerDecade(count) => unit("per_decade", whole(*count)),
        Record::Count(count) => unit("count", whole(*count)),
        Record::At(steps) => unit(
            "at",
            Value::Array(steps.iter().copied().map(whole).collect()),
        ),
        Record::Last => Value::String("last".to_owned()),
    }
}

fn quantities(list: &[Quantity]) -> Value {
    if list.is_empty() {
        return Value::String("auto".to_owned());
    }
    Value::Array(
        list.iter()
            .map(|quantity| Value::String(quantity.name().into_owned()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::KEYS;
    use crate::config::read;
    use crate::config::setting::{InitialisationName, InputFactor, RidgeLayers, Sparsity};
    use crate::data::Scaling;
    use crate::math::{Loss, Reduction};

    #[test]
    fn a_written_setting_reads_back_and_every_key_is_written() {
        let mut setting = read::setting(&read::defaults()).unwrap();
        setting.train_data = Some("x.npz".into());
        setting.held_out_data = Some("h.npz".into());
        setting.table.target = vec![Column::Named("y".to_owned())];
        setting.table.ignore = vec![Column::Number(1), Column::Named("id".to_owned())];
        setting.table.header = Some(false);
        setting.initial_weights = Some("w.npz".into());
        setting.cutoff = Some(Duration::CS(5.0));
        setting.decay_steps = Some(Duration::Number(2.5));
        setting.ridge_table = Some(vec![0.1, 0.05]);
        setting.ridge = Ridge::Gamma(3.0);
        setting.step_size = StepSize::OverM(0.5);
        setting.steps = Steps::Tau(8.0);
        setting.record = Record::At(vec![0, 10]);
        setting.deep.labelled = Some("mnist".to_owned());
        setting.deep.labelled_data = Some("images".into());
        setting.deep.data_dir = Some("data".into());
        setting.deep.scaling = Some(Scaling::Unit);
        setting.deep.input_factor = InputFactor::OneOverSqrtDim;
        setting.deep.hidden_widths = Some(vec![30, 20]);
        setting.deep.feedback_initialisation = Some(InitialisationName::He);
        setting.deep.loss = Some(Loss::Logistic);
        setting.deep.reduction = Some(Reduction::Mean);
        setting.deep.batch = Some(60);
        setting.deep.step_size_decay = Some(5.0);
        setting.deep.ridge_layers = RidgeLayers::These(vec![1, 3]);
        setting.deep.weight_sparsity = Sparsity::Each(vec![0.0, 0.5]);
        setting.deep.epochs = Some(300);
        let written = values(&setting);
        assert_eq!(written.len(), KEYS.len());
        assert_eq!(read::setting(&written).unwrap(), setting);
    }
}
