//! Checks that no single key can make: settings whose keys contradict one another.

mod augmentation;
mod deep;
mod layers;
mod predictions;

pub(crate) use self::deep::is_selected_by_data;
use super::need::{Sizes, blamed, of_run};
use super::read::Values;
use super::setting::{Duration, Engine, Keys, Record, RidgeSchedule, SaveWeights, Steps, Targets};
use super::steps::{MAX_ROWS, rows};
use super::{keys, record_text};
use crate::data::synthetic::InputLaw;
use crate::data::{ImageAxes, Scaling, is_npz};
use crate::math::Activation;
use crate::memory::{shown, total};
use crate::rule::{Rule, Schedule};
use crate::two_layer::Draw;
use crate::{Error, Result};

/// The linear engine above this width draws the Gram matrix of the start.
const GRAM_ABOVE: u64 = 100_000;

/// Most hidden units with `draw = "weights"`, where every one is in memory; more are refused.
const MAX_UNITS: u64 = 1_000_000_000;

/// A run that needs more memory is refused rather than ended by the system.
const MAX_BYTES: f64 = 400e9;

/// Multiply-adds of a teacher of single units: some 10^9 a second.
const MAX_TEACHING: f64 = 1e15;

impl Keys {
    /// The engine that will run: never [`Engine::Auto`].
    pub(in crate::config) fn resolved_engine(&self) -> Engine {
        let is_linear = self.activation == Activation::Linear && self.dropout <= 0.0;
        // Without units only the Gram draw is left, which says itself what it cannot do.
        let has_units = self.draw == Draw::Gram || self.asks_of_rotated_units().is_none();
        match self.engine {
            Engine::Auto if deep::asks_of_mini_batch(self).is_some() => Engine::MiniBatch,
            Engine::Auto if is_linear && has_units => Engine::Linear,
            Engine::Auto => Engine::SampleSpace,
            named => named,
        }
    }

    /// Key that chose the mini-batch engine, as the beginning of a sentence; `None` for the
    /// two-layer engines.
    pub(crate) fn asks_for_mini_batch(&self) -> Option<String> {
        // What `auto` stands for asks for nothing.
        let mut typed = self.clone();
        typed.deep.loss = None;
        typed.deep.reduction = None;
        typed.classes.scaling = None;
        typed.record = Record::Auto;
        typed.quantities.clear();
        (self.resolved_engine() == Engine::MiniBatch).then(|| deep::asked(&typed))
    }

    /// Key and value by which this setting asks of single hidden units what the linear engine does not have:
    /// but for feedback alignment it runs a small rotated network.
    fn asks_of_rotated_units(&self) -> Option<(&'static str, String)> {
        if self.rule == Rule::FeedbackAlignment {
            return None;
        }
        if self.save_weights != SaveWeights::None {
            return Some(("save_weights", "requested".to_owned()));
        }
        let of_units = self.quantities.iter().find(|q| q.needs().units);
        of_units.map(|q| ("quantities", format!("\"{}\"", q.name())))
    }

