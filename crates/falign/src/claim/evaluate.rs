//! Tests a claim on recorded runs.

use super::finding::{Finding, MIN_RUNS, place};
use super::{compare, curve, quantity, reference};
use crate::config::claim::{At, Bound, Claim, Test};
use crate::measure::Quantity;
use crate::plan::run_table::{RunTable, SettingRuns};

/// The result of testing one claim.
///
/// # Example
/// ```
/// use falign::experiment::{Experiment, Overrides, check, run};
/// let text = r#"
/// name = "claims"
/// network.width = 20
/// run = { steps = 50, runs = 3 }
/// learning.step_size = 1e-3
/// [[claim]]
/// id = "small"
/// text = "The loss is below a hundred million."
/// source = "this example"
/// quantity = "loss"
/// kind = "between"
/// max = 1e8
/// "#;
/// let experiment = Experiment::parse(text, &Overrides::none())?;
/// let verdicts = check(&experiment, &run(&experiment)?);
/// assert_eq!((verdicts[0].id.as_str(), verdicts[0].name()), ("small", "passed"));
/// assert!(verdicts[0].margin > 0.0); // distance to failing
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The claim.
    pub id: String,
    /// Whether it holds. An undecidable claim does not.
    pub passed: bool,
    /// Reason why nothing can be decided, if so: nothing to compare, or too little to notice a
    /// difference by.
    pub undecidable: Option<String>,
    /// The measured value, where it is nearest to failing.
    pub measured: String,
    /// The value that the claim asks for.
    pub wanted: String,
    /// Distance to failing in the unit of `wanted`; negative where the claim fails, NaN where
    /// nothing can be decided.
    pub margin: f64,
}

impl Verdict {
    /// `passed`, `failed` or `undecided`.
    pub fn name(&self) -> &'static str {
        match (&self.undecidable, self.passed) {
            (Some(_), _) => "undecided",
            (None, true) => "passed",
            (None, false) => "failed",
        }
    }
}

impl Claim {
    /// Tests the claim on recorded runs: every selected setting, group or row must hold.
    ///
    /// # Panics
    /// If the table's arrays do not have one row per run, which the collecting code ensures.
    pub fn evaluate(&self, table: &RunTable) -> Verdict {
        self.evaluate_among(table, 1)
    }

    /// Evaluates as [`evaluate`](Self::evaluate) does, as one of so many claims [with a level](Self::has_level)
    /// that are checked together: the chance that any of them fails although all are true is at
    /// most their level.
    ///
    /// # Panics
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_among(&self, table: &RunTable, claims: usize) -> Verdict {
        let verdict = |passed, undecidable, measured, margin| Verdict {
            id: self.id.clone(),
            passed,
            undecidable,
            measured,
            wanted: self.wanted(),
            margin,
        };
        let mut doubt = None;
        let worst = self.findings(table, claims).and_then(|mut findings| {
            doubt = findings.iter_mut().find_map(|finding| finding.doubt.take());
            let worst = findings.into_iter().min_by(|a, b| {
                // A missing value is worse than any failure.
                let is_known = |finding: &Finding| !finding.margin.is_nan();
                let by_margin = a.margin.total_cmp(&b.margin);
                is_known(a).cmp(&is_known(b)).then(by_margin)
            });
            worst
                .filter(|finding| !finding.margin.is_nan())
                .ok_or_else(|| "a value is missing (NaN)".to_owned())
        });
        match worst {
            Err(reason) => verdict(false, Some(reason), String::new(), f64::NAN),
            Ok(worst) => {
                let holds = self.holds(worst.margin);
                match doubt.filter(|_| holds) {
                    None => verdict(holds, None, worst.measured, worst.margin),
                    doubt => verdict(false, doubt, worst.measured, f64::NAN),
                }
            }
        }
    }

    /// A trend must exceed its standard errors; the other bounds are inclusive.
    fn holds(&self, margin: f64) -> bool {
        match self.test {
            Test::Monotone { .. } => margin > 0.0,
            _ => margin >= 0.0,
        }
    }

    fn findings(&self, table: &RunTable, claims: usize) -> Result<Vec<Finding>, String> {
        let selected = self.selected(&table.settings);
        if selected.is_empty() {
            return Err("`where` selects no recorded setting".to_owned());
        }
        for index in &selected {
            self.usable(&table.settings[*index])?;
        }
        match &self.test {
            Test::Between { .. } => compare::between(self, table, &selected),
            Test::Monotone { .. } => compare::monotone(self, table, &selected),
            Test::Slope { over, min, max } => {
                compare::slope(self, table, &selected, over, *min, *max)
            }
            Test::Geometric { .. } => curve::geometric(self, table, &selected),
            Test::Plateau { tolerance, min } => {
                curve::plateau(self, table, &selected, *tolerance, *min)
            }
            Test::NearValue { .. } => compare::near_value(self, table, &selected),
            Test::NearQuantity { .. } => quantity::near(self, table, &selected),
            Test::NearReference { bound, .. } => {
                reference::near(self, table, &selected, *bound, claims)
            }
        }
    }

    /// Refuses settings with too few runs or with divergence that the claim does not allow.
    fn usable(&self, setting: &SettingRuns) -> Result<(), String> {
        let diverged = setting.diverged();
        let runs = setting.runs();
        if diverged > 0 && !self.allow_divergence {
            return Err(format!(
                "{diverged} of {runs} runs diverged{}",
                place(setting)
            ));
        }
        if runs - diverged < MIN_RUNS {
            return Err(format!(
                "only {} usable runs{}; a claim needs {MIN_RUNS}",
                runs - diverged,
                place(setting)
            ));
        }
        if !setting.values.contains_key(&self.quantity) {
            return Err(format!(
                "{} is not recorded{}",
                self.quantity.name(),
                place(setting)
            ));
        }
        Ok(())
    }

