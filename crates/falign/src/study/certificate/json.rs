//! A certificate as JSON, with stable keys.

use serde_json::{Map, Value, json};

use super::SettingCertificate;
use crate::theory::certificate::{Condition, Group, Line};

/// A number for JSON, which has no infinity: a word then.
fn json_number(value: Option<f64>) -> Value {
    match value {
        Some(x) if x.is_infinite() => json!(if x > 0.0 { "inf" } else { "-inf" }),
        other => json!(other),
    }
}

fn lines_json<'a>(lines: impl Iterator<Item = &'a Line>) -> Value {
    let entries = lines.map(|line| {
        let entry = json!({
            "value": json_number(line.value), "basis": line.basis.name(),
            "label": line.label, "note": line.note,
        });
        (line.key.to_owned(), entry)
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

/// Everything, by the keys of `docs/theory.md`.
pub(super) fn certificate(one: &SettingCertificate) -> Value {
    let groups = Group::ALL.into_iter().map(|group| {
        let lines = one
            .certificate
            .lines
            .iter()
            .filter(|line| line.group == group);
        (group.name().to_owned(), lines_json(lines))
    });
    let condition = |c: &Condition| json!({ "key": c.key, "met": c.met.name(), "text": c.text() });
    let statements = one.certificate.statements.iter().map(|s| {
        let entry = json!({
            "name": s.name, "says": s.says, "verdict": s.verdict().name(),
            "constants": s.constants,
            "conditions": s.conditions.iter().map(condition).collect::<Vec<_>>(),
            "sufficient": condition(&s.sufficient),
            "numbers": lines_json(s.lines.iter()),
        });
        (s.key.to_owned(), entry)
    });
    let [n, d, k] = one.sizes;
    json!({
        "case": one.case,
        "rule": one.setting.rule.name(),
        "activation": one.setting.activation.name(),
        "samples": n, "input_dim": d, "outputs": k,
        "width": one.setting.width,
        "step_size": one.resolved.step_size,
        "ridge": one.resolved.ridge,
        "steps": one.resolved.steps,
        "settings_alike": one.alike,
        "summary": one.certificate.summary,
        "remarks": one.certificate.remarks,
        "numbers": Value::Object(groups.collect::<Map<_, _>>()),
        "statements": Value::Object(statements.collect::<Map<_, _>>()),
    })
}
