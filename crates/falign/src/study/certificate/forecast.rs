//! The alignment that is expected at the end of a run: of linear networks by the exact recurrence on
//! drawn starts, else by the limit that applies.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use crate::config::setting::{DatasetScope, TwoLayerSetting};
use crate::math::{Activation, StreamName, Streams};
use crate::measure::Quantity;
use crate::rule::{Feedback, Rule, Schedule};
use crate::simulate::resolve::resolve_watched;
use crate::simulate::sources::Sources;
use crate::simulate::watch::Watch;
use crate::simulate::{Context, Recording, Stop, final_slow_time, remaining, run_engine};
use crate::stage::{Stage, Work};
use crate::theory::certificate::{Certificate, CutoffNeeded, Drawn, Forecast};
use crate::two_layer::{Linear, LinearStart, Needs, Problem};
use crate::{Error, Result};

/// Drawn starts.
const DRAWS: u64 = 20;

/// Multiply-adds that all draws together may take, and again the search for a cutoff: some ten
/// seconds each.
const WORK: f64 = 2e10;

/// Numbers that the data of all draws may have.
const NUMBERS: f64 = 5e7;

/// Samples up to which the slow-time limit is solved: a few seconds.
const MOST_SAMPLES: usize = 30;
/// Samples up to which it is solved for linear networks, which need no particles.
const MOST_LINEAR_SAMPLES: usize = 150;

/// n / sqrt p up to which the lazy limit counts: features hardly move before the errors are gone.
const LAZY: f64 = 0.3;

/// The wanted alignment, unless one is given: this share of the best that is tried.
const WANTED: f64 = 0.9;

/// Cutoffs are tried in these ratios, from step 1 to the end of the run, and then until two are this
/// close.
const LADDER: f64 = 4.0;
const CLOSE: f64 = 1.02;

/// Time constants of the slowest mode after which the errors are gone: by Theorem 4.3 they fall as
/// exp(-eta gamma t/2).
const SETTLED: f64 = 40.0;

/// Subject of a forecast.
pub(super) struct About<'a> {
    pub(super) setting: &'a TwoLayerSetting,
    /// The problem of run 0.
    pub(super) problem: &'a Problem,
    pub(super) steps: u64,
    pub(super) certificate: &'a Certificate,
    /// The wanted alignment, if there is one.
    pub(super) alignment: Option<f64>,
    pub(super) sources: &'a Sources,
    pub(super) watch: &'a Watch,
}

impl<'a> About<'a> {
    fn context(&self) -> Context<'a> {
        Context {
            watch: Some(self.watch),
            ..Context::new(self.sources)
        }
    }
}

pub(super) fn forecast(about: &About<'_>) -> Result<Forecast> {
    let none = |why: &str| {
        Ok(Forecast::None {
            why: why.to_owned(),
        })
    };
    let About {
        setting, problem, ..
    } = about;
    if problem.feedback == Feedback::Transpose {
        return none("it is 1: backpropagation sends errors through beta itself");
    }
    if setting.initial_weights.is_some() {
        return none("the start is given, and not drawn: one run tells");
    }
    if problem.dropout > 0.0 {
        return none("no recurrence and no limit here has dropout");
    }
    if problem.activation == Activation::Linear && can_be_drawn(about) {
        return drawn(about, &draws(about)?);
    }
    limit(about)
}

/// Whether [`DRAWS`] runs like run 0 are within [`WORK`] and [`NUMBERS`].
fn can_be_drawn(about: &About<'_>) -> bool {
    let count = DRAWS as f64;
    let numbers = if has_own_data(about.setting) {
        count * about.problem.inputs.len() as f64
    } else {
        0.0
    };
    count * work(about.problem, about.steps) <= WORK && numbers <= NUMBERS
}

/// Multiply-adds of one linear run.
fn work(problem: &Problem, steps: u64) -> f64 {
    let (n, k) = (problem.samples() as f64, problem.outputs() as f64);
    let width = n + 2.0 * k;
    // Feedback that learns runs on as many rotated units; a start is a factor and eigenvectors.
    let step = match problem.feedback {
        Feedback::Random => n * (n + 20.0) * k,
        _ => 4.0 * n * width * (1.0 + k),
    };
    12.0 * width * width * width + steps as f64 * (step + 200.0)
}

/// One draw of data and start.
struct Draw {
    problem: Arc<Problem>,
    steps: u64,
    start: LinearStart,
}

