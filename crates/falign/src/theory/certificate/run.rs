//! Results of a run, next to what the theorems said.

use super::line::{Basis, Group, Line};
use super::start::short;
use super::statement::Verdict;
use super::time::rate;
use super::{Certificate, Setup};

/// Recorded rows of one run; quantities that were not recorded are `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasuredRun {
    /// Recorded steps, ascending.
    pub steps: Vec<u64>,
    /// |e|.
    pub residual_norm: Option<Vec<f64>>,
    /// |e(t)| / |e(t-1)|.
    pub contraction: Option<Vec<f64>>,
    /// Largest |`w_r(t)` - `w_r(0)`|.
    pub hidden_movement_max: Option<Vec<f64>>,
    /// Largest |`beta_r(t)` - `beta_r(0)`|.
    pub output_movement_max: Option<Vec<f64>>,
    /// cos(b, beta).
    pub alignment: Option<Vec<f64>>,
    /// The step at which it diverged.
    pub diverged: Option<u64>,
}

/// Residuals below this share of |y| are rounding, whose ratios mean nothing.
const FLOOR: f64 = 1e-9;

impl Certificate {
    /// The certificate with what a run of the same setup measured.
    #[must_use]
    pub fn with_run(mut self, setup: &Setup<'_>, run: &MeasuredRun) -> Self {
        let line = |key, label: &str| Line::new(Group::Run, key, label, f64::NAN, Basis::Observed);
        let facts = &self.facts;
        let mut lines = vec![self.contraction(setup, run)];
        if facts.ridge > 0.0 {
            lines.extend(self.residual_inequality(setup, run));
        }
        let contradiction = self.contradiction(setup, &lines);
        let largest = |values: &Option<Vec<f64>>| {
            let values = values.as_ref()?;
            values
                .iter()
                .copied()
                .filter(|x| !x.is_nan())
                .reduce(f64::max)
        };
        for (key, label, name, values, scale) in [
            (
                "hidden_movement_max",
                "largest |w_r(t) - w_r(0)|",
                "hidden_movement_max",
                &run.hidden_movement_max,
                "hidden_movement_scale",
            ),
            (
                "output_movement_max",
                "largest |beta_r(t) - beta_r(0)|",
                "output_movement_max",
                &run.output_movement_max,
                "output_movement_scale",
            ),
        ] {
            let line = line(key, label);
            lines.push(match largest(values) {
                None => line.none(format!("record `{name}`")),
                Some(value) => {
                    let note = self.value(scale).map_or_else(String::new, |scale| {
                        format!(
                            "{} of the theorem's scale, {}",
                            short(value / scale),
                            short(scale)
                        )
                    });
                    Line {
                        value: Some(value),
                        note,
                        ..line
                    }
                }
            });
        }
        let last = run
            .alignment
            .as_ref()
            .and_then(|values| values.last().copied());
        let alignment = line("final_alignment", "cos(b, beta) at the end");
        lines.push(match last {
            Some(value) if !value.is_nan() => Line {
                value: Some(value),
                note: self.against_forecast(value),
                ..alignment
            },
            _ => alignment.none("not recorded, or the run diverged"),
        });
        if let Some(step) = run.diverged {
            let diverged = line("diverged_step", "step at which the run diverged");
            let note = self
                .value("late_divergence_step")
                .map_or_else(String::new, |from| {
                    format!("unstable from step {from:.0} by the slow-time limit")
                });
            lines.push(Line {
                value: Some(step as f64),
                note,
                ..diverged
            });
        }
        self.lines.extend(lines);
        if let Some(found) = contradiction {
            let about = ["theorem_3_2", "theorem_4_2", "theorem_4_3"];
            for statement in &mut self.statements {
                if about.contains(&statement.key) && statement.verdict() == Verdict::Met {
                    statement.contradicted(found.clone());
                }
            }
        }
        self
    }

    /// A run's last alignment in standard deviations from the forecast, in words.
    fn against_forecast(&self, value: f64) -> String {
        let mean = self.value("predicted_alignment");
        let spread = self.value("predicted_alignment_spread");
        match (mean, spread) {
            (Some(mean), Some(spread)) if spread > 0.0 => format!(
                "{:+.1} standard deviations from the predicted mean",
                (value - mean) / spread
            ),
            _ => String::new(),
        }
    }