    /// Indices of the recorded rows from a step on, or of the one that the claim is about.
    pub(crate) fn rows(
        &self,
        setting: &SettingRuns,
        from_step: Option<u64>,
    ) -> Result<Vec<usize>, String> {
        let Some(from) = from_step else {
            return Ok(vec![Self::row(setting, self.step)?]);
        };
        let late = |row: &usize| setting.steps[*row] >= from;
        let rows: Vec<usize> = (0..setting.steps.len()).filter(late).collect();
        if rows.is_empty() {
            let place = place(setting);
            return Err(format!("no step from {from} on is recorded{place}"));
        }
        Ok(rows)
    }

    /// Index of the recorded row at `at`.
    pub(crate) fn row(setting: &SettingRuns, at: At) -> Result<usize, String> {
        match at {
            At::Last => setting.steps.len().checked_sub(1),
            At::Step(step) => setting.steps.binary_search(&step).ok(),
        }
        .ok_or_else(|| match at {
            At::Last => format!("no step is recorded{}", place(setting)),
            At::Step(step) => format!("step {step} is not recorded{}", place(setting)),
        })
    }

    /// Values of the runs that did not diverge, in order of the runs, at one recorded row.
    pub(crate) fn values_at(&self, setting: &SettingRuns, at: At) -> Result<Vec<f64>, String> {
        let row = Self::row(setting, at)?;
        Ok(self.column(setting, row).into_iter().flatten().collect())
    }

    /// One entry per run; `None` where it diverged.
    pub(crate) fn column(&self, setting: &SettingRuns, row: usize) -> Vec<Option<f64>> {
        Self::column_of(self.quantity, setting, row)
    }

    /// Values of any quantity: one entry per run; `None` where it diverged.
    pub(crate) fn column_of(
        quantity: Quantity,
        setting: &SettingRuns,
        row: usize,
    ) -> Vec<Option<f64>> {
        let values = setting.at(quantity, row);
        let of_run = |run: usize| values.as_ref().and_then(|v| v.get(run)).copied();
        setting
            .outcomes
            .iter()
            .enumerate()
            .map(|(run, outcome)| (!outcome.is_diverged()).then(|| of_run(run).unwrap_or(f64::NAN)))
            .collect()
    }

    fn wanted(&self) -> String {
        let name = self.quantity.name();
        match &self.test {
            Test::Between {
                min,
                max,
                each_run,
                from_step,
            } => {
                let (what, each) = if *each_run {
                    ("", ", in every run")
                } else {
                    ("mean ", "")
                };
                let when = since(*from_step);
                format!("{what}{name} {}{each}{when}", interval(*min, *max))
            }
            Test::Monotone {
                over,
                increasing,
                z,
                from_step,
            } => {
                let word = if *increasing {
                    "increases"
                } else {
                    "decreases"
                };
                let when = since(*from_step);
                format!(
                    "{name} {word} with each level of {over} by more than {z} standard errors{when}"
                )
            }
            Test::Slope { over, min, max } => {
                format!("slope of log {name} on log {over} {}", interval(*min, *max))
            }
            Test::Geometric {
                min_r2,
                min_rate,
                max_rate,
                ..
            } => format!(
                "ln {name} falls on a line with r^2 of at least {min_r2}, per step {}",
                interval(*min_rate, *max_rate)
            ),
            Test::Plateau { tolerance, min } => {
                let least = if *min > f64::NEG_INFINITY {
                    format!(", at least {min}")
                } else {
                    String::new()
                };
                format!("{name} within {tolerance} (relative) of its last quarter's median{least}")
            }
            Test::NearValue {
                value,
                tolerance,
                deviations,
            } => {
                let spread = if *deviations > 0.0 {
                    format!(
                        ", or {deviations} standard deviations of the runs where those are more"
                    )
                } else {
                    String::new()
                };
                format!("mean {name} within {tolerance}{spread} of {value}")
            }
            Test::NearQuantity {
                other,
                tolerance,
                is_relative,
                z,
                each_run,
                from_step,
            } => {
                let what = if *each_run { "" } else { "mean " };
                let how = if *is_relative { " (relative)" } else { "" };
                let errors = if *z > 0.0 {
                    format!(" and {z} standard errors")
                } else {
                    String::new()
                };
                let when = since(*from_step);
                let each = if *each_run { ", in every run" } else { "" };
                format!("{what}{name} within {tolerance}{how}{errors} of {other}{each}{when}")
            }
            Test::NearReference { bound, .. } => match bound {
                Bound::Errors(z) => {
                    format!("mean {name} within {z} combined standard errors of the reference")
                }
                Bound::Level(level) => format!(
                    "mean {name} no further from the reference than by chance, at the level {level} over all comparisons of the check"
                ),
            },
        }
    }
}

/// `, at every recorded step from 1 on`, or nothing where one step is meant.
fn since(from_step: Option<u64>) -> String {
    from_step.map_or_else(String::new, |step| {
        format!(", at every recorded step from {step} on")
    })
}

fn interval(min: f64, max: f64) -> String {
    match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("from {min} to {max}"),
        (true, false) => format!("at least {min}"),
        _ => format!("at most {max}"),
    }
}
