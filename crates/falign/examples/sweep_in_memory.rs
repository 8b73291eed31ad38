//! A sweep written as text, carried out over all cores, and read from memory: alignment
//! against width with its standard error.
//!
//! `cargo run --release -p falign --example sweep_in_memory`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use falign::experiment::{Experiment, Overrides, run};
use falign::measure::Quantity;

const SWEEP: &str = r#"
name = "sweep"
[network]
activation = "linear"
[learning]
step_size = 1e-4
[run]
runs = 20
steps = 3000
record = "last"
[sweep]
"network.width" = [100, 10_000, 1_000_000, 100_000_000]
"learning.ridge" = [0, 20]
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let experiment = Experiment::parse(SWEEP, &Overrides::none())?;
    // `run_in` keeps what is finished in a folder, where a second call finds it.
    for setting in run(&experiment)?.settings {
        let values = setting
            .at(Quantity::Alignment, 0)
            .ok_or("alignment was not recorded")?;
        let runs = values.len() as f64;
        let mean = values.sum() / runs;
        let error = values.std(1.0) / runs.sqrt();
        let axes: Vec<String> = setting
            .axes
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        println!("{:30} cos = {mean:+.4} +- {error:.4}", axes.join(", "));
    }
    Ok(())
}