impl Draw {
    /// Alignment and `P_T` |beta(0)| / |beta(T)| under a schedule.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the watch says so.
    fn end(&self, schedule: Schedule, steps: u64, rule: Stop, watch: &Watch) -> Result<[f64; 2]> {
        let problem = Problem {
            schedule,
            ..(*self.problem).clone()
        };
        let quantities = [Quantity::Alignment, Quantity::OutputNorm];
        let needs = Needs::of(&quantities, false);
        let start = self.start.clone();
        let mut engine =
            watch.prepare(|listener| Linear::with_listener(&problem, start, needs, listener))?;
        let mut rows = Vec::new();
        let ended = run_engine(
            &problem,
            &mut engine,
            Recording {
                steps: &[0, steps],
                quantities: &quantities,
                references: None,
                stop: rule,
                alignment_threshold: 0.0,
                watch: Some(watch),
            },
            &mut |_, values, _| rows.push([values[0], values[1]]),
            &mut |_| !watch.stop.load(Ordering::Relaxed),
        );
        ended.ok_or(Error::Stopped)?;
        let [_, start] = rows[0];
        Ok(match rows[1..] {
            [[alignment, norm], ..] => [alignment, remaining(&problem, &[steps])[0] * start / norm],
            // It diverged.
            [] => [f64::NAN; 2],
        })
    }
}

/// Starts from a separate stream; data of the runs with these numbers, where each run has its own.
fn draws(about: &About<'_>) -> Result<Vec<Draw>> {
    let setting = about.setting;
    let streams = Streams::new(setting.seed, 0);
    let seed = streams.open(StreamName::Forecast).word();
    let first = Arc::new(without_held_out(about.problem.clone()));
    let one = |number: u64| -> Result<Draw> {
        let (problem, steps) = if has_own_data(setting) {
            let draw = setting.draw();
            let (problem, resolved) = resolve_watched(setting, number, draw, about.context())?;
            (Arc::new(without_held_out(problem)), resolved.steps)
        } else {
            (Arc::clone(&first), about.steps)
        };
        Ok(Draw {
            problem,
            steps,
            start: LinearStart::Gram {
                streams: Streams::new(seed, number),
                correlation: setting.feedback_correlation,
            },
        })
    };
    (0..DRAWS).into_par_iter().map(one).collect()
}

fn without_held_out(problem: Problem) -> Problem {
    Problem {
        held_out: None,
        ..problem
    }
}

/// Whether each run draws different data.
fn has_own_data(setting: &TwoLayerSetting) -> bool {
    setting.train_data.is_none() && setting.dataset == DatasetScope::PerRun
}

const NEVER: Stop = Stop {
    tolerance: 0.0,
    window: 1,
};

fn drawn(about: &About<'_>, draws: &[Draw]) -> Result<Forecast> {
    let rule = Stop {
        tolerance: about.setting.stop_tolerance,
        window: about.setting.stop_window,
    };
    let ends = all_ends(draws, about.watch, |draw| {
        draw.end(draw.problem.schedule.clone(), draw.steps, rule, about.watch)
    })?;
    let lost = ends.iter().filter(|[alignment, _]| alignment.is_nan());
    let lost = lost.count();
    if lost > 0 {
        let why =
            format!("{lost} of {DRAWS} drawn starts diverge, or end without an error to send back");
        return Ok(Forecast::None { why });
    }
    let cutoff = Search::new(about, draws).cutoff(about.alignment)?;
    let is_known = about.problem.feedback == Feedback::Random;
    Ok(Forecast::Drawn(Drawn {
        alignment: ends.iter().map(|[alignment, _]| *alignment).collect(),
        initial_share: if is_known {
            ends.iter().map(|[_, share]| *share).collect()
        } else {
            Vec::new()
        },
        what: if has_own_data(about.setting) {
            "data and start"
        } else {
            "the start"
        },
        cutoff,
    }))
}

/// The ends of all draws, of which the watch is told.
fn all_ends(
    draws: &[Draw],
    watch: &Watch,
    end: impl Fn(&Draw) -> Result<[f64; 2]> + Sync,
) -> Result<Vec<[f64; 2]>> {
    watch.prepare(|listener| {
        let stage = |share| Stage::Forecast { share };
        let work = Work::new(listener, draws.len() as f64, &stage);
        work.did(0.0)?;
        let followed = draws.par_iter().map(|draw| {
            let found = end(draw)?;
            work.did(1.0)?;
            Ok(found)
        });
        followed.collect()
    })
}

/// The search for the shortest cutoff.
struct Search<'a> {
    draws: &'a [Draw],
    watch: &'a Watch,
    /// max lambda, as the schedule has it.
    ridge: f64,
    /// Steps after a cutoff in which the errors vanish.
    settling: f64,
    /// Work done so far.
    work: f64,
}

