//! Figure 2's statistics against those of another implementation (NumPy and C, other draws).
//!
//! The whole of `falign run figure2` is compared on its stored runs; a part runs in every test.

use std::collections::BTreeMap;

use falign::internal::config::builtin::BUILTIN;
use falign::measure::Quantity;
use serde_json::Value;

use crate::support::experiment::measure;

/// Combined standard errors that a cell may be away from the reference...
const USUAL: f64 = 4.0;
/// ... but for one cell in a hundred, which may be as far as this.
const FARTHEST: f64 = 6.0;

/// Mean, standard deviation (n - 1) and number of runs.
#[derive(Debug, Clone, Copy)]
struct Sample {
    mean: f64,
    sd: f64,
    runs: f64,
}

impl Sample {
    fn of(values: &[f64]) -> Self {
        let runs = values.len() as f64;
        let mean = values.iter().sum::<f64>() / runs;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        Self {
            mean,
            sd: (squares / (runs - 1.0)).sqrt(),
            runs,
        }
    }

    /// Distance of the means in combined standard errors.
    fn distance(self, other: Self) -> f64 {
        let square = self.sd * self.sd / self.runs + other.sd * other.sd / other.runs;
        (self.mean - other.mean).abs() / square.sqrt()
    }
}

/// A cell of the reference.
#[derive(Debug)]
struct Cell {
    activation: &'static str,
    width: u64,
    ridge: f64,
    step: u64,
    alignment: Option<Sample>,
    loss: Sample,
}

/// Runs behind the loss curves of the reference, which its file does not repeat.
fn curve_runs(activation: &str) -> f64 {
    if activation == "linear" { 50.0 } else { 10.0 }
}

fn reference() -> Vec<Cell> {
    let root: Value = serde_json::from_str(include_str!("golden/fig2_reference.json")).unwrap();
    let mut cells = Vec::new();
    for activation in ["linear", "relu", "tanh"] {
        let part = &root[activation];
        let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
        for row in part["results"].as_array().unwrap() {
            let sample = |name: &str| Sample {
                mean: number(row, &format!("{name}_mean")),
                sd: number(row, &format!("{name}_std")),
                runs: number(row, "runs"),
            };
            cells.push(Cell {
                activation,
                width: row["p"].as_u64().unwrap(),
                ridge: number(row, "lam"),
                step: row["step"].as_u64().unwrap(),
                alignment: Some(sample("cos")),
                loss: sample("loss"),
            });
        }
        for (ridge, curve) in part["loss_curves_p3200"].as_object().unwrap() {
            let every = curve["every"].as_u64().unwrap();
            let list = |key: &str| curve[key].as_array().unwrap().clone();
            for (at, (mean, sd)) in list("mean").iter().zip(&list("std")).enumerate() {
                cells.push(Cell {
                    activation,
                    width: 3200,
                    ridge: ridge.parse().unwrap(),
                    step: at as u64 * every,
                    alignment: None,
                    loss: Sample {
                        mean: mean.as_f64().unwrap(),
                        sd: sd.as_f64().unwrap(),
                        runs: curve_runs(activation),
                    },
                });
            }
        }
    }
    cells
}

/// Measured values at the place of a cell.
struct Measured {
    alignment: Sample,
    loss: Sample,
}

/// Compares every cell that `measured` has; returns how many there were. Losses below `floor` are nothing
/// but rounding.
fn compare(floor: f64, measured: impl Fn(&Cell) -> Option<Measured>) -> usize {
    let (mut cells, mut outside) = (0, Vec::new());
    let mut judge = |cell: &Cell, what: &str, ours: Sample, theirs: Sample| {
        let distance = ours.distance(theirs);
        cells += 1;
        assert!(
            distance <= FARTHEST,
            "{what} is {distance} standard errors away at {cell:?}: {ours:?}"
        );
        if distance > USUAL {
            outside.push(format!("{what} {distance} at {cell:?}"));
        }
    };
    for cell in &reference() {
        let Some(ours) = measured(cell) else {
            continue;
        };
        if let Some(theirs) = cell.alignment {
            judge(cell, "alignment", ours.alignment, theirs);
        }
        if cell.loss.sd < cell.loss.mean && cell.loss.mean > floor.max(1e-15) {
            judge(cell, "loss", ours.loss, cell.loss);
        } else {
            // Too skewed for a mean, or at the floor of rounding.
            let ratio = ours.loss.mean / cell.loss.mean;
            let both_vanish = ours.loss.mean < floor && cell.loss.mean < floor;
            assert!(
                both_vanish || (1.0 / 30.0..30.0).contains(&ratio),
                "loss at {cell:?}: {:?}",
                ours.loss
            );
        }
    }
    eprintln!(
        "{cells} cells, {} beyond {USUAL} standard errors",
        outside.len()
    );
    assert!(
        outside.len() * 100 <= cells,
        "{} of {cells} cells: {outside:#?}",
        outside.len()
    );
    cells
}

