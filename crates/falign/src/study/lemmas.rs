//! The paper's inequalities on an experiment's own data, at a ladder of widths.

use ndarray::Array2;
use rayon::prelude::*;

use super::certificate::{departures, representatives, step_scaled};
use crate::config::Experiment;
use crate::config::setting::{Setting, TwoLayerSetting};
use crate::math::{Activation, Streams};
use crate::rule::Rule;
use crate::simulate::Context;
use crate::simulate::resolve::{resolve_watched, spectrum};
use crate::simulate::sources::Sources;
use crate::simulate::watch::{Watch, prepare};
use crate::stage::{Listener, Work};
use crate::theory::lemmas::{Inequality, LemmaSetup, Side, lemma_stage, lemmas_of};
use crate::two_layer::{Draw, Start};
use crate::{Error, Result};

/// The widths at which inequalities are measured, in place of the experiment's own.
pub const WIDTHS: [u64; 4] = [100, 400, 1600, 6400];

/// Runs whose data and starts are looked at.
pub const RUNS: u64 = 8;

/// Steps that are looked at, at most: of linear networks, which have a recurrence, and of others.
const MOST_STEPS: [u64; 2] = [20_000, 200];

/// The largest input dimension whose W(0)'W(0) is looked at.
const LARGEST_DIM: usize = 1000;

/// The inequalities of one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct LemmaTable {
    /// Case of the setting; empty if there are none.
    pub case: String,
    /// Activation of the setting.
    pub activation: Activation,
    /// Steps that were looked at, of each run at each of [`WIDTHS`].
    pub steps: Vec<u64>,
    /// One row per inequality.
    pub rows: Vec<LemmaRow>,
}

/// One inequality over widths.
#[derive(Debug, Clone, PartialEq)]
pub struct LemmaRow {
    /// Inequality at each of [`WIDTHS`], of the run in which it is nearest to failing.
    pub measured: Vec<Inequality>,
    /// Slope of log implied constant against log width: 0 where the lemma has the right power
    /// of p, below 0 where it is generous. NaN where a constant is not positive and finite.
    pub trend: f64,
}

/// Conclusion from the measured constants of an inequality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LemmaVerdict {
    /// The inequality holds with constant 1 at every width.
    Holds,
    /// The inequality holds with this constant, which serves all widths: it does not move against the
    /// inequality as they grow.
    HoldsWith(f64),
    /// The constant that it takes moves against it as the widths grow: none serves all.
    NoConstant,
    /// A side vanishes or is not finite.
    Undecided,
}

impl LemmaVerdict {
    /// `holds`, `holds_with_constant`, `no_constant` or `undecided`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsWith(_) => "holds_with_constant",
            Self::NoConstant => "no_constant",
            Self::Undecided => "undecided",
        }
    }
}

/// Slopes up to this are those of logarithms of the width and of few runs.
const FLAT: f64 = 0.1;

/// Slopes up to this count as flat for inequalities about one random number, whose keys follow.
const SCATTERED: f64 = 0.3;
const OF_ONE_NUMBER: [&str; 5] = ["B.6", "B.8", "B.10", "C.3", "C.4"];

impl LemmaRow {
    /// The conclusion from the constants at all widths.
    pub fn verdict(&self) -> LemmaVerdict {
        let first = self.measured[0];
        // How far the constant is on the wrong side of 1, and moves there.
        let (against, drift) = match first.side {
            Side::AtMost => (1.0, self.trend),
            Side::AtLeast => (-1.0, -self.trend),
        };
        let constants = self.measured.iter().map(Inequality::constant);
        let worst = constants.reduce(|a, b| if against * b > against * a { b } else { a });
        let Some(worst) =
            worst.filter(|_| self.measured.iter().all(|one| one.constant().is_finite()))
        else {
            return LemmaVerdict::Undecided;
        };
        let allowed = if OF_ONE_NUMBER.contains(&first.key) {
            SCATTERED
        } else {
            FLAT
        };
        if against * (worst - 1.0) <= 0.0 {
            LemmaVerdict::Holds
        } else if drift.is_nan() {
            LemmaVerdict::Undecided
        } else if drift > allowed {
            LemmaVerdict::NoConstant
        } else {
            LemmaVerdict::HoldsWith(worst)
        }
    }
}

