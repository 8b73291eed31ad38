//! Whether this machine gives the numbers that all others give.

use super::{Report, Weight, fact, said};
use crate::config::{Experiment, Overrides};
use crate::experiment::{RunTable, run};
use crate::file::sha256;
use crate::math::arithmetic;
use crate::simulate::EngineFamily;

/// Runs of the three engines of two-layer networks, which give the same bits on every machine, with
/// straight and curved activations.
const RUNS: &str = r#"
name = "doctor"
[data]
samples = 7
input_dim = 5
[network]
width = 19
[learning]
step_size = 0.01
ridge = 0.3
[run]
steps = 30
runs = 2
seed = 3
[[case]]
name = "linear"
"network.activation" = "linear"
"run.engine" = "linear"
[[case]]
name = "relu"
"network.activation" = "relu"
"run.engine" = "sample_space"
[[case]]
name = "tanh"
"network.activation" = "tanh"
"run.engine" = "reference"
"#;

/// Digest of what those runs record, at [`VERSION`].
const EXPECTED: &str = "d10b9ee9ba076efe";

/// Numerics version of the digest: a change of the numbers changes both.
const VERSION: u32 = 6;

/// Digits of the digest.
const DIGITS: usize = 16;

fn digest(table: &RunTable) -> String {
    let mut bytes = Vec::new();
    for setting in &table.settings {
        for values in setting.values.values() {
            for value in values {
                bytes.extend_from_slice(&value.to_bits().to_le_bytes());
            }
        }
    }
    sha256(&bytes)[..DIGITS].to_owned()
}

/// Digest of the runs on this machine.
fn found() -> crate::Result<String> {
    Ok(digest(&run(&Experiment::parse(RUNS, &Overrides::none())?)?))
}

pub(super) fn look(report: &mut Report) {
    let found = found();
    let is_same = found.as_ref().is_ok_and(|found| found == EXPECTED);
    let shown = match &found {
        Ok(digest) if is_same => format!("{digest}, as on every machine"),
        Ok(digest) => format!("{digest}, and {EXPECTED} on other machines"),
        Err(error) => error.to_string(),
    };
    report.add(
        "numbers",
        vec![
            said("two_layer", found.as_deref().ok(), shown),
            fact("two_layer_as_expected", is_same),
            fact("products", arithmetic()),
        ],
    );
    if !is_same {
        let what = match found {
            Ok(_) => {
                "small two-layer networks have other numbers here than on other machines".to_owned()
            }
            Err(error) => format!("small two-layer networks cannot be trained: {error}"),
        };
        report.find(
            Weight::Broken,
            what,
            "this is a fault of falign, its compiler or this machine; please report it with this page",
        );
    }
}

const _: () = assert!(EngineFamily::TwoLayer.numerics_version() == VERSION);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::simd;

    #[test]
    fn every_path_of_the_processor_gives_the_expected_numbers() {
        for path in simd::paths() {
            simd::force_path(Some(path));
            let found = found();
            simd::force_path(None);
            assert_eq!(found.unwrap(), EXPECTED, "{}", path.name());
        }
    }

    #[test]
    fn one_other_bit_is_another_digest() {
        let experiment = Experiment::parse(RUNS, &Overrides::none()).unwrap();
        let mut table = run(&experiment).unwrap();
        let before = digest(&table);
        let value = table.settings[2].values.values_mut().next().unwrap();
        value[[1, 2]] = value[[1, 2]].next_up();
        assert_ne!(digest(&table), before);
    }
}