/// Reference cells that two cores do in seconds.
const PART: &str = r#"
name = "figure2_part"
[data]
samples = 50
input_dim = 150
inputs = "normal"
teacher_width = "width"
[run]
seed = 1
[[case]]
name = "linear"
"network.activation" = "linear"
"learning.step_size" = 1e-4
"run.runs" = 50
"run.steps" = 10000
"run.record" = { at = [0, 1000, 3000, 10000] }
[case.sweep]
"network.width" = [200, 800, 3200, 12800]
"learning.ridge" = [0, 0.2, 0.5, 2, 20]
[[case]]
name = "relu"
"network.activation" = "relu"
"learning.step_size" = 1e-3
"run.runs" = 20
"run.steps" = 3000
"run.record" = { at = [0, 1000, 3000] }
[case.sweep]
"network.width" = [200]
"learning.ridge" = [0, 0.02, 0.05, 0.2, 1]
[[case]]
name = "tanh"
"network.activation" = "tanh"
"learning.step_size" = 1e-2
"run.runs" = 20
"run.steps" = 1000
"run.record" = { at = [0, 1000] }
[case.sweep]
"network.width" = [200, 800]
"learning.ridge" = [0, 0.002, 0.02, 0.2]
"#;

#[test]
fn a_part_of_figure_2_has_the_statistics_of_another_implementation() {
    let table = measure("figure2-part", PART);
    let cells = compare(1e-20, |cell| {
        cell.alignment?;
        let setting = table.settings.iter().find(|s| {
            let is = |name: &str, x: f64| s.column(name).is_some_and(|y| y.parse() == Ok(x));
            s.case == cell.activation && is("width", cell.width as f64) && is("ridge", cell.ridge)
        })?;
        let row = setting.steps.iter().position(|&step| step == cell.step)?;
        let sample = |q| Sample::of(&setting.at(q, row).unwrap().to_vec());
        Some(Measured {
            alignment: sample(Quantity::Alignment),
            loss: sample(Quantity::Loss),
        })
    });
    // 20 linear settings at 4 steps, 5 ReLU at 3, 8 tanh at 2; alignment, and most losses.
    assert!(cells > 111 + 80, "only {cells} comparisons");
}

/// Place of a stored row: width, ridge and step.
type Row = (u64, u64, u64);

/// Alignments and losses of the stored runs under feedback alignment, by activation and place.
fn stored() -> BTreeMap<(String, Row), [Vec<f64>; 2]> {
    let builtin = BUILTIN.iter().find(|one| one.name == "figure2").unwrap();
    let text = builtin.stored.unwrap().text();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |name: &str| names.iter().position(|one| *one == name).unwrap();
    let [activation, rule, width, ridge, step, alignment, loss] = [
        "activation",
        "rule",
        "width",
        "ridge",
        "step",
        "alignment",
        "loss",
    ]
    .map(at);
    let mut rows: BTreeMap<(String, Row), [Vec<f64>; 2]> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[rule] != "feedback_alignment" {
            continue;
        }
        let number = |column: usize| cells[column].parse::<f64>().unwrap();
        let whole = |column: usize| cells[column].parse().unwrap();
        let place = (whole(width), number(ridge).to_bits(), whole(step));
        let [alignments, losses] = rows
            .entry((cells[activation].to_owned(), place))
            .or_default();
        alignments.push(number(alignment));
        losses.push(number(loss));
    }
    rows
}

#[test]
fn the_whole_of_figure_2_has_the_statistics_of_another_implementation() {
    let stored = stored();
    // Cells that both have; the rest of the reference has other ridge levels and steps.
    // ReLU and tanh networks run in single precision.
    let cells = compare(1e-8, |cell| {
        let place = (cell.width, cell.ridge.to_bits(), cell.step);
        let [alignment, loss] = stored.get(&(cell.activation.to_owned(), place))?;
        assert_eq!(alignment.len(), 50, "{cell:?}");
        Some(Measured {
            alignment: Sample::of(alignment),
            loss: Sample::of(loss),
        })
    });
    assert!(cells > 250, "only {cells} comparisons");
}
