//! What no single key can tell: settings whose keys contradict one another.

use super::read::Values;
use crate::experiment::keys;
use crate::experiment::setting::{
    Duration, Inputs, Ridge, SaveWeights, ScheduleName, Setting, StepSize, Steps,
};
use crate::math::Activation;
use crate::two_layer::{Draw, Engine, Quantity};
use crate::{Error, Result};

/// The linear engine above this width draws the Gram matrix of the start.
const GRAM_ABOVE: u64 = 100_000;

/// With `draw = "weights"` every hidden unit is in memory; more units than this are refused.
const MAX_UNITS: u64 = 1_000_000_000;

/// The keys that describe generated training data, without meaning beside `train_data`.
pub(crate) const GENERATED: [&str; 8] = [
    "samples",
    "input_dim",
    "outputs",
    "inputs",
    "targets",
    "teacher_width",
    "dataset",
    "held_out",
];

/// Whether a key describes generated training data.
pub(crate) fn is_generated(leaf: &str) -> bool {
    GENERATED.contains(&leaf)
}

impl Setting {
    /// The engine that will run: never [`Engine::Auto`].
    pub fn resolved_engine(&self) -> Engine {
        match self.engine {
            Engine::Auto if self.activation == Activation::Linear && self.dropout <= 0.0 => {
                Engine::Linear
            }
            Engine::Auto => Engine::SampleSpace,
            named => named,
        }
    }

    /// The law of the start that will be drawn: never [`Draw::Auto`].
    pub fn resolved_draw(&self) -> Draw {
        match self.draw {
            Draw::Auto
                if self.resolved_engine() == Engine::Linear
                    && self.width > GRAM_ABOVE
                    && self.initial_weights.is_none() =>
            {
                Draw::Gram
            }
            Draw::Auto => Draw::Weights,
            named => named,
        }
    }

    /// Whether `outputs` are centred: subtracts the outputs of the start.
    pub fn resolved_center_outputs(&self) -> bool {
        self.center_outputs
            .unwrap_or((self.output_scale - 1.0).abs() > 0.0)
    }
}

fn refuse<T>(leaf: &str, value: impl std::fmt::Display, why: impl Into<String>) -> Result<T> {
    let key = keys::leaf(leaf).map_or_else(|| leaf.to_owned(), keys::Key::dotted);
    Err(Error::config(key, value, why))
}

/// Keys that were typed although another key takes their meaning away.
pub(crate) fn typed_keys(setting: &Setting, typed: &Values) -> Result<()> {
    if setting.train_data.is_none() {
        return Ok(());
    }
    for leaf in GENERATED {
        if let Some(value) = typed.get(leaf) {
            return refuse(
                leaf,
                value,
                "describes generated data, but data.train_data is given; remove one of the two",
            );
        }
    }
    Ok(())
}

/// Checks a setting whose engine and draw are resolved.
pub(crate) fn setting(s: &Setting) -> Result<()> {
    data(s)?;
    engine(s)?;
    draw(s)?;
    schedule(s)?;
    theory_units(s)?;
    measured(s)
}

fn data(s: &Setting) -> Result<()> {
    if s.train_data.is_none() {
        if s.inputs == Inputs::Orthonormal && s.samples > s.input_dim {
            return refuse(
                "inputs",
                "\"orthonormal\"",
                format!(
                    "needs data.samples <= data.input_dim, but {} > {}",
                    s.samples, s.input_dim
                ),
            );
        }
        if s.activation != Activation::Linear
            && let Some(width) = s.teacher_width.filter(|width| *width > MAX_UNITS)
        {
            return refuse(
                "teacher_width",
                width,
                format!(
                    "more than {MAX_UNITS} hidden units do not fit in memory; only a linear teacher may be wider"
                ),
            );
        }
        if s.held_out_data.is_some() {
            return refuse(
                "held_out_data",
                "given",
                "needs data.train_data; for generated data set data.held_out",
            );
        }
    }
    Ok(())
}

fn engine(s: &Setting) -> Result<()> {
    if s.engine == Engine::Linear {
        if s.activation != Activation::Linear {
            return refuse(
                "engine",
                "\"linear\"",
                format!(
                    "needs network.activation = \"linear\", not \"{}\"; use \"sample_space\"",
                    s.activation.name()
                ),
            );
        }
        if s.dropout > 0.0 {
            return refuse(
                "engine",
                "\"linear\"",
                "has no dropout; set learning.dropout = 0 or use \"sample_space\"",
            );
        }
    }
    Ok(())
}

