//! What takes long is told of as a stage, ends where it is stopped, and loses nothing that is finished.

use std::sync::{Arc, Condvar, Mutex};

use falign::Error;
use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::network::TensorFile;
use falign::internal::plan::in_memory;
use falign::internal::plan::need::needed;
use falign::internal::rule::LastLayerOnly;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::simulate::{Context, RunResult, simulate};
use falign::internal::stage::Stage;
use falign::internal::study::audit::{Limits, audit_rules};
use falign::rule::{CustomRule, Layer, LearningRule, Trace};
use ndarray::Array2;

use crate::support::deep::{IMAGES, at, bits, run, setting};
use crate::support::experiment::Scratch;

fn experiment(text: &str) -> Experiment {
    Experiment::parse(text, &Overrides::none()).unwrap()
}

/// A watch that stops at the first stage that `is_it`, and that stage.
fn stops_at(is_it: fn(Stage) -> bool) -> (Watch, Arc<Mutex<Option<Stage>>>) {
    let found = Arc::new(Mutex::new(None));
    let own = Arc::clone(&found);
    let watch = Watch::with_notice(move |stage| {
        if is_it(stage) {
            own.lock().unwrap().get_or_insert(stage);
        }
        !is_it(stage)
    });
    (watch, found)
}

/// Runs all, which the watch stops: no run ends.
fn stopped(experiment: &Experiment, is_it: fn(Stage) -> bool) -> Stage {
    let (watch, found) = stops_at(is_it);
    let runs = in_memory::run(experiment, &Sources::default(), &watch).unwrap();
    assert!(runs.iter().flatten().all(Option::is_none), "it was stopped");
    assert_eq!(watch.preparing(), None);
    found.lock().unwrap().expect("it came to that")
}

const TWO_LAYER: &str = "name = \"two\"\n[data]\nsamples = 310\ninput_dim = 12\ntargets = \"signs\"\n\
    [network]\nactivation = \"tanh\"\nwidth = 1500\n[learning]\nstep_size = 0.01\nridge = 0\n\
    [run]\nsteps = 3\nruns = 1\nrecord = { every = 2 }\nquantities = [\"loss\"]\n";

#[test]
fn a_step_of_a_wide_network_ends_in_its_midst() {
    let experiment = experiment(TWO_LAYER);
    let is_second =
        |stage| matches!(stage, Stage::Step { step: 2, share: Some(share) } if share > 0.2);
    let stage = stopped(&experiment, is_second);
    assert!(
        matches!(stage, Stage::Step { share: Some(share), .. } if share < 0.9),
        "{stage:?}"
    );
}

#[test]
fn eigenvalues_that_are_measured_can_be_stopped() {
    let quantities = "[\"feature_kernel_min_eigenvalue\", \"feature_kernel_drift\"]";
    let experiment = experiment(&TWO_LAYER.replace("[\"loss\"]", quantities));
    let is_it = |stage| matches!(stage, Stage::Eigenvalues { .. });
    assert_eq!(
        stopped(&experiment, is_it),
        Stage::Eigenvalues { samples: 310 }
    );
    let is_kernel = |stage| matches!(stage, Stage::Measures { step: 2, .. });
    stopped(&experiment, is_kernel);
    // Nobody who listens changes a bit.
    let setting = &experiment.settings[0].setting;
    let sources = Sources::default();
    let watch = Watch::default();
    let context = Context {
        watch: Some(&watch),
        ..Context::new(&sources)
    };
    let heard = simulate(setting, 0, context, &mut |_| true).unwrap();
    assert_eq!(bits(&heard.unwrap()), bits(&run(setting, 0)));
}

/// Something that one thread opens and others wait for.
#[derive(Debug, Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let is_open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(is_open, |is_open| !*is_open).unwrap());
    }
}

/// A rule whose steps wait at a gate.
#[derive(Debug, Clone)]
struct Waits(Gate);

