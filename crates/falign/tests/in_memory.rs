//! An experiment in memory is the one in a folder, bit for bit, and goes to a folder and back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use falign::Error;
use falign::data::Dataset;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::execute::{collect, execute, result_path};
use falign::internal::plan::{Plan, folder, in_memory};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::simulate::{Context, Look, SavedWeights, given, simulate, watched};
use falign::internal::study::prediction::{NewInputs, plain_layers, predict};
use falign::rule::Registry;
use ndarray::array;

use crate::support::deep::{IMAGES, bits, run, setting};
use crate::support::experiment::Scratch;

const TWO_LAYER: &str = "name = \"two\"\n[data]\nsamples = 4\ninput_dim = 3\n\
    [network]\nwidth = 12\nactivation = \"tanh\"\n[learning]\nstep_size = 0.1\n\
    [run]\nruns = 3\nsteps = 30\nruns_per_job = 2\nsave_weights = \"both\"\nper_run_table = true\n\
    [sweep]\n\"learning.ridge\" = [0.0, 0.5]\n";

/// Files of `results` and `weights`, and the tables, by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for part in ["", "results", "weights"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // Times and locks differ.
            if path.is_file() && name != "meta.json" && !name.contains("lock") {
                found.push((format!("{part}/{name}"), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn in_folder(experiment: &Experiment, dir: &Path) {
    let plan = Plan::new(experiment).unwrap();
    let (sources, watch) = (Sources::default(), Watch::default());
    let execution = execute(experiment, &plan, dir, &sources, &watch).unwrap();
    assert!(execution.complete);
    let table = collect(experiment, &plan, dir).unwrap();
    folder::write_start(experiment, &plan, dir).unwrap();
    folder::write_tables(experiment, &table, dir, 0.0, None).unwrap();
}

/// Runs that go on, and those that a folder has already.
#[test]
fn a_watch_counts_the_runs_that_have_diverged() {
    let text = TWO_LAYER
        .replace("tanh", "linear")
        .replace(
            "\"learning.ridge\" = [0.0, 0.5]",
            "\"learning.step_size\" = [0.01, 1e3]",
        )
        .replace("step_size = 0.1\n", "");
    let experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
    let counted = |watch: &Watch| watch.diverged.load(Ordering::Relaxed);
    let (sources, watch) = (Sources::default(), Watch::default());
    let runs = in_memory::run(&experiment, &sources, &watch).unwrap();
    let diverged = |setting: usize| {
        let runs = runs[setting].iter().flatten();
        runs.filter(|run| run.rows.outcome.name() == "diverged")
            .count()
    };
    assert_eq!([0, 1].map(diverged), [0, 3]);
    assert_eq!(counted(&watch), 3);
    let scratch = Scratch::new("diverged");
    let plan = Plan::new(&experiment).unwrap();
    for _ in 0..2 {
        let watch = Watch::default();
        let done = execute(&experiment, &plan, &scratch.0, &sources, &watch).unwrap();
        assert!(done.complete);
        assert_eq!(counted(&watch), 3);
    }
}

#[test]
fn runs_in_memory_are_saved_as_the_files_of_a_folder_and_read_back() {
    for text in [TWO_LAYER, IMAGES] {
        let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
        let scratch = Scratch::new("in-memory");
        let (there, here) = (scratch.0.join("there"), scratch.0.join("here"));
        in_folder(&experiment, &there);
        let watch = Watch::default();
        let runs = in_memory::run(&experiment, &Sources::default(), &watch).unwrap();
        folder::save(&experiment, &runs, &here, 0.0).unwrap();
        assert_eq!(files(&here), files(&there));
        assert!(here.join("meta.json").exists());
        let (again, loaded) = folder::load(&there, &Registry::built_in()).unwrap();
        assert_eq!(again.settings, experiment.settings);
        assert_eq!(format!("{loaded:?}"), format!("{runs:?}"));
        let error = folder::save(&experiment, &runs, &here, 0.0).unwrap_err();
        assert!(matches!(error, Error::Record { .. }), "{error}");
    }
}

#[test]
fn what_was_finished_is_kept_and_the_rest_can_be_made() {
    let experiment = Experiment::parse(TWO_LAYER, &Overrides::none()).unwrap();
    let watch = Watch::default();
    let mut runs = in_memory::run(&experiment, &Sources::default(), &watch).unwrap();
    let [done, total] = [watch.done, watch.total].map(AtomicU64::into_inner);
    assert!(done.abs_diff(total) < 100, "{done} of {total}");
    // Setting 1 lost its last run: of its two jobs the second is missing.
    runs[1][2] = None;
    let scratch = Scratch::new("in-memory-part");
    let dir = scratch.0.join("part");
    folder::save(&experiment, &runs, &dir, 0.0).unwrap();
    let plan = Plan::new(&experiment).unwrap();
    let there: Vec<bool> = plan
        .jobs
        .iter()
        .map(|job| result_path(&dir, job).exists())
        .collect();
    assert_eq!(there, [true, true, true, false]);
    let (_, loaded) = folder::load(&dir, &Registry::built_in()).unwrap();
    assert_eq!(
        loaded[1].iter().map(Option::is_some).collect::<Vec<_>>(),
        [true, true, false]
    );
    let (sources, watch) = (Sources::default(), Watch::default());
    let execution = execute(&experiment, &plan, &dir, &sources, &watch).unwrap();
    assert!(execution.complete && execution.kept == 3);
    // Stopped before it began: nothing is finished, and that is no error.
    let watch = Watch::default();
    watch.stop.store(true, Ordering::Relaxed);
    let none = in_memory::run(&experiment, &Sources::default(), &watch).unwrap();
    assert_eq!(none.iter().flatten().flatten().count(), 0);
}

#[test]
fn data_in_memory_give_the_runs_of_the_same_data_in_a_file() {
    let scratch = Scratch::new("given");
    let csv = scratch.0.join("d.csv");
    fs::write(&csv, "1,2,0.5\n3,-4,-0.5\n0.25,1,2\n").unwrap();
    let flat: toml::Table = "width = 9\nactivation = \"relu\"\nsteps = 20\nruns = 2\nsamples = 3"
        .parse()
        .unwrap();
    let train = Dataset::new(
        array![[1.0, 2.0], [3.0, -4.0], [0.25, 1.0]],
        array![[0.5], [-0.5], [2.0]],
    )
    .unwrap();
    let data = given::Given::Reals {
        train: Arc::new(train.clone()),
        held_out: None,
    };
    let (experiment, sources) =
        given::experiment(flat.clone(), &data, &csv, &Registry::built_in()).unwrap();
    let ours = in_memory::run(&experiment, &sources, &Watch::default()).unwrap();
    let read = in_memory::run(&experiment, &Sources::default(), &Watch::default()).unwrap();
    assert_eq!(format!("{ours:?}"), format!("{read:?}"));
    let mut other = flat.clone();
    other.insert("samples".to_owned(), 7.into());
    let error = given::experiment(other, &data, &csv, &Registry::built_in()).unwrap_err();
    assert!(
        error.to_string().contains("the data given have 3"),
        "{error}"
    );
    let odd = Dataset::new(array![[1.0]], array![[1.0]]).unwrap();
    let data = given::Given::Reals {
        train: Arc::new(train),
        held_out: Some(Arc::new(odd)),
    };
    let error = given::experiment(flat, &data, &csv, &Registry::built_in()).unwrap_err();
    assert!(
        error.to_string().contains("held-out data has shape"),
        "{error}"
    );
}

#[test]
fn looking_inside_changes_nothing_and_shows_the_weights_of_each_step() {
    let setting = setting(IMAGES, &[]);
    let sources = Sources::default();
    let mut looks = Vec::new();
    let mut observe = |look: Look<'_>| {
        let weights = (look.weights)().expect("a deep network has its weights");
        looks.push((look.step, look.values.to_vec(), weights));
    };
    let context = Context::new(&sources);
    let seen = watched(&setting, 0, context, &mut |_| true, &mut observe)
        .unwrap()
        .unwrap();
    assert_eq!(bits(&seen), bits(&run(&setting, 0)));
    assert_eq!(looks.len(), seen.rows.steps.len());
    assert_eq!(Some(&looks[0].2), seen.weights[0].as_ref());
    assert_eq!(Some(&looks[looks.len() - 1].2), seen.weights[1].as_ref());
    for (_, _, weights) in &looks {
        let again = SavedWeights::from_arrays(weights.arrays()).unwrap();
        assert_eq!(again, *weights);
    }
}

#[test]
fn predictions_have_the_recorded_loss_in_every_engine_and_shape() {
    let data = "samples = 6\nwidth = 7\nactivation = \"tanh\"\nsteps = 9\nstep_size = 0.1\n\
        runs = 2\nsave_weights = \"final\"\nquantities = [\"loss\"]\n";
    let deep = "engine = \"mini_batch\"\nhidden_widths = [5, 4]\nbiases = true\ninput_factor = 0.5";
    let many = "input_dim = 3\noutputs = 2";
    for part in [
        "input_dim = 1",
        many,
        &format!("{many}\noutput_scale = 2.0"),
        &format!("{many}\n{deep}"),
        &format!("{many}\n{deep}\nprecision = \"f32\"\ncenter_outputs = true"),
    ] {
        let flat: toml::Table = format!("{data}{part}").parse().unwrap();
        let experiment = Experiment::from_flat(&flat, None).unwrap();
        let setting = &experiment.settings[0].setting;
        let sources = Sources::default();
        let found = simulate(setting, 1, Context::new(&sources), &mut |_| true);
        let found = found.unwrap().unwrap();
        let streams = falign::math::Streams::new(setting.seed, 1);
        let law = falign::data::synthetic::InputLaw::Normal;
        let (samples, dim) = (setting.samples, setting.input_dim);
        let name = falign::math::StreamName::Data;
        let inputs = falign::data::synthetic::inputs(streams, name, law, samples, dim);
        let teacher = falign::data::synthetic::Teacher {
            width: setting.width,
            activation: setting.activation,
            outputs: setting.outputs,
            in_law: false,
        };
        let targets = falign::data::synthetic::teach(streams, teacher, &inputs);
        let weights = found.weights[1].as_ref().unwrap();
        let new = NewInputs::Reals(inputs.clone().into());
        let outputs = predict(setting, 1, Context::new(&sources), weights, &new).unwrap();
        let is_deep = part.contains("mini_batch");
        // A deep network's is per sample.
        let share = if is_deep { samples as f64 } else { 1.0 };
        let loss = (&outputs - &targets).mapv(|e| e * e).sum() / 2.0 / share;
        let recorded = found.rows.values.last().unwrap()[0];
        // The last row of a deep run is the loss before the last step, one step of ten away.
        let slack = if is_deep { 0.5 } else { 1e-9 };
        assert!(
            (loss / recorded - 1.0).abs() < slack,
            "{part}: {loss} {recorded}"
        );
        let plain = plain_layers(setting, 1, Context::new(&sources), weights);
        if part.contains("scale = 2") || part.contains("center") {
            assert!(plain.unwrap_err().to_string().contains("center_outputs"));
            continue;
        }
        let mut a = inputs;
        for layer in plain.unwrap() {
            let mut z = a.dot(&layer.weights.t());
            if let Some(bias) = &layer.bias {
                z += bias;
            }
            a = z.mapv(|z| layer.activation.value(z));
        }
        let gap = (&a - &outputs)
            .mapv(f64::abs)
            .into_iter()
            .fold(0.0, f64::max);
        assert!(gap < 1e-12, "{part}: {gap}");
    }
}

#[test]
fn new_inputs_are_scaled_by_the_training_data() {
    // Mean 3 and deviation 2; mean -1 and deviation 4.
    let train = array![[1.0, -5.0], [5.0, 3.0], [1.0, 3.0], [5.0, -5.0]];
    let by_hand = array![[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]];
    let targets = array![[1.0], [2.0], [0.0], [1.0]];
    let new = array![[7.0, 3.0], [1.0, -9.0]];
    let new_by_hand = array![[2.0, 1.0], [-1.0, -2.0]];
    let keys = "activation = \"tanh\"\nwidth = 7\nsteps = 20\nruns = 1\nsave_weights = \"final\"\n";
    let deep = "engine = \"mini_batch\"\nhidden_widths = [4, 3]\nbiases = true\n";
    for engine in ["", deep] {
        let outputs = |scaling: &str, inputs: &ndarray::Array2<f64>, new: &ndarray::Array2<f64>| {
            let set = Dataset::new(inputs.clone(), targets.clone()).unwrap();
            let given = given::Given::Reals {
                train: Arc::new(set),
                held_out: None,
            };
            let flat = format!("{keys}{engine}{scaling}step_size = 0.1")
                .parse()
                .unwrap();
            let (experiment, sources) =
                given::experiment(flat, &given, Path::new("given.npz"), &Registry::built_in())
                    .unwrap();
            let setting = &experiment.settings[0].setting;
            let run = simulate(setting, 0, Context::new(&sources), &mut |_| true);
            let run = run.unwrap().unwrap();
            let weights = run.weights[1].as_ref().unwrap();
            let inputs = NewInputs::Reals(new.clone().into());
            let outputs = predict(setting, 0, Context::new(&sources), weights, &inputs).unwrap();
            // The same network for inputs as they are stored.
            let mut a = new.clone();
            for layer in plain_layers(setting, 0, Context::new(&sources), weights).unwrap() {
                let mut z = a.dot(&layer.weights.t());
                if let Some(bias) = &layer.bias {
                    z += bias;
                }
                a = z.mapv(|z| layer.activation.value(z));
            }
            assert!((&a - &outputs).iter().all(|gap| gap.abs() < 1e-12));
            outputs
        };
        let scaling = "scaling = \"standardise_per_feature\"\n";
        let scaled = outputs(scaling, &train, &new);
        assert_eq!(scaled, outputs("", &by_hand, &new_by_hand), "{engine}");
        assert_ne!(scaled, outputs("", &train, &new), "the test can tell");
    }
}
