//! Values of layers that are words.

use toml::Value;

use crate::config::form::Form;
use crate::config::types::{ValueType, name};
use crate::math::Activation;

/// An activation behind a layer; `identity` is another word for `linear`.
pub(crate) struct Behind;

const IDENTITY: &str = "identity";

impl ValueType for Behind {
    type Of = Activation;

    fn read(&self, value: &Value) -> Option<Activation> {
        if value.as_str() == Some(IDENTITY) {
            return Some(Activation::Linear);
        }
        name().read(value)
    }

    fn write(&self, of: &Activation) -> Option<Value> {
        name().write(of)
    }

    fn forms(&self) -> Vec<Form> {
        let mut forms = name::<Activation>().forms();
        forms.push(Form::Word(IDENTITY.into()));
        forms
    }
}

/// `true`.
pub(crate) struct Yes;

impl ValueType for Yes {
    type Of = bool;

    fn read(&self, value: &Value) -> Option<bool> {
        value.as_bool().filter(|is_set| *is_set)
    }

    fn write(&self, of: &bool) -> Option<Value> {
        Some(Value::Boolean(*of))
    }

    fn forms(&self) -> Vec<Form> {
        vec![Form::Flag]
    }
}