/// Measures, for each case and each activation in it, the inequalities of its setting with the largest
/// ridge on the data and starts of the first [`RUNS`] runs, at each of [`WIDTHS`]. Of the runs that
/// is kept which is nearest to failing: a single b'beta(0) has no trend.
///
/// At most the first 20 000 steps of a linear network and 200 of another are looked at.
///
/// `watch` learns how far it is; set to stop, there are no tables.
///
/// # Errors
/// [`Error::Config`] for a setting that is not the paper's feedback alignment with one output,
/// or of more than 1000 inputs; [`Error::Stopped`] where the watch says so; else as
/// [`resolve`](fn@crate::simulate::resolve::resolve).
pub fn lemma_tables(
    experiment: &Experiment,
    sources: &Sources,
    watch: Option<&Watch>,
) -> Result<Vec<LemmaTable>> {
    let chosen = representatives(experiment);
    let settings = chosen
        .into_iter()
        .map(|(one, _)| Ok((&one.case, covered(&one.setting)?)));
    let settings: Vec<_> = settings.collect::<Result<_>>()?;
    let settings = settings.into_iter();
    settings
        .map(|(case, setting)| {
            let context = Context {
                watch,
                ..Context::new(sources)
            };
            prepare(watch, |listener| table(case, setting, context, listener))
        })
        .collect()
}

/// A setting that the lemmas speak of.
fn covered(setting: &Setting) -> Result<&TwoLayerSetting> {
    let (key, value, asked) = match setting {
        Setting::TwoLayer(covered) if covered.rule == Rule::FeedbackAlignment => {
            return Ok(covered);
        }
        Setting::TwoLayer(other) => ("learning.rule", other.rule.name(), String::new()),
        Setting::Network(_) => {
            let asked = setting.asks_for_mini_batch().unwrap_or_default();
            ("run.engine", "mini_batch", format!(", and {asked}"))
        }
    };
    Err(Error::config(
        key,
        format!("\"{value}\""),
        format!(
            "the paper's lemmas are about feedback alignment in two-layer networks trained on all samples at once{asked}; \
             choose such a case with --case, or a rule with --set learning.rule=feedback_alignment"
        ),
    ))
}

fn table(
    case: &str,
    setting: &TwoLayerSetting,
    context: Context<'_>,
    listener: Listener<'_>,
) -> Result<LemmaTable> {
    let all = WIDTHS.len() as f64 * RUNS as f64;
    let work = Work::new(listener, all, &lemma_stage);
    let (mut steps, mut rows) = (Vec::new(), Vec::<Vec<Inequality>>::new());
    for width in WIDTHS {
        let runs: Vec<(u64, Vec<Inequality>)> = (0..RUNS)
            .into_par_iter()
            .map(|run| at_width(setting, width, run, context, &work))
            .collect::<Result<_>>()?;
        steps.extend(runs.iter().map(|(taken, _)| *taken));
        let of_runs = runs.into_iter().map(|(_, measured)| measured);
        let measured = of_runs.reduce(worst).unwrap_or_default();
        rows.resize(measured.len().max(rows.len()), Vec::new());
        for (row, one) in rows.iter_mut().zip(measured) {
            row.push(one);
        }
    }
    // A row that not all widths and runs have (too few steps for the ridge to settle) has no trend.
    rows.retain(|row| row.len() == WIDTHS.len());
    let rows = rows.into_iter().map(|measured| LemmaRow {
        trend: trend(&measured),
        measured,
    });
    Ok(LemmaTable {
        case: case.to_owned(),
        activation: setting.activation,
        steps,
        rows: rows.collect(),
    })
}

