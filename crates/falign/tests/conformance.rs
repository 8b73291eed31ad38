//! One table: every rule of deep networks learns, has its shapes, repeats itself to the bit, goes
//! on from a checkpoint, and is what it is called.

use std::fmt::Write as _;

use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::rule::{FeedbackWeights, RuleKind};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::{RunResult, SavedWeights};
use falign::internal::study::audit::{Limits, audit_rules};
use falign::measure::Quantity;
use falign::rule::{Rule, SignalPath};

use crate::support::deep::{bits, run, run_until, setting};

/// Three classes of overlapping images, two hidden layers.
const TASK: &str = r#"
name = "task"
[data]
labelled = "generated_images"
samples = 240
held_out = 120
input_dim = 16
outputs = 3
[network]
activation = "tanh"
hidden_widths = [12, 9]
biases = true
initialisation = "xavier"
[learning]
batch = 20
step_size = 0.1
feedback_step_size = 0.02
feedback_decay = 0.02
[run]
seed = 2
epochs = 15
record = { every_epochs = 1 }
quantities = ["loss", "test_accuracy", "alignment"]
save_weights = "final"
"#;

/// Names of arrays in a weights file, and their shapes, as they must be for this rule.
fn shapes(rule: &Rule) -> Vec<(String, Vec<usize>)> {
    let layers = [(12, 16), (9, 12), (3, 9)];
    let mut all = Vec::new();
    for (at, (units, inputs)) in layers.into_iter().enumerate() {
        all.push((format!("layers.{at}.bias"), vec![units]));
        all.push((format!("layers.{at}.weight"), vec![units, inputs]));
    }
    if let Some(RuleKind::Family(composition)) = rule.kind()
        && composition.feedback != FeedbackWeights::Transpose
    {
        let is_direct = composition.path == SignalPath::Direct;
        let above = if is_direct { [3, 3] } else { [9, 3] };
        for (at, (rows, columns)) in above.into_iter().zip([12, 9]).enumerate() {
            all.push((format!("feedback.{at}"), vec![rows, columns]));
        }
    }
    all.sort();
    all
}

fn has_shapes(rule: &Rule, result: &RunResult) -> bool {
    let Some(SavedWeights::Deep(file)) = &result.weights[1] else {
        return false;
    };
    let found = file.names().map(|name| {
        let (shape, values) = file.get(name).expect("a distinct name");
        assert!(values.iter().all(|x| x.is_finite()), "{rule:?} {name}");
        (name.to_owned(), shape.to_vec())
    });
    found.collect::<Vec<_>>() == shapes(rule)
}

fn value(setting: &Setting, result: &RunResult, quantity: Quantity) -> f64 {
    let at = setting.quantities.iter().position(|q| *q == quantity);
    result.rows.values[result.rows.values.len() - 1][at.expect("it is recorded")]
}

#[test]
fn every_rule_conforms() {
    let folder = std::env::temp_dir().join(format!("falign-conformance-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut table = format!(
        "{:<34}{:>10}{:>8}  shapes  same  resumed  audit\n",
        "rule", "accuracy", "loss"
    );
    let mut wrong = Vec::new();
    for rule in Rule::ALL.iter().filter(|rule| rule.kind().is_some()) {
        // A rule that learns by trial needs small steps.
        let is_trial = rule.kind().is_some_and(RuleKind::is_trial);
        let step = if is_trial { "0.01" } else { "0.1" };
        let set = [
            format!("learning.rule={}", rule.name()),
            format!("learning.step_size={step}"),
        ];
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        let one = setting(TASK, &set);
        let result = run(&one, 0);
        let accuracy = value(&one, &result, Quantity::TestAccuracy);
        let loss = value(&one, &result, Quantity::Loss);
        // Guessing has an accuracy of 1/3 and a loss of ln 3.
        let learns = if is_trial {
            loss < 0.95 * result.rows.values[1][0]
        } else {
            accuracy > 0.8 && loss < 0.6
        };
        let path = folder.join(format!("{}.safetensors", rule.name()));
        assert!(run_until(&one, &path, 77).is_none(), "stopped at step 77");
        let resumed = run_until(&one, &path, u64::MAX).expect("it goes to its end");
        let overrides = Overrides {
            set: set.iter().map(|&set| set.to_owned()).collect(),
            cases: Vec::new(),
        };
        let experiment = Experiment::parse(TASK, &overrides).unwrap();
        let limits = Limits {
            width: 12,
            samples: 20,
        };
        let audits = audit_rules(&experiment, &Sources::default(), limits, None).unwrap();
        let checks = [
            has_shapes(rule, &result),
            bits(&result) == bits(&run(&one, 0)),
            bits(&result) == bits(&resumed),
            audits.len() == 1 && audits[0].report.passed(),
        ];
        let words = checks.map(|holds| if holds { "yes" } else { "NO" });
        writeln!(
            table,
            "{:<34}{accuracy:>10.3}{loss:>8.3}  {:>6}  {:>4}  {:>7}  {:>5}",
            rule.name(),
            words[0],
            words[1],
            words[2],
            words[3]
        )
        .unwrap();
        if !learns || checks.contains(&false) {
            wrong.push(rule.name());
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    eprintln!("{table}");
    assert!(wrong.is_empty(), "{wrong:?}\n{table}");
}
