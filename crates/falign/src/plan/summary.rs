//! `summary.csv`: a tidy table of statistics over runs.

use super::cells::Cells;
use super::run_table::{RunTable, SettingRuns};
use crate::math::statistics::{deviation, mean, quantiles};
use crate::measure::Quantity;
use crate::simulate::Outcome;

/// Empty where there is no finite number.
pub(super) fn number(x: f64) -> String {
    if x.is_finite() {
        format!("{x:?}")
    } else {
        String::new()
    }
}

/// Runs that had converged or diverged by their own step of a row.
fn counts(setting: &SettingRuns, row: usize) -> (usize, usize) {
    let by = |wanted: fn(&Outcome) -> bool| {
        let runs = setting.outcomes.iter().zip(setting.run_steps.column(row));
        runs.filter(|&(o, &step)| wanted(o) && o.step().is_some_and(|at| at <= step))
            .count()
    };
    (
        by(|o| matches!(o, Outcome::Converged { .. })),
        by(|o| o.is_diverged()),
    )
}

/// One row per setting and recorded step.
///
/// Per quantity: `_mean`, `_std` (ddof 1), `_sem`, `_median`, `_q10`, `_q90`, and for positive
/// quantities `_log10_mean`, `_log10_std`. Where a run has diverged, mean, sd and sem of that
/// row are empty; the median and quantiles are those of the runs that have a value. Where runs
/// of any setting differ in their steps, `step` is the mean over runs, and `step_min` and
/// `step_max` follow it.
pub fn summary_csv(table: &RunTable) -> String {
    let columns = table.columns();
    let quantities = table.quantities();
    let has_own_steps = table.settings.iter().any(SettingRuns::has_own_steps);
    let mut cells = Cells::new();
    cells.all(&columns);
    cells.add("step");
    if has_own_steps {
        cells.all(["step_min", "step_max"]);
    }
    cells.all(["runs", "runs_converged", "runs_diverged"]);
    for q in &quantities {
        for suffix in ["mean", "std", "sem", "median", "q10", "q90"] {
            cells.add(format!("{}_{suffix}", q.name()));
        }
        if q.is_positive() {
            cells.all(["mean", "std"].map(|suffix| format!("{}_log10_{suffix}", q.name())));
        }
    }
    cells.end_row();
    for setting in &table.settings {
        let labels = setting.labels(&columns);
        for (row, &step) in setting.steps.iter().enumerate() {
            cells.all(&labels);
            cells.add(step.to_string());
            if has_own_steps {
                let own = setting.run_steps.column(row);
                let ends = [own.iter().min(), own.iter().max()];
                cells.all(ends.map(|end| end.unwrap_or(&step).to_string()));
            }
            let (converged, diverged) = counts(setting, row);
            cells.all([setting.runs(), converged, diverged].map(|count| count.to_string()));
            for &q in &quantities {
                summarise(&mut cells, setting, q, row);
            }
            cells.end_row();
        }
    }
    cells.into_text()
}

