//! Results and checkpoints whose bits depend on the machine that made them.

use serde_json::Value;

use super::EngineFamily;

/// Reason why a result or a checkpoint of this family of engines, which says `found` of its machine, is not
/// one that this machine would have made to the last bit.
pub(crate) fn other_arithmetic(family: EngineFamily, found: &Value) -> Option<String> {
    let (found, here) = (found.as_str()?, family.arithmetic()?);
    (found != here).then(|| {
        format!("made where products of matrices are rounded in another way ({found}; here {here})")
    })
}

/// Advice on what to do about it.
pub(crate) const MIX: &str =
    "go on on such a machine, or with --mix: numbers then differ by rounding from either machine's";