fn draw(s: &Setting) -> Result<()> {
    if s.draw != Draw::Gram {
        let units = |leaf: &str, width: u64, fix: &str| {
            if width > MAX_UNITS {
                return refuse(
                    leaf,
                    width,
                    format!("more than {MAX_UNITS} hidden units do not fit in memory; {fix}"),
                );
            }
            Ok(())
        };
        units(
            "width",
            s.width,
            "only network.draw = \"gram\" (linear activation, no dropout) reaches such widths",
        )?;
        return Ok(());
    }
    if s.engine != Engine::Linear {
        return refuse(
            "draw",
            "\"gram\"",
            format!(
                "needs the linear engine, not \"{}\"; use \"weights\"",
                s.engine.name()
            ),
        );
    }
    if s.initial_weights.is_some() {
        return refuse(
            "initial_weights",
            "given",
            "gives the weights themselves, which network.draw = \"gram\" never has; use \"weights\"",
        );
    }
    if s.save_weights != SaveWeights::None {
        return refuse(
            "save_weights",
            "requested",
            "network.draw = \"gram\" has no weights to save; set run.save_weights = \"none\", or network.draw = \"weights\" for widths that fit in memory",
        );
    }
    if let Some(quantity) = s.quantities.iter().find(|q| q.needs_units()) {
        return refuse(
            "quantities",
            format!("\"{}\"", quantity.name()),
            "looks at single hidden units, which network.draw = \"gram\" does not have; drop it, use its rms form, or set network.draw = \"weights\"",
        );
    }
    Ok(())
}

fn schedule(s: &Setting) -> Result<()> {
    let name = match s.schedule {
        ScheduleName::Constant => return Ok(()),
        ScheduleName::Cutoff => "cutoff",
        ScheduleName::InverseSquare => "inverse_square",
        ScheduleName::Exponential => "exponential",
        ScheduleName::Table => "table",
    };
    let missing = match s.schedule {
        ScheduleName::Cutoff if s.cutoff.is_none() => "learning.cutoff",
        ScheduleName::InverseSquare | ScheduleName::Exponential if s.decay_steps.is_none() => {
            "learning.decay_steps"
        }
        ScheduleName::Table if s.ridge_table.is_none() => "learning.ridge_table",
        _ => return Ok(()),
    };
    refuse(
        "schedule",
        format!("\"{name}\""),
        format!("needs {missing}; set it"),
    )
}

/// Whether no step has any ridge.
fn is_ridgeless(s: &Setting) -> bool {
    match (s.schedule, &s.ridge_table) {
        (ScheduleName::Table, Some(table)) => table.iter().all(|ridge| *ridge <= 0.0),
        _ => match s.ridge {
            Ridge::Number(ridge) | Ridge::Gamma(ridge) => ridge <= 0.0,
        },
    }
}

fn theory_units(s: &Setting) -> Result<()> {
    let duration = match s.schedule {
        ScheduleName::Cutoff => s.cutoff.map(|d| ("cutoff", d)),
        ScheduleName::InverseSquare | ScheduleName::Exponential => {
            s.decay_steps.map(|d| ("decay_steps", d))
        }
        ScheduleName::Constant | ScheduleName::Table => None,
    };
    let c_s = match duration {
        Some((leaf, Duration::CS(c))) => Some((leaf, c)),
        _ => None,
    };
    if s.activation != Activation::Linear {
        let why = |fix: &str| {
            format!(
                "theory units are known only for the linear activation as yet, not for \"{}\"; {fix}",
                s.activation.name()
            )
        };
        match s.step_size {
            StepSize::Number(_) => {}
            StepSize::Auto => return refuse("step_size", "\"auto\"", why("give a number")),
            StepSize::OverM(a) => {
                return refuse(
                    "step_size",
                    format!("{{ over_M = {a} }}"),
                    why("give a number"),
                );
            }
        }
        if let Ridge::Gamma(l) = s.ridge {
            return refuse("ridge", format!("{{ gamma = {l} }}"), why("give a number"));
        }
        if let Some((leaf, c)) = c_s {
            return refuse(
                leaf,
                format!("{{ c_s = {c} }}"),
                why("give a number of steps"),
            );
        }
    }
    if is_ridgeless(s) {
        let why = "has no meaning without ridge; set learning.ridge above 0 or give a number";
        if let Steps::EtaLambdaT(x) = s.steps {
            return refuse("steps", format!("{{ eta_lambda_t = {x} }}"), why);
        }
        if let Some((leaf, c)) = c_s {
            return refuse(leaf, format!("{{ c_s = {c} }}"), why);
        }
    }
    if let (crate::experiment::setting::Record::At(at), Steps::Number(steps)) = (&s.record, s.steps)
        && let Some(step) = at.iter().find(|step| **step > steps)
    {
        return refuse(
            "record",
            format!("{{ at = [..., {step}] }}"),
            format!("beyond the last step; run.steps is {steps}"),
        );
    }
    Ok(())
}

fn measured(s: &Setting) -> Result<()> {
    if s.quantities.contains(&Quantity::HeldOutLoss) && s.held_out == 0 && s.held_out_data.is_none()
    {
        return refuse(
            "quantities",
            "\"held_out_loss\"",
            "needs held-out samples; set data.held_out or data.held_out_data",
        );
    }
    Ok(())
}