fn summarise(cells: &mut Cells, setting: &SettingRuns, q: Quantity, row: usize) {
    let all: Vec<f64> = setting.at(q, row).map(|v| v.to_vec()).unwrap_or_default();
    let present: Vec<f64> = all.iter().copied().filter(|x| !x.is_nan()).collect();
    let whole = present.len() == all.len();
    let only_whole = |x: f64| if whole { number(x) } else { String::new() };
    let std = deviation(&present);
    let sem = std / (present.len() as f64).sqrt();
    cells.all([mean(&present), std, sem].map(only_whole));
    cells.all(quantiles(&present, [0.5, 0.1, 0.9]).map(number));
    if q.is_positive() {
        let logs: Vec<f64> = present.iter().map(|&x| libm::log10(x)).collect();
        cells.all([mean(&logs), deviation(&logs)].map(only_whole));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::{Array2, array};

    use super::*;
    use crate::plan::run_rows::runs_csv;

    /// Rounding of a few sums.
    const ROUNDING: f64 = 1e-14;

    /// Four runs: one converges and one diverges at step 10, one stalls.
    fn four_runs() -> SettingRuns {
        let nan = f64::NAN;
        let loss = array![[1.0, 1.0], [2.0, 2.0], [4.0, 4.0], [8.0, nan]];
        SettingRuns {
            case: "a, b".to_owned(),
            columns: BTreeMap::from([("width".to_owned(), "40".to_owned())]),
            steps: vec![0, 10],
            run_steps: Array2::from_shape_fn((4, 2), |(_, row)| 10 * row as u64),
            values: BTreeMap::from([(Quantity::Alignment, -loss.clone()), (Quantity::Loss, loss)]),
            outcomes: vec![
                Outcome::Converged { step: 10 },
                Outcome::Stalled { step: 0 },
                Outcome::Finished,
                Outcome::Diverged { step: 10 },
            ],
            ..SettingRuns::default()
        }
    }

    fn table(settings: Vec<SettingRuns>) -> RunTable {
        RunTable { settings }
    }

    /// The cells of one column.
    fn column(csv: &str, name: &str) -> Vec<String> {
        let mut lines = csv.lines();
        let head = lines.next().unwrap();
        let at = head.split(',').position(|cell| cell == name);
        let at = at.unwrap_or_else(|| panic!("no column {name}: {head}"));
        // The case's comma does not count.
        let cells = |line: &str| {
            line.replace("a, b", "ab")
                .split(',')
                .nth(at)
                .map(str::to_owned)
        };
        lines.map(|line| cells(line).unwrap()).collect()
    }

    #[track_caller]
    fn assert_near(cell: &str, wanted: f64) {
        let is: f64 = cell.parse().unwrap();
        assert!((is - wanted).abs() < ROUNDING, "{is} for {wanted}");
    }

    #[test]
    fn every_statistic_is_the_one_worked_out_by_hand() {
        let csv = summary_csv(&table(vec![four_runs()]));
        let cell = |name: &str, row: usize| column(&csv, name)[row].clone();
        // Of 1, 2, 4 and 8: squares of distances sum to 28.75.
        let std = (28.75f64 / 3.0).sqrt();
        for (name, wanted) in [
            ("loss_mean", 3.75),
            ("loss_std", std),
            ("loss_sem", std / 2.0),
            ("loss_median", 3.0),
            ("loss_q10", 1.3),
            ("loss_q90", 6.8),
            ("loss_log10_mean", 1.5 * 2f64.log10()),
            ("loss_log10_std", (5.0f64 / 3.0).sqrt() * 2f64.log10()),
            ("alignment_mean", -3.75),
            ("alignment_q10", -6.8),
        ] {
            assert_near(&cell(name, 0), wanted);
        }
        // A run without a value leaves the quantiles of the others: of 1, 2 and 4.
        for name in [
            "loss_mean",
            "loss_std",
            "loss_sem",
            "loss_log10_mean",
            "loss_log10_std",
        ] {
            assert_eq!(cell(name, 1), "", "{name}");
        }
        for (name, wanted) in [("loss_median", 2.0), ("loss_q10", 1.2), ("loss_q90", 3.6)] {
            assert_near(&cell(name, 1), wanted);
        }
        assert!(
            !csv.contains("alignment_log10") && !csv.contains("step_min"),
            "{csv}"
        );
        assert_eq!(column(&csv, "runs"), ["4", "4"]);
        assert_eq!(column(&csv, "width"), ["40", "40"]);
    }

    #[test]
    fn a_run_has_ended_at_the_very_step_of_its_end() {
        let csv = summary_csv(&table(vec![four_runs()]));
        assert_eq!(column(&csv, "runs_converged"), ["0", "1"]);
        assert_eq!(column(&csv, "runs_diverged"), ["0", "1"]);
    }

    #[test]
    fn runs_with_steps_of_their_own_keep_them() {
        let mut own = four_runs();
        // The last run's horizon is three times as far: it diverges at 20, past the mean of 15.
        own.steps = vec![0, 15];
        own.run_steps.row_mut(3).assign(&array![0, 30]);
        own.outcomes[3] = Outcome::Diverged { step: 20 };
        assert!(own.has_own_steps() && !four_runs().has_own_steps());
        let both = table(vec![own, four_runs()]);
        let csv = summary_csv(&both);
        assert_eq!(column(&csv, "step"), ["0", "15", "0", "10"]);
        assert_eq!(column(&csv, "step_min"), ["0", "10", "0", "10"]);
        assert_eq!(column(&csv, "step_max"), ["0", "30", "0", "10"]);
        assert_eq!(column(&csv, "runs_diverged"), ["0", "1", "0", "1"]);
        let csv = runs_csv(&both);
        assert_eq!(
            column(&csv, "step")[..8],
            ["0", "10", "0", "10", "0", "10", "0", "30"]
        );
        assert_eq!(column(&csv, "outcome_step")[6..8], ["20", "20"]);
        assert_eq!(column(&csv, "loss")[6..8], ["8.0", ""]);
    }
}
