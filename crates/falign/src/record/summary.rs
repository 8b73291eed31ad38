//! `summary.csv` and `runs.csv`: tidy tables of what was measured.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::run_table::{RunTable, SettingRuns};
use crate::observe::{Outcome, Quantity};

/// Columns every table starts with, after which come the swept keys that are not among them.
const LEADING: [&str; 5] = ["activation", "rule", "width", "ridge", "step_size"];

/// Units of each hidden layer, behind the others in every table of deep networks.
const HIDDEN_WIDTHS: &str = "hidden_widths";

/// The setting columns of a table: `case`, the leading ones, `hidden_widths` where there are deep
/// networks, then every swept key.
pub fn setting_columns(table: &RunTable) -> Vec<String> {
    let mut columns = vec!["case".to_owned()];
    columns.extend(LEADING.iter().map(|&c| c.to_owned()));
    let is_deep = |setting: &SettingRuns| setting.columns.contains_key(HIDDEN_WIDTHS);
    if table.settings.iter().any(is_deep) {
        columns.push(HIDDEN_WIDTHS.to_owned());
    }
    for setting in &table.settings {
        for (leaf, _) in &setting.axes {
            if !columns.contains(leaf) {
                columns.push(leaf.clone());
            }
        }
    }
    columns
}

/// In column order, those of single layers last.
fn quantities(table: &RunTable) -> BTreeSet<Quantity> {
    let settings = table.settings.iter();
    settings.flat_map(|s| s.values.keys().copied()).collect()
}

/// A field, quoted where commas or quotes demand it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn number(x: f64) -> String {
    if x.is_finite() {
        format!("{x:?}")
    } else {
        String::new()
    }
}

/// Mean and the rest over runs; quantiles by linear interpolation (NumPy's default).
struct Statistics {
    mean: f64,
    std: f64,
    median: f64,
    q10: f64,
    q90: f64,
}

fn statistics(values: &[f64]) -> Statistics {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |q: f64| {
        if sorted.is_empty() {
            return f64::NAN;
        }
        let place = q * (sorted.len() - 1) as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        let low = place.floor() as usize;
        let high = (low + 1).min(sorted.len() - 1);
        sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
    };
    Statistics {
        mean,
        std: (squares / (n - 1.0)).sqrt(),
        median: quantile(0.5),
        q10: quantile(0.1),
        q90: quantile(0.9),
    }
}

/// Runs that had converged or diverged by a step.
fn counts(setting: &SettingRuns, step: u64) -> (usize, usize) {
    let by = |wanted: fn(&Outcome) -> bool| {
        setting
            .outcomes
            .iter()
            .filter(|o| wanted(o) && o.step().is_some_and(|at| at <= step))
            .count()
    };
    (
        by(|o| matches!(o, Outcome::Converged { .. })),
        by(|o| o.is_diverged()),
    )
}

/// A setting's cells of these columns.
fn labels(setting: &SettingRuns, columns: &[String]) -> String {
    let cells: Vec<String> = columns
        .iter()
        .map(|c| field(setting.column(c).unwrap_or("")))
        .collect();
    cells.join(",")
}

/// One row per setting and recorded step.
///
/// Per quantity: `_mean`, `_std` (ddof 1), `_sem`, `_median`, `_q10`, `_q90`, and for positive
/// quantities `_log10_mean`, `_log10_std`. Where a run has diverged, mean, sd and sem of that
/// row are empty; the median and quantiles are those of the runs that have a value.
pub fn summary_csv(table: &RunTable) -> String {
    let columns = setting_columns(table);
    let quantities = quantities(table);
    let mut text = columns.join(",");
    text.push_str(",step,runs,runs_converged,runs_diverged");
    for q in &quantities {
        for suffix in ["mean", "std", "sem", "median", "q10", "q90"] {
            let _ = write!(text, ",{}_{suffix}", q.name());
        }
        if q.is_positive() {
            let _ = write!(text, ",{0}_log10_mean,{0}_log10_std", q.name());
        }
    }
    text.push('\n');
    for setting in &table.settings {
        let labels = labels(setting, &columns);
        for (row, &step) in setting.steps.iter().enumerate() {
            let (converged, diverged) = counts(setting, step);
            let _ = write!(
                text,
                "{labels},{step},{},{converged},{diverged}",
                setting.runs()
            );
            for &q in &quantities {
                summary_cells(&mut text, setting, q, row);
            }
            text.push('\n');
        }
    }
    text
}

fn summary_cells(text: &mut String, setting: &SettingRuns, q: Quantity, row: usize) {
    let all: Vec<f64> = setting.at(q, row).map(|v| v.to_vec()).unwrap_or_default();
    let present: Vec<f64> = all.iter().copied().filter(|x| !x.is_nan()).collect();
    let whole = present.len() == all.len();
    let s = statistics(&present);
    let only_whole = |x: f64| if whole { number(x) } else { String::new() };
    let sem = s.std / (present.len() as f64).sqrt();
    let _ = write!(
        text,
        ",{},{},{},{},{},{}",
        only_whole(s.mean),
        only_whole(s.std),
        only_whole(sem),
        number(s.median),
        number(s.q10),
        number(s.q90)
    );
    if q.is_positive() {
        let logs: Vec<f64> = present.iter().map(|&x| libm::log10(x)).collect();
        let s = statistics(&logs);
        let _ = write!(text, ",{},{}", only_whole(s.mean), only_whole(s.std));
    }
}

/// One row per setting, run and recorded step.
pub fn runs_csv(table: &RunTable) -> String {
    let columns = setting_columns(table);
    let quantities = quantities(table);
    let mut text = columns.join(",");
    text.push_str(",run,step,outcome,outcome_step");
    for q in &quantities {
        let _ = write!(text, ",{}", q.name());
    }
    text.push('\n');
    for setting in &table.settings {
        let labels = labels(setting, &columns);
        for (run, outcome) in setting.outcomes.iter().enumerate() {
            let at = outcome.step().map(|s| s.to_string()).unwrap_or_default();
            for (row, step) in setting.steps.iter().enumerate() {
                let _ = write!(text, "{labels},{run},{step},{},{at}", outcome.name());
                for q in &quantities {
                    let value = setting.values.get(q).map_or(f64::NAN, |v| v[(run, row)]);
                    let _ = write!(text, ",{}", number(value));
                }
                text.push('\n');
            }
        }
    }
    text
}
