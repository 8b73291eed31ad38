//! A checked setting: the keys as one kind of network reads them.

use std::ops::{Deref, DerefMut};

use super::{Deep, Duration, Engine, Keys, Ridge, RidgeSchedule, StepSize, Steps};
use crate::config::keys::dotted_of;
use crate::config::layers::Blueprint;
use crate::math::{Loss, Reduction};
use crate::network::{Frame, Initialisation, OptimiserKind, StepSizes};
use crate::rule::{Feedback, Schedule};
use crate::two_layer::Draw;
use crate::{Error, Result};

/// A checked setting, by the kind of network that it trains. Keys that all networks read are those of
/// [`Keys`]; what one kind reads, or reads in its own way, is in its variant.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// The paper's network, which one of three engines trains on all samples at once.
    TwoLayer(TwoLayerSetting),
    /// A network of any depth, trained in batches.
    Network(NetworkSetting),
}

/// A setting of a two-layer network.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoLayerSetting {
    keys: Keys,
    /// The engine.
    pub engine: TwoLayerEngine,
    /// Feedback weights of the rule.
    pub feedback: Feedback,
    /// lambda(t), in units that a run's data resolve.
    pub ridge: RidgeSchedule,
    /// The length of a run, in such units.
    pub steps: Steps,
    /// alpha.
    pub output_scale: f64,
    /// Whether the outputs of the start are subtracted.
    pub center_outputs: bool,
    /// c of Definition 4.1.
    pub alignment_threshold: f64,
    /// Relative change of the loss over a window below which a run has converged; 0: never.
    pub stop_tolerance: f64,
    /// Steps in a window.
    pub stop_window: u64,
}

/// An engine of two-layer networks, and what it draws at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoLayerEngine {
    /// Plain loops in weight space.
    Reference,
    /// Z = W X' and K = X X'.
    SampleSpace,
    /// The exact recursion of linear networks, from drawn or given weights.
    Linear,
    /// Linear networks by that recursion, from a draw of the Gram matrix of the weights, whatever the width.
    LinearFromGram,
}

impl TwoLayerEngine {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => Engine::Reference.name(),
            Self::SampleSpace => Engine::SampleSpace.name(),
            Self::Linear | Self::LinearFromGram => Engine::Linear.name(),
        }
    }
}

/// A setting of a network of any depth.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSetting {
    keys: Keys,
    /// Units of each hidden layer, from the input up.
    pub widths: Vec<usize>,
    /// The network as a list of layers, where they are not all dense.
    pub blueprint: Option<Blueprint>,
    /// Frame in which images are seen, where that is not simply the whole of them.
    pub(crate) frame: Option<Frame>,
    /// Law of the forward weights.
    pub initialisation: Initialisation,
    /// Law of the feedback weights.
    pub feedback_initialisation: Initialisation,
    /// The loss.
    pub loss: Loss,
    /// How it is combined over a batch.
    pub reduction: Reduction,
    /// The optimiser with its constants.
    pub optimiser: OptimiserKind,
    /// Shape of eta over time.
    pub step_sizes: StepSizes<(), ()>,
    /// lambda(t).
    pub ridge: Schedule,
    /// The largest ridge, which a step size that is not a number has regard to.
    pub largest_ridge: f64,
    /// The length of a run.
    pub length: Length,
    /// Whether the outputs of the start are subtracted.
    pub center_outputs: bool,
}

/// The length of a run in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Passes through the training set.
    Epochs(u64),
    /// Steps.
    Steps(u64),
}

impl Setting {
    /// The keys as one kind of network reads them. `asked` says what chose a network of any depth, as the
    /// beginning of a sentence.
    ///
    /// # Errors
    /// [`Error::Config`] naming a key that a word needs, or whose unit has no meaning there.
    pub(in crate::config) fn narrowed(keys: Keys, asked: &str) -> Result<Self> {
        let engine = match (keys.resolved_engine(), keys.resolved_draw()) {
            (Engine::MiniBatch, _) => return NetworkSetting::of(keys, asked).map(Self::Network),
            (Engine::Reference, _) => TwoLayerEngine::Reference,
            (Engine::Linear, Draw::Gram) => TwoLayerEngine::LinearFromGram,
            (Engine::Linear, _) => TwoLayerEngine::Linear,
            (Engine::Auto | Engine::SampleSpace, _) => TwoLayerEngine::SampleSpace,
        };
        TwoLayerSetting::of(keys, engine).map(Self::TwoLayer)
    }

    /// The setting of a two-layer network, if it is one.
    pub fn two_layer(&self) -> Option<&TwoLayerSetting> {
        match self {
            Self::TwoLayer(setting) => Some(setting),
            Self::Network(_) => None,
        }
    }

