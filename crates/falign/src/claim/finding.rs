//! One comparison of a claim with what was measured.

use crate::config::claim::select::{Labelled, label};
use crate::plan::run_table::SettingRuns;

/// Fewer runs than this decide nothing.
pub(crate) const MIN_RUNS: usize = 3;

/// One comparison of a claim: its distance to failing and what was measured.
pub(crate) struct Finding {
    pub(crate) margin: f64,
    pub(crate) measured: String,
    /// Reason why holding would say nothing, if so.
    pub(crate) doubt: Option<String>,
}

impl Finding {
    pub(crate) fn new(margin: f64, measured: String) -> Self {
        Self {
            margin,
            measured,
            doubt: None,
        }
    }
}

/// `relu, width = 200`, or nothing for an unlabelled setting.
pub fn named(setting: &SettingRuns) -> String {
    label(setting, "", true)
}

/// ` at relu, width = 200`, or nothing for an unlabelled setting.
pub(crate) fn place(setting: &SettingRuns) -> String {
    match named(setting) {
        label if label.is_empty() => label,
        label => format!(" at {label}"),
    }
}

/// Distance to the nearer end, negative outside.
pub(crate) fn inside(value: f64, min: f64, max: f64) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    (value - min).min(max - value)
}

impl Labelled for SettingRuns {
    fn column(&self, name: &str) -> Option<String> {
        self.column(name).map(str::to_owned)
    }
    fn axes(&self) -> &[(String, String)] {
        &self.axes
    }
}
