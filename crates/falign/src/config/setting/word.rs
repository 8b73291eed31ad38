//! Words that make a value of the keys beside them: `momentum` of the optimiser with the key `momentum`.

use std::fmt;

use toml::Value;

use super::Keys;
use crate::Error;
use crate::config::form::Form;
use crate::config::keys::dotted_of;
use crate::config::types::ValueType;

/// A word of a key, and the value that it makes of a setting.
pub struct Word<T> {
    /// The word in experiment files.
    pub name: &'static str,
    /// The value, with the constants that other keys of the setting give it.
    pub make: fn(&Keys) -> T,
}

impl<T> fmt::Debug for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Words of one key are distinct.
impl<T> PartialEq for Word<T> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub(super) const fn word<T>(name: &'static str, make: fn(&Keys) -> T) -> Word<T> {
    Word { name, make }
}

/// The words of a key.
pub(super) struct Words<T: 'static>(pub(super) &'static [Word<T>]);

impl<T> ValueType for Words<T> {
    type Of = &'static Word<T>;

    fn read(&self, value: &Value) -> Option<Self::Of> {
        let name = value.as_str()?;
        self.0.iter().find(|word| word.name == name)
    }

    fn write(&self, of: &Self::Of) -> Option<Value> {
        Some(Value::String(of.name.to_owned()))
    }

    fn forms(&self) -> Vec<Form> {
        let words = self.0.iter();
        words.map(|word| Form::Word(word.name.into())).collect()
    }
}

/// A key that a word needs, and that is unset: its leaf name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(pub &'static str);

impl Missing {
    /// The error of a word of the key `leaf`.
    pub(super) fn error(self, leaf: &str, word: &str) -> Error {
        let needs = format!("needs {}; set it", dotted_of(self.0));
        Error::config(dotted_of(leaf), format!("\"{word}\""), needs)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Experiment, Overrides};
    use crate::network::{Initialisation, OptimiserKind, StepSizes};

    fn parsed(text: &str) -> crate::Result<Experiment> {
        Experiment::parse(&format!("name = \"x\"\n{text}"), &Overrides::none())
    }

    #[test]
    fn a_word_has_the_constants_of_the_keys_beside_it() {
        let text = "[network]\ninitialisation = \"he\"\nfeedback_initialisation = \"scaled_uniform\"\ninit_scale = 0.3\n\
            [learning]\noptimiser = \"nesterov\"\nmomentum = 0.7\nstep_size_schedule = \"inverse\"\nstep_size_decay = 4";
        let setting = &parsed(text).unwrap().settings[0].setting;
        let momentum = OptimiserKind::Nesterov { momentum: 0.7 };
        assert_eq!(setting.optimiser(), momentum);
        assert_eq!(setting.initialisation(), Initialisation::He);
        let feedback = Initialisation::ScaledUniform { scale: 0.3 };
        assert_eq!(setting.feedback_initialisation(), feedback);
        let shape = StepSizes::Inverse {
            step_size: (),
            decay_epochs: 4.0,
        };
        assert_eq!(setting.step_sizes().unwrap(), shape);
    }

    #[test]
    fn a_word_names_the_key_that_it_lacks() {
        for (key, word, needed) in [
            ("schedule", "cutoff", "cutoff"),
            ("schedule", "inverse_square", "decay_steps"),
            ("schedule", "exponential", "decay_steps"),
            ("schedule", "table", "ridge_table"),
            ("step_size_schedule", "inverse", "step_size_decay"),
            ("step_size_schedule", "exponential", "step_size_decay"),
        ] {
            let error = parsed(&format!("[learning]\n{key} = \"{word}\"")).unwrap_err();
            let text = error.to_string();
            for part in [key, word, &format!("needs learning.{needed}; set it")] {
                assert!(text.contains(part), "{text}");
            }
        }
    }

    #[test]
    fn deep_networks_have_no_units_of_the_theorems() {
        for (key, schedule) in [("cutoff", "cutoff"), ("decay_steps", "exponential")] {
            let text = format!(
                "[network]\nhidden_layers = 2\n[learning]\nridge = 0.1\nschedule = \"{schedule}\"\n{key} = "
            );
            let refusal = parsed(&format!("{text}{{ c_s = 5 }}")).unwrap_err();
            let text_of = refusal.to_string();
            assert!(text_of.contains(&format!("learning.{key}")), "{text_of}");
            assert!(text_of.contains("give a number"), "{text_of}");
            assert!(parsed(&format!("{text}5")).is_ok());
        }
    }
}