    /// The setting of a network of any depth, if it is one.
    pub fn network(&self) -> Option<&NetworkSetting> {
        match self {
            Self::TwoLayer(_) => None,
            Self::Network(setting) => Some(setting),
        }
    }

    /// The name of the engine in experiment files.
    pub fn engine_name(&self) -> &'static str {
        match self {
            Self::TwoLayer(setting) => setting.engine.name(),
            Self::Network(_) => Engine::MiniBatch.name(),
        }
    }

    /// Units of each hidden layer.
    pub fn hidden_widths(&self) -> Vec<usize> {
        match self {
            Self::TwoLayer(setting) => setting.widths(),
            Self::Network(setting) => setting.widths.clone(),
        }
    }
}

impl TwoLayerSetting {
    fn of(keys: Keys, engine: TwoLayerEngine) -> Result<Self> {
        let Some(feedback) = keys.rule.feedback() else {
            let why = "the two-layer engines do not have it; set run.engine = \"mini_batch\"";
            let name = format!("\"{}\"", keys.rule.name());
            return Err(Error::config(dotted_of("rule"), name, why));
        };
        Ok(Self {
            engine,
            feedback,
            ridge: keys.ridge_schedule()?,
            steps: keys.steps,
            output_scale: keys.output_scale,
            center_outputs: keys.resolved_center_outputs(),
            alignment_threshold: keys.alignment_threshold,
            stop_tolerance: keys.stop_tolerance,
            stop_window: keys.stop_window,
            keys,
        })
    }

    /// The setting with numbers for step size, ridge and length, which the network at its start does not depend on:
    /// nothing of the data's kernel must be known.
    pub(crate) fn at_rest(&self) -> Self {
        let mut setting = self.clone();
        setting.keys.step_size = StepSize::Number(1.0);
        setting.keys.ridge = Ridge::Number(0.0);
        setting.keys.ridge_table = None;
        setting.ridge = RidgeSchedule::Constant {
            ridge: Ridge::Number(0.0),
        };
        setting.steps = Steps::Number(1);
        setting
    }

    /// `learning.ridge` as it is typed, which theory units and `auto` step sizes are measured by.
    pub(crate) fn typed_ridge(&self) -> Ridge {
        self.keys.ridge
    }

    /// `learning.ridge_table`, likewise.
    pub(crate) fn typed_ridge_table(&self) -> Option<&[f64]> {
        self.keys.ridge_table.as_deref()
    }

    /// The law of the start: never [`Draw::Auto`].
    pub fn draw(&self) -> Draw {
        match self.engine {
            TwoLayerEngine::LinearFromGram => Draw::Gram,
            _ => Draw::Weights,
        }
    }
}

impl NetworkSetting {
    /// Keys that only such networks have.
    pub fn deep(&self) -> &Deep {
        &self.keys.deep
    }

    /// Mutable [`deep`](Self::deep).
    pub fn deep_mut(&mut self) -> &mut Deep {
        &mut self.keys.deep
    }

    /// The setting with a number for its step size, and all training samples, which the network at its start does not
    /// depend on.
    pub(crate) fn at_rest(&self) -> Self {
        let mut setting = self.clone();
        setting.keys.step_size = StepSize::Number(1.0);
        setting.deep_mut().validation = 0;
        setting
    }

    fn of(keys: Keys, asked: &str) -> Result<Self> {
        let no_unit = |leaf: &str, value: String| {
            let why = format!(
                "{asked}, where units of the two-layer theory have no meaning; give a number"
            );
            Error::config(dotted_of(leaf), value, why)
        };
        let level = |ridge: Ridge| match ridge {
            Ridge::Number(ridge) => Ok(ridge),
            Ridge::Gamma(l) => Err(no_unit("ridge", format!("{{ gamma = {l} }}"))),
        };
        let time = |leaf: &str, time: Duration| match time {
            Duration::Number(steps) => Ok(steps),
            Duration::CS(c) => Err(no_unit(leaf, format!("{{ c_s = {c} }}"))),
        };
        let ridge = level(keys.ridge)?;
        let table = keys.ridge_table.iter().flatten().copied();
        let length = match (keys.deep.epochs, keys.steps) {
            (Some(epochs), _) => Length::Epochs(epochs),
            (None, Steps::Number(steps)) => Length::Steps(steps),
            (None, Steps::Tau(x)) => return Err(no_unit("steps", format!("{{ tau = {x} }}"))),
            (None, Steps::EtaLambdaT(x)) => {
                return Err(no_unit("steps", format!("{{ eta_lambda_t = {x} }}")));
            }
        };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number of steps, at most 10^15"
        )]
        let last = |duration: &Duration| time("cutoff", *duration).map(|steps| steps as u64);
        Ok(Self {
            widths: keys.widths(),
            blueprint: keys.blueprint()?,
            frame: keys.frame()?,
            initialisation: keys.initialisation(),
            feedback_initialisation: keys.feedback_initialisation(),
            loss: keys.resolved_loss(),
            reduction: keys.resolved_reduction(),
            optimiser: keys.optimiser(),
            step_sizes: keys.step_sizes()?,
            ridge: keys.ridge_schedule()?.resolved(
                |ridge| level(*ridge),
                last,
                |duration| time("decay_steps", *duration),
            )?,
            largest_ridge: table.fold(ridge, f64::max),
            length,
            center_outputs: keys.resolved_center_outputs(),
            keys,
        })
    }
}

