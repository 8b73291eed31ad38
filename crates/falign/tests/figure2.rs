//! Figure 2's statistics against those of another implementation (NumPy and C, other draws).
//!
//! The whole of `falign run figure2` and `figure2_long` is compared where `FALIGN_RUNS` names a
//! folder that holds them as `figure2` and `figure2_long`; a part of both runs in every test.

use std::path::Path;

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

/// Compares every cell that `measured` has; returns how many there were.
fn compare(measured: impl Fn(&Cell) -> Option<Measured>) -> usize {
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
        if cell.loss.sd < cell.loss.mean && cell.loss.mean > 1e-15 {
            judge(cell, "loss", ours.loss, cell.loss);
        } else {
            // Too skewed for a mean, or at the floor of rounding.
            let ratio = ours.loss.mean / cell.loss.mean;
            let both_vanish = ours.loss.mean < 1e-20 && cell.loss.mean < 1e-20;
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
    let cells = compare(|cell| {
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

/// The rows of a `summary.csv` as a function of a cell.
fn stored(path: &Path) -> impl Fn(&Cell) -> Option<Measured> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let names: Vec<String> = lines
        .next()
        .unwrap()
        .iter()
        .map(|&s| s.to_owned())
        .collect();
    let column = |name: &str| names.iter().position(|n| n == name).unwrap();
    let at = [
        "case",
        "width",
        "ridge",
        "step",
        "runs",
        "alignment_mean",
        "alignment_std",
        "loss_mean",
        "loss_std",
    ]
    .map(column);
    let rows: Vec<(String, [f64; 8])> = lines
        .map(|cells| {
            let number = |i: usize| cells[at[i]].parse().unwrap_or(f64::NAN);
            (
                cells[at[0]].to_owned(),
                std::array::from_fn(|i| number(i + 1)),
            )
        })
        .collect();
    move |cell| {
        let place = [cell.width as f64, cell.ridge, cell.step as f64];
        let (_, values) = rows.iter().find(|(case, v)| {
            case == cell.activation && v.iter().zip(place).all(|(x, y)| x.total_cmp(&y).is_eq())
        })?;
        let [_, _, _, runs, alignment, alignment_sd, loss, loss_sd] = *values;
        let sample = |mean, sd| Sample { mean, sd, runs };
        Some(Measured {
            alignment: sample(alignment, alignment_sd),
            loss: sample(loss, loss_sd),
        })
    }
}

#[test]
fn the_whole_of_figure_2_has_the_statistics_of_another_implementation() {
    let Some(folder) = std::env::var_os("FALIGN_RUNS") else {
        eprintln!("SKIPPED: FALIGN_RUNS names no folder with finished figure2 and figure2_long");
        return;
    };
    // Cells that both have; the rest of the reference has other ridge levels.
    for (name, least) in [("figure2", 1000), ("figure2_long", 200)] {
        let cells = compare(stored(&Path::new(&folder).join(name).join("summary.csv")));
        eprintln!("{name}: {cells} comparisons");
        assert!(cells >= least, "{name}: only {cells} comparisons");
    }
}
