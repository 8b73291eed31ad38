//! TOML values of a typed [`Keys`]: the one canonical spelling of a setting.
//!
//! Reading what is written here gives the setting back. Ids and resolved files use it.

use std::borrow::Cow;

use super::document::Given;
use super::read::Values;
use super::setting::{FIELDS, Keys, Record, record_value};
use super::value::column;

/// Values of a setting by leaf name; keys that are unset are absent. Who asks for one key asks
/// its [`Field`](super::setting::Field).
pub(crate) fn values(setting: &Keys) -> Values {
    let value = |leaf, get: fn(&Keys) -> Option<toml::Value>| {
        Some((Cow::Borrowed(leaf), Given::from(get(setting)?)))
    };
    let fields = FIELDS.iter();
    fields
        .filter_map(|field| value(field.key.leaf, field.get))
        .collect()
}

/// `run.record` in one line.
pub(crate) fn record_text(value: &Record) -> String {
    column(&record_value(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::KEYS;
    use crate::config::layers::{LayerList, Sides};
    use crate::config::parse_value;
    use crate::config::read;
    use crate::config::setting::{
        Duration, InputFactor, Ridge, RidgeLayers, Sparsity, StepSize, Steps, defaults,
    };
    use crate::config::types::ValueType as _;
    use crate::data::Column;
    use crate::data::Scaling;
    use crate::math::{Loss, Reduction};

    #[test]
    fn a_written_setting_reads_back_and_every_key_is_written() {
        let mut setting = defaults().clone();
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
        setting.classes.labelled = Some("mnist".to_owned());
        setting.classes.labelled_data = Some("images".into());
        setting.classes.data_dir = Some("data".into());
        setting.classes.scaling = Some(Scaling::Unit);
        setting.deep.input_factor = InputFactor::OneOverSqrtDim;
        setting.deep.random_crop = Some(Sides { down: 3, along: 2 });
        setting.deep.hidden_widths = Some(vec![30, 20]);
        setting.deep.input = Some(vec![1, 8, 8]);
        let layers = parse_value(
            "[{ conv = 3, kernel = [2, 3] }, { residual = [{ norm = 'layer' }] }, { dense = 2 }]",
        );
        setting.deep.layers = LayerList.read(&layers.unwrap());
        setting.deep.feedback_initialisation = Some(setting.deep.initialisation);
        setting.deep.loss = Some(Loss::Logistic);
        setting.deep.reduction = Some(Reduction::Mean);
        setting.deep.batch = Some(60);
        setting.deep.step_size_decay = Some(5.0);
        setting.deep.ridge_layers = RidgeLayers::These(vec![1, 3]);
        setting.deep.weight_sparsity = Sparsity::Each(vec![0.0, 0.5]);
        setting.deep.epochs = Some(300);
        let written = values(&setting);
        assert_eq!(written.len(), KEYS.len());
        assert_eq!(
            read::setting(&written, &crate::rule::Registry::built_in()).unwrap(),
            setting
        );
    }
}