/// The one nearer to failing of each pair of inequalities; NaN if either is.
fn worst(known: Vec<Inequality>, more: Vec<Inequality>) -> Vec<Inequality> {
    let nearer = |(a, b): (Inequality, Inequality)| {
        let is_worse = match b.side {
            Side::AtMost => b.constant() > a.constant(),
            Side::AtLeast => b.constant() < a.constant(),
        };
        if is_worse || b.constant().is_nan() {
            b
        } else {
            a
        }
    };
    known.into_iter().zip(more).map(nearer).collect()
}

fn at_width(
    setting: &TwoLayerSetting,
    width: u64,
    run: u64,
    context: Context<'_>,
    work: &Work<'_>,
) -> Result<(u64, Vec<Inequality>)> {
    work.did(0.0)?;
    let mut setting = setting.clone();
    setting.width = width;
    let (problem, resolved) = resolve_watched(&setting, run, Draw::Weights, context)?;
    if let Some(first) = departures(&setting).first() {
        let why = "the paper's lemmas are about training without it";
        return Err(Error::config("experiment", first, why));
    }
    let d = problem.input_dim();
    if d > LARGEST_DIM {
        let why = format!("expected at most {LARGEST_DIM} inputs, as W(0)'W(0) is looked at");
        return Err(Error::config("data.input_dim", d, why));
    }
    let start = Start::Drawn {
        streams: Streams::new(setting.seed, run),
        correlation: setting.feedback_correlation,
    };
    let p = usize::try_from(width).expect("one of four small widths");
    let matrix =
        |columns, values| Array2::from_shape_vec((p, columns), values).expect("one row per unit");
    let (beta, b) = start.output_and_feedback(p, 1);
    let [of_linear, of_others] = MOST_STEPS;
    let is_linear = setting.activation == Activation::Linear;
    let steps = resolved
        .steps
        .min(if is_linear { of_linear } else { of_others });
    let spectrum = spectrum(problem.activation, &problem.inputs, context.watch)?;
    let setup = LemmaSetup {
        activation: problem.activation,
        inputs: &problem.inputs,
        targets: &problem.targets,
        hidden_weights: &matrix(d, start.hidden_rows(0, p, d)),
        output_weights: &matrix(1, beta),
        feedback_weights: &matrix(1, b),
        step_size: problem.step_size,
        schedule: &step_scaled(&problem),
        steps,
        spectrum,
    };
    Ok((steps, lemmas_of(setup, work)?))
}

