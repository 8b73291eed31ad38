//! Checks of recorded theory: settings that the limits and (B.5) cover.

use super::{is_ridgeless, refuse};
use crate::Result;
use crate::config::setting::{Engine, Keys};
use crate::measure::Limit;
use crate::rule::{Feedback, Rule};

/// Refuses quantities of the theory for settings that it does not speak of.
pub(super) fn check(s: &Keys) -> Result<()> {
    for &quantity in &s.quantities {
        let why = if quantity.needs().shares {
            no_shares(s)
        } else if let Some(limit) = quantity.limit() {
            no_prediction(s, limit)?
        } else {
            None
        };
        if let Some(why) = why {
            return refuse("quantities", format!("\"{quantity}\""), why);
        }
    }
    Ok(())
}

/// Reason why a setting has no shares of beta, if it has none.
fn no_shares(s: &Keys) -> Option<String> {
    if s.rule != Rule::FeedbackAlignment {
        return Some(format!(
            "is the decomposition (B.5) of feedback alignment; \"{}\" has none",
            s.rule.name()
        ));
    }
    (s.engine != Engine::Linear).then(|| {
        "needs run.engine = \"linear\": linear networks without dropout have this decomposition"
            .to_owned()
    })
}

/// Reason why no limit applies to a setting, if none does.
fn no_prediction(s: &Keys, limit: Limit) -> Result<Option<String>> {
    let is_slow_time = limit == Limit::SlowTime;
    if s.dropout > 0.0 {
        let why = "is of a limit without dropout; set learning.dropout = 0";
        return Ok(Some(why.to_owned()));
    }
    if s.initial_weights.is_some() {
        let why = "is of a limit that starts from drawn weights; remove network.initial_weights";
        return Ok(Some(why.to_owned()));
    }
    let covered = match s.rule.feedback() {
        Some(Feedback::Random) => true,
        Some(Feedback::Transpose) => !is_slow_time,
        _ => false,
    };
    if !covered {
        let rules = if is_slow_time {
            "\"feedback_alignment\""
        } else {
            "\"feedback_alignment\" and \"backpropagation\""
        };
        let rule = s.rule.name();
        let why = format!("is of a limit of {rules}, not of \"{rule}\"");
        return Ok(Some(why));
    }
    Ok((is_slow_time && is_ridgeless(s)?).then(|| {
        "is of a limit that ridge makes; without it there is none; set learning.ridge above 0"
            .to_owned()
    }))
}