    /// Evidence, if any, that the run breaks what the convergence theorems say of each step: `measured`
    /// are its contraction and, under ridge, the excess of (4.2) or (4.3).
    fn contradiction(&self, setup: &Setup<'_>, measured: &[Line]) -> Option<String> {
        let worst = measured.last()?.value?;
        let bound = 1.0 - rate(setup, &self.facts)? * self.facts.eta * self.facts.gamma;
        if self.facts.ridge > 0.0 {
            let excess = short(worst);
            (worst > 1.0).then(|| format!("excess {excess} over eta lambda |y| in run 0"))
        } else {
            (worst > bound).then(|| {
                let (worst, bound) = (short(worst), short(bound));
                format!("a step of run 0 with |e(t+1)| = {worst} |e(t)|, beyond {bound}")
            })
        }
    }

    /// The worst contraction of a step, or of a step on average between recorded ones.
    fn contraction(&self, setup: &Setup<'_>, run: &MeasuredRun) -> Line {
        let line = Line::new(
            Group::Run,
            "worst_contraction",
            "largest |e(t+1)| / |e(t)|",
            f64::NAN,
            Basis::Observed,
        );
        let Some((worst, single)) = self.worst_contraction(run) else {
            return line.none("record `contraction` or `residual_norm`");
        };
        let mut note = if single {
            "of recorded steps".to_owned()
        } else {
            "mean of steps between records".to_owned()
        };
        if let (Some(rate), true) = (rate(setup, &self.facts), self.facts.ridge <= 0.0) {
            let bound = 1.0 - rate * self.facts.eta * self.facts.gamma;
            let word = if worst <= bound { "within" } else { "beyond" };
            note = format!("{note}; {word} the theorem's bound");
        }
        Line {
            value: Some(worst),
            note,
            ..line
        }
    }

    /// The value, and whether it is that of single steps.
    fn worst_contraction(&self, run: &MeasuredRun) -> Option<(f64, bool)> {
        let floor = FLOOR * self.facts.target_norm;
        let above = |row: usize| {
            let norms = run.residual_norm.as_ref();
            norms.is_none_or(|norms| norms[row] > floor)
        };
        let top =
            |values: &mut dyn Iterator<Item = f64>| values.filter(|x| !x.is_nan()).reduce(f64::max);
        if let Some(values) = &run.contraction {
            let rows = values.iter().enumerate().filter(|(row, _)| above(*row));
            return Some((top(&mut rows.map(|(_, x)| *x))?, true));
        }
        let norms = run.residual_norm.as_ref()?;
        let pairs = (1..norms.len()).filter(|row| above(*row));
        let mut ratios = pairs.map(|row| {
            let steps = (run.steps[row] - run.steps[row - 1]) as f64;
            libm::pow(norms[row] / norms[row - 1], 1.0 / steps)
        });
        let single = run.steps.windows(2).all(|pair| pair[1] == pair[0] + 1);
        Some((top(&mut ratios)?, single))
    }

    /// (4.2) or (4.3) at each recorded step: its left side beyond the contracted residual, in units
    /// of eta lambda |y|; at most 1 if it holds.
    fn residual_inequality(&self, setup: &Setup<'_>, run: &MeasuredRun) -> Option<Line> {
        let rate = rate(setup, &self.facts)?;
        let line = Line::new(
            Group::Run,
            "residual_inequality",
            if self.facts.is_linear {
                "(4.3): excess over eta lambda |y|, at most 1"
            } else {
                "(4.2): excess over eta lambda |y|, at most 1"
            },
            f64::NAN,
            Basis::Observed,
        );
        let (Some(norms), Some(ratios)) = (&run.residual_norm, &run.contraction) else {
            return Some(line.none("record `contraction` and `residual_norm`"));
        };
        let (eta, gamma) = (self.facts.eta, self.facts.gamma);
        let rows = (0..norms.len()).filter(|row| run.steps[*row] > 0);
        let excess = rows.filter_map(|row| {
            let lambda = setup.schedule.value(run.steps[row] - 1);
            let before = norms[row] / ratios[row];
            let kept = 1.0 - eta * rate * gamma - eta * lambda;
            let value = (norms[row] - kept * before) / (eta * lambda * self.facts.target_norm);
            (lambda > 0.0 && value.is_finite()).then_some(value)
        });
        let Some(worst) = excess.reduce(f64::max) else {
            return Some(line.none("no recorded step has a ridge"));
        };
        Some(Line {
            value: Some(worst),
            note: if worst <= 1.0 {
                "holds at recorded steps"
            } else {
                "does not hold"
            }
            .to_owned(),
            ..line
        })
    }
}
