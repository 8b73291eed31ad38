//! A fresh copy of a rule that is put where another one stands goes on as that one.

use serde_json::Value;

use super::determinism::is_same_state;
use super::report::{Check, Question};
use super::subject::{Audited, Purpose};
use crate::Result;
use crate::network::checkpoint::Part;
use crate::network::tensor_file::TensorFile;

const QUESTION: Question = Question {
    name: "checkpoint",
    meaning: "a fresh copy that gets the feedback weights and the state of another goes on alike, to the bit",
};

/// Steps before the checkpoint, and after it.
const STEPS: u64 = 5;

/// Whether all that a rule's later steps depend on is in a checkpoint: what its version promises.
///
/// # Errors
/// As [`audit`](fn@super::audit).
pub(crate) fn checkpoint(subject: &Audited<'_>) -> Result<Check> {
    let subject = &subject.at_stable_step_size()?;
    let mut noise = Purpose::Steps.open();
    let mut stopped = subject.network();
    for _ in 0..STEPS {
        subject.step(&mut stopped, &mut noise);
    }
    let mut file = TensorFile::new(Value::Null);
    stopped.save(Part::Everything, &mut file);
    let mut resumed = subject.network();
    if let Err(misfit) = resumed.restore(Part::Everything, STEPS, &file) {
        return Ok(QUESTION.decided(false, format!("a checkpoint does not fit: {misfit}")));
    }
    let mut same_noise = noise.clone();
    for _ in 0..STEPS {
        subject.step(&mut stopped, &mut noise);
        subject.step(&mut resumed, &mut same_noise);
    }
    let is_same = is_same_state(&stopped, &resumed);
    let note = if is_same {
        format!("{STEPS} steps before and {STEPS} after a checkpoint")
    } else {
        "something that later steps depend on is neither in `feedback` nor in `state`".to_owned()
    };
    Ok(QUESTION.decided(is_same, note))
}