impl Waits {
    /// The rule for every run.
    fn custom(self) -> CustomRule {
        CustomRule::new(
            "waits",
            |_| unreachable!("the runs are in double precision"),
            move |_| Box::new(self.clone()),
        )
    }
}

impl LearningRule<f64> for Waits {
    fn teach(
        &mut self,
        layers: &[Layer<f64>],
        trace: &Trace<f64>,
        signals: &mut [Array2<f64>],
        noise: &mut falign::math::Stream,
    ) {
        self.0.pass();
        LastLayerOnly.teach(layers, trace, signals, noise);
    }
}

/// Images and a network large enough for a step of all of them to be long.
const LARGE: [&str; 8] = [
    "data.samples=800",
    "data.held_out=1700",
    "data.input_dim=400",
    "network.hidden_widths=[200]",
    "learning.batch=400",
    "run.epochs=2",
    "run.record={ every = 2 }",
    "run.quantities=[\"loss\", \"test_loss\"]",
];

/// One step an epoch, each of which waits at the gate.
fn large(gate: Gate) -> Setting {
    let mut set = LARGE;
    set[4] = "learning.batch=800";
    let overrides = Overrides {
        set: set.map(str::to_owned).to_vec(),
        cases: Vec::new(),
    };
    let experiment = Experiment::parse(IMAGES, &overrides).unwrap();
    let experiment = experiment.taught_by(&Waits(gate).custom()).unwrap();
    experiment.settings[0].setting.clone()
}

#[test]
fn a_step_that_goes_on_for_too_long_is_left() {
    let gate = Gate::default();
    let (watch, found) = stops_at(|stage| matches!(stage, Stage::Step { .. }));
    let sources = Sources::default();
    let context = Context {
        watch: Some(&watch),
        ..Context::new(&sources)
    };
    let ended = simulate(&large(gate.clone()), 0, context, &mut |_| true).unwrap();
    // Its step cannot have ended.
    assert!(ended.is_none());
    let first = Stage::Step {
        step: 1,
        share: None,
    };
    assert_eq!(*found.lock().unwrap(), Some(first));
    gate.open();
}

#[test]
fn a_step_that_ends_soon_after_it_is_to_stop_is_kept() {
    let gate = Gate::default();
    let own = gate.clone();
    let watch = Watch::with_notice(move |stage| {
        let goes_on = !matches!(stage, Stage::Step { .. });
        if !goes_on {
            own.open();
        }
        goes_on
    });
    let scratch = Scratch::new("a-step-that-ends");
    let (path, notes) = (scratch.0.join("a.safetensors"), Mutex::default());
    let sources = Sources::default();
    let context = Context {
        watch: Some(&watch),
        checkpoint: Some(at(&path, &notes)),
        ..Context::new(&sources)
    };
    let go_on = |_| !watch.stop.load(std::sync::atomic::Ordering::Relaxed);
    assert!(
        simulate(&large(gate), 0, context, &mut go_on.clone())
            .unwrap()
            .is_none()
    );
    assert_eq!(TensorFile::load(&path).unwrap().note["step"], 1);
}

#[test]
fn measures_that_are_stopped_are_made_again_from_the_checkpoint() {
    let setting = setting(IMAGES, &LARGE);
    let whole = run(&setting, 0);
    let scratch = Scratch::new("measures-that-are-stopped");
    let (path, notes) = (scratch.0.join("a.safetensors"), Mutex::default());
    let (watch, _) = stops_at(|stage| matches!(stage, Stage::Measures { step: 2, .. }));
    let sources = Sources::default();
    let go_on = |watch: Option<&Watch>| -> Option<RunResult> {
        let context = Context {
            watch,
            checkpoint: Some(at(&path, &notes)),
            ..Context::new(&sources)
        };
        let stops = |watch: &Watch| watch.stop.load(std::sync::atomic::Ordering::Relaxed);
        let mut progress = |_| !watch.is_some_and(stops);
        simulate(&setting, 0, context, &mut progress).unwrap()
    };
    assert!(go_on(Some(&watch)).is_none());
    assert_eq!(TensorFile::load(&path).unwrap().note["step"], 2);
    assert_eq!(bits(&go_on(None).unwrap()), bits(&whole));
    let notes = notes.into_inner().unwrap();
    assert!(notes.redone.is_empty(), "{notes:?}");
}

