//! Claims tested on recorded runs: findings, and the verdict that the worst of them gives.
//!
//! Too little to decide on is never a pass.

mod compare;
mod curve;
mod evaluate;
mod finding;
mod quantity;
mod reference;
pub mod stored;
mod student;
#[cfg(test)]
mod tests;

pub use evaluate::Verdict;
pub use finding::named;

/// Verdicts as a list of objects, as programs are told of them.
pub fn json(verdicts: &[Verdict]) -> serde_json::Value {
    let one = |v: &Verdict| {
        serde_json::json!({
            "id": v.id, "verdict": v.name(), "passed": v.passed, "undecidable": v.undecidable,
            "measured": v.measured, "wanted": v.wanted,
            "margin": v.margin.is_finite().then_some(v.margin),
        })
    };
    verdicts.iter().map(one).collect()
}