/// Keys that all networks read.
impl Deref for Setting {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        match self {
            Self::TwoLayer(setting) => setting,
            Self::Network(setting) => setting,
        }
    }
}

impl DerefMut for Setting {
    fn deref_mut(&mut self) -> &mut Keys {
        match self {
            Self::TwoLayer(setting) => setting,
            Self::Network(setting) => setting,
        }
    }
}

/// Keys that all networks read.
impl Deref for TwoLayerSetting {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        &self.keys
    }
}

impl DerefMut for TwoLayerSetting {
    fn deref_mut(&mut self) -> &mut Keys {
        &mut self.keys
    }
}

/// Keys that all networks read.
impl Deref for NetworkSetting {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        &self.keys
    }
}

impl DerefMut for NetworkSetting {
    fn deref_mut(&mut self) -> &mut Keys {
        &mut self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Experiment, Overrides};

    fn parsed(text: &str) -> Result<Setting> {
        let text = format!("name = \"x\"\n{text}");
        let mut experiment = Experiment::parse(&text, &Overrides::none())?;
        Ok(experiment.settings.remove(0).setting)
    }

    fn network(text: &str) -> NetworkSetting {
        parsed(text).unwrap().network().unwrap().clone()
    }

    #[test]
    fn each_engine_of_two_layers_has_its_own_start() {
        let linear = "[network]\nwidth = ";
        for (text, engine) in [
            (format!("{linear}300"), TwoLayerEngine::Linear),
            (format!("{linear}1000000"), TwoLayerEngine::LinearFromGram),
            (
                format!("{linear}300\ndraw = \"gram\""),
                TwoLayerEngine::LinearFromGram,
            ),
            (
                "[network]\nactivation = \"relu\"".to_owned(),
                TwoLayerEngine::SampleSpace,
            ),
            (
                "[run]\nengine = \"reference\"".to_owned(),
                TwoLayerEngine::Reference,
            ),
        ] {
            let setting = parsed(&text).unwrap();
            assert_eq!(setting.two_layer().unwrap().engine, engine, "{text}");
            assert!(setting.network().is_none());
        }
    }

    #[test]
    fn a_network_has_what_its_keys_stand_for() {
        let classes =
            "[data]\nlabelled = \"generated_images\"\nsamples = 8\ninput_dim = 16\noutputs = 3\n";
        let plain = network(&format!(
            "{classes}[network]\nwidth = 7\nhidden_layers = 3\n[run]\nepochs = 2"
        ));
        assert_eq!(plain.widths, [7, 7, 7]);
        assert_eq!(plain.length, Length::Epochs(2));
        let losses = (plain.loss, plain.reduction);
        assert_eq!(losses, (Loss::SoftmaxCrossEntropy, Reduction::Mean));
        let named = network(
            "[network]\nhidden_widths = [5, 4]\ncenter_outputs = true\n\
             [learning]\nridge = 0.3\nschedule = \"cutoff\"\ncutoff = 9\n[run]\nsteps = 20",
        );
        assert_eq!(
            (named.widths, named.length),
            (vec![5, 4], Length::Steps(20))
        );
        let losses = (named.loss, named.reduction);
        assert_eq!(losses, (Loss::SquaredError, Reduction::Sum));
        let (ridge, last_step) = (0.3, 9);
        assert_eq!(named.ridge, Schedule::Cutoff { ridge, last_step });
        assert!(named.center_outputs && !plain.center_outputs);
    }

    #[test]
    fn units_of_the_two_layer_theory_are_refused_for_other_networks() {
        for (key, value) in [
            ("learning.ridge", "{ gamma = 2.0 }"),
            ("run.steps", "{ tau = 3.0 }"),
            ("run.steps", "{ eta_lambda_t = 3.0 }"),
        ] {
            let typed = format!("[network]\nhidden_layers = 2\n[sweep]\n\"{key}\" = [{value}]");
            let text = parsed(&typed).unwrap_err().to_string();
            for part in [
                key,
                "network.hidden_layers asks for the mini-batch engine",
                "give a number",
            ] {
                assert!(text.contains(part), "{text}");
            }
        }
    }
}