/// A search that cannot go on.
enum Halt {
    Failed(Error),
    TooMuch,
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<'a> Search<'a> {
    fn new(about: &'a About<'_>, draws: &'a [Draw]) -> Self {
        let gamma = about.certificate.value("gamma").unwrap_or(f64::NAN);
        let settling = SETTLED / (about.problem.step_size * gamma);
        // What several outputs send back keeps turning while it vanishes.
        let is_final = about.problem.outputs() == 1 && settling.is_finite();
        Self {
            draws,
            watch: about.watch,
            ridge: about.problem.schedule.max(),
            settling: if is_final { settling } else { f64::INFINITY },
            work: 0.0,
        }
    }

    /// # Errors
    /// [`Error::Stopped`] where the watch says so.
    fn cutoff(&mut self, wanted: Option<f64>) -> Result<CutoffNeeded> {
        let unknown = |why: &str| CutoffNeeded::Unknown {
            why: why.to_owned(),
        };
        if self.ridge <= 0.0 {
            return Ok(unknown("there is no ridge to cut off"));
        }
        match self.search(wanted) {
            Ok(found) => Ok(found),
            Err(Halt::TooMuch) => Ok(unknown("too much work to look for: a run is too long")),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    fn search(&mut self, wanted: Option<f64>) -> std::result::Result<CutoffNeeded, Halt> {
        let steps = self.draws.iter().map(|draw| draw.steps).max().unwrap_or(0) as f64;
        // Each cutoff that is tried, with its alignment: NaN where features grow until it diverges.
        let mut tried: Vec<[f64; 2]> = Vec::new();
        let mut last = 1.0;
        loop {
            tried.push([last, self.alignment(whole(last))?]);
            if last >= steps {
                break;
            }
            last = (LADDER * last).min(steps);
        }
        let best = tried
            .iter()
            .map(|[_, found]| *found)
            .fold(f64::NAN, f64::max);
        let wanted = wanted.unwrap_or(WANTED * best);
        if best.is_nan() || wanted <= 0.0 {
            let why = format!("the best of all cutoffs within the run gives {best:.3}");
            return Ok(CutoffNeeded::Unknown { why });
        }
        let Some(first) = tried.iter().position(|[_, found]| *found >= wanted) else {
            return Ok(CutoffNeeded::Never { wanted, best });
        };
        let mut enough = tried[first][0];
        let mut short = if first > 0 {
            tried[first - 1][0]
        } else {
            enough
        };
        while enough / short > CLOSE && enough - short > 1.0 {
            let middle = (short * enough).sqrt().round();
            let middle = middle.clamp(short + 1.0, enough - 1.0);
            if self.alignment(whole(middle))? < wanted {
                short = middle;
            } else {
                enough = middle;
            }
        }
        Ok(CutoffNeeded::At {
            last_step: whole(enough),
            wanted,
            best,
        })
    }

    /// The mean final alignment with ridge up to step `last`.
    fn alignment(&mut self, last: u64) -> std::result::Result<f64, Halt> {
        let schedule = Schedule::Cutoff {
            ridge: self.ridge,
            last_step: last,
        };
        let horizon = whole((last as f64 + self.settling).min(9e15));
        let steps = |draw: &Draw| draw.steps.min(horizon);
        let of_draws = self
            .draws
            .iter()
            .map(|draw| work(&draw.problem, steps(draw)));
        self.work += of_draws.sum::<f64>();
        if self.work > WORK {
            return Err(Halt::TooMuch);
        }
        let ends = all_ends(self.draws, self.watch, |draw| {
            draw.end(schedule.clone(), steps(draw), NEVER, self.watch)
        })?;
        Ok(ends.iter().map(|[alignment, _]| alignment).sum::<f64>() / ends.len() as f64)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of steps below 9e15"
)]
fn whole(x: f64) -> u64 {
    x.round() as u64
}

/// The limit of infinite width that applies, or why none does.
fn limit(about: &About<'_>) -> Result<Forecast> {
    let none = |why: String| Ok(Forecast::None { why });
    let About {
        setting, problem, ..
    } = about;
    if setting.rule != Rule::FeedbackAlignment {
        return none("no limit here has feedback weights that learn".to_owned());
    }
    let n = problem.samples();
    let value = |key| about.certificate.value(key).unwrap_or(f64::NAN);
    let (decay, wanted) = (value("initial_decay"), value("initial_decay_wanted"));
    if problem.schedule.max() <= 0.0 {
        let root = problem.output_scale * problem.root_width();
        let scale = n as f64 / root;
        if scale > LAZY {
            return none(format!(
                "no limit applies: the slow-time limit needs a ridge, and the lazy limit a small n/sqrt p, which is {scale:.2}"
            ));
        }
        return Ok(Forecast::Limit {
            alignment: setting.feedback_correlation,
            error: scale,
            why:
                "lazy limit: without ridge, and with n/sqrt p small, weights stay near their start"
                    .to_owned(),
        });
    }
    if decay.is_nan() || decay < wanted {
        return none(
            "no limit applies: the ridge has not taken beta(0) away, as the slow-time limit needs, and moves \
             features, which the lazy limit leaves where they are"
                .to_owned(),
        );
    }
    let is_linear = problem.activation == Activation::Linear;
    let most = if is_linear {
        MOST_LINEAR_SAMPLES
    } else {
        MOST_SAMPLES
    };
    if n > most {
        return none(format!(
            "the slow-time limit applies, but takes long with {n} samples; `run.quantities` can have \
             \"composite_alignment\""
        ));
    }
    let found = final_slow_time(setting, about.context(), problem, about.steps)?;
    Ok(Forecast::Limit {
        alignment: found.value,
        error: found.error,
        why: "slow-time limit on the data of run 0: the ridge takes beta(0) away, features move"
            .to_owned(),
    })
}