#[test]
fn the_curvature_at_a_large_start_and_outputs_to_centre_can_be_stopped() {
    for (more, is_it) in [
        (
            ["learning.step_size=auto", "network.center_outputs=false"],
            (|stage| matches!(stage, Stage::Curvature { .. })) as fn(Stage) -> bool,
        ),
        (
            ["network.center_outputs=true", "data.samples=2000"],
            |stage| matches!(stage, Stage::Measures { step: 0, .. }),
        ),
    ] {
        let set = [&LARGE[..], &["learning.batch=1000"], &more].concat();
        let overrides = Overrides {
            set: set.iter().map(|&set| set.to_owned()).collect(),
            cases: Vec::new(),
        };
        stopped(&Experiment::parse(IMAGES, &overrides).unwrap(), is_it);
    }
}

#[test]
fn an_audit_tells_of_its_checks_and_ends_where_it_is_stopped() {
    let limits = Limits {
        width: 6,
        samples: 5,
    };
    let two_layer = TWO_LAYER.replace("samples = 310", "samples = 9");
    for text in [IMAGES, &two_layer] {
        let experiment = experiment(text);
        let told = Arc::new(Mutex::new(Vec::new()));
        let audited = |most: f64| {
            let own = Arc::clone(&told);
            let watch = Watch::with_notice(move |stage| match stage {
                Stage::Audit { share } => {
                    own.lock().unwrap().push(share);
                    share < most
                }
                _ => true,
            });
            audit_rules(&experiment, &Sources::default(), limits, Some(&watch))
        };
        let audits = audited(2.0).unwrap();
        let checks = audits[0].report.checks.len();
        let mut shares = std::mem::take(&mut *told.lock().unwrap());
        shares.dedup();
        assert!(shares.is_sorted(), "{shares:?}");
        // The network that they look at is one more, or the engine that they end with.
        let units = shares.iter().filter(|share| **share > 0.0).count();
        assert!(checks >= 12 && units == 13, "{shares:?}");
        let last = shares[shares.len() - 1];
        assert!((last - 1.0).abs() < 1e-12, "{shares:?}");
        let error = audited(0.4).unwrap_err();
        assert!(matches!(error, Error::Stopped), "{error:?}");
        let last = *told.lock().unwrap().last().unwrap();
        assert!((0.4..0.5).contains(&last), "{last}");
    }
}

#[test]
fn memory_of_the_slow_time_limit_is_counted_for_all_threads_that_share_it() {
    let ridge = TWO_LAYER.replace("ridge = 0", "ridge = 1");
    let with = ridge.replace("[\"loss\"]", "[\"loss\", \"slow_time_loss\"]");
    let bytes = |text: &str, threads| {
        let need = needed(&experiment(text), &Sources::default(), threads).unwrap();
        (need.bytes, need.run_bytes)
    };
    let (one, of_run) = bytes(&with, 1);
    let (three, same) = bytes(&with, 3);
    // 2 * 29760 particles of an odd activation, with 310 numbers in ten arrays.
    let replicate = 80.0 * 59_520.0 * 310.0;
    let without = bytes(TWO_LAYER, 1).1;
    let more = of_run - without;
    assert!((1.0..1.2).contains(&(more / replicate)), "{more}");
    assert!((same - of_run).abs() < 1.0);
    let others = (three - one) / replicate;
    assert!((2.0..2.1).contains(&others), "{others}");
    // Eight replicates are all there are.
    let (many, _) = bytes(&with, 64);
    let others = (many - one) / replicate;
    assert!((7.0..7.3).contains(&others), "{others}");
}