/// The slope of the least-squares line through (log width, log constant).
fn trend(measured: &[Inequality]) -> f64 {
    let points: Vec<(f64, f64)> = WIDTHS
        .iter()
        .zip(measured)
        .map(|(&p, one)| (libm::log(p as f64), libm::log(one.constant())))
        .collect();
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let along: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let square: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let slope = along / square;
    if slope.is_finite() { slope } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    fn tables(learning: &str) -> Result<Vec<LemmaTable>> {
        let text = format!(
            "name = \"lemmas\"\n[data]\nsamples = 4\ninput_dim = 12\ninputs = \"orthonormal\"\n[network]\nwidth = 50\nactivation = \"linear\"\n[learning]\n{learning}\n[run]\nsteps = 60\n"
        );
        let experiment = Experiment::parse(&text, &Overrides::none())?;
        lemma_tables(&experiment, &Sources::default(), None)
    }

    fn trend_of(table: &LemmaTable, key: &str) -> f64 {
        let row = table.rows.iter().find(|row| row.measured[0].key == key);
        row.expect("of the start, so always there").trend
    }

    /// |W'W/p - I| is near 2 sqrt(d/p); the eps of (B.9) as printed falls nearly as 1/p.
    #[test]
    fn the_power_of_epsilon_that_b_9_prints_is_too_good() {
        let table = &tables("step_size = 0.1").unwrap()[0];
        assert!(trend_of(table, "B.9") > 0.1);
        assert!(trend_of(table, "C.2") > 0.1);
        for row in &table.rows {
            if ["B.9", "C.2"].contains(&row.measured[0].key) {
                assert_eq!(row.verdict(), LemmaVerdict::NoConstant);
            }
        }
        assert!(trend_of(table, "B.9sq") < 0.0);
        assert!(trend_of(table, "C.2sq") < 0.0);
        assert_eq!(table.steps, [60; 32]);
    }

    #[test]
    fn a_row_is_judged_by_its_constants_and_their_slope() {
        let verdict = |key, side, constants: [f64; 4]| {
            let at = |left| Inequality {
                key,
                says: "",
                side,
                left,
                right: 1.0,
            };
            let measured = constants.map(at).to_vec();
            let trend = trend(&measured);
            LemmaRow { measured, trend }.verdict()
        };
        // Widths grow by factors of 4: a slope of 0.1 is a factor of 1.149.
        for (key, side, constants, expected) in [
            (
                "B.9",
                Side::AtMost,
                [0.9, 1.0, 0.2, 0.1],
                LemmaVerdict::Holds,
            ),
            (
                "B.9",
                Side::AtMost,
                [3.0, 2.5, 2.0, 1.5],
                LemmaVerdict::HoldsWith(3.0),
            ),
            (
                "B.9",
                Side::AtMost,
                [2.0, 2.2, 2.4, 2.6],
                LemmaVerdict::HoldsWith(2.6),
            ),
            (
                "B.9",
                Side::AtMost,
                [2.0, 2.5, 3.0, 3.8],
                LemmaVerdict::NoConstant,
            ),
            (
                "B.8",
                Side::AtMost,
                [2.0, 2.5, 3.0, 3.8],
                LemmaVerdict::HoldsWith(3.8),
            ),
            (
                "B.21",
                Side::AtLeast,
                [1.0, 1.5, 1.2, 9.0],
                LemmaVerdict::Holds,
            ),
            (
                "B.21",
                Side::AtLeast,
                [0.5, 0.6, 0.7, 0.8],
                LemmaVerdict::HoldsWith(0.5),
            ),
            (
                "B.21",
                Side::AtLeast,
                [0.8, 0.6, 0.5, 0.4],
                LemmaVerdict::NoConstant,
            ),
            (
                "A.4",
                Side::AtMost,
                [2.0, f64::NAN, 1.0, 1.0],
                LemmaVerdict::Undecided,
            ),
            (
                "A.4",
                Side::AtMost,
                [0.5, f64::INFINITY, 1.0, 1.0],
                LemmaVerdict::Undecided,
            ),
            (
                "A.4",
                Side::AtLeast,
                [0.5, -1.0, 0.5, 0.5],
                LemmaVerdict::Undecided,
            ),
        ] {
            assert_eq!(
                verdict(key, side, constants),
                expected,
                "{key} {constants:?}"
            );
        }
    }

    #[test]
    fn of_all_runs_the_worst_is_kept() {
        let at = |left, side| Inequality {
            key: "A.4",
            says: "",
            side,
            left,
            right: 1.0,
        };
        let pick = |a, b, side| worst(vec![at(a, side)], vec![at(b, side)])[0].left;
        assert!((pick(0.3, 0.5, Side::AtMost) - 0.5).abs() < f64::EPSILON);
        assert!((pick(0.5, 0.3, Side::AtMost) - 0.5).abs() < f64::EPSILON);
        assert!((pick(0.5, 0.3, Side::AtLeast) - 0.3).abs() < f64::EPSILON);
        assert!(pick(f64::NAN, 0.3, Side::AtMost).is_nan());
        assert!(pick(0.3, f64::NAN, Side::AtMost).is_nan());
    }

    #[test]
    fn rules_that_no_lemma_speaks_of_are_refused() {
        let error = tables("step_size = 0.1\nrule = \"kolen_pollack\"").unwrap_err();
        assert!(error.to_string().contains("kolen_pollack"), "{error}");
    }
}