    /// The law of the start that will be drawn: never [`Draw::Auto`].
    pub(in crate::config) fn resolved_draw(&self) -> Draw {
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
    pub(in crate::config) fn resolved_center_outputs(&self) -> bool {
        self.center_outputs
            .unwrap_or((self.output_scale - 1.0).abs() > 0.0)
    }
}

fn refuse<T>(leaf: &str, value: impl std::fmt::Display, why: impl Into<String>) -> Result<T> {
    Err(Error::config(keys::dotted_of(leaf), value, why))
}

/// Keys that were typed although another key takes their meaning away.
pub(crate) fn typed_keys(setting: &Keys, typed: &Values) -> Result<()> {
    if let (Some(_), Some(steps)) = (typed.get("epochs"), typed.get("steps")) {
        return refuse(
            "steps",
            &**steps,
            "run.epochs is given too; remove one of the two",
        );
    }
    if let Some(set) = setting.classes.drawn() {
        let why = format!("has no meaning for {}; remove it", set.name());
        return not_typed(typed, &["inputs", "targets", "teacher_width"], &why);
    }
    let given = match &setting.classes.labelled {
        Some(_) => "data.labelled",
        None if setting.classes.labelled_data.is_some() => "data.labelled_data",
        None if setting.train_data.is_some() => "data.train_data",
        None => return Ok(()),
    };
    // Validation samples are drawn run by run, or once for all.
    let is_split = setting.deep.validation > 0;
    let generated = keys::KEYS.iter().filter(|key| key.is_generated());
    let leaves: Vec<&str> = generated
        .map(|key| key.leaf)
        .filter(|leaf| !(is_split && *leaf == "dataset"))
        .collect();
    not_typed(
        typed,
        &leaves,
        &format!("describes generated data, but {given} is given; remove one of the two"),
    )
}

fn not_typed(typed: &Values, leaves: &[&str], why: &str) -> Result<()> {
    match leaves.iter().find_map(|leaf| typed.get_key_value(*leaf)) {
        None => Ok(()),
        Some((leaf, value)) => refuse(leaf, &**value, why),
    }
}

/// Key that asks for the mini-batch engine, if that is chosen; before anything is resolved.
pub(crate) use self::deep::asked;

/// Checks a setting whose engine and draw are resolved, and which [`asked`] for the mini-batch
/// engine if it has that.
pub(crate) fn keys(s: &Keys, asked: &str) -> Result<()> {
    if s.engine == Engine::MiniBatch {
        deep::mini_batch(s, asked)?;
        data(s)?;
        recorded(s)?;
        memory(s)?;
        return teacher(s);
    }
    deep::two_layer(s)?;
    data(s)?;
    engine(s)?;
    draw(s)?;
    theory_units(s)?;
    recorded(s)?;
    memory(s)?;
    teacher(s)?;
    measured(s)
}

fn data(s: &Keys) -> Result<()> {
    if s.train_data.is_none() && s.classes.labelled_data.is_none() {
        let table = &s.table;
        for (leaf, is_set) in [
            ("target", !table.target.is_empty()),
            ("ignore", !table.ignore.is_empty()),
            ("header", table.header.is_some()),
        ] {
            if is_set {
                let why =
                    "is about the columns of a file; set data.train_data or data.labelled_data";
                return refuse(leaf, "set", why);
            }
        }
    }
    let axes = s.classes.image_axes;
    if axes != ImageAxes::default() && !s.classes.labelled_data.as_deref().is_some_and(is_npz) {
        let why = "is about arrays of an NPZ file; give one in data.labelled_data, or remove this";
        return refuse("image_axes", format!("\"{}\"", axes.name()), why);
    }
    if s.train_data.is_none() && !s.classes.are_named() {
        if s.classes.resolved_scaling() != Scaling::None {
            let why = "is for data of files and for images; set data.train_data, data.labelled or data.labelled_data, or remove it";
            return refuse(
                "scaling",
                format!("\"{}\"", s.classes.resolved_scaling().name()),
                why,
            );
        }
        if s.inputs == InputLaw::Orthonormal && s.samples > s.input_dim {
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

fn engine(s: &Keys) -> Result<()> {
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
        if let Some((leaf, value)) = s.asks_of_rotated_units().filter(|_| s.draw != Draw::Gram) {
            return refuse(
                leaf,
                value,
                format!(
                    "needs single hidden units, which the linear engine keeps for \"feedback_alignment\" only, not for \"{}\"; set run.engine = \"sample_space\" or \"auto\"",
                    s.rule.name()
                ),
            );
        }
    }
    Ok(())
}

fn draw(s: &Keys) -> Result<()> {
    if s.initial_weights.is_some() && s.feedback_correlation.abs() > 0.0 {
        return refuse(
            "feedback_correlation",
            s.feedback_correlation,
            "describes a drawn b, but network.initial_weights gives b; remove one of the two",
        );
    }
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
    if let Some(quantity) = s.quantities.iter().find(|q| q.needs().units) {
        return refuse(
            "quantities",
            format!("\"{}\"", quantity.name()),
            "looks at single hidden units, which network.draw = \"gram\" does not have; drop it, use its rms form, or set network.draw = \"weights\"",
        );
    }
    Ok(())
}

/// Whether no step has any ridge.
fn is_ridgeless(s: &Keys) -> Result<bool> {
    Ok(match s.ridge_schedule()? {
        Schedule::Table { values } => values.iter().all(|ridge| *ridge <= 0.0),
        _ => s.ridge.written() <= 0.0,
    })
}

fn theory_units(s: &Keys) -> Result<()> {
    if !is_ridgeless(s)? {
        return Ok(());
    }
    let why = "has no meaning without ridge; set learning.ridge above 0 or give a number";
    if let Steps::EtaLambdaT(x) = s.steps {
        return refuse("steps", format!("{{ eta_lambda_t = {x} }}"), why);
    }
    match in_theorem_units(&s.ridge_schedule()?) {
        Some((leaf, c)) => refuse(leaf, format!("{{ c_s = {c} }}"), why),
        None => Ok(()),
    }
}

/// Leaf key and number of a duration in the theorem's units that a schedule reads.
fn in_theorem_units(schedule: &RidgeSchedule) -> Option<(&'static str, f64)> {
    match schedule {
        Schedule::Cutoff {
            last_step: Duration::CS(c),
            ..
        } => Some(("cutoff", *c)),
        Schedule::InverseSquare {
            decay_steps: Duration::CS(c),
            ..
        }
        | Schedule::Exponential {
            decay_steps: Duration::CS(c),
            ..
        } => Some(("decay_steps", *c)),
        _ => None,
    }
}

/// Checks what is recorded against how long a run is.
fn recorded(s: &Keys) -> Result<()> {
    if let (Record::At(at), SaveWeights::Final | SaveWeights::Both) = (&s.record, s.save_weights)
        && s.steps != Steps::Number(at.last().copied().unwrap_or(0))
    {
        return refuse(
            "record",
            format!("{{ at = [..., {}] }}", at.last().copied().unwrap_or(0)),
            "a run ends at the last of these, but run.save_weights asks for the weights after run.steps; make the two equal, or record in another way",
        );
    }
    match s.steps {
        // The steps of an epoch are known with the data.
        _ if s.deep.epochs.is_some() => Ok(()),
        Steps::Number(steps) => record_fits(&s.record, steps),
        Steps::Tau(_) | Steps::EtaLambdaT(_) => Ok(()),
    }
}

/// Refuses a record that does not fit a run of `steps` steps: one that goes on after its end,
/// or has more than [`MAX_ROWS`] rows.
pub(crate) fn record_fits(record: &Record, steps: u64) -> Result<()> {
    if let Record::At(at) = record
        && let Some(step) = at.iter().find(|step| **step > steps)
    {
        return refuse(
            "record",
            format!("{{ at = [..., {step}] }}"),
            format!("beyond the last step; run.steps is {steps}"),
        );
    }
    if rows(record, steps) > MAX_ROWS {
        let text = match record {
            Record::At(_) => "a list".to_owned(),
            other => record_text(other),
        };
        return refuse(
            "record",
            text,
            format!("more than {MAX_ROWS} recorded steps of {steps}; record fewer"),
        );
    }
    Ok(())
}

/// One run must fit in the memory of some machine, as far as the keys tell how large it is.
fn memory(s: &Keys) -> Result<()> {
    let need = total(&of_run(s, &Sizes::typed(s)));
    if need.bytes <= MAX_BYTES {
        return Ok(());
    }
    let (leaf, value) = blamed(s, need.by);
    refuse(
        leaf,
        value,
        format!(
            "one run needs {} of memory, and {} is the limit; lower it",
            shown(need.bytes),
            shown(MAX_BYTES)
        ),
    )
}

/// A teacher's outputs are made in some days at most: nobody waits for more.
fn teacher(s: &Keys) -> Result<()> {
    let is_drawn = s.targets == Targets::Teacher && s.draw != Draw::Gram;
    if !is_drawn || s.train_data.is_some() || s.classes.are_named() {
        return Ok(());
    }
    let width = s.teacher_width.unwrap_or(s.width) as f64;
    let work = width * (s.samples + s.held_out) as f64 * (s.input_dim + s.outputs) as f64;
    if work <= MAX_TEACHING {
        return Ok(());
    }
    let (leaf, width) = match s.teacher_width {
        Some(width) => ("teacher_width", width),
        None => ("width", s.width),
    };
    refuse(
        leaf,
        width,
        format!(
            "the teacher's outputs take {work:.0e} multiply-adds, and {MAX_TEACHING:.0e}, some days, is the limit; lower it, or take network.draw = \"gram\" for a linear network"
        ),
    )
}

fn measured(s: &Keys) -> Result<()> {
    let has_held_out = s.held_out > 0 || s.held_out_data.is_some();
    let of_held_out = s.quantities.iter().find(|q| q.needs().held_out);
    if let Some(quantity) = of_held_out.filter(|_| !has_held_out) {
        return refuse(
            "quantities",
            format!("\"{quantity}\""),
            "needs held-out samples; set data.held_out or data.held_out_data",
        );
    }
    predictions::check(s)
}
