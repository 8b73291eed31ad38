//! Runs that differ in their number of steps, of which one diverges after the others have ended.

use serde_json::Value;

use crate::support::{Lab, column, table};

/// The horizon follows the step size, and that each run's own data: 8 to 24 steps, 15 in the mean.
/// Run 2 diverges at step 16 of its 18.
const LATE: &str = r#"
name = "late"
[data]
samples = 3
input_dim = 4
[network]
width = 30
activation = "linear"
[learning]
step_size = { over_M = 1.4 }
ridge = 0.02
[run]
steps = { tau = 0.35 }
runs = 6
seed = 8
per_run_table = true
record = { count = 4 }
quantities = ["loss", "alignment"]
"#;

#[test]
fn no_table_loses_a_run_that_diverges_when_others_have_ended() {
    let lab = Lab::new();
    lab.file("late.toml", LATE);
    let answer = lab.run(&["late.toml", "--out", "run", "--json"]);
    let report: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(report["runs_diverged"], 1);
    let again = ["run", "late.toml", "--out", "run", "--resume", "--quiet"];
    let words = lab.falign(&again).succeeds().out;
    assert!(
        words.contains("6 runs of 1 setting") && words.contains("; 1 diverged\n"),
        "{words}"
    );

    let summary = table(&lab.text("run/summary.csv"));
    assert_eq!(column(&summary, "runs_diverged"), ["0", "0", "0", "0", "1"]);
    let last = |name: &str| column(&summary, name).pop().unwrap();
    // The counted step is beyond the mean of all.
    let steps = ["step", "step_min", "step_max"].map(last);
    assert_eq!(steps, ["15", "8", "24"]);
    assert_eq!(
        (last("loss_mean"), last("alignment_mean")),
        (String::new(), String::new())
    );

    let shown = lab.falign(&["show", "run"]).succeeds().out;
    let line = shown.lines().last().unwrap();
    assert_eq!(
        line.matches("diverged").count(),
        2,
        "loss and alignment: {shown}"
    );
    assert!(!shown.contains("none"), "{shown}");
    let json = lab.falign(&["show", "run", "--json"]).succeeds().out;
    let rows: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[4]["runs_diverged"], 1);
    let figure = lab.text("run/figure.svg");
    assert!(figure.contains("Crosses: runs diverged there"), "{figure}");
}

#[test]
fn rows_of_a_run_carry_its_own_steps_and_its_own_end() {
    let lab = Lab::new();
    lab.file("late.toml", LATE);
    lab.run(&["late.toml", "--out", "run"]);
    let runs = table(&lab.text("run/runs.csv"));
    let [numbers, steps, outcomes, ends, losses] =
        ["run", "step", "outcome", "outcome_step", "loss"].map(|name| column(&runs, name));
    let of = |run: &str, cells: &[String]| -> Vec<String> {
        let rows = numbers.iter().zip(cells);
        rows.filter(|(number, _)| *number == run)
            .map(|(_, cell)| cell.clone())
            .collect()
    };
    assert_eq!(of("0", &steps), ["0", "6", "12", "18", "24"]);
    assert_eq!(of("2", &steps), ["0", "4", "9", "13", "18"]);
    assert_eq!(of("3", &steps), ["0", "2", "4", "6", "8"]);
    assert!(
        of("2", &outcomes)
            .iter()
            .all(|outcome| outcome == "diverged")
    );
    assert!(of("2", &ends).iter().all(|step| step == "16"));
    // A value up to the step at which it diverged, and none after it; the others have all.
    let is_empty: Vec<bool> = of("2", &losses).iter().map(String::is_empty).collect();
    assert_eq!(is_empty, [false, false, false, false, true]);
    assert_eq!(losses.iter().filter(|loss| loss.is_empty()).count(), 1);
    let finished = outcomes.iter().filter(|outcome| *outcome == "finished");
    assert_eq!(finished.count(), 25);
}

#[test]
fn a_heat_map_marks_the_setting_of_a_run_that_diverges_late() {
    let lab = Lab::new();
    let map = "[sweep]\n\"network.width\" = [30, 31]\n\"learning.ridge\" = [0.02, 0.03]\n\
        [figure]\n[[figure.panel]]\nx = \"width\"\nseries = \"ridge\"\ny = \"loss\"\nstyle = \"map\"\n";
    let text = LATE.replace("ridge = 0.02\n", "");
    lab.file("late.toml", text + map);
    lab.run(&["late.toml", "--out", "run"]);
    let summary = table(&lab.text("run/summary.csv"));
    let last = column(&summary, "runs_diverged");
    let marked = last.iter().filter(|count| *count != "0").count();
    let figure = lab.text("run/figure.svg");
    assert!(
        marked > 0 && figure.contains("diverged"),
        "{marked} {figure}"
    );
}
