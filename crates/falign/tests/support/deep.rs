//! Deep settings on small generated images, and their runs.

use std::path::Path;
use std::sync::Mutex;

use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::{Checkpoint, Context, Notes, RunResult, SavedWeights, simulate};

/// Two hidden layers, 50 images of 4 x 4 pixels, 7 batches an epoch of which the last has 2
/// samples; 21 steps, of which the recorded ones are not those where epochs end.
pub(crate) const IMAGES: &str = r#"
name = "images"
[data]
labelled = "generated_images"
samples = 50
held_out = 30
input_dim = 16
outputs = 4
[network]
activation = "tanh"
hidden_widths = [7, 6]
biases = true
initialisation = "uniform_fan_in"
[learning]
batch = 8
step_size = 0.5
ridge = 0.02
[run]
seed = 5
runs = 1
epochs = 3
record = { every = 4 }
quantities = ["epoch", "loss", "train_accuracy", "test_accuracy", "test_loss", "alignment", "norm_ratio_layer_1", "update_angle", "weight_angle", "output_norm"]
save_weights = "both"
"#;

/// The only setting of a text with these overrides.
pub(crate) fn setting(text: &str, set: &[&str]) -> Setting {
    let overrides = Overrides {
        set: set.iter().map(|&set| set.to_owned()).collect(),
        cases: Vec::new(),
    };
    let experiment = Experiment::parse(text, &overrides).unwrap();
    assert_eq!(experiment.settings.len(), 1);
    experiment.settings[0].setting.clone()
}

/// A run that nothing stops.
pub(crate) fn run(setting: &Setting, number: u64) -> RunResult {
    let sources = Sources::default();
    let result = simulate(setting, number, Context::new(&sources), &mut |_| true);
    result.unwrap().expect("nothing stopped it")
}

/// Run 0 with a checkpoint, up to step `end`; `None` if it was stopped there.
pub(crate) fn run_until(setting: &Setting, checkpoint: &Path, end: u64) -> Option<RunResult> {
    let sources = Sources::default();
    let notes = Mutex::default();
    let context = Context {
        checkpoint: Some(at(checkpoint, &notes)),
        ..Context::new(&sources)
    };
    simulate(setting, 0, context, &mut |step| step < end).unwrap()
}

/// A checkpoint of the job `job`.
pub(crate) fn at<'a>(path: &'a Path, notes: &'a Mutex<Notes>) -> Checkpoint<'a> {
    Checkpoint {
        path,
        job: "job",
        mix: false,
        notes,
    }
}

/// Everything of a result as bits, so that NaN equals NaN and 0 is not -0.
pub(crate) fn bits(result: &RunResult) -> Vec<u64> {
    let values = result.rows.values.iter().flatten().map(|x| x.to_bits());
    let mut all: Vec<u64> = result.rows.steps.iter().copied().chain(values).collect();
    let outcome = result.rows.outcome;
    all.extend(outcome.name().bytes().map(u64::from));
    all.push(outcome.step().unwrap_or(u64::MAX));
    all.push(result.resolved.steps);
    for weights in result.weights.iter().flatten() {
        let SavedWeights::Deep(file) = weights else {
            panic!("not those of a deep network")
        };
        all.extend(file.encode().into_iter().map(u64::from));
    }
    all
}
